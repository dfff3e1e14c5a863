//! The spans of one run: they begin and end as its events come.

use std::collections::BTreeMap;

use handyman_core::{
    CallId, CallOutcome, Event, Failure, IdempotencyKey, Outcome, Run, RunId, SessionId, StopReason,
    TokenUsage, ToolCall,
};
use serde::Serialize;
use tracing::{Level, Span};

use super::attributes::{self, Begins, TARGET, failed, record_tokens};
use super::content;

/// What had not ended when nobody told of it any more.
const INTERRUPTED: &str = "interrupted";

/// The spans of a run that is under way. What is open when they are dropped was interrupted.
pub(super) struct Spans {
    // Those below come before the one above: they are dropped in this order.
    reply: Option<Span>,
    calls: BTreeMap<CallId, Span>,
    run: Span,
    /// The run, where it is known to whoever tells of it.
    id: Option<RunId>,
    session: Option<SessionId>,
    model: Option<String>,
    /// Every call of the run that has been told of.
    known: BTreeMap<CallId, Known>,
    /// Since the run's span began.
    used: TokenUsage,
    with_content: bool,
    has_ended: bool,
}

/// What is to be said of a call when it begins.
struct Known {
    tool: String,
    arguments: Option<String>,
}

/// What is known of a reply when its span ends.
struct Reply {
    turn: u32,
    finish_reason: &'static str,
    error: Option<&'static str>,
    said: Option<String>,
    confidence: Option<f64>,
    usage: TokenUsage,
    ms: u64,
}

/// What takes no time.
#[derive(Default)]
struct Note<'a> {
    name: &'static str,
    call: Option<&'a CallId>,
    decision: Option<String>,
    outcome: Option<String>,
    attempt: Option<u32>,
    why: Option<&'a str>,
}

impl Spans {
    /// The spans of a run that begins, or goes on, with this event.
    pub(super) fn begun(told_of: Option<&Run>, event: &Event, with_content: bool) -> Option<Self> {
        let (run, session, model) = match event {
            Event::Started { run, session, message, model, answer_schema, .. } => {
                let begins = Begins {
                    run: Some(run.as_str()),
                    session: Some(session.as_str()),
                    model: Some(model.name.as_str()).filter(|name| !name.is_empty()),
                    output: answer_schema.is_some().then_some("json"),
                    said: with_content.then(|| content::asked(message)),
                    resumed: false,
                };
                (attributes::run(&begins), Some(session.clone()), begins.model.map(str::to_owned))
            }
            Event::Resumed => {
                let (run, session) = (told_of.map(Run::id), told_of.map(Run::session));
                let begins = Begins {
                    run: run.map(RunId::as_str),
                    session: session.map(SessionId::as_str),
                    resumed: true,
                    ..Begins::default()
                };
                (attributes::run(&begins), session.cloned(), None)
            }
            _ => return None,
        };
        let mut spans = Self {
            reply: None,
            calls: BTreeMap::new(),
            run,
            id: told_of.map(Run::id).cloned(),
            session,
            model,
            known: BTreeMap::new(),
            used: TokenUsage::default(),
            with_content,
            has_ended: false,
        };
        spans.know_those_of(told_of);
        Some(spans)
    }

    /// Whether they are this run's.
    pub(super) fn is_of(&self, run: Option<&Run>) -> bool {
        self.id.as_ref() == run.map(Run::id)
    }

    /// Whether nothing more can come of them once this run has begun: a session has one run at a time.
    pub(super) fn is_before(&self, begun: &Self) -> bool {
        self.id == begun.id || (self.session.is_some() && self.session == begun.session)
    }

    /// The model is asked for a reply.
    pub(super) fn asked(&mut self) {
        let span = self.reply_span();
        if let Some(before) = self.reply.replace(span) {
            failed(&before, INTERRUPTED);
        }
    }

