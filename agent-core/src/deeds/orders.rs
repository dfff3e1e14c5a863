//! What a person orders: in their own words, or by accepting what they are offered.

use super::Deed;
use super::clauses::{is_question, opens_question, sentences};
use super::words::{DATA, Words, has, is_like, positions, words_of};

/// Words before a noun: "my bookings" asks for none.
const DETERMINERS: [&str; 9] = ["my", "the", "our", "your", "all", "latest", "these", "those", "any"];
/// First words of sentences that only ask to look.
const LOOKS: [&str; 12] = [
    "show",
    "list",
    "find",
    "search",
    "read",
    "when",
    "where",
    "summarize",
    "summarise",
    "check",
    "tell",
    "look",
];
/// How far behind "can you" stands what is asked for, in words.
const POLITE_MAX: usize = 4;

impl Deed {
    /// Whether a person orders the deed, and does not only ask about it.
    pub(crate) fn ordered_in(self, text: &str) -> bool {
        sentences(text).into_iter().any(|sentence| {
            let lower = sentence.to_lowercase();
            let asks = is_question(sentence);
            orders_in_english(self.0, &lower, asks) || orders_in_chinese(self.0, &lower, asks)
        })
    }
}

fn orders_in_english(deed: &Words, lower: &str, asks: bool) -> bool {
    let words = words_of(lower);
    let first = words.first().copied().unwrap_or_default();
    let looks = LOOKS.contains(&first) || opens_question(first);
    let wonders = asks || words.contains(&"whether") || words.contains(&"if");
    let is_polite = |at: usize| {
        let nearby = at.saturating_sub(POLITE_MAX)..at;
        words.contains(&"please")
            || nearby.into_iter().any(|you| {
                let asked = you > 0 && ["can", "could", "will", "would"].contains(&words[you - 1]);
                asked && words[you] == "you"
            })
    };
    let orders = |at: usize| {
        // "Whether it was cancelled", "my bookings".
        let is_state = wonders && deed.claims.iter().any(|claim| claim == words[at]);
        let before = &words[at.saturating_sub(2)..at];
        let is_thing = looks && before.iter().any(|word| DETERMINERS.contains(word));
        !is_state && !is_thing && (!asks || is_polite(at))
    };
    let asked = words.iter().enumerate().filter(|(_, word)| deed.asks.iter().any(|ask| is_like(word, ask)));
    let mut other = deed.orders.iter().filter(|order| order.is_ascii());
    asked.map(|(at, _)| at).any(orders) || other.any(|order| positions(&words, order).any(orders))
}

fn orders_in_chinese(deed: &Words, lower: &str, asks: bool) -> bool {
    let contains = |spans: &[&str]| spans.iter().any(|span| lower.contains(span));
    let is_polite = contains(&["帮", "请", "麻烦", "给我", "替我"]) && !contains(&["了吗", "了没", "过吗"]);
    let is_question = asks || contains(&["吗", "呢"]);
    let wonders = contains(&["是否", "有没有", "了没"]);
    let mut spans = deed.asks.iter().chain(&deed.orders).filter(|ask| !ask.is_ascii());
    spans.any(|span| lower.contains(span.as_str())) && !wonders && (!is_question || is_polite)
}

/// Whether a person accepts what they were offered, whatever it was.
pub(crate) fn accepts(text: &str) -> bool {
    let lower = text.trim().to_lowercase();
    let words = words_of(&lower);
    let early = |phrase: &String| positions(&words, phrase).any(|at| at < 3);
    let zh = |phrase: &String| lower.starts_with(phrase.as_str()) && lower.chars().count() <= 12;
    !lower.contains(['?', '？']) && (DATA.accepts.en.iter().any(early) || DATA.accepts.zh.iter().any(zh))
}

/// Whether a person refuses what they were offered.
pub(crate) fn refuses(text: &str) -> bool {
    let lower = text.to_lowercase();
    words_of(&lower).iter().any(|word| has(&DATA.refusals.en, word))
        || DATA.refusals.zh.iter().any(|refusal| lower.contains(refusal.as_str()))
}

/// The question a text ends with, if it ends with one.
pub(crate) fn last_question(text: &str) -> Option<&str> {
    sentences(text).pop().filter(|last| is_question(last))
}
