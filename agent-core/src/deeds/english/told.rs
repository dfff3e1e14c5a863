//! Claims that only tell of others, where nobody ordered what is told: "NASA sent three astronauts", "an email is sent to
//! a server", "you paid 80 EUR", "the first email was sent in 1971", "the fare is refunded within 7 days".

use std::ops::Range;

use super::super::clauses::{Clause, begins_with_others};
use super::super::months::MONTHS;
use super::super::words::{Acts, has, words_of};
use super::own::{is_followed_by_object, only_begins};
use super::{ADVERBS, BE, DETERMINERS, OBJECTS, OWN, STAND_INS, base};

/// Words that make of what follows only a description of what stands before them.
const RELATIVES: [&str; 4] = ["that", "which", "who", "whose"];
/// Verbs with which others say something.
const REPORTS: [&str; 9] =
    ["says", "said", "writes", "wrote", "confirms", "mentions", "announces", "tells", "informs"];
/// Words between those who do something and its verb.
const BETWEEN: [&str; 5] = ["has", "have", "had", "later", "then"];
/// Words with which a number begins that is written out, or what is like one.
const COUNTS: [&str; 17] = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "several", "some", "many",
    "all", "both", "every", "another",
];

/// Words that say that something is done again and again.
const HABITS: [&str; 8] =
    ["automatically", "usually", "normally", "generally", "typically", "always", "often", "regularly"];
/// In what it is said how long something takes: "within two business days".
const UNITS: [&str; 12] = [
    "hour", "hours", "day", "days", "minute", "minutes", "week", "weeks", "month", "months", "business",
    "working",
];
/// Years in which nothing was done by an agent.
const YEARS: std::ops::RangeInclusive<u16> = 1000..=2019;
/// Words before a year, beside months. What stands behind a figure otherwise may be what was paid.
const YEAR_AFTER: [&str; 4] = ["in", "since", "until", "around"];
/// What something may be done by and is nobody, beside months: "booked by Friday".
const DATES: [&str; 10] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "easter",
    "christmas",
    "noon",
];

/// What is known beside the words of a clause.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Beside<'a> {
    pub(in super::super) clause: &'a Clause,
    /// Nouns for the deed, and for what it is done to: these do nothing.
    pub(in super::super) acts: &'a [Acts],
    /// Whether something was read.
    pub(in super::super) has_read: bool,
    /// Whether the person asks how things are in general.
    pub(in super::super) is_general: bool,
    /// Whether what stands behind "by" may be what the deed is done with.
    pub(in super::super) has_means: bool,
}

/// Whether the words at a place tell of others or of the person, or how things go.
pub(in super::super) fn tells(words: &[&str], place: &Range<usize>, beside: Beside<'_>) -> bool {
    let before = before(words, place);
    // "Yes, you paid 80 EUR": what the person did is theirs.
    let is_yours = || doer(before).is_some_and(|at| base(before[at]) == "you");
    // "Amazon confirms that your order has been placed"
    let said = || before.iter().position(|word| REPORTS.contains(word));
    let is_said =
        || beside.has_read && said().is_some_and(|at| at > 0 && !OWN.contains(&base(before[at - 1])));
    let is_told = || is_yours() || is_said() || is_habit(words, before);
    if !beside.clause.names_speaker() && is_told() {
        return true;
    }
    let is_of_us = words.iter().any(|word| OWN.contains(&base(word)));
    !is_of_us
        && (is_relative(before)
            || is_general(before, beside.is_general)
            || goes_on(words, place, beside)
            || is_done_by_others(words, place, beside)
            || is_history(words)
            || is_by_name(words, place, beside)
            || beside.has_read && is_listed(words, place, beside.clause))
}

/// What stands before the participle of a passive, or before what else says that something was done.
fn before<'w, 's>(words: &'w [&'s str], place: &Range<usize>) -> &'w [&'s str] {
    let is_passive = BE.contains(&words[place.start]);
    &words[..if is_passive { place.end - 1 } else { place.start }]
}

/// Where the one who does something stands before its verb, if that is no passive.
fn doer(before: &[&str]) -> Option<usize> {
    let doer = before.iter().rposition(|word| !BETWEEN.contains(word) && !ADVERBS.contains(word))?;
    (!BE.contains(&before[doer]) && !before[doer..].contains(&"been")).then_some(doer)
}

