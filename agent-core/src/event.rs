//! Events: the durable facts of a run, in the JSON shape that `--json` prints and the journal keeps.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::answer::AnswerSchema;
use crate::compact::Compaction;
use crate::ids::{CallId, IdempotencyKey, RunId, SessionId};
use crate::limits::{LimitKind, TokenUsage, Usage};
use crate::message::{CallOutcome, ToolCall};
use crate::ports::StopReason;
use crate::provenance::Origin;
use crate::tool::Failure;
use crate::workflow::{Begun, StepEnd};

/// Which model served a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// The model's own name.
    pub name: String,
    /// SHA-256 of its file in hex, or empty where there is no file.
    pub sha256: String,
}

/// Whether a call may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It may.
    Allow,
    /// It may not; the model is told.
    Deny,
    /// A person has to say; the run waits.
    Ask,
}

/// A policy's verdict and its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Allow, deny or ask.
    pub verdict: Verdict,
    /// Why, for the journal, the person and (on deny) the model.
    pub why: String,
}

impl Decision {
    /// A decision with its reason.
    pub fn new(verdict: Verdict, why: impl Into<String>) -> Self {
        Self { verdict, why: why.into() }
    }
}

/// How a reply was made, so that it can be made again: its tokens and how they were chosen.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Recording {
    /// The reply's tokens, with the one that ended it; empty for a model without tokens.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tokens: Vec<u32>,
    /// The sampler's settings, seed included; null for a model without a sampler.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub sampling: Value,
}

/// What proves that a call took effect: what the person can refer to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The call.
    pub call: CallId,
    /// The tool.
    pub tool: String,
    /// The reference in its result: a booking, a receipt, an order.
    pub reference: String,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The model answered.
    Answered,
    /// The model asked the person something: its text ends with a question mark.
    Asked,
    /// A limit was reached, or cut the answer off; the answer holds what there was by then.
    Limit {
        /// Which limit.
        limit: LimitKind,
    },
    /// A call waits for a person's decision.
    Waiting {
        /// The call that waits.
        call: CallId,
    },
    /// The person cancelled the run.
    Cancelled,
    /// A step of the workflow could not be done, or its answer not be made; the answer says why.
    Failed {
        /// The step; empty for the answer.
        step: String,
    },
}

