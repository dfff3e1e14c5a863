//! The deeds people care about most, in the words of English and Chinese: what a request asks for, what
//! an answer claims, and which tools do them. The words are data: `deeds.json`.

use std::fmt;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::tool::ToolSpec;

/// Something that can be done to the world.
#[derive(Clone, Copy)]
pub(crate) struct Deed(&'static Words);

/// All that `deeds.json` says.
#[derive(Debug, Default, Deserialize)]
struct Data {
    hedges: Hedges,
    orders: Orders,
    /// In the order in which a tool's name is judged: `cancel_booking` cancels.
    deeds: Vec<Words>,
}

/// Words that make a clause no claim: whole words in English, spans in Chinese.
#[derive(Debug, Default, Deserialize)]
struct Hedges {
    en: Vec<String>,
    zh: Vec<String>,
}

/// Words with which a person wants to hear something: whole words in English, spans in Chinese.
#[derive(Debug, Default, Deserialize)]
struct Orders {
    en: Vec<String>,
    zh: Vec<String>,
}

/// The words of one deed. English ones are whole words, with `*` words that begin so; `^` stands at the
/// beginning of a clause. Chinese ones are spans.
#[derive(Debug, Deserialize)]
struct Words {
    /// What was done, in English and Chinese.
    name: [String; 2],
    /// What asks for it or names a tool that does it.
    asks: Vec<String>,
    /// What says that it was done.
    claims: Vec<String>,
    /// Fields of results that show it as done.
    #[serde(default)]
    shown_by: Vec<String>,
    /// Deeds that make the same claim true.
    #[serde(default)]
    backed_by: Vec<String>,
    /// Whether taking something back does it.
    #[serde(default)]
    undoes: bool,
}

static DATA: LazyLock<Data> =
    LazyLock::new(|| serde_json::from_str(include_str!("deeds.json")).unwrap_or_default());

impl PartialEq for Deed {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for Deed {}

impl fmt::Debug for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name(false))
    }
}

impl Deed {
    /// All deeds, in the order in which a tool's name is judged.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        DATA.deeds.iter().map(Self)
    }

    /// The deed a tool does, by the words of its name, else of its description.
    pub(crate) fn of_tool(spec: &ToolSpec) -> Option<Self> {
        let by = |text: &str| Self::all().find(|deed| deed.asked_in(text));
        by(&spec.name.replace(['_', '-'], " ")).or_else(|| by(&spec.description))
    }

    /// Whether a text asks for the deed.
    pub(crate) fn asked_in(self, text: &str) -> bool {
        let text = text.to_lowercase();
        let words = words_of(&text);
        self.0.asks.iter().any(|ask| {
            if ask.is_ascii() { words.iter().any(|word| is_like(word, ask)) } else { text.contains(ask) }
        })
    }

    /// Whether a text names the deed as done, hedged or not.
    pub(crate) fn named_in(self, text: &str) -> bool {
        self.named_where(text, |_, _| true)
    }

    /// Whether a text names the deed as done in a place that is looked for: the words, and which of them says it.
    fn named_where(self, text: &str, is_sought: impl Fn(&[&str], usize) -> bool) -> bool {
        let lower = text.to_lowercase();
        let words = words_of(&lower);
        self.0.claims.iter().any(|claim| {
            if !claim.is_ascii() {
                return lower.contains(claim);
            }
            if let Some(first) = claim.strip_prefix('^') {
                return words.first() == Some(&first);
            }
            let claim = words_of(claim);
            let mut places = words.windows(claim.len()).enumerate().filter(|(_, window)| *window == claim);
            places.any(|(at, _)| claim.len() > 1 || is_sought(&words, at))
        })
    }

    /// The clause of a text that claims the deed was done, if one does. What somebody else did is no claim.
    pub(crate) fn claimed_in(self, text: &str) -> Option<String> {
        let claims = |clause: &&str| self.named_where(clause, |words, at| !is_others(clause, words, at));
        clauses(text).into_iter().find(|clause| claims(clause) && !hedged(clause)).map(str::to_owned)
    }

    /// Whether a person says that the deed was done, and does not only want to hear it.
    pub(crate) fn stated_in(self, text: &str) -> bool {
        let wants = |clause: &str| {
            let lower = clause.to_lowercase();
            let Orders { en, zh } = &DATA.orders;
            words_of(&lower).iter().any(|word| en.iter().any(|order| order == word))
                || zh.iter().any(|order| lower.contains(order))
        };
        clauses(text).into_iter().any(|clause| self.named_in(clause) && !hedged(clause) && !wants(clause))
    }

    /// Whether a field of a result shows the deed as done, whatever its value.
    pub(crate) fn shown_by(self, field: &str) -> bool {
        self.0.shown_by.iter().any(|name| is_like(field, name))
    }

    /// Whether a claim of this deed is true once another one was done.
    pub(crate) fn is_backed_by(self, other: Self) -> bool {
        self == other || self.0.backed_by.iter().any(|name| name == other.name(false))
    }

    /// Whether taking something back does it.
    pub(crate) fn undoes(self) -> bool {
        self.0.undoes
    }

    /// The deed as done, in English or Chinese.
    pub(crate) fn name(self, chinese: bool) -> &'static str {
        let [english, in_chinese] = &self.0.name;
        if chinese { in_chinese } else { english }
    }
}

