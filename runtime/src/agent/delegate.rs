//! An agent as a tool of another one.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use handyman_core::{
    CallContext, CallOutcome, CallState, Decision, Done, Earlier, Effect, Fault, FaultKind, IdempotencyKey,
    Outcome, PendingCall, Policy, Probe, Run, RunId, Safety, SessionId, Tool, ToolCall, ToolError,
    ToolErrorKind, ToolResult, ToolSpec, Toolset, Verdict,
};
use serde_json::{Map, Value, json};

use super::Agent;
use crate::policy::ReadOnly;
use crate::session::Session;
use crate::stream::apart;

/// An agent that other agents hand a task to, by its name: see [`Agent::as_tool`].
#[derive(Debug, Clone)]
pub struct Delegate {
    agent: Agent,
    spec: ToolSpec,
}

impl Agent {
    /// This agent as a tool of another one, which hands it a task in words and hears its answer.
    ///
    /// Each call is a run of its own, in a session that is named after the call's key: made again under the same key,
    /// as after a crash, it goes on with that run or gives what came of it. For that, both agents need a journal that
    /// lasts ([`Agent::journal`]; it may be the same file). Where it had acted and not ended when the other one went down,
    /// that one is told *unknown*, and the run can be resumed by itself. Declared read-only, the agent can only read, whatever its policy allows.
    /// Where its policy asks a person, the call succeeds with the outcome `waiting` and the run that waits, which is
    /// decided on as any other. What it reads counts as untrusted to the other one if one of its tools' results does, and
    /// a task set after the other one has read such content is nobody's request: its effects are asked about
    /// ([`AskForUntrusted`](crate::AskForUntrusted)).
    ///
    /// The call may take as long as this agent's limits let a run take, or what [`Delegate::within`] says.
    /// When that is over, or the future of its run is dropped, this one's run is cancelled in order: a tool that is in the
    /// middle of its effect runs to its end, and the journal says what it did. Who cancels its run cancels this one. Who is
    /// shown its runs ([`Agent::observed_by`]) is shown this one's. Where the model counts tokens, what was used is told with the answer: turns, and
    /// tokens of the replies.
    ///
    /// ```
    /// # use handyman_core::{Effect, Fault, ToolResult, tool};
    /// # use handyman_runtime::{Agent, ScriptModel};
    /// # /// Search documents.
    /// # #[tool(read_only)]
    /// # async fn search(
    /// #     /// What for
    /// #     query: String,
    /// # ) -> ToolResult<String> {
    /// #     Ok(query)
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Fault> {
    /// # let model = || ScriptModel::parse(r#"{"text": "Good morning."}"#);
    /// let reader = Agent::new(model()?).tool(search);
    /// let agent = Agent::new(model()?).tool(reader.as_tool("reader", "Reads and sums up", Effect::ReadOnly));
    /// # assert_eq!(agent.run("Hello").await?.answer(), "Good morning.");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn as_tool(
        &self,
        name: impl Into<String>,
        description: impl Into<String>,
        effect: Effect,
    ) -> Delegate {
        let mut agent = self.clone();
        if effect == Effect::ReadOnly {
            agent.policy = Arc::new(OnlyReading(Arc::clone(&self.policy)));
        }
        // What is wrong with its tools, the first call reports.
        let reads_strangers =
            self.tools().is_ok_and(|tools| tools.specs().iter().any(|spec| spec.safety.untrusted));
        let spec = ToolSpec {
            name: name.into(),
            description: description.into(),
            parameters: json!({"type": "object", "properties": {"task": {"type": "string", "minLength": 1,
                "description": "What is to be done, in a sentence or two"}}, "required": ["task"],
                "additionalProperties": false}),
            effect,
            safety: Safety {
                probe: true,
                untrusted: reads_strangers,
                // What has begun at the end of a run's time may take its own.
                time: Some(self.limits.wall_time.saturating_add(self.limits.tool_time)),
                ..Safety::default()
            },
        };
        Delegate { agent, spec }
    }
}

