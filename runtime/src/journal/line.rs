//! An event as it is written: its JSON, which has to be readable again.

use handyman_core::{Event, Fault, FaultKind, RunId};

/// How deep the JSON of an event may nest. `serde_json` reads 127 levels, and an event that it cannot read would make
/// its session unreadable for good.
const DEPTH_MAX: usize = 120;

/// An event of a run, and its text.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) run: RunId,
    pub(super) event: Event,
    pub(super) text: String,
}

impl Line {
    pub(super) fn of(run: &RunId, event: &Event) -> Result<Self, Fault> {
        Ok(Self { run: run.clone(), event: event.clone(), text: text_of(run, event)? })
    }
}

/// The text of an event, unless it could not be read again.
pub(super) fn text_of(run: &RunId, event: &Event) -> Result<String, Fault> {
    let text = serde_json::to_string(event).map_err(|error| {
        Fault::new(FaultKind::Journal, format!("an event of run {run} cannot be written as JSON: {error}"))
            .with_source(error)
    })?;
    let depth = depth_of(&text);
    if depth > DEPTH_MAX {
        let message = format!(
            "an event of run {run} nests {depth} levels of JSON: it could not be read again, and is not kept"
        );
        return Err(Fault::new(FaultKind::Journal, message)
            .with_hint(format!("let the tool give results of fewer levels; {DEPTH_MAX} can be kept")));
    }
    Ok(text)
}

/// How many lists and objects of a JSON text stand within each other, at most.
fn depth_of(json: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests;
