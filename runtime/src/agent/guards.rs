//! Checks of a program's own: of what is asked, before a run begins, and of what is answered, before it counts.

use std::sync::Arc;

use handyman_core::{Fault, FaultKind, Run};

use super::Agent;

type CheckAnswer = dyn Fn(&Run, &str) -> Result<(), String> + Send + Sync;
type CheckMessage = dyn Fn(&str) -> Result<(), String> + Send + Sync;

/// The checks of an agent.
#[derive(Clone, Default)]
pub(crate) struct Guards {
    answers: Vec<Arc<CheckAnswer>>,
    messages: Vec<Arc<CheckMessage>>,
}

impl Agent {
    /// Checks every whole reply without calls: an answer, a question, the reply to a step of a workflow. One that does
    /// not pass is malformed: the model is told what the check says, and replies again, until
    /// [`Limits::malformed_max`](handyman_core::Limits) or another limit ends the run. Then the reply that did not pass is
    /// not given as its answer, in no part. Several checks add up; the first that is not passed is told.
    ///
    /// Its deltas were shown by then: who shows them as they come shows what does not pass as well, until the event
    /// `reply_malformed`. What a limit cuts off is given as the part that it is, and was not checked: look at
    /// [`Run::outcome`].
    ///
    /// ```
    /// # use handyman_runtime::{Agent, ScriptModel};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), handyman_core::Fault> {
    /// # let model = ScriptModel::parse(r#"{"text": "I guarantee that it will rain."}
    /// # {"text": "It will probably rain."}"#)?;
    /// let agent = Agent::new(model).check_answer(|_run, answer| {
    ///     if answer.contains("guarantee") { Err("we guarantee nothing".to_owned()) } else { Ok(()) }
    /// });
    /// assert_eq!(agent.run("Will it rain?").await?.answer(), "It will probably rain.");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn check_answer(
        mut self,
        check: impl Fn(&Run, &str) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        self.guards.answers.push(Arc::new(check));
        self
    }

    /// Checks every message before its run begins: one that does not pass is a [`Fault`] of kind `Request` that says why,
    /// and leaves nothing behind, neither in the journal nor with the model. Of a workflow, the message is what it
    /// says of itself, and its inputs. Several checks add up.
    ///
    /// ```
    /// # use handyman_runtime::{Agent, ScriptModel};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), handyman_core::Fault> {
    /// # let model = ScriptModel::parse("")?;
    /// let agent = Agent::new(model).check_message(|message| {
    ///     if message.contains("BEGIN PRIVATE KEY") { Err("it holds a private key".to_owned()) } else { Ok(()) }
    /// });
    /// let fault = agent.run("What is -----BEGIN PRIVATE KEY-----?").await.unwrap_err();
    /// assert_eq!(fault.to_string(), "the message was refused: it holds a private key");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn check_message(
        mut self,
        check: impl Fn(&str) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        self.guards.messages.push(Arc::new(check));
        self
    }
}

impl Guards {
    /// What is wrong with a reply that answers, in words for the model.
    pub(crate) fn answer(&self, run: &Run, text: &str) -> Result<(), String> {
        let checked = self.answers.iter().try_for_each(|check| check(run, text));
        checked.map_err(|problem| format!("it did not pass a check: {}", problem.trim_end_matches('.')))
    }

    /// Refuses a message that does not pass.
    pub(crate) fn message(&self, text: &str) -> Result<(), Fault> {
        self.messages.iter().try_for_each(|check| check(text)).map_err(|problem| {
            Fault::new(FaultKind::Request, format!("the message was refused: {problem}"))
                .with_hint("say it in another way; nothing was begun")
        })
    }
}

#[cfg(test)]
mod tests;
