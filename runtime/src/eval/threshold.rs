//! Whether a model's confidence tells what it gets wrong.

use serde::Serialize;

use super::report::Try;

/// A confidence below which more of the tries lie that failed than of those that passed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Threshold {
    /// The confidence, from 0 to 1, in hundredths.
    pub below: f64,
    /// Tries that failed below it.
    pub failed: u32,
    /// All tries that failed, of those whose confidence is known.
    pub failed_of: u32,
    /// Tries that passed below it.
    pub passed: u32,
    /// All tries that passed, of those whose confidence is known.
    pub passed_of: u32,
}

impl Threshold {
    /// The threshold with the most of the failed tries below it and the fewest of the passed ones: the one for which the
    /// difference of both shares is the greatest, the lowest of equals. `None` where nothing failed, nothing passed, or no
    /// threshold has more of the one than of the other.
    ///
    /// W. J. Youden, Index for rating diagnostic tests, Cancer 3, 1950.
    pub(super) fn best<'a>(tries: impl Iterator<Item = &'a Try>) -> Option<Self> {
        let (mut failed, mut passed) = (Vec::new(), Vec::new());
        for (one, sure) in tries.filter_map(|one| Some((one, one.confidence?))) {
            if one.passed() { passed.push(sure) } else { failed.push(sure) }
        }
        let count = |some: usize| u32::try_from(some).unwrap_or(u32::MAX);
        let below =
            |all: &[f32], most: f64| count(all.iter().filter(|sure| f64::from(**sure) < most).count());
        let share = |some: u32, all: &[f32]| f64::from(some) / f64::from(count(all.len()).max(1));
        let index = |most: f64| share(below(&failed, most), &failed) - share(below(&passed, most), &passed);
        let mut best: Option<(f64, f64)> = None;
        for hundredths in 1..=100_u8 {
            let most = f64::from(hundredths) / 100.0;
            if index(most) > best.map_or(0.0, |(_, index)| index) {
                best = Some((most, index(most)));
            }
        }
        let (most, _) = best.filter(|_| !passed.is_empty())?;
        Some(Self {
            below: most,
            failed: below(&failed, most),
            failed_of: count(failed.len()),
            passed: below(&passed, most),
            passed_of: count(passed.len()),
        })
    }
}

#[cfg(test)]
mod tests;
