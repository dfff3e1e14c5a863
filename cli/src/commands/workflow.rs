//! `handyman workflow run|check`.

use std::path::Path;
use std::process::ExitCode;

use handyman::workflow::{Work, WorkflowStep};
use handyman::{ToolSpec, Toolset, Workflow};
use serde_json::{Map, Value};

use super::{exit_code, observer};
use crate::approve::settle;
use crate::args::{Places, RunOptions, WorkflowCommand};
use crate::interrupt::Interrupt;
use crate::problem::Problem;
use crate::settings::{self, Files};
use crate::show;

pub(crate) async fn dispatch(command: WorkflowCommand) -> Result<ExitCode, Problem> {
    match command {
        WorkflowCommand::Run { file, inputs, options } => run(&file, &inputs, &options).await,
        WorkflowCommand::Check { file, places } => check(&file, &places).await,
    }
}

async fn run(file: &Path, inputs: &[String], options: &RunOptions) -> Result<ExitCode, Problem> {
    if options.replies.answer_schema.is_some() {
        return Err(Problem::usage("--answer-schema is not for workflows")
            .with_hint("an `ask` or `do` step says the shape of its reply itself: answer: {…}"));
    }
    let workflow = read(file)?;
    // What is wrong with the inputs is told before a model is loaded.
    let inputs = bound(typed(inputs, &workflow)?, &workflow)?;
    let files = Files::of(&options.places)?;
    let agent = if workflow.needs_model() {
        settings::agent(options, &files).await?
    } else {
        settings::agent_without_model(options, &files).await?
    };
    let session = agent.session();
    let observer = observer(options.json);
    let interrupt = Interrupt::new();
    let watch = interrupt.watch(observer.as_ref());
    let run = session.run_workflow_watched(&workflow, inputs, &watch).await?;
    Ok(exit_code(&settle(&session, run, &watch).await?))
}

async fn check(file: &Path, places: &Places) -> Result<ExitCode, Problem> {
    let workflow = read(file)?;
    let toolbox = Files::to_look(places)?.open_toolbox().await?;
    workflow.fits(toolbox.specs())?;
    let what = Some(workflow.description().trim()).filter(|what| !what.is_empty());
    show::line(&what.map_or(workflow.name().to_owned(), |what| format!("{}: {what}", workflow.name())));
    let inputs = workflow.inputs();
    for (name, input) in inputs["properties"].as_object().into_iter().flatten() {
        let what = input["description"].as_str().map(|what| format!("  {what}")).unwrap_or_default();
        let default =
            input.get("default").map(|default| format!(" (default: {})", show::value_text(default)));
        show::line(&format!("  input {name}{what}{}", default.unwrap_or_default()));
    }
    for step in workflow.steps() {
        show::line(&format!("  {}", described(step, toolbox.specs())));
    }
    Ok(ExitCode::SUCCESS)
}

/// A step in one line: what it does, when, and with what effect.
fn described(step: &WorkflowStep, tools: &[ToolSpec]) -> String {
    let what = match step.work() {
        Some(Work::Call { tool, arguments, each }) => {
            let effect = tools.iter().find(|spec| spec.name == tool).map_or("", |spec| spec.effect.name());
            let each = each.map(|each| format!(" for each of {}", show::value_text(each)));
            let each = each.unwrap_or_default();
            format!("{} [{effect}]{each}", show::call_line(tool, arguments))
        }
        Some(Work::Reply { message, may_call, .. }) => {
            let who = if may_call { "do, with tools" } else { "ask the model" };
            format!("{who}: {}", show::one_line(message))
        }
        None => String::new(),
    };
    let condition = step.condition().map(|condition| format!(" if {condition}")).unwrap_or_default();
    let may_fail = if step.may_fail() { " (may fail)" } else { "" };
    format!("{}: {what}{condition}{may_fail}", step.name())
}

fn read(file: &Path) -> Result<Workflow, Problem> {
    let shown = file.display();
    let text = std::fs::read_to_string(file).map_err(|error| {
        Problem::unread(format!("the workflow {shown} cannot be read: {error}"), &error)
            .with_hint("name a file of steps in YAML or JSON; docs/workflows.md has examples")
    })?;
    let value = parsed(&text).map_err(|error| {
        let problem = Problem::usage(format!("the workflow {shown} cannot be read: {error}"));
        if text.contains("{{") {
            problem.with_hint("a template stands in quotes: \"{{ … }}\"")
        } else {
            problem.with_hint("write steps in YAML or JSON; docs/workflows.md has examples")
        }
    })?;
    Ok(Workflow::new(value)?)
}

fn parsed(text: &str) -> Result<Value, String> {
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text).map_err(|error| error.to_string());
    }
    yaml(text)
}

/// Reads YAML.
pub(super) fn yaml(text: &str) -> Result<Value, String> {
    // As YAML 1.2 has it: `no` is a text.
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| error.to_string().trim_start_matches("error: ").to_owned())
}

/// The inputs that were typed.
fn typed(inputs: &[String], workflow: &Workflow) -> Result<Map<String, Value>, Problem> {
    let mut typed = Map::new();
    for input in inputs {
        let (name, value) = input.split_once('=').ok_or_else(|| {
            Problem::usage(format!("'{input}' is no input")).with_hint("write --input NAME=VALUE")
        })?;
        if typed.insert(name.to_owned(), workflow.typed(name, value)).is_some() {
            return Err(Problem::usage(format!("the input '{name}' is given twice")));
        }
    }
    Ok(typed)
}

/// The inputs with the defaults of others; where some are missing, with how they are given.
fn bound(given: Map<String, Value>, workflow: &Workflow) -> Result<Map<String, Value>, Problem> {
    let wanted = workflow.inputs();
    let wanted = wanted["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let missing: Vec<String> = wanted
        .filter(|name| !given.contains_key(*name))
        .map(|name| format!("--input {name}=VALUE"))
        .collect();
    let hint = if missing.len() == 1 { "give it with " } else { "give them with " };
    workflow.bind(given).map_err(|fault| match missing.as_slice() {
        [] => fault.into(),
        missing => Problem::from(fault).with_hint(format!("{hint}{}", missing.join(" "))),
    })
}

#[cfg(test)]
mod tests;
