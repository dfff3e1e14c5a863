//! Judging: what of a case's expectations is not met, in words for a person.

mod words;

use std::collections::BTreeSet;
use std::fmt;

use handyman_core::catalogue::SHOW_TOOLS;
use handyman_core::{CallId, CallOutcome, CallState, Done, Effect, PendingCall, Run, ToolCall, ToolSpec};
use serde::Serialize;
use serde_json::Value;

use super::case::{Case, Ending, Expect, ExpectedAnswer, ExpectedCall};
use words::{call_text, end_text, short, value_text, written};

/// What an unmet expectation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// Not all messages could be said.
    Task,
    /// How a run ended.
    Outcome,
    /// A call that was not made as it had to be.
    Calls,
    /// Another call took an effect, or may have.
    Exactly,
    /// A tool was called that must not be.
    Never,
    /// What the answer says.
    Answer,
    /// What the answer holds.
    Value,
}

/// An expectation that is not met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unmet {
    /// What it is about.
    pub about: About,
    /// What was instead, for a person: `book was called with people 1, wanted 3`.
    pub why: String,
}

impl Unmet {
    pub(super) fn new(about: About, why: String) -> Self {
        Self { about, why }
    }
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

/// What the runs that a case's messages came to do not meet of its expectations; nothing where they meet them all.
///
/// `tools` says which calls have an effect. A tool that is not among them is taken for one that has.
#[must_use]
pub fn judge(case: &Case, runs: &[Run], tools: &[ToolSpec]) -> Vec<Unmet> {
    let expect = &case.expect;
    let made: Vec<Made<'_>> = runs.iter().flat_map(made_in).collect();
    let mut unmet = endings(case, runs);
    unmet.extend(calls(expect, &made, tools));
    unmet.extend(never(expect, &made));
    // What was said on the way is not the answer.
    if let Some(last) = runs.last().filter(|_| runs.len() == case.task.len()) {
        unmet.extend(answer(&expect.answer, last.answer()));
        unmet.extend(expect.value.as_ref().and_then(|wanted| value(wanted, last.answer())));
    }
    unmet
}

/// How the runs ended, and whether there is one for each message.
fn endings(case: &Case, runs: &[Run]) -> Vec<Unmet> {
    let messages = case.task.len();
    let mut unmet = Vec::new();
    for (number, run) in (1_usize..).zip(runs) {
        let ended = run.outcome().map(Ending::of);
        let wanted = case.expect.outcome.filter(|_| number == messages);
        let is_met = match wanted {
            Some(wanted) => ended == Some(wanted),
            None => matches!(ended, Some(Ending::Answered | Ending::Asked)),
        };
        if !is_met {
            let place = if messages > 1 { format!("message {number}: ") } else { String::new() };
            let wanted = wanted.map_or("answered or asked", Ending::name);
            let why = format!("{place}{}; wanted: {wanted}", end_text(run));
            unmet.push(Unmet::new(About::Outcome, why));
        }
    }
    if runs.len() < messages {
        let why = format!("{} of {messages} messages could be said", runs.len());
        unmet.push(Unmet::new(About::Task, why));
    }
    unmet
}

/// A call that the model has asked for, and what became of it.
struct Made<'r> {
    call: &'r ToolCall,
    /// What it came to, where that is not a success that stands.
    but: Option<String>,
    /// Whether it may have taken effect.
    acted: bool,
}

impl<'r> Made<'r> {
    fn ended(done: &'r Done, is_taken_back: bool) -> Self {
        let error = || done.result.get("error").and_then(Value::as_str).map(told).unwrap_or_default();
        let (but, acted) = match done.outcome {
            CallOutcome::Succeeded if is_taken_back => (Some("was taken back".to_owned()), false),
            CallOutcome::Succeeded => (None, true),
            CallOutcome::Unknown => (Some("nobody can tell whether it took effect".to_owned()), true),
            CallOutcome::Failed => (Some(format!("failed{}", error())), false),
            CallOutcome::Refused => (Some(format!("was refused{}", error())), false),
            CallOutcome::Cancelled => (Some("was cancelled".to_owned()), false),
        };
        Self { call: &done.call, but, acted }
    }

