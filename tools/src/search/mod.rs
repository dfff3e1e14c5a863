//! The search tool: full text over the bundled documents or a folder of one's own, English and Chinese.

mod documents;
pub(crate) mod encoding;
mod files;
#[cfg(feature = "pdf")]
pub(crate) mod pdf;
mod snippet;
mod tokens;

pub use documents::Documents;
use documents::Hit;

use handyman_core::{ToolError, ToolResult, tool};
use serde_json::{Value, json};

const DEFAULT_LIMIT: usize = 3;

/// Search documents
#[tool(read_only)]
pub async fn search(
    #[state] documents: &Documents,
    query: String,
    #[arg(range = 1..=5)] limit: Option<usize>,
) -> ToolResult<Value> {
    let (collection, wanted) = (documents.clone(), query.clone());
    // Files are read and long texts gone through: on a thread of its own, so that time limits hold meanwhile.
    let find = move || collection.find(&wanted, limit.unwrap_or(DEFAULT_LIMIT));
    let hits = tokio::task::spawn_blocking(find).await.map_err(ToolError::internal)??;
    let results: Vec<Value> = hits.iter().map(row).collect();
    Ok(json!({"query": query, "results": results, "source": documents.source()}))
}

/// Documents may share a title, so a file is named.
fn row(hit: &Hit) -> Value {
    let mut row = json!({"title": hit.title});
    if let Some(file) = &hit.file {
        row["file"] = file.as_str().into();
    }
    row["text"] = hit.snippet.as_str().into();
    row
}

#[cfg(test)]
mod tests;
