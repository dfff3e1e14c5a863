//! `handyman tools list|show|call|new`.

use std::process::ExitCode;

use handyman::tools::wrap::call_within;
use handyman::{CallContext, CallOutcome, IdempotencyKey, Limits, Safety, ToolCall, ToolSpec, Toolset};
use serde_json::{Map, Value};

use super::new_tool;
use crate::args::{Places, ToolsCommand};
use crate::problem::Problem;
use crate::settings::Files;
use crate::show;

pub(crate) async fn dispatch(command: ToolsCommand) -> Result<ExitCode, Problem> {
    match command {
        ToolsCommand::List { places } => list(&places).await,
        ToolsCommand::Show { name, places } => describe(&name, &places).await,
        ToolsCommand::New { name, handyman } => new_tool::write(&name, handyman.as_deref()),
        ToolsCommand::Call { name, arguments, places, key } => {
            let arguments: Map<String, Value> = serde_json::from_str(&arguments).map_err(|error| {
                Problem::usage(format!("the arguments are not a JSON object: {error}"))
                    .with_hint("for example: handyman tools call weather '{\"city\": \"Shanghai\", \"day\": \"tomorrow\"}'")
            })?;
            call(&name, arguments, &places, key).await
        }
    }
}

async fn list(places: &Places) -> Result<ExitCode, Problem> {
    let toolbox = Files::to_look(places)?.open_toolbox().await?;
    let width = toolbox.specs().iter().map(|spec| spec.name.chars().count()).max().unwrap_or_default();
    for spec in toolbox.specs() {
        let description = show::one_line(&spec.description);
        show::line(&format!("{:<width$} {:<10} {description}", spec.name, spec.effect.name()));
    }
    if width == 0 {
        show::note(
            "no tool is offered; --database, --mcp, --openapi and others name some: handyman tools list --help",
        );
    }
    Ok(ExitCode::SUCCESS)
}

async fn describe(name: &str, places: &Places) -> Result<ExitCode, Problem> {
    let toolbox = Files::to_look(places)?.open_toolbox_of(&[name.to_owned()]).await?;
    for spec in toolbox.specs() {
        // Where it acts is no part of what it is, and nobody acts there now.
        let spec = ToolSpec { safety: Safety { place: None, ..spec.safety.clone() }, ..spec.clone() };
        let text = serde_json::to_string_pretty(&spec).map_err(|error| Problem::new(error.to_string()))?;
        show::record(&text);
    }
    Ok(ExitCode::SUCCESS)
}

async fn call(
    name: &str,
    arguments: Map<String, Value>,
    places: &Places,
    key: Option<String>,
) -> Result<ExitCode, Problem> {
    let files = Files::of(places)?;
    let toolbox = files.open_toolbox_of(&[name.to_owned()]).await?;
    let now = files.now();
    let key =
        key.map_or_else(|| IdempotencyKey::from(format!("by-hand.{}", jiff::Timestamp::now())), Into::into);
    let call = ToolCall { id: "c1".into(), tool: name.to_owned(), arguments };
    let context = CallContext::new(now)
        .of_call("by-hand", call.id.clone())
        .in_session("by-hand")
        .under(key)
        .on_progress(|text| show::note(&text));
    let result = call_within(Limits::default().tool_time, &toolbox, &call, &context).await;
    show::record(&result.result.to_string());
    if result.outcome == CallOutcome::Unknown {
        let key = &context.key;
        show::note(&format!(
            "look whether it took effect before you call it again, and then with --key {key}"
        ));
    }
    Ok(if result.outcome == CallOutcome::Succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[cfg(test)]
mod tests;
