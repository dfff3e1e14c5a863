//! What can be seen to be wrong with a workflow before it runs.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::template::{names, names_in, names_of_list};
use super::{ITEM, NOW, TODAY, Work, Workflow, WorkflowStep};
use crate::answer::AnswerSchema;
use crate::schema;
use crate::tool::ToolSpec;

/// Names that templates give a meaning of their own.
const TAKEN: [&str; 9] = [TODAY, NOW, ITEM, "loop", "range", "dict", "namespace", "debug", "self"];
const WORDS: [&str; 12] =
    ["and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False"];

/// What keeps a value from being read as a workflow, with the step that it stands in.
pub(super) fn shape(value: &Value) -> Result<(), String> {
    if !value.is_object() {
        return Err("it is not a mapping with `name` and `steps`".to_owned());
    }
    let steps = value.get("steps").and_then(Value::as_array);
    for (index, step) in steps.into_iter().flatten().enumerate() {
        let read: Result<WorkflowStep, _> = serde_json::from_value(step.clone());
        let name = step.get("name").and_then(Value::as_str);
        let named = name.map_or_else(|| format!("step {}", index + 1), |name| format!("the step '{name}'"));
        read.map_err(|error| format!("{named}: {}", in_quotes(&error.to_string())))?;
    }
    Ok(())
}

/// An error of a type's, with what it comes from where a template is not in quotes: YAML reads `{{ x }}` as a mapping.
fn in_quotes(error: &str) -> String {
    let is_mapping = error.contains("invalid type: map, expected a string");
    let hint = if is_mapping { " (a template stands in quotes: \"{{ … }}\")" } else { "" };
    format!("{error}{hint}")
}

/// The mistakes that can be seen without inputs and tools.
pub(super) fn own(workflow: &Workflow) -> Vec<String> {
    let mut problems = Vec::new();
    let mut known: BTreeSet<&str> = TAKEN.into_iter().filter(|name| *name != ITEM).collect();
    if workflow.name().trim().is_empty() {
        problems.push("it has no name".to_owned());
    }
    if workflow.steps().is_empty() {
        problems.push("it has no steps".to_owned());
    }
    for (name, input) in &workflow.inputs {
        problems.extend(nameable(name).map(|why| format!("the input '{name}' {why}")));
        if !input.is_string() && !input.is_object() {
            problems
                .push(format!("the input '{name}' is neither a text that describes it nor a JSON schema"));
        }
        known.insert(name);
    }
    if problems.is_empty()
        && let Err(error) = jsonschema::validator_for(&workflow.inputs())
    {
        problems.push(format!("the inputs' schema is not valid: {error}"));
    }
    if problems.is_empty() {
        let default = |(name, input): (&String, &Value)| Some((name.clone(), input.get("default")?.clone()));
        let defaults = workflow.inputs.iter().filter_map(default).collect();
        let any = json!({"properties": workflow.inputs()["properties"]});
        problems.extend(inputs(&any, &defaults).into_iter().map(|why| format!("the default of {why}")));
    }
    for step in workflow.steps() {
        let name = step.name();
        let taken = known.contains(name).then(|| "has the name of an input or an earlier step".to_owned());
        let wrong = nameable(name).or(taken).into_iter().chain(wrong_in(step, &known));
        problems.extend(wrong.map(|why| format!("the step '{name}' {why}")));
        known.insert(name);
    }
    if let Some(answer) = workflow.answer() {
        let unknown = unknown(names(&Value::from(answer)), &known);
        problems.extend(unknown.map(|why| format!("the answer {why}")));
    }
    problems
}

/// Why a name cannot stand in an expression.
fn nameable(name: &str) -> Option<String> {
    let letters = name.starts_with(|first: char| first == '_' || first.is_ascii_alphabetic())
        && name.chars().all(|character| character == '_' || character.is_ascii_alphanumeric());
    if !letters {
        return Some("needs a name of letters A to Z, digits and _, to be used in expressions".to_owned());
    }
    let is_taken = TAKEN.contains(&name) || WORDS.contains(&name);
    is_taken.then(|| "needs another name: this one means something in expressions".to_owned())
}

fn wrong_in(step: &WorkflowStep, known: &BTreeSet<&str>) -> Vec<String> {
    let mut wrong: Vec<String> = Vec::new();
    wrong.extend(step.condition().and_then(|condition| unknown(names_in(condition), known)));
    match step.work() {
        None => wrong.push("has to say one of `call`, `ask` and `do`".to_owned()),
        Some(Work::Call { arguments, each, .. }) => {
            let mut known = known.clone();
            if let Some(each) = each {
                wrong.extend(unknown(names_of_list(each), &known));
                known.insert(ITEM);
            }
            wrong.extend(unknown(names(&arguments.clone().into()), &known));
            if step.answer.is_some() {
                wrong.push("has an `answer`, which is for `ask` and `do`".to_owned());
            }
        }
        Some(Work::Reply { message, answer, .. }) => {
            wrong.extend(unknown(names(&message.into()), known));
            if message.trim().is_empty() {
                wrong.push("asks nothing".to_owned());
            }
            if step.each.is_some() || !step.arguments.is_empty() {
                wrong.push("has `each` or `with`, which are for `call`".to_owned());
            }
            let refused = answer.and_then(|answer| AnswerSchema::new(answer.schema().clone()).err());
            wrong.extend(refused.map(|fault| fault.to_string()));
        }
    }
    wrong
}

