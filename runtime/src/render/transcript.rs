//! The transcript of a session: the tokens its sequence consists of. It only grows.
//!
//! History is not rendered again: what is new is the difference between two renderings of it. Where a
//! template does not allow that (it rewrites earlier replies), the whole history is rendered, and the
//! decode loop reuses the tokens that stayed the same.

use handyman_core::{Fault, Message, Part, Role, ToolSpec};

use super::Template;
use super::protect::{parts, plain};
use crate::dialect::Dialect;
use crate::llama::Token;

/// Stands for what is said after a reply. A noncharacter, as no text contains it.
const PROBE: &str = "\u{FDD1}";

/// Cuts a text into tokens; with `markers`, text that spells a marker becomes it.
pub(crate) trait Tokenize: Send + Sync {
    /// The tokens of a text.
    fn tokenize(&self, text: &str) -> Vec<Token>;
    /// The texts of all markers.
    fn markers(&self) -> &[String];
    /// The texts of the tokens that end a reply.
    fn ends(&self) -> &[String];
    /// The token that begins every prompt, where there is one.
    fn beginning(&self) -> Option<Token>;
}

/// What a session has been shown and has replied.
#[derive(Debug, Clone)]
pub(crate) struct Transcript {
    /// Prompt and replies so far.
    pub(crate) tokens: Vec<Token>,
    /// The messages in them.
    pub(crate) messages: Vec<Message>,
    /// The tools in them.
    pub(crate) tools: Vec<ToolSpec>,
    /// Whether the last reply was ended by the model.
    pub(crate) ended: bool,
}

/// Renders with a model's template, in its dialect, for its tokenizer.
#[derive(Clone, Copy)]
pub(crate) struct Renderer<'a> {
    pub(crate) template: &'a Template,
    pub(crate) dialect: &'a dyn Dialect,
    pub(crate) tokenizer: &'a dyn Tokenize,
}

impl Renderer<'_> {
    /// The tokens of the prompt: the transcript with what is new, or the whole history.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Template`.
    pub(crate) fn prompt(
        self,
        earlier: Option<&Transcript>,
        history: &[Message],
        tools: &[ToolSpec],
    ) -> Result<Vec<Token>, Fault> {
        let whole = self.text(history, tools, true)?;
        if let Some(earlier) = earlier.filter(|earlier| earlier.continues_in(history, tools))
            && let Some(new) = self.difference(earlier, &whole)
        {
            let mut tokens = earlier.tokens.clone();
            tokens.extend(self.tokenize(&new));
            return Ok(tokens);
        }
        let mut tokens = self.tokenize(&whole);
        if let Some(beginning) = self.tokenizer.beginning().filter(|token| tokens.first() != Some(token)) {
            tokens.insert(0, beginning);
        }
        Ok(tokens)
    }

    /// What stands in the whole rendering after the transcript's last reply.
    fn difference(self, earlier: &Transcript, whole: &str) -> Option<String> {
        let mut probed = earlier.messages.clone();
        probed.push(Message::text_of(Role::User, PROBE));
        let probed = self.text(&probed, &earlier.tools, false).ok()?;
        let before_probe = probed.split_once(PROBE)?.0;
        let (reply_ends, end) = self
            .tokenizer
            .ends()
            .iter()
            .filter_map(|end| before_probe.rfind(end.as_str()).map(|at| (at, end)))
            .max_by_key(|(at, _)| *at)?;
        let cut = if earlier.ended { reply_ends + end.len() } else { reply_ends };
        whole.strip_prefix(&before_probe[..cut]).map(str::to_owned)
    }

    /// The history as text, with seams.
    pub(crate) fn text(self, history: &[Message], tools: &[ToolSpec], reply: bool) -> Result<String, Fault> {
        self.template.render(&self.dialect.conversation(history, tools), reply)
    }

    /// The tokens of a rendered text.
    pub(crate) fn tokenize(self, text: &str) -> Vec<Token> {
        let parts = parts(text, self.tokenizer.markers());
        parts.iter().flat_map(|part| self.tokenizer.tokenize(part)).collect()
    }

    /// What the template writes for the last message of the history, a reply, without what ends it.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Template`.
    pub(crate) fn past_reply(self, history: &[Message], tools: &[ToolSpec]) -> Result<Option<String>, Fault> {
        let Some((_, before)) = history.split_last() else { return Ok(None) };
        let prompt = self.text(before, tools, true)?;
        let whole = self.text(history, tools, false)?;
        let Some(reply) = whole.strip_prefix(&prompt) else { return Ok(None) };
        let ends = self.tokenizer.ends().iter().filter_map(|end| reply.find(end.as_str())).min();
        Ok(Some(plain(&reply[..ends.unwrap_or(reply.len())])))
    }
}

impl Transcript {
    /// Whether a history goes on where this transcript ends.
    fn continues_in(&self, history: &[Message], tools: &[ToolSpec]) -> bool {
        self.tools == tools
            && history.len() > self.messages.len()
            && self.messages.iter().zip(history).all(|(known, given)| same(known, given))
    }
}

/// Whether two messages say the same; calls are named by the run, so their names do not count.
fn same(known: &Message, given: &Message) -> bool {
    known.role == given.role
        && known.parts.len() == given.parts.len()
        && known.parts.iter().zip(&given.parts).all(|pair| match pair {
            (Part::Call(known), Part::Call(given)) => known.tool == given.tool && known.arguments == given.arguments,
            (known, given) => known == given,
        })
}

#[cfg(test)]
mod tests;
