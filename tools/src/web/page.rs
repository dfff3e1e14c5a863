//! The tool that reads a page: its main text, without the rest, and where it came from.

use handyman_core::{ToolError, ToolErrorKind, ToolResult, tool};
use serde_json::{Value, json};
use url::Url;

use super::client::{Client, HttpLimits, Request};
use super::html::readable;
use super::reach::Reach;

/// Characters of text in one result.
const TEXT_CHARS_MAX: usize = 1_500;

/// Fetches pages of the public web.
#[derive(Debug, Clone)]
pub struct Pages {
    client: Client,
}

impl Pages {
    /// Fetches pages from public addresses.
    ///
    /// # Errors
    /// If the client cannot be set up.
    pub fn new() -> ToolResult<Self> {
        Self::within(Reach::Public)
    }

    /// Fetches pages from wherever `reach` allows.
    ///
    /// # Errors
    /// If the client cannot be set up.
    pub fn within(reach: Reach) -> ToolResult<Self> {
        Ok(Self { client: Client::new(reach, HttpLimits::default())? })
    }
}

/// Read a web page as text
#[tool(read_only, untrusted)]
pub async fn read_page(
    #[state] pages: &Pages,
    #[arg(verbatim, from = ["search_web.results.url"])] url: String,
    /// Character to begin at
    start: Option<usize>,
) -> ToolResult<Value> {
    let address: Url = url
        .trim()
        .parse()
        .map_err(|error| ToolError::argument("url", format!("'{url}' is no address: {error}")))?;
    let answer = pages.client.send(&Request::get(address)).await?.successful()?;
    let kind = answer.headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or("text/html");
    let kind = kind.split(';').next().unwrap_or_default().trim().to_lowercase();
    let address = answer.url.clone();
    let (title, text) = match kind.as_str() {
        "text/html" | "application/xhtml+xml" => {
            let html = answer.text();
            blocking(move || readable(&html)).await?
        }
        #[cfg(feature = "pdf")]
        "application/pdf" => (String::new(), blocking(move || crate::search::pdf::text(answer.body)).await?),
        "application/json" => (String::new(), answer.text()),
        plain if plain.starts_with("text/") => (String::new(), answer.text()),
        other => {
            let message = format!("{address} is of type {other}, which cannot be read as text");
            return Err(ToolError::new(ToolErrorKind::Refused, message));
        }
    };
    if text.trim().is_empty() {
        let message = format!("{address} holds no text; scripts are not run, and pictures are not looked at");
        return Err(ToolError::new(ToolErrorKind::Refused, message));
    }
    let start = start.unwrap_or_default();
    let shown: String = text.chars().skip(start).take(TEXT_CHARS_MAX).collect();
    let left = text.chars().count().saturating_sub(start + shown.chars().count());
    if shown.is_empty() && start > 0 {
        return Err(ToolError::argument("start", format!("the page ends at {}", text.chars().count())));
    }
    Ok(json!({"url": address.as_str(), "title": title, "text": shown, "left": left}))
}

/// Reads a document beside the threads that wait for others.
async fn blocking<T: Send + 'static>(read: impl FnOnce() -> ToolResult<T> + Send + 'static) -> ToolResult<T> {
    tokio::task::spawn_blocking(read).await.map_err(ToolError::internal)?
}
