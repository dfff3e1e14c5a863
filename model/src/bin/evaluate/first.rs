//! The first reply to a request, compared with the one that is right: exact calls, and the trivial baselines.

use std::error::Error;
use std::path::Path;

use handyman_core::{
    CallRequest, Discard, Effect, Message, Model, ModelRequest, Part, ReplyBody, ReplyMode, ReplyOptions,
    Role, Safety, ToolSpec,
};
use handyman_runtime::LocalModel;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::score::Table;

/// How much of the constraint is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Constraint {
    /// As the product uses it.
    Shipped,
    /// The schemas, without where values may come from.
    Schema,
    /// Nothing: what the model writes by itself.
    Nothing,
}

impl Constraint {
    pub(crate) const ALL: [Self; 3] = [Self::Shipped, Self::Schema, Self::Nothing];

    fn name(self) -> &'static str {
        match self {
            Self::Shipped => "constrained as shipped",
            Self::Schema => "constrained by the schemas alone",
            Self::Nothing => "unconstrained",
        }
    }
}

/// A conversation of the generator, up to its first reply.
#[derive(Debug, Deserialize)]
pub(crate) struct Talk {
    lang: String,
    pub(crate) tools: Vec<Offered>,
    pub(crate) messages: Vec<Said>,
}

/// A tool on offer.
#[derive(Debug, Deserialize)]
pub(crate) struct Offered {
    name: String,
    description: String,
    parameters: Value,
}

/// One message.
#[derive(Debug, Deserialize)]
pub(crate) struct Said {
    pub(crate) role: String,
    pub(crate) content: String,
    #[serde(default)]
    pub(crate) tool_calls: Vec<Called>,
}

/// One call in it.
#[derive(Debug, Deserialize)]
pub(crate) struct Called {
    pub(crate) name: String,
    pub(crate) arguments: Map<String, Value>,
}

/// Reads conversations.
pub(crate) fn read(file: &Path) -> Result<Vec<Talk>, Box<dyn Error>> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

/// What first replies are counted in.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    /// Exact ones, by how they were constrained.
    pub(crate) exact: Table,
    /// Those constrained as shipped that call the right tools.
    pub(crate) chosen: Table,
    /// Exact ones of those constrained as shipped, by how sure the model was.
    pub(crate) sure: Table,
    /// The others of those: what was asked, what was replied, and what is right.
    pub(crate) wrong: Vec<String>,
}

/// Where the ranges of confidence begin that are counted apart, the lowest last.
const SURE_FROM: [f32; 6] = [0.99, 0.95, 0.9, 0.8, 0.5, 0.0];

/// Counts the conversations whose first reply is exactly right: the calls with all their arguments, or none.
pub(crate) async fn measure(
    model: &LocalModel,
    set: &str,
    talks: &[Talk],
    constraint: Constraint,
    counted: &mut Counted,
) -> Result<(), Box<dyn Error>> {
    for (number, talk) in talks.iter().enumerate() {
        let (Some(request), Some(right)) = (talk.messages.first(), talk.messages.get(1)) else { continue };
        if right.tool_calls.is_empty() {
            continue;
        }
        let tools: Vec<ToolSpec> = talk.tools.iter().map(|tool| spec(tool, constraint)).collect();
        let history = [message(&request.content)];
        let session = format!("{set} {number} {constraint:?}").as_str().into();
        let request = ModelRequest {
            session: &session,
            history: &history,
            tools: &tools,
            revealed: &[],
            mode: ReplyMode::Free,
            tokens_max: 400,
            options: ReplyOptions::usual(),
        };
        let reply = match constraint {
            Constraint::Nothing => model.unconstrained(request).await?,
            Constraint::Shipped | Constraint::Schema => model.reply(request, &Discard).await?,
        };
        let made = match &reply.body {
            ReplyBody::Said { calls, .. } => calls.as_slice(),
            ReplyBody::Malformed { .. } => &[],
        };
        let (exact, chosen) = (same(made, &right.tool_calls), same_tools(made, &right.tool_calls));
        if constraint == Constraint::Shipped {
            counted.chosen.count(set, &talk.lang, chosen);
            if !exact {
                counted.wrong.push(wrong(set, talk, made, right));
            }
        }
        counted.exact.count(&format!("{set}: {}", constraint.name()), &talk.lang, exact);
        let range = reply.confidence.and_then(|sure| SURE_FROM.iter().position(|from| sure >= *from));
        if let (Constraint::Shipped, Some(range)) = (constraint, range) {
            counted.sure.count(&range_of(set, range), &talk.lang, exact);
        }
    }
    Ok(())
}

