//! Running a recorded run again, without its tools: what happened is checked against what would happen.
//!
//! Without the model, the events are folded again and each is held against the planner's step. With the
//! model, every reply is generated again from the same history, and the first token that differs is
//! shown. A fork is a new session that has happened as the old one until some turn.

use handyman_core::planner::{self, Step};
use handyman_core::{
    CallRequest, Discard, Earlier, Event, Fault, FaultKind, ModelRequest, Outcome, ReplyBody, ReplyMode, Run,
    RunId, SessionId, ToolCall, Toolset,
};
use serde_json::json;

use crate::agent::Agent;
use crate::driver::options_now;
use crate::session::{Session, fresh};

/// What running a recorded run again has shown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Replayed {
    /// Events that came out the same.
    pub events: usize,
    /// Replies that were generated again and came out the same.
    pub replies: usize,
    /// Where it went another way, if it did.
    pub difference: Option<Difference>,
}

/// Where a run went another way when it was run again.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The event, from 0.
    pub event: usize,
    /// The token of the reply, from 0, where the recording has tokens; and both tokens' numbers, `None`
    /// where a reply had ended.
    pub token: Option<(usize, Option<u32>, Option<u32>)>,
    /// What is in the journal.
    pub recorded: String,
    /// What came out now.
    pub now: String,
}

impl Session {
    /// Runs a recorded run of this session again. With the model, replies are generated too; tools are
    /// never run.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Request` if there is no such run, `Busy` while somebody is at work on the session,
    /// or of the model or the journal.
    pub async fn replay(&self, id: &RunId, with_model: bool) -> Result<Replayed, Fault> {
        let agent = self.agent();
        let journal = agent.opened_journal().await?;
        let _lease = journal.lease(self.id()).await?;
        let events = journal.events(id).await?;
        let mut run = Run::new(id.clone(), self.earlier(journal.as_ref(), Some(id)).await?);
        let mut replayed = Replayed::default();
        for (index, event) in events.iter().enumerate() {
            let step = planner::next_step(&run, agent.offered_tools()?.specs(), &agent.limits);
            let difference = match (&step, event) {
                _ if !follows(&step, event) => Some(Difference {
                    event: index,
                    token: None,
                    recorded: serde_json::to_string(event).unwrap_or_default(),
                    now: format!("the planner's step would be {step:?}"),
                }),
                (Step::Generate(mode), Event::ModelReplied { .. }) if with_model => {
                    let difference = again(agent, &run, *mode, event).await?;
                    replayed.replies += usize::from(difference.is_none());
                    difference.map(|difference| Difference { event: index, ..difference })
                }
                _ => None,
            };
            if difference.is_some() {
                return Ok(Replayed { difference, ..replayed });
            }
            replayed.events += 1;
            run.apply(event);
        }
        Ok(replayed)
    }

    /// Begins a new session that has happened as this one until a turn of a run, and gives the run that
    /// goes on from there: `resume` it. What calls did in the original is not done again, nor undone.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Request` if the run has no such turn, or of the journal.
    pub async fn fork(&self, id: &RunId, turn: u32) -> Result<(Session, RunId), Fault> {
        let journal = self.agent().opened_journal().await?;
        let events = journal.events(id).await?;
        let is_turn = |event: &Event| matches!(event, Event::ModelReplied { turn: of, .. } | Event::ReplyMalformed { turn: of, .. } if *of == turn);
        let Some(until) = events.iter().position(is_turn) else {
            let turns = events.iter().filter(|event| matches!(event, Event::ModelReplied { .. })).count();
            return Err(Fault::new(FaultKind::Request, format!("run {id} has no turn {turn}"))
                .with_hint(format!("it has {turns}; `handyman runs show {id} --json` shows them")));
        };
        let forked = Session::new(self.agent().clone(), fresh("s").into());
        let _lease = journal.lease(forked.id()).await?;
        let mut last = id.clone();
        for summary in journal.runs(Some(self.id())).await? {
            let ends_here = summary.run == *id;
            let all = journal.events(&summary.run).await?;
            let kept = if ends_here { all.get(..until).unwrap_or_default() } else { &all };
            last = RunId::from(fresh("r"));
            for event in kept {
                journal.append(&last, &renamed(event, &last, forked.id())).await?;
            }
            if ends_here {
                break;
            }
        }
        Ok((forked, last))
    }
}

