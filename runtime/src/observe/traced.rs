//! Runs as spans: what `tracing` is told of a run, its replies and its calls, in the words of OpenTelemetry.

mod attributes;
mod content;
mod spans;

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use handyman_core::{Delta, DeltaSink, Discard, Event, Fault, Run, RunId};

use self::spans::Spans;
use super::Observer;

/// Runs that are under way at a time. Of more, the one that has been silent for longest is given up.
const RUNS_MAX: usize = 1_024;

/// Tells `tracing` of runs, for whatever subscriber a program has: its log, or OpenTelemetry's collectors.
///
/// ```
/// use handyman_runtime::{Agent, ScriptModel, Traced, Watch};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), handyman_core::Fault> {
/// # let model = ScriptModel::parse(r#"{"text": "Good morning."}"#)?;
/// // The program's subscriber is set elsewhere, once: with `tracing_subscriber`, `tracing_opentelemetry` or others.
/// let traced = Traced::new();
/// let session = Agent::new(model).session();
/// let run = session.run_watched("Hello", &Watch::new(&traced)).await?;
/// assert_eq!(run.answer(), "Good morning.");
/// # Ok(())
/// # }
/// ```
///
/// All has the target `handyman` and the level `INFO`. Names are those of OpenTelemetry's conventions for generative
/// AI, version 0.1.0, whose status is still "development" (<https://github.com/open-telemetry/semantic-conventions-genai>;
/// those used here are named as in version 1.41.0 of the general conventions, where they stood before):
///
/// - `invoke_agent` is a run, from its first event to its last, below the span that the program is in when it begins.
///   A run that waits for a person ends its span; when it is resumed, another one begins, with `handyman.resumed` and
///   the same `handyman.run.id`. Tokens are those that were used since the span began. A resumed run does not tell its
///   model.
/// - `chat` is a reply of the model, below its run: from when the model is asked, tokens with it. Where an observer of
///   one's own hands on events alone, it begins when the reply is there, and only `handyman.ms` says how long it took.
/// - `execute_tool` is a call, below its run, from when it is on record as started until it has ended, attempts that
///   failed on the way among it. What the tool itself traces stands below the program's span.
///
/// What takes no time is an event with the journal's name (`call_decided`, `call_retried`, `undo_planned`,
/// `claim_refused`, `compacted`, and `call_finished` of a call that no tool was asked for).
///
/// `error.type` is the failure that an event has (`not_found`, `conflict`, …); `failed` where a tool did not answer in
/// time, or a run could not be gone through with; `unknown` where nobody knows what a call came to; `malformed` for a
/// reply that could not be read; `window` where a prompt did not fit; `interrupted` for what had not ended when nobody
/// told of it any more. Limits and a person's no are outcomes (`handyman.outcome`).
///
/// What was said is private, and only recorded [if asked for](Traced::with_content). One `Traced` can watch many runs,
/// one after another and side by side; telling of one never waits for another.
pub struct Traced<'a> {
    shown_to: &'a dyn Observer,
    with_content: bool,
    /// The one that has been silent for longest is first.
    under_way: Mutex<VecDeque<Spans>>,
}

impl<'a> Traced<'a> {
    /// Tells `tracing`, and nobody else.
    #[must_use]
    pub fn new() -> Self {
        Self::around(&Discard)
    }

    /// Tells `tracing`, and this observer of everything, deltas too.
    #[must_use]
    pub fn around(observer: &'a dyn Observer) -> Self {
        Self { shown_to: observer, with_content: false, under_way: Mutex::default() }
    }

    /// Records what is said as well: messages, reasoning, arguments, results, reasons. It is as private as the
    /// conversation, and can be long.
    #[must_use]
    pub fn with_content(mut self) -> Self {
        self.with_content = true;
        self
    }

    fn told(&self, run: Option<&Run>, event: &Event) {
        if let Some(begun) = Spans::begun(run, event, self.with_content) {
            while self.take(|spans| spans.is_before(&begun)).is_some() {}
            self.put(begun);
        } else if let Some(mut spans) = self.take(|spans| spans.is_of(run))
            && spans.told(run, event)
        {
            self.put(spans);
        }
    }

    /// Takes the spans of a run out, so that no other run waits while a subscriber is told of this one.
    fn take(&self, is_it: impl Fn(&Spans) -> bool) -> Option<Spans> {
        let mut under_way = self.under_way();
        let at = under_way.iter().position(is_it)?;
        under_way.remove(at)
    }

    fn put(&self, spans: Spans) {
        let given_up = {
            let mut under_way = self.under_way();
            under_way.push_back(spans);
            if under_way.len() > RUNS_MAX { under_way.pop_front() } else { None }
        };
        drop(given_up);
    }

    fn under_way(&self) -> MutexGuard<'_, VecDeque<Spans>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Traced<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl DeltaSink for Traced<'_> {
    fn delta(&self, delta: Delta) {
        self.shown_to.delta(delta);
    }
}

impl Observer for Traced<'_> {
    /// Without the run, it is taken to be the only one that this is told of so.
    fn event(&self, event: &Event) {
        self.told(None, event);
        self.shown_to.event(event);
    }

    fn event_in(&self, run: &Run, event: &Event) {
        self.told(Some(run), event);
        self.shown_to.event_in(run, event);
    }

    fn delta_in(&self, run: &RunId, delta: Delta) {
        self.shown_to.delta_in(run, delta);
    }

    fn asked(&self, run: &Run) {
        if let Some(mut spans) = self.take(|spans| spans.is_of(Some(run))) {
            spans.asked();
            self.put(spans);
        }
        self.shown_to.asked(run);
    }

    fn broke_off(&self, run: &Run, fault: &Fault) {
        drop(self.take(|spans| spans.is_of(Some(run))));
        self.shown_to.broke_off(run, fault);
    }
}

impl fmt::Debug for Traced<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traced").field("with_content", &self.with_content).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
