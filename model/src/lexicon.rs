//! The word lists, read once from `data/`.

use std::sync::LazyLock;

/// A word or phrase in both languages, with a second way to say it.
#[derive(Debug)]
pub struct Term {
    /// English.
    pub en: &'static str,
    /// Chinese.
    pub zh: &'static str,
    /// Another English wording; the first one when there is none.
    pub other_en: &'static str,
    /// Another Chinese wording; the first one when there is none.
    pub other_zh: &'static str,
}

/// What an invented tool may be told: a name in both languages and the kind of value.
#[derive(Debug)]
pub struct FieldTerm {
    /// English name, words separated by spaces.
    pub en: &'static str,
    /// Chinese name.
    pub zh: &'static str,
    /// Kind of value as written in `fields.txt`.
    pub kind: &'static str,
}

/// English words in order of how common they are.
pub static WORDS: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("../data/words.txt").split_whitespace().collect());

/// Han characters in common use (GB 2312, first level).
pub static HAN: LazyLock<Vec<char>> = LazyLock::new(|| han(0));

/// Rarer Han characters (GB 2312, second level).
pub static RARE_HAN: LazyLock<Vec<char>> = LazyLock::new(|| han(1));

/// Things one does to a noun.
pub static VERBS: LazyLock<Vec<Term>> = LazyLock::new(|| terms(include_str!("../data/verbs.txt")));

/// Things a tool may work on.
pub static NOUNS: LazyLock<Vec<Term>> = LazyLock::new(|| terms(include_str!("../data/nouns.txt")));

/// Names of parameters and result fields.
pub static FIELDS: LazyLock<Vec<FieldTerm>> = LazyLock::new(|| {
    let line = |line: &'static str| {
        let mut parts = line.split('|');
        Some(FieldTerm { en: parts.next()?, zh: parts.next()?, kind: parts.next()? })
    };
    include_str!("../data/fields.txt").lines().filter_map(line).collect()
});

/// Whether a name is kept out of training: one in eight, by a hash of its text.
#[must_use]
pub fn held_out(text: &str) -> bool {
    let hash = text
        .bytes()
        .fold(0xCBF2_9CE4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01B3));
    (hash >> 32) % 8 == 0
}

fn han(level: usize) -> Vec<char> {
    include_str!("../data/han.txt").lines().nth(level).unwrap_or_default().chars().collect()
}

fn terms(text: &'static str) -> Vec<Term> {
    let line = |line: &'static str| {
        let mut parts = line.split('|');
        let (en, zh) = (parts.next()?, parts.next()?);
        Some(Term { en, zh, other_en: parts.next().unwrap_or(en), other_zh: parts.next().unwrap_or(zh) })
    };
    text.lines().filter_map(line).collect()
}
