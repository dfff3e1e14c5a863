//! New names of runs and sessions.

use std::hash::{BuildHasher, RandomState};

/// Letters and digits that are not mistaken for others.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const DIGITS: u32 = 12;

/// A new identifier: the prefix and 60 random bits.
///
/// A run's name is in the keys that services keep for good, so two must never be the same, whichever machines made
/// them: among ten million runs, the chance is one in twenty thousand. What is random comes from the operating
/// system. A generator that is seeded with the time and the thread would not do: processes that start at the same
/// moment after their machines did would give the same names.
pub(crate) fn fresh(prefix: &str) -> String {
    // Two keyed hashes of 64 bits, each under keys of its own: the standard library asks the system for keys once a
    // thread, and counts them up.
    let [high, low] = [0_u8, 1].map(|half| u128::from(RandomState::new().hash_one(half)));
    let bits = (high << 64) | low;
    let digit =
        |index: u32| usize::try_from((bits >> (5 * index)) & 31).ok().and_then(|digit| ALPHABET.get(digit));
    prefix.chars().chain((0..DIGITS).filter_map(digit).map(|digit| char::from(*digit))).collect()
}

/// Whether a name without a prefix was made so.
pub(crate) fn is_fresh(name: &str) -> bool {
    name.len() == DIGITS as usize && name.bytes().all(|byte| ALPHABET.contains(&byte))
}

#[cfg(test)]
mod tests;
