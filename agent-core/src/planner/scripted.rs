//! The planner of a run that follows a workflow: one step after the other, as they were written.

use serde_json::{Map, Value};

use super::{Step, correct, ending, saga};
use crate::claims::{self, Claim};
use crate::compact;
use crate::event::{Event, Outcome};
use crate::limits::{LimitKind, Limits};
use crate::message::{CallOutcome, ToolCall};
use crate::ports::ReplyMode;
use crate::run::{Done, Run};
use crate::tool::ToolSpec;
use crate::workflow::{
    ITEM, Open, Progress, StepEnd, TOO_LONG, Work, WorkflowStep, evaluate, listed, rendered, truth,
};

/// Says what a run needs next that follows a workflow and has no call under way.
pub(super) fn next_step(run: &Run, progress: &Progress, tools: &[ToolSpec], limits: &Limits) -> Step {
    let finish = |outcome| saga::undo(run, tools).unwrap_or(Step::Finish(outcome));
    let Some(step) = progress.step() else {
        return finish(match answer(run, progress) {
            Ok(_) => Outcome::Answered,
            Err(_) => Outcome::Failed { step: String::new() },
        });
    };
    if progress.failed().is_some() {
        return finish(Outcome::Failed { step: step.name().to_owned() });
    }
    match progress.open() {
        Some(Open::Calls(calls)) => {
            let mut made = run.done().iter().filter(|done| calls.contains(&done.call.id));
            if made.clone().any(|done| done.outcome == CallOutcome::Cancelled)
                && ending::no_time_left(run, limits)
            {
                return finish(Outcome::Limit { limit: LimitKind::WallTime });
            }
            ended(step, judged(&mut made))
        }
        Some(Open::Reply { may_call, done, .. }) => {
            let has_called = run.done().len() > *done;
            match ending::outcome(run, limits) {
                None => ask(run, step, (*may_call, has_called), tools, limits),
                Some(outcome @ (Outcome::Answered | Outcome::Asked)) => correct(run, tools, &outcome)
                    .unwrap_or_else(|| replied(run, step, *may_call, tools, &outcome)),
                Some(Outcome::Limit { limit: LimitKind::Malformed }) if step.may_fail() => {
                    failed(step, "the model's replies could not be read")
                }
                Some(outcome) => finish(outcome),
            }
        }
        None if ending::no_time_left(run, limits) => finish(Outcome::Limit { limit: LimitKind::WallTime }),
        None => Step::Script(begin(run, progress, step, limits)),
    }
}

/// The model's next reply to a step. Words alone do not do what it was to do with tools.
fn ask(
    run: &Run,
    step: &WorkflowStep,
    (may_call, has_called): (bool, bool),
    tools: &[ToolSpec],
    limits: &Limits,
) -> Step {
    let mode = if may_call { ending::reply_mode(run, tools, limits) } else { ReplyMode::AnswerOnly };
    if may_call && !has_called && mode == ReplyMode::AnswerOnly {
        return failed(step, "the run's limits leave no call for it");
    }
    Step::Generate(mode)
}

/// What becomes of a step that the model has replied to, and been corrected where it had to be.
fn replied(run: &Run, step: &WorkflowStep, may_call: bool, tools: &[ToolSpec], outcome: &Outcome) -> Step {
    if let Some(Claim { words, .. }) = claims::unbacked(run, tools) {
        return failed(step, &format!("the model says what was not done: \"{words}\""));
    }
    // What it asks while it works, nobody answers.
    if *outcome == Outcome::Asked && may_call && run.answer_schema().is_none() {
        return failed(step, &format!("the model asks: {}", run.said()));
    }
    ended(step, StepEnd::Succeeded)
}

/// The answer of a run that follows a workflow; `None` where the run follows none.
pub(super) fn answer_at(run: &Run, tools: &[ToolSpec], outcome: &Outcome) -> Option<String> {
    let progress = run.progress()?;
    let told = match outcome {
        Outcome::Answered if is_in_own_words(progress) => {
            answer(run, progress).ok().map(|text| claims::honest(&text, run, tools))
        }
        Outcome::Answered => answer(run, progress).ok(),
        Outcome::Failed { step } if step.is_empty() => Some(
            answer(run, progress)
                .err()
                .map(|why| format!("The answer could not be made: {why}"))
                .unwrap_or_default(),
        ),
        Outcome::Failed { step } => {
            Some(format!("The step {step} failed: {}", progress.failed().unwrap_or_default()))
        }
        Outcome::Asked | Outcome::Limit { .. } | Outcome::Waiting { .. } | Outcome::Cancelled => None,
    }?;
    let undone = run.done().iter().filter_map(|done| done.undoes.as_ref().map(|undone| (done, undone)));
    let undone = undone.map(|(done, undone)| match done.outcome {
        CallOutcome::Succeeded => format!("{} ({undone}) was taken back.", done.call.tool),
        CallOutcome::Failed | CallOutcome::Refused | CallOutcome::Cancelled | CallOutcome::Unknown => {
            format!("{} ({undone}) could not be taken back: {}", done.call.tool, done.result)
        }
    });
    Some(std::iter::once(told).chain(undone).collect::<Vec<_>>().join("\n"))
}

