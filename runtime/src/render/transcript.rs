//! The transcript of a session: the tokens its sequence consists of. It only grows.
//!
//! History is not rendered again: what is new is the difference between two renderings of it. Where a
//! template does not allow that (it rewrites earlier replies), the whole history is rendered, and the
//! decode loop reuses the tokens that stayed the same.

use handyman_core::catalogue::Index;
use handyman_core::{Fault, Message, Part, Role, ToolSpec, UNREADABLE};
use serde_json::Value;

use super::protect::parts;
use super::{FITTING, Template};
use crate::dialect::Dialect;
use crate::llama::Token;

/// Stands for what is said after a reply. A noncharacter, as hardly any text contains it.
const PROBE: char = '\u{FDD1}';

/// What stands for a reply that never was, where a template wants one.
const UNANSWERED: &str = "(no answer)";

/// Cuts a text into tokens; with `markers`, text that spells a marker becomes it.
pub(crate) trait Tokenize: Send + Sync {
    /// The tokens of a text.
    fn tokenize(&self, text: &str) -> Vec<Token>;
    /// The texts of all markers.
    fn markers(&self) -> &[String];
    /// The markers that a grammar names as one token.
    fn tags(&self) -> &[(String, Token)];
    /// The texts of the tokens that end a reply.
    fn ends(&self) -> &[String];
    /// The token that begins every prompt, where there is one.
    fn beginning(&self) -> Option<Token>;
}

/// The tokens of a conversation up to the end of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Transcript {
    /// Prompt and replies so far.
    pub(crate) tokens: Vec<Token>,
    /// How many messages they are.
    pub(crate) messages: usize,
    /// Whether the last reply was ended by the model.
    pub(crate) ended: bool,
}

/// The tokens of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Prompt {
    /// All of them.
    pub(crate) tokens: Vec<Token>,
    /// How many of them, at the end, say what no earlier prompt of the conversation said.
    pub(crate) new: usize,
    /// Whether it ends within reasoning.
    pub(crate) begun: bool,
}

/// What becomes of the reasoning in earlier replies, where a template would leave it out of later prompts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EarlierReasoning {
    /// It stays: a sequence only ever grows, and nothing is computed twice.
    #[default]
    Keep,
    /// It goes when the person speaks again, as the template has it. The sequence is rolled back to where
    /// it was; what has to be computed again is counted as `recomputed`.
    Drop,
}

/// Renders with a model's template, in its dialect, for its tokenizer.
#[derive(Clone, Copy)]
pub(crate) struct Renderer<'a> {
    pub(crate) template: &'a Template,
    pub(crate) dialect: &'a dyn Dialect,
    pub(crate) tokenizer: &'a dyn Tokenize,
}

