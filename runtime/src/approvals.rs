//! Approvals: what waits for a person, and what they decide, from any process that has the journal.
//!
//! A run that asks ends its work as *waiting* and holds nothing. A decision is an event in its journal,
//! bound to the digest of what the person was shown; `resume` goes on with it. [`Agent::allow`] and
//! [`Agent::deny`] do both.

use handyman_core::{Event, Fault, FaultKind, Journal, Outcome, Run, RunId, SessionId, ToolCall, Verdict};
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::agent::Agent;

/// A call that waits for a person. As JSON it can be shown elsewhere, and come back with the decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Approval {
    /// The run.
    pub run: RunId,
    /// Its session.
    pub session: SessionId,
    /// The message that began the run.
    pub message: String,
    /// Local time when it began.
    pub started: DateTime,
    /// The call.
    pub call: ToolCall,
    /// Why a person is asked.
    pub why: String,
    /// What the call would do, where its tool can say.
    pub plan: Option<Value>,
    /// What a decision is bound to.
    pub digest: String,
    /// What a person has decided, if the run has not gone on since.
    pub decision: Option<Verdict>,
}

/// The calls that wait for a person, oldest first.
///
/// # Errors
/// A [`Fault`] of kind `Journal`.
pub async fn waiting(journal: &dyn Journal) -> Result<Vec<Approval>, Fault> {
    let mut found = Vec::new();
    for summary in journal.runs(None).await? {
        if matches!(summary.outcome, Some(Outcome::Waiting { .. })) {
            found.extend(of_run(journal, &summary.run).await?);
        }
    }
    Ok(found)
}

/// The call of a run that waits for a person, if one does.
///
/// # Errors
/// A [`Fault`] of kind `Journal`.
pub async fn of_run(journal: &dyn Journal, run: &RunId) -> Result<Option<Approval>, Fault> {
    let events = journal.events(run).await?;
    let folded = Run::replay(run.clone(), handyman_core::Earlier::default(), &events);
    let (Some(Outcome::Waiting { call: waits }), Some(Event::Started { session, message, now, .. })) =
        (folded.outcome(), events.first())
    else {
        return Ok(None);
    };
    let Some(pending) = folded.pending().iter().find(|pending| pending.call.id == *waits) else {
        return Ok(None);
    };
    let asked = events.iter().rev().find_map(|event| match event {
        Event::CallDecided { call, decision: Verdict::Ask, why, plan, digest, .. } if call == waits => {
            Some((why.clone(), plan.clone(), digest.clone().unwrap_or_default()))
        }
        Event::CallWithheld { call, why, plan, digest, .. } if call == waits => {
            Some((why.clone(), Some(plan.clone()), digest.clone()))
        }
        _ => None,
    });
    let decision = events.iter().rev().map_while(|event| match event {
        Event::PersonDecided { call, decision, .. } if call == waits => Some(*decision),
        _ => None,
    });
    let (decision, Some((why, plan, digest))) = (decision.last(), asked) else { return Ok(None) };
    Ok(Some(Approval {
        run: run.clone(),
        session: session.clone(),
        message: message.clone(),
        started: *now,
        call: pending.call.clone(),
        why,
        plan,
        digest,
        decision,
    }))
}

/// Records a person's decision on the call of a run that waits for it, and gives what was decided on.
/// `digest`, where given, is of what they were shown, or its beginning; by default what the journal holds.
///
/// # Errors
/// A [`Fault`] of kind `Request` if no call of the run waits, it was decided on before, or the digest is
/// another one; `Busy` while somebody is at work on the session.
pub async fn decide(
    journal: &dyn Journal,
    run: &RunId,
    decision: Verdict,
    digest: Option<&str>,
) -> Result<Approval, Fault> {
    decide_because(journal, run, decision, digest, None).await
}

/// As [`decide`], with the person's reason: with a no, the model is told it.
///
/// # Errors
/// As [`decide`].
pub async fn decide_because(
    journal: &dyn Journal,
    run: &RunId,
    decision: Verdict,
    digest: Option<&str>,
    why: Option<&str>,
) -> Result<Approval, Fault> {
    let bound = digest.map_or(Bound::Waiting, Bound::Beginning);
    decide_on(journal, run, bound, (decision, why)).await
}

