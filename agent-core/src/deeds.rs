//! What can be done to the world, in the words of English and Chinese: what a request asks for, what an answer claims, and
//! which tools do it. The words of the deeds people care about most are data: `deeds.json`. Those of the deeds of people's
//! own tools are made of what the tools say of themselves: [`own`].

mod chinese;
mod clauses;
mod english;
mod forms;
mod licences;
mod months;
mod orders;
mod own;
mod plain;
mod refusals;
mod texts;
mod words;

use std::fmt;

pub use refusals::Refusal;

pub(crate) use clauses::{Clause, unquoted};
pub(crate) use licences::{chosen_in, licensed_in, only_asks};
pub(crate) use orders::{accepts, last_question, refuses};
pub(crate) use own::{Does, OwnDeeds};
pub(crate) use refusals::{declined_in, refused_in};
pub(crate) use texts::{Wanted, asks_in_general, asks_whether, wanted_text, without_letter, without_mail};

use crate::tool::ToolSpec;
use clauses::{coarse, is_question};
use words::{DATA, Words, has, is_like, without, words_of};

/// Something that can be done to the world.
#[derive(Clone, Copy)]
pub(crate) struct Deed<'w>(&'w Words);

impl PartialEq for Deed<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for Deed<'_> {}

impl fmt::Debug for Deed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name(false))
    }
}

impl Deed<'static> {
    /// All that people care about most, in the order in which a tool's name is judged.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        DATA.deeds.iter().map(Self)
    }

    /// Which of those a tool does, by the words of its name or by its author's, else by those of its description.
    pub(crate) fn of_tool(spec: &ToolSpec) -> Option<Self> {
        Self::named(spec).or_else(|| Self::of_words(&spec.description))
    }

    /// The one that a tool's name names, or its author.
    fn named(spec: &ToolSpec) -> Option<Self> {
        Self::of_words(&name_of(spec)).or_else(|| Self::declared(spec).next())
    }

    /// Those that a tool's author names.
    fn declared(spec: &ToolSpec) -> impl Iterator<Item = Self> {
        spec.safety.does.iter().filter_map(|word| Self::done_as(word))
    }

    fn of_words(text: &str) -> Option<Self> {
        Self::all().find(|deed| deed.asked_in(text))
    }
}

impl<'w> Deed<'w> {
    /// Whether a call of a tool may have done the deed. A name that names a deed is taken at its word. One that names
    /// none may do any, unless it says that the tool only looks: then its description has to tell. Of a deed of a tool's
    /// own, it is enough that the tool is not known to do something else.
    pub(crate) fn may_be_done_by(self, spec: &ToolSpec) -> bool {
        if self.is_own() {
            return self.may_be_done_beside(spec);
        }
        let name = name_of(spec);
        let first = name.split(' ').next().unwrap_or_default();
        let is_declared = || Deed::declared(spec).any(|other| self.is_backed_by(other));
        let is_named = match Deed::of_words(&name) {
            // What `list_bookings` lists is what it shows; `get_ticket` may buy one.
            Some(_) if looks(&name) && !first.eq_ignore_ascii_case("get") => false,
            // `create_booking` creates something, too.
            Some(other) => {
                self.is_backed_by(other)
                    || self.adds() && !other.undoes() && self.asked_in(first)
                    || other.adds() && self.is_created(&name)
            }
            None if looks(&name) => {
                Deed::of_words(&spec.description).is_some_and(|other| self.is_backed_by(other))
            }
            None => true,
        };
        is_named || is_declared()
    }

    /// Whether a text asks for the deed.
    pub(crate) fn asked_in(self, text: &str) -> bool {
        self.has_ask_in(text, false)
    }

    /// Whether a text has a word that asks for the deed; of a verb that is said of much else, of anything or not.
    fn has_ask_in(self, text: &str, of_anything: bool) -> bool {
        let text = text.to_lowercase();
        let words = words_of(&text);
        let is_about = of_anything || self.0.is_about(&words);
        let is_said = |ask: &String| is_about && words.iter().any(|word| is_like(word, ask));
        self.0.asks.iter().any(|ask| if ask.is_ascii() { is_said(ask) } else { text.contains(ask) })
    }

    /// Whether a text names the deed as done, hedged or not.
    pub(crate) fn named_in(self, text: &str) -> bool {
        let lower = without(text, &self.0.idioms).to_lowercase();
        english::names(self.0, &words_of(&lower)) || !chinese::places(self.0, &lower).is_empty()
    }