impl Delegate {
    /// Gives a call so much time, instead of as much as the agent's own limits let a run take.
    #[must_use]
    pub fn within(mut self, time: Duration) -> Self {
        self.spec.safety.time = Some(time);
        self
    }

    fn session(&self, key: &IdempotencyKey) -> Session {
        self.agent.session_named(session_of(&self.spec.name, key))
    }

    /// What the other agent hears where the run could not go on. What was done by then stands, whatever it is that failed.
    async fn failed(&self, fault: &Fault, key: &IdempotencyKey) -> ToolError {
        let said = format!("{} could not do it: {fault}", self.spec.name);
        if self.may_have_acted(key).await {
            return ToolError::in_doubt(said);
        }
        match fault.kind() {
            FaultKind::Busy => ToolError::unavailable(said),
            FaultKind::Request | FaultKind::Window | FaultKind::Schema => {
                ToolError::new(ToolErrorKind::Refused, said)
            }
            FaultKind::Model
            | FaultKind::Template
            | FaultKind::Backend
            | FaultKind::Journal
            | FaultKind::Tool => {
                let kind = if self.spec.effect == Effect::ReadOnly {
                    ToolErrorKind::Internal
                } else {
                    ToolErrorKind::InDoubt
                };
                ToolError::new(kind, said)
            }
        }
    }
}

#[async_trait]
impl Tool for Delegate {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, arguments: Map<String, Value>, context: &CallContext) -> ToolResult<Value> {
        let task = arguments.get("task").and_then(Value::as_str).unwrap_or_default();
        let session = session_of(&self.spec.name, &context.key);
        let session = self.agent.clone().also_given(&context.given).session_named(session);
        match work(session, task.to_owned(), context.untrusted).await {
            Ok(run) => Ok(self.told(&run)),
            Err(fault) => Err(self.failed(&fault, &context.key).await),
        }
    }

    /// Whether the run has ended, or waits for a person. One that is cancelled just now, because nobody waits for it any
    /// more, is waited for. One that was interrupted goes on when the call is made again under its key; where it may have
    /// acted already, nobody can say whether the task was done.
    async fn probe(&self, key: &IdempotencyKey) -> ToolResult<Probe> {
        let unreadable = |fault: Fault| ToolError::unavailable(fault.to_string());
        if let Some(last) = self.session(key).last().await.map_err(unreadable)? {
            self.agent.under_way.end_of(&last.run).await;
        }
        let Some(run) = self.begun(key).await.map_err(unreadable)? else { return Ok(Probe::NotDone) };
        Ok(match run.outcome() {
            Some(_) => Probe::Done(self.told(&run)),
            None if self.has_acted(&run) => Probe::Unsupported,
            None => Probe::NotDone,
        })
    }
}

impl Delegate {
    /// The run that was begun under a key, as far as it has come.
    async fn begun(&self, key: &IdempotencyKey) -> Result<Option<Run>, Fault> {
        let session = self.session(key);
        let Some(last) = session.last().await? else { return Ok(None) };
        let events = session.journal().await?.events(&last.run).await?;
        Ok(Some(Run::replay(last.run, Earlier::default(), &events)))
    }

    /// Whether the run that was begun under a key has had an effect, or may have: also where it cannot be read.
    async fn may_have_acted(&self, key: &IdempotencyKey) -> bool {
        if self.spec.effect == Effect::ReadOnly {
            return false;
        }
        match self.begun(key).await {
            Ok(run) => run.is_some_and(|run| self.has_acted(&run)),
            Err(_) => true,
        }
    }

    /// Whether a call of the run has had an effect, or may have.
    fn has_acted(&self, run: &Run) -> bool {
        let begun = |pending: &PendingCall| matches!(pending.state, CallState::Started | CallState::InDoubt);
        run.pending().iter().any(|pending| begun(pending) && self.acts(&pending.call))
            || run.done().iter().any(|done| self.may_stand(done))
    }

