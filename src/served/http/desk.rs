//! What requests are served from: the agent, its journal, and the runs that are under way.

use std::sync::Arc;

use axum::response::Response;
use handyman_core::{Earlier, Event, Outcome, Run, RunId, SessionId};
use handyman_runtime::{Agent, Session};
use serde_json::Value;

use super::answer::{self, Refusal};
use super::running::{Place, Runs};
use super::told::{self, Form};

/// The agent, and its runs that are under way here.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) agent: Agent,
    pub(super) runs: Arc<Runs>,
}

impl Desk {
    pub(super) fn new(agent: Agent, runs: Arc<Runs>) -> Self {
        Self { agent, runs }
    }

    /// The session that was named; without a name, the one of the key, as of a call of the agent's tool, or a new one.
    pub(super) fn session(&self, name: Option<&str>, key: Option<&str>) -> Session {
        match (name, key) {
            (Some(name), _) => self.agent.session_named(SessionId::from(name)),
            (None, Some(key)) => self.agent.session_named(SessionId::from(format!("http.{key}"))),
            (None, None) => self.agent.session(),
        }
    }

    /// The events of a run that is there.
    pub(super) async fn events(&self, run: &RunId) -> Result<Vec<Event>, Refusal> {
        let events = self.agent.opened_journal().await?.events(run).await?;
        if events.is_empty() { Err(Refusal::not_there(format!("there is no run {run}"))) } else { Ok(events) }
    }

    /// A run that is there, as what is recorded of it says.
    async fn folded(&self, run: &RunId) -> Result<Run, Refusal> {
        let events = self.events(run).await?;
        Ok(Run::replay(run.clone(), Earlier::default(), &events))
    }

    /// A run as it is now.
    pub(super) async fn run(&self, run: &RunId) -> Result<Value, Refusal> {
        let is_running = self.runs.has(run);
        let folded = self.folded(run).await?;
        let approval = self.agent.waiting(run).await?;
        Ok(answer::run(&folded, approval.as_ref(), is_running))
    }

    /// Goes on with a run, and tells of it.
    pub(super) async fn go_on(&self, run: RunId, place: Place, form: Form) -> Result<Response, Refusal> {
        let session = self.agent.session_of(&run).await?;
        let heard = place.hold(session.resume_stream(&run));
        told::as_it_goes(self.clone(), heard, Some(run), form).await
    }

    /// Tells of the run that was begun with a message before. One that was interrupted goes on, and so does one of which a
    /// person has decided what it waited for.
    pub(super) async fn again(&self, run: RunId, message: &str, form: Form) -> Result<Response, Refusal> {
        if self.folded(&run).await?.message() != message {
            return Err(Refusal::conflict(&run, "the key was used for another message")
                .hint("send another Idempotency-Key with another message"));
        }
        self.runs.end_of(&run).await;
        let outcome = self.outcome(&run).await?;
        let goes_on = match outcome {
            None => true,
            Some(Outcome::Waiting { .. }) => {
                self.agent.waiting(&run).await?.is_some_and(|approval| approval.decision.is_some())
            }
            Some(_) => false,
        };
        if goes_on {
            let place = self.runs.place_of(&run)?;
            return self.go_on(run, place, form).await;
        }
        told::from_record(self, &run, form).await
    }

    /// How a run has ended, if it has.
    pub(super) async fn outcome(&self, run: &RunId) -> Result<Option<Outcome>, Refusal> {
        Ok(self.folded(run).await?.outcome().cloned())
    }
}
