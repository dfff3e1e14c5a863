//! Follows a reply while it is written: whether the model reasons, whether it calls, and whether it stands
//! before a choice between a few given values (a tool's name, an `enum`).

use std::collections::VecDeque;

use toktrie::TokEnv;

use crate::llama::Token;

/// A choice between given values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Branch {
    /// What stands before it.
    pub(crate) after: String,
    /// The values.
    pub(crate) values: Vec<String>,
}

/// What the marks of a reply mean.
#[derive(Debug, Clone, Default)]
pub(crate) struct Marks {
    /// What begins and ends reasoning.
    pub(crate) thinking: Option<(String, String)>,
    /// Whether the reply begins inside.
    pub(crate) begun: bool,
    /// The tokens that end reasoning.
    pub(crate) closing: Vec<Token>,
    /// What begins the calls; empty where that cannot be told.
    pub(crate) trigger: String,
    /// What an answer begins with, where a reply that begins otherwise is calls; empty where it need not be.
    pub(crate) answer: String,
    /// The choices that a reply can hold.
    pub(crate) branches: Vec<Branch>,
}

/// Follows one reply.
#[derive(Clone, Default)]
pub(crate) struct Guide {
    vocabulary: Option<TokEnv>,
    marks: Marks,
    /// Tokens of reasoning that the reply may have.
    reasoning_max: Option<u32>,
    text: Vec<u8>,
    /// Where in it begins what is not reasoning.
    said_from: usize,
    reasons: bool,
    reasoned: u32,
    /// Tokens that are still to be led through.
    leading: VecDeque<Token>,
    calls: bool,
    /// The choice being written: where it begins, which one it is, and how sure the model has been of it.
    open: Option<(usize, usize, f32)>,
    confidence: Option<f32>,
}

impl std::fmt::Debug for Guide {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guide").field("marks", &self.marks).finish_non_exhaustive()
    }
}

impl Guide {
    /// Follows a reply with these marks, and ends reasoning after so many tokens.
    pub(crate) fn new(vocabulary: TokEnv, marks: Marks, reasoning_max: Option<u32>) -> Self {
        Self { vocabulary: Some(vocabulary), reasons: marks.begun, marks, reasoning_max, ..Self::default() }
    }

    /// Takes note of what was written.
    pub(crate) fn wrote(&mut self, tokens: &[Token]) {
        let Some(vocabulary) = &self.vocabulary else { return };
        let vocabulary = TokEnv::clone(vocabulary);
        for token in tokens {
            let before = self.text.len();
            self.text.extend(vocabulary.tok_trie().decode(std::slice::from_ref(token)));
            self.follow(before);
        }
    }

    fn follow(&mut self, before: usize) {
        if let Some((begins, ends)) = &self.marks.thinking {
            if self.reasons {
                self.reasoned += 1;
                if let Some(end) = self.appeared(ends, before) {
                    self.reasons = false;
                    self.said_from = end;
                    self.leading.clear();
                }
            } else if !self.calls && self.appeared(begins, before).is_some() {
                self.reasons = true;
            }
        }
        let over = self.reasoning_max.is_some_and(|most| self.reasoned >= most);
        if self.reasons && over && self.leading.is_empty() {
            self.leading = self.marks.closing.iter().copied().collect();
        }
        if !self.reasons
            && !self.marks.trigger.is_empty()
            && self.appeared(&self.marks.trigger, before).is_some()
        {
            self.calls = true;
        }
        self.calls = self.calls || self.differs();
        if self.calls {
            self.branch(before);
        }
    }

    /// Whether the reply does not begin as answers have to.
    fn differs(&self) -> bool {
        let mut begun = self.text.iter().zip(self.marks.answer.as_bytes());
        begun.any(|(written, wanted)| written != wanted)
    }

    /// Where a mark ends that has come to stand in the text with what was written last.
    fn appeared(&self, mark: &str, before: usize) -> Option<usize> {
        let mark = mark.as_bytes();
        let from = before.saturating_sub(mark.len().saturating_sub(1));
        let tail = &self.text[from..];
        tail.windows(mark.len()).rposition(|window| window == mark).map(|at| from + at + mark.len())
    }

    fn branch(&mut self, before: usize) {
        if let Some((start, index, sure)) = self.open {
            let written = &self.text[start..];
            let values = &self.marks.branches[index].values;
            if values.iter().any(|value| value.as_bytes().starts_with(written) && value.len() > written.len())
            {
                return;
            }
            if values.iter().any(|value| written.starts_with(value.as_bytes())) {
                self.confidence = Some(self.confidence.map_or(sure, |least| least.min(sure)));
            }
            self.open = None;
        }
        let begun = |(index, branch): (usize, &Branch)| {
            self.appeared(&branch.after, before).map(|start| (start, index, 1.0))
        };
        if let Some(open) = self.marks.branches.iter().enumerate().find_map(begun) {
            self.open = Some(open);
        }
    }

    /// Whether the next token belongs to a choice between given values.
    pub(crate) fn at_branch(&self) -> bool {
        self.calls && self.open.is_some()
    }

    /// Whether a token, written next, begins the calls of a reply that has said nothing yet and may also do without calls.
    pub(crate) fn opens_calls(&self, token: Token) -> bool {
        let Some(vocabulary) = &self.vocabulary else { return false };
        if self.reasons || self.calls || self.marks.trigger.is_empty() || !self.marks.answer.is_empty() {
            return false;
        }
        let blank = self.text.get(self.said_from..).is_some_and(|said| said.trim_ascii().is_empty());
        let written = vocabulary.tok_trie().decode(&[token]);
        let (written, trigger) = (written.trim_ascii_start(), self.marks.trigger.as_bytes());
        blank && !written.is_empty() && (trigger.starts_with(written) || written.starts_with(trigger))
    }

    /// Takes note of how sure the model was of the token it chose.
    pub(crate) fn chose(&mut self, sure: f32) {
        if let Some((_, _, known)) = &mut self.open {
            *known *= sure;
        }
    }

    /// Whether calls are being written.
    pub(crate) fn in_call(&self) -> bool {
        self.calls
    }

    /// The next token on the way out of reasoning that has lasted long enough.
    pub(crate) fn led(&mut self) -> Option<Token> {
        self.leading.pop_front()
    }

    /// The least sure choice.
    pub(crate) fn confidence(&self) -> Option<f32> {
        self.confidence
    }
}

#[cfg(test)]
mod tests;
