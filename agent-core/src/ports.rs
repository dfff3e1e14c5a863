//! The four seams through which the world enters: model, toolset, policy, journal.

mod journal;

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::event::{Decision, ModelInfo, Recording};
use crate::fault::Fault;
use crate::ids::{CallId, IdempotencyKey, SessionId};
use crate::limits::TokenUsage;
use crate::message::{CallOutcome, CallResult, Message, ToolCall};
use crate::options::ReplyOptions;
use crate::run::Run;
use crate::schema::shown;
use crate::tool::{CallContext, Probe, ToolResult, ToolSpec};

pub use journal::{Journal, Lease, Leases, RunSummary};

/// What a reply may consist of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyMode {
    /// Calls, or an answer.
    Free,
    /// Text only: the last turn before a limit, or no tools are offered.
    AnswerOnly,
}

/// What the model is asked to reply to.
#[derive(Debug, Clone, Copy)]
pub struct ModelRequest<'a> {
    /// Requests of one session extend the same history.
    pub session: &'a SessionId,
    /// Everything said so far, oldest first.
    pub history: &'a [Message],
    /// The tools that the prompt describes, in that order.
    pub tools: &'a [ToolSpec],
    /// Tools that messages of the history describe: they can be called as well.
    pub revealed: &'a [ToolSpec],
    /// What the reply may consist of.
    pub mode: ReplyMode,
    /// Tokens the reply may have.
    pub tokens_max: u64,
    /// What the run asks of the reply.
    pub options: &'a ReplyOptions,
}

impl ModelRequest<'_> {
    /// The tools that can be called: those of the prompt, and those that were revealed, without those that are ruled out.
    #[must_use]
    pub fn callable(&self) -> Vec<ToolSpec> {
        let is_ruled_out = |tool: &&ToolSpec| self.options.ruled_out.contains(&tool.name);
        self.tools.iter().chain(self.revealed).filter(|tool| !is_ruled_out(tool)).cloned().collect()
    }
}

/// A call as the model wrote it: it has no identity yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallRequest {
    /// The tool's name.
    pub tool: String,
    /// Named arguments.
    #[serde(default)]
    pub arguments: Map<String, Value>,
}

/// What the model replied.
#[derive(Debug, Clone, PartialEq)]
pub enum ReplyBody {
    /// A reply that could be read.
    Said {
        /// What it thought before it spoke; empty for most models.
        reasoning: String,
        /// What it said to the person.
        text: String,
        /// The calls it asked for, in order.
        calls: Vec<CallRequest>,
    },
    /// A reply that could not be read, kept as it is.
    Malformed {
        /// The whole text.
        text: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// Why a reply ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// The model ended it, or nothing could have followed.
    #[default]
    Ended,
    /// It had as many tokens as it may have.
    Tokens,
    /// The window was full.
    Window,
    /// A remote service withheld the rest.
    Withheld,
    /// The time for it was used up.
    Time,
}

impl StopReason {
    /// Whether the reply is whole.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        *self == Self::Ended
    }
}

/// A reply and what it cost.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelReply {
    /// What was said.
    pub body: ReplyBody,
    /// Where its tokens came from.
    pub usage: TokenUsage,
    /// Why it ended. A text that ended otherwise than by itself is not taken for a whole answer.
    pub stop: StopReason,
    /// How sure the model was of its least sure choice of a tool or of one of a few given values: the
    /// probability, from 0 to 1, of what it wrote among what the grammar allowed. `None` without such a choice.
    pub confidence: Option<f32>,
    /// How it was made.
    pub recording: Recording,
}

impl ModelReply {
    /// A whole reply.
    #[must_use]
    pub fn new(body: ReplyBody, usage: TokenUsage) -> Self {
        Self { body, usage, stop: StopReason::Ended, confidence: None, recording: Recording::default() }
    }
}

impl From<ReplyBody> for ModelReply {
    /// A whole reply that cost nothing.
    fn from(body: ReplyBody) -> Self {
        Self::new(body, TokenUsage::default())
    }
}

/// A piece of a reply while it streams, or how far a call has come: shown and forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delta {
    /// A piece of what is said to the person.
    Text(String),
    /// A piece of what is thought.
    Reasoning(String),
    /// How far a call has come, as its tool tells ([`CallContext::tell`]).
    Progress {
        /// The call.
        call: CallId,
        /// In the tool's words.
        text: String,
    },
}

/// Takes deltas as they come.
pub trait DeltaSink: Send + Sync {
    /// Shows one delta, unless it is of no interest. Must not block.
    fn delta(&self, delta: Delta) {
        let _ = delta;
    }
}

/// A sink for callers that do not stream.
#[derive(Debug, Clone, Copy)]
pub struct Discard;

impl DeltaSink for Discard {}

/// Bytes that a token stands for where a model cannot say: fewer than in most texts.
const BYTES_A_TOKEN: u64 = 3;

/// Turns a history into a reply.
///
/// Dropping the returned future cancels the generation; the session stays usable.
///
/// Whatever model replied, a tool that is not there or not yet shown is not called, arguments are held against the tool's
/// schema before it runs, and an answer against the shape that was asked for. The rest is the model's own duty, and nobody
/// else's:
///
/// - calls as they were asked for: none in [`ReplyMode::AnswerOnly`], the [`ToolChoice`](crate::ToolChoice), one alone
///   without `parallel_calls`, none of a tool that is ruled out (see [`ModelRequest::callable`]);
/// - arguments that are copied from where the tool's schema says (`x-from`, `x-verbatim`);
/// - no figures that nobody has said, where the answer has to be grounded ([`ReplyOptions::grounded`]);
/// - at most `tokens_max` tokens, and a [`StopReason`] that is true.
///
/// A model in this process is held to the first three by a grammar, and the replies of endpoints are checked. A model of
/// one's own is checked in the same way inside `Checked` (`handyman-runtime`). Models that play a script do what they are
/// told, unchecked: a test may let them say anything.
#[async_trait]
pub trait Model: Send + Sync {
    /// Which model this is.
    fn info(&self) -> ModelInfo;

