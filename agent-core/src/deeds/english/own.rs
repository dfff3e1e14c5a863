//! Claims of what people's own tools do: their verbs are said of much else, so only the unmistakable counts.

use std::ops::Range;

use super::super::words::{DATA, Own, has};
use super::{ADVERBS, BE, DETERMINERS, NO_AGENTS, OBJECTS, base, is_by_others};

/// What else may begin what something was done to: "unlocked both doors".
const ALL: [&str; 5] = ["all", "both", "every", "these", "those"];
/// Words with which a time begins, and no such thing: "closed all day", "opened the same year".
const TIMES: [&str; 8] = ["same", "following", "day", "night", "week", "month", "year", "time"];
/// Words that make of what follows only a description of what stands before them: "a phone that has been unlocked".
pub(super) const RELATIVES: [&str; 5] = ["that", "which", "who", "whose", "to"];
/// How many words stand at most in a subject of which something is claimed: "the lock of the door" is longer.
pub(super) const SUBJECT_MAX: usize = 4;
/// How many digits a year has.
const YEAR_DIGITS: usize = 4;
/// Those who speak, where they are said to have done it.
const SPEAKERS: [&str; 3] = ["me", "us", "myself"];

/// How many words at the beginning of a clause stand before what it says: "OK", "1)".
pub(super) fn lead(words: &[&str]) -> usize {
    let leads = |word: &&&str| has(&DATA.own.openings, word) || word.chars().all(|c| c.is_ascii_digit());
    words.iter().take_while(leads).count()
}

/// Whether the words at a place speak of what was done now, and of the tool's deed.
pub(super) fn counts(own: &Own, words: &[&str], place: &Range<usize>) -> bool {
    let is_whole = || match &words[place.end..] {
        [] => !only_begins(words, place),
        rest => matches!(rest, ["it" | "them" | "that"]),
    };
    !is_aside(words, place) && (!own.is_broad || own.names_thing(words) || is_whole())
}

/// Whether the words at a place tell of an earlier past, or only describe something: "it had been unlocked".
fn is_aside(words: &[&str], place: &Range<usize>) -> bool {
    let Some(subject) = subject(words, place) else { return false };
    let had =
        words[subject.len()..place.start].iter().any(|word| word.starts_with("had") || *word == "having");
    had || subject.last().is_some_and(|last| RELATIVES.contains(last))
}

/// What stands before the passive at a place, if there is one: "the door" of "the door has now been unlocked".
fn subject<'w, 's>(words: &'w [&'s str], place: &Range<usize>) -> Option<&'w [&'s str]> {
    if !is_passive(words, place) {
        return None;
    }
    let is_link =
        |word: &&&str| ADVERBS.contains(word) || ["has", "have", "had", "hadn't", "having"].contains(*word);
    let links = words[..place.start].iter().rev().take_while(is_link).count();
    Some(&words[..place.start - links])
}

/// Whether what was done is told in the passive: "has been unlocked", "is now unlocked".
pub(in super::super) fn is_passive(words: &[&str], place: &Range<usize>) -> bool {
    words[place.start] == "been" || BE.contains(&words[place.start])
}

/// Whether something is said of what the tool's name speaks of, or of what the person has, and of no more: "the door", "your
/// parcel", and not "this means that the parcel". What "it" is nobody knows.
fn is_about_us(own: &Own, subject: &[&str]) -> bool {
    let subject = &subject[lead(subject).min(subject.len())..];
    let is_noun =
        subject.len() <= SUBJECT_MAX && subject.first().is_some_and(|first| DETERMINERS.contains(first));
    match subject {
        [] => true,
        ["your", ..] => is_noun,
        [first, ..] => own.names_thing(subject) && (is_noun || own.names_thing(&[first])),
    }
}

/// Whether the words at a place only tell how things are. Where something `was_read`, so do all that name nobody who did it;
/// else what has no object ("closed on Mondays"), and passives about something else than the tool's things and the person's.
pub(in super::super) fn reports(own: &Own, words: &[&str], place: &Range<usize>, was_read: bool) -> bool {
    if by_somebody(words, place) || is_by_others(words, place) {
        return true;
    }
    if only_begins(words, place) {
        return !is_followed_by_object(words, place) && (was_read || words.len() > place.end);
    }
    subject(words, place).is_some_and(|subject| was_read || !is_about_us(own, subject))
}

/// Whether what was done is a claim only for standing at the beginning: "unlocked the door", and neither "I unlocked" nor
/// "went ahead and unlocked" nor "been unlocked".
pub(in super::super) fn only_begins(words: &[&str], place: &Range<usize>) -> bool {
    !["i", "gone", "went"].contains(&base(words[place.start])) && !is_passive(words, place)
}

/// Whether somebody else is said to have done it: "unlocked by Anna", and not "unlocked by 9".
pub(super) fn by_somebody(words: &[&str], place: &Range<usize>) -> bool {
    match &words[place.end..] {
        ["by", whom, ..] => {
            let is_agent =
                !SPEAKERS.contains(whom) && !DETERMINERS.contains(whom) && !NO_AGENTS.contains(whom);
            is_agent && whom.starts_with(char::is_alphabetic)
        }
        _ => false,
    }
}

/// Whether what something was done to follows: "unlocked the door", and not "unlocked doors", "closed on Mondays".
pub(super) fn is_followed_by_object(words: &[&str], place: &Range<usize>) -> bool {
    let rest = &words[place.end..];
    let is_time = rest.iter().take(3).any(|word| TIMES.contains(word));
    rest.first().is_some_and(|next| {
        // "Closed 3 tickets", and not "published 1925".
        let is_figure = next.starts_with(|c: char| c.is_ascii_digit()) && next.len() < YEAR_DIGITS;
        is_figure || OBJECTS.contains(next) || (DETERMINERS.contains(next) || ALL.contains(next)) && !is_time
    })
}
