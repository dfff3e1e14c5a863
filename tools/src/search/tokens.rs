//! Words for the index: English words, and every pair of neighbouring Chinese characters. Beside them, each Chinese
//! character by itself.
//!
//! Pairs find Chinese words without a dictionary: a word of two characters is one pair, a longer one
//! is several that stand together. Single characters are for words of one, which pairs do not find.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use crate::language::is_han;

/// Splits text into words and pairs of Chinese characters.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bilingual;

/// Splits the Chinese characters off a text, each by itself.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Characters;

/// The tokens of one text.
#[derive(Debug)]
pub(super) struct Tokens {
    all: Vec<Token>,
    next: usize,
    current: Token,
}

impl Tokenizer for Bilingual {
    type TokenStream<'a> = Tokens;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Tokens {
        Tokens { all: split(text), next: 0, current: Token::default() }
    }
}

impl Tokenizer for Characters {
    type TokenStream<'a> = Tokens;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Tokens {
        Tokens { all: characters(text), next: 0, current: Token::default() }
    }
}

impl TokenStream for Tokens {
    fn advance(&mut self) -> bool {
        let Some(token) = self.all.get(self.next) else { return false };
        self.current.clone_from(token);
        self.next += 1;
        true
    }

    fn token(&self) -> &Token {
        &self.current
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.current
    }
}

fn split(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((start, first)) = rest.next() {
        if !first.is_alphanumeric() {
            continue;
        }
        let same_kind = |c: &(usize, char)| c.1.is_alphanumeric() && is_han(c.1) == is_han(first);
        let mut ends = vec![start, start + first.len_utf8()];
        while let Some((offset, character)) = rest.next_if(same_kind) {
            ends.push(offset + character.len_utf8());
        }
        if is_han(first) && ends.len() > 2 {
            for pair in ends.windows(3) {
                push(&mut tokens, text, pair[0], pair[2]);
            }
        } else {
            push(&mut tokens, text, start, ends[ends.len() - 1]);
        }
    }
    tokens
}

/// The Chinese characters of a text, each by itself.
pub(super) fn characters(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    for (start, character) in text.char_indices().filter(|(_, character)| is_han(*character)) {
        push(&mut tokens, text, start, start + character.len_utf8());
    }
    tokens
}

fn push(tokens: &mut Vec<Token>, text: &str, offset_from: usize, offset_to: usize) {
    let position = tokens.len();
    let text = text[offset_from..offset_to].to_lowercase();
    tokens.push(Token { offset_from, offset_to, position, text, position_length: 1 });
}
