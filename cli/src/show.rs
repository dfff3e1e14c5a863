//! What a person, or with `--json` a program, sees of a run.

use std::borrow::Cow;
use std::io::IsTerminal;
use std::sync::Mutex;

use handyman::{
    CallId, CallOutcome, Delta, DeltaSink, Event, Fault, Observer, Origin, Outcome, Run, StepEnd, ToolCall,
    Verdict,
};
use serde_json::{Map, Value};

mod advice;
mod calls;
mod help;
mod listing;
mod output;
mod printable;
mod words;

pub(crate) use help::help;
pub(crate) use listing::{cut, fitted, one_line};
pub(crate) use output::{complaint, indented, line, note, note_once, prompt, record, unwritten};
pub(crate) use printable::printable;
pub(crate) use words::counted;

use crate::approve::is_always;
use advice::Advice;
use calls::Calls;
use output::{lines, print_now};
use printable::printable_lines;
use words::{
    claimed, compacted, denied, filled_in, interrupted, limit_text, origin_text, said_by_person, seconds,
    usage_text,
};

/// Characters of a value or a result in its short form.
const SHORT: usize = 160;

/// Prints a run for a person as it happens: calls with their results, the answer, a line of usage.
#[derive(Debug, Default)]
pub(crate) struct Terminal {
    streamed: Mutex<Streamed>,
    calls: Calls,
    advice: Advice,
    /// Whether it shows a recorded run: where each argument of a call comes from as well, and all of it on standard
    /// output.
    is_recorded: bool,
    /// What the model has said last in a recorded run, until it is known whether that is the answer.
    said: Mutex<String>,
    /// Whether somebody is asked at once about a call that waits, and told then what these lines would say.
    asks: bool,
    /// Whether the answer goes to a program or a file: it is printed when it is whole.
    is_read_by_a_program: bool,
}

/// What has been printed of a reply while it was written.
#[derive(Debug, Default)]
struct Streamed {
    /// Its text, so that the answer is not printed twice.
    text: String,
    /// Whether its last line has been ended: more text is another reply's.
    is_ended: bool,
}

impl DeltaSink for Terminal {
    fn delta(&self, delta: Delta) {
        let text = match delta {
            Delta::Text(text) => text,
            Delta::Reasoning(_) => return,
            Delta::Progress { call, text } => {
                return self.note(&format!("{}: {text}", self.calls.line_at_end(&call)));
            }
        };
        if let Ok(mut streamed) = self.streamed.lock() {
            // A program that reads the output gets the answer alone.
            if self.is_read_by_a_program {
                return;
            }
            if streamed.is_ended {
                *streamed = Streamed::default();
            }
            print_now(&printable_lines(&text));
            streamed.text.push_str(&text);
        }
    }
}

impl Observer for Terminal {
    fn event(&self, event: &Event) {
        self.tell_said(event);
        self.advice.learn(event);
        match event {
            Event::Started { run, .. } => {
                self.forget();
                self.note(&format!("run {run}"));
            }
            Event::Resumed => {
                self.forget();
                self.note("resumed");
            }
            Event::ModelReplied { text, calls, .. } => {
                self.end_line();
                self.learn(event);
                self.say(text, calls);
            }
            Event::ReplyMalformed { problem, .. } => {
                self.end_line();
                self.note(&format!("the model's reply could not be read: {problem}"));
            }
            Event::CallDecided { call, decision, why, origins, .. } => {
                self.decided(call, *decision, why);
                self.show_origins(call, origins);
            }
            Event::PersonDecided { call, decision, why, .. } => {
                let said = said_by_person(*decision, why.as_deref());
                self.note(&format!("{}: {said}", self.calls.line(call)));
            }
            Event::CallRetried { call, error, wait_ms, .. } => {
                let wait = seconds(*wait_ms);
                self.note(&format!("{}: {error}; trying again in {wait:.1} s", self.calls.line(call)));
            }
            Event::CallWithheld { call, why, .. } => self.note(&format!("{}: {why}", self.calls.line(call))),
            Event::UndoPlanned { call, undoes, why } => {
                self.note(&format!("undoing {} ({undoes}): {why}", call.tool));
                self.learn(event);
            }
            Event::ClaimRefused { claim, .. } => {
                self.end_line();
                self.note(&claimed(claim));
            }
            Event::CallStarted { call, .. } => self.step(&format!("→ {}", self.calls.begin(call))),
            Event::CallFinished { call, outcome, result, .. } => {
                let mark = if *outcome == CallOutcome::Succeeded { "←" } else { "✗" };
                let call = self.calls.line_at_end(call);
                self.step(&format!("{mark} {call}: {}", short(&result.to_string())));
            }
            Event::StepCalled { .. } | Event::StepAsked { .. } | Event::StepEnded { .. } => {
                self.follow(event);
            }
            Event::ToolsRevealed { tools } => {
                let names: Vec<&str> = tools.iter().filter_map(|tool| tool["name"].as_str()).collect();
                self.note(&format!("tools that may fit: {}", names.join(", ")));
            }
            Event::Compacted { step, .. } => self.note(&compacted(step)),
            Event::Finished { outcome, answer, receipts, incomplete, usage } => {
                self.finish(outcome, answer);
                if self.asks && matches!(outcome, Outcome::Waiting { .. }) {
                    return;
                }
                if !incomplete.is_empty() {
                    self.note(&filled_in(incomplete));
                }
                for receipt in receipts {
                    self.note(&format!("done: {} {}", receipt.tool, receipt.reference));
                }
                self.note(&usage_text(usage));
                self.advise();
            }
        }
    }