    /// Tells of an event, and says whether the run goes on.
    pub(super) fn told(&mut self, run: Option<&Run>, event: &Event) -> bool {
        self.know_those_of(run);
        match event {
            Event::ModelReplied { turn, text, reasoning, calls, stop, confidence, usage, ms, .. } => {
                self.know(calls);
                let finish_reason = finish_reason(*stop, !calls.is_empty());
                let said = self.with_content.then(|| content::replied(text, reasoning, calls, finish_reason));
                let confidence = confidence.map(f64::from);
                let (turn, error, usage, ms) = (*turn, None, *usage, *ms);
                self.replied(&Reply { turn, finish_reason, error, said, confidence, usage, ms });
            }
            Event::ReplyMalformed { turn, text, stop, usage, ms, .. } => {
                let finish_reason = finish_reason(*stop, false);
                let said = self.with_content.then(|| content::replied(text, "", &[], finish_reason));
                let (turn, error, usage, ms) = (*turn, Some("malformed"), *usage, *ms);
                self.replied(&Reply { turn, finish_reason, error, said, confidence: None, usage, ms });
            }
            Event::CallStarted { call, key, .. } => self.call_started(call, key),
            Event::CallFinished { .. } => self.call_finished(event),
            Event::CallWithheld { call, ms, .. } => {
                if let Some(span) = self.calls.remove(call) {
                    span.record("handyman.ms", *ms);
                    span.record("handyman.outcome", "withheld");
                }
            }
            Event::UndoPlanned { call, .. } => {
                self.know([call]);
                self.noted(event);
            }
            Event::StepCalled { calls, .. } => self.know(calls),
            Event::Compacted { .. } => {
                // The prompt did not fit: the model has not replied, and is asked again.
                if let Some(span) = self.reply.take() {
                    failed(&span, "window");
                }
                self.noted(event);
            }
            Event::Finished { outcome, answer, .. } => self.finished(outcome, answer),
            _ => self.noted(event),
        }
        !self.has_ended
    }

    /// Remembers the calls of the turn that the run is in, whoever has asked for them.
    fn know_those_of(&mut self, run: Option<&Run>) {
        if let Some(run) = run {
            self.know(run.pending().iter().map(|pending| &pending.call));
        }
    }