    /// The clauses of a text that claim that the deed was done. What somebody else did is no claim, nor is what is quoted
    /// where the deed is a tool's own.
    pub(crate) fn claims_in(self, text: &str) -> Vec<Clause> {
        let unquoted = self.is_own().then(|| clauses::unquoted(text));
        let mut clauses = clauses::clauses(unquoted.as_deref().unwrap_or(text));
        clauses.retain(|clause| self.claimed_by(clause, |_| true));
        clauses
    }

    /// The words of the first of these clauses, if there is one.
    #[cfg(test)]
    pub(crate) fn claimed_in(self, text: &str) -> Option<String> {
        self.claims_in(text).into_iter().next().map(|clause| clause.words)
    }

    /// Whether a clause that claims the deed only reports what others did, or how things are: of a deed that people care
    /// about most mainly what was read, and how things go in general where the person asks for that.
    pub(crate) fn reported_by(self, clause: &Clause, has_read: bool, is_general: bool) -> bool {
        let clause = Clause { asks: false, ..clause.clone() };
        let own = self.0.own.as_ref();
        // A label counts or lists what there is: "Unlocked: 3".
        let was_read = has_read || clause.words.ends_with([':', '：']);
        // What is paid or sent by something may be so by whoever speaks: "paid by Visa".
        let has_means = ["paid", "sent"].contains(&self.name(false));
        let beside = english::Beside { clause: &clause, acts: &self.0.acts, has_read, is_general, has_means };
        let counts = |said: &Said<'_>| match (said, own) {
            (Said::English { words, place }, Some(own)) => {
                !(english::reports_own(own, words, place, was_read)
                    || clause.continues.is_some() && english::is_passive_own(words, place))
            }
            (Said::English { words, place }, None) => {
                !(has_read && english::reports(words, place) || english::tells(words, place, beside))
            }
            (Said::Chinese { text, place }, Some(_)) => !chinese::reports(text, place),
            (Said::Chinese { text, place }, None) => {
                !(has_read && chinese::reports(text, place)
                    || clause.goes_on_about_others() && chinese::is_aside(text))
            }
        };
        !self.claimed_by(&clause, counts)
    }

    /// Whether a clause that claims the deed only says that all of a kind are taken, and the person asked for one of them.
    pub(crate) fn full_by(self, clause: &Clause, asked: &str) -> bool {
        let clause = Clause { asks: false, ..clause.clone() };
        self.0.name[0] == "booked"
            && !self.claimed_by(&clause, |said| match said {
                Said::English { words, place } => !english::is_full(words, place, asked),
                Said::Chinese { .. } => true,
            })
    }

    /// The first clause of a text that says in the passive that the deed was done of what a person orders in these words:
    /// "the dentist was moved". Where something `was_read`, what is so may have been so before.
    pub(crate) fn claim_of_order(self, text: &str, order: &str, was_read: bool) -> Option<Clause> {
        let things = english::ordered_things(self.0, &order.to_lowercase());
        let order = english::Order { things: &things, was_read };
        let unquoted = self.is_own().then(|| clauses::unquoted(text));
        let clauses = clauses::clauses(unquoted.as_deref().unwrap_or(text));
        clauses.into_iter().find(|clause| {
            let lower = self.spoken_in(&clause.words).to_lowercase();
            english::claims_ordered(self.0, &words_of(&lower), clause.asks, order)
        })
    }

    /// Whether a clause claims the deed in a place that counts.
    fn claimed_by(self, clause: &Clause, counts: impl Fn(&Said<'_>) -> bool) -> bool {
        let spoken = self.spoken_in(&clause.words);
        let lower = spoken.to_lowercase();
        let words = words_of(&lower);
        let is_others = |at: usize, length: usize| {
            (length == 1 || has(&DATA.makers, words[at])) && english::is_others(&spoken, &words, at)
        };
        let is_within = |place: &std::ops::Range<usize>| {
            clause.continues.is_some() && self.is_own() && english::only_begins(&words, place)
        };
        let english = english::places(self.0, &words).into_iter().any(|place| {
            !is_others(place.start, place.len())
                && !is_within(&place)
                && (self.is_own() || !english::describes(&words, &place))
                && !english::is_hedged(&words, &place, clause.asks)
                && counts(&Said::English { words: &words, place: &place })
        });
        english
            || chinese::places(self.0, &lower).into_iter().any(|place| {
                !chinese::is_others(&lower, &place)
                    && !chinese::is_hedged(&lower, &place, clause.asks)
                    && counts(&Said::Chinese { text: &lower, place: &place })
            })
    }

    /// A clause without what only looks like the deed, or like a hedge, and with one sign for all apostrophes.
    fn spoken_in(self, clause: &str) -> String {
        let clause = clause.replace('’', "'");
        months::without_may(&without(&clause, self.0.idioms.iter().chain(&DATA.overlooked)))
    }

    /// Whether a person says that the deed was done, and does not only want to hear it.
    pub(crate) fn stated_in(self, text: &str) -> bool {
        let states = |clause: &str| {
            let lower = self.spoken_in(clause).to_lowercase();
            let (words, asks) = (words_of(&lower), is_question(clause));
            let wants = words.iter().any(|word| has(&DATA.hearing.en, word))
                || DATA.hearing.zh.iter().any(|order| lower.contains(order.as_str()));
            let in_english = || {
                let mut places = english::told(self.0, &words).into_iter();
                places.any(|place| !english::is_hedged(&words, &place, asks))
            };
            let in_chinese = || {
                let mut places = chinese::places(self.0, &lower).into_iter();
                places.any(|place| {
                    chinese::is_statement(&lower, &place) && !chinese::is_hedged(&lower, &place, asks)
                })
            };
            !wants && (in_english() || in_chinese())
        };
        coarse(text).into_iter().any(states)
    }

    /// Whether a field of a result shows the deed as done.
    pub(crate) fn shown_by(self, field: &str) -> bool {
        self.0.shown_by.iter().any(|name| is_like(field, name))
    }

    /// Whether a claim of this deed is true once another one was done.
    pub(crate) fn is_backed_by(self, other: Deed<'_>) -> bool {
        self == other || has(&self.0.backed_by, other.name(false))
    }

    /// Whether taking something back does it.
    pub(crate) fn undoes(self) -> bool {
        self.0.undoes
    }

    /// Whether a tool of this name creates what does the deed: `create_message` sends.
    fn is_created(self, name: &str) -> bool {
        let name = name.to_lowercase();
        let is_in = |word: &String| {
            if word.is_ascii() {
                name.split(' ').any(|part| part == word)
            } else {
                name.contains(word.as_str())
            }
        };
        self.0.created.iter().any(is_in)
    }

    /// Whether it is to add something.
    fn adds(self) -> bool {
        self.0.name[0] == "added"
    }

    /// The deed as done, in English or Chinese.
    pub(crate) fn name(self, chinese: bool) -> &'w str {
        let [english, in_chinese] = self.names();
        if chinese { in_chinese } else { english }
    }

    /// The same in both languages.
    pub(crate) fn names(self) -> &'w [String; 2] {
        &self.0.name
    }
}

