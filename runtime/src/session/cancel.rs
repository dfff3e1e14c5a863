//! Ending a run before it has come to its end.

use handyman_core::{Fault, Outcome, Run, RunId};
use tokio_util::sync::CancellationToken;

use super::Session;

impl Session {
    /// Ends a run of this session, and gives it as it has ended: see [`Agent::cancel`](crate::Agent::cancel).
    ///
    /// # Errors
    /// As [`Session::resume`]; of kind `Busy` while another process is at work on the session, or another run of it is under
    /// way.
    pub async fn cancel(&self, id: &RunId) -> Result<Run, Fault> {
        let journal = self.agent.opened_journal().await?;
        // Another session's run is not cancelled by this one.
        self.own_events(journal.as_ref(), id).await?;
        if let Some(run) = self.agent.under_way.cancel(id).await
            && has_ended(&run)
        {
            return Ok(run);
        }
        // Who else cancels it waits for this, and is given what it comes to.
        let place = self.agent.under_way.at_work(id, &CancellationToken::new());
        let _lease = journal.lease(&self.id).await?;
        let events = self.own_events(journal.as_ref(), id).await?;
        let earlier = self.earlier(journal.as_ref(), Some(id)).await?;
        let mut run = Run::replay(id.clone(), earlier, &events);
        if !has_ended(&run) {
            self.give_up(&mut run, journal.as_ref()).await?;
        }
        place.came_to(&run);
        Ok(run)
    }
}

fn has_ended(run: &Run) -> bool {
    !matches!(run.outcome(), None | Some(Outcome::Waiting { .. }))
}

#[cfg(test)]
mod tests;