impl Renderer<'_> {
    /// The tokens of the prompt: those of an earlier part of the history with what is new, or of the whole.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Template`.
    pub(crate) fn prompt(
        self,
        earlier: Option<&Transcript>,
        history: &[Message],
        tools: &[ToolSpec],
        reasoning: EarlierReasoning,
    ) -> Result<Prompt, Fault> {
        let whole = self.text(history, tools, true)?;
        let begun = begins_reasoning(self.dialect, &whole);
        let earlier = earlier.filter(|earlier| earlier.messages < history.len());
        let Some(earlier) = earlier else {
            let tokens = self.whole_prompt(&whole);
            return Ok(Prompt { new: tokens.len(), tokens, begun });
        };
        let new = self.difference(earlier, history, tools, &whole).map(|new| self.tokenize(&new));
        let keeps = reasoning == EarlierReasoning::Keep || !drops_reasoning(history, earlier.messages);
        match new {
            Some(new) if keeps => {
                Ok(Prompt { new: new.len(), tokens: [earlier.tokens.as_slice(), &new].concat(), begun })
            }
            Some(new) => Ok(Prompt { new: new.len(), tokens: self.whole_prompt(&whole), begun }),
            None => {
                let tokens = self.whole_prompt(&whole);
                Ok(Prompt { new: tokens.len(), tokens, begun })
            }
        }
    }

    /// How many tokens of a prompt stand after its last reply, which is that of the message before `replied`. What ends
    /// a reply that could not be read is one of them: it was never computed where the reply was cut off.
    pub(crate) fn since(self, replied: usize, history: &[Message], tools: &[ToolSpec]) -> Option<usize> {
        let whole = self.text(history, tools, true).ok()?;
        let unreadable = |part: &Part| matches!(part, Part::Note(note) if note.starts_with(UNREADABLE));
        let ended = !history.get(replied..)?.iter().flat_map(|message| &message.parts).any(unreadable);
        let upto = Transcript { tokens: Vec::new(), messages: replied, ended };
        self.difference(&upto, history, tools, &whole).map(|new| self.tokenize(&new).len())
    }

    /// How many tokens of a prompt any conversation with these tools and instructions begins with.
    pub(crate) fn shared(self, prompt: &[Token], history: &[Message], tools: &[ToolSpec]) -> usize {
        let mut probed: Vec<Message> =
            history.iter().take_while(|message| message.role == Role::System).cloned().collect();
        probed.push(Message::text_of(Role::User, PROBE.to_string()));
        let Ok(text) = self.text(&probed, tools, true) else { return 0 };
        // Instructions and tools stand before, whatever they contain.
        let Some((before, _)) = text.rsplit_once(PROBE) else { return 0 };
        self.whole_prompt(before).iter().zip(prompt).take_while(|(a, b)| a == b).count()
    }

    fn whole_prompt(self, text: &str) -> Vec<Token> {
        let mut tokens = self.tokenize(text);
        if let Some(beginning) = self.tokenizer.beginning().filter(|token| tokens.first() != Some(token)) {
            tokens.insert(0, beginning);
        }
        tokens
    }

    /// What stands in the whole rendering after the transcript's last reply. What comes next is marked and
    /// rendered once more, so that a template which looks at what follows a reply writes it the same way.
    fn difference(
        self,
        earlier: &Transcript,
        history: &[Message],
        tools: &[ToolSpec],
        whole: &str,
    ) -> Option<String> {
        let (mut probed, probe) = (history.to_vec(), probe(whole));
        mark(probed.get_mut(earlier.messages)?, &probe);
        if !self.stays(&probed, &probe, earlier.messages, tools) {
            return None;
        }
        let probed = self.text(&probed, tools, true).ok()?;
        let before_probe = probed.split_once(probe.as_str())?.0;
        let (reply_ends, end) = self.last_end(before_probe)?;
        let cut = if earlier.ended { reply_ends + end.len() } else { reply_ends };
        whole.strip_prefix(&before_probe[..cut]).map(str::to_owned)
    }

    /// The last end of a reply in a text: where it stands, and which it is.
    fn last_end(&self, text: &str) -> Option<(usize, &str)> {
        let ends = self.tokenizer.ends().iter();
        ends.filter_map(|end| Some((text.rfind(end.as_str())?, end.as_str()))).max_by_key(|(at, _)| *at)
    }

    /// Whether the template still writes what came before the last reply as it did when it was replied to, and ends
    /// that reply with what ends one. Reasoning is left out: what becomes of that is not the template's choice alone.
    fn stays(self, history: &[Message], probe: &str, replied: usize, tools: &[ToolSpec]) -> bool {
        let plain = |messages: &[Message]| -> Vec<Message> {
            let spoken = |part: &&Part| !matches!(part, Part::Reasoning(_));
            let without = |message: &Message| Message {
                role: message.role,
                parts: message.parts.iter().filter(spoken).cloned().collect(),
            };
            messages.iter().map(without).collect()
        };
        let before = self.text(&plain(&history[..replied.saturating_sub(1)]), tools, false);
        let now = self.text(&plain(history), tools, true);
        let (Ok(before), Ok(now)) = (before, now) else { return false };
        let ends = now.split_once(probe).and_then(|(said, _)| self.last_end(said));
        // An end before that is an earlier reply's.
        now.starts_with(&before) && ends.is_some_and(|(at, _)| at >= before.len())
    }

    /// The history as text, with seams. A template that wants both sides to speak in turn is given a history in which
    /// they do.
    pub(crate) fn text(self, history: &[Message], tools: &[ToolSpec], reply: bool) -> Result<String, Fault> {
        let render = |history: &[Message]| {
            let mut conversation = self.dialect.conversation(history, tools);
            if let Some(index) = self.template.index(tools) {
                name_fitting(&mut conversation.messages, history, &index);
            }
            self.template.render(&conversation, reply)
        };
        render(history).or_else(|fault| match in_turn(history) {
            Some(history) => render(&history).map_err(|_| fault),
            None => Err(fault),
        })
    }

    /// The tokens of a rendered text.
    pub(crate) fn tokenize(self, text: &str) -> Vec<Token> {
        let parts = parts(text, self.tokenizer.markers());
        parts.iter().flat_map(|part| self.tokenizer.tokenize(part)).collect()
    }
}