/// Whether what is told is said of something only to describe it: "a loan that is paid back".
fn is_relative(before: &[&str]) -> bool {
    let is_link = |word: &&str| BE.contains(word) || ADVERBS.contains(word) || BETWEEN.contains(word);
    let subject = before.iter().rposition(|word| !is_link(word));
    subject.is_some_and(|at| at > 0 && RELATIVES.contains(&before[at]))
}

/// Whether a passive tells how things go where the person asks about that: "the money is refunded within 14 days".
fn is_general(before: &[&str], is_asked: bool) -> bool {
    let link = before.iter().rposition(|word| !ADVERBS.contains(word));
    let is_named = |at: usize| before[..at].iter().any(|word| !STAND_INS.contains(word));
    is_asked && link.is_some_and(|at| ["is", "are"].contains(&before[at]) && is_named(at))
}

/// Whether a passive tells what is done again and again: "the fare is refunded within 7 days", "it is sent automatically".
fn is_habit(words: &[&str], before: &[&str]) -> bool {
    let link = before.iter().rposition(|word| !ADVERBS.contains(word) && !HABITS.contains(word));
    let is_within = |two: &[&str]| two[0] == "within" && two[1..].iter().any(|word| UNITS.contains(word));
    link.is_some_and(|at| ["is", "are"].contains(&before[at]))
        && (words.iter().any(|word| HABITS.contains(word)) || words.windows(3).any(is_within))
}

/// Whether words tell of a past in which no call of a run was made: "in 1971", "a century ago".
fn is_history(words: &[&str]) -> bool {
    let is_year = |word: &str| word.len() == 4 && word.parse::<u16>().is_ok_and(|year| YEARS.contains(&year));
    words.windows(2).any(|two| match two {
        [before, year] if YEAR_AFTER.contains(before) || MONTHS.contains(before) => is_year(year),
        ["years" | "decades" | "centuries" | "century", "ago"] | [_, "century"] => true,
        _ => false,
    })
}

/// Whether somebody is named who did it: "booked by Anna", and not "paid by Visa", "booked by Friday".
fn is_by_name(words: &[&str], place: &Range<usize>, beside: Beside<'_>) -> bool {
    let Some(["by", whom, ..]) = words.get(place.end..) else { return false };
    // The words of the clause as they are written may be more than those looked at.
    let written = words_of(&beside.clause.words);
    let is_name = |two: &[&str]| {
        two[0] == "by" && two[1].starts_with(char::is_uppercase) && two[1].to_lowercase() == *whom
    };
    let is_date = DATES.contains(whom) || MONTHS.contains(whom);
    !beside.has_means && !is_date && written.windows(2).any(is_name)
}

/// Whether a clause goes on with what others did: "she booked a room, paid the deposit".
fn goes_on(words: &[&str], place: &Range<usize>, beside: Beside<'_>) -> bool {
    let is_first = words[..place.start].iter().all(|word| ["and", "then"].contains(word));
    beside.clause.goes_on_about_others() && is_first && place.end < words.len()
}

/// Whether somebody or something else does it to something: "the script deleted 3 files".
fn is_done_by_others(words: &[&str], place: &Range<usize>, beside: Beside<'_>) -> bool {
    let before = &words[..place.start];
    let is_object = words.get(place.end).is_some_and(|object| {
        let is_figure = object.starts_with(|c: char| c.is_ascii_digit());
        is_figure || OBJECTS.contains(object) || DETERMINERS.contains(object) || COUNTS.contains(object)
    });
    // "Found the 8:15 and booked a seat" tells of the one who speaks.
    let clause = beside.clause;
    let are_others = || clause.goes_on_about_others() || begins_with_others(&clause.words);
    // "Table booked 8pm"
    let is_thing = |at: usize| beside.acts.iter().any(|acts| has(&acts.nouns, before[at]));
    let acts = |at: usize| !is_thing(at) && (before[at] != "and" || are_others());
    place.len() == 1 && is_object && doer(before).is_some_and(acts)
}

/// Whether the words are a label, an item of a list, or go on with what was read: "Sent: Monday", "a mail, sent on Monday".
fn is_listed(words: &[&str], place: &Range<usize>, clause: &Clause) -> bool {
    let is_active = place.start == 0 || doer(&words[..place.start]).is_some();
    let goes_on = clause.continues.is_some() && is_active && place.end < words.len();
    let describes = || goes_on && !is_followed_by_object(words, place);
    only_begins(words, place) && (clause.words.ends_with([':', '：']) || clause.is_item || describes())
}
