//! An agent as a tool of an MCP server: other programs hand it a task and hear how far it has come. Beside it, an agent over
//! HTTP.

mod http;

use async_trait::async_trait;
use handyman_core::{
    CallContext, CallId, CallOutcome, Delta, DeltaSink, Effect, Event, Fault, FaultKind, Journal, Outcome,
    Run, Safety, SessionId, ToolError, ToolErrorKind, ToolResult, ToolSpec, Verdict,
};
use handyman_runtime::{Agent, Approval, Observer, Session, Watch, approvals};
use handyman_tools::mcp::serve::{Caller, Service};
use serde_json::{Map, Value, json};
use std::sync::{Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

pub use http::HttpAgent;

/// An agent that is offered as one tool, `handyman`.
///
/// Each call is a run in a session that is named after the call's key: the same key again goes on with that run, or gives
/// what came of it, and nothing is done twice. What the agent's policy asks about, the person at the client is asked; where
/// nobody can be, it is refused, and the model is told why.
///
/// ```no_run
/// use std::sync::Arc;
/// use handyman::{Agent, ServedAgent, Toolbox};
/// use handyman::tools::mcp::serve::Serving;
/// # async fn serve(agent: Agent, tools: Toolbox) -> Result<(), handyman::ToolError> {
/// let clock = || jiff::ZonedDateTime::now().datetime();
/// Serving::new(tools, clock).with(Arc::new(ServedAgent::new(agent))).on_standard_io().await
/// # }
/// ```
#[derive(Debug)]
pub struct ServedAgent {
    agent: Agent,
    spec: ToolSpec,
    question: fn(&Approval) -> String,
}

/// What the model is told of a call that a person had to decide on where nobody could be asked.
const NOBODY: &str = "nobody could be asked: this client cannot ask people; start handyman mcp with --allow NAME or \
    --approve auto";

impl ServedAgent {
    /// This agent, under its own policy, limits and journal.
    #[must_use]
    pub fn new(agent: Agent) -> Self {
        let spec = ToolSpec {
            name: "handyman".to_owned(),
            description: "Do a task: an agent with tools of its own does what is asked and answers"
                .to_owned(),
            parameters: json!({"type": "object", "properties": {"request": {"type": "string", "minLength": 1,
                "description": "What should be done, in a sentence or two"}}, "required": ["request"],
                "additionalProperties": false}),
            effect: Effect::Once,
            safety: Safety::default(),
        };
        Self { agent, spec, question }
    }

    /// Asks in these words. By default they are the call, why the policy asks, and the tool's plan as JSON, which is not
    /// how everybody reads it.
    #[must_use]
    pub fn asking(self, question: fn(&Approval) -> String) -> Self {
        Self { question, ..self }
    }

    /// Runs the request, or goes on with what an earlier call under this key began.
    async fn work(
        &self,
        session: &Session,
        request: &str,
        (watch, caller): (&Watch<'_>, &dyn Caller),
    ) -> Result<Run, Fault> {
        let mut run = match session.last().await? {
            // What was asked for then is not what is asked for now, and its answer would be told as today's.
            Some(earlier) if earlier.message != request => {
                let message = format!("the key was used for another request, by run {}", earlier.run);
                return Err(
                    Fault::new(FaultKind::Request, message).with_hint("give each request a key of its own")
                );
            }
            Some(earlier) => session.resume(&earlier.run, watch).await?,
            None => session.run_watched(request, watch).await?,
        };
        let journal = session.journal().await?;
        while matches!(run.outcome(), Some(Outcome::Waiting { .. })) {
            let Some(approval) = approvals::of_run(journal.as_ref(), run.id()).await? else { break };
            if approval.decision.is_none() {
                let question = (self.question)(&approval);
                let said = tokio::select! {
                    said = caller.allows(&question) => said,
                    // The run waits as it is: the same key asks again.
                    () = caller.gone() => break,
                };
                decided(journal.as_ref(), approval, said).await?;
            }
            run = session.resume(run.id(), watch).await?;
        }
        Ok(run)
    }
}

#[async_trait]
impl Service for ServedAgent {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(
        &self,
        arguments: Map<String, Value>,
        context: &CallContext,
        caller: &dyn Caller,
    ) -> ToolResult<Value> {
        let request = arguments.get("request").and_then(Value::as_str).unwrap_or_default().trim();
        if request.is_empty() {
            return Err(ToolError::argument("request", "say in a sentence what should be done"));
        }
        let session = self.agent.session_named(SessionId::from(context.key.as_str()));
        let (steps, cancel) = (Steps { caller, calls: Mutex::default() }, CancellationToken::new());
        let watch = Watch::new(&steps).cancelled_by(cancel.clone());
        let mut work = std::pin::pin!(self.work(&session, request, (&watch, caller)));
        let run = tokio::select! {
            run = &mut work => run,
            () = caller.gone() => {
                // Every call that is under way gets its result first.
                cancel.cancel();
                work.await
            }
        };
        run.map(|run| told(&run)).map_err(|fault| failed(&fault))
    }
}

/// What the client hears of a run.
fn told(run: &Run) -> Value {
    let outcome = match run.outcome() {
        Some(outcome) => serde_json::to_value(outcome).unwrap_or_default(),
        None => json!({}),
    };
    let mut told = json!({"answer": run.answer(), "run": run.id()});
    for (name, value) in outcome.as_object().into_iter().flatten() {
        told[name.as_str()] = value.clone();
    }
    told
}

fn failed(fault: &Fault) -> ToolError {
    let said = fault.hint().map_or_else(|| fault.to_string(), |hint| format!("{fault}; {hint}"));
    match fault.kind() {
        FaultKind::Busy => ToolError::unavailable(said),
        FaultKind::Request | FaultKind::Window | FaultKind::Schema => {
            ToolError::new(ToolErrorKind::Refused, said)
        }
        FaultKind::Model
        | FaultKind::Template
        | FaultKind::Backend
        | FaultKind::Journal
        | FaultKind::Tool => ToolError::internal(said),
    }
}

/// Records what came of asking about a call; `None` where nobody could be asked.
async fn decided(journal: &dyn Journal, approval: Approval, said: Option<bool>) -> Result<(), Fault> {
    let Approval { run, session, call, digest, .. } = approval;
    if let Some(allowed) = said {
        let decision = if allowed { Verdict::Allow } else { Verdict::Deny };
        return approvals::decide(journal, &run, decision, Some(&digest)).await.map(drop);
    }
    let _lease = journal.lease(&session).await?;
    // Nobody has said no: the reason stands alone.
    let why = Some(NOBODY.to_owned());
    let unasked = Event::PersonDecided { call: call.id, decision: Verdict::Ask, digest, why };
    journal.append(&run, &unasked).await
}

/// What the person is asked: the call, why, and what it would do, each on lines of their own.
fn question(approval: &Approval) -> String {
    let call = format!("{} {}", approval.call.tool, Value::from(approval.call.arguments.clone()));
    let plan = approval.plan.as_ref().map_or_else(
        || "It cannot be said beforehand what it would do.".to_owned(),
        |plan| format!("It would:\n{plan:#}"),
    );
    format!("Allow {call}?\n{}\n{plan}", approval.why)
}

/// Tells the client of each call of the run, and how far it has come.
struct Steps<'a> {
    caller: &'a dyn Caller,
    /// The calls of the run by id, with their tools.
    calls: Mutex<Vec<(String, String)>>,
}

impl Steps<'_> {
    /// The tool of a call.
    fn named(&self, call: &CallId) -> String {
        let known = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.iter().find(|(known, _)| known == call.as_str());
        found.map_or_else(|| "a call".to_owned(), |(_, tool)| tool.clone())
    }
}

impl DeltaSink for Steps<'_> {
    fn delta(&self, delta: Delta) {
        match delta {
            Delta::Progress { call, text } => self.caller.tell(&format!("{}: {text}", self.named(&call))),
            Delta::Text(_) | Delta::Reasoning(_) => {}
        }
    }
}

impl Observer for Steps<'_> {
    fn event(&self, event: &Event) {
        match event {
            Event::ModelReplied { calls, .. } => {
                let mut known = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
                known.extend(calls.iter().map(|call| (call.id.as_str().to_owned(), call.tool.clone())));
            }
            Event::CallStarted { call, .. } => {
                self.caller.tell(&format!("{}: started", self.named(call)));
            }
            Event::CallFinished { call, outcome, .. } => {
                let word = if *outcome == CallOutcome::Succeeded { "done" } else { "not done" };
                self.caller.tell(&format!("{}: {word}", self.named(call)));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
