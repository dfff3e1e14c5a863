//! Claims in English words.

mod ordered;
mod own;
mod told;

use std::ops::Range;

use super::clauses::opens_question;
use super::words::{Acts, DATA, Words, has, length, positions, words_of};

pub(super) use ordered::{Order, claims as claims_ordered, things as ordered_things};
pub(super) use own::{is_passive as is_passive_own, only_begins, reports as reports_own};
pub(super) use told::{Beside, tells};

/// Words that come before what somebody has.
pub(super) const DETERMINERS: [&str; 9] = ["your", "the", "my", "his", "her", "their", "our", "a", "an"];
/// Words that stand for those to whom or to which something is done.
const OBJECTS: [&str; 8] = ["you", "me", "us", "him", "them", "it", "this", "that"];
/// First words that are written large without being a name.
const OPENINGS: [&str; 10] = ["i", "we", "ok", "okay", "done", "great", "sure", "yes", "now", "just"];
/// Words between a noun and what says that it was done.
const LINKS: [&str; 12] =
    ["is", "was", "are", "were", "has", "have", "been", "now", "all", "successfully", "already", "also"];
/// Words that make a participle passive.
const BE: [&str; 6] = ["is", "are", "was", "were", "be", "being"];
/// Words that may stand between those and the participle.
const ADVERBS: [&str; 8] = ["already", "just", "now", "also", "all", "successfully", "been", "both"];
/// Words for those who speak to each other.
const OWN: [&str; 10] = ["i", "we", "you", "your", "yours", "my", "our", "me", "us", "myself"];
/// What is no name of its own: it may be what the person asked for.
const STAND_INS: [&str; 7] = ["it", "this", "that", "everything", "these", "those", "all"];
/// Words after "by" with which nobody is said to have done it.
const NO_AGENTS: [&str; 14] = [
    "deadline", "time", "end", "way", "date", "hour", "evening", "morning", "card", "day", "phone", "bank",
    "due", "credit",
];

/// Words after which a noun is no longer what was made: "I placed the files in order".
const APART: [&str; 9] = ["in", "on", "to", "for", "of", "at", "by", "from", "into"];

/// Words before one thing of a kind, and before all of it.
const ONE: [&str; 6] = ["a", "an", "any", "every", "each", "another"];
/// See [`ONE`].
const KINDS: [&str; 8] = ["of", "about", "between", "for", "from", "like", "than", "per"];
/// Words that make of one thing the one that there is now: "you have a booked table".
const HERE: [&str; 8] = ["i", "we", "have", "has", "here", "there", "now", "got"];

/// How many words of the act itself stand before what says that it was done: "The booking of your room is complete".
const GAP_MAX: usize = 5;

/// Where words say that the deed was done, by their numbers.
pub(super) fn places(deed: &Words, words: &[&str]) -> Vec<Range<usize>> {
    let mut places: Vec<Range<usize>> = Vec::new();
    let start = if deed.own.is_some() { own::lead(words) } else { 0 };
    for claim in deed.claims.iter().filter(|claim| claim.is_ascii()) {
        let at_start = claim.starts_with('^');
        let claim = claim.trim_start_matches('^');
        let found = positions(words, claim).filter(|at| !at_start || *at == start);
        places.extend(found.map(|at| at..at + length(claim)));
    }
    for acts in &deed.acts {
        let nouns = words.iter().enumerate().filter(|(_, word)| has(&acts.nouns, word));
        places.extend(nouns.filter_map(|(at, _)| completed(acts, words, at)));
    }
    places.retain(|place| deed.own.as_ref().is_none_or(|own| own::counts(own, words, place)));
    places
}

/// Where words of others say that the deed was done: of a tool's own deed, any that is not an order as well.
pub(super) fn told(deed: &Words, words: &[&str]) -> Vec<Range<usize>> {
    let done = deed.own.iter().flat_map(|own| &own.done).filter(|word| !has(&deed.asks, word));
    let said = done.flat_map(|word| positions(words, word).map(|at| at..at + length(word)));
    places(deed, words).into_iter().chain(said).collect()
}

/// Whether words contain the deed as done, in whatever way.
pub(super) fn names(deed: &Words, words: &[&str]) -> bool {
    let done = deed.own.iter().flat_map(|own| &own.done);
    !places(deed, words).is_empty() || done.into_iter().any(|word| positions(words, word).next().is_some())
}

/// Where words say that the act at this place was done: "booking is complete", "made the booking".
fn completed(acts: &Acts, words: &[&str], noun: usize) -> Option<Range<usize>> {
    let makers = acts.makers.as_ref().unwrap_or(&DATA.makers);
    let stops = |word: &str| has(makers, word) || has(&DATA.joins.en, word) || APART.contains(&word);
    let made = words[..noun].iter().rposition(|word| stops(word));
    if let Some(made) = made.filter(|made| has(makers, words[*made]) && noun - made <= 4) {
        return Some(made..noun + 1);
    }
    let done = acts.done.as_ref().unwrap_or(&DATA.completions);
    let completes = |from: usize| {
        let first = from + words[from..].iter().take_while(|word| LINKS.contains(word)).count();
        let says = |phrase: &&String| positions(&words[first..], phrase).next() == Some(0);
        done.iter().find(says).map(|phrase| noun..first + length(phrase))
    };
    let rest = words[noun + 1..].iter().take(GAP_MAX + 1).take_while(|word| !has(&DATA.joins.en, word));
    let links = rest.enumerate().filter(|(_, word)| LINKS.contains(word)).map(|(at, _)| noun + 1 + at);
    completes(noun + 1).or_else(|| links.into_iter().find_map(completes))
}

