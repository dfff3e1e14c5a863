//! The functions that a text calls, by the rules of PostgreSQL's lexer.
//!
//! A read-only transaction keeps a `SELECT` from changing rows, not from calling a function that ends other sessions, takes
//! their locks or writes to the log. PostgreSQL knows which functions may: those that are volatile. Which names a text has in
//! the place of a function is found here (<https://www.postgresql.org/docs/current/sql-syntax-lexical.html>), so that it can
//! be asked about them. Names are in lower case, whether they were quoted or not: that finds more of them, never fewer.

use std::collections::BTreeSet;

const DOLLAR: &str = "a parameter cannot stand in a statement here; write texts in '…'";
const ESCAPED_NAME: &str = "a name cannot be written with U&\"…\" here; write it in \"…\"";
const CONTINUED: &str = "a text E'…' cannot be followed by another; write them as one";

/// Names in a text that may be functions.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    /// Those before an opening bracket.
    pub(super) called: BTreeSet<String>,
    /// Other ones after a dot: of a row, `a.b` is also what the function `b` makes of `a`.
    pub(super) fields: BTreeSet<String>,
}

/// A piece of a text.
#[derive(Debug, PartialEq, Eq)]
enum Token {
    /// Blanks and comments.
    Blank,
    /// A quoted text; whether a backslash escapes in it.
    Text {
        escapes: bool,
    },
    Name(String),
    Sign(char),
}

/// The names in a text that may be functions.
///
/// # Errors
/// A sentence: what is not closed, or what cannot be written here.
pub(super) fn names(text: &str) -> Result<Names, String> {
    let mut names = Names::default();
    let mut rest = text;
    let mut last = Token::Blank;
    // Whether the name that came last stands after a dot.
    let mut is_field = false;
    while !rest.is_empty() {
        let (token, length) = token(rest)?;
        rest = &rest[length..];
        match (&last, &token) {
            (_, Token::Blank) => continue,
            // PostgreSQL may go on in such a text, with its escapes.
            (Token::Text { escapes: true }, Token::Text { .. }) => return Err(CONTINUED.to_owned()),
            (Token::Name(name), Token::Sign('(')) => drop(names.called.insert(name.clone())),
            (Token::Name(name), _) if is_field => drop(names.fields.insert(name.clone())),
            _ => {}
        }
        is_field = matches!((&last, &token), (Token::Sign('.'), Token::Name(_)));
        last = token;
    }
    if let Token::Name(name) = last
        && is_field
    {
        names.fields.insert(name);
    }
    Ok(names)
}

/// The first piece of a text that is not empty, and its length in bytes.
fn token(text: &str) -> Result<(Token, usize), String> {
    let Some(first) = text.chars().next() else { return Ok((Token::Blank, 0)) };
    let after = &text[first.len_utf8()..];
    Ok(match first {
        '-' if after.starts_with('-') => (Token::Blank, text.find(['\n', '\r']).unwrap_or(text.len())),
        '/' if after.starts_with('*') => (Token::Blank, comment(text)?),
        '\'' => (Token::Text { escapes: false }, quoted(text, '\'', false)?),
        'e' | 'E' if after.starts_with('\'') => {
            (Token::Text { escapes: true }, 1 + quoted(after, '\'', true)?)
        }
        'u' | 'U' if after.starts_with("&\"") => return Err(ESCAPED_NAME.to_owned()),
        '"' => {
            let length = quoted(text, '"', false)?;
            (Token::Name(text[1..length - 1].replace("\"\"", "\"").to_ascii_lowercase()), length)
        }
        '$' => return Err(DOLLAR.to_owned()),
        letter if begins_name(letter) => {
            let length = text.find(|c: char| !goes_on_in_name(c)).unwrap_or(text.len());
            (Token::Name(text[..length].to_ascii_lowercase()), length)
        }
        blank if blank.is_ascii_whitespace() || blank == '\u{b}' => (Token::Blank, 1),
        other => (Token::Sign(other), other.len_utf8()),
    })
}

fn begins_name(letter: char) -> bool {
    letter.is_ascii_alphabetic() || letter == '_' || !letter.is_ascii()
}

fn goes_on_in_name(letter: char) -> bool {
    begins_name(letter) || letter.is_ascii_digit() || letter == '$'
}

/// How long a quotation is with its signs. A doubled sign does not end it.
fn quoted(text: &str, sign: char, escapes: bool) -> Result<usize, String> {
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        if letter == sign && letters.next_if(|(_, next)| *next == sign).is_none() {
            return Ok(at + sign.len_utf8());
        }
        if letter == '\\' && escapes {
            letters.next();
        }
    }
    Err("a quotation is not closed".to_owned())
}

/// How long a comment is, with those in it.
fn comment(text: &str) -> Result<usize, String> {
    let mut depth = 0_u32;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return Ok(at);
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    Err("a comment is not closed".to_owned())
}

#[cfg(test)]
mod tests;