    /// The tokens that a session may have; `None` where the model cannot say.
    fn window(&self) -> Option<u64> {
        None
    }

    /// How many tokens a text is; an estimate where the model cannot say.
    fn tokens(&self, text: &str) -> u64 {
        (text.len() as u64).div_ceil(BYTES_A_TOKEN)
    }

    /// How many tokens of a prompt describe these tools; an estimate where the model cannot say.
    fn describing(&self, tools: &[ToolSpec]) -> u64 {
        let described = |tool: &ToolSpec| {
            let parameters = shown(&tool.parameters);
            json!({"name": tool.name, "description": tool.description, "parameters": parameters}).to_string()
        };
        tools.iter().map(|tool| self.tokens(&described(tool))).sum()
    }

    /// Replies to the last message of the history.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Model`, `Template`, `Window`, `Schema` or `Backend`.
    async fn reply(&self, request: ModelRequest<'_>, sink: &dyn DeltaSink) -> Result<ModelReply, Fault>;
}

/// A collection of tools.
#[async_trait]
pub trait Toolset: Send + Sync {
    /// What the model is told of them, in a stable order.
    fn specs(&self) -> &[ToolSpec];

    /// Runs a call.
    ///
    /// # Errors
    /// A [`ToolError`](crate::ToolError) whose kind says whether trying again can help.
    async fn attempt(&self, call: &ToolCall, context: &CallContext) -> ToolResult<Value>;

    /// Says whether the effect of a call took place.
    async fn probe(&self, call: &ToolCall, key: &IdempotencyKey) -> Probe;

    /// Takes back the effect that an equal call made under `undone`.
    ///
    /// # Errors
    /// As [`Toolset::attempt`].
    async fn undo(
        &self,
        call: &ToolCall,
        undone: &IdempotencyKey,
        context: &CallContext,
    ) -> ToolResult<Value>;

    /// Says what a call would do, or nothing where the tool cannot say.
    ///
    /// # Errors
    /// As [`Toolset::attempt`], when the call would fail.
    async fn plan(&self, call: &ToolCall, context: &CallContext) -> ToolResult<Option<Value>>;

    /// Runs a call; whatever goes wrong is a result, as the model hears it.
    async fn call(&self, call: &ToolCall, context: &CallContext) -> CallResult {
        let (outcome, result) = match self.attempt(call, context).await {
            Ok(value) => (CallOutcome::Succeeded, value),
            Err(error) => (CallOutcome::Failed, error.to_value()),
        };
        CallResult { call: call.id.clone(), tool: call.tool.clone(), outcome, result }
    }
}

/// Says whether a call may run.
#[async_trait]
pub trait Policy: Send + Sync {
    /// Decides on one call, with the run as it is.
    async fn decide(&self, call: &ToolCall, spec: &ToolSpec, run: &Run) -> Decision;

    /// Names of the tools that the next reply shall not be able to call, though its prompt describes them. What is left
    /// out so needs no refusal, and no turn to hear of it; what the policy would refuse only with certain arguments, or
    /// has to give a reason for, it decides on instead. Follows from the run alone, so that a replay finds the same. A
    /// policy around another one hands on what that one rules out.
    fn ruled_out(&self, tools: &[ToolSpec], run: &Run) -> Vec<String> {
        let _ = (tools, run);
        Vec::new()
    }
}

/// A pointer to a model is a model.
macro_rules! model_behind {
    ($pointer:ident) => {
        #[async_trait]
        impl<M: Model + ?Sized> Model for $pointer<M> {
            fn info(&self) -> ModelInfo {
                (**self).info()
            }

            fn window(&self) -> Option<u64> {
                (**self).window()
            }

            fn tokens(&self, text: &str) -> u64 {
                (**self).tokens(text)
            }

            fn describing(&self, tools: &[ToolSpec]) -> u64 {
                (**self).describing(tools)
            }

            async fn reply(
                &self,
                request: ModelRequest<'_>,
                sink: &dyn DeltaSink,
            ) -> Result<ModelReply, Fault> {
                (**self).reply(request, sink).await
            }
        }
    };
}

model_behind!(Box);
model_behind!(Arc);

/// A pointer to a policy is a policy.
macro_rules! policy_behind {
    ($pointer:ident) => {
        #[async_trait]
        impl<P: Policy + ?Sized> Policy for $pointer<P> {
            async fn decide(&self, call: &ToolCall, spec: &ToolSpec, run: &Run) -> Decision {
                (**self).decide(call, spec, run).await
            }

            fn ruled_out(&self, tools: &[ToolSpec], run: &Run) -> Vec<String> {
                (**self).ruled_out(tools, run)
            }
        }
    };
}

policy_behind!(Box);
policy_behind!(Arc);

/// A pointer to what takes deltas takes deltas.
macro_rules! sink_behind {
    ($pointer:ident) => {
        impl<S: DeltaSink + ?Sized> DeltaSink for $pointer<S> {
            fn delta(&self, delta: Delta) {
                (**self).delta(delta);
            }
        }
    };
}

sink_behind!(Box);
sink_behind!(Arc);

#[cfg(test)]
mod tests;
