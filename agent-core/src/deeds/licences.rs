//! What a person's words license a tool to do: what they order, and nothing that they only speak of.
//!
//! "Mail Anna" orders to send, and so does "reply to Anna" ([`plain`]); "what does my mail say?", "sum up new mail" and
//! "看看安娜发给我的邮件" order to look. In doubt nothing is licensed, and a person is to be asked.

use super::clauses::{asks_you, coarse, is_question, opens_question, sentences};
use super::orders::{DETERMINERS, LOOKS, may_order_in_chinese};
use super::plain;
use super::refusals::only_refuses;
use super::words::{DATA, Words, has, is_like, positions, without, words_of};
use super::{Deed, Does, is_chinese, is_han, name_of};
use crate::tool::ToolSpec;

/// What may stand before the word that says what a clause wants.
pub(super) const OPENINGS: [&str; 21] = [
    "please", "can", "could", "will", "would", "you", "i", "i'd", "i’d", "to", "want", "need", "like", "let",
    "me", "now", "first", "also", "just", "ok", "hey",
];
/// First words of clauses that only ask to look, beside those of sentences and of tools.
pub(super) const GLANCES: [&str; 13] = [
    "give",
    "see",
    "know",
    "go",
    "open",
    "compare",
    "translate",
    "explain",
    "review",
    "scan",
    "sum",
    "wonder",
    "think",
];
/// Words with which a clause goes on to something else.
const TURNS: [&str; 4] = ["and", "then", "or", "so"];
/// Words and signs that do so wherever they stand.
const TURNS_WITHIN: [&str; 10] = ["然后", "接着", "随后", "之后", "以后", "并", "再", "&", "就", "帮我"];
/// Words before a noun, beside those that point to it: "new mail", "a summary of mail".
const BEFORE_THINGS: [&str; 22] = [
    "of", "in", "from", "about", "by", "on", "at", "for", "into", "new", "unread", "recent", "last", "old",
    "his", "her", "their", "its", "no", "some", "every", "each",
];
/// Words that make a deed of what is pointed to: "place the order".
const MAKES: [&str; 9] =
    ["make", "place", "complete", "do", "arrange", "process", "submit", "finalize", "finalise"];
/// How far before what is made stands what makes it, in words: "place a new order".
const MAKES_MAX: usize = 3;
/// Those of whom "do" asks: "do you have mail".
const ASKED: [&str; 4] = ["you", "i", "we", "they"];
/// Words that make a wish of what would tell how things are: "I want it booked".
const WISHES: [&str; 9] = ["want", "wanna", "need", "get", "should", "must", "would", "i'd", "i’d"];
/// What may stand before the verb of a Chinese clause.
const OPENINGS_ZH: [&str; 18] = [
    "请",
    "麻烦",
    "帮我",
    "帮忙",
    "给我",
    "替我",
    "能不能",
    "能",
    "可以",
    "你",
    "您",
    "我想",
    "想",
    "要",
    "先",
    "现在",
    "就",
    "去",
];
/// Verbs of Chinese clauses that only ask to look.
const LOOKS_ZH: [&str; 21] = [
    "看", "查", "读", "念", "总结", "归纳", "概括", "列", "显示", "搜", "找", "打开", "检查", "告诉", "翻译",
    "浏览", "汇总", "整理", "比较", "说说", "了解",
];
/// Words with which a Chinese clause asks.
const ASKS_ZH: [&str; 6] = ["什么", "谁", "多少", "怎么", "如何", "为何"];
/// With what such a word asks nothing: "不管多少钱都订".
const CONCEDES_ZH: [&str; 3] = ["不管", "无论", "没什么"];
/// How an order goes on that says of how many: "找一家餐厅订个位子".
const COUNTS_ZH: [&str; 3] = ["一", "个", "两"];
/// How an order goes on otherwise.
const GOES_ON_ZH: [&str; 3] = ["下", "掉", "吧"];
/// How much stands at least between a verb that looks and an order that follows it, in characters.
const LOOKED_AT_MIN: usize = 2;
/// What makes of a Chinese verb before it what is only spoken of: "发给我的邮件", "付款的记录".
const THINGS_ZH: [&str; 10] =
    ["的", "来的", "过的", "了的", "款的", "票的", "给我的", "我的邮件", "我的信", "我的消息"];

/// What a text may order.
struct Ordered<'a> {
    /// Words for it.
    spans: &'a [String],
    /// The deed, if these are its words and not the tool's names.
    deed: Option<&'a Words>,
    /// The words of the tool's name.
    name: &'a str,
}

