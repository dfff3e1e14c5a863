//! A run: the fold of its events.

mod fold;
mod notes;
mod places;
mod replies;
mod requests;
mod revealed;
mod script;
mod strangers;

pub use fold::UNREADABLE;
use places::BeganWith;
pub use places::Moved;
pub use requests::Request;

use jiff::civil::{Date, DateTime};
use serde_json::Value;

use crate::answer::AnswerSchema;
use crate::event::{Event, Outcome, Receipt};
use crate::ids::{CallId, IdempotencyKey, RunId, SessionId};
use crate::limits::Usage;
use crate::message::{CallOutcome, CallResult, Message, ToolCall};
use crate::ports::StopReason;
use crate::provenance::{self, Origin};
use crate::tool::{CallContext, Failure};
use crate::workflow::Progress;

/// What a session's earlier runs leave to the next one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Earlier {
    /// What the model is shown of what was said so far.
    pub messages: Vec<Message>,
    /// Everything said so far, where that is more.
    pub record: Vec<Message>,
    /// The date the model was last told.
    pub date: Option<Date>,
    /// Names of the tools whose results hold what strangers wrote.
    pub untrusted: Vec<String>,
    /// Names of the tools that messages have described (see [`catalogue`](crate::catalogue)).
    pub revealed: Vec<String>,
}

/// Where a call of the current turn stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallState {
    /// The policy has not been asked.
    Undecided,
    /// It may run.
    Allowed,
    /// It may not run, for this reason.
    Denied(String),
    /// A person has to say.
    AwaitingPerson,
    /// It was started by this process.
    Started,
    /// It was started by a process that ended.
    InDoubt,
    /// It has a result.
    Finished,
}

/// A call of the current turn.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "facts of a call, each of its own")]
pub struct PendingCall {
    /// The call.
    pub call: ToolCall,
    /// Where it stands.
    pub state: CallState,
    /// What it came to, once finished.
    pub result: Option<CallResult>,
    /// The digest of what a person has been shown and has allowed.
    pub approved: Option<String>,
    /// Whether it was allowed before the run was resumed and is decided on anew: journals of earlier versions start
    /// such a call at once.
    pub was_allowed: bool,
    /// What a person was last shown of what it would do.
    pub plan: Option<Value>,
    /// Whether it has been started, if only to be interrupted or withheld: it then counts among the run's calls.
    pub begun: bool,
    /// Attempts that failed in a way that may pass.
    pub attempts: u32,
    /// Whether an earlier attempt may have taken effect: its answer was lost, or its process ended. Of a call that must
    /// not happen twice, its probe has said since that it has not.
    pub in_doubt: bool,
    /// Milliseconds to wait before the next attempt.
    pub wait_ms: u64,
    /// The call this one takes back, if it is not the model's but the planner's.
    pub undoes: Option<CallId>,
    /// Whether a step of the workflow makes it, not the model.
    pub scripted: bool,
}

impl PendingCall {
    fn new(call: ToolCall, state: CallState) -> Self {
        Self {
            call,
            state,
            result: None,
            approved: None,
            was_allowed: false,
            plan: None,
            begun: false,
            attempts: 0,
            in_doubt: false,
            wait_ms: 0,
            undoes: None,
            scripted: false,
        }
    }
}

/// A call of this run that has come to an end.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// The call.
    pub call: ToolCall,
    /// How it ended.
    pub outcome: CallOutcome,
    /// What the model was told.
    pub result: Value,
    /// The kind of the failure, where the tool failed.
    pub failure: Option<Failure>,
    /// The call it took back, if it is not the model's but the planner's.
    pub undoes: Option<CallId>,
}

/// The state of a run. Only [`Run::apply`] changes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    id: RunId,
    session: SessionId,
    message: String,
    history: Vec<Message>,
    /// Everything said, once less of it is shown; empty until then.
    record: Vec<Message>,
    told_date: Option<Date>,
    now: Option<DateTime>,
    pending: Vec<PendingCall>,
    done: Vec<Done>,
    untrusted: Vec<String>,
    began_with: BeganWith,
    reveals: bool,
    revealed: Vec<String>,
    calls_seen: u32,
    malformed_in_a_row: u32,
    invalid_in_a_row: u32,
    claims_refused: u32,
    said: String,
    stop: StopReason,
    confidence: Option<f32>,
    usage: Usage,
    /// The calls of this turn that ran side by side and have come to something, and the longest time of one.
    side_by_side: (Vec<CallId>, u64),
    outcome: Option<Outcome>,
    answer: String,
    receipts: Vec<Receipt>,
    answer_schema: Option<AnswerSchema>,
    incomplete: Vec<String>,
    progress: Option<Box<Progress>>,
    /// Calls that the workflow's steps have asked for, and how often one was started.
    scripted_calls: u32,
    scripted_starts: u32,
}

impl Run {
    /// A run that has not begun, after what was said earlier in its session.
    #[must_use]
    pub fn new(id: RunId, earlier: Earlier) -> Self {
        Self {
            id,
            session: "".into(),
            message: String::new(),
            history: earlier.messages,
            record: earlier.record,
            told_date: earlier.date,
            now: None,
            pending: Vec::new(),
            done: Vec::new(),
            untrusted: earlier.untrusted,
            began_with: BeganWith::default(),
            reveals: false,
            revealed: earlier.revealed,
            calls_seen: 0,
            malformed_in_a_row: 0,
            invalid_in_a_row: 0,
            claims_refused: 0,
            said: String::new(),
            stop: StopReason::Ended,
            confidence: None,
            usage: Usage::default(),
            side_by_side: Default::default(),
            outcome: None,
            answer: String::new(),
            receipts: Vec::new(),
            answer_schema: None,
            incomplete: Vec::new(),
            progress: None,
            scripted_calls: 0,
            scripted_starts: 0,
        }
    }