/// A place of a clause where a deed is said to have been done.
enum Said<'a> {
    English { words: &'a [&'a str], place: &'a std::ops::Range<usize> },
    Chinese { text: &'a str, place: &'a std::ops::Range<usize> },
}

/// Whether a tool's name says that it only looks.
pub(crate) fn only_looks(spec: &ToolSpec) -> bool {
    looks(&name_of(spec))
}

fn looks(name: &str) -> bool {
    let name = name.to_lowercase();
    has(&DATA.reads, name.split(' ').next().unwrap_or_default()) && !name.contains(" and ")
}

/// Whether a tool of this name does one of the deeds that people care about most.
pub(crate) fn acts_by_name(name: &str) -> bool {
    let name = words_in_name(name);
    !looks(&name) && Deed::of_words(&name).is_some()
}

/// The words of a tool's name: `createEvent` and `create_event` have the same.
fn name_of(spec: &ToolSpec) -> String {
    words_in_name(&spec.name)
}

fn words_in_name(joined: &str) -> String {
    let mut name = String::new();
    for character in joined.chars() {
        let is_inner = character.is_uppercase() && name.ends_with(|last: char| last.is_lowercase());
        if is_inner || matches!(character, '_' | '-' | '.' | '/') {
            name.push(' ');
        }
        if !matches!(character, '_' | '-' | '.' | '/') {
            name.push(character);
        }
    }
    name
}

/// Whether a text is written in Chinese characters.
pub(crate) fn is_chinese(text: &str) -> bool {
    text.chars().any(is_han)
}

/// Whether a character is a Chinese one.
pub(crate) fn is_han(character: char) -> bool {
    matches!(character, '\u{4E00}'..='\u{9FFF}')
}

#[cfg(test)]
mod tests;
