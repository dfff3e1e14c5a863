//! Doubles for testing agents without a model, a disk or luck.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::PoisonError;

use async_trait::async_trait;

use crate::event::{Event, ModelInfo, Outcome};
use crate::fault::{Fault, FaultKind};
use crate::ids::{RunId, SessionId};
use crate::limits::{Limits, TokenUsage};
use crate::message::Message;
use crate::planner::{Step, next_step};
use crate::ports::{
    CallRequest, Delta, DeltaSink, Journal, Lease, Model, ModelReply, ModelRequest, ReplyBody, ReplyMode,
    RunSummary,
};
use crate::run::{Earlier, Run};

/// A model that plays replies in order and remembers what it was shown.
#[derive(Debug, Default)]
pub struct ScriptedModel {
    replies: Mutex<VecDeque<ReplyBody>>,
    seen: Mutex<Vec<(Vec<Message>, ReplyMode)>>,
    offered: Mutex<Vec<Vec<String>>>,
}

impl ScriptedModel {
    /// A model with these replies.
    #[must_use]
    pub fn new(replies: impl IntoIterator<Item = ReplyBody>) -> Self {
        Self { replies: Mutex::new(replies.into_iter().collect()), ..Self::default() }
    }

    /// A reply that calls one tool.
    ///
    /// # Panics
    /// If `arguments` is not a JSON object.
    #[must_use]
    pub fn call(tool: &str, arguments: serde_json::Value) -> ReplyBody {
        let serde_json::Value::Object(arguments) = arguments else {
            panic!("the arguments of {tool} must be a JSON object");
        };
        let calls = vec![CallRequest { tool: tool.to_owned(), arguments }];
        ReplyBody::Said { reasoning: String::new(), text: String::new(), calls }
    }

    /// A reply that answers.
    #[must_use]
    pub fn answer(text: &str) -> ReplyBody {
        ReplyBody::Said { reasoning: String::new(), text: text.to_owned(), calls: Vec::new() }
    }

