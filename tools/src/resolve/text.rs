//! Text as it is compared: one form for full-width and half-width, upper and lower case, accents.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

const DASHES: [char; 5] = ['-', '–', '—', '~', '〜'];

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

/// A dash between the two ends of a stretch, said as a word: `3 - 4 pm` is `3 to 4 pm`. One that joins digits (`12-05`)
/// may be a date's and stays.
pub(super) fn dashes_said(text: &str) -> String {
    let text = folded(text);
    let mut said = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        if DASHES.contains(&character) && is_in_stretch(&text[..at], &text[at..]) {
            said.push_str(" to ");
        } else {
            said.push(character);
        }
    }
    said
}

/// Whether a dash is between times or dates: there are numbers on both sides of it, next to it where it has no blanks
/// around it (`3pm-4pm`).
fn is_in_stretch(before: &str, dash: &str) -> bool {
    let is_digit = |c: char| c.is_ascii_digit();
    let after = dash.trim_start_matches(DASHES);
    if before.ends_with(' ') && after.starts_with(' ') {
        return before.contains(is_digit) && after.contains(is_digit);
    }
    let is_inside_number = dash.starts_with('-') && before.ends_with(is_digit) && after.starts_with(is_digit);
    let ends = before.trim_end().trim_end_matches('.').ends_with(|c: char| is_digit(c) || c == 'm');
    !is_inside_number && ends && after.trim_start().starts_with(is_digit)
}

fn after_digit(words: &[String]) -> bool {
    words.last().is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit()))
}
