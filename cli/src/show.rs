//! What a person, or with `--json` a program, sees of a run.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::IsTerminal;
use std::sync::Mutex;

use handyman::{
    CallId, CallOutcome, Compaction, Delta, DeltaSink, Event, LimitKind, Observer, Origin, Outcome, Source,
    StepEnd, Usage, Verdict,
};
use serde_json::{Map, Value};

mod calls;
mod listing;
mod output;
mod printable;

pub(crate) use listing::{cut, fitted, one_line};
pub(crate) use output::{line, note, note_once, prompt, record, unwritten};
pub(crate) use printable::{printable, printable_lines};

use crate::approve::is_always;
use calls::Calls;
use output::{lines, print_now};

/// Characters of a value or a result in its short form.
const SHORT: usize = 160;

/// Prints a run for a person as it happens: calls with their results, the answer, a line of usage.
#[derive(Debug, Default)]
pub(crate) struct Terminal {
    streamed: Mutex<Streamed>,
    calls: Calls,
    /// Whether it shows a recorded run: where each argument of a call comes from, and calls and results, which are
    /// no part of the answer, on standard output as well.
    origins: bool,
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
        let Delta::Text(text) = delta else { return };
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
        match event {
            Event::Started { run, .. } => {
                self.forget();
                note(&format!("run {run}"));
            }
            Event::Resumed => {
                self.forget();
                note("resumed");
            }
            Event::ModelReplied { .. } => {
                self.end_line();
                self.learn(event);
            }
            Event::ReplyMalformed { problem, .. } => {
                self.end_line();
                note(&format!("the model's reply could not be read: {problem}"));
            }
            Event::CallDecided { call, decision, why, origins, .. } => {
                self.decided(call, *decision, why);
                self.show_origins(call, origins);
            }
            Event::PersonDecided { call, decision, why, .. } => {
                let word = if *decision == Verdict::Allow { "allowed" } else { "denied" };
                let why = why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
                note(&format!("{}: a person {word} it{why}", self.calls.line(call)));
            }
            Event::CallRetried { call, error, wait_ms, .. } => {
                let wait = seconds(*wait_ms);
                note(&format!("{}: {error}; trying again in {wait:.1} s", self.calls.line(call)));
            }
            Event::CallWithheld { call, why, .. } => note(&format!("{}: {why}", self.calls.line(call))),
            Event::UndoPlanned { call, undoes, why } => {
                note(&format!("undoing {} ({undoes}): {why}", call.tool));
                self.learn(event);
            }
            Event::ClaimRefused { claim, .. } => {
                self.end_line();
                note(&format!("not so: \"{claim}\"; the model is asked again"));
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
            Event::Compacted { step, .. } => note(&compacted(step)),
            Event::Finished { outcome, answer, receipts, incomplete, usage } => {
                self.finish(outcome, answer);
                if self.asks && matches!(outcome, Outcome::Waiting { .. }) {
                    return;
                }
                if !incomplete.is_empty() {
                    note(&format!("not finished, and filled in: {}", incomplete.join(", ")));
                }
                for receipt in receipts {
                    note(&format!("done: {} {}", receipt.tool, receipt.reference));
                }
                note(&usage_text(usage));
            }
        }
    }
}

impl Terminal {
    /// One that also shows where each argument of a call comes from.
    pub(crate) fn detailed() -> Self {
        Self { origins: true, ..Self::default() }
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
        if self.origins { line(text) } else { prompt(&format!("{}\n", printable(text))) }
    }

    /// Shows what was decided on a call, where nobody is told of it otherwise.
    fn decided(&self, call: &CallId, decision: Verdict, why: &str) {
        match decision {
            Verdict::Allow if self.origins => line(&format!("  {call} allowed: {why}")),
            Verdict::Allow => {
                if let Some(tool) = self.calls.tool_unasked(call).filter(|tool| is_always(tool)) {
                    note(&format!("allowed: {tool} (always)"));
                }
            }
            Verdict::Ask if self.asks => {}
            Verdict::Deny | Verdict::Ask => note(&format!("{}: {why}", self.calls.line(call))),
        }
    }