    /// The fold of these events.
    pub fn replay<'a>(id: RunId, earlier: Earlier, events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut run = Self::new(id, earlier);
        for event in events {
            run.apply(event);
        }
        run
    }

    /// This run's name.
    #[must_use]
    pub fn id(&self) -> &RunId {
        &self.id
    }

    /// The session it belongs to.
    #[must_use]
    pub fn session(&self) -> &SessionId {
        &self.session
    }

    /// The message that began it; empty before it has begun.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Everything the model is shown, earlier runs of the session included.
    #[must_use]
    pub fn history(&self) -> &[Message] {
        &self.history
    }

    /// Everything said, whether or not the model is still shown it (see [`compact`](crate::compact)).
    #[must_use]
    pub fn record(&self) -> &[Message] {
        if self.record.is_empty() { &self.history } else { &self.record }
    }

    /// Local date and time of the person when the run began; `None` before it has.
    #[must_use]
    pub fn now(&self) -> Option<DateTime> {
        self.now
    }

    /// The calls of the current turn, in the order the model asked for them.
    #[must_use]
    pub fn pending(&self) -> &[PendingCall] {
        &self.pending
    }

    /// The calls of this run that have come to an end, in that order.
    #[must_use]
    pub fn done(&self) -> &[Done] {
        &self.done
    }

    /// Names of the tools whose results hold what strangers wrote.
    #[must_use]
    pub fn untrusted(&self) -> &[String] {
        &self.untrusted
    }

    /// Where each argument of a call comes from.
    #[must_use]
    pub fn trace(&self, call: &ToolCall) -> Vec<Origin> {
        let (arguments, said, untrusted) = (&call.arguments, self.record(), &self.untrusted);
        match self.progress() {
            Some(progress) if self.is_scripted(&call.id) => {
                script::attributed(provenance::trace_of_step(arguments, said, untrusted), progress)
            }
            Some(_) | None => provenance::trace(arguments, said, untrusted),
        }
    }

    /// Whether a step of the workflow makes this call, not the model.
    #[must_use]
    pub fn is_scripted(&self, call: &CallId) -> bool {
        self.pending.iter().any(|pending| pending.call.id == *call && pending.scripted)
    }

    /// Calls that were started because the model asked for them.
    #[must_use]
    pub fn calls_of_model(&self) -> u32 {
        self.usage.calls.saturating_sub(self.scripted_starts)
    }

    /// Calls that steps of the workflow have asked for.
    #[must_use]
    pub fn calls_of_steps(&self) -> u32 {
        self.scripted_calls
    }

    /// How far the workflow has come that the run follows, if it follows one.
    #[must_use]
    pub fn progress(&self) -> Option<&Progress> {
        self.progress.as_deref()
    }

    /// Malformed replies since the last good one.
    #[must_use]
    pub fn malformed_in_a_row(&self) -> u32 {
        self.malformed_in_a_row
    }

    /// Calls with wrong arguments since the last good one.
    #[must_use]
    pub fn invalid_in_a_row(&self) -> u32 {
        self.invalid_in_a_row
    }

    /// Answers that claimed what was not done.
    #[must_use]
    pub fn claims_refused(&self) -> u32 {
        self.claims_refused
    }

    /// What has been used up.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.usage
    }

    /// How the run ended, or `None` while it goes on.
    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// The answer, the question, or the partial answer; empty while the run goes on.
    #[must_use]
    pub fn answer(&self) -> &str {
        &self.answer
    }

    /// What the run did, by reference; empty while it goes on.
    #[must_use]
    pub fn receipts(&self) -> &[Receipt] {
        &self.receipts
    }

    /// The shape that the answer has to have; `None` for a text.
    #[must_use]
    pub fn answer_schema(&self) -> Option<&AnswerSchema> {
        self.answer_schema.as_ref()
    }

    /// JSON pointers into an answer of a given shape to what a limit left unfinished.
    #[must_use]
    pub fn incomplete(&self) -> &[String] {
        &self.incomplete
    }

    /// The id for the `index`-th call (from 0) of the next reply: unique within the run.
    #[must_use]
    pub fn next_call_id(&self, index: usize) -> CallId {
        CallId::from(format!("c{}", self.calls_seen as usize + index + 1))
    }

    /// The idempotency key of a call of this run.
    #[must_use]
    pub fn key(&self, call: &CallId) -> IdempotencyKey {
        IdempotencyKey::of(&self.id, call)
    }

    /// What a tool is given beside the arguments of a call; nothing before the run has begun.
    #[must_use]
    pub fn context(&self, call: &CallId) -> Option<CallContext> {
        let pending = self.pending.iter().find(|pending| pending.call.id == *call);
        let allowed = pending.filter(|pending| pending.approved.is_some()).and_then(|p| p.plan.clone());
        let context = CallContext::new(self.now?).of_call(self.id.clone(), call.clone()).allowing(allowed);
        let mut context = context.in_session(self.session.clone());
        context.untrusted = self.is_of_strangers(pending);
        Some(context)
    }

    /// What this run leaves to the next one of its session.
    #[must_use]
    pub fn into_earlier(mut self) -> Earlier {
        self.abandon_pending();
        let Self { history: messages, record, told_date: date, untrusted, revealed, .. } = self;
        Earlier { messages, record, date, untrusted, revealed }
    }
}

#[cfg(test)]
mod tests;