/// Whether what the model said last is the answer: the workflow makes none, and its last step was a reply.
fn is_in_own_words(progress: &Progress) -> bool {
    let workflow = progress.workflow();
    let last = progress.results().keys().next_back();
    let last = last.and_then(|name| workflow.steps().iter().find(|step| step.name() == name));
    let is_said = matches!(last.and_then(WorkflowStep::work), Some(Work::Reply { answer: None, .. }));
    workflow.answer().is_none() && is_said
}

/// What the workflow has come to, in words.
fn answer(run: &Run, progress: &Progress) -> Result<String, String> {
    match progress.workflow().answer() {
        Some(template) => rendered(template, &known(run, progress)).map(|text| text.trim().to_owned()),
        None => Ok(match progress.results().values().next_back() {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => "Nothing was to be done.".to_owned(),
        }),
    }
}

fn known(run: &Run, progress: &Progress) -> Map<String, Value> {
    run.now().map(|now| progress.known(now)).unwrap_or_default()
}

/// How a step begins; one that cannot, or need not, ends.
fn begin(run: &Run, progress: &Progress, step: &WorkflowStep, limits: &Limits) -> Event {
    let known = known(run, progress);
    match step.condition().map_or(Ok(true), |condition| truth(condition, &known)) {
        Ok(true) => {}
        Ok(false) => return end(step, StepEnd::Skipped),
        Err(why) => return end(step, StepEnd::Failed { why }),
    }
    let begun = match step.work() {
        Some(Work::Call { tool, arguments, each }) => calls(run, (tool, arguments, each), &known, limits)
            .map(|calls| {
                if calls.is_empty() {
                    return end(step, StepEnd::Succeeded);
                }
                Event::StepCalled { step: step.name().to_owned(), calls }
            }),
        Some(Work::Reply { message, may_call, answer }) => {
            rendered(message, &known).map(|text| Event::StepAsked {
                step: step.name().to_owned(),
                message: text,
                untrusted: progress.is_untrusted(&message.into()),
                may_call,
                answer_schema: answer.cloned(),
            })
        }
        None => Err("it says nothing that can be done".to_owned()),
    };
    begun.unwrap_or_else(|why| end(step, StepEnd::Failed { why }))
}

/// The calls of a step, none of which is begun unless all may be.
fn calls(
    run: &Run,
    (tool, arguments, each): (&str, &Map<String, Value>, Option<&Value>),
    known: &Map<String, Value>,
    limits: &Limits,
) -> Result<Vec<ToolCall>, String> {
    let items = each.map(|each| listed(each, known)).transpose()?;
    let wanted = items.as_ref().map_or(1, Vec::len);
    let most = limits.step_calls_max;
    let left = usize::try_from(most.saturating_sub(run.calls_of_steps())).unwrap_or(usize::MAX);
    if wanted > left {
        return Err(format!(
            "it would make {wanted} calls, and {left} of the {most} that steps may make are left"
        ));
    }
    let made = match items {
        None => vec![filled(arguments, known)?],
        Some(items) => {
            let mut known = known.clone();
            let mut made = Vec::with_capacity(wanted);
            for item in items {
                known.insert(ITEM.to_owned(), item);
                made.push(filled(arguments, &known)?);
            }
            made
        }
    };
    let call =
        |(index, arguments)| ToolCall { id: run.next_call_id(index), tool: tool.to_owned(), arguments };
    Ok(made.into_iter().enumerate().map(call).collect())
}

/// Arguments with what their templates stand for. One that comes to nothing (`null`) is left out.
fn filled(arguments: &Map<String, Value>, known: &Map<String, Value>) -> Result<Map<String, Value>, String> {
    let mut filled = Map::new();
    for (name, template) in arguments {
        let value = evaluate(template, known).map_err(|why| format!("the argument '{name}': {why}"))?;
        if !value.is_null() || template.is_null() {
            filled.insert(name.clone(), value);
        }
    }
    Ok(filled)
}

/// How a step ended that made these calls.
fn judged<'a>(calls: &mut impl Iterator<Item = &'a Done>) -> StepEnd {
    let is_no_result = |done: &&Done| done.outcome != CallOutcome::Succeeded || compact::is_cut(&done.result);
    let Some(done) = calls.find(is_no_result) else { return StepEnd::Succeeded };
    if done.outcome == CallOutcome::Succeeded {
        let (tool, call) = (&done.call.tool, &done.call.id);
        return StepEnd::Failed { why: format!("{tool} ({call}): {TOO_LONG}") };
    }
    let said = done.result.get("error").and_then(Value::as_str);
    let why = said.map_or_else(|| done.result.to_string(), str::to_owned);
    let how = match done.outcome {
        CallOutcome::Refused => "was refused",
        CallOutcome::Cancelled => "was not made",
        CallOutcome::Unknown => "may or may not have taken effect",
        CallOutcome::Failed | CallOutcome::Succeeded => "failed",
    };
    StepEnd::Failed { why: format!("{} ({}) {how}: {why}", done.call.tool, done.call.id) }
}

fn failed(step: &WorkflowStep, why: &str) -> Step {
    ended(step, StepEnd::Failed { why: why.to_owned() })
}

fn ended(step: &WorkflowStep, how: StepEnd) -> Step {
    Step::Script(end(step, how))
}

fn end(step: &WorkflowStep, end: StepEnd) -> Event {
    Event::StepEnded { step: step.name().to_owned(), end }
}