/// What is wrong with the names that a template uses.
fn unknown(used: Result<BTreeSet<String>, String>, known: &BTreeSet<&str>) -> Option<String> {
    let name = match used {
        Ok(used) => used.into_iter().find(|name| !known.contains(name.as_str()))?,
        Err(problem) => return Some(format!("cannot be read: {problem}")),
    };
    if name == ITEM {
        return Some("uses `item`, which is there only with `each`".to_owned());
    }
    let distance = |other: &&str| strsim::damerau_levenshtein(&name, other);
    let near = known.iter().copied().filter(|other| distance(other) <= 2).min_by_key(distance);
    let hint = near.map(|near| format!(" (meant: `{near}`?)")).unwrap_or_default();
    Some(format!("uses `{name}`, which is no input and no earlier step{hint}"))
}

/// What is wrong with inputs, by their schema.
pub(super) fn inputs(wanted: &Value, given: &Map<String, Value>) -> Vec<String> {
    let names: Vec<&String> = wanted["properties"].as_object().into_iter().flat_map(Map::keys).collect();
    let missing = wanted["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let missing = missing.filter(|name| !given.contains_key(*name)).map(|name| {
        let what = wanted["properties"][name]["description"].as_str();
        let what = what.map(|what| format!(" ({what})")).unwrap_or_default();
        format!("the input '{name}'{what} is missing")
    });
    let unknown = given.keys().filter(|name| !names.contains(name)).map(|name| {
        let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
        match names.as_slice() {
            [] => format!("there is no input '{name}'; the workflow has none"),
            names => format!("there is no input '{name}'; the inputs are: {}", names.join(", ")),
        }
    });
    let problems: Vec<String> = missing.chain(unknown).collect();
    match jsonschema::validator_for(wanted) {
        Ok(validator) if problems.is_empty() => {
            let given = Value::Object(given.clone());
            let errors = validator.iter_errors(&given);
            let named = |path: String| path.trim_start_matches('/').to_owned();
            errors
                .map(|error| format!("the input '{}': {error}", named(error.instance_path().to_string())))
                .collect()
        }
        Ok(_) => problems,
        Err(error) => vec![format!("the inputs' schema is not valid: {error}")],
    }
}

/// What is wrong with a workflow's calls, by the tools there are.
pub(super) fn tools(workflow: &Workflow, tools: &[ToolSpec]) -> Vec<String> {
    let calls = workflow.steps().iter().filter_map(|step| match step.work() {
        Some(Work::Call { tool, arguments, .. }) => Some((step.name(), tool, arguments)),
        Some(Work::Reply { .. }) | None => None,
    });
    calls
        .flat_map(|(step, name, arguments)| {
            let wrong = if let Some(tool) = tools.iter().find(|tool| tool.name == name) {
                wrong_arguments(&tool.parameters, arguments)
            } else {
                let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
                vec![format!("there is no tool '{name}'; the tools are: {}", names.join(", "))]
            };
            wrong.into_iter().map(move |why| format!("the step '{step}': {why}"))
        })
        .collect()
}

fn wrong_arguments(parameters: &Value, arguments: &Map<String, Value>) -> Vec<String> {
    let properties = parameters["properties"].as_object();
    let required = parameters["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let missing = required.filter(|name| !arguments.contains_key(*name));
    let mut wrong: Vec<String> = missing.map(|name| format!("the argument '{name}' is missing")).collect();
    for (name, template) in arguments {
        let Some(property) = properties.and_then(|properties| properties.get(name)) else {
            // Others may be allowed by a pattern or as any.
            if parameters["additionalProperties"] == false && parameters.get("patternProperties").is_none() {
                let names: Vec<&str> =
                    properties.into_iter().flat_map(Map::keys).map(String::as_str).collect();
                wrong.push(format!("there is no argument '{name}'; the arguments are: {}", names.join(", ")));
            }
            continue;
        };
        let mut schema = property.clone();
        if let (Some(definitions), Some(schema)) = (parameters.get("$defs"), schema.as_object_mut()) {
            schema.insert("$defs".to_owned(), definitions.clone());
        }
        let is_constant = !contains_template(template);
        let validator = jsonschema::validator_for(&schema).ok().filter(|_| is_constant);
        if let Some(error) = validator.as_ref().and_then(|validator| validator.iter_errors(template).next()) {
            let expected = schema::expected(parameters, std::iter::once(name.as_str()));
            let expected = expected.map(|expected| format!(" (expected: {expected})")).unwrap_or_default();
            wrong.push(format!("the argument '{name}': {error}{expected}"));
        }
    }
    wrong
}

fn contains_template(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains("{{") || text.contains("{%"),
        Value::Array(items) => items.iter().any(contains_template),
        Value::Object(fields) => fields.values().any(contains_template),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