/// A wrong first reply, in three lines.
fn wrong(set: &str, talk: &Talk, made: &[CallRequest], right: &Said) -> String {
    let made = made.iter().map(|call| (&call.tool, &call.arguments));
    let wanted = right.tool_calls.iter().map(|call| (&call.name, &call.arguments));
    let asked = talk.messages.first().map_or("", |message| &message.content);
    format!(
        "✗ {set} [{}] {asked}\n    replied: {}\n    right:   {}",
        talk.lang,
        calls_text(made),
        calls_text(wanted)
    )
}

fn calls_text<'a>(calls: impl Iterator<Item = (&'a String, &'a Map<String, Value>)>) -> String {
    let texts: Vec<String> = calls
        .map(|(name, arguments)| format!("{name} {}", serde_json::to_string(arguments).unwrap_or_default()))
        .collect();
    if texts.is_empty() { "no call".to_owned() } else { texts.join("; ") }
}

/// A range of confidence, named so that the highest comes last.
fn range_of(set: &str, range: usize) -> String {
    let from = SURE_FROM[range];
    match range.checked_sub(1) {
        Some(above) => format!("{set}: {from:.2} to {:.2}", SURE_FROM[above]),
        None => format!("{set}: {from:.2} or more"),
    }
}

/// What replying without reading the request would reach: always the first tool with what it requires left empty,
/// and never a call.
pub(crate) fn baselines(set: &str, talks: &[Talk], table: &mut Table) {
    for talk in talks {
        let Some(right) = talk.messages.get(1).filter(|right| !right.tool_calls.is_empty()) else { continue };
        let first = talk.tools.first().map(|tool| tool.name.as_str());
        let lucky = matches!(right.tool_calls.as_slice(), [only] if Some(only.name.as_str()) == first && only.arguments.is_empty());
        table.count(&format!("{set}: always the first tool"), &talk.lang, lucky);
        table.count(&format!("{set}: never a call"), &talk.lang, false);
    }
}

/// Whether the calls are the right ones, with the same arguments and in the same order.
pub(crate) fn same(made: &[CallRequest], right: &[Called]) -> bool {
    made.len() == right.len()
        && made
            .iter()
            .zip(right)
            .all(|(made, right)| made.tool == right.name && made.arguments == right.arguments)
}

/// Whether the calls are of the right tools, in the same order.
fn same_tools(made: &[CallRequest], right: &[Called]) -> bool {
    made.iter().map(|made| &made.tool).eq(right.iter().map(|right| &right.name))
}

/// The person's message; what the framework added to it is a note.
pub(crate) fn message(content: &str) -> Message {
    let parts = match content.split_once(".)\n") {
        Some((note, text)) if note.starts_with("(Today is") => {
            vec![Part::Note(format!("{note}.)")), Part::Text(text.to_owned())]
        }
        _ => vec![Part::Text(content.to_owned())],
    };
    Message { role: Role::User, parts }
}

/// A tool as the model is told of it.
pub(crate) fn spec(tool: &Offered, constraint: Constraint) -> ToolSpec {
    let mut parameters = tool.parameters.clone();
    if constraint != Constraint::Shipped {
        forget_sources(&mut parameters);
    }
    let (name, description) = (tool.name.clone(), tool.description.clone());
    ToolSpec { name, description, parameters, effect: Effect::ReadOnly, safety: Safety::default() }
}

/// Takes out of a schema where its values may come from.
fn forget_sources(schema: &mut Value) {
    match schema {
        Value::Object(keywords) => {
            keywords.retain(|keyword, _| keyword != "x-from" && keyword != "x-verbatim");
            keywords.values_mut().for_each(forget_sources);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_sources),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
