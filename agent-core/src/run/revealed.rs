//! What a run knows of the tools that are revealed to the model step by step.

use serde_json::Value;

use super::Run;
use crate::catalogue;
use crate::message::Part;

impl Run {
    /// Whether tools are revealed to the model step by step.
    #[must_use]
    pub fn reveals(&self) -> bool {
        self.reveals
    }

    /// Names of the tools that have been revealed, in that order.
    #[must_use]
    pub fn revealed(&self) -> &[String] {
        &self.revealed
    }

    /// Tells the model, with the request, of tools that fit it.
    pub(super) fn reveal(&mut self, tools: &[Value]) {
        let note = catalogue::may_fit(tools);
        for said in [&mut self.history, &mut self.record] {
            if let Some(asked) = said.iter_mut().rev().find(|message| message.asks()) {
                asked.parts.push(Part::Note(note.clone()));
            }
        }
        know(&mut self.revealed, tools.iter().filter_map(|tool| tool["name"].as_str()));
    }
}

/// Counts tools among those that can be called.
pub(super) fn know<'a>(revealed: &mut Vec<String>, tools: impl Iterator<Item = &'a str>) {
    for tool in tools {
        if !revealed.iter().any(|known| known == tool) {
            revealed.push(tool.to_owned());
        }
    }
}