/// Whether a text orders what a tool does: by a word for its deed, or by the tool's own name.
pub(crate) fn licensed_in(text: &str, spec: &ToolSpec) -> bool {
    let (does, name) = (Does::of(spec), name_of(spec).to_lowercase());
    let refuses = |clause: &str| only_refuses(clause, &does, &name);
    // A name that is a word for the deed is taken for that: "my mail" names no tool.
    let is_word = |name: &String| does.deeds().any(|deed| deed.0.asks.iter().any(|ask| is_like(name, ask)));
    let mut names = vec![name.clone(), spec.name.to_lowercase().replace(['_', '-'], " ")];
    names.retain(|name| !is_word(name));
    let is_ordered = |deed: Deed<'_>| {
        let text = without(text, deed.0.idioms.iter().chain(&DATA.not_to.idioms));
        let licenses = deed.0.licenses.iter().filter(|span| !span.is_ascii());
        let spans: Vec<String> = deed.0.asks.iter().chain(licenses).cloned().collect();
        orders(&text, &Ordered { spans: &spans, deed: Some(deed.0), name: &name }, &refuses)
    };
    orders(text, &Ordered { spans: &names, deed: None, name: &name }, &refuses)
        || does.deeds().any(is_ordered)
}

/// Whether a text chooses a deed, in whatever words that is ordered: "I'll take the 8:15", and not "let me see it".
pub(crate) fn chosen_in(text: &str, deed: Deed<'_>) -> bool {
    let lower = text.to_lowercase();
    let only_looks = |part: &str| looks(&words_of(part), Some(deed.0)) || looked_at(part).is_some();
    let mut parts = coarse(&lower).into_iter().flat_map(|clause| clause.split(" and "));
    parts.any(|part| !only_looks(part) && deed.ordered_in(part))
}

/// Whether a text only asks something, or asks to look: "is it paid?", "show me the booking", 付款了吗. In doubt it does not.
pub(crate) fn only_asks(text: &str, deed: Deed<'_>) -> bool {
    let only_looks = |part: &str| looks(&words_of(part), Some(deed.0)) || looked_at(part).is_some();
    sentences(text).into_iter().all(|sentence| {
        let (lower, is_question) = (sentence.to_lowercase(), is_question(sentence));
        let asks = if is_chinese(&lower) {
            !may_order_in_chinese(&lower, is_question)
        } else {
            is_question && !asks_you(&words_of(&lower))
        };
        asks || coarse(&lower).into_iter().flat_map(|clause| clause.split(" and ")).all(only_looks)
    })
}

/// Whether a text orders this: a deed, or a tool by its names. A clause that refuses it does not.
fn orders(text: &str, ordered: &Ordered<'_>, refuses: &dyn Fn(&str) -> bool) -> bool {
    sentences(text).into_iter().any(|sentence| {
        let lower = sentence.to_lowercase();
        let orders = |clause: &str| !refuses(clause) && orders_in_clause(clause, ordered);
        may_order(&lower, is_question(sentence)) && coarse(&lower).into_iter().any(orders)
    })
}

/// Whether a sentence may order anything: it does not ask, or asks politely.
fn may_order(lower: &str, asks: bool) -> bool {
    let words = words_of(lower);
    let is_polite = words.contains(&"please") || asks_you(&words);
    may_order_in_chinese(lower, asks && !is_polite)
}

fn orders_in_clause(clause: &str, ordered: &Ordered<'_>) -> bool {
    let mut parts = vec![clause];
    for turn in TURNS_WITHIN {
        parts = parts.into_iter().flat_map(|part| part.split(turn)).collect();
    }
    let informs = |part: &str| ordered.deed.is_some_and(|deed| plain::informs_in_chinese(wanted(part), deed));
    parts.into_iter().filter(|part| !asks_in_chinese(part)).any(|part| {
        looked_at(part).is_none() && in_english(part, ordered)
            || in_chinese(part, ordered.spans)
            || informs(part)
    })
}

fn in_english(part: &str, ordered: &Ordered<'_>) -> bool {
    let Ordered { spans, deed, name } = *ordered;
    // Words of two languages may stand without a space between them: "用pay付".
    let part = part.replace(is_han, " ").replace('#', " number ");
    let words = words_of(&part);
    let states = deed.into_iter().flat_map(|deed| &deed.claims).map(|state| state.trim_start_matches('^'));
    let states = states.filter(|state| !state.contains(' '));
    let spans: Vec<&str> =
        spans.iter().map(String::as_str).chain(states).filter(|span| span.is_ascii()).collect();
    let is_plain = |clause: &[&str]| match deed {
        None => plain::by_name(clause, name),
        Some(deed) => {
            plain::by_verb(clause, deed, name)
                || plain::in_other_words(clause, deed)
                || plain::informs(clause, deed)
        }
    };
    words.split(|word| TURNS.contains(word)).any(|clause| {
        let counts =
            |at: usize| deed.is_none_or(|deed| deed.is_about(clause) && is_ordered(clause, at, deed));
        let is_named =
            || !looks(clause, deed) && spans.iter().any(|span| positions(clause, span).any(counts));
        is_plain(clause) || is_named()
    })
}

