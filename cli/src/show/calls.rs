//! The calls of the current turn, by what they are called with.

use std::sync::Mutex;

use handyman::{CallId, Event, ToolCall};

use super::call_line;

/// The calls of the current turn.
#[derive(Debug, Default)]
pub(super) struct Calls(Mutex<Vec<Named>>);

/// A call by what it is called with.
#[derive(Debug)]
struct Named {
    id: CallId,
    tool: String,
    /// The call as one line.
    line: String,
    /// Whether that line has been shown as one that begins.
    is_begun: bool,
    /// Whether a person has been asked about it.
    is_asked: bool,
}

impl Named {
    fn new(call: &ToolCall) -> Self {
        Self {
            id: call.id.clone(),
            tool: call.tool.clone(),
            line: call_line(&call.tool, &call.arguments),
            is_begun: false,
            is_asked: false,
        }
    }
}

impl Calls {
    /// Learns what the calls are.
    pub(super) fn learn(&self, event: &Event) {
        let Ok(mut named) = self.0.lock() else { return };
        match event {
            Event::ModelReplied { calls, .. } | Event::StepCalled { calls, .. } => {
                *named = calls.iter().map(Named::new).collect();
            }
            Event::UndoPlanned { call, .. } => {
                let undo = Named::new(call);
                named.push(Named { line: format!("undo {}", undo.line), ..undo });
            }
            _ => {}
        }
    }

    /// A call as one line.
    pub(super) fn line(&self, call: &CallId) -> String {
        self.of(call, |named| named.line.clone()).unwrap_or_else(|| call.to_string())
    }

    /// What a call is called when it ends. The arguments stand in the line that it began with, if there was one.
    pub(super) fn line_at_end(&self, call: &CallId) -> String {
        let name = |named: &mut Named| match named.line.split_once('(') {
            Some((tool, _)) if named.is_begun => tool.to_owned(),
            _ => named.line.clone(),
        };
        self.of(call, name).unwrap_or_else(|| call.to_string())
    }

    /// The line of a call that begins.
    pub(super) fn begin(&self, call: &CallId) -> String {
        self.of(call, |named| named.is_begun = true);
        self.line(call)
    }

    /// Notes that a person is asked about a call.
    pub(super) fn ask(&self, call: &CallId) {
        self.of(call, |named| named.is_asked = true);
    }

    /// The tool of a call that nobody has been asked about.
    pub(super) fn tool_unasked(&self, call: &CallId) -> Option<String> {
        self.of(call, |named| (!named.is_asked).then(|| named.tool.clone())).flatten()
    }

    /// What something comes to on a call of the current turn, if it is one.
    fn of<T>(&self, call: &CallId, what: impl FnOnce(&mut Named) -> T) -> Option<T> {
        let mut all = self.0.lock().ok()?;
        all.iter_mut().find(|named| named.id == *call).map(what)
    }
}
