//! The journal: where the events of runs are kept.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::civil::DateTime;
use serde::Serialize;

use crate::event::{Event, Outcome};
use crate::fault::Fault;
use crate::ids::{RunId, SessionId};

/// One line of a listing of runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunSummary {
    /// The run.
    pub run: RunId,
    /// Its session.
    pub session: SessionId,
    /// The message that began it.
    pub message: String,
    /// Local time when it began.
    pub started: DateTime,
    /// How it ended, or nothing while it has not.
    pub outcome: Option<Outcome>,
}

/// The right to write a session, for as long as the value lives.
#[derive(Default)]
pub struct Lease(Option<Box<dyn Any + Send + Sync>>);

impl Lease {
    /// A right that ends when the guard is dropped.
    pub fn new(guard: impl Any + Send + Sync) -> Self {
        Self(Some(Box::new(guard)))
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Lease").field(&self.0.is_some()).finish()
    }
}

/// Keeps events.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Adds an event at the end of a run. It is durable when this returns.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Journal`; the event may or may not be kept, so the run must be folded anew.
    async fn append(&self, run: &RunId, event: &Event) -> Result<(), Fault>;

    /// All events of a run, oldest first; empty for an unknown run.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Journal`.
    async fn events(&self, run: &RunId) -> Result<Vec<Event>, Fault>;

    /// The runs of a session, or of all, oldest first.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Journal`.
    async fn runs(&self, session: Option<&SessionId>) -> Result<Vec<RunSummary>, Fault>;

    /// The runs of a session with their events, oldest first: those before `until`, or all. Whoever goes on with
    /// one of them reads it with [`Journal::events`] first. A journal that can read them at once should.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Journal`.
    async fn events_of(
        &self,
        session: &SessionId,
        until: Option<&RunId>,
    ) -> Result<Vec<(RunId, Vec<Event>)>, Fault> {
        let mut runs = Vec::new();
        for summary in self.runs(Some(session)).await? {
            if until == Some(&summary.run) {
                break;
            }
            let events = self.events(&summary.run).await?;
            runs.push((summary.run, events));
        }
        Ok(runs)
    }

    /// Adds events at the ends of runs, in this order. They are durable when this returns. A journal that can keep
    /// all of them or none should.
    ///
    /// # Errors
    /// As [`Journal::append`]; the first of them may be kept, and the others not.
    async fn append_all(&self, runs: &[(RunId, Vec<Event>)]) -> Result<(), Fault> {
        for (run, events) in runs {
            for event in events {
                self.append(run, event).await?;
            }
        }
        Ok(())
    }

    /// The right to write a session. A journal that only one process can reach needs none.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Busy` while somebody else holds it.
    async fn lease(&self, session: &SessionId) -> Result<Lease, Fault> {
        let _ = session;
        Ok(Lease::default())
    }
}

#[async_trait]
impl<J: Journal + ?Sized> Journal for Arc<J> {
    async fn append(&self, run: &RunId, event: &Event) -> Result<(), Fault> {
        (**self).append(run, event).await
    }

    async fn events(&self, run: &RunId) -> Result<Vec<Event>, Fault> {
        (**self).events(run).await
    }

    async fn runs(&self, session: Option<&SessionId>) -> Result<Vec<RunSummary>, Fault> {
        (**self).runs(session).await
    }

    async fn events_of(
        &self,
        session: &SessionId,
        until: Option<&RunId>,
    ) -> Result<Vec<(RunId, Vec<Event>)>, Fault> {
        (**self).events_of(session, until).await
    }

    async fn append_all(&self, runs: &[(RunId, Vec<Event>)]) -> Result<(), Fault> {
        (**self).append_all(runs).await
    }

    async fn lease(&self, session: &SessionId) -> Result<Lease, Fault> {
        (**self).lease(session).await
    }
}
