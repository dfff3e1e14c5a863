//! Resources of a server, readable as tools.

use handyman_core::{ToolError, ToolErrorKind, ToolResult, tool};
use rmcp::model::ReadResourceRequestParams;
use serde_json::{Value, json};

use super::server::{Server, unavailable};
use super::{content, failure};

const LISTED_MAX: usize = 20;

/// List resources of a server
#[tool(read_only, untrusted)]
pub async fn list_resources(#[state] server: &Server) -> ToolResult<Value> {
    let all = server
        .peer()
        .list_all_resources()
        .await
        .map_err(|error| unavailable(&server.name, failure::why(&error)))?;
    let shown: Vec<Value> = all
        .iter()
        .take(LISTED_MAX)
        .map(|resource| json!({"uri": resource.uri, "name": resource.name}))
        .collect();
    let more = all.len().saturating_sub(LISTED_MAX);
    Ok(json!({"source": format!("mcp:{}", server.name), "resources": shown, "more": more}))
}

/// Read a resource of a server
#[tool(read_only, untrusted)]
pub async fn read_resource(
    #[state] server: &Server,
    #[arg(verbatim, from = ["list_resources.resources.uri"])] uri: String,
) -> ToolResult<Value> {
    let request = ReadResourceRequestParams::new(uri);
    let read = server.peer().read_resource(request).await.map_err(|error| match error {
        rmcp::ServiceError::McpError(error) => ToolError::new(ToolErrorKind::NotFound, error.message),
        other => unavailable(&server.name, failure::why(&other)),
    })?;
    let contents: Vec<Value> = read.contents.iter().map(content::resource).collect();
    Ok(json!({"source": format!("mcp:{}", server.name), "contents": contents}))
}
