//! Puts characters together from tokens that end in the middle of them.

/// Holds back the bytes of an unfinished character.
#[derive(Debug, Default)]
pub(super) struct Assembler {
    pending: Vec<u8>,
}

impl Assembler {
    /// Takes bytes and gives the whole characters so far.
    pub(super) fn push(&mut self, bytes: &[u8]) -> String {
        self.pending.extend(bytes);
        // Bytes that can never become a character are shown as such, not waited for.
        let last = self.pending.utf8_chunks().last().map_or(&[][..], |chunk| chunk.invalid());
        let unfinished = std::str::from_utf8(last).is_err_and(|error| error.error_len().is_none());
        let whole = self.pending.len() - if unfinished { last.len() } else { 0 };
        let rest = self.pending.split_off(whole);
        let text = String::from_utf8_lossy(&self.pending).into_owned();
        self.pending = rest;
        text
    }

    /// What is left at the end.
    pub(super) fn rest(&mut self) -> String {
        let text = String::from_utf8_lossy(&self.pending).into_owned();
        self.pending.clear();
        text
    }
}

#[cfg(test)]
mod tests;
