//! A session that begins after a conversation which the program has kept itself.

use std::collections::BTreeMap;

use handyman_core::planner::{self, Step};
use handyman_core::{
    Earlier, Event, Fault, FaultKind, Message, ModelInfo, Outcome, Recording, Role, Run, RunId, SessionId,
    StopReason, TokenUsage,
};

use super::{Session, fresh};
use crate::agent::Agent;

/// What the person said, and the answer; empty where there was none.
type Exchange = (String, String);

impl Agent {
    /// Begins a session after what the person and the assistant have said elsewhere: a conversation that the program has
    /// kept itself, oldest message first. Each message of the person becomes a run of the new session, with its answer, in
    /// the journal: what comes after is resumed, replayed and told like any other.
    ///
    /// Only texts are taken over. What tools found, and thoughts and notes, are left out, as no journal has the calls: what
    /// was booked then is told, and nothing proves it now. Nor can a value that only the assistant has told be copied into
    /// an argument. The program answers for what it hands over: a message of the person counts as their own words.
    ///
    /// ```
    /// # use handyman_core::{Message, Role};
    /// # use handyman_runtime::{Agent, ScriptModel};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), handyman_core::Fault> {
    /// # let model = ScriptModel::parse("{}\n{\"text\": \"You are Ada.\"}")?;
    /// let said =
    ///     [Message::text_of(Role::User, "I am Ada."), Message::text_of(Role::Assistant, "Good morning, Ada.")];
    /// let session = Agent::new(model).session_after(&said).await?;
    /// assert_eq!(session.run("Who am I?").await?.answer(), "You are Ada.");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A [`Fault`] of kind `Request` where a message is the system's ([`Agent::system`] gives instructions), or the assistant
    /// spoke first; of kind `Journal` where it cannot be kept. There is no session then.
    pub async fn session_after(&self, said: &[Message]) -> Result<Session, Fault> {
        let exchanges = exchanges(said)?;
        let session = self.session();
        let runs: Vec<(RunId, Vec<Event>)> =
            exchanges.iter().map(|exchange| self.run_of(exchange, session.id())).collect();
        let journal = self.opened_journal().await?;
        let _lease = journal.lease(session.id()).await?;
        journal.append_all(&runs).await?;
        Ok(session)
    }

    /// The events of a run that came to this.
    fn run_of(&self, (message, answer): &Exchange, session: &SessionId) -> (RunId, Vec<Event>) {
        let id = RunId::from(fresh("r"));
        let mut events = vec![Event::Started {
            run: id.clone(),
            session: session.clone(),
            message: message.clone(),
            untrusted_message: false,
            key: None,
            // Who has replied is not known here.
            model: ModelInfo::default(),
            tools: Vec::new(),
            untrusted: Vec::new(),
            places: BTreeMap::new(),
            answer_schema: None,
            workflow: None,
            now: self.time(),
        }];
        if !answer.is_empty() {
            events.push(Event::ModelReplied {
                turn: 1,
                text: answer.clone(),
                reasoning: String::new(),
                calls: Vec::new(),
                stop: StopReason::Ended,
                confidence: None,
                usage: TokenUsage::default(),
                ms: 0,
                recording: Recording::default(),
            });
        }
        let run = Run::replay(id.clone(), Earlier::default(), &events);
        let outcome = if answer.is_empty() {
            Outcome::Cancelled
        } else if let Step::Finish(outcome) = planner::next_step(&run, &[], &self.limits) {
            outcome
        } else {
            // It is told as it was told then, whatever it claims.
            Outcome::Answered
        };
        events.push(Event::Finished {
            outcome,
            answer: answer.clone(),
            receipts: Vec::new(),
            incomplete: Vec::new(),
            usage: run.usage(),
        });
        (id, events)
    }
}

/// What was said, by turns: what one of them said in several messages is one text.
fn exchanges(said: &[Message]) -> Result<Vec<Exchange>, Fault> {
    let refused = |problem: &str, hint: &str| {
        Fault::new(FaultKind::Request, format!("an earlier conversation {problem}")).with_hint(hint)
    };
    let mut exchanges: Vec<Exchange> = Vec::new();
    for message in said {
        let text = message.text();
        if text.trim().is_empty() {
            continue;
        }
        match (message.role, exchanges.last_mut()) {
            (Role::System, _) => {
                return Err(refused("cannot hold instructions", "give them with `Agent::system`"));
            }
            (Role::Tool, _) => {}
            (Role::User, Some((asked, answer))) if answer.is_empty() => add(asked, &text),
            (Role::User, _) => exchanges.push((text, String::new())),
            (Role::Assistant, Some((_, answer))) => add(answer, &text),
            (Role::Assistant, None) => {
                let problem = "has to begin with what the person said";
                return Err(refused(problem, "leave a greeting out"));
            }
        }
    }
    Ok(exchanges)
}

fn add(text: &mut String, more: &str) {
    if !text.is_empty() {
        text.push_str("\n\n");
    }
    text.push_str(more);
}

#[cfg(test)]
mod tests;
