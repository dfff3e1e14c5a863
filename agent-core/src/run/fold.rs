//! What each fact does to a run.

use jiff::civil::DateTime;
use serde_json::json;

use super::notes::{date_note, refusal, undo_note};
use super::places::BeganWith;
use super::revealed::know;
use super::{CallState, Done, PendingCall, Run, script};
use crate::catalogue::{self, SHOW_TOOLS};
use crate::compact::{self, Compaction};
use crate::event::{Event, Outcome, Receipt, Verdict};
use crate::ids::{CallId, SessionId};
use crate::limits::TokenUsage;
use crate::message::{CallOutcome, CallResult, Message, Part, Role, ToolCall};
use crate::schema::shown;
use crate::tool::Failure;
use crate::workflow::Progress;

/// How a note begins that tells the model what was wrong with its reply, whose words it may quote.
pub const UNREADABLE: &str = "Your reply could not be read: ";

/// Bytes of a result of a workflow's call that the model is shown.
const SCRIPTED_SHOWN_BYTES: usize = 8_192;

impl Run {
    /// Folds one fact in. Total: a fact that does not fit the state changes nothing.
    pub fn apply(&mut self, event: &Event) {
        if let Event::Started {
            session,
            message,
            untrusted_message,
            now,
            tools,
            untrusted,
            places,
            answer_schema,
            workflow,
            ..
        } = event
            && self.now.is_none()
        {
            self.message.clone_from(message);
            self.answer_schema.clone_from(answer_schema);
            self.began_with = BeganWith { tools: tools.clone(), places: places.clone() };
            self.progress = workflow.as_deref().map(|begun| Progress::new(begun.clone()).into());
            self.reveals = catalogue::is_headed(tools);
            self.start(session, opened_with(message, *untrusted_message), *now);
            self.distrust(untrusted);
        } else if let Event::PersonDecided { call, decision, digest, why } = event {
            self.person_decided(call, *decision, digest, why.as_deref());
        } else if matches!(event, Event::Resumed) {
            self.resume();
        } else if self.now.is_some() && self.outcome.is_none() {
            self.go_on(event);
        }
    }

    fn go_on(&mut self, event: &Event) {
        match event {
            Event::ModelReplied { text, reasoning, calls, stop, confidence, usage, ms, .. }
                if self.pending.is_empty() =>
            {
                self.count_turn(*usage, *ms);
                self.malformed_in_a_row = 0;
                self.said.clone_from(text);
                (self.stop, self.confidence) = (*stop, *confidence);
                self.reply(text, reasoning, calls);
            }
            Event::ReplyMalformed { text, problem, usage, ms, .. } if self.pending.is_empty() => {
                self.count_turn(*usage, *ms);
                self.malformed_in_a_row += 1;
                self.say(Message::text_of(Role::Assistant, text));
                self.note(format!("{UNREADABLE}{problem}. Reply again."));
            }
            Event::ToolsRevealed { tools } if self.pending.is_empty() => self.reveal(tools),
            Event::CallDecided { call, decision, why, plan, .. } => {
                if let Some(pending) = self.call_in(call, &[CallState::Undecided]) {
                    pending.plan.clone_from(plan);
                    pending.state = match decision {
                        Verdict::Allow => CallState::Allowed,
                        Verdict::Deny => CallState::Denied(why.clone()),
                        Verdict::Ask => CallState::AwaitingPerson,
                    };
                }
            }
            Event::CallStarted { call, .. } => self.call_started(call),
            Event::CallRetried { call, attempt, in_doubt, wait_ms, ms, .. } => {
                self.attempted(call, *ms, |pending| {
                    (pending.attempts, pending.wait_ms) = (*attempt, *wait_ms);
                    pending.in_doubt |= *in_doubt;
                });
            }
            // The one way back from a start: the tool vouches that it has done nothing.
            Event::CallWithheld { call, plan, ms, .. } => self.attempted(call, *ms, |pending| {
                pending.state = CallState::AwaitingPerson;
                (pending.approved, pending.plan) = (None, Some(plan.clone()));
            }),
            Event::CallFinished { call, outcome, result, failure, ms } => {
                let result = CallResult {
                    call: call.clone(),
                    tool: String::new(),
                    outcome: *outcome,
                    result: result.clone(),
                };
                self.finish_call(result, *failure, *ms);
            }
            Event::UndoPlanned { call, undoes, .. } if self.pending.is_empty() => self.undo(call, undoes),
            Event::ClaimRefused { problem, .. } if self.pending.is_empty() => {
                self.claims_refused = self.claims_refused.saturating_add(1);
                self.note(format!("Not so: {problem}."));
            }
            Event::StepCalled { .. } | Event::StepAsked { .. } | Event::StepEnded { .. } => {
                self.follow(event);
            }
            Event::Compacted { step, .. } => self.compact(step),
            Event::Finished { outcome, answer, receipts, incomplete, .. } => {
                self.finish(outcome, answer, receipts, incomplete);
            }
            Event::Started { .. }
            | Event::Resumed
            | Event::PersonDecided { .. }
            | Event::UndoPlanned { .. }
            | Event::ClaimRefused { .. }
            | Event::ToolsRevealed { .. }
            | Event::ModelReplied { .. }
            | Event::ReplyMalformed { .. } => {}
        }
    }

