//! Which tools fit what is asked for: full-text search over names, descriptions and parameters.
//!
//! Okapi BM25 with weighted fields (Robertson & Zaragoza, *The Probabilistic Relevance Framework: BM25 and Beyond*, 2009).
//! Names are cut at `_`, at capitals and at digits; English words are reduced to their stems, roughly, and long ones count by
//! their beginnings too; scripts that write without spaces are searched by characters and pairs of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::tool::ToolSpec;

/// How soon more of the same word says nothing more.
const SATURATION: f64 = 1.2;
/// How much longer descriptions count less.
const LENGTH: f64 = 0.4;
const OF_NAME: f64 = 2.5;
const OF_DESCRIPTION: f64 = 1.0;
const OF_PARAMETER: f64 = 0.5;
/// What a tool's name itself counts, where it is written out.
const NAMED: f64 = 1_000.0;

/// Words that say nothing about what a tool does.
const COMMON: [&str; 60] = [
    "a", "about", "all", "an", "and", "any", "are", "as", "at", "be", "by", "can", "could", "do", "does",
    "for", "from", "give", "have", "how", "i", "if", "in", "is", "it", "its", "let", "like", "me", "my",
    "need", "of", "on", "one", "or", "our", "please", "so", "some", "tell", "that", "the", "their", "them",
    "there", "this", "to", "us", "want", "was", "we", "what", "when", "which", "who", "will", "with",
    "would", "you", "your",
];

/// Characters that say nothing about what a tool does.
const COMMON_CHARACTERS: &str = "的了一个我你您他她它是在有和与就不都也要这那请把给帮吗呢吧啊下为用";
/// Tools that are named as those that may fit a request.
const FITTING_MAX: usize = 3;
/// A word of more characters than this also counts by as many of them, so that `allocation` finds `allocate`.
const BEGINNING: usize = 5;

/// The tools that have something in common with a query, by their indices, the best first.
#[must_use]
pub fn rank(query: &str, tools: &[ToolSpec]) -> Vec<usize> {
    Index::of(tools).rank(query)
}

/// Tools made ready to be searched again and again.
#[derive(Debug, Clone)]
pub struct Index {
    names: Vec<String>,
    documents: Vec<BTreeMap<String, f64>>,
    lengths: Vec<f64>,
    average: f64,
}

impl Index {
    /// Reads these tools.
    #[must_use]
    pub fn of(tools: &[ToolSpec]) -> Self {
        let documents: Vec<BTreeMap<String, f64>> = tools.iter().map(document).collect();
        let lengths: Vec<f64> = documents.iter().map(|words| words.values().sum()).collect();
        let average = lengths.iter().sum::<f64>() / count(lengths.len().max(1));
        let names = tools.iter().map(|tool| tool.name.clone()).collect();
        Self { names, documents, lengths, average }
    }

    /// The tools that have something in common with a query, by their indices, the best first.
    #[must_use]
    pub fn rank(&self, query: &str) -> Vec<usize> {
        let wanted: BTreeSet<String> = words(query).into_iter().collect();
        let rarity: Vec<(&String, f64)> =
            wanted.iter().map(|word| (word, rarity(word, &self.documents))).collect();
        let score = |index: usize| -> f64 {
            let norm = SATURATION * (1.0 - LENGTH + LENGTH * self.lengths[index] / self.average.max(1.0));
            let of_word = |(word, rarity): &(&String, f64)| {
                let times = self.documents[index].get(*word).copied().unwrap_or_default();
                rarity * times * (SATURATION + 1.0) / (times + norm)
            };
            let named = if is_named(query, &self.names[index]) { NAMED } else { 0.0 };
            named + rarity.iter().map(of_word).sum::<f64>()
        };
        let scored = (0..self.names.len()).map(|index| (index, score(index)));
        let mut found: Vec<(usize, f64)> = scored.filter(|(_, score)| *score > 0.0).collect();
        // Stable: tools that fit equally stay in their order.
        found.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        found.into_iter().map(|(index, _)| index).collect()
    }

    /// The names of the few tools that have most in common with a request, the best first. A small model is told them with the
    /// request, if its chat template has a place for them. Tools that are revealed step by step are found by
    /// [`SHOW_TOOLS`](super::SHOW_TOOLS) alone.
    #[must_use]
    pub fn fitting(&self, request: &str) -> Vec<&str> {
        if self.names.first().is_some_and(|name| name == super::SHOW_TOOLS) {
            return Vec::new();
        }
        let best = self.rank(request).into_iter().filter_map(|index| self.names.get(index));
        best.take(FITTING_MAX).map(String::as_str).collect()
    }
}