impl Session {
    /// Begins a new session that has happened as this one until now, for a sub-agent: what the model has read and
    /// written here it need not read again, and neither session hears of what the other goes on to do. A run that
    /// is under way, such as that of the tool which branches off, is cancelled in the new session.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Journal`.
    pub async fn branch(&self) -> Result<Session, Fault> {
        let journal = self.agent().opened_journal().await?;
        let branched = Session::new(self.agent().clone(), fresh("s").into());
        let _lease = journal.lease(branched.id()).await?;
        for summary in journal.runs(Some(self.id())).await? {
            let run = RunId::from(fresh("r"));
            let events = journal.events(&summary.run).await?;
            for event in &events {
                journal.append(&run, &renamed(event, &run, branched.id())).await?;
            }
            if !matches!(events.last(), Some(Event::Finished { outcome, .. }) if !matches!(outcome, Outcome::Waiting { .. }))
            {
                let usage = Run::replay(run.clone(), Earlier::default(), &events).usage();
                let (outcome, answer) = (Outcome::Cancelled, String::new());
                let cancelled =
                    Event::Finished { outcome, answer, receipts: Vec::new(), incomplete: Vec::new(), usage };
                journal.append(&run, &cancelled).await?;
            }
        }
        Ok(branched)
    }
}

/// Generates a reply again and compares it with the recorded one.
async fn again(
    agent: &Agent,
    run: &Run,
    mode: ReplyMode,
    event: &Event,
) -> Result<Option<Difference>, Fault> {
    let Event::ModelReplied { text, calls, recording, .. } = event else { return Ok(None) };
    let session = SessionId::from(format!("replay.{}", run.id()));
    let options = options_now(run, &agent.options);
    let request = ModelRequest {
        session: &session,
        history: run.history(),
        tools: agent.offered_tools()?.specs(),
        mode,
        tokens_max: planner::allowance(run, mode, &agent.limits).tokens,
        options: &options,
    };
    let reply = agent.model.reply(request, &Discard).await?;
    let (before, after) = (&recording.tokens, &reply.recording.tokens);
    let token = (0..before.len().max(after.len()))
        .find(|at| before.get(*at) != after.get(*at))
        .map(|at| (at, before.get(at).copied(), after.get(at).copied()))
        .filter(|_| !before.is_empty() && !after.is_empty());
    let requests = calls
        .iter()
        .map(|call: &ToolCall| CallRequest { tool: call.tool.clone(), arguments: call.arguments.clone() });
    let recorded = in_words(text, &requests.collect::<Vec<_>>());
    let now = match &reply.body {
        ReplyBody::Said { text, calls, .. } => in_words(text, calls),
        ReplyBody::Malformed { text, .. } => text.clone(),
    };
    let differs = token.is_some() || recorded != now;
    Ok(differs.then_some(Difference { event: 0, token, recorded, now }))
}

fn in_words(text: &str, calls: &[CallRequest]) -> String {
    let calls = calls.iter().map(|call| format!("{}{}", call.tool, json!(call.arguments)));
    std::iter::once(text.to_owned())
        .filter(|text| !text.is_empty())
        .chain(calls)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Whether an event is what comes of a step, or what may happen at any time.
fn follows(step: &Step, event: &Event) -> bool {
    match (event, step) {
        (
            Event::Started { .. }
            | Event::Resumed
            | Event::PersonDecided { .. }
            | Event::Finished { outcome: Outcome::Cancelled | Outcome::Limit { .. }, .. },
            _,
        )
        | (
            Event::ModelReplied { .. } | Event::ReplyMalformed { .. } | Event::Compacted { .. },
            Step::Generate(_),
        )
        | (Event::UndoPlanned { .. }, Step::Undo { .. })
        | (Event::ClaimRefused { .. }, Step::Correct { .. }) => true,
        (Event::CallDecided { call, .. }, Step::Decide(of))
        | (Event::CallStarted { call, .. }, Step::Start(of) | Step::Probe(of))
        | (Event::CallFinished { call, .. }, Step::Probe(of)) => *call == of.id,
        (
            Event::CallFinished { call, .. }
            | Event::CallRetried { call, .. }
            | Event::CallWithheld { call, .. },
            Step::Execute(of),
        ) => of.iter().any(|of| of.id == *call),
        (Event::CallFinished { call, .. }, Step::Settle(of)) => *call == of.call,
        (Event::Finished { outcome, .. }, Step::Finish(of)) => outcome == of,
        (_, _) => false,
    }
}

/// The event under another run and session.
fn renamed(event: &Event, run: &RunId, session: &SessionId) -> Event {
    let mut event = event.clone();
    if let Event::Started { run: of, session: within, .. } = &mut event {
        (*of, *within) = (run.clone(), session.clone());
    }
    event
}

#[cfg(test)]
mod tests;
