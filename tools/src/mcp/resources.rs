//! Resources of a server, readable as tools.

use handyman_core::{ToolError, ToolErrorKind, ToolResult, tool};
use rmcp::model::ReadResourceRequestParams;
use rmcp::service::ServiceError;
use serde_json::{Value, json};

use super::connection::Connection;
use super::pages::Listed;
use super::server::{Server, unavailable};
use super::{content, failure};

const LISTED_MAX: usize = 20;

/// List resources of a server
#[tool(read_only, untrusted)]
pub async fn list_resources(#[state] server: &Server) -> ToolResult<Value> {
    let connection = server.connected().await?;
    let listed = connection.list_resources().await;
    let Listed { items, cut } = listed.map_err(|error| unanswered(server, &connection, &error))?;
    server.answered();
    let shown: Vec<Value> = items
        .iter()
        .take(LISTED_MAX)
        .map(|resource| json!({"uri": resource.uri, "name": resource.name}))
        .collect();
    let more = items.len().saturating_sub(LISTED_MAX);
    // Nobody went through all of them.
    let more = if cut.is_some() { json!(format!("{more} or more")) } else { json!(more) };
    Ok(json!({"source": format!("mcp:{}", server.name), "resources": shown, "more": more}))
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