/// The inverse document frequency of a word.
fn rarity(word: &str, documents: &[BTreeMap<String, f64>]) -> f64 {
    let (all, with) =
        (count(documents.len()), count(documents.iter().filter(|d| d.contains_key(word)).count()));
    (1.0 + (all - with + 0.5) / (with + 0.5)).ln()
}

#[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^52 tools")]
fn count(number: usize) -> f64 {
    number as f64
}

/// The words of a tool with their weights.
fn document(tool: &ToolSpec) -> BTreeMap<String, f64> {
    let parameters = tool.parameters["properties"].as_object();
    let parameters = parameters.into_iter().flatten().flat_map(|(name, schema)| {
        [name.as_str(), schema["description"].as_str().unwrap_or_default()].map(|text| (text, OF_PARAMETER))
    });
    let fields = [(tool.name.as_str(), OF_NAME), (tool.description.as_str(), OF_DESCRIPTION)];
    let mut weights = BTreeMap::new();
    for (text, weight) in fields.into_iter().chain(parameters) {
        for word in words(text) {
            *weights.entry(word).or_default() += weight;
        }
    }
    weights
}

/// Whether a text spells a name, as a word of its own. Names may have dots.
fn is_named(text: &str, name: &str) -> bool {
    let of_name = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    !name.is_empty()
        && text.match_indices(name).any(|(at, _)| {
            let (before, after) = (&text[..at], &text[at + name.len()..]);
            !before.ends_with(of_name) && !after.starts_with(of_name)
        })
}

/// The words of a text as they are compared.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for piece in text.split(|c: char| !c.is_alphanumeric()) {
        let mut word = String::new();
        let mut before: Option<char> = None;
        for character in piece.chars() {
            if before.is_some_and(|before| is_boundary(before, character)) {
                push(&mut words, &std::mem::take(&mut word));
            }
            word.push(character);
            before = Some(character);
        }
        push(&mut words, &word);
    }
    words
}

/// Whether one word ends and another begins between two characters.
fn is_boundary(before: char, after: char) -> bool {
    (before.is_lowercase() && after.is_uppercase())
        || before.is_ascii_digit() != after.is_ascii_digit()
        || is_unspaced(before) != is_unspaced(after)
}

/// Kana, Han and the like.
fn is_unspaced(character: char) -> bool {
    matches!(u32::from(character), 0x0E00..=0x0EFF | 0x3040..=0x30FF | 0x3400..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}

fn push(words: &mut Vec<String>, word: &str) {
    let characters: Vec<char> = word.chars().collect();
    match characters.as_slice() {
        [] => {}
        [first, ..] if is_unspaced(*first) => {
            words.extend(characters.windows(2).map(|pair| pair.iter().collect::<String>()));
            let telling = characters.into_iter().filter(|one| !COMMON_CHARACTERS.contains(*one));
            words.extend(telling.map(String::from));
        }
        _ => {
            let word = word.to_lowercase();
            if COMMON.binary_search(&word.as_str()).is_err() {
                if let Some((end, _)) = word.char_indices().nth(BEGINNING) {
                    words.push(format!("{}-", &word[..end]));
                }
                words.push(stem(word));
            }
        }
    }
}

/// A word without its English ending: `bookings`, `booked` and `booking` are `book`.
fn stem(mut word: String) -> String {
    if !word.is_ascii() || word.len() < 4 {
        return word;
    }
    if word.ends_with("ies") {
        word.truncate(word.len() - 3);
        word.push('i');
    } else if word.ends_with("ses")
        || word.ends_with("xes")
        || word.ends_with("ches")
        || word.ends_with("shes")
    {
        word.truncate(word.len() - 2);
    } else if word.ends_with('s') && !["ss", "us", "is"].iter().any(|end| word.ends_with(end)) {
        word.truncate(word.len() - 1);
    }
    for ending in ["ing", "ed"] {
        let root = word.len().saturating_sub(ending.len());
        if word.ends_with(ending) && root >= 3 && word[..root].contains(['a', 'e', 'i', 'o', 'u', 'y']) {
            word.truncate(root);
            break;
        }
    }
    if word.len() > 3 && word.ends_with('e') {
        word.pop();
    } else if word.ends_with('y') {
        word.pop();
        word.push('i');
    }
    let last = word.as_bytes()[word.len() - 1];
    if word.len() > 3 && word.as_bytes()[word.len() - 2] == last {
        word.pop();
    }
    word
}

#[cfg(test)]
mod tests;