/// Whether a word is the one given, or begins so where that ends with `*`.
fn is_like(word: &str, given: &str) -> bool {
    match given.strip_suffix('*') {
        Some(stem) => word.starts_with(stem),
        None => word == given,
    }
}

/// Whether a text is written in Chinese characters.
pub(crate) fn is_chinese(text: &str) -> bool {
    text.chars().any(|character| matches!(character, '\u{4E00}'..='\u{9FFF}'))
}

/// The words of a lower-case text; an apostrophe belongs to its word.
fn words_of(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’')
        .filter(|word| !word.is_empty())
        .collect()
}

/// Words that come before what somebody has.
const DETERMINERS: [&str; 9] = ["your", "the", "my", "his", "her", "their", "our", "a", "an"];
/// Words that stand for those to whom or to which something is done.
const OBJECTS: [&str; 8] = ["you", "me", "us", "him", "them", "it", "this", "that"];
/// First words that are written large without being a name.
const OPENINGS: [&str; 10] = ["i", "we", "ok", "okay", "done", "great", "sure", "yes", "now", "just"];

/// Whether the deed that the word at this place names is somebody else's: "Anna sent you a letter", and not "email sent to
/// Anna". In doubt it is not.
fn is_others(clause: &str, words: &[&str], at: usize) -> bool {
    let Some(object) = words.get(at + 1) else { return false };
    let is_object = OBJECTS.contains(object) || DETERMINERS.contains(object);
    let is_figure = object.starts_with(|c: char| c.is_ascii_digit());
    let verbs = ["has", "have", "had", "already", "just", "also"];
    let Some(subject) = words[..at].iter().rposition(|word| !verbs.contains(word)) else { return false };
    // The words follow each other without a sign between them.
    let in_a_row = clause.to_lowercase().contains(&words[subject..at + 2].join(" "));
    let is_noun = subject > 0 && DETERMINERS.contains(&words[subject - 1]);
    let is_name = words_of(clause).get(subject).is_some_and(|word| word.starts_with(char::is_uppercase));
    let word = words[subject].split(['\'', '’']).next().unwrap_or_default();
    let is_pronoun = ["he", "she", "they", "who"].contains(&word);
    let is_other = is_pronoun || is_noun || is_name && !OPENINGS.contains(&word);
    // A total that was paid is followed by a figure as well: "Total paid 568.50 CNY".
    in_a_row && (is_other && is_object || is_pronoun && is_figure)
}

/// The clauses of a text, each with the sign it ends with. A sign within a number ends none.
fn clauses(text: &str) -> Vec<&str> {
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let (mut clauses, mut start) = (Vec::new(), 0);
    for (at, sign) in text.match_indices(['.', '!', '?', ';', ',', '\n', '。', '！', '？', '；', '，']) {
        let end = at + sign.len();
        let in_number = is_digit(text[..at].chars().next_back()) && is_digit(text[end..].chars().next());
        if !in_number || !matches!(sign, "." | ",") {
            clauses.push(&text[start..end]);
            start = end;
        }
    }
    clauses.push(&text[start..]);
    let parts = clauses.into_iter().flat_map(|clause| clause.split(" but "));
    parts.map(str::trim).filter(|clause| !clause.is_empty()).collect()
}

fn hedged(clause: &str) -> bool {
    let lower = clause.to_lowercase();
    let hedges = &DATA.hedges;
    let negated = |word: &&str| {
        hedges.en.iter().any(|hedge| hedge == word) || word.ends_with("n't") || word.ends_with("n’t")
    };
    clause.ends_with(['?', '？'])
        || words_of(&lower).iter().any(negated)
        || hedges.zh.iter().any(|hedge| lower.contains(hedge))
}

#[cfg(test)]
mod tests;