/// One durable fact of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// A person's message begins a run.
    Started {
        /// This run.
        run: RunId,
        /// The session it belongs to.
        session: SessionId,
        /// The person's message.
        message: String,
        /// Whether strangers may have had a part in it, as in a task that an agent hands on which has read what they
        /// wrote: then it is nobody's request.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        untrusted_message: bool,
        /// The key that the caller began it under, where they gave one: no other run of the session is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
        /// The model that serves the run.
        model: ModelInfo,
        /// Names of the tools offered.
        tools: Vec<String>,
        /// Names of those whose results hold what strangers wrote.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        untrusted: Vec<String>,
        /// Where the effects of those take place that say so, by their names.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        places: BTreeMap<String, String>,
        /// The shape that the answer has to have, where one was asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answer_schema: Option<AnswerSchema>,
        /// The workflow that the run follows, where it follows one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        workflow: Option<Box<Begun>>,
        /// Local date and time of the person when the run began.
        now: DateTime,
    },
    /// A new process goes on with the run; calls that were under way are in doubt.
    Resumed,
    /// Of many tools, those that fit the words of the request are described to the model with it.
    ToolsRevealed {
        /// Their descriptions, as the model reads them.
        tools: Vec<Value>,
    },
    /// The model replied.
    ModelReplied {
        /// Turn, from 1.
        turn: u32,
        /// What it said to the person.
        text: String,
        /// What it thought before.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reasoning: String,
        /// The calls it asked for.
        calls: Vec<ToolCall>,
        /// Why it ended.
        #[serde(default, skip_serializing_if = "StopReason::is_ended")]
        stop: StopReason,
        /// How sure the model was: see [`ModelReply::confidence`](crate::ModelReply::confidence).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        confidence: Option<f32>,
        /// Tokens of this turn.
        usage: TokenUsage,
        /// Milliseconds in the model.
        ms: u64,
        /// How the reply was made.
        #[serde(flatten)]
        recording: Recording,
    },
    /// The model's reply could not be read; the text is kept.
    ReplyMalformed {
        /// Turn, from 1.
        turn: u32,
        /// The reply as it was.
        text: String,
        /// What is wrong with it.
        problem: String,
        /// Why it ended.
        #[serde(default, skip_serializing_if = "StopReason::is_ended")]
        stop: StopReason,
        /// Tokens of this turn.
        usage: TokenUsage,
        /// Milliseconds in the model.
        ms: u64,
        /// How the reply was made.
        #[serde(flatten)]
        recording: Recording,
    },
    /// The policy decided on a call.
    CallDecided {
        /// The call.
        call: CallId,
        /// Allow, deny or ask.
        decision: Verdict,
        /// Why.
        why: String,
        /// Where each argument comes from.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        origins: Vec<Origin>,
        /// What the call would do, where a person is asked and the tool can say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        plan: Option<Value>,
        /// SHA-256 over the call and its plan, in hex: what an approval is bound to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        digest: Option<String>,
    },
    /// A person decided on a call that waited for them.
    PersonDecided {
        /// The call.
        call: CallId,
        /// Allow or deny; ask where nobody could be asked: for the reason in `why`, the call is refused then.
        decision: Verdict,
        /// The digest of what they were shown.
        digest: String,
        /// Why, in their words, where they gave a reason: the model is told it where the call is not allowed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// A call is about to run. Durable before the tool is touched.
    CallStarted {
        /// The call.
        call: CallId,
        /// The key handed to the tool.
        key: IdempotencyKey,
    },
    /// A call failed in a way that may pass. It is tried again under the same key.
    CallRetried {
        /// The call.
        call: CallId,
        /// Attempts that have failed, from 1.
        attempt: u32,
        /// What went wrong.
        error: String,
        /// Whether it may have taken effect all the same: the answer of an attempt was lost.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        in_doubt: bool,
        /// Milliseconds to wait before the next attempt.
        wait_ms: u64,
        /// Milliseconds the failed attempt took.
        ms: u64,
    },
    /// The tool found that a call would do something else than a person has allowed, and did nothing. They
    /// are asked again.
    CallWithheld {
        /// The call.
        call: CallId,
        /// Why, for the person.
        why: String,
        /// What the call would do now.
        plan: Value,
        /// SHA-256 over the call and its plan, in hex: what an approval is bound to.
        digest: String,
        /// Milliseconds in the tool.
        ms: u64,
    },
    /// A call came to an end. Durable before the model sees the result.
    CallFinished {
        /// The call.
        call: CallId,
        /// How it ended.
        outcome: CallOutcome,
        /// What the model is told.
        result: Value,
        /// The kind of the failure, where the tool failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failure: Option<Failure>,
        /// Milliseconds in the tool.
        ms: u64,
    },
    /// What should have completed an effect failed for good; the effect is taken back.
    UndoPlanned {
        /// The call that undoes: of the same tool and arguments as the one undone.
        call: ToolCall,
        /// The call that is undone.
        undoes: CallId,
        /// Why.
        why: String,
    },
    /// The answer claims what no call of this run has done. The model is asked once to say what is true.
    ClaimRefused {
        /// The words of the answer.
        claim: String,
        /// What is wrong with them, for the model.
        problem: String,
    },
    /// A step of the workflow makes these calls.
    StepCalled {
        /// The step.
        step: String,
        /// The calls: one, or one for each element of a list.
        calls: Vec<ToolCall>,
    },
    /// A step of the workflow puts something to the model.
    StepAsked {
        /// The step.
        step: String,
        /// What it puts to it.
        message: String,
        /// Whether strangers' words may stand in that: then it is nobody's request.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        untrusted: bool,
        /// Whether the model may call tools for it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        may_call: bool,
        /// The shape that the reply has to have, where one is asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answer_schema: Option<AnswerSchema>,
    },
    /// A step of the workflow came to an end.
    StepEnded {
        /// The step.
        step: String,
        /// How.
        #[serde(flatten)]
        end: StepEnd,
    },
    /// The model's window was full: less is shown of what came before.
    Compacted {
        /// What was done to make room.
        #[serde(flatten)]
        step: Compaction,
        /// What did not fit.
        why: String,
    },
    /// The run ended.
    Finished {
        /// How.
        #[serde(flatten)]
        outcome: Outcome,
        /// The answer, the question, or what there was of it.
        answer: String,
        /// What the run did, by reference.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        receipts: Vec<Receipt>,
        /// JSON pointers into an answer of a given shape to what a limit left unfinished.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        incomplete: Vec<String>,
        /// What the run used.
        usage: Usage,
    },
}
