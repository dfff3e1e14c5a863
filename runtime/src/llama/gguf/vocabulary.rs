//! What a vocabulary has to have for llama.cpp to cut any text into its tokens: where it has not, a text ends the
//! process.

use std::collections::HashSet;

/// What matters of the tokens of a vocabulary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Vocabulary {
    /// The first token that is there twice, with its number.
    pub(super) repeated: Option<(usize, String)>,
    /// Bytes with a token of their own, `<0x0A>` or the byte itself.
    spelt: [bool; 256],
    /// Bytes that are a token once escapes are undone, and those that tokens begin with.
    single: [bool; 256],
    begins: [bool; 256],
}

/// Reads tokens one by one.
#[derive(Debug)]
pub(super) struct Tokens {
    seen: HashSet<Vec<u8>>,
    count: usize,
    found: Vocabulary,
}

impl Tokens {
    pub(super) fn new() -> Self {
        let none = [false; 256];
        let found = Vocabulary { repeated: None, spelt: none, single: none, begins: none };
        Self { seen: HashSet::new(), count: 0, found }
    }

    /// The next token.
    pub(super) fn push(&mut self, token: Vec<u8>) {
        // As llama.cpp calls it.
        let token = if token.is_empty() { format!("[EMPTY_{}]", self.count).into_bytes() } else { token };
        if let Some(byte) = spelt(&token) {
            self.found.spelt[usize::from(byte)] = true;
        }
        match unescaped(&token).as_slice() {
            [] => {}
            [byte] => {
                self.found.single[usize::from(*byte)] = true;
                self.found.begins[usize::from(*byte)] = true;
            }
            [byte, ..] => self.found.begins[usize::from(*byte)] = true,
        }
        if self.found.repeated.is_none() && self.seen.contains(&token) {
            self.found.repeated = Some((self.count, String::from_utf8_lossy(&token).into_owned()));
        }
        self.seen.insert(token);
        self.count += 1;
    }

    pub(super) fn finish(self) -> Vocabulary {
        self.found
    }
}

impl Vocabulary {
    /// What keeps llama.cpp from using these tokens, in a vocabulary of this kind and with this way to cut words.
    pub(super) fn problem(&self, kind: &str, words: &str) -> Option<String> {
        if let Some((number, token)) = &self.repeated {
            let token: String = token.chars().take(40).collect();
            return Some(format!("token {number} of tokenizer.ggml.tokens, {token:?}, is there twice"));
        }
        let missing = |has: &[bool; 256]| has.iter().position(|has| !has);
        match kind {
            "llama" => missing(&self.spelt).map(|byte| {
                format!("tokenizer.ggml.tokens, of kind 'llama', has no token for the byte <0x{byte:02X}>")
            }),
            "rwkv" => {
                let first = (0..256).find(|byte| self.begins[*byte] && !self.single[*byte]);
                first.map(|byte| {
                    format!(
                        "tokenizer.ggml.tokens has tokens that begin with the byte {byte} and none that is it"
                    )
                })
            }
            "gpt2" if words == "whitespace" => Some(
                "tokenizer.ggml.pre is 'whitespace', which goes with no vocabulary of kind 'gpt2'".to_owned(),
            ),
            _ => problem_of(kind),
        }
    }
}

/// What keeps llama.cpp from using any vocabulary of a kind.
pub(super) fn problem_of(kind: &str) -> Option<String> {
    let is_other = ["none", "no_vocab", "test", "bert", "t5"].contains(&kind);
    is_other
        .then(|| format!("tokenizer.ggml.model is '{kind}', which is no vocabulary of a model that writes"))
}

/// The byte that a token of a vocabulary of kind `llama` stands for.
fn spelt(token: &[u8]) -> Option<u8> {
    match token {
        [byte] => Some(*byte),
        [b'<', b'0', b'x', high, low, b'>'] => {
            let digits = [*high, *low];
            let is_upper = digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'A'..=b'F'));
            let digits = std::str::from_utf8(&digits).ok().filter(|_| is_upper)?;
            u8::from_str_radix(digits, 16).ok()
        }
        _ => None,
    }
}

/// A token of RWKV's without its escapes, as llama.cpp undoes them.
fn unescaped(token: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = token.iter().copied();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next() {
            Some(b't') => bytes.push(b'\t'),
            Some(b'n') => bytes.push(b'\n'),
            Some(b'r') => bytes.push(b'\r'),
            Some(b'x') => {
                let digit = |byte: u8| if byte >= b'a' { byte - b'a' + 10 } else { byte.wrapping_sub(b'0') };
                if let (Some(high), Some(low)) = (rest.next(), rest.next()) {
                    bytes.push((digit(high) << 4).wrapping_add(digit(low)));
                }
            }
            Some(other) => bytes.push(other),
            None => {}
        }
    }
    bytes
}

#[cfg(test)]
mod tests;
