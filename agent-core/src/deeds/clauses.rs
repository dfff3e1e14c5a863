//! Texts cut into clauses, each of which claims something or does not.

use super::english::DETERMINERS;
use super::words::{DATA, has, words_of};

/// A clause of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clause {
    /// Its words, with the sign it ends with.
    pub(crate) words: String,
    /// Whether it asks.
    pub(super) asks: bool,
    /// Of whom the sentence has spoken that it goes on with: "He came in, unlocked the door".
    pub(super) continues: Option<Subject>,
    /// Whether it is an item of a list.
    pub(super) is_item: bool,
}

/// Of whom a sentence speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    /// Somebody or something else: "He came in".
    Others,
    /// Anybody, or nobody.
    Any,
}

impl Clause {
    /// Whether it goes on with what somebody or something else does.
    pub(super) fn goes_on_about_others(&self) -> bool {
        self.continues == Some(Subject::Others)
    }

    /// Whether the one who speaks stands in it: "I've booked it", 已为您预订.
    pub(crate) fn names_speaker(&self) -> bool {
        let lower = self.words.to_lowercase();
        words_of(&lower).iter().any(|word| is_speaker(word))
            || DATA.chinese.helpers.iter().any(|helper| lower.contains(helper.as_str()))
    }
}

/// First words of a question, beside those that hedge anyway.
const OPENS_QUESTIONS: [&str; 16] = [
    "is", "are", "was", "were", "has", "have", "had", "did", "do", "does", "am", "what", "which", "who",
    "why", "how",
];

/// Those who begin a sentence about others, beside what a determiner stands before.
const OTHERS: [&str; 7] = ["he", "she", "they", "someone", "somebody", "everyone", "everybody"];
/// Words before what is the person's, or the speaker's.
const OURS: [&str; 3] = ["your", "my", "our"];
/// How Chinese sentences about others begin.
const OTHERS_ZH: [&str; 6] = ["它", "他", "她", "这款", "那款", "该"];
/// Marks before the items of a list.
const BULLETS: [&str; 4] = ["- ", "* ", "• ", "– "];

/// Marks between which a text quotes.
const QUOTES: [(char, char); 6] =
    [('"', '"'), ('“', '”'), ('`', '`'), ('«', '»'), ('「', '」'), ('『', '』')];

/// The sentences of a text, cut at commas too, each with the sign it ends with. A sign within a number ends none.
pub(super) fn coarse(text: &str) -> Vec<&str> {
    let parts = cut(text, &['.', '!', '?', ';', ',', '\n', '。', '！', '？', '；', '，']);
    let parts = parts.into_iter().flat_map(|clause| clause.split(" but "));
    parts.map(str::trim).filter(|clause| !clause.is_empty()).collect()
}

/// The sentences of a text, each with the sign it ends with.
pub(super) fn sentences(text: &str) -> Vec<&str> {
    let parts = cut(text, &['.', '!', '?', ';', '\n', '。', '！', '？', '；']);
    parts.into_iter().map(str::trim).filter(|sentence| !sentence.is_empty()).collect()
}

fn cut<'a>(text: &'a str, signs: &[char]) -> Vec<&'a str> {
    let (mut parts, mut start) = (Vec::new(), 0);
    for (at, sign) in text.match_indices(signs) {
        let end = at + sign.len();
        if !in_number(text, at, end) || !matches!(sign, "." | ",") {
            parts.push(&text[start..end]);
            start = end;
        }
    }
    parts.push(&text[start..]);
    parts
}

fn in_number(text: &str, at: usize, end: usize) -> bool {
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    is_digit(text[..at].chars().next_back()) && is_digit(text[end..].chars().next())
}

/// The clauses of a text: what a colon, a bracket or a dash sets apart says nothing about the rest, unless it denies
/// it.
pub(super) fn clauses(text: &str) -> Vec<Clause> {
    let (mut clauses, mut begun, mut is_numbered) = (Vec::new(), None, false);
    for part in coarse(text) {
        let asked = is_question(part);
        let mut continues = begun;
        let is_item = is_numbered || BULLETS.iter().any(|bullet| part.starts_with(bullet));
        for words in bracketed(part).iter().flat_map(|part| apart(part)).flat_map(turns) {
            let opens = || words_of(words).first().is_some_and(|first| opens_question(first));
            let asks = is_question(words) || asked && opens();
            clauses.push(Clause { words: words.trim().to_owned(), asks, continues, is_item });
            continues = None;
        }
        begun = if part.ends_with([',', '，']) { subject(part, begun) } else { None };
        let is_number = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
        is_numbered = part.strip_suffix('.').is_some_and(is_number);
    }
    clauses.retain(|clause| !words_of(&clause.words).is_empty());
    clauses
}

/// A text without what it quotes: lines behind a `>`, and of a line what stands between two marks.
pub(crate) fn unquoted(text: &str) -> String {
    let mut left = String::new();
    for line in text.split_inclusive('\n') {
        let mut rest = if line.trim_start().starts_with('>') { "…\n" } else { line };
        while let Some((at, open)) =
            rest.char_indices().find(|(_, c)| QUOTES.iter().any(|(open, _)| open == c))
        {
            let (before, quoted) = rest.split_at(at);
            let quoted = &quoted[open.len_utf8()..];
            let close = QUOTES.iter().find(|(other, _)| *other == open).map_or(open, |(_, close)| *close);
            let Some((_, after)) = quoted.split_once(close) else { break };
            left.extend([before, "…"]);
            rest = after;
        }
        left.push_str(rest);
    }
    left
}

/// Whether a text says nothing but "OK" and the like.
fn is_opening(text: &str) -> bool {
    let lower = text.to_lowercase();
    words_of(&lower).iter().all(|word| has(&DATA.own.openings, word))
}

