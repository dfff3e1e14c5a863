//! A model that runs in this process: the four stages of the model step behind the [`Model`] port.
//!
//! [`render`](crate::render) → [`constrain`](crate::constrain) → [`decode`](crate::decode) → parse (the
//! [`dialect`](crate::dialect)). [`load`] puts a [`LocalModel`] together from a GGUF file.

mod load;
mod tokenizer;
mod utf8;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use handyman_core::{
    Delta, DeltaSink, Fault, Message, Model, ModelInfo, ModelReply, ModelRequest, Part, ReplyBody, Role, SessionId,
    ToolCall,
};
use tokio::sync::mpsc;

pub use crate::decode::choose::Sampling;

use crate::constrain::Constrainer;
use crate::constrain::sources::Sources;
use crate::decode::choose::{Chooser, Masking};
use crate::decode::engine::{Engine, gone};
use crate::decode::{Generated, Generation, Progress, Stop};
use crate::dialect::{Dialect, Said, Turn};
use crate::render::Template;
use crate::render::transcript::{Renderer, Transcript};
use tokenizer::ModelTokenizer;
use utf8::Assembler;

/// Sessions whose transcripts are kept; one that was forgotten is rendered anew.
const TRANSCRIPTS_MAX: usize = 64;

/// How a model is run.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelSettings {
    /// Tokens a session may have; by default what the model was trained for, up to 8,192.
    pub window: Option<u32>,
    /// Threads to compute with; by default one for each physical core.
    pub threads: Option<u32>,
    /// Layers on the GPU; by default all of them, where there is a GPU.
    pub gpu_layers: Option<u32>,
    /// Sessions whose tokens are kept computed at the same time.
    pub sessions_max: u32,
    /// How tokens are drawn.
    pub sampling: Sampling,
}

impl Default for ModelSettings {
    fn default() -> Self {
        Self { window: None, threads: None, gpu_layers: None, sessions_max: 8, sampling: Sampling::default() }
    }
}

/// What there is to know about a loaded model.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelCard {
    /// Name and hash of the file.
    pub info: ModelInfo,
    /// The architecture, as llama.cpp names it.
    pub architecture: String,
    /// Parameters of the model.
    pub parameters: u64,
    /// Tokens in its vocabulary.
    pub vocabulary: u32,
    /// Tokens it was trained to see at once.
    pub window_trained: u32,
    /// Tokens a session may have.
    pub window: u32,
    /// Threads it computes with.
    pub threads: u32,
    /// How it writes calls: `hermes` or `generic`.
    pub dialect: &'static str,
    /// Why that dialect was chosen.
    pub dialect_why: String,
}

/// A GGUF model in this process.
#[derive(Debug)]
pub struct LocalModel {
    card: ModelCard,
    sampling: Sampling,
    template: Template,
    dialect: Arc<dyn Dialect>,
    tokenizer: ModelTokenizer,
    constrainer: Constrainer,
    engine: Engine,
    transcripts: Mutex<VecDeque<(SessionId, Arc<Transcript>)>>,
}

impl LocalModel {
    /// What there is to know about it.
    #[must_use]
    pub fn card(&self) -> &ModelCard {
        &self.card
    }

    fn transcript(&self, session: &SessionId) -> Option<Arc<Transcript>> {
        let transcripts = self.transcripts.lock().unwrap_or_else(PoisonError::into_inner);
        transcripts.iter().find(|(known, _)| known == session).map(|(_, transcript)| Arc::clone(transcript))
    }

    fn remember(&self, session: &SessionId, transcript: Transcript) {
        let mut transcripts = self.transcripts.lock().unwrap_or_else(PoisonError::into_inner);
        transcripts.retain(|(known, _)| known != session);
        if transcripts.len() == TRANSCRIPTS_MAX {
            transcripts.pop_front();
        }
        transcripts.push_back((session.clone(), Arc::new(transcript)));
    }