/// Adds to each request of the person which tools may fit it: the same whenever it is rendered, for it follows from the
/// request and the tools alone.
fn name_fitting(rendered: &mut [Value], history: &[Message], index: &Index) {
    let requests = history.iter().filter(|message| message.role == Role::User);
    for (rendered, request) in rendered.iter_mut().filter(|message| message["role"] == "user").zip(requests) {
        let asked = |part: &Part| match part {
            Part::Text(text) | Part::Task { text, .. } => Some(text.clone()),
            _ => None,
        };
        let asked: Vec<String> = request.parts.iter().filter_map(asked).collect();
        let found = index.fitting(&asked.join("\n"));
        if !found.is_empty() {
            rendered[FITTING] = found.into();
        }
    }
}

/// Whether a rendered prompt ends within reasoning that it has begun itself. Some templates begin it after a person's
/// message and not after a result.
pub(crate) fn begins_reasoning(dialect: &dyn Dialect, prompt: &str) -> bool {
    dialect.thinking().is_some_and(|(begins, _)| prompt.trim_end().ends_with(begins.trim()))
}

/// More noncharacters in a row than a text has anywhere.
fn probe(text: &str) -> String {
    let longest = text.split(|character| character != PROBE).map(str::len).max().unwrap_or_default();
    std::iter::repeat_n(PROBE, longest / PROBE.len_utf8() + 1).collect()
}

/// Puts the probe in front of what a message says.
fn mark(message: &mut Message, probe: &str) {
    for part in &mut message.parts {
        match part {
            Part::Text(text) | Part::Note(text) | Part::Reasoning(text) | Part::Task { text, .. } => {
                text.insert_str(0, probe);
            }
            Part::Result(result) => result.result = probe.into(),
            Part::Call(_) => continue,
        }
        return;
    }
}

/// The history with a reply wherever a person speaks and nobody has replied, as after a run that was cancelled; nothing
/// where there is no such place.
fn in_turn(history: &[Message]) -> Option<Vec<Message>> {
    let mut messages: Vec<Message> = Vec::with_capacity(history.len());
    for message in history {
        let before = messages.last().map(|last| last.role);
        if message.role == Role::User && matches!(before, Some(Role::User | Role::Tool)) {
            messages.push(Message::text_of(Role::Assistant, UNANSWERED));
        }
        messages.push(message.clone());
    }
    (messages.len() > history.len()).then_some(messages)
}

/// Whether what comes next is the person's and earlier replies hold reasoning.
fn drops_reasoning(history: &[Message], next: usize) -> bool {
    let reasons = |message: &Message| message.parts.iter().any(|part| matches!(part, Part::Reasoning(_)));
    history.get(next).is_some_and(|message| message.role == Role::User) && history[..next].iter().any(reasons)
}

#[cfg(test)]
mod tests;
