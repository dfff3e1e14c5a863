//! What English words say is not to be done.

use std::ops::Range;

use super::super::words::{DATA, Words, has, is_like, length, positions};
use super::Said;

/// How many words may stand between "don't" and what is not to be done.
const GAP_MAX: usize = 6;
/// What makes a refusal depend on what follows, however that is bounded.
const CONDITIONS: [&str; 4] = ["if", "unless", "until", "till"];
/// Those whom a refusal waits for: "don't book it before I say so".
const AWAITED: [&str; 4] = ["i", "we", "you", "my"];
/// Words that end as what is done does, and are times.
const TIMES: [&str; 2] = ["morning", "evening"];
/// Words before "no" with which one says what there is: "there is no booking".
const THERE_IS: [&str; 8] = ["is", "are", "there's", "there’s", "i've", "i’ve", "we've", "we’ve"];
/// What may stand before the word with which one lets somebody else know.
const OPENINGS: [&str; 6] = ["please", "can", "could", "will", "would", "you"];

/// All that is said of a deed which a tool of this name does. Where a verb is said of much else, only what names a thing of
/// the tool's counts, and what refuses it whole: "don't open it".
pub(super) fn said(words: &[&str], deed: &Words, name: &str) -> Vec<Said> {
    let asks = |word: &str| deed.refused(name).any(|ask| is_like(word, ask));
    let asked = (0..words.len()).filter(|at| asks(words[*at])).map(|at| at..at + 1);
    let counts = |said: &Said| *said == Said::Refused || deed.is_about(words);
    let said = |place: Range<usize>| {
        let said = said_at(words, &place, &[deed])?;
        (!said.refuses() || !is_only_beside(&words[place.end..], deed, name)).then_some(said)
    };
    asked.filter_map(said).filter(counts).collect()
}

/// Whether what stands behind a word for a deed is only beside it: "don't set a reminder" adds the event all the same.
fn is_only_beside(rest: &[&str], deed: &Words, name: &str) -> bool {
    let mut rest = rest.iter().skip_while(|word| ["a", "an", "any", "the"].contains(*word));
    rest.next().is_some_and(|thing| deed.is_beside(thing, name))
}

/// All that is said of a tool by its name.
pub(super) fn said_of_name(words: &[&str], name: &str, deeds: &[&Words]) -> Vec<Said> {
    let named = positions(words, name).map(|at| at..at + length(name));
    named.filter_map(|place| said_at(words, &place, deeds)).collect()
}

/// Whether a clause only has somebody told what they are not to do: "tell Bob not to send it".
pub(super) fn tells(words: &[&str], deed: &Words) -> bool {
    let mut words = words.iter().skip_while(|word| OPENINGS.contains(word));
    words.next().is_some_and(|verb| has(&deed.tells, verb))
        && words.next().is_some_and(|whom| !["me", "us"].contains(whom))
}

/// What is said of the deed that is named at a place; nothing where that only says how things are: "it is not booked".
fn said_at(words: &[&str], place: &Range<usize>, deeds: &[&Words]) -> Option<Said> {
    let not_to = &DATA.not_to;
    let mut claims = deeds.iter().flat_map(|deed| &deed.claims);
    let is_state =
        place.len() == 1 && claims.any(|claim| claim.trim_start_matches('^') == words[place.start]);
    let gap =
        words[..place.start].iter().rev().take(GAP_MAX).take_while(|word| has(&not_to.between, word)).count();
    let (before, gap) = words[..place.start].split_at(place.start - gap);
    let refuses = match before {
        [.., behind, no] => has(&not_to.en, no) && !has(&not_to.not_behind, behind),
        [no] => has(&not_to.en, no),
        [] => false,
    };
    let is_wish = gap.iter().any(|word| has(&not_to.wishes, word));
    if refuses && is_lacking(before, gap) || is_state && !is_wish {
        return None;
    }
    Some(match (refuses, object(&words[place.end..], deeds)) {
        (false, _) => Said::Named,
        // "Don't just book it": do something else first.
        (true, Said::Refused) if gap.contains(&"just") => Said::RefusedInPart,
        (true, said) => said,
    })
}

/// Whether one only says what there is not: "I don't have a booking", "there is no booking".
fn is_lacking(before: &[&str], gap: &[&str]) -> bool {
    let first = gap.first().copied().unwrap_or_default();
    let has_none = first == "have" && gap.get(1).is_none_or(|next| !["to", "it"].contains(next));
    has_none || first != "need" && matches!(before, [.., verb, "no"] if THERE_IS.contains(verb))
}

/// What the words after a refused deed leave of the refusal. What a tool's name speaks of is all that it does something to.
fn object(rest: &[&str], deeds: &[&Words]) -> Said {
    let not_to = &DATA.not_to;
    if rest.iter().any(|word| CONDITIONS.contains(word)) || awaits(rest) {
        return Said::RefusedInPart;
    }
    // Why it is not to be done bounds nothing.
    let why = not_to.reasons.iter().filter_map(|reason| positions(rest, reason).next()).min();
    let rest = &rest[..why.unwrap_or(rest.len())];
    let is_thing =
        |word: &str| deeds.iter().filter_map(|deed| deed.own.as_ref()).any(|own| own.names_thing(&[word]));
    let is_one = |word: &&str| has(&not_to.again, word) || word.starts_with(|c: char| c.is_ascii_digit());
    if rest.iter().any(|word| has(&not_to.bounds, word)) {
        Said::Bounded
    } else if rest.iter().any(is_one) {
        Said::OfOne
    } else if rest.iter().all(|word| has(&not_to.objects, word) || is_thing(word)) {
        Said::Refused
    } else {
        Said::RefusedInPart
    }
}

/// Whether a refusal waits for something to be said or done: "before I say so", "before checking with me".
fn awaits(rest: &[&str]) -> bool {
    let is_awaited = |next: &str| AWAITED.contains(&next) || next.ends_with("ing") && !TIMES.contains(&next);
    rest.windows(2).any(|two| matches!(two, ["before", next] if is_awaited(next)))
}
