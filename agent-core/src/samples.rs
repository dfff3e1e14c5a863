//! Facts to test the fold and the planner with.

use serde_json::{Value, json};

use crate::event::{Event, ModelInfo, Outcome, Recording, Verdict};
use crate::ids::RunId;
use crate::limits::{TokenUsage, Usage};
use crate::message::{CallOutcome, ToolCall};
use crate::run::{Earlier, Run};
use crate::tool::{Effect, Safety, ToolSpec};

/// One tool of each effect: `look`, `put`, `pay`.
pub(crate) fn tools() -> Vec<ToolSpec> {
    let spec = |(name, effect): (&str, Effect)| ToolSpec {
        name: name.to_owned(),
        description: format!("Can {name}."),
        parameters: json!({"type": "object"}),
        effect,
        safety: Safety::default(),
    };
    [("look", Effect::ReadOnly), ("put", Effect::Idempotent), ("pay", Effect::Once)].map(spec).to_vec()
}

/// A fresh run with these facts folded in.
pub(crate) fn run_of(events: &[Event]) -> Run {
    Run::replay(RunId::from("r1"), Earlier::default(), events)
}

pub(crate) fn started() -> Event {
    Event::Started {
        run: "r1".into(),
        session: "s1".into(),
        message: "Pay the bill".to_owned(),
        untrusted_message: false,
        key: None,
        model: ModelInfo::default(),
        tools: tools().into_iter().map(|tool| tool.name).collect(),
        untrusted: Vec::new(),
        places: std::collections::BTreeMap::new(),
        answer_schema: None,
        workflow: None,
        now: jiff::civil::date(2026, 11, 23).at(9, 30, 0, 0),
    }
}

/// The `index`-th call (from 1) of a run.
pub(crate) fn call(index: usize, tool: &str) -> ToolCall {
    ToolCall { id: format!("c{index}").into(), tool: tool.to_owned(), arguments: serde_json::Map::new() }
}

pub(crate) fn replied(text: &str, calls: Vec<ToolCall>) -> Event {
    let usage = TokenUsage { sampled: 10, ..TokenUsage::default() };
    Event::ModelReplied {
        turn: 1,
        text: text.to_owned(),
        reasoning: String::new(),
        calls,
        stop: crate::StopReason::Ended,
        confidence: None,
        usage,
        ms: 100,
        recording: Recording::default(),
    }
}

/// A reply that calls these tools, the first of them being `c1`.
pub(crate) fn asked_for(tools: &[&str]) -> Event {
    replied("", tools.iter().enumerate().map(|(index, tool)| call(index + 1, tool)).collect())
}

pub(crate) fn malformed() -> Event {
    Event::ReplyMalformed {
        turn: 1,
        text: "<tool_call>{".to_owned(),
        problem: "the call ends early".to_owned(),
        stop: crate::StopReason::Tokens,
        usage: TokenUsage::default(),
        ms: 100,
        recording: Recording::default(),
    }
}

/// A text that was cut off.
pub(crate) fn cut_off(text: &str, why: crate::StopReason) -> Event {
    let mut event = replied(text, Vec::new());
    if let Event::ModelReplied { stop, .. } = &mut event {
        *stop = why;
    }
    event
}

pub(crate) fn decided(id: &str, decision: Verdict) -> Event {
    let why = "because".to_owned();
    Event::CallDecided { call: id.into(), decision, why, origins: Vec::new(), plan: None, digest: None }
}

pub(crate) fn begun(id: &str) -> Event {
    Event::CallStarted { call: id.into(), key: format!("r1.{id}").into() }
}

pub(crate) fn ended(id: &str, outcome: CallOutcome) -> Event {
    Event::CallFinished { call: id.into(), outcome, result: result(id), failure: None, ms: 5 }
}

/// What the samples' calls result in.
pub(crate) fn result(id: &str) -> Value {
    json!({"of": id})
}

pub(crate) fn finished(outcome: Outcome) -> Event {
    Event::Finished {
        outcome,
        answer: "done".to_owned(),
        receipts: Vec::new(),
        incomplete: Vec::new(),
        usage: Usage::default(),
    }
}
