//! A model that runs in this process: the four stages of the model step behind the [`Model`] port.
//!
//! `render` → `constrain` → `decode` → parse (the `dialect`). `load` puts a [`LocalModel`] together from a GGUF file.

mod hash;
mod identity;
mod load;
#[cfg(feature = "hub")]
mod named;
mod prepare;
mod replies;
mod settings;
mod states;
mod tokenizer;
mod transcripts;
mod utf8;

use std::sync::Arc;

use async_trait::async_trait;
use handyman_core::{
    DeltaSink, Discard, Fault, Message, Model, ModelInfo, ModelReply, ModelRequest, Recording, Role,
    StopReason, ToolSpec,
};
use tokio::sync::mpsc;

pub use crate::decode::figures::{EngineFigures, Spread};
pub use crate::decode::{Priority, Shortcuts};
pub use crate::llama::cache::CacheType;
pub use crate::llama::devices::{Device, devices};
pub use crate::render::transcript::EarlierReasoning;
pub use settings::{ModelCard, ModelSettings};
pub use states::StateFolder;

use crate::constrain::Constrainer;
use crate::decode::engine::{Engine, gone};
use crate::decode::guide::Guide;
use crate::decode::parked::Saved;
use crate::decode::{Keeper, Progress, Stop};
use crate::dialect::{Dialect, Turn};
use crate::llama::Token;
use crate::llama::bare::{Bare, bare_loop};
use crate::render::Template;
use crate::render::transcript::{Renderer, Tokenize, Transcript};
use prepare::Prepared;
use states::{Beginning, Mark, States, Stored};
use tokenizer::ModelTokenizer;
use transcripts::{Key, Transcripts};
use utf8::Assembler;

/// Tokens that sessions begin with alike; fewer are not worth a file.
const BEGINNING_MIN: usize = 32;

/// A GGUF model in this process. Clones share it: its weights, its KV cache and its thread.
#[derive(Debug, Clone)]
pub struct LocalModel {
    shared: Arc<Loaded>,
    priority: Priority,
}

/// What clones of a model share.
#[derive(Debug)]
struct Loaded {
    card: ModelCard,
    settings: ModelSettings,
    template: Template,
    dialect: Arc<dyn Dialect>,
    tokenizer: ModelTokenizer,
    constrainer: Constrainer,
    engine: Engine,
    transcripts: Transcripts,
    states: Option<States>,
    /// Whether sequences can only go back to where they were marked.
    marks: bool,
}

/// What a reply is held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    /// The grammar of the tools and of what may be copied: always, in a run.
    ToGrammar,
    /// Nothing, to measure what the grammar is worth.
    ToNothing,
}

impl LocalModel {
    /// What there is to know about it.
    #[must_use]
    pub fn card(&self) -> &ModelCard {
        &self.shared.card
    }

    /// The same model for work that is more or less urgent than other work on it.
    #[must_use]
    pub fn with_priority(&self, priority: Priority) -> Self {
        Self { shared: Arc::clone(&self.shared), priority }
    }

    /// What its engine has done since it was loaded.
    #[must_use]
    pub fn figures(&self) -> EngineFigures {
        self.shared.engine.figures()
    }

    /// How long it takes to decode this many tokens one by one, for so many sequences side by side, in a loop that does
    /// nothing else: what [`Model::reply`] is compared with. It has this model's threads and kernels
    /// ([`ModelSettings::own_kernels`]), so that only the loops differ. Blocks, and computes in a KV cache of its own.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Backend` when there is no memory for that cache.
    pub fn bare_loop(&self, tokens: usize, sequences: u32) -> Result<std::time::Duration, Fault> {
        let ModelSettings { threads, own_kernels, .. } = self.shared.settings;
        let bare = Bare { tokens, sequences, threads, own_kernels };
        bare_loop(self.shared.tokenizer.weights(), bare)
    }

    /// What the model writes when nothing holds it: what [`Model::reply`] is compared with, to measure what the
    /// grammar is worth. No run replies like this.
    ///
    /// # Errors
    /// As [`Model::reply`].
    pub async fn unconstrained(&self, request: ModelRequest<'_>) -> Result<ModelReply, Fault> {
        self.generate(request, Held::ToNothing, &Discard).await
    }
}

