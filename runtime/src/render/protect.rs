//! Keeps what people and tools say from being read as markup.
//!
//! A prompt's markers are single tokens that its text spells out. So that a message cannot spell one, a
//! seam (a character that no text contains) is put into everything in it that could be a tag. The
//! tokenizer is then given the parts around the seams that do stand inside a marker one by one.

/// A noncharacter: Unicode sets it aside for use inside a program.
const SEAM: char = '\u{FDD0}';

/// The text with a seam after everything that could open a tag (`<|im_start|>`, `[INST]`, `]~b]`).
pub(crate) fn protected(text: &str) -> String {
    let mut protected = String::with_capacity(text.len());
    for character in text.chars().filter(|&character| character != SEAM) {
        protected.push(character);
        if matches!(character, '<' | '[' | ']') {
            protected.push(SEAM);
        }
    }
    protected
}

/// The text without seams, cut where a seam stands inside one of the markers.
pub(crate) fn parts(text: &str, markers: &[String]) -> Vec<String> {
    let plain = plain(text);
    let mut cuts = Vec::new();
    let mut at = 0;
    for piece in text.split(SEAM) {
        at += piece.len();
        // A seam follows an opening character of one byte.
        let tag = at.checked_sub(1).and_then(|start| plain.get(start..)).unwrap_or_default();
        if markers.iter().any(|marker| tag.starts_with(marker.as_str())) {
            cuts.push(at);
        }
    }
    // What the last piece ends with is followed by no seam.
    cuts.retain(|&cut| cut < plain.len());
    let mut parts = Vec::new();
    let mut start = 0;
    for cut in cuts {
        parts.push(plain[start..cut].to_owned());
        start = cut;
    }
    parts.push(plain[start..].to_owned());
    parts.retain(|part| !part.is_empty());
    parts
}

/// The text without seams.
pub(crate) fn plain(text: &str) -> String {
    text.replace(SEAM, "")
}

#[cfg(test)]
mod tests;