    fn finish(&mut self, outcome: &Outcome, answer: &str, receipts: &[Receipt], incomplete: &[String]) {
        // A run that waits for a person keeps its calls open: it goes on.
        if !matches!(outcome, Outcome::Waiting { .. }) {
            self.abandon_pending();
            self.say_scripted(answer);
        }
        self.outcome = Some(outcome.clone());
        answer.clone_into(&mut self.answer);
        self.receipts = receipts.to_vec();
        self.incomplete = incomplete.to_vec();
    }

    pub(super) fn say(&mut self, message: Message) {
        if !self.record.is_empty() {
            self.record.push(message.clone());
        }
        self.history.push(message);
    }

    fn compact(&mut self, step: &Compaction) {
        if self.record.is_empty() {
            self.record.clone_from(&self.history);
        }
        step.apply(&mut self.history);
        self.malformed_in_a_row = 0;
        // The date may have been told in what was left out.
        let Some(note) = self.told_date.map(|date| Part::Note(date_note(date))) else { return };
        let told = self.history.iter().any(|message| message.parts.contains(&note));
        let asked = self.history.iter_mut().rev().find(|message| message.asks());
        if let Some(message) = asked.filter(|_| !told) {
            message.parts.insert(0, note);
        }
    }

    fn undo(&mut self, call: &ToolCall, undoes: &CallId) {
        self.calls_seen = self.calls_seen.saturating_add(1);
        let pending = PendingCall::new(call.clone(), CallState::Allowed);
        self.pending.push(PendingCall { undoes: Some(undoes.clone()), ..pending });
    }

    fn call_started(&mut self, call: &CallId) {
        let states = [CallState::Allowed, CallState::Undecided, CallState::InDoubt];
        let may_start =
            |pending: &&mut PendingCall| pending.state != CallState::Undecided || pending.was_allowed;
        if let Some(pending) = self.call_in(call, &states).filter(may_start) {
            pending.state = CallState::Started;
            // One that starts again is the same call.
            let is_new = !std::mem::replace(&mut pending.begun, true);
            let scripted = pending.scripted && is_new;
            self.scripted_starts += u32::from(scripted);
            self.usage.calls += u32::from(is_new);
            self.side_by_side = Default::default();
        }
    }

    /// An attempt at a call that has begun came to nothing; `then` says what of it.
    fn attempted(&mut self, call: &CallId, ms: u64, then: impl FnOnce(&mut PendingCall)) {
        if let Some(pending) = self.call_in(call, &[CallState::Started]) {
            then(pending);
            self.spend(call, ms);
        }
    }

    /// Counts the time of a call. Of calls that ran side by side it is the longest that the run has taken; a call that
    /// comes to something once more has run again.
    fn spend(&mut self, call: &CallId, ms: u64) {
        let (calls, longest) = &mut self.side_by_side;
        if calls.contains(call) {
            (*calls, *longest) = Default::default();
        }
        calls.push(call.clone());
        self.usage.tool_ms = self.usage.tool_ms.saturating_add(ms.saturating_sub(*longest));
        *longest = ms.max(*longest);
    }

    fn count_turn(&mut self, tokens: TokenUsage, ms: u64) {
        self.usage.turns += 1;
        self.usage.tokens += tokens;
        self.usage.model_ms = self.usage.model_ms.saturating_add(ms);
    }

    fn start(&mut self, session: &SessionId, message: Part, now: DateTime) {
        self.session = session.clone();
        self.now = Some(now);
        let mut parts = Vec::new();
        if self.told_date != Some(now.date()) {
            self.told_date = Some(now.date());
            parts.push(Part::Note(date_note(now.date())));
        }
        match self.progress() {
            Some(progress) => parts.extend(script::opening(progress)),
            None => parts.push(message),
        }
        parts.extend(self.shape_note());
        self.say(Message { role: Role::User, parts });
    }

    /// What the model is told of the shape that its answer has to have.
    pub(super) fn shape_note(&self) -> Option<Part> {
        let schema = shown(self.answer_schema.as_ref()?.schema());
        Some(Part::Note(format!("(Answer with JSON of this schema, and nothing else: {schema})")))
    }

    pub(super) fn reply(&mut self, text: &str, reasoning: &str, calls: &[ToolCall]) {
        let mut parts = Vec::new();
        if !reasoning.is_empty() {
            parts.push(Part::Reasoning(reasoning.to_owned()));
        }
        if !text.is_empty() {
            parts.push(Part::Text(text.to_owned()));
        }
        parts.extend(calls.iter().cloned().map(Part::Call));
        self.say(Message { role: Role::Assistant, parts });
        self.calls_seen = self.calls_seen.saturating_add(u32::try_from(calls.len()).unwrap_or(u32::MAX));
        self.pending =
            calls.iter().map(|call| PendingCall::new(call.clone(), CallState::Undecided)).collect();
    }