/// Whether a word of the clause keeps these from claiming anything. What follows a joining word does not.
pub(super) fn is_hedged(words: &[&str], place: &Range<usize>, asks: bool) -> bool {
    // "I made no changes": a hedge may stand within the claim.
    let (before, after) = (&words[..place.end], &words[place.end..]);
    let scope = after.iter().position(|word| has(&DATA.joins.en, word));
    let denies = |word: &&str| has(&DATA.hedges.en, word) || word.ends_with("n't") || word.ends_with("n’t");
    let opens = words.first().is_some_and(|first| opens_question(first));
    asks && (scope.is_none() || opens)
        || after.first().is_some_and(|word| has(&DATA.denials.en, word))
        || before.iter().any(|word| denies(word) || has(&DATA.hedges.before, word))
        || after.iter().take(scope.unwrap_or(after.len())).any(denies)
}

/// Whether the deed that the word at this place names is somebody else's: "Anna sent you a letter", and not "email sent to
/// Anna". In doubt it is not.
pub(super) fn is_others(clause: &str, words: &[&str], at: usize) -> bool {
    let Some(object) = words.get(at + 1) else { return false };
    let is_object = OBJECTS.contains(object) || DETERMINERS.contains(object);
    let is_figure = object.starts_with(|c: char| c.is_ascii_digit());
    let verbs = ["has", "have", "had", "already", "just", "also"];
    let Some(subject) = words[..at].iter().rposition(|word| !verbs.contains(word)) else { return false };
    // The words follow each other without a sign between them.
    let in_a_row = clause.to_lowercase().contains(&words[subject..at + 2].join(" "));
    let is_noun = subject > 0 && DETERMINERS.contains(&words[subject - 1]);
    let is_name = words_of(clause).get(subject).is_some_and(|word| word.starts_with(char::is_uppercase));
    let word = base(words[subject]);
    let is_pronoun = ["he", "she", "they", "who"].contains(&word);
    let is_other = is_pronoun || is_noun || is_name && !OPENINGS.contains(&word);
    // A total that was paid is followed by a figure as well: "Total paid 568.50 CNY".
    in_a_row && (is_other && is_object || is_pronoun && is_figure)
}

/// Whether the words at a place only tell what others did, or how things are: a passive with a subject of its own, "the
/// paid invoices", "cancelled by the airline".
pub(super) fn reports(words: &[&str], place: &Range<usize>) -> bool {
    is_by_others(words, place)
        || !words.iter().any(|word| OWN.contains(&base(word)))
            && (is_passive(words, place) || is_attribute(words, place))
}

/// A word without what an apostrophe adds to it.
fn base(word: &str) -> &str {
    word.split(['\'', '’']).next().unwrap_or_default()
}

/// Whether something is said to have been done by others, or for a reason that is nobody's deed.
fn is_by_others(words: &[&str], place: &Range<usize>) -> bool {
    match words.get(place.end..) {
        Some(["by", first, second, ..]) => DETERMINERS.contains(first) && !NO_AGENTS.contains(second),
        Some(["due" | "owing", "to", ..] | ["because", "of", ..]) => true,
        Some(_) | None => false,
    }
}

fn is_passive(words: &[&str], place: &Range<usize>) -> bool {
    let is_named = |subject: &[&str]| subject.iter().any(|word| !STAND_INS.contains(word));
    // The participle is the first or the last word: "added to the", "is added".
    [place.start, place.end - 1].into_iter().any(|participle| {
        let mut before = words[..participle].iter();
        before.rposition(|word| !ADVERBS.contains(word)).is_some_and(|at| {
            let has_been =
                ["has", "have", "had"].contains(&words[at]) && words[at..participle].contains(&"been");
            (BE.contains(&words[at]) || has_been) && is_named(&words[..at])
        })
    })
}

/// Whether the word at a place only describes things of a kind, whatever was done: "a cancelled flight", "for cancelled
/// flights".
pub(super) fn describes(words: &[&str], place: &Range<usize>) -> bool {
    let (Some(before), Some(next)) = (words[..place.start].last(), words.get(place.end)) else {
        return false;
    };
    let is_noun =
        next.starts_with(char::is_alphabetic) && !APART.contains(next) && !has(&DATA.joins.en, next);
    let is_here = || words.iter().any(|word| HERE.contains(&base(word)));
    let is_one = || ONE.contains(before) && is_noun && !is_here();
    place.len() == 1 && (is_one() || KINDS.contains(before) && is_noun && next.ends_with('s'))
}

fn is_attribute(words: &[&str], place: &Range<usize>) -> bool {
    let before = place.start.checked_sub(1).and_then(|at| words.get(at));
    place.len() == 1 && words.len() > place.end && before.is_some_and(|word| DETERMINERS.contains(word))
}

/// Whether the words at a place say that all of a kind are taken: "All hotels are booked". All that the person asked for
/// are another matter: they would say so themselves.
pub(super) fn is_full(words: &[&str], place: &Range<usize>, asked: &str) -> bool {
    let asked = asked.to_lowercase();
    let asked = words_of(&asked);
    let all = ["all", "most", "other", "many", "every"];
    let Some(at) = words[..place.start].iter().position(|word| all.contains(word)) else { return false };
    let mut kind = words[at + 1..place.start].iter().filter(|word| !["of", "the", "other"].contains(word));
    let Some(noun) = kind.next().filter(|noun| !BE.contains(noun) && noun.starts_with(char::is_alphabetic))
    else {
        return false;
    };
    let plural = if words[at] == "every" { format!("{noun}s") } else { (*noun).to_owned() };
    let wants_all = ["all", "both", "every", "each", plural.as_str()].iter().any(|word| asked.contains(word));
    !wants_all && is_passive(words, place) && !words.iter().any(|word| OWN.contains(&base(word)))
}
