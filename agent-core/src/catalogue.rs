//! Many tools, revealed step by step.
//!
//! Where the descriptions of all tools would take too much of a model's window, the model is shown one tool,
//! [`SHOW_TOOLS`], whose description names the others. What a call of it comes to describes those that fit what was
//! asked for, as a message like any result: nothing before it changes, so no token is computed again. From then on
//! they can be called. What was revealed follows from the run's events alone, so a resumed run can call the same.
//! The first look is made for the model: with a request it is told the tools that fit its words.

mod rank;

use serde_json::{Value, json};

use crate::limits::Limits;
use crate::message::{CallOutcome, CallResult, Message, Part, ToolCall};
use crate::run::Run;
use crate::schema::shown;
use crate::tool::{Effect, Safety, ToolSpec};

pub use rank::{Index, rank};

/// The tool that shows the others. In `started`, it heads the list of tools where they are revealed step by step.
pub const SHOW_TOOLS: &str = "show_tools";

/// Tools that one call describes.
const SHOWN_MAX: usize = 5;
/// Tools that one call names beside them.
const NAMED_MAX: usize = 10;
/// What part of the bytes of a result a first look may take.
const FIRST_LOOK_SHARE: usize = 4;
/// What the note of a first look begins with, before a list of descriptions as JSON.
const MAY_FIT: &str = "(Tools that may fit: ";
/// Characters of a tool's line in a list.
const LINE_CHARS_MAX: usize = 72;

/// The tool that shows these tools. Its description names them all with a line each, or by name alone where
/// that does not fit, or says only how many there are.
#[must_use]
pub fn show_tools(tools: &[ToolSpec], fits: impl Fn(&str) -> bool) -> ToolSpec {
    let lines = || tools.iter().map(line).collect::<Vec<_>>().join("\n");
    let names = || tools.iter().map(|tool| tool.name.as_str()).collect::<Vec<_>>().join(", ");
    let does = "Show tools, by what they do or by name; those shown can be called.";
    let listed = [format!("{does} There are:\n{}", lines()), format!("{does} There are: {}", names())];
    let [with_lines, with_names] = listed;
    let description = if fits(&with_lines) {
        with_lines
    } else if fits(&with_names) {
        with_names
    } else {
        format!("{does} There are {}.", tools.len())
    };
    ToolSpec {
        name: SHOW_TOOLS.to_owned(),
        description,
        parameters: json!({
            "type": "object",
            // Any text, so that the grammar can leave out what was asked before.
            "properties": {"query": {"type": "string", "description": "What should be done, or names of tools"}},
            "required": ["query"],
            "additionalProperties": false,
        }),
        effect: Effect::ReadOnly,
        safety: Safety::default(),
    }
}

/// The tools of one reply.
#[derive(Debug, Clone, PartialEq)]
pub struct Offered<'a> {
    /// Those that the prompt begins with.
    pub described: &'a [ToolSpec],
    /// Those that messages have described since.
    pub revealed: Vec<ToolSpec>,
}

/// What of these tools is offered for the run's next reply.
#[must_use]
pub fn offered<'a>(run: &Run, tools: &'a [ToolSpec]) -> Offered<'a> {
    if !run.reveals() {
        return Offered { described: tools, revealed: Vec::new() };
    }
    let described = tools.get(..1).unwrap_or_default();
    let named = |name: &String| tools.iter().skip(1).find(|tool| tool.name == *name).cloned();
    Offered { described, revealed: run.revealed().iter().filter_map(named).collect() }
}

/// Whether a list of tools, as `started` has it, says that they are revealed step by step.
#[must_use]
pub fn is_headed(tools: &[String]) -> bool {
    tools.first().is_some_and(|first| first == SHOW_TOOLS)
}

/// What is wrong with calling a tool that the model has not been shown; nothing where it may be called.
pub(crate) fn unseen(run: &Run, call: &ToolCall) -> Option<String> {
    let known = !run.reveals() || call.tool == SHOW_TOOLS || run.revealed().contains(&call.tool);
    (!known).then(|| format!("{} has not been shown yet; call {SHOW_TOOLS} with its name first", call.tool))
}

/// What a search among the tools comes to.
struct Found {
    /// Descriptions of tools that the model cannot read yet.
    new: Vec<Value>,
    /// Names of those that it can.
    seen: Vec<String>,
    /// Lines of tools that fit less.
    others: Vec<String>,
}