    fn know<'c>(&mut self, calls: impl IntoIterator<Item = &'c ToolCall>) {
        let with_content = self.with_content;
        for call in calls {
            self.known.entry(call.id.clone()).or_insert_with(|| Known {
                tool: call.tool.clone(),
                arguments: with_content.then(|| content::arguments(call)),
            });
        }
    }

    fn reply_span(&self) -> Span {
        attributes::reply(&self.run, self.session.as_ref(), self.model.as_deref())
    }

    fn replied(&mut self, reply: &Reply) {
        self.used += reply.usage;
        let span = self.reply.take().unwrap_or_else(|| self.reply_span());
        // A list of one; `tracing` has no lists.
        let finish_reasons = format!("[\"{}\"]", reply.finish_reason);
        span.record("gen_ai.response.finish_reasons", finish_reasons);
        record_tokens(&span, reply.usage);
        span.record("gen_ai.output.messages", reply.said.as_deref());
        span.record("handyman.turn", reply.turn);
        span.record("handyman.confidence", reply.confidence);
        span.record("handyman.ms", reply.ms);
        if let Some(error) = reply.error {
            failed(&span, error);
        }
    }

    fn call_started(&mut self, call: &CallId, key: &IdempotencyKey) {
        let known = self.known.get(call);
        let tool = known.map(|known| known.tool.as_str());
        let arguments = known.and_then(|known| known.arguments.as_deref());
        let span = attributes::call(&self.run, (call, key), tool, arguments);
        if let Some(before) = self.calls.insert(call.clone(), span) {
            failed(&before, INTERRUPTED);
        }
    }

    fn call_finished(&mut self, event: &Event) {
        let Event::CallFinished { call, outcome, result, failure, ms, .. } = event else { return };
        let Some(span) = self.calls.remove(call) else {
            // It needed no tool, or began before the run was resumed.
            let outcome = Some(word(outcome));
            self.note(&Note { name: "call_finished", call: Some(call), outcome, ..Note::default() });
            return;
        };
        span.record("handyman.outcome", word(outcome));
        span.record("handyman.ms", *ms);
        if *outcome == CallOutcome::Succeeded && self.with_content {
            span.record("gen_ai.tool.call.result", result.to_string());
        }
        if let Some(error) = error_of(*outcome, *failure) {
            failed(&span, &error);
        }
    }

    fn finished(&mut self, outcome: &Outcome, answer: &str) {
        self.has_ended = true;
        let words = serde_json::to_value(outcome).unwrap_or_default();
        let fields =
            [("outcome", "handyman.outcome"), ("limit", "handyman.limit"), ("step", "handyman.step")];
        for (key, field) in fields {
            if let Some(word) = words[key].as_str() {
                self.run.record(field, word);
            }
        }
        if words["outcome"] == "failed" {
            failed(&self.run, "failed");
        }
        record_tokens(&self.run, self.used);
        if self.with_content {
            self.run.record("gen_ai.output.messages", content::answered(answer));
        }
    }

    fn noted(&self, event: &Event) {
        let none = Note::default();
        self.note(&match event {
            Event::CallDecided { call, decision, why, .. } => {
                let decision = Some(word(decision));
                Note { name: "call_decided", call: Some(call), decision, why: Some(why), ..none }
            }
            Event::CallRetried { call, attempt, error, .. } => {
                let (attempt, why) = (Some(*attempt), Some(error.as_str()));
                Note { name: "call_retried", call: Some(call), attempt, why, ..none }
            }
            Event::UndoPlanned { call, why, .. } => {
                Note { name: "undo_planned", call: Some(&call.id), why: Some(why), ..none }
            }
            Event::ClaimRefused { problem, .. } => Note { name: "claim_refused", why: Some(problem), ..none },
            Event::Compacted { why, .. } => Note { name: "compacted", why: Some(why), ..none },
            _ => return,
        });
    }

    fn note(&self, note: &Note<'_>) {
        let known = note.call.and_then(|call| self.known.get(call));
        let tool = known.map(|known| known.tool.as_str());
        let id = note.call.map(CallId::as_str);
        let why = note.why.filter(|_| self.with_content);
        let above = note.call.and_then(|call| self.calls.get(call)).unwrap_or(&self.run);
        let name = note.name;
        tracing::event!(
            target: TARGET,
            parent: above,
            Level::INFO,
            {
                "gen_ai.tool.name" = tool,
                "gen_ai.tool.call.id" = id,
                "handyman.decision" = note.decision,
                "handyman.outcome" = note.outcome,
                "handyman.attempt" = note.attempt,
                "handyman.why" = why,
            },
            "{name}"
        );
    }
}

impl Drop for Spans {
    fn drop(&mut self) {
        let below = self.reply.iter().chain(self.calls.values());
        for span in below.chain((!self.has_ended).then_some(&self.run)) {
            failed(span, INTERRUPTED);
        }
    }
}

fn finish_reason(stop: StopReason, calls: bool) -> &'static str {
    match stop {
        StopReason::Ended if calls => "tool_call",
        StopReason::Ended => "stop",
        StopReason::Tokens | StopReason::Window => "length",
        StopReason::Withheld => "content_filter",
        StopReason::Time => "error",
    }
}

fn error_of(outcome: CallOutcome, failure: Option<Failure>) -> Option<String> {
    let is_error = matches!(outcome, CallOutcome::Failed | CallOutcome::Unknown);
    is_error.then(|| failure.map_or_else(|| word(&outcome), |failure| word(&failure)))
}

/// What a value is called in the journal.
fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