    /// Renders and constrains: everything the engine needs to generate.
    fn prepare(
        &self,
        request: &ModelRequest<'_>,
        progress: mpsc::UnboundedSender<Progress>,
    ) -> Result<Generation, Fault> {
        let renderer =
            Renderer { template: &self.template, dialect: self.dialect.as_ref(), tokenizer: &self.tokenizer };
        let earlier = self.transcript(request.session);
        let prompt = renderer.prompt(earlier.as_deref(), request.history, request.tools)?;
        let sources = Sources::new(request.history);
        let grammar = self.dialect.grammar(&Turn { tools: request.tools, mode: request.mode, sources })?;
        Ok(Generation {
            session: request.session.as_str().to_owned(),
            prompt,
            matcher: self.constrainer.matcher(&grammar)?,
            chooser: Chooser::new(self.sampling.clone(), Masking::WhenRefused),
            tokens_max: usize::try_from(request.tokens_max).unwrap_or(usize::MAX),
            progress,
        })
    }

    /// Reads a reply that is whole, or as whole as it got.
    fn read(&self, text: &str, generated: &Generated) -> ReplyBody {
        match (self.dialect.parse(text), generated.stop) {
            (_, Stop::WindowFull) | (Err(_), Stop::TokensMax) => ReplyBody::Malformed {
                text: text.to_owned(),
                problem: format!("it was cut off after {} tokens, before it was whole", generated.tokens.len()),
            },
            (Ok(Said { reasoning, text, calls }), _) => ReplyBody::Said { reasoning, text, calls },
            (Err(problem), Stop::Ended | Stop::Complete | Stop::Cancelled) => {
                ReplyBody::Malformed { text: text.to_owned(), problem }
            }
        }
    }
}

#[async_trait]
impl Model for LocalModel {
    fn info(&self) -> ModelInfo {
        self.card.info.clone()
    }

    async fn reply(&self, request: ModelRequest<'_>, sink: &dyn DeltaSink) -> Result<ModelReply, Fault> {
        let (progress, mut reports) = mpsc::unbounded_channel();
        let generation = self.prepare(&request, progress)?;
        let prompt = generation.prompt.clone();
        self.engine.submit(generation)?;
        let mut splitter = self.dialect.splitter();
        let mut bytes = Assembler::default();
        let mut text = String::new();
        let generated = loop {
            match reports.recv().await.ok_or_else(gone)? {
                Progress::Piece(piece) => {
                    let new = bytes.push(&piece);
                    splitter.push(&new).into_iter().for_each(|delta| sink.delta(delta));
                    text.push_str(&new);
                }
                Progress::Done(result) => break result?,
            }
        };
        text.push_str(&bytes.rest());
        let body = self.read(&text, &generated);
        if let (true, ReplyBody::Said { text, .. }) = (splitter.is_hidden(), &body)
            && !text.is_empty()
        {
            sink.delta(Delta::Text(text.clone()));
        }
        let mut messages = request.history.to_vec();
        messages.push(as_message(&body));
        let tokens = [prompt, generated.tokens].concat();
        let ended = generated.stop == Stop::Ended;
        self.remember(request.session, Transcript { tokens, messages, tools: request.tools.to_vec(), ended });
        Ok(ModelReply { body, usage: generated.usage })
    }
}

/// The message that a reply becomes in the history. Calls get their names from the run.
fn as_message(body: &ReplyBody) -> Message {
    match body {
        ReplyBody::Malformed { text, .. } => Message::text_of(Role::Assistant, text),
        ReplyBody::Said { reasoning, text, calls } => {
            let mut parts = Vec::new();
            if !reasoning.is_empty() {
                parts.push(Part::Reasoning(reasoning.clone()));
            }
            if !text.is_empty() {
                parts.push(Part::Text(text.clone()));
            }
            parts.extend(calls.iter().map(|call| {
                Part::Call(ToolCall { id: "".into(), tool: call.tool.clone(), arguments: call.arguments.clone() })
            }));
            Message { role: Role::Assistant, parts }
        }
    }
}

#[cfg(test)]
mod tests;
