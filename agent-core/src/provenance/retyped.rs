//! Values that stand somewhere in another form: an account's number without its spaces, an address in other letters.
//!
//! What is made of letters alone and is one word is left out, and so is what is short: such words stand everywhere.

use serde_json::Value;

use crate::deeds::is_han;

/// Letters and digits that a value has at least.
const LENGTH_MIN: usize = 6;

/// A value, to be looked for in any form.
pub(super) struct Retyped {
    /// Without what its readers would not miss.
    close: Vec<char>,
    /// Its letters and digits.
    loose: Vec<char>,
    /// Whether it is a number or a name of letters and digits, which are written in groups.
    is_code: bool,
}

impl Retyped {
    /// `None` for a value that is too short or too plain.
    pub(super) fn of(leaf: &Value) -> Option<Self> {
        let text = match leaf {
            Value::String(text) => folded(text.trim()),
            Value::Number(number) if number.is_i64() || number.is_u64() => folded(&number.to_string()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                return None;
            }
        };
        let loose: Vec<char> = text.iter().copied().filter(|c| c.is_alphanumeric()).collect();
        let is_plain = text.iter().all(|c| c.is_alphabetic());
        if is_plain || loose.len() < LENGTH_MIN {
            return None;
        }
        let is_made_of = |c: &char| c.is_ascii_alphanumeric() || groups(*c);
        let is_code = text.iter().all(is_made_of) && text.iter().any(char::is_ascii_digit);
        let close = text.into_iter().filter(|c| !skips(*c, is_code)).collect();
        Some(Self { close, loose, is_code })
    }

    /// Whether it is a number or a name of letters and digits.
    pub(super) fn is_code(&self) -> bool {
        self.is_code
    }

    /// Whether a text has the same value for every reader: in letters of another size or width, with other spaces, and
    /// where it is a code with other dashes and brackets.
    pub(super) fn is_in(&self, text: &str) -> bool {
        stands(&self.close, &folded(text), |c| skips(c, self.is_code))
    }

    /// Whether a text has its letters and digits, whatever signs stand between them.
    pub(super) fn is_loosely_in(&self, text: &str) -> bool {
        stands(&self.loose, &folded(text), |c| !c.is_alphanumeric())
    }
}

/// Whether a text of a result is as wanted: the name of a field or a number, too.
pub(super) fn has_text(result: &Value, is_wanted: &impl Fn(&str) -> bool) -> bool {
    match result {
        Value::Object(fields) => {
            fields.iter().any(|(name, inner)| is_wanted(name) || has_text(inner, is_wanted))
        }
        Value::Array(items) => items.iter().any(|item| has_text(item, is_wanted)),
        Value::String(text) => is_wanted(text),
        Value::Number(number) => is_wanted(&number.to_string()),
        Value::Null | Value::Bool(_) => false,
    }
}

/// The characters of a text, all small and of usual width.
fn folded(text: &str) -> Vec<char> {
    text.chars().flat_map(|character| narrow(character).to_lowercase()).collect()
}

/// A full-width form as a usual character (Unicode, Halfwidth and Fullwidth Forms).
fn narrow(character: char) -> char {
    match character {
        '\u{3000}' => ' ',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(character) - 0xFEE0).unwrap_or(character),
        _ => character,
    }
}

/// Whether a character only sets groups of a code apart.
fn groups(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '(' | ')' | '+' | '/')
}

fn skips(character: char, is_code: bool) -> bool {
    if is_code { groups(character) } else { character.is_whitespace() }
}

/// Whether characters stand in a text one after the other, as whole words, but for what is skipped.
fn stands(wanted: &[char], text: &[char], skips: impl Fn(char) -> bool) -> bool {
    let Some((first, rest)) = wanted.split_first() else { return false };
    let end_of = |start: usize| {
        let (mut left, mut next) = (rest, None);
        for (at, character) in text.iter().enumerate().skip(start + 1) {
            match left.split_first() {
                None => break,
                Some((wanted, more)) if wanted == character => (left, next) = (more, Some(at + 1)),
                Some(_) if skips(*character) => {}
                Some(_) => return None,
            }
        }
        next.filter(|_| left.is_empty())
    };
    let begins = |start: &usize| text[*start] == *first && parts_before(text, *start);
    (0..text.len()).filter(begins).filter_map(end_of).any(|end| parts_before(text, end))
}

/// Whether a word may end or begin at a place: Chinese ones do so anywhere.
fn parts_before(text: &[char], at: usize) -> bool {
    is_parted(at.checked_sub(1).and_then(|at| text.get(at)).copied(), text.get(at).copied())
}

/// Whether no word goes on from one character to the next: Chinese ones may end and begin anywhere.
pub(super) fn is_parted(before: Option<char>, after: Option<char>) -> bool {
    let is_word = |c: char| c.is_alphanumeric() && !is_han(c);
    !(before.is_some_and(is_word) && after.is_some_and(is_word))
}