/// Whether a word stands for the one who speaks: "I've".
fn is_speaker(word: &str) -> bool {
    matches!(word.split(['\'', '’']).next(), Some("i" | "we"))
}

/// Of whom a sentence speaks after this part, and before it; of nobody yet where it says no more than "OK".
fn subject(part: &str, before: Option<Subject>) -> Option<Subject> {
    if begins_with_others(part) {
        return Some(Subject::Others);
    }
    match before {
        None if is_opening(part) => None,
        Some(Subject::Others) if !begins_with_speaker(part) => Some(Subject::Others),
        None | Some(Subject::Any | Subject::Others) => Some(Subject::Any),
    }
}

/// Whether a text begins with the one who speaks.
fn begins_with_speaker(text: &str) -> bool {
    let lower = text.to_lowercase();
    let mut words = words_of(&lower).into_iter().skip_while(|word| has(&DATA.own.openings, word));
    words.next().is_some_and(is_speaker) || lower.starts_with('我')
}

/// Whether a text begins with somebody or something else that does something: "he", "the fox", "Anna paid".
pub(super) fn begins_with_others(text: &str) -> bool {
    let words = words_of(text);
    let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let lead = lower.iter().take_while(|word| has(&DATA.own.openings, word)).count();
    let (Some(word), Some(first)) = (words.get(lead), lower.get(lead)) else { return false };
    let is_named = || {
        let is_name = word.starts_with(char::is_uppercase) && !is_past(first) && !is_speaker(first);
        is_name && lower.get(lead + 1).is_some_and(|next| is_past(next))
    };
    let is_thing = DETERMINERS.contains(&first.as_str()) && !OURS.contains(&first.as_str());
    OTHERS.contains(&first.as_str())
        || is_thing
        || is_named()
        || OTHERS_ZH.iter().any(|other| first.starts_with(other))
}

/// Whether a word may be the past of a verb.
fn is_past(word: &str) -> bool {
    word.ends_with("ed") || DATA.own.irregular.iter().any(|[_, past, _]| past == word)
}

/// Whether a text ends with a question mark.
pub(super) fn is_question(text: &str) -> bool {
    text.trim_end_matches([' ', ')', '）', '"', '”', '*', '_']).ends_with(['?', '？'])
}

/// Whether a question begins with a word.
pub(super) fn opens_question(first: &str) -> bool {
    OPENS_QUESTIONS.iter().any(|word| word.eq_ignore_ascii_case(first))
}

/// Whether words ask somebody politely to do something: "can you".
pub(super) fn asks_you(words: &[&str]) -> bool {
    words.windows(2).any(|two| matches!(two, ["can" | "could" | "will" | "would", "you"]))
}

/// Whether a text begins with a denial.
fn denies(text: &str) -> bool {
    let lower = text.trim_start().to_lowercase();
    let first = words_of(&lower).first().copied().unwrap_or_default();
    has(&DATA.denials.en, first) || DATA.denials.zh.iter().any(|denial| lower.starts_with(denial))
}

/// What stands outside brackets, joined, and what stands in them.
fn bracketed(text: &str) -> Vec<String> {
    let (mut outer, mut parts) = (String::new(), Vec::new());
    let mut rest = text;
    while let Some(open) = rest.find(['(', '（']) {
        let inner = rest[open..].find([')', '）']).map_or(rest.len(), |close| open + close);
        let begin = open + rest[open..].chars().next().map_or(1, char::len_utf8);
        let end = inner + rest[inner..].chars().next().map_or(0, char::len_utf8);
        if denies(&rest[begin..inner]) {
            outer.push_str(&rest[..end]);
        } else {
            outer.push_str(&rest[..open]);
            parts.push(rest[begin..inner].to_owned());
        }
        rest = &rest[end..];
    }
    // A bracket whose beginning stands in an earlier clause.
    match rest.find([')', '）']) {
        Some(close) => {
            outer.push_str(&rest[..close]);
            parts.push(rest[close..].trim_start_matches([')', '）']).to_owned());
        }
        None => outer.push_str(rest),
    }
    parts.insert(0, outer);
    parts
}

/// A clause cut at colons and dashes.
fn apart(text: &str) -> Vec<&str> {
    let (mut parts, mut start) = (Vec::new(), 0);
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let sign = [":", "：", "—", " – ", " - "].into_iter().find(|sign| rest.starts_with(sign));
        let length = sign.map_or_else(|| rest.chars().next().map_or(1, char::len_utf8), str::len);
        let end = at + length;
        if sign.is_some() && !in_number(text, at, end) && !denies(&text[end..]) {
            parts.push(&text[start..end]);
            start = end;
        }
        at = end;
    }
    parts.push(&text[start..]);
    parts
}

/// A clause cut where the speaker goes on with what they did: "It will rain and I've booked a taxi".
fn turns(text: &str) -> Vec<&str> {
    let lower = text.to_ascii_lowercase();
    let first = words_of(&lower).first().copied().unwrap_or_default();
    if has(&DATA.conditions, first) || opens_question(first) {
        return vec![text];
    }
    let mut starts = Vec::new();
    for join in [" and ", " so ", " then "] {
        for subject in ["i ", "i've ", "i’ve ", "we ", "we've ", "we’ve "] {
            let turn = format!("{join}{subject}");
            starts.extend(lower.match_indices(&turn).map(|(at, _)| at + join.len()));
        }
    }
    starts.sort_unstable();
    let (mut pieces, mut start) = (Vec::new(), 0);
    for at in starts {
        pieces.push(&text[start..at]);
        start = at;
    }
    pieces.push(&text[start..]);
    pieces
}