    /// What the model was shown and what it was allowed to reply with, one entry a reply.
    #[must_use]
    pub fn seen(&self) -> Vec<(Vec<Message>, ReplyMode)> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Names of the tools that could be called, one entry a reply.
    #[must_use]
    pub fn offered(&self) -> Vec<Vec<String>> {
        self.offered.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many replies have not been played.
    #[must_use]
    pub fn left(&self) -> usize {
        self.replies.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

#[async_trait]
impl Model for ScriptedModel {
    fn info(&self) -> ModelInfo {
        ModelInfo { name: "script".to_owned(), sha256: String::new() }
    }

    async fn reply(&self, request: ModelRequest<'_>, sink: &dyn DeltaSink) -> Result<ModelReply, Fault> {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((request.history.to_vec(), request.mode));
        let names = request.callable().into_iter().map(|tool| tool.name).collect();
        self.offered.lock().unwrap_or_else(PoisonError::into_inner).push(names);
        let reply = self.replies.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let body = reply.ok_or_else(|| {
            Fault::new(FaultKind::Model, "the script has no reply left")
                .with_hint("add a reply for this turn, or let the last one answer without a call")
        })?;
        if let ReplyBody::Said { text, .. } = &body {
            sink.delta(Delta::Text(text.clone()));
        }
        Ok(ModelReply::new(body, TokenUsage::default()))
    }
}

/// A journal in memory: durable for as long as the value lives.
#[derive(Debug, Default)]
pub struct MemoryJournal {
    events: Mutex<Vec<(RunId, Event)>>,
}

impl MemoryJournal {
    /// Every event of every run, in the order they were appended.
    #[must_use]
    pub fn all(&self) -> Vec<(RunId, Event)> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn append(&self, run: &RunId, event: &Event) -> Result<(), Fault> {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.push((run.clone(), event.clone()));
        Ok(())
    }

    async fn events(&self, run: &RunId) -> Result<Vec<Event>, Fault> {
        let all = self.all();
        Ok(all.into_iter().filter(|(id, _)| id == run).map(|(_, event)| event).collect())
    }

    async fn runs(&self, session: Option<&SessionId>) -> Result<Vec<RunSummary>, Fault> {
        let mut summaries: Vec<RunSummary> = Vec::new();
        for (id, event) in self.all() {
            match event {
                Event::Started { run, session: of, message, now, .. } if session.is_none_or(|s| *s == of) => {
                    summaries.push(RunSummary { run, session: of, message, started: now, outcome: None });
                }
                Event::Finished { outcome, .. } => {
                    if let Some(summary) = summaries.iter_mut().find(|summary| summary.run == id) {
                        summary.outcome = Some(outcome);
                    }
                }
                Event::Resumed => {
                    if let Some(summary) = summaries.iter_mut().find(|summary| summary.run == id)
                        && matches!(summary.outcome, Some(Outcome::Waiting { .. }))
                    {
                        summary.outcome = None;
                    }
                }
                Event::Started { .. }
                | Event::ModelReplied { .. }
                | Event::ReplyMalformed { .. }
                | Event::CallDecided { .. }
                | Event::PersonDecided { .. }
                | Event::CallStarted { .. }
                | Event::CallRetried { .. }
                | Event::CallWithheld { .. }
                | Event::CallFinished { .. }
                | Event::UndoPlanned { .. }
                | Event::ClaimRefused { .. }
                | Event::StepCalled { .. }
                | Event::StepAsked { .. }
                | Event::StepEnded { .. }
                | Event::Compacted { .. } => {}
            }
        }
        Ok(summaries)
    }
}

/// When a [`FaultyJournal`] fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailAt {
    /// Before the event is kept: it is lost.
    Before(usize),
    /// After the event is kept: the caller does not know.
    After(usize),
}

/// A journal that fails at one append, as a crash at that point would.
#[derive(Debug)]
pub struct FaultyJournal<J> {
    inner: J,
    at: FailAt,
    appended: Mutex<usize>,
}

impl<J> FaultyJournal<J> {
    /// Fails at the append with this index, from 0.
    pub fn new(inner: J, at: FailAt) -> Self {
        Self { inner, at, appended: Mutex::new(0) }
    }

    /// The journal inside, with what it kept.
    pub fn into_inner(self) -> J {
        self.inner
    }
}

#[async_trait]
impl<J: Journal> Journal for FaultyJournal<J> {
    async fn append(&self, run: &RunId, event: &Event) -> Result<(), Fault> {
        let index = {
            let mut appended = self.appended.lock().unwrap_or_else(PoisonError::into_inner);
            *appended += 1;
            *appended - 1
        };
        let failure = || Err(Fault::new(FaultKind::Journal, format!("append {index} failed as asked")));
        if self.at == FailAt::Before(index) {
            return failure();
        }
        self.inner.append(run, event).await?;
        if self.at == FailAt::After(index) { failure() } else { Ok(()) }
    }

    async fn events(&self, run: &RunId) -> Result<Vec<Event>, Fault> {
        self.inner.events(run).await
    }

    async fn runs(&self, session: Option<&SessionId>) -> Result<Vec<RunSummary>, Fault> {
        self.inner.runs(session).await
    }

    async fn lease(&self, session: &SessionId) -> Result<Lease, Fault> {
        self.inner.lease(session).await
    }
}

/// Reads bytes as a journal, one event a line: the property that the fuzz target `event` and a test hold.
///
/// # Panics
/// If an event does not read back as it was written, or folding or planning does not come to an end.
pub fn any_bytes_as_a_journal(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let events: Vec<Event> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    for event in &events {
        let written = serde_json::to_string(event).unwrap_or_default();
        let read = serde_json::from_str::<Event>(&written);
        assert!(read.is_ok_and(|read| read == *event), "an event does not read back: {written}");
    }
    let run = Run::replay("r".into(), Earlier::default(), &events);
    let step = next_step(&run, &[], &Limits::default());
    assert_eq!(step == Step::Done, run.outcome().is_some() || run.now().is_none(), "{step:?}");
}
