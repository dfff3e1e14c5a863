//! Doubles for testing agents without a model, a disk or luck, and what a journal of one's own is tested with.

mod journal;
mod scripted;

use std::sync::Mutex;
use std::sync::PoisonError;

use async_trait::async_trait;
use serde_json::Value;

use crate::event::Event;
use crate::fault::{Fault, FaultKind};
use crate::ids::{RunId, SessionId};
use crate::limits::Limits;
use crate::planner::{Step, next_step};
use crate::ports::{Journal, Lease, Leases, RunSummary};
use crate::run::{Earlier, Run};
use crate::tool::{CallContext, Tool, ToolResult};
use crate::toolbox;

pub use journal::check_journal;
pub use scripted::ScriptedModel;

/// Calls a tool by itself, as a run would: what its schema does not allow, it never sees.
///
/// ```
/// # use handyman_core::{CallContext, ToolResult, testing, tool};
/// # use jiff::civil::date;
/// # use serde_json::json;
/// /// Adds two numbers.
/// #[tool(read_only)]
/// async fn add(a: u8, b: u8) -> ToolResult<u8> {
///     Ok(a.saturating_add(b))
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let context = CallContext::new(date(2026, 11, 23).at(9, 0, 0, 0));
/// assert_eq!(testing::call(&add, json!({"a": 2, "b": 3}), &context).await, Ok(json!(5)));
/// let error = testing::call(&add, json!({"a": 2}), &context).await.unwrap_err();
/// assert_eq!(error.to_value()["at"], "/b");
/// # }
/// ```
///
/// # Errors
/// What the tool says, or which argument is wrong and what would be right.
///
/// # Panics
/// If `arguments` is not a JSON object, or the tool is one that no [`Toolbox`](crate::Toolbox) takes.
pub async fn call(tool: &dyn Tool, arguments: Value, context: &CallContext) -> ToolResult<Value> {
    let spec = tool.spec();
    let Value::Object(arguments) = arguments else {
        panic!("the arguments of {} must be a JSON object", spec.name);
    };
    let validator = toolbox::validator(spec).unwrap_or_else(|fault| panic!("{fault}"));
    let arguments = toolbox::checked(&spec.parameters, &validator, &arguments)?;
    tool.call(arguments, context).await
}

/// A journal in memory: durable for as long as the value lives.
#[derive(Debug, Default)]
pub struct MemoryJournal {
    events: Mutex<Vec<(RunId, Event)>>,
    leases: Leases,
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
        let mut runs: Vec<(RunId, Vec<Event>)> = Vec::new();
        for (id, event) in self.all() {
            match runs.iter_mut().find(|(run, _)| *run == id) {
                Some((_, events)) => events.push(event),
                None => runs.push((id, vec![event])),
            }
        }
        let summaries = runs.iter().filter_map(|(run, events)| RunSummary::of(run, events));
        Ok(summaries.filter(|summary| session.is_none_or(|of| *of == summary.session)).collect())
    }

    async fn lease(&self, session: &SessionId) -> Result<Lease, Fault> {
        self.leases.take(session)
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

#[cfg(test)]
mod tests;