    fn open(pending: &'r PendingCall) -> Self {
        let waits = pending.state == CallState::AwaitingPerson;
        let but = if waits { "waits for a person's decision" } else { "did not run" };
        Self { call: &pending.call, but: Some(but.to_owned()), acted: false }
    }
}

/// An error after what it is the error of.
fn told(error: &str) -> String {
    format!(": {}", short(error))
}

/// The calls of a run in the order in which they ended, then those that did not. What the planner took back is none.
fn made_in(run: &Run) -> Vec<Made<'_>> {
    let is_taken_back = |call: &CallId| {
        let undoes = |done: &&Done| done.undoes.as_ref() == Some(call);
        run.done().iter().filter(undoes).any(|undo| undo.outcome == CallOutcome::Succeeded)
    };
    let ended = run.done().iter().filter(|done| done.undoes.is_none());
    let is_open = |pending: &&PendingCall| pending.undoes.is_none() && pending.state != CallState::Finished;
    ended
        .map(|done| Made::ended(done, is_taken_back(&done.call.id)))
        .chain(run.pending().iter().filter(is_open).map(Made::open))
        .collect()
}

/// The calls that had to be made, in their order, and where nothing else may act those that did.
fn calls(expect: &Expect, made: &[Made<'_>], tools: &[ToolSpec]) -> Vec<Unmet> {
    let (mut met, mut missing, mut from) = (BTreeSet::new(), Vec::new(), 0);
    for wanted in &expect.calls {
        let mut rest = made.iter().enumerate().skip(from);
        match rest.find(|(_, made)| made.but.is_none() && is_as(wanted, made.call)) {
            Some((at, _)) => {
                met.insert(at);
                from = at + 1;
            }
            None => missing.push(wanted),
        }
    }
    let others = made.iter().enumerate().filter(|(at, _)| !met.contains(at));
    let others: Vec<&Made<'_>> = others.map(|(_, made)| made).collect();
    let why = |wanted: &ExpectedCall| Unmet::new(About::Calls, why_missing(wanted, made, &others));
    let mut unmet: Vec<Unmet> = missing.into_iter().map(why).collect();
    if expect.exactly {
        let acted = others.iter().filter(|made| made.acted && has_effect(&made.call.tool, tools));
        let as_well = |made: &&Made<'_>| format!("{} was called as well", call_text(made.call));
        unmet.extend(acted.map(|made| Unmet::new(About::Exactly, as_well(made))));
    }
    unmet
}

/// Why there is no such call: what is otherwise with the one that is nearest to it.
fn why_missing(wanted: &ExpectedCall, made: &[Made<'_>], others: &[&Made<'_>]) -> String {
    let tool = &wanted.tool;
    let candidates = others.iter().filter_map(|made| Some((otherwise(wanted, made.call)?, &made.but)));
    let nearest = candidates.min_by_key(|(differences, but)| (differences.len(), but.is_some()));
    let Some((differences, but)) = nearest else {
        let is_called = made.iter().any(|made| made.call.tool == *tool);
        let again = if is_called { " once more" } else { "" };
        return format!("{} was not called{again}", written(tool, &wanted.arguments));
    };
    let with =
        if differences.is_empty() { String::new() } else { format!(" with {}", differences.join("; ")) };
    match but {
        Some(but) => format!("{tool} was called{with}, and {but}"),
        None if with.is_empty() => format!("{tool} was called out of order"),
        None => format!("{tool} was called{with}"),
    }
}

/// Whether a call is as wanted.
fn is_as(wanted: &ExpectedCall, call: &ToolCall) -> bool {
    otherwise(wanted, call).is_some_and(|differences| differences.is_empty())
}

/// What is otherwise with a call than wanted; `None` where it is one of another tool.
fn otherwise(wanted: &ExpectedCall, call: &ToolCall) -> Option<Vec<String>> {
    let differing = |(name, wanted): (&String, &Value)| differences(wanted, call.arguments.get(name), name);
    (wanted.tool == call.tool).then(|| wanted.arguments.iter().flat_map(differing).collect())
}

/// Whether calls of a tool have an effect.
fn has_effect(tool: &str, tools: &[ToolSpec]) -> bool {
    let spec = tools.iter().find(|spec| spec.name == tool);
    tool != SHOW_TOOLS && spec.is_none_or(|spec| spec.effect != Effect::ReadOnly)
}

/// Tools that were called and must not be.
fn never(expect: &Expect, made: &[Made<'_>]) -> Vec<Unmet> {
    let called = |tool: &String| made.iter().find(|made| made.call.tool == *tool);
    let why = |made: &Made<'_>| format!("{} was called, and must not be", call_text(made.call));
    let called = expect.never.iter().filter_map(called);
    called.map(|made| Unmet::new(About::Never, why(made))).collect()
}

/// What an answer does not say, or says.
fn answer(expect: &ExpectedAnswer, answer: &str) -> Option<Unmet> {
    let whole = answer.to_lowercase();
    let is_said = |text: &str| whole.contains(&text.to_lowercase());
    let lacking = expect.contains.iter().filter(|text| !is_said(text)).map(|text| format!("lacks '{text}'"));
    let saying = expect.lacks.iter().filter(|text| is_said(text)).map(|text| format!("says '{text}'"));
    let wrong: Vec<String> = lacking.chain(saying).collect();
    let why = || format!("the answer {}: {}", wrong.join(", "), short(answer));
    (!wrong.is_empty()).then(|| Unmet::new(About::Answer, why()))
}

/// What a typed answer does not hold.
fn value(wanted: &Value, answer: &str) -> Option<Unmet> {
    let Ok(found) = serde_json::from_str::<Value>(answer) else {
        return Some(Unmet::new(About::Value, format!("the answer is no JSON: {}", short(answer))));
    };
    let differing = differences(wanted, Some(&found), "");
    let why = || format!("the answer has {}", differing.join("; "));
    (!differing.is_empty()).then(|| Unmet::new(About::Value, why()))
}

/// What of a value is otherwise than wanted, each as `people 1, wanted 3`. Of objects the wanted fields count; numbers are
/// the same however they are written.
fn differences(wanted: &Value, found: Option<&Value>, at: &str) -> Vec<String> {
    let below = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
    match (wanted, found) {
        (Value::Object(wanted), Some(Value::Object(found))) => {
            let differing =
                |(name, wanted): (&String, &Value)| differences(wanted, found.get(name), &below(name));
            wanted.iter().flat_map(differing).collect()
        }
        (Value::Array(wanted), Some(Value::Array(found))) if wanted.len() == found.len() => {
            let pairs = wanted.iter().zip(found).enumerate();
            pairs
                .flat_map(|(at, (wanted, found))| differences(wanted, Some(found), &below(&at.to_string())))
                .collect()
        }
        (wanted, found) if found.map_or(wanted.is_null(), |found| is_same(wanted, found)) => Vec::new(),
        (wanted, Some(found)) => {
            let difference = format!("{at} {}, wanted {}", value_text(found), value_text(wanted));
            vec![difference.trim_start().to_owned()]
        }
        (wanted, None) => vec![format!("no {at}, wanted {}", value_text(wanted))],
    }
}

/// Whether two values are the same: also a number and the text of its digits, which a tool may take for one another.
fn is_same(wanted: &Value, found: &Value) -> bool {
    if let (Value::Number(number), Value::String(text)) | (Value::String(text), Value::Number(number)) =
        (wanted, found)
    {
        return number.to_string() == *text;
    }
    let is_fraction = wanted.is_f64() || found.is_f64();
    let numbers = wanted.as_f64().zip(found.as_f64()).filter(|_| is_fraction);
    wanted == found || numbers.is_some_and(|(wanted, found)| wanted.total_cmp(&found).is_eq())
}

#[cfg(test)]
mod tests;
