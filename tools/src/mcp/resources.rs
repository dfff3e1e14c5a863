//! Resources of a server, readable as tools.

use handyman_core::{ToolError, ToolErrorKind, ToolResult, tool};
use rmcp::model::{ReadResourceRequestParams, Resource};
use rmcp::service::ServiceError;
use serde_json::{Value, json};

use super::connection::Connection;
use super::pages::Listed;
use super::server::{Server, unavailable};
use super::{content, failure};

/// Resources in one result.
const LISTED_MAX: usize = 20;

/// List resources of a server
#[tool(read_only, untrusted)]
pub async fn list_resources(
    #[state] server: &Server,
    /// Resource to begin at, from 0
    start: Option<usize>,
) -> ToolResult<Value> {
    let connection = server.connected().await?;
    let listed = connection.list_resources().await;
    let Listed { items, cut } = listed.map_err(|error| unanswered(server, &connection, &error))?;
    server.answered();
    shown(&server.name, &items, cut, start.unwrap_or_default())
}

/// The resources from one on, and how to see those that come after them.
fn shown(server: &str, items: &[Resource], cut: Option<&str>, start: usize) -> ToolResult<Value> {
    if start > 0 && start >= items.len() {
        let known = items.len();
        return Err(ToolError::argument("start", format!("the list has {known} resources, counted from 0")));
    }
    let rest = items.get(start..).unwrap_or_default();
    let page = &rest[..rest.len().min(LISTED_MAX)];
    let resources: Vec<Value> =
        page.iter().map(|resource| json!({"uri": resource.uri, "name": resource.name})).collect();
    let left = rest.len() - page.len();
    // Nobody went through all of them.
    let more = if cut.is_some() { json!(format!("{left} or more")) } else { json!(left) };
    let mut shown = json!({"source": format!("mcp:{server}"), "resources": resources, "more": more});
    if left > 0 {
        let (count, all, next) = (page.len(), items.len(), start + page.len());
        shown["note"] = format!("only {count} of {all} are shown; the next begin at start {next}").into();
    }
    if let Some(why) = cut {
        shown["cut"] = why.into();
    }
    Ok(shown)
}

/// Read a resource of a server
#[tool(read_only, untrusted)]
pub async fn read_resource(
    #[state] server: &Server,
    #[arg(verbatim, from = ["list_resources.resources.uri"])] uri: String,
) -> ToolResult<Value> {
    let connection = server.connected().await?;
    let read = connection.peer().read_resource(ReadResourceRequestParams::new(uri)).await;
    let read = read.map_err(|error| match error {
        ServiceError::McpError(error) => ToolError::new(ToolErrorKind::NotFound, error.message),
        other => unanswered(server, &connection, &other),
    })?;
    server.answered();
    let contents: Vec<Value> = read.contents.iter().map(content::resource).collect();
    Ok(json!({"source": format!("mcp:{}", server.name), "contents": contents}))
}

/// What a request that only reads comes to without an answer. Tried again, it goes to a new connection where this one has
/// ended.
fn unanswered(server: &Server, connection: &Connection, error: &ServiceError) -> ToolError {
    connection.never_had("", error);
    unavailable(&server.name, failure::why(error))
}

#[cfg(test)]
mod tests;
