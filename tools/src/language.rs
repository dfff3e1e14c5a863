//! The two languages that tools read and answer in.

/// The language of a piece of text; results use the one the request was written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English, and anything without Chinese characters.
    English,
    /// Chinese.
    Chinese,
}

impl Language {
    /// The language a text is written in: Chinese if it has a Chinese character.
    #[must_use]
    pub fn of(text: &str) -> Self {
        if text.chars().any(is_han) { Self::Chinese } else { Self::English }
    }

    /// The one of two texts that is in this language.
    #[must_use]
    pub fn choose<'a>(self, english: &'a str, chinese: &'a str) -> &'a str {
        match self {
            Self::English => english,
            Self::Chinese => chinese,
        }
    }
}

/// Whether a character is a Chinese one (unified ideographs and extension A).
#[must_use]
pub fn is_han(character: char) -> bool {
    matches!(character, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}')
}