impl Loaded {
    fn renderer(&self) -> Renderer<'_> {
        Renderer { template: &self.template, dialect: self.dialect.as_ref(), tokenizer: &self.tokenizer }
    }

    /// What an earlier process has of a prompt, or else of the beginning that all sessions with the same tools
    /// have; and who takes the prompt once it is computed.
    async fn kept(
        &self,
        session: &str,
        restored: Option<Saved>,
        beginning: &[Token],
        mark: Option<&Mark>,
    ) -> (Option<(String, Saved)>, Option<Keeper>) {
        let Some(states) = &self.states else { return (None, None) };
        let own = states.keeper(session, mark.into_iter().cloned().collect());
        let (found, keeper) = match restored {
            Some(saved) => (Some((session.to_owned(), saved)), own),
            None if beginning.len() < BEGINNING_MIN => (None, own),
            None => match states.find_beginning(beginning).await {
                Beginning::Known => (None, own),
                Beginning::Found(name, saved) => (Some((name, saved)), own),
                Beginning::Missing(name) => (None, own.also(&name, session)),
            },
        };
        (found, Some(Box::new(keeper)))
    }

    /// What an earlier process kept of a session, with its transcript. A session that was replied to here is in the
    /// engine's hands.
    async fn restored(&self, session: &str) -> Option<Saved> {
        let states = self.states.as_ref().filter(|_| !self.transcripts.knows(session))?;
        let Stored { marks, saved } = states.find(session).await?;
        for Mark { key, tokens, messages, ended } in marks {
            let transcript = Transcript { tokens: saved.tokens[..tokens].to_vec(), messages, ended };
            self.transcripts.keep(key, transcript);
        }
        self.transcripts.replied(session);
        Some(saved)
    }

    /// Notes the transcript of a reply, and has its sequence kept.
    fn remember(&self, session: &str, key: Key, earlier: Option<Mark>, transcript: Transcript) {
        if let Some(states) = &self.states {
            // A process may end before the reply is in the journal: then the same prompt comes once more.
            let marks = earlier.into_iter().chain([Mark::of(key, &transcript)]).collect();
            let keeper = states.keeper(session, marks).of(&transcript.tokens);
            // Without the engine's thread the next request says what is wrong.
            let _ = self.engine.keep(session.to_owned(), Box::new(keeper));
        }
        self.transcripts.keep(key, transcript);
        self.transcripts.replied(session);
    }

    /// What follows the reply while it is written.
    fn guide(&self, turn: &Turn<'_>, reasoning_max: Option<u32>) -> Guide {
        let mut marks = self.dialect.marks(turn);
        marks.closing = marks.thinking.iter().flat_map(|(_, ends)| self.tokenizer.tokenize(ends)).collect();
        Guide::new(self.constrainer.vocabulary(), marks, reasoning_max)
    }
}

#[async_trait]
impl Model for LocalModel {
    fn info(&self) -> ModelInfo {
        self.shared.card.info.clone()
    }

    fn window(&self) -> Option<u64> {
        Some(self.shared.card.window.into())
    }

    fn tokens(&self, text: &str) -> u64 {
        self.shared.tokenizer.tokenize(text).len() as u64
    }

    fn describing(&self, tools: &[ToolSpec]) -> u64 {
        let renderer = self.shared.renderer();
        let asked = [Message::text_of(Role::User, "?")];
        let tokens = |tools| {
            renderer.text(&asked, tools, true).map_or(0, |text| renderer.tokenize(&text).len() as u64)
        };
        tokens(tools).saturating_sub(tokens(&[]))
    }

    async fn reply(&self, request: ModelRequest<'_>, sink: &dyn DeltaSink) -> Result<ModelReply, Fault> {
        self.generate(request, Held::ToGrammar, sink).await
    }
}

impl LocalModel {
    async fn generate(
        &self,
        request: ModelRequest<'_>,
        held: Held,
        sink: &dyn DeltaSink,
    ) -> Result<ModelReply, Fault> {
        let shared = &self.shared;
        let _place = shared.engine.ticket()?;
        let (progress, mut reports) = mpsc::unbounded_channel();
        let keys = transcripts::keys(request.tools, request.history);
        let Prepared { mut generation, new, opening, earlier } =
            shared.prepare(&request, held, &keys, progress).await?;
        generation.priority = self.priority;
        let prompt = generation.prompt.clone();
        shared.engine.submit(generation)?;
        let mut splitter = shared.dialect.splitter(request.options.answer.is_some());
        // The mark alone shows nothing.
        let _ = splitter.push(&opening);
        let mut bytes = Assembler::default();
        let mut text = String::new();
        let mut generated = loop {
            match reports.recv().await.ok_or_else(gone)? {
                Progress::Piece(piece) => {
                    let new = bytes.push(&piece);
                    splitter.push(&new).into_iter().for_each(|delta| sink.delta(delta));
                    text.push_str(&new);
                }
                Progress::Done(result) => break result?,
            }
        };
        let rest = bytes.rest();
        let last = splitter.push(&rest).into_iter().chain(splitter.finish());
        last.for_each(|delta| sink.delta(delta));
        text.push_str(&rest);
        let body = replies::read(shared.dialect.as_ref(), &opening, &text, &generated, &request);
        generated.usage.recomputed = generated.usage.prefilled.saturating_sub(new as u64);
        let messages = [request.history, &[replies::as_message(&body)]].concat();
        let transcript = Transcript {
            tokens: [prompt.as_slice(), &generated.tokens].concat(),
            messages: messages.len(),
            ended: generated.stop == Stop::Ended,
        };
        if let Some(key) = transcripts::keys(request.tools, &messages).pop() {
            shared.remember(request.session.as_str(), key, earlier, transcript);
        }
        let stop = match generated.stop {
            Stop::Ended | Stop::Complete => StopReason::Ended,
            Stop::TokensMax | Stop::Circling => StopReason::Tokens,
            Stop::WindowFull => StopReason::Window,
        };
        let sampling = request.options.sampling.as_ref().unwrap_or(&shared.settings.sampling);
        let sampling = serde_json::to_value(sampling).unwrap_or_default();
        let recording = Recording { tokens: generated.tokens, sampling };
        Ok(ModelReply { body, usage: generated.usage, stop, confidence: generated.confidence, recording })
    }
}

#[cfg(test)]
mod tests;
