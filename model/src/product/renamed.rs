//! The product's tools as others would have called and described them, so that a request the model knows by heart does not
//! tell it a name it knows by heart: the tools on offer have to be read.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::conversation::{Conversation, ToolSpec};
use crate::draw::Draw;
use crate::everyday::tools::{Tool, parse};

static OTHERS: LazyLock<HashMap<&str, Tool>> = LazyLock::new(|| {
    let tools = parse(include_str!("../../data/renamed.txt"));
    tools.into_iter().filter_map(|tool| Some((*tool.names.first()?, tool))).collect()
});

/// What a tool and its arguments are called in one conversation.
struct Renamed {
    name: &'static str,
    arguments: HashMap<&'static str, &'static str>,
}

/// Gives most of the tools another name, another description and other arguments, where they are offered and where they are
/// called.
pub(super) fn rename(d: &mut Draw, talk: &mut Conversation) {
    let mut renamed: HashMap<String, Renamed> = HashMap::new();
    let chinese = d.zh() && d.chance(50);
    for spec in &mut talk.tools {
        let Some(other) = OTHERS.get(spec.name.as_str()) else { continue };
        let told = Renamed { name: name(d, other), arguments: arguments(d, other) };
        if renamed.values().any(|taken| taken.name == told.name) {
            continue;
        }
        let own = std::mem::replace(&mut spec.name, told.name.to_owned());
        describe(d, spec, other, chinese);
        rename_parameters(d, spec, &told, other, chinese);
        renamed.insert(own, told);
    }
    for call in talk.messages.iter_mut().flat_map(|message| &mut message.tool_calls) {
        if let Some(told) = renamed.get(&call.name) {
            told.name.clone_into(&mut call.name);
            call.arguments = under_other_names(std::mem::take(&mut call.arguments), told);
        }
    }
}

/// One of these; the last is kept for evaluation.
fn some<'a>(d: &mut Draw, all: &[&'a str]) -> &'a str {
    match all.split_last() {
        Some((kept, [])) => kept,
        Some((kept, _)) if d.held_out => kept,
        Some((_, usual)) => d.rng.pick(usual),
        None => "",
    }
}

fn name(d: &mut Draw, other: &Tool) -> &'static str {
    if !d.held_out && d.chance(15) { other.names[0] } else { some(d, &other.names) }
}

fn describe(d: &mut Draw, spec: &mut ToolSpec, other: &Tool, chinese: bool) {
    if d.held_out || d.chance(75) {
        some(d, &other.about[usize::from(chinese)]).clone_into(&mut spec.description);
    }
}

/// Half of the time the arguments keep their names.
fn arguments(d: &mut Draw, other: &Tool) -> HashMap<&'static str, &'static str> {
    let mut names: HashMap<&str, &str> = HashMap::new();
    if d.chance(50) {
        return names;
    }
    for argument in &other.arguments {
        let new = d.rng.pick(&argument.names);
        if names.values().all(|taken| *taken != new) {
            names.insert(argument.names[0], new);
        }
    }
    names
}

fn rename_parameters(d: &mut Draw, spec: &mut ToolSpec, told: &Renamed, other: &Tool, chinese: bool) {
    let Some(schema) = spec.parameters.as_object_mut() else { return };
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        let explained = d.chance(30);
        for argument in other.arguments.iter().filter(|_| explained) {
            if let Some(Value::Object(property)) = properties.get_mut(argument.names[0]) {
                property.insert("description".into(), argument.about[usize::from(chinese)].into());
            }
        }
        *properties = under_other_names(std::mem::take(properties), told);
    }
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        for name in required {
            if let Some(new) = name.as_str().and_then(|name| told.arguments.get(name)) {
                *name = Value::from(*new);
            }
        }
    }
}

/// The same values in the same order; what has no other name keeps its own.
fn under_other_names(values: Map<String, Value>, told: &Renamed) -> Map<String, Value> {
    let renamed = |name: String| told.arguments.get(name.as_str()).map_or(name, |&new| new.to_owned());
    values.into_iter().map(|(name, value)| (renamed(name), value)).collect()
}