/// Whether a clause only asks to look, by the word that says what it wants.
fn looks(clause: &[&str], deed: Option<&Words>) -> bool {
    let mut words = clause.iter().skip_while(|word| OPENINGS.contains(word));
    let wants = words.next().copied().unwrap_or_default();
    let wants = wants.split(['\'', '’']).next().unwrap_or_default();
    let next = words.next().copied().unwrap_or_default();
    match wants {
        // "Tell me what it says", and not "tell the accountant to pay".
        "tell" => ["me", "us"].contains(&next),
        "do" => ASKED.contains(&next),
        "get" => deed.is_none_or(|deed| !wishes(clause, deed)),
        _ => {
            LOOKS.contains(&wants)
                || GLANCES.contains(&wants)
                || has(&DATA.reads, wants)
                || opens_question(wants)
        }
    }
}

/// Whether a clause wishes that the deed was done: "get it paid", and not "get the paid bills".
fn wishes(clause: &[&str], deed: &Words) -> bool {
    clause.windows(2).any(|two| matches!(two, [before, state] if is_state(state, deed) && !points(before)))
}

/// Whether a word says that the deed was done.
fn is_state(word: &str, deed: &Words) -> bool {
    deed.claims.iter().any(|state| state.trim_start_matches('^') == word)
}

/// Whether the word for a deed at a place orders it, and is neither a noun nor tells how things are.
fn is_ordered(clause: &[&str], at: usize, deed: &Words) -> bool {
    let (before, word) = (&clause[..at], clause[at]);
    let is_thing = before.last().is_some_and(|last| points(last));
    if is_state(word, deed) {
        !is_thing && before.iter().any(|word| WISHES.contains(word))
    } else {
        !is_thing || is_made(before, word, deed)
    }
}

/// Whether a word makes a noun of the next one: "my mail", "Anna's mail".
fn points(word: &str) -> bool {
    let is_owner = word.ends_with("'s") || word.ends_with("’s");
    DETERMINERS.contains(&word) || BEFORE_THINGS.contains(&word) || is_owner && !word.starts_with("let")
}

/// Whether what stands before the noun of a deed orders it: "place a new order", "I need a new booking".
fn is_made(before: &[&str], noun: &str, deed: &Words) -> bool {
    let is_act = |noun: &str| deed.acts.iter().any(|acts| has(&acts.nouns, noun));
    let near = &before[before.len().saturating_sub(MAKES_MAX)..];
    let needs = || near.windows(2).any(|two| matches!(two, ["need", "a" | "an" | "another"]));
    (is_act(noun) || is_act(noun.trim_end_matches('s')))
        && (near.iter().any(|word| MAKES.contains(word)) || needs())
}

/// A Chinese clause from its verb on.
fn wanted(part: &str) -> &str {
    let mut wants = part.trim();
    while let Some(rest) = OPENINGS_ZH.iter().find_map(|opening| wants.strip_prefix(opening)) {
        wants = rest.trim_start();
    }
    wants
}

/// What stands behind the verb of a Chinese clause that only asks to look.
fn looked_at(part: &str) -> Option<&str> {
    let wants = wanted(part);
    LOOKS_ZH.iter().find_map(|look| wants.strip_prefix(look))
}

fn asks_in_chinese(part: &str) -> bool {
    let contains = |spans: &[&str]| spans.iter().any(|span| part.contains(span));
    contains(&ASKS_ZH) && !contains(&CONCEDES_ZH)
}

fn in_chinese(part: &str, spans: &[String]) -> bool {
    let looked_at = looked_at(part);
    let spans = spans.iter().filter(|span| !span.is_ascii());
    spans.flat_map(|span| part.match_indices(span.as_str())).any(|(at, span)| {
        let after = &part[at + span.len()..];
        // "找一家餐厅订个位子": what is looked at stands before the order.
        let is_behind = |looked_at: &str| {
            let between = looked_at.strip_suffix(part[at..].trim_end()).unwrap_or_default();
            starts(after, &COUNTS_ZH)
                && between.chars().count() >= LOOKED_AT_MIN
                && !between.ends_with("一下")
        };
        looked_at.is_none_or(is_behind) && !is_thing_in_chinese(&part[..at], after)
    })
}

/// Whether what stands around a Chinese verb makes it what is only spoken of, and not an order: "把最便宜的订了".
fn is_thing_in_chinese(before: &str, after: &str) -> bool {
    let is_done = starts(after, &COUNTS_ZH)
        || starts(after, &GOES_ON_ZH)
        || before.contains('把') && after.starts_with('了');
    before.ends_with('的') && !is_done || starts(after, &THINGS_ZH)
}

fn starts(text: &str, spans: &[&str]) -> bool {
    spans.iter().any(|span| text.starts_with(span))
}