impl Found {
    /// The best tools for what was asked, their descriptions within so many bytes, and the next best.
    fn by(query: &str, run: &Run, tools: &[ToolSpec], bytes_max: usize) -> Option<Self> {
        let tools = tools.get(1..).unwrap_or_default();
        let best = rank(query, tools);
        let mut found = Self { new: Vec::new(), seen: Vec::new(), others: Vec::new() };
        let mut bytes = 0;
        for tool in best.iter().take(SHOWN_MAX + NAMED_MAX).filter_map(|index| tools.get(*index)) {
            let described = json!({"name": tool.name, "description": tool.description, "parameters": shown(&tool.parameters)});
            let length = described.to_string().len();
            if found.seen.len() + found.new.len() == SHOWN_MAX
                || (!found.new.is_empty() && bytes + length > bytes_max)
            {
                found.others.push(line(tool));
            } else if is_described(run.history(), &tool.name) {
                found.seen.push(tool.name.clone());
            } else {
                bytes += length;
                found.new.push(described);
            }
        }
        (!best.is_empty()).then_some(found)
    }
}

/// What a call of [`SHOW_TOOLS`] comes to: the best tools for what was asked, described, and names of the next ones.
pub(crate) fn show(run: &Run, tools: &[ToolSpec], call: &ToolCall, limits: &Limits) -> CallResult {
    let query = call.arguments.get("query").and_then(Value::as_str).unwrap_or_default();
    let (outcome, result) = match Found::by(query, run, tools, limits.output_bytes_max) {
        None => {
            let expected = "other words for what should be done, or the name of a tool";
            (
                CallOutcome::Failed,
                json!({"error": format!("no tool fits '{query}'"), "at": "/query", "expected": expected}),
            )
        }
        Some(Found { new, seen, others }) => {
            let mut result = json!({"tools": new});
            if !seen.is_empty() {
                result["shown_before"] = seen.into();
            }
            if !others.is_empty() {
                result["others"] = others.into();
            }
            (CallOutcome::Succeeded, result)
        }
    };
    CallResult { call: call.id.clone(), tool: call.tool.clone(), outcome, result }
}

/// Descriptions of the tools that fit the words of the person's message, where the model has not been asked yet and could
/// call none of them; empty where there is nothing to tell.
pub(crate) fn first_look(run: &Run, tools: &[ToolSpec], limits: &Limits) -> Vec<Value> {
    let asked = run.history().iter().rev().find(|message| message.asks());
    let is_told = |part: &Part| matches!(part, Part::Note(note) if told(note).is_some());
    let has_looked = asked.is_some_and(|message| message.parts.iter().any(is_told));
    if !run.reveals() || has_looked || run.usage().turns > 0 || run.progress().is_some() {
        return Vec::new();
    }
    let found = Found::by(run.message(), run, tools, limits.output_bytes_max / FIRST_LOOK_SHARE);
    found.map(|found| found.new).unwrap_or_default()
}

/// The note that tells a model of a first look.
pub(crate) fn may_fit(tools: &[Value]) -> String {
    format!("{MAY_FIT}{})", Value::from(tools))
}

/// The tools that a note describes, if it is that of a first look.
fn told(note: &str) -> Option<Value> {
    let list = note.strip_prefix(MAY_FIT)?.strip_suffix(')')?;
    Some(json!({"tools": serde_json::from_str::<Value>(list).ok()?}))
}

/// The tools that a result of [`SHOW_TOOLS`] describes.
pub(crate) fn names_in(result: &Value) -> impl Iterator<Item = &str> {
    result["tools"].as_array().into_iter().flatten().filter_map(|tool| tool["name"].as_str())
}

/// Whether the model can still read a tool's description in the history.
fn is_described(history: &[Message], name: &str) -> bool {
    let describes = |shown: &Value| names_in(shown).any(|known| known == name);
    history.iter().flat_map(|message| &message.parts).any(|part| match part {
        Part::Result(shown) => {
            shown.tool == SHOW_TOOLS && shown.result["cut"].is_null() && describes(&shown.result)
        }
        Part::Note(note) => told(note).is_some_and(|shown| describes(&shown)),
        Part::Text(_) | Part::Task { .. } | Part::Reasoning(_) | Part::Call(_) => false,
    })
}

/// A tool on one line: its name and the beginning of what it does.
fn line(tool: &ToolSpec) -> String {
    let said = tool.description.lines().next().unwrap_or_default().trim();
    let sentence = said.find(". ").map_or(said, |dot| &said[..dot]).trim_end_matches('.');
    let whole = format!("{}: {sentence}", tool.name);
    match whole.char_indices().nth(LINE_CHARS_MAX) {
        _ if sentence.is_empty() => tool.name.clone(),
        Some((end, _)) => format!("{}…", whole[..end].trim_end()),
        None => whole,
    }
}

#[cfg(test)]
mod tests;
