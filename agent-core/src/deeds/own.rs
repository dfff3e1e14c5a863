//! Deeds of people's own tools: what `unlock_door`, which "unlocks a door", does is to unlock.
//!
//! The verb is known where two sources agree: a word of the tool's name and the first word of its description. Its author
//! may say it otherwise, and in Chinese: [`Safety::does`](crate::tool::Safety::does). Little is known of such verbs, so only
//! unmistakable words claim them ("I've unlocked …"), while a result that contains one is enough to make a claim true.

use super::clauses::sentences;
use super::forms::{Verb, bases};
use super::words::{DATA, Own, Words, has, words_of};
use super::{Deed, looks, name_of};
use crate::tool::{Effect, ToolSpec};

/// How long a verb is, in letters.
const VERB_LETTERS: std::ops::RangeInclusive<usize> = 3..=20;
/// How short a word for a thing may be, in letters.
const THING_MIN: usize = 3;
/// How short a Chinese verb may be, in characters: one is a part of many other words.
const CHINESE_MIN: usize = 2;

/// What follows a verb, and a noun rarely: "Close a ticket".
const OPENS_OBJECTS: [&str; 34] = [
    "a", "an", "the", "your", "my", "his", "her", "their", "our", "its", "this", "that", "these", "those",
    "all", "any", "some", "one", "each", "every", "another", "multiple", "several", "new", "existing", "to",
    "from", "in", "on", "for", "with", "up", "off", "out",
];
/// What follows a noun, and a verb rarely: "Doors of the house". The description may also end there.
const AFTER_NOUNS: [&str; 4] = ["", "of", "and", "by"];

/// What a tool does.
pub(crate) struct Does {
    own: Option<Words>,
    /// The one of those that people care about most that its name names, or its author.
    named: Option<Deed<'static>>,
    /// Without a named one, the one that its description speaks of.
    described: Option<Deed<'static>>,
}

impl Does {
    pub(crate) fn of(spec: &ToolSpec) -> Self {
        let (own, named) = (own_of(spec), Deed::named(spec));
        let described = if named.is_none() { Deed::of_tool(spec) } else { None };
        Self { own, named, described }
    }

    /// Its deeds. What its description speaks of is one where nothing else is known.
    pub(crate) fn deeds(&self) -> impl Iterator<Item = Deed<'_>> {
        let described = self.described.filter(|_| self.own.is_none());
        self.own.iter().map(Deed).chain(self.named).chain(described)
    }

    /// Its deeds, and what its description speaks of: in doubt, what is refused stays refused.
    pub(crate) fn all_deeds(&self) -> impl Iterator<Item = Deed<'_>> {
        self.own.iter().map(Deed).chain(self.named).chain(self.described)
    }
}

/// The deeds of tools' own, each of them once.
pub(crate) struct OwnDeeds(Vec<Words>);

impl OwnDeeds {
    /// Those of these tools.
    pub(crate) fn of(tools: &[ToolSpec]) -> Self {
        let mut deeds: Vec<Words> = Vec::new();
        for words in tools.iter().filter_map(own_of) {
            match deeds.iter_mut().find(|deed| deed.is_same(&words)) {
                Some(deed) => deed.take(words),
                None => deeds.push(words),
            }
        }
        Self(deeds)
    }

    /// The deeds that people care about most, and then these.
    pub(crate) fn and_known(&self) -> impl Iterator<Item = Deed<'_>> {
        DATA.deeds.iter().chain(&self.0).map(Deed)
    }

    #[cfg(test)]
    fn iter(&self) -> impl Iterator<Item = Deed<'_>> {
        self.0.iter().map(Deed)
    }
}

impl Deed<'static> {
    /// The deed of those that people care about most that a word names as done: "booked", "预订".
    pub(super) fn done_as(word: &str) -> Option<Self> {
        let word = tidy(word);
        Self::all().find(|deed| {
            let Words { claims, verbs, name, .. } = deed.0;
            let mut claims = claims.iter().map(|claim| claim.trim_start_matches('^'));
            name.contains(&word) || has(verbs, &word) || claims.any(|claim| claim == word)
        })
    }
}

