//! Whether an agent does its tasks: cases with what has to come of them, tried and judged.
//!
//! A [`Case`] is a task with its expectations. [`attempt`] says it to an agent and gives a [`Try`]; [`judge()`] alone looks
//! at runs that were made otherwise; a [`Report`] counts. What an agent's tools act on is its own: give each try a world
//! that may be thrown away.
//!
//! ```
//! use handyman_runtime::eval::{Case, Report, Tried, attempt};
//! use handyman_runtime::{Agent, ScriptModel, Watch};
//! use serde_json::json;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let case: Case = serde_json::from_value(json!({
//!     "task": "Say hello",
//!     "expect": {"answer": {"contains": ["hello"]}}
//! }))?;
//! let agent = Agent::new(ScriptModel::parse(r#"{"text": "Hello!"}"#)?);
//! let tried = attempt(&agent, &case, &Watch::default()).await;
//! let report = Report { cases: vec![Tried::new(&case, vec![tried])] };
//! assert_eq!((report.passed(), report.of()), (1, 1));
//! # Ok(())
//! # }
//! ```

mod case;
mod judge;
mod report;
mod threshold;

use std::time::Instant;

use handyman_core::{Earlier, Event, Fault, Outcome, Run, RunId, ToolSpec, Toolset, Usage};

use crate::agent::Agent;
use crate::driver::millis;
use crate::observe::Watch;
use crate::session::Session;

pub use case::{Case, Ending, Expect, ExpectedAnswer, ExpectedCall};
pub use judge::{About, Unmet, judge};
pub use report::{Report, Tried, Try, wilson};
pub use threshold::Threshold;

/// Says a case's messages to an agent, one after the other in one session, and judges what came of it.
///
/// Messages after a run that waits for a person, or was cancelled, are not said. A fault is something unmet like any
/// other: whoever tries many cases goes on with the next.
pub async fn attempt(agent: &Agent, case: &Case, watch: &Watch<'_>) -> Try {
    let began = Instant::now();
    let session = agent.session();
    let (runs, fault) = say(&session, case, watch).await;
    let unmet = match fault {
        Some(fault) => vec![Unmet::new(About::Task, format!("it broke off: {fault}"))],
        None => judge(case, &runs, offered(agent)),
    };
    let mut usage = Usage::default();
    for run in &runs {
        usage += run.usage();
    }
    let runs: Vec<RunId> = runs.iter().map(|run| run.id().clone()).collect();
    let confidence = least_confidence(&session, &runs).await;
    Try { unmet, runs, usage, confidence, ms: millis(began.elapsed()) }
}

/// How sure the model was of its least sure calls.
async fn least_confidence(session: &Session, runs: &[RunId]) -> Option<f32> {
    let journal = session.journal().await.ok()?;
    let mut least: Option<f32> = None;
    for run in runs {
        for event in journal.events(run).await.ok()? {
            if let Event::ModelReplied { calls, confidence: Some(sure), .. } = event
                && !calls.is_empty()
            {
                least = Some(least.map_or(sure, |least| least.min(sure)));
            }
        }
    }
    least
}

/// The runs that the messages came to, and what kept the next one from its end.
async fn say(session: &Session, case: &Case, watch: &Watch<'_>) -> (Vec<Run>, Option<Fault>) {
    let mut runs = Vec::new();
    for message in &case.task {
        match session.run_watched(message, watch).await {
            Ok(run) => {
                let goes_on = can_go_on(&run);
                runs.push(run);
                if !goes_on {
                    break;
                }
            }
            Err(fault) => {
                let broken = broken_off(session, &runs).await;
                runs.extend(broken);
                return (runs, Some(fault));
            }
        }
    }
    (runs, None)
}

/// The session's run that broke off, as far as it came; none where it could not even begin.
async fn broken_off(session: &Session, before: &[Run]) -> Option<Run> {
    let last = session.last().await.ok().flatten()?.run;
    if before.iter().any(|run| *run.id() == last) {
        return None;
    }
    let events = session.journal().await.ok()?.events(&last).await.ok()?;
    Some(Run::replay(last, Earlier::default(), &events))
}

/// Whether another message can be said after a run.
fn can_go_on(run: &Run) -> bool {
    match run.outcome() {
        Some(Outcome::Answered | Outcome::Asked | Outcome::Limit { .. } | Outcome::Failed { .. }) => true,
        Some(Outcome::Waiting { .. } | Outcome::Cancelled) | None => false,
    }
}

/// The tools of an agent; none where it cannot offer them, which its runs say.
fn offered(agent: &Agent) -> &[ToolSpec] {
    match agent.tools() {
        Ok(tools) => tools.specs(),
        Err(_) => &[],
    }
}

#[cfg(test)]
mod tests;
