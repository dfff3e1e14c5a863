//! The journal: where the events of runs are kept.

use std::any::Any;
use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::civil::DateTime;
use serde::Serialize;

use crate::event::{Event, Outcome};
use crate::fault::{Fault, FaultKind};
use crate::ids::{RunId, SessionId};
use crate::run::{Earlier, Run};

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

impl RunSummary {
    /// The line of a run with these events, its first one included; `None` where it has not begun. They are all folded: a
    /// journal that keeps many runs does well to remember what stands here.
    #[must_use]
    pub fn of(run: &RunId, events: &[Event]) -> Option<Self> {
        let folded = Run::replay(run.clone(), Earlier::default(), events);
        Some(Self {
            run: run.clone(),
            session: folded.session().clone(),
            message: folded.message().to_owned(),
            started: folded.now()?,
            outcome: folded.outcome().cloned(),
        })
    }
}

/// The right to write a session, for as long as the value lives.
pub struct Lease {
    _guard: Box<dyn Any + Send + Sync>,
}

impl Lease {
    /// A right that ends when the guard is dropped.
    pub fn new(guard: impl Any + Send + Sync) -> Self {
        Self { _guard: Box::new(guard) }
    }

    /// What who asks for it is told while it is somebody else's: a fault of kind `Busy`. `why` says whose it is, as in
    /// "another process is at work on it".
    #[must_use]
    pub fn refused(session: &SessionId, why: &str) -> Fault {
        Fault::new(FaultKind::Busy, format!("session {session} is busy: {why}"))
            .with_hint("let that end, cancel it, or use another session")
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").finish_non_exhaustive()
    }
}

/// The leases that callers of one process hold: all that [`Journal::lease`] needs where no other process can reach the
/// journal, and the first half of it where others can. Clones share them.
///
/// ```
/// use handyman_core::Leases;
///
/// let leases = Leases::default();
/// let held = leases.take(&"s1".into())?;
/// assert!(leases.take(&"s1".into()).is_err());
/// drop(held);
/// leases.take(&"s1".into())?;
/// # Ok::<(), handyman_core::Fault>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Leases(Arc<Mutex<HashSet<SessionId>>>);

impl Leases {
    /// The lease of a session, until it is dropped.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Busy` while another caller holds it.
    pub fn take(&self, session: &SessionId) -> Result<Lease, Fault> {
        if !self.held().insert(session.clone()) {
            return Err(Lease::refused(session, "this process is already at work on it"));
        }
        Ok(Lease::new(Held { leases: self.clone(), session: session.clone() }))
    }

    /// Whether somebody holds the lease of a session.
    #[must_use]
    pub fn holds(&self, session: &SessionId) -> bool {
        self.held().contains(session)
    }

    /// Whether nobody holds any.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.held().is_empty()
    }

    fn held(&self) -> MutexGuard<'_, HashSet<SessionId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives a lease back when it is dropped.
struct Held {
    leases: Leases,
    session: SessionId,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.leases.held().remove(&self.session);
    }
}

/// Keeps events.
///
/// That no effect happens twice rests on what a journal promises beside durability:
///
/// - A [lease](Journal::lease) holds against everybody who can write the session: the other callers of this process at
///   least, and other processes where they can reach the same events.
/// - An event never follows one that its writer has not seen. Whoever goes on with a run reads its events first; where
///   another process has added one since, [`Journal::append`] refuses. So a writer that has lost its lease without knowing
///   ends before it acts.
///
/// `testing::check_journal` (feature `testing`) puts a journal of one's own to the test.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Adds an event at the end of a run. It is durable when this returns. Where others can write the same run, one that
    /// would follow another writer's event is refused, and not kept: a position in the run that is taken once does it.
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

    /// The right to write a session: whoever has it closes the runs that were interrupted, and takes every run that has not
    /// ended for one. So nobody else has it at the same time: no other caller of this process, however many of them share
    /// the journal ([`Leases`] sees to that), and no other process that can reach the same events. It ends when it is
    /// dropped, and at once for callers of this process; that of a process which has died goes to whoever asks next.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Busy` while somebody else holds it ([`Lease::refused`]).
    async fn lease(&self, session: &SessionId) -> Result<Lease, Fault>;
}

/// A pointer to a journal is a journal.
macro_rules! journal_behind {
    ($pointer:ident) => {
        #[async_trait]
        impl<J: Journal + ?Sized> Journal for $pointer<J> {
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
    };
}

journal_behind!(Box);
journal_behind!(Arc);

#[cfg(test)]
mod tests;