impl Deed<'_> {
    /// Whether it is the deed of a tool of somebody's own.
    pub(crate) fn is_own(self) -> bool {
        self.0.own.is_some()
    }

    /// Whether it is a tool's own deed.
    pub(crate) fn is_own_of(self, spec: &ToolSpec) -> bool {
        own_of(spec).is_some_and(|own| self.0.is_same(&own))
    }

    /// Whether a call of a tool may have done this deed of some tool's own: it is that tool's deed as well, or beside it, or
    /// nobody knows what that tool does.
    pub(super) fn may_be_done_beside(self, spec: &ToolSpec) -> bool {
        let own = own_of(spec);
        let is_unknown = || own.is_none() && Deed::named(spec).is_none() && !looks(&name_of(spec));
        own.as_ref().is_some_and(|own| self.0.is_same(own)) || self.is_named_by(spec) || is_unknown()
    }

    /// Whether a tool's name, or the first sentence of its description, has the verb, of whatever it is said.
    pub(crate) fn is_named_by(self, spec: &ToolSpec) -> bool {
        let described =
            sentences(&spec.description).first().is_some_and(|first| self.has_ask_in(first, true));
        described || self.has_ask_in(&name_of(spec), true)
    }
}

impl Words {
    /// Whether both are the same deed of tools' own, by the verb in either language.
    fn is_same(&self, other: &Self) -> bool {
        let shares = |mine: &[String], others: &[String]| mine.iter().any(|word| has(others, word));
        let done = |words: &Self| words.own.iter().flat_map(|own| own.done.clone()).collect::<Vec<_>>();
        shares(&done(self), &done(other)) || shares(&self.verbs, &other.verbs)
    }

    /// Takes in what is known of the same deed from another tool.
    fn take(&mut self, other: Self) {
        if self.verbs.is_empty() && !other.verbs.is_empty() {
            self.name[1].clone_from(&other.name[1]);
        }
        add(&mut self.asks, other.asks);
        add(&mut self.refused, other.refused);
        add(&mut self.claims, other.claims);
        add(&mut self.verbs, other.verbs);
        add(&mut self.shown_by, other.shown_by);
        if let (Some(own), Some(others)) = (&mut self.own, other.own) {
            if own.done.is_empty() && !others.done.is_empty() {
                self.name[0].clone_from(&other.name[0]);
            }
            add(&mut own.done, others.done);
            add(&mut own.things, others.things);
            own.is_broad &= others.is_broad;
        }
    }
}

/// Adds words that a list lacks.
fn add(list: &mut Vec<String>, more: impl IntoIterator<Item = String>) {
    for word in more {
        if !has(list, &word) {
            list.push(word);
        }
    }
}

/// The words of a tool's own deed, if it has an effect and its verb is known.
fn own_of(spec: &ToolSpec) -> Option<Words> {
    if spec.effect == Effect::ReadOnly {
        return None;
    }
    let said = spec.safety.does.iter().map(|word| tidy(word)).filter(|word| Deed::done_as(word).is_none());
    let (english, mut chinese): (Vec<String>, Vec<String>) =
        said.filter(|word| !word.is_empty()).partition(|word| word.is_ascii());
    chinese.retain(|verb| verb.chars().count() >= CHINESE_MIN);
    let name = name_of(spec).to_lowercase();
    let derives = english.is_empty() && Deed::named(spec).is_none();
    let derived = if derives { verb_of(&name, &spec.description) } else { None };
    // To text somebody is to send, which people care about most.
    let base = derived.filter(|base| Deed::done_as(&Verb::of(base).participle).is_none());
    let verbs: Vec<Verb> = match base {
        Some(base) => vec![Verb::of(base)],
        None => english.iter().flat_map(|word| Verb::done(word)).collect(),
    };
    if verbs.is_empty() && english.is_empty() && chinese.is_empty() {
        return None;
    }
    let is_broad = base.is_some_and(|base| has(&DATA.own.broad, base));
    let mut words = of_verbs(&verbs, &english, chinese);
    let things = things(&name).filter(|word| !has(&words.asks, word)).collect();
    words.own = words.own.map(|own| Own { things, is_broad, ..own });
    Some(words)
}