    fn broke_off(&self, run: &Run, _fault: &Fault) {
        self.end_line();
        note(&interrupted(run.id()));
    }
}

impl Terminal {
    /// One that shows a recorded run, and where each argument of a call comes from.
    pub(crate) fn detailed() -> Self {
        Self { is_recorded: true, ..Self::default() }
    }

    /// For a run that is under way, about whose calls the person is asked where standard input is a terminal.
    pub(crate) fn at_work() -> Self {
        Self {
            asks: std::io::stdin().is_terminal(),
            is_read_by_a_program: !std::io::stdout().is_terminal(),
            ..Self::default()
        }
    }

    fn step(&self, text: &str) {
        if self.is_recorded { line(text) } else { prompt(&format!("{}\n", printable(text))) }
    }

    /// Tells what is about the run. Of a recorded one it is part of what is shown.
    fn note(&self, text: &str) {
        if self.is_recorded { line(&format!("· {text}")) } else { note(text) }
    }

    /// Shows what the model says in a recorded run: beside calls at once, else when it is known to be no answer.
    fn say(&self, text: &str, calls: &[ToolCall]) {
        if !self.is_recorded || text.trim().is_empty() {
            return;
        }
        if !calls.is_empty() {
            lines(text);
        } else if let Ok(mut said) = self.said.lock() {
            text.clone_into(&mut said);
        }
    }

    /// Shows what the model has said before an event, unless that is the end which gives it as the answer.
    fn tell_said(&self, event: &Event) {
        let Ok(mut said) = self.said.lock() else { return };
        let said = std::mem::take(&mut *said);
        let is_answer = matches!(event, Event::Finished { answer, .. } if answer.trim() == said.trim());
        if !is_answer && !said.is_empty() {
            lines(&said);
        }
    }

    /// Shows what was decided on a call, where nobody is told of it otherwise.
    fn decided(&self, call: &CallId, decision: Verdict, why: &str) {
        match decision {
            Verdict::Allow if self.is_recorded => line(&format!("  {call} allowed: {why}")),
            Verdict::Allow => {
                if let Some(tool) = self.calls.tool_unasked(call).filter(|tool| is_always(tool)) {
                    self.note(&format!("allowed: {tool} (always)"));
                }
            }
            Verdict::Ask if self.asks => {}
            Verdict::Deny => self.note(&format!("{}: {}", self.calls.line(call), denied(why))),
            Verdict::Ask => self.note(&format!("{}: {why}", self.calls.line(call))),
        }
    }

    fn show_origins(&self, call: &CallId, origins: &[Origin]) {
        if self.is_recorded && !origins.is_empty() {
            let origins: Vec<String> = origins.iter().map(origin_text).collect();
            line(&format!("  {call}: {}", origins.join(", ")));
        }
    }

