//! Text as it is compared: one form for full-width and half-width, upper and lower case, accents.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Lower case, compatibility forms folded (`８` → `8`, `：` → `:`), outer blanks removed.
pub(super) fn folded(text: &str) -> String {
    text.nfkc().collect::<String>().trim().to_lowercase()
}

/// What names are compared by: folded, without accents, blanks and punctuation.
#[must_use]
pub fn key(text: &str) -> String {
    folded(text).nfd().filter(|c| !is_combining_mark(*c)).filter(|c| c.is_alphanumeric()).collect()
}

/// The words of a text: runs of letters, and numbers with the signs inside them (`8:30`, `2026-11-30`).
pub(super) fn words(text: &str) -> Vec<String> {
    let text = folded(text).replace("a.m.", "am").replace("p.m.", "pm").replace(['\'', '’'], "");
    let mut words: Vec<String> = Vec::new();
    let mut previous = ' ';
    for character in text.chars() {
        let joins = match character {
            'a'..='z' => previous.is_ascii_lowercase(),
            '0'..='9' => previous.is_ascii_digit() || ":/.-".contains(previous) && after_digit(&words),
            ':' | '/' | '.' | '-' => previous.is_ascii_digit(),
            _ => previous.is_alphabetic() && character.is_alphabetic() && !previous.is_ascii(),
        };
        match (joins, words.last_mut()) {
            (true, Some(word)) => word.push(character),
            _ if character.is_alphanumeric() => words.push(character.to_string()),
            _ => {}
        }
        previous = character;
    }
    for word in &mut words {
        word.truncate(word.trim_end_matches([':', '/', '.', '-']).len());
    }
    words
}

fn after_digit(words: &[String]) -> bool {
    words.last().is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit()))
}