/// The words of a deed: of verbs, of what English words say was done, be their verbs known or not, and of Chinese verbs.
fn of_verbs(verbs: &[Verb], english: &[String], chinese: Vec<String>) -> Words {
    let mut words = Words::default();
    let mut done: Vec<String> = english.to_vec();
    for verb in verbs {
        add(&mut words.asks, [&verb.base, &verb.third, &verb.gerund].map(Clone::clone));
        add(&mut done, [&verb.past, &verb.participle].map(Clone::clone));
        add(&mut words.claims, claims(&verb.past, &verb.participle, &verb.base));
    }
    for word in english.iter().filter(|word| Verb::done(word).is_empty()) {
        add(&mut words.claims, claims(word, word, ""));
    }
    words.name = name(english, verbs, &chinese);
    words.refused = done.iter().filter(|word| !has(&words.asks, word)).cloned().collect();
    words.shown_by = done.iter().flat_map(|word| [word.clone(), format!("{word}_at")]).collect();
    words.asks.extend_from_slice(&chinese);
    words.verbs = chinese;
    words.own = Some(Own { done, ..Own::default() });
    words
}

/// The deed as done, in English and Chinese, as far as its words are known.
fn name(english: &[String], verbs: &[Verb], chinese: &[String]) -> [String; 2] {
    let verb = chinese.first();
    let said = english.first().or(verbs.first().map(|verb| &verb.participle));
    let base = verbs.first().map(|verb| &verb.base).or(said);
    [
        said.cloned().or_else(|| verb.map(|verb| format!("done ({verb})"))).unwrap_or_default(),
        verb.cloned().or_else(|| base.map(|base| format!("“{base}”操作"))).unwrap_or_default(),
    ]
}

/// All that claims a deed without being anything else. What is done and the order to do it may be the same word: "reset".
fn claims(past: &str, participle: &str, base: &str) -> Vec<String> {
    let own = &DATA.own;
    let phrase = |head: &str, adverb: &str, verb: &str| {
        let words = [head.trim_start_matches('^'), adverb, verb];
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        format!("{}{}", if head.starts_with('^') { "^" } else { "" }, words.join(" "))
    };
    let mut claims = Vec::new();
    for adverb in &own.adverbs {
        let is_clear = |verb: &str| verb != base || adverb == "successfully";
        let pasts = own.before_past.iter().filter(|_| is_clear(past));
        claims.extend(pasts.map(|head| phrase(head, adverb, past)));
        claims.extend(own.before_participle.iter().map(|head| phrase(head, adverb, participle)));
        claims.extend(is_clear(participle).then(|| phrase("^", adverb, participle)));
    }
    claims.extend(own.passives.iter().map(|head| phrase(head, "", participle)));
    claims
}

/// The verb on which a tool's name and its description agree.
fn verb_of<'n>(name: &'n str, description: &str) -> Option<&'n str> {
    let description = description.to_lowercase();
    let mut words = words_of(&description).into_iter();
    let (first, next) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    // "Door control" and "Doors of the house" begin with nouns.
    let is_verb = |word: &str| {
        let is_third = first != word && first.ends_with('s');
        if is_third { !AFTER_NOUNS.contains(&next) } else { OPENS_OBJECTS.contains(&next) }
    };
    let own = &DATA.own;
    let bases = bases(first);
    name.split(' ').find(|word| {
        let is_word = VERB_LETTERS.contains(&word.len()) && word.chars().all(|c| c.is_ascii_lowercase());
        is_word
            && has(&bases, word)
            && is_verb(word)
            && !has(&own.vague, word)
            && !has(&DATA.reads, word)
            && (!has(&own.broad, word) || things(name).any(|thing| thing != *word))
    })
}

/// What a tool's name speaks of.
pub(super) fn things(name: &str) -> impl Iterator<Item = String> {
    let is_thing = |word: &&str| {
        word.len() >= THING_MIN
            && word.chars().all(|c| c.is_ascii_alphabetic())
            && !has(&DATA.own.fillers, word)
    };
    name.split(' ').filter(is_thing).map(str::to_owned)
}

/// A word as an author may write it, in small letters and with single spaces.
fn tidy(word: &str) -> String {
    word.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
