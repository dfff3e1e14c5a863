//! What helps whoever is served badly by the model that is part of this program.

use std::sync::Mutex;

use handyman::{CallOutcome, Event, Outcome};

use crate::models;

const ANOTHER: &str = "not what you wanted? The built-in model is a small one: say it in other words, or name a larger one \
    with --model (handyman model list shows some)";
const TOOLS: &str = "handyman tools list shows what can be done; options such as --database and --docs add to it \
    (handyman --help)";

/// What to tell at the end of a run, as far as it is known how that goes.
#[derive(Debug, Default)]
pub(super) struct Advice(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    /// Whether the built-in model was asked.
    is_builtin: bool,
    /// Whether a call has ended.
    has_called: bool,
    /// What helps if the run ends now.
    text: Option<&'static str>,
}

impl Advice {
    /// Learns what has happened.
    pub(super) fn learn(&self, event: &Event) {
        let Ok(mut seen) = self.0.lock() else { return };
        match event {
            Event::Started { model, .. } => {
                *seen = Seen { is_builtin: models::is_builtin(model), ..Seen::default() };
            }
            Event::ReplyMalformed { .. } | Event::ClaimRefused { .. } => seen.text = Some(ANOTHER),
            Event::CallFinished { outcome, .. } => {
                seen.has_called = true;
                seen.text = (*outcome == CallOutcome::Failed).then_some(ANOTHER);
            }
            Event::Finished { outcome, answer, .. } => {
                seen.text = match outcome {
                    Outcome::Answered if !seen.has_called && names_tools(answer) => Some(TOOLS),
                    Outcome::Answered | Outcome::Asked if !answer.trim().is_empty() => seen.text,
                    Outcome::Answered | Outcome::Asked | Outcome::Limit { .. } => Some(ANOTHER),
                    Outcome::Waiting { .. } | Outcome::Cancelled | Outcome::Failed { .. } => None,
                };
            }
            _ => {}
        }
    }

    /// What to tell at the end of the run, if that is of use.
    pub(super) fn text(&self) -> Option<&'static str> {
        let seen = self.0.lock().ok()?;
        seen.text.filter(|_| seen.is_builtin)
    }
}

/// Whether an answer speaks of tools: it does where none of them fits.
fn names_tools(answer: &str) -> bool {
    ["tool", "工具"].iter().any(|word| answer.contains(word))
}

#[cfg(test)]
mod tests;