    fn resume(&mut self) {
        if matches!(self.outcome, Some(Outcome::Waiting { .. })) {
            self.outcome = None;
            self.receipts.clear();
        }
        for pending in &mut self.pending {
            match pending.state {
                CallState::Started => (pending.state, pending.in_doubt) = (CallState::InDoubt, true),
                CallState::AwaitingPerson => pending.state = CallState::Undecided,
                // Policy and plan are asked again; a person's yes is kept.
                CallState::Allowed if pending.undoes.is_none() => {
                    pending.was_allowed = true;
                    pending.state = CallState::Undecided;
                }
                CallState::Undecided
                | CallState::Allowed
                | CallState::Denied(_)
                | CallState::InDoubt
                | CallState::Finished => {}
            }
        }
    }

    /// The call, if it stands in one of these states. A call that has been started goes back to a state
    /// before that only where its tool has done nothing: this is what keeps an effect from happening twice.
    fn call_in(&mut self, id: &CallId, states: &[CallState]) -> Option<&mut PendingCall> {
        self.pending.iter_mut().find(|pending| pending.call.id == *id && states.contains(&pending.state))
    }

    fn finish_call(&mut self, result: CallResult, failure: Option<Failure>, ms: u64) {
        let open = |pending: &&mut PendingCall| {
            pending.call.id == result.call && pending.state != CallState::Finished
        };
        let Some(pending) = self.pending.iter_mut().find(open) else {
            return;
        };
        pending.state = CallState::Finished;
        let result = CallResult { tool: pending.call.tool.clone(), ..result };
        if self.reveals && result.tool == SHOW_TOOLS && result.outcome == CallOutcome::Succeeded {
            know(&mut self.revealed, catalogue::names_in(&result.result));
        }
        self.done.push(Done {
            call: pending.call.clone(),
            outcome: result.outcome,
            result: result.result.clone(),
            failure,
            undoes: pending.undoes.clone(),
        });
        match (failure, result.outcome) {
            // What a workflow got wrong is not the model's mistake.
            (_, _) if pending.scripted => {}
            (Some(Failure::InvalidArgument), _) => {
                self.invalid_in_a_row = self.invalid_in_a_row.saturating_add(1);
            }
            (_, CallOutcome::Succeeded) => self.invalid_in_a_row = 0,
            (_, _) => {}
        }
        let call = result.call.clone();
        let shown = |result| compact::bounded(result, SCRIPTED_SHOWN_BYTES);
        pending.result = Some(if pending.scripted {
            CallResult { result: shown(result.result), ..result }
        } else {
            result
        });
        self.spend(&call, ms);
        if self.pending.iter().all(|pending| pending.state == CallState::Finished) {
            self.disclose();
        }
    }

    /// Shows the model the results of the turn, in call order. What the planner called is told in a note:
    /// the model did not ask for it.
    fn disclose(&mut self) {
        let (mut parts, mut notes) = (Vec::new(), Vec::new());
        for pending in self.pending.drain(..) {
            match (pending.result, pending.undoes) {
                (Some(result), None) => parts.push(Part::Result(result)),
                (Some(result), Some(undone)) => notes.push(undo_note(&result, &undone)),
                (None, _) => {}
            }
        }
        if !parts.is_empty() {
            self.say(Message { role: Role::Tool, parts });
        }
        for note in notes {
            self.note(note);
        }
    }

    /// Tells the model something that is not the person's words.
    pub(super) fn note(&mut self, note: String) {
        self.say(Message { role: Role::User, parts: vec![Part::Note(note)] });
    }

    /// A person's decision on a call that waits for it. A yes counts once the run goes on: then the
    /// policy is asked again, and what has changed since is shown again. Where nobody could be asked the call is refused
    /// too, and the model is told that and no person's no.
    fn person_decided(&mut self, call: &CallId, decision: Verdict, digest: &str, why: Option<&str>) {
        if !matches!(self.outcome, None | Some(Outcome::Waiting { .. })) {
            return;
        }
        if let Some(pending) = self.call_in(call, &[CallState::AwaitingPerson]) {
            match decision {
                Verdict::Allow => pending.approved = Some(digest.to_owned()),
                Verdict::Deny => pending.state = CallState::Denied(refusal(why)),
                Verdict::Ask => {
                    if let Some(why) = why {
                        pending.state = CallState::Denied(why.to_owned());
                    }
                }
            }
        }
    }

    fn distrust(&mut self, tools: &[String]) {
        for tool in tools {
            if !self.untrusted.contains(tool) {
                self.untrusted.push(tool.clone());
            }
        }
    }

    /// Gives every call that is still open a typed result, so that no history holds an orphan call.
    pub(super) fn abandon_pending(&mut self) {
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

/// What a run begins with: a person's words, or a task that strangers may have had a part in.
fn opened_with(message: &str, untrusted: bool) -> Part {
    let text = message.to_owned();
    if untrusted { Part::Task { text, untrusted } } else { Part::Text(text) }
}