    /// Shows how far a workflow has come.
    fn follow(&self, event: &Event) {
        self.end_line();
        self.learn(event);
        match event {
            Event::StepCalled { step, .. } => self.note(&format!("step {step}")),
            Event::StepAsked { step, message, .. } => {
                self.note(&format!("step {step}: the model is asked"));
                if self.is_recorded {
                    indented("  ", message);
                }
            }
            Event::StepEnded { step, end: StepEnd::Skipped } => self.note(&format!("step {step}: skipped")),
            Event::StepEnded { step, end: StepEnd::Failed { why } } => {
                self.note(&format!("step {step}: {why}"));
            }
            _ => {}
        }
    }

    /// Learns what the calls of a run are and how it goes, without showing anything.
    pub(crate) fn learn(&self, event: &Event) {
        self.calls.learn(event);
        self.advice.learn(event);
    }

    /// Tells whoever was served badly what else there is: once, and not of a recorded run.
    fn advise(&self) {
        if let Some(advice) = self.advice.text().filter(|_| !self.is_recorded) {
            note_once(advice);
        }
    }

    fn end_line(&self) {
        let Ok(mut streamed) = self.streamed.lock() else { return };
        if !streamed.is_ended && !streamed.text.is_empty() && !streamed.text.ends_with('\n') {
            print_now("\n");
        }
        streamed.is_ended = true;
    }

    /// Ends the line of a reply that was cut off, and forgets it: what is printed next is no part of it.
    fn forget(&self) {
        self.end_line();
        if let Ok(mut streamed) = self.streamed.lock() {
            streamed.text.clear();
        }
    }

    fn finish(&self, outcome: &Outcome, answer: &str) {
        self.end_line();
        let is_shown = |streamed: &Streamed| streamed.text.trim_end().ends_with(answer.trim_end());
        let streamed = self.streamed.lock().is_ok_and(|streamed| is_shown(&streamed));
        if !streamed {
            lines(answer);
        }
        match outcome {
            Outcome::Answered | Outcome::Asked => {}
            Outcome::Limit { limit } => {
                let answered =
                    if answer.is_empty() { "there is no answer" } else { "the answer is incomplete" };
                self.note(&format!("stopped: {}; {answered}", limit_text(*limit)));
            }
            Outcome::Waiting { call } if self.asks => self.calls.ask(call),
            Outcome::Waiting { call } => {
                self.note(&format!("waiting for a person's decision on {}", self.calls.line(call)));
            }
            Outcome::Cancelled => self.note("cancelled"),
            Outcome::Failed { step } if step.is_empty() => {
                self.note("failed: the steps were done, the answer could not be made");
            }
            Outcome::Failed { step } => self.note(&format!("failed at step {step}")),
        }
    }
}

/// Prints every event as one JSON object a line, and nothing else.
#[derive(Debug)]
pub(crate) struct JsonLines;

impl DeltaSink for JsonLines {
    fn delta(&self, _delta: Delta) {}
}

impl Observer for JsonLines {
    fn event(&self, event: &Event) {
        if let Ok(text) = serde_json::to_string(event) {
            record(&text);
        }
    }

    fn broke_off(&self, run: &Run, _fault: &Fault) {
        note(&interrupted(run.id()));
    }
}

/// A call as one line: `weather(city: 上海, day: 明天)`.
pub(crate) fn call_line(tool: &str, arguments: &Map<String, Value>) -> String {
    let arguments: Vec<String> =
        arguments.iter().map(|(name, value)| format!("{name}: {}", value_text(value))).collect();
    printable(&format!("{tool}({})", arguments.join(", ")))
}

/// A value in its short form; a text without quotation marks.
pub(crate) fn value_text(value: &Value) -> String {
    short(&whole_text(value))
}

/// The arguments of which [`call_line`] shows no more than the beginning, whole and one a line.
pub(crate) fn long_arguments(arguments: &Map<String, Value>) -> Vec<String> {
    let is_long = |text: &str| text.chars().nth(SHORT).is_some();
    let whole = arguments.iter().map(|(name, value)| (name, whole_text(value)));
    whole
        .filter(|(_, text)| is_long(text))
        .map(|(name, text)| printable(&format!("  {name}: {text}")))
        .collect()
}

fn whole_text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => text.into(),
        other => other.to_string().into(),
    }
}

fn short(text: &str) -> String {
    let mut kept: String = text.chars().take(SHORT).collect();
    if kept.len() < text.len() {
        kept.push('…');
    }
    printable(&kept)
}