    /// Whether a call that has ended has had an effect, or may have.
    fn may_stand(&self, done: &Done) -> bool {
        matches!(done.outcome, CallOutcome::Succeeded | CallOutcome::Unknown) && self.acts(&done.call)
    }

    fn acts(&self, call: &ToolCall) -> bool {
        let tools = self.agent.tools().ok();
        let spec = tools.and_then(|tools| tools.specs().iter().find(|spec| spec.name == call.tool));
        spec.is_none_or(|spec| spec.effect != Effect::ReadOnly)
    }

    /// What the other agent hears of a run: its answer, and where it has none of its own, how it ended and what it has
    /// done, or may have, until then.
    fn told(&self, run: &Run) -> Value {
        let answer = match run.answer_schema() {
            Some(_) => serde_json::from_str(run.answer()).unwrap_or_else(|_| run.answer().into()),
            None => Value::from(run.answer()),
        };
        let mut told = match run.outcome() {
            Some(Outcome::Answered | Outcome::Asked) | None => json!({"answer": answer}),
            Some(Outcome::Waiting { .. }) => {
                json!({"answer": "a person has to decide first", "outcome": "waiting", "run": run.id()})
            }
            Some(outcome) => {
                let outcome = serde_json::to_value(outcome).unwrap_or_default();
                let mut told = json!({"answer": answer, "outcome": outcome["outcome"]});
                let done = self.standing(run);
                if !done.is_empty() {
                    told["done"] = done.into();
                }
                told
            }
        };
        let (turns, tokens) = (run.usage().turns, run.usage().tokens.decoded());
        if tokens > 0 {
            told["usage"] = json!({"turns": turns, "tokens": tokens});
        }
        told
    }

    /// The calls of a run that have had an effect, or may have, and were not taken back.
    fn standing(&self, run: &Run) -> Vec<Value> {
        let takes_back = |other: &Done, done: &Done| {
            other.undoes.as_ref() == Some(&done.call.id) && other.outcome == CallOutcome::Succeeded
        };
        let stands = |done: &&Done| {
            let is_undone = run.done().iter().any(|other| takes_back(other, done));
            done.undoes.is_none() && self.may_stand(done) && !is_undone
        };
        let shown =
            |done: &Done| json!({"tool": done.call.tool, "outcome": done.outcome, "result": done.result});
        run.done().iter().filter(stands).map(shown).collect()
    }
}

/// Runs the task, or goes on with what an earlier call under this key began. Whoever no longer waits for it, because the
/// time for the call is over or the other run has gone, cancels it in order.
async fn work(session: Session, task: String, untrusted: bool) -> Result<Run, Fault> {
    let begins = |watch| async move {
        match session.last().await? {
            Some(earlier) => session.resume(&earlier.run, &watch).await,
            None => session.run_task(&task, untrusted, &watch).await,
        }
    };
    apart(begins).await
}

/// The session of the task that is handed on under a key.
fn session_of(name: &str, key: &IdempotencyKey) -> SessionId {
    SessionId::from(format!("{name}.{key}"))
}

/// The run that has handed on the task of a session; `None` where the session's name is not that of a task. It is the
/// tool's, then the key: the run's and the call's.
pub(crate) fn handed_on_by(session: &SessionId) -> Option<RunId> {
    let (task, _call) = session.as_str().rsplit_once('.')?;
    let (_tool, run) = task.rsplit_once('.')?;
    Some(RunId::from(run))
}

/// What the inner policy allows, if it only reads.
struct OnlyReading(Arc<dyn Policy>);

#[async_trait]
impl Policy for OnlyReading {
    async fn decide(&self, call: &ToolCall, spec: &ToolSpec, run: &Run) -> Decision {
        let reads = ReadOnly.decide(call, spec, run).await;
        if reads.verdict == Verdict::Deny { reads } else { self.0.decide(call, spec, run).await }
    }

    fn ruled_out(&self, tools: &[ToolSpec], run: &Run) -> Vec<String> {
        self.0.ruled_out(tools, run)
    }
}

#[cfg(test)]
mod tests;
