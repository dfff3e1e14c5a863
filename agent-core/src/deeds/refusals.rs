//! What a person says is not to be done: "don't book it yet", "不用订".
//!
//! Only what is said of the deed itself counts: "don't forget to book", "pay no more than 500" and "why don't you book?"
//! refuse nothing. In doubt a refusal is not plain, and a person is to be asked.

mod chinese;
mod english;

use super::clauses::{asks_you, coarse, is_question, opens_question, sentences};
use super::orders::declines;
use super::words::{DATA, Words, has, is_like, without, words_of};
use super::{Deed, Does, name_of};
use crate::tool::ToolSpec;

/// A person's words that something is not to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The clause, as the person wrote it.
    pub words: String,
    /// Whether all that the tool does is refused, under no condition, and none of it asked for beside that.
    pub is_plain: bool,
}

/// How a clause speaks of a deed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    /// It is not to be done.
    Refused,
    /// Some of it is not to be done: "don't book a hotel".
    RefusedInPart,
    /// One of it is not to be done, or it is not to be done again: that refuses nothing where it is asked for as well.
    OfOne,
    /// It is not to be done for more than so much, or so late: that refuses nothing.
    Bounded,
    /// It is asked for, or spoken of otherwise.
    Named,
}

impl Said {
    /// Whether something is not to be done.
    fn refuses(self) -> bool {
        match self {
            Self::Refused | Self::RefusedInPart | Self::OfOne => true,
            Self::Bounded | Self::Named => false,
        }
    }
}

/// Where a text refuses what a tool does, if it does: by words for its deed, or by the tool's own name.
pub(crate) fn refused_in(text: &str, spec: &ToolSpec) -> Option<Refusal> {
    let (does, name) = (Does::of(spec), name_of(spec).to_lowercase());
    let (mut denied, mut of_one) = (None, None);
    let (mut in_part, mut wanted) = (false, false);
    for sentence in sentences(text) {
        let (conditional, polite) = (is_conditional(sentence), is_polite(sentence));
        for clause in coarse(sentence) {
            let said = said_in(clause, &does, &name, polite);
            let refuses = said.iter().any(|said| matches!(said, Said::Refused | Said::RefusedInPart));
            in_part |= said.contains(&Said::RefusedInPart) || refuses && conditional;
            wanted |= said.contains(&Said::Named);
            if refuses {
                denied = Some(clause);
            } else if said.contains(&Said::OfOne) {
                of_one = Some(clause);
            }
        }
    }
    let sign = |c: char| c.is_ascii_punctuation() || "。，！；？".contains(c);
    let refusal =
        |clause: &str, is_plain| Refusal { words: clause.trim_end_matches(sign).to_owned(), is_plain };
    denied
        .map(|clause| refusal(clause, !in_part && !wanted))
        .or_else(|| of_one.filter(|_| !wanted).map(|clause| refusal(clause, false)))
}

/// What a "no" to a question refuses of what a tool does: to "shall I book it?" it says "don't book it".
pub(crate) fn declined_in(question: &str, text: &str, spec: &ToolSpec) -> Option<Refusal> {
    let does = Does::of(spec);
    let deed = does.all_deeds().find(|deed| declines(text) && deed.asked_in(question))?;
    let lower = question.to_lowercase();
    let (words, asks) = (words_of(&lower), &deed.0.asks);
    let offered = words.iter().position(|word| asks.iter().any(|ask| is_like(word, ask)));
    let in_english = offered.map(|at| format!("don't {}", words[at..].join(" ")));
    let in_chinese = || {
        let at = asks.iter().filter(|ask| !ask.is_ascii()).find_map(|ask| lower.find(ask.as_str()))?;
        Some(format!("不要{}", lower[at..].trim_end_matches(['吗', '呢', '?', '？'])))
    };
    let refused = in_english.or_else(in_chinese).and_then(|said| refused_in(&said, spec));
    // "Shall I cancel the old booking?" offers something else as well.
    let other = Deed::of_words(question).filter(|other| *other != deed);
    let is_plain = other.is_none() && refused.is_some_and(|refusal| refusal.is_plain);
    Some(Refusal { words: text.trim().to_owned(), is_plain })
}

/// Whether a clause only refuses what a tool does: that orders nothing.
pub(super) fn only_refuses(clause: &str, does: &Does, name: &str) -> bool {
    let said = said_in(clause, does, name, false);
    said.iter().any(|said| said.refuses()) && !said.contains(&Said::Named)
}

/// Whether a sentence makes what it says depend on something.
fn is_conditional(sentence: &str) -> bool {
    let lower = without(sentence, &DATA.not_to.idioms).to_lowercase();
    words_of(&lower).iter().any(|word| has(&DATA.conditions, word))
        || DATA.not_to.conditions.iter().any(|condition| lower.contains(condition.as_str()))
}

/// Whether a sentence asks for something to be done: "can you find a train without booking it?"
fn is_polite(sentence: &str) -> bool {
    let lower = sentence.to_lowercase();
    let words = words_of(&lower);
    asks_you(&words) && words.first().is_some_and(|first| !opens_question(first))
}

/// All that a clause says of what a tool does, or of the tool by its name. A question only refuses, and only a polite one.
fn said_in(clause: &str, does: &Does, name: &str, polite: bool) -> Vec<Said> {
    let clause = chinese::untagged(clause);
    let asks = is_question(clause);
    if asks && !polite {
        return Vec::new();
    }
    let deeds: Vec<&Words> = does.all_deeds().map(|deed| deed.0).collect();
    let idioms = deeds.iter().flat_map(|deed| &deed.idioms);
    let lower = without(clause, idioms.chain(&DATA.not_to.idioms)).to_lowercase();
    let words = words_of(&lower);
    if deeds.iter().any(|deed| english::tells(&words, deed) || chinese::tells(&lower, deed)) {
        return vec![Said::Named];
    }
    let mut said = english::said_of_name(&words, name, &deeds);
    for deed in deeds {
        said.extend(english::said(&words, deed, name));
        said.extend(chinese::said(&lower, deed, name));
    }
    said.retain(|said| !asks || said.refuses());
    said
}
