//! A template cut into tags and their tokens, exactly as minijinja cuts it.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or a keyword.
    Name,
    /// A number.
    Number,
    /// A text in quotes.
    Text,
    /// An operator, a bracket or a sign between them.
    Sign,
}

/// One token of a tag.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'s> {
    pub(super) kind: Kind,
    pub(super) text: &'s str,
    /// Where it begins in the source, in bytes.
    pub(super) at: usize,
}

impl Token<'_> {
    /// Where it ends in the source, in bytes.
    pub(super) fn end(&self) -> usize {
        self.at + self.text.len()
    }

    /// Whether it is this sign.
    pub(super) fn is(&self, sign: &str) -> bool {
        self.kind == Kind::Sign && self.text == sign
    }

    /// Whether it is this name.
    pub(super) fn is_name(&self, name: &str) -> bool {
        self.kind == Kind::Name && self.text == name
    }
}

/// A part of a template. Comments are none.
#[derive(Debug)]
pub(super) enum Piece<'s> {
    /// So many bytes of text.
    Text(usize),
    /// `{{ … }}`.
    Variable(Vec<Token<'s>>),
    /// `{% … %}`.
    Block(Block<'s>),
}

/// A tag that says what to do.
#[derive(Debug)]
pub(super) struct Block<'s> {
    pub(super) tokens: Vec<Token<'s>>,
    /// Where it ends in the source, in bytes.
    pub(super) end: usize,
    /// The sign before its end that says what becomes of the blanks after it: `-`, `+` or nothing.
    pub(super) blanks: &'s str,
}

/// The pieces of a template.
///
/// # Errors
/// Why minijinja cannot cut it either.
pub(super) fn pieces(source: &str) -> Result<Vec<Piece<'_>>, &'static str> {
    let mut cutter = Cutter { source, at: 0, open: 0 };
    let mut pieces = Vec::new();
    while !cutter.rest().is_empty() {
        cutter.piece(&mut pieces)?;
    }
    Ok(pieces)
}

/// The tokens of an expression.
///
/// # Errors
/// As [`pieces`].
pub(super) fn expression(source: &str) -> Result<Vec<Token<'_>>, &'static str> {
    let mut cutter = Cutter { source, at: 0, open: 0 };
    let mut tokens = Vec::new();
    loop {
        cutter.skip_blanks();
        if cutter.rest().is_empty() {
            return Ok(tokens);
        }
        tokens.push(cutter.token()?);
    }
}

struct Cutter<'s> {
    source: &'s str,
    at: usize,
    /// Brackets that are open: inside of them no tag ends.
    open: usize,
}

impl<'s> Cutter<'s> {
    fn rest(&self) -> &'s str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn piece(&mut self, pieces: &mut Vec<Piece<'s>>) -> Result<(), &'static str> {
        let rest = self.rest();
        let opens = |at: &usize| matches!(rest.as_bytes().get(at + 1), Some(b'{' | b'%' | b'#'));
        let Some(begins) = rest.match_indices('{').map(|(at, _)| at).find(opens) else {
            pieces.push(Piece::Text(rest.len()));
            self.at = self.source.len();
            return Ok(());
        };
        if begins > 0 {
            pieces.push(Piece::Text(begins));
        }
        let kind = rest.as_bytes().get(begins + 1).copied();
        let trims = matches!(rest.as_bytes().get(begins + 2), Some(b'-' | b'+'));
        self.at += begins + 2 + usize::from(trims);
        match kind {
            Some(b'#') => {
                self.at += self.rest().find("#}").ok_or("a comment does not end")? + 2;
            }
            Some(b'{') => pieces.push(Piece::Variable(self.tag("}}")?.tokens)),
            _ => match basic_tag(self.rest(), "raw") {
                Some(length) => {
                    self.at += length;
                    pieces.push(Piece::Text(self.raw()?));
                }
                None => pieces.push(Piece::Block(self.tag("%}")?)),
            },
        }
        Ok(())
    }

    /// The bytes up to `{% endraw %}`.
    fn raw(&mut self) -> Result<usize, &'static str> {
        let rest = self.rest();
        for (begins, _) in rest.match_indices("{%") {
            let inside = rest.get(begins + 2..).unwrap_or_default();
            let trimmed = inside.strip_prefix(['-', '+']).unwrap_or(inside);
            if let Some(length) = basic_tag(trimmed, "endraw") {
                self.at += begins + 2 + (inside.len() - trimmed.len()) + length;
                return Ok(begins);
            }
        }
        Err("a raw block does not end")
    }

    fn tag(&mut self, closes: &str) -> Result<Block<'s>, &'static str> {
        let mut tokens = Vec::new();
        loop {
            self.skip_blanks();
            let rest = self.rest();
            if self.open == 0 {
                let trimmed = rest.strip_prefix(['-', '+']).unwrap_or(rest);
                for (blanks, inside) in [(rest.len() - trimmed.len(), trimmed), (0, rest)] {
                    if inside.starts_with(closes) {
                        self.at += blanks + closes.len();
                        let blanks = rest.get(..blanks).unwrap_or_default();
                        return Ok(Block { tokens, end: self.at, blanks });
                    }
                }
            }
            if rest.is_empty() {
                return Err("a tag does not end");
            }
            tokens.push(self.token()?);
        }
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(|letter: char| letter.is_ascii_whitespace()).len();
    }

    fn token(&mut self) -> Result<Token<'s>, &'static str> {
        let rest = self.rest();
        let (kind, length) = match rest.as_bytes().first() {
            Some(b'\'' | b'"') => (Kind::Text, text_length(rest).ok_or("a text in quotes does not end")?),
            Some(b'0'..=b'9') => (Kind::Number, number_length(rest)),
            Some(b'_' | b'a'..=b'z' | b'A'..=b'Z') => (Kind::Name, name_length(rest)),
            _ => (Kind::Sign, self.sign(rest)?),
        };
        let token = Token { kind, text: rest.get(..length).unwrap_or_default(), at: self.at };
        self.at += length;
        Ok(token)
    }

    fn sign(&mut self, rest: &str) -> Result<usize, &'static str> {
        if ["//", "**", "==", "!=", ">=", "<="].iter().any(|sign| rest.starts_with(sign)) {
            return Ok(2);
        }
        match rest.as_bytes().first() {
            Some(b'(' | b'[' | b'{') => self.open += 1,
            Some(b')' | b']' | b'}') => {
                self.open = self.open.checked_sub(1).ok_or("a bracket is closed that was not opened")?;
            }
            Some(
                b'+' | b'-' | b'*' | b'/' | b'%' | b'.' | b',' | b':' | b'~' | b'|' | b'=' | b'<' | b'>',
            ) => {}
            _ => return Err("unexpected character"),
        }
        Ok(1)
    }
}

