//! What a person orders: in their own words, or by accepting what they are offered.

use std::ops::Range;

use super::clauses::{coarse, is_question, opens_question, sentences};
use super::words::{DATA, Words, has, is_like, positions, without, words_of};
use super::{Deed, chinese, english};

/// Words before a noun: "my bookings" asks for none.
pub(super) const DETERMINERS: [&str; 9] =
    ["my", "the", "our", "your", "all", "latest", "these", "those", "any"];
/// First words of sentences that only ask to look.
pub(super) const LOOKS: [&str; 12] = [
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
/// Words with which people say what was done: "I booked it", "it is paid".
const TOLD: [&str; 14] = [
    "i", "we", "i've", "i’ve", "we've", "we’ve", "have", "has", "had", "is", "was", "are", "were", "already",
];

impl Deed<'_> {
    /// Whether a person orders the deed, and does not only ask about it or say that it was done.
    pub(crate) fn ordered_in(self, text: &str) -> bool {
        sentences(text).into_iter().any(|sentence| {
            let lower = sentence.to_lowercase();
            let asks = is_question(sentence);
            orders_in_english(self, &lower, asks) || orders_in_chinese(self, &lower, asks)
        })
    }
}

fn orders_in_english(deed: Deed<'_>, lower: &str, asks: bool) -> bool {
    let (told, deed, words) = (told(deed, lower), deed.0, words_of(lower));
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
        let is_told = told.contains(&words[at]);
        let before = &words[at.saturating_sub(2)..at];
        let is_thing = looks && before.iter().any(|word| DETERMINERS.contains(word));
        // "Explain how a transfer works" orders none, "explain it and transfer 5 EUR" does.
        let goes_on = words[..at].iter().any(|word| ["and", "then"].contains(word));
        let is_explained = ["explain", "describe", "define"].contains(&first) && !goes_on;
        !is_state && !is_told && !is_thing && !is_explained && (!asks || is_polite(at))
    };
    let asked = words.iter().enumerate().filter(|(_, word)| deed.asks.iter().any(|ask| is_like(word, ask)));
    let mut other = deed.orders.iter().filter(|order| order.is_ascii());
    let is_asked = deed.is_about(&words) && asked.map(|(at, _)| at).any(orders);
    is_asked || other.any(|order| positions(&words, order).any(|at| !is_to_us(&words[at..]) && orders(at)))
}

/// Whether words only ask to be told or shown something: "tell me about Rome", "let me see", "write me a poem".
fn is_to_us(words: &[&str]) -> bool {
    matches!(words, ["tell" | "let" | "write", "me" | "us", ..])
}

/// The words with which a sentence tells that the deed was done: "booked" of "I have booked the train".
fn told<'t>(deed: Deed<'_>, lower: &'t str) -> Vec<&'t str> {
    let words_in = |clause: &'t str| {
        let words = words_of(clause);
        let opens = words.first().is_some_and(|first| opens_question(first));
        let wishes = words.iter().any(|word| has(&DATA.not_to.wishes, word));
        let tells = words.iter().any(|word| TOLD.contains(word)) && !opens && !wishes;
        let places = if tells && deed.stated_in(clause) { english::told(deed.0, &words) } else { Vec::new() };
        places.into_iter().flat_map(|place| words[place].to_vec()).collect::<Vec<_>>()
    };
    coarse(lower).into_iter().flat_map(words_in).collect()
}

fn orders_in_chinese(deed: Deed<'_>, lower: &str, asks: bool) -> bool {
    let spans: Vec<&String> =
        deed.0.asks.iter().chain(&deed.0.orders).filter(|ask| !ask.is_ascii()).collect();
    let names = |clause: &str| {
        // "最近发生的事" sends nothing.
        let clause = &without(clause, &deed.0.idioms);
        let told = told_in_chinese(deed.0, clause);
        let is_told = |at: usize, end: usize| told.iter().any(|place| place.start < end && at < place.end);
        let mut places = spans.iter().flat_map(|span| clause.match_indices(span.as_str()));
        places.any(|(at, span)| {
            let (end, tells_us) = (at + span.len(), ["告诉我", "告诉咱"]);
            !is_told(at, end) && !tells_us.iter().any(|us| clause[at..].starts_with(us))
        })
    };
    may_order_in_chinese(lower, asks) && coarse(lower).into_iter().any(names)
}

/// Where a Chinese clause tells that the deed was done: "我付了房租".
fn told_in_chinese(deed: &Words, clause: &str) -> Vec<Range<usize>> {
    if DATA.hearing.zh.iter().any(|order| clause.contains(order.as_str())) {
        return Vec::new();
    }
    let mut places = chinese::places(deed, clause);
    places.retain(|place| {
        chinese::is_statement(clause, place) && !chinese::is_hedged(clause, place, is_question(clause))
    });
    places
}

/// Whether a Chinese sentence may be an order: it does not ask, or asks politely.
pub(super) fn may_order_in_chinese(lower: &str, asks: bool) -> bool {
    let contains = |spans: &[&str]| spans.iter().any(|span| lower.contains(span));
    let is_polite = contains(&["帮", "请", "麻烦", "给我", "替我"]) && !contains(&["了吗", "了没", "过吗"]);
    let is_question = asks || contains(&["吗", "呢"]);
    !contains(&["是否", "有没有", "了没"]) && (!is_question || is_polite)
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

/// Whether a person says nothing but "no".
pub(super) fn declines(text: &str) -> bool {
    let lower = text.to_lowercase();
    has(&DATA.declines, &words_of(&lower).join(" "))
}

/// The question a text ends with, if it ends with one.
pub(crate) fn last_question(text: &str) -> Option<&str> {
    sentences(text).pop().filter(|last| is_question(last))
}