    fn show_origins(&self, call: &CallId, origins: &[Origin]) {
        if self.origins && !origins.is_empty() {
            let origins: Vec<String> = origins.iter().map(origin_text).collect();
            line(&format!("  {call}: {}", origins.join(", ")));
        }
    }

    /// Shows how far a workflow has come.
    fn follow(&self, event: &Event) {
        self.end_line();
        self.learn(event);
        match event {
            Event::StepCalled { step, .. } => note(&format!("step {step}")),
            Event::StepAsked { step, message, .. } => {
                note(&format!("step {step}: the model is asked"));
                if self.origins {
                    line(&format!("  {}", printable(message)));
                }
            }
            Event::StepEnded { step, end: StepEnd::Skipped } => note(&format!("step {step}: skipped")),
            Event::StepEnded { step, end: StepEnd::Failed { why } } => note(&format!("step {step}: {why}")),
            _ => {}
        }
    }

    /// Learns what the calls of a run are, without showing anything.
    pub(crate) fn learn(&self, event: &Event) {
        self.calls.learn(event);
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
                    if answer.is_empty() { "there is no answer" } else { "the answer is not whole" };
                note(&format!("stopped: {}; {answered}", limit_text(*limit)));
            }
            Outcome::Waiting { call } if self.asks => self.calls.ask(call),
            Outcome::Waiting { call } => {
                note(&format!("waiting for a person's decision on {}", self.calls.line(call)));
            }
            Outcome::Cancelled => note("cancelled"),
            Outcome::Failed { step } if step.is_empty() => {
                note("failed: the steps were done, the answer could not be made");
            }
            Outcome::Failed { step } => note(&format!("failed at the step {step}")),
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

/// Where an argument comes from: `to ← the person`.
fn origin_text(origin: &Origin) -> String {
    let from = match &origin.source {
        Source::Person => "the person".to_owned(),
        Source::System => "the instructions".to_owned(),
        Source::Result { call, tool, untrusted: false } => format!("{tool} ({call})"),
        Source::Result { call, tool, untrusted: true } => format!("{tool} ({call}), untrusted"),
        Source::Model => "the model".to_owned(),
    };
    format!("{} ← {from}", origin.at.trim_start_matches('/'))
}

fn compacted(step: &Compaction) -> String {
    match step {
        Compaction::RepliesShortened { replies, .. } => {
            format!("the model's window is full: {replies} replies that could not be read were shortened")
        }
        Compaction::ResultsShortened { results, .. } => {
            format!("the model's window is full: {results} results were shortened")
        }
        Compaction::MessagesLeftOut { messages, .. } => {
            format!("the model's window is full: {messages} messages are no longer shown to it")
        }
    }
}

fn limit_text(limit: LimitKind) -> &'static str {
    match limit {
        LimitKind::Turns => "the run may take no more turns (--max-turns)",
        LimitKind::Tokens => "no tokens were left for the reply (--max-tokens)",
        LimitKind::Malformed => "the model's replies could not be read",
        LimitKind::WallTime => "the run may take no more time (--max-time)",
        LimitKind::Window => "the model's window is full (begin a new run, or offer fewer tools: --tools)",
        LimitKind::Withheld => "the service withheld the rest of the reply",
    }
}

fn usage_text(usage: &Usage) -> String {
    let (turns, calls) = (counted(usage.turns, "turn"), counted(usage.calls, "call"));
    let tokens = usage.tokens;
    format!(
        "{turns} · {calls} · tokens: {} prefilled, {} reused, {} forced, {} drafted, {} sampled · {:.1} s model, {:.1} s tools",
        tokens.prefilled,
        tokens.reused,
        tokens.forced,
        tokens.drafted,
        tokens.sampled,
        seconds(usage.model_ms),
        seconds(usage.tool_ms),
    )
}

/// How many there are: `1 turn`, `2 turns`.
pub(crate) fn counted(count: impl Display, what: &str) -> String {
    let count = count.to_string();
    let plural = if count == "1" { "" } else { "s" };
    format!("{count} {what}{plural}")
}

fn short(text: &str) -> String {
    let mut kept: String = text.chars().take(SHORT).collect();
    if kept.len() < text.len() {
        kept.push('…');
    }
    printable(&kept)
}

#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
fn seconds(ms: u64) -> f64 {
    ms as f64 / 1000.0
}
