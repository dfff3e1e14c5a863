//! Runs that are begun once: under a key that their caller has given.

use handyman_core::{Event, Fault, FaultKind, Journal, RunId, SessionId};

use super::Session;

impl Session {
    /// The same session, which begins its next run under this key, and only if none of its runs was begun under it: a
    /// request that comes again, also after a crash, begins no second run. [`Session::begun_under`] gives the first one.
    #[must_use]
    pub fn under(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// The run of this session that was begun under a key, if one was.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Journal`.
    pub async fn begun_under(&self, key: &str) -> Result<Option<RunId>, Fault> {
        begun_under(self.agent.opened_journal().await?.as_ref(), &self.id, key).await
    }

    /// Sees that no run was begun under the key of the next one. Nobody else can begin one meanwhile: whoever asks holds the
    /// lease.
    pub(super) async fn check_key(&self, journal: &dyn Journal) -> Result<(), Fault> {
        let Some(key) = &self.key else { return Ok(()) };
        let Some(run) = begun_under(journal, &self.id, key).await? else { return Ok(()) };
        let message = format!("run {run} of session {} was begun under the key '{key}'", self.id);
        Err(Fault::new(FaultKind::Request, message)
            .with_hint("look at that run or go on with it; another message needs another key"))
    }
}

async fn begun_under(journal: &dyn Journal, session: &SessionId, key: &str) -> Result<Option<RunId>, Fault> {
    let runs = journal.events_of(session, None).await?;
    let begun = runs.into_iter().find(|(_, events)| match events.first() {
        Some(Event::Started { key: first, .. }) => first.as_deref() == Some(key),
        Some(_) | None => false,
    });
    Ok(begun.map(|(run, _)| run))
}

#[cfg(test)]
mod tests;
