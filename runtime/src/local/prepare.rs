//! A request, made ready for the engine: rendered and constrained.

use std::sync::Arc;

use handyman_core::{
    Fault, FaultKind, Message, ModelRequest, Part, ReplyMode, ReplyOptions, Role, SessionId, ToolSpec,
};
use llguidance::Matcher;
use serde_json::Value;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinError;

use super::states::Mark;
use super::transcripts::Key;
use super::{Held, Loaded};
use crate::constrain::sources::Sources;
use crate::decode::choose::{Chooser, Masking};
use crate::decode::{Generation, Priority, Progress};
use crate::dialect::Turn;
use crate::figures;
use crate::llama::Token;
use crate::render::transcript::Prompt;

/// Every sequence of tokens, as a grammar.
const ANYTHING: &str = "start: <[*]>*";

/// From so many bytes on, what was said is worked on by a thread where that holds up nobody: a grammar of what may be
/// copied takes tenths of a second for a few thousand words.
const LONG: usize = 4 << 10;

/// A request, ready for the engine.
pub(super) struct Prepared {
    pub(super) generation: Generation,
    /// The tokens of the prompt that are new in the conversation.
    pub(super) new: usize,
    /// What the prompt has begun the reply with: the mark before reasoning, or nothing.
    pub(super) opening: String,
    /// The transcript that the prompt goes on from.
    pub(super) earlier: Option<Mark>,
}

/// What a request comes to by itself, whatever was kept of its session.
struct Rendered {
    prompt: Vec<Token>,
    new: usize,
    /// Tokens that any conversation with these tools begins with, where that matters.
    shared: usize,
    opening: String,
    earlier: Option<Mark>,
    matcher: Matcher,
    chooser: Chooser,
}

impl Loaded {
    /// Renders and constrains: everything the engine needs to generate.
    pub(super) async fn prepare(
        self: &Arc<Self>,
        request: &ModelRequest<'_>,
        held: Held,
        keys: &[Key],
        progress: mpsc::UnboundedSender<Progress>,
    ) -> Result<Prepared, Fault> {
        let session = request.session.as_str();
        let restored = self.restored(session).await;
        let rendered = match Handle::try_current() {
            Ok(runtime) if is_long(request.history) => {
                let (loaded, asked, keys) = (Arc::clone(self), Asked::of(request), keys.to_vec());
                let work = move || loaded.render(&asked.request(), held, &keys);
                runtime.spawn_blocking(work).await.map_err(defect)??
            }
            Ok(_) | Err(_) => self.render(request, held, keys)?,
        };
        let Rendered { prompt, new, shared, opening, earlier, matcher, chooser } = rendered;
        let (restored, keeper) = self.kept(session, restored, &prompt[..shared], earlier.as_ref()).await;
        let generation = Generation {
            session: session.to_owned(),
            prompt,
            shared,
            matcher,
            chooser,
            tokens_max: usize::try_from(request.tokens_max).unwrap_or(usize::MAX),
            priority: Priority::default(),
            restored,
            keeper,
            progress,
        };
        Ok(Prepared { generation, new, opening, earlier })
    }

    fn render(&self, request: &ModelRequest<'_>, held: Held, keys: &[Key]) -> Result<Rendered, Fault> {
        let renderer = self.renderer();
        let (history, tools) = (request.history, request.tools);
        let known = self.transcripts.longest(&keys[..history.len()]);
        let earlier = known.as_ref().map(|(_, transcript)| transcript);
        let Prompt { tokens: prompt, mut new, begun } =
            renderer.prompt(earlier.map(AsRef::as_ref), history, tools, self.settings.earlier_reasoning)?;
        let replied =
            history.iter().rposition(|message| message.role == Role::Assistant).map_or(0, |at| at + 1);
        // After a compaction, what the session had come to is computed again from where it was changed.
        if earlier.is_none_or(|earlier| earlier.messages < replied)
            && self.transcripts.knows(request.session.as_str())
        {
            new = renderer.since(replied, history, tools).unwrap_or(new);
        }
        let begins = earlier.is_none() && (self.marks || self.states.is_some());
        let shared = if begins { renderer.shared(&prompt, history, tools) } else { 0 };
        // Where earlier replies are written anew, the prompt does not go on from what was said.
        let earlier = known.as_ref().and_then(|(key, transcript)| Mark::within(&prompt, *key, transcript));
        let (callable, options) = (request.callable(), request.options);
        let sources = Sources::new(history).without_repeats(&callable);
        let sayable = options.grounded.then(|| figures::pattern(&figures::known(history)));
        let turn = Turn::new(&callable, request.mode, sources).begun(begun);
        let turn = turn.asked(options).saying(sayable.as_deref());
        let matcher = match held {
            Held::ToGrammar => self.constrainer.reply(self.dialect.as_ref(), &turn)?,
            Held::ToNothing => self.constrainer.matcher(ANYTHING)?,
        };
        let sampling = options.sampling.as_ref().unwrap_or(&self.settings.sampling).clone();
        let guide = self.guide(&turn, options.reasoning_max);
        let chooser = Chooser::new(sampling, Masking::WhenRefused).guided(guide);
        let opening = self.dialect.thinking().filter(|_| begun).map(|(begins, _)| begins.to_owned());
        let opening = opening.unwrap_or_default();
        Ok(Rendered { prompt, new, shared, opening, earlier, matcher, chooser })
    }
}

/// A request that can be handed to another thread.
struct Asked {
    session: SessionId,
    history: Vec<Message>,
    tools: Vec<ToolSpec>,
    revealed: Vec<ToolSpec>,
    mode: ReplyMode,
    tokens_max: u64,
    options: ReplyOptions,
}

impl Asked {
    fn of(request: &ModelRequest<'_>) -> Self {
        Self {
            session: request.session.clone(),
            history: request.history.to_vec(),
            tools: request.tools.to_vec(),
            revealed: request.revealed.to_vec(),
            mode: request.mode,
            tokens_max: request.tokens_max,
            options: request.options.clone(),
        }
    }

    fn request(&self) -> ModelRequest<'_> {
        ModelRequest {
            session: &self.session,
            history: &self.history,
            tools: &self.tools,
            revealed: &self.revealed,
            mode: self.mode,
            tokens_max: self.tokens_max,
            options: &self.options,
        }
    }
}

/// Whether so much was said that to work on it takes long.
fn is_long(history: &[Message]) -> bool {
    history.iter().flat_map(|message| &message.parts).map(bytes).sum::<usize>() >= LONG
}

fn bytes(part: &Part) -> usize {
    match part {
        Part::Text(text) | Part::Task { text, .. } | Part::Note(text) | Part::Reasoning(text) => text.len(),
        Part::Call(call) => call.arguments.values().map(bytes_of).sum(),
        Part::Result(result) => bytes_of(&result.result),
    }
}

fn bytes_of(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(bytes_of).sum(),
        Value::Object(named) => named.iter().map(|(name, inner)| name.len() + bytes_of(inner)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 1,
    }
}

fn defect(error: JoinError) -> Fault {
    Fault::new(FaultKind::Backend, "rendering the prompt failed unexpectedly").with_source(error)
}

#[cfg(test)]
mod tests;
