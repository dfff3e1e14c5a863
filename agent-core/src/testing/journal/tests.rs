//! The journal in memory keeps what a journal promises, and one that does not is found out.

use async_trait::async_trait;

use super::*;
use crate::ports::Lease;
use crate::testing::{FailAt, FaultyJournal, MemoryJournal};

/// A promise that is not kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Broken {
    Lease,
    Order,
    Until,
    Outcome,
}

struct Breaking(Broken, MemoryJournal);

#[async_trait]
impl Journal for Breaking {
    async fn append(&self, run: &RunId, event: &Event) -> Result<(), Fault> {
        self.1.append(run, event).await
    }

    async fn events(&self, run: &RunId) -> Result<Vec<Event>, Fault> {
        self.1.events(run).await
    }

    async fn runs(&self, session: Option<&SessionId>) -> Result<Vec<RunSummary>, Fault> {
        let mut runs = self.1.runs(session).await?;
        match self.0 {
            Broken::Order => runs.sort_by(|one, other| one.run.cmp(&other.run)),
            Broken::Outcome => runs.iter_mut().for_each(|summary| summary.outcome = None),
            Broken::Lease | Broken::Until => {}
        }
        Ok(runs)
    }

    async fn events_of(
        &self,
        session: &SessionId,
        until: Option<&RunId>,
    ) -> Result<Vec<(RunId, Vec<Event>)>, Fault> {
        self.1.events_of(session, until.filter(|_| self.0 != Broken::Until)).await
    }

    async fn lease(&self, session: &SessionId) -> Result<Lease, Fault> {
        if self.0 == Broken::Lease { Ok(Lease::new(())) } else { self.1.lease(session).await }
    }
}

async fn check(broken: Broken) {
    check_journal(async || Breaking(broken, MemoryJournal::default())).await;
}

#[tokio::test]
async fn a_journal_in_memory_keeps_what_a_journal_promises() {
    check_journal(async || MemoryJournal::default()).await;
    check_journal(async || FaultyJournal::new(MemoryJournal::default(), FailAt::Before(usize::MAX))).await;
}

#[tokio::test]
#[should_panic(expected = "two at once can write one session")]
async fn a_lease_that_holds_against_nobody_is_found_out() {
    check(Broken::Lease).await;
}

#[tokio::test]
#[should_panic(expected = "all runs are listed, the oldest first")]
async fn runs_in_the_order_of_their_names_are_found_out() {
    check(Broken::Order).await;
}

#[tokio::test]
#[should_panic(expected = "before `until`, and not that one")]
async fn a_run_that_is_its_own_past_is_found_out() {
    check(Broken::Until).await;
}

#[tokio::test]
#[should_panic(expected = "how it ended")]
async fn runs_that_never_end_are_found_out() {
    check(Broken::Outcome).await;
}