/// What a decision is for.
#[derive(Clone, Copy)]
enum Bound<'a> {
    /// The call that waits, whatever it is.
    Waiting,
    /// The call whose digest begins so.
    Beginning(&'a str),
    /// The call with this digest. Said once more, the same decision changes nothing: its first answer may have been lost.
    Whole(&'a str),
}

async fn decide_on(
    journal: &dyn Journal,
    run: &RunId,
    bound: Bound<'_>,
    (decision, why): (Verdict, Option<&str>),
) -> Result<Approval, Fault> {
    if decision == Verdict::Ask {
        return Err(Fault::new(FaultKind::Request, "a person is asked already: they allow or deny"));
    }
    let nothing = || {
        Fault::new(FaultKind::Request, format!("no call of run {run} waits for a person"))
            .with_hint("`approvals::waiting` lists what waits; on the command line: handyman approvals list")
    };
    let approval = of_run(journal, run).await?.ok_or_else(nothing)?;
    let _lease = journal.lease(&approval.session).await?;
    let approval = of_run(journal, run).await?.ok_or_else(nothing)?;
    let is_meant = match bound {
        Bound::Waiting => true,
        Bound::Beginning(digest) => !digest.is_empty() && approval.digest.starts_with(digest),
        Bound::Whole(digest) => approval.digest == digest,
    };
    if let Some(earlier) = approval.decision {
        if matches!(bound, Bound::Whole(_)) && is_meant && earlier == decision {
            return Ok(approval);
        }
        let word = if earlier == Verdict::Allow { "allowed" } else { "denied" };
        return Err(Fault::new(FaultKind::Request, format!("the call of run {run} was already {word}"))
            .with_hint(format!(
                "go on with `Agent::resume`; on the command line: handyman resume {run}, with the options that it began with"
            )));
    }
    if !is_meant {
        return Err(Fault::new(FaultKind::Request, "what waits is not what the digest was given for")
            .with_hint(
                "look at it again with `Agent::waiting`; on the command line: handyman approvals list",
            ));
    }
    let (call, digest) = (approval.call.id.clone(), approval.digest.clone());
    let why = why.map(str::trim).filter(|why| !why.is_empty()).map(str::to_owned);
    journal.append(run, &Event::PersonDecided { call, decision, digest, why }).await?;
    Ok(Approval { decision: Some(decision), ..approval })
}

impl Agent {
    /// What a run waits for: the call, why a person is asked and what it would do; `None` where it does not wait.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Journal`.
    pub async fn waiting(&self, run: &RunId) -> Result<Option<Approval>, Fault> {
        of_run(self.opened_journal().await?.as_ref(), run).await
    }

    /// Allows what the person was shown, and goes on with the run. What has changed since is not done: the run
    /// waits again.
    ///
    /// # Dropping the future
    /// As with [`Agent::run`]. In its place, [`Agent::decide`] and then [`Agent::resume_stream`] can be dropped.
    ///
    /// # Errors
    /// As [`Agent::decide`] and [`Agent::resume`].
    pub async fn allow(&self, shown: &Approval) -> Result<Run, Fault> {
        self.decide(&shown.run, &shown.digest, Verdict::Allow, None).await?;
        self.resume(&shown.run).await
    }

    /// Denies what the person was shown, and goes on with the run: the model is told no, and why.
    ///
    /// # Dropping the future
    /// As with [`Agent::allow`].
    ///
    /// # Errors
    /// As [`Agent::decide`] and [`Agent::resume`].
    pub async fn deny(&self, shown: &Approval, why: Option<&str>) -> Result<Run, Fault> {
        self.decide(&shown.run, &shown.digest, Verdict::Deny, why).await?;
        self.resume(&shown.run).await
    }

    /// Records what a person has decided on the call with this digest, and does not go on with the run: for a service
    /// whose pages show an [`Approval`] and send back its digest. [`Agent::resume_stream`] or [`Agent::resume`] goes on.
    /// The same decision once more is no fault.
    ///
    /// ```
    /// # use handyman_core::{ToolResult, Verdict, tool};
    /// # use handyman_runtime::{Agent, ScriptModel};
    /// # /// Pays a bill.
    /// # #[tool(once)]
    /// # async fn pay() -> ToolResult<String> {
    /// #     Ok("paid".to_owned())
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let model = ScriptModel::parse(r#"{"calls": [{"tool": "pay", "arguments": {}}]}
    /// # {"text": "It is paid."}"#)?;
    /// let agent = Agent::new(model).tool(pay);
    /// let run = agent.run("Pay the bill").await?;
    /// let shown = agent.waiting(run.id()).await?.ok_or("nothing waits")?;
    /// // A page shows it. Its answer comes with the digest of what was shown:
    /// agent.decide(run.id(), &shown.digest, Verdict::Allow, None).await?;
    /// let run = agent.resume_stream(run.id()).run().await?;
    /// assert_eq!(run.answer(), "It is paid.");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A [`Fault`] of kind `Request` if no call of the run waits, another one waits than that with the digest, it was
    /// decided on otherwise before, or the verdict is [`Verdict::Ask`]; `Busy` while somebody is at work on the session.
    pub async fn decide(
        &self,
        run: &RunId,
        digest: &str,
        verdict: Verdict,
        why: Option<&str>,
    ) -> Result<(), Fault> {
        let journal = self.opened_journal().await?;
        decide_on(journal.as_ref(), run, Bound::Whole(digest), (verdict, why)).await.map(drop)
    }
}

#[cfg(test)]
mod tests;
