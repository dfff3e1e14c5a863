//! A run: the fold of its events.

use jiff::civil::{Date, DateTime};
use serde_json::{Value, json};

use crate::event::{Event, Outcome, Verdict};
use crate::ids::{CallId, IdempotencyKey, RunId, SessionId};
use crate::limits::{TokenUsage, Usage};
use crate::message::{CallOutcome, CallResult, Message, Part, Role, ToolCall};

/// What a session's earlier runs leave to the next one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Earlier {
    /// Everything said so far.
    pub messages: Vec<Message>,
    /// The date the model was last told.
    pub date: Option<Date>,
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
pub struct PendingCall {
    /// The call.
    pub call: ToolCall,
    /// Where it stands.
    pub state: CallState,
    /// What it came to, once finished.
    pub result: Option<CallResult>,
}

/// The state of a run. Only [`Run::apply`] changes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    id: RunId,
    session: SessionId,
    history: Vec<Message>,
    told_date: Option<Date>,
    now: Option<DateTime>,
    pending: Vec<PendingCall>,
    calls_seen: u32,
    malformed_in_a_row: u32,
    said: String,
    usage: Usage,
    outcome: Option<Outcome>,
    answer: String,
}

impl Run {
    /// A run that has not begun, after what was said earlier in its session.
    #[must_use]
    pub fn new(id: RunId, earlier: Earlier) -> Self {
        Self {
            id,
            session: "".into(),
            history: earlier.messages,
            told_date: earlier.date,
            now: None,
            pending: Vec::new(),
            calls_seen: 0,
            malformed_in_a_row: 0,
            said: String::new(),
            usage: Usage::default(),
            outcome: None,
            answer: String::new(),
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

    /// Everything the model is shown, earlier runs of the session included.
    #[must_use]
    pub fn history(&self) -> &[Message] {
        &self.history
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

    /// Malformed replies since the last good one.
    #[must_use]
    pub fn malformed_in_a_row(&self) -> u32 {
        self.malformed_in_a_row
    }

    /// The text of the last readable reply.
    #[must_use]
    pub fn said(&self) -> &str {
        &self.said
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

    /// What this run leaves to the next one of its session.
    #[must_use]
    pub fn into_earlier(mut self) -> Earlier {
        self.abandon_pending();
        Earlier { messages: self.history, date: self.told_date }
    }

    /// Folds one fact in. Total: a fact that does not fit the state changes nothing.
    pub fn apply(&mut self, event: &Event) {
        let goes_on = self.now.is_some() && self.outcome.is_none();
        match event {
            Event::Started { session, message, now, .. } if self.now.is_none() => {
                self.start(session, message, *now);
            }
            Event::Resumed => self.resume(),
            _ if goes_on => self.go_on(event),
            _ => {}
        }
    }

    fn go_on(&mut self, event: &Event) {
        match event {
            Event::ModelReplied { text, reasoning, calls, usage, ms, .. } if self.pending.is_empty() => {
                self.count_turn(*usage, *ms);
                self.malformed_in_a_row = 0;
                self.said.clone_from(text);
                self.reply(text, reasoning, calls);
            }
            Event::ReplyMalformed { text, problem, usage, ms, .. } if self.pending.is_empty() => {
                self.count_turn(*usage, *ms);
                self.malformed_in_a_row += 1;
                self.history.push(Message::text_of(Role::Assistant, text));
                let note = format!("Your reply could not be read: {problem}. Reply again.");
                self.history.push(Message { role: Role::User, parts: vec![Part::Note(note)] });
            }
            Event::CallDecided { call, decision, why } => {
                if let Some(pending) = self.call_in(call, &[CallState::Undecided]) {
                    pending.state = match decision {
                        Verdict::Allow => CallState::Allowed,
                        Verdict::Deny => CallState::Denied(why.clone()),
                        Verdict::Ask => CallState::AwaitingPerson,
                    };
                }
            }
            Event::CallStarted { call, .. } => {
                if let Some(pending) = self.call_in(call, &[CallState::Allowed, CallState::InDoubt]) {
                    pending.state = CallState::Started;
                    self.usage.calls += 1;
                }
            }
            Event::CallFinished { call, outcome, result, ms } => {
                self.finish_call(call, *outcome, result, *ms);
            }
            Event::Finished { outcome, answer, .. } => {
                // A run that waits for a person keeps its calls open: it goes on.
                if !matches!(outcome, Outcome::Waiting { .. }) {
                    self.abandon_pending();
                }
                self.outcome = Some(outcome.clone());
                self.answer.clone_from(answer);
            }
            Event::Started { .. }
            | Event::Resumed
            | Event::ModelReplied { .. }
            | Event::ReplyMalformed { .. } => {}
        }
    }

    fn count_turn(&mut self, tokens: TokenUsage, ms: u64) {
        self.usage.turns += 1;
        self.usage.tokens += tokens;
        self.usage.model_ms = self.usage.model_ms.saturating_add(ms);
    }

    fn start(&mut self, session: &SessionId, message: &str, now: DateTime) {
        self.session = session.clone();
        self.now = Some(now);
        let mut parts = Vec::new();
        if self.told_date != Some(now.date()) {
            self.told_date = Some(now.date());
            parts.push(Part::Note(date_note(now.date())));
        }
        parts.push(Part::Text(message.to_owned()));
        self.history.push(Message { role: Role::User, parts });
    }

    fn reply(&mut self, text: &str, reasoning: &str, calls: &[ToolCall]) {
        let mut parts = Vec::new();
        if !reasoning.is_empty() {
            parts.push(Part::Reasoning(reasoning.to_owned()));
        }
        if !text.is_empty() {
            parts.push(Part::Text(text.to_owned()));
        }
        parts.extend(calls.iter().cloned().map(Part::Call));
        self.history.push(Message { role: Role::Assistant, parts });
        self.calls_seen = self.calls_seen.saturating_add(u32::try_from(calls.len()).unwrap_or(u32::MAX));
        self.pending = calls
            .iter()
            .map(|call| PendingCall { call: call.clone(), state: CallState::Undecided, result: None })
            .collect();
    }

    fn resume(&mut self) {
        if matches!(self.outcome, Some(Outcome::Waiting { .. })) {
            self.outcome = None;
        }
        for pending in &mut self.pending {
            match pending.state {
                CallState::Started => pending.state = CallState::InDoubt,
                CallState::AwaitingPerson => pending.state = CallState::Undecided,
                CallState::Undecided
                | CallState::Allowed
                | CallState::Denied(_)
                | CallState::InDoubt
                | CallState::Finished => {}
            }
        }
    }

    /// The call, if it stands in one of these states. A call that has been started never goes back to a
    /// state before that: this is what keeps an effect from happening twice.
    fn call_in(&mut self, id: &CallId, states: &[CallState]) -> Option<&mut PendingCall> {
        self.pending.iter_mut().find(|pending| pending.call.id == *id && states.contains(&pending.state))
    }

    fn finish_call(&mut self, id: &CallId, outcome: CallOutcome, result: &Value, ms: u64) {
        let open =
            |pending: &&mut PendingCall| pending.call.id == *id && pending.state != CallState::Finished;
        let Some(pending) = self.pending.iter_mut().find(open) else {
            return;
        };
        pending.state = CallState::Finished;
        let tool = pending.call.tool.clone();
        pending.result = Some(CallResult { call: id.clone(), tool, outcome, result: result.clone() });
        self.usage.tool_ms = self.usage.tool_ms.saturating_add(ms);
        if self.pending.iter().all(|pending| pending.state == CallState::Finished) {
            self.disclose();
        }
    }

    /// Shows the model the results of the turn, in call order.
    fn disclose(&mut self) {
        let results = self.pending.drain(..).filter_map(|pending| pending.result);
        let parts: Vec<Part> = results.map(Part::Result).collect();
        if !parts.is_empty() {
            self.history.push(Message { role: Role::Tool, parts });
        }
    }

    /// Gives every call that is still open a typed result, so that no history holds an orphan call.
    fn abandon_pending(&mut self) {
        for pending in &mut self.pending {
            if pending.result.is_none() {
                let outcome = match pending.state {
                    CallState::Started | CallState::InDoubt => CallOutcome::Unknown,
                    CallState::Undecided
                    | CallState::Allowed
                    | CallState::Denied(_)
                    | CallState::AwaitingPerson
                    | CallState::Finished => CallOutcome::Cancelled,
                };
                pending.result = Some(CallResult {
                    call: pending.call.id.clone(),
                    tool: pending.call.tool.clone(),
                    outcome,
                    result: json!({"error": "the run ended before this call did"}),
                });
            }
        }
        self.disclose();
    }
}

/// The line that tells the model today's date. It stands in a message, not in the system prompt, so
/// that the prompt's prefix is the same every day.
fn date_note(date: Date) -> String {
    let weekday = match date.weekday() {
        jiff::civil::Weekday::Monday => "Monday",
        jiff::civil::Weekday::Tuesday => "Tuesday",
        jiff::civil::Weekday::Wednesday => "Wednesday",
        jiff::civil::Weekday::Thursday => "Thursday",
        jiff::civil::Weekday::Friday => "Friday",
        jiff::civil::Weekday::Saturday => "Saturday",
        jiff::civil::Weekday::Sunday => "Sunday",
    };
    format!("(Today is {weekday}, {date}.)")
}

#[cfg(test)]
mod tests;