/// The length of a tag that consists of a name, up to its end.
fn basic_tag(inside: &str, name: &str) -> Option<usize> {
    let blank = |letter: char| letter.is_ascii_whitespace();
    let rest = inside.trim_start_matches(blank).strip_prefix(name)?.trim_start_matches(blank);
    let rest = rest.strip_prefix(['-', '+']).unwrap_or(rest).strip_prefix("%}")?;
    Some(inside.len() - rest.len())
}

fn name_length(rest: &str) -> usize {
    let is_name = |letter: &u8| *letter == b'_' || letter.is_ascii_alphanumeric();
    rest.bytes().take_while(is_name).count()
}

/// The length of a text in quotes, with them.
fn text_length(rest: &str) -> Option<usize> {
    let mut letters = rest.bytes().enumerate();
    let (_, quote) = letters.next()?;
    while let Some((at, letter)) = letters.next() {
        if letter == b'\\' {
            letters.next()?;
        } else if letter == quote {
            return Some(at + 1);
        }
    }
    None
}

fn number_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let digits = |from: usize| bytes.iter().skip(from).take_while(|letter| letter.is_ascii_digit()).count();
    let radix = match bytes.get(..2) {
        Some(b"0b" | b"0B" | b"0o" | b"0O") => Some(false),
        Some(b"0x" | b"0X") => Some(true),
        _ => None,
    };
    if let Some(is_hex) = radix {
        let inside = |letter: &&u8| {
            letter.is_ascii_digit() || **letter == b'_' || (is_hex && letter.is_ascii_hexdigit())
        };
        return 2 + bytes.iter().skip(2).take_while(inside).count();
    }
    let mut length = digits(0);
    // Whether a point, an exponent and the exponent's sign were seen.
    let (mut is_fraction, mut is_exponent, mut is_signed) = (false, false, false);
    while let Some(letter) = bytes.get(length) {
        match letter {
            b'.' if !is_fraction && !is_exponent => {
                let exponent = matches!(bytes.get(length + 1), Some(b'e' | b'E'))
                    && matches!(bytes.get(length + 2), Some(b'+' | b'-' | b'0'..=b'9'));
                let names = matches!(bytes.get(length + 1), Some(b'_' | b'a'..=b'z' | b'A'..=b'Z'));
                if names && !exponent {
                    break;
                }
                is_fraction = true;
            }
            b'e' | b'E' if !is_exponent => is_exponent = true,
            b'+' | b'-' if is_exponent && !is_signed => is_signed = true,
            b'0'..=b'9' => is_signed |= is_exponent,
            b'_' => {}
            _ => break,
        }
        length += 1;
    }
    length
}

#[cfg(test)]
mod tests;
