//! Claims in the passive of what the person ordered: "move the dentist" is claimed to be done by "the dentist was moved".
//!
//! Where nobody ordered it, such words tell of much else ("the capital was moved"), so they count only of what the order
//! names, or of what a tool's own name does, and of nothing that others did or that was so before.

use std::ops::Range;

use super::super::clauses::coarse;
use super::super::plain::ASIDE;
use super::super::words::{Own, Words, has, is_like, words_of};
use super::own::{RELATIVES, SUBJECT_MAX, by_somebody, lead};
use super::{ADVERBS, DETERMINERS, is_by_others, is_hedged};

/// Words before a participle that say that something is so: of what tools of one's own do, that it was done.
const IS: [&str; 2] = ["is", "are"];
/// Words before a participle that say that something was done.
const WAS: [&str; 2] = ["was", "were"];
/// What stands for anything that was ordered.
const STAND_INS: [&str; 5] = ["it", "this", "that", "they", "both"];
/// Words with which something is said to have been so before.
const EARLIER: [&str; 8] =
    ["already", "previously", "earlier", "yesterday", "ago", "last", "originally", "still"];
/// How many words name what is ordered: "a table at Luigi's" is cut at "at".
const OBJECT_MAX: usize = 4;
/// How short a word for a thing may be, in letters.
const THING_MIN: usize = 3;

/// What is known beside the words of a clause.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Order<'a> {
    /// What the order names, and the tool's own name.
    pub(in super::super) things: &'a Own,
    /// Whether something was read, which may have been so before.
    pub(in super::super) was_read: bool,
}

/// What the person's words name where they order a deed, with what the tool's own name speaks of.
pub(in super::super) fn things(deed: &Words, order: &str) -> Own {
    let mut things = deed.own.as_ref().map(|own| own.things.clone()).unwrap_or_default();
    for clause in coarse(order) {
        let words = words_of(clause);
        let asks = |at: &usize| deed.asks.iter().any(|ask| is_like(words[*at], ask));
        for at in (0..words.len()).filter(asks) {
            let object = words[at + 1..].iter().take_while(|word| !ASIDE.contains(word)).take(OBJECT_MAX);
            let named = object.filter(|word| word.len() >= THING_MIN && !DETERMINERS.contains(word));
            things.extend(named.map(|word| (*word).to_owned()));
        }
    }
    Own { things, ..Own::default() }
}

/// Whether a clause says in the passive that the deed was done of what the person ordered.
pub(in super::super) fn claims(deed: &Words, words: &[&str], asks: bool, order: Order<'_>) -> bool {
    let is_done = |at: &usize| is_participle(deed, words[*at]);
    (0..words.len()).filter(is_done).any(|at| {
        let Some(link) = words[..at].iter().rposition(|word| !ADVERBS.contains(word)) else { return false };
        let place = link..at + 1;
        let is_so = || IS.contains(&words[link]) && deed.own.is_some() && !order.was_read;
        let is_passive = WAS.contains(&words[link]) || is_so();
        is_passive
            && is_of_order(words, &place, order.things)
            && !words.iter().any(|word| EARLIER.contains(word))
            && !is_by_others(words, &place)
            && !by_somebody(words, &place)
            && !is_hedged(words, &place, asks)
    })
}

/// Whether a word is what the deed makes of something: "moved" of what "has been moved".
fn is_participle(deed: &Words, word: &str) -> bool {
    match &deed.own {
        Some(own) => has(&own.done, word),
        None => deed.claims.iter().any(|claim| claim.strip_prefix("been ") == Some(word)),
    }
}

/// Whether something is said of what was ordered: of that by its name, or of "it" and no more.
fn is_of_order(words: &[&str], place: &Range<usize>, things: &Own) -> bool {
    let (subject, rest) = (&words[..place.start], &words[place.end..]);
    let subject = &subject[lead(subject)..];
    let says_no_more = || matches!(rest, [] | ["to", ..]);
    match subject {
        [stand_in] if STAND_INS.contains(stand_in) => says_no_more(),
        [.., last] if RELATIVES.contains(last) => false,
        _ => subject.len() <= SUBJECT_MAX && things.names_thing(subject),
    }
}
