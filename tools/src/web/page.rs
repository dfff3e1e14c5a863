//! The tool that reads a page: its main text, without the rest, and where it came from.

use handyman_core::{ToolError, ToolErrorKind, ToolResult, tool};
use serde_json::{Value, json};
use url::Url;

use super::client::{Answer, Client, HttpLimits, Request};
use super::html::readable;
use super::reach::Reach;
use crate::search::encoding;

/// Characters of text in one result.
const TEXT_CHARS_MAX: usize = 1_500;

/// Bytes of what is fetched: reports in PDF are larger than pages.
const BYTES_MAX: usize = 10_000_000;

/// Types of what is written as text and is not called so.
const TEXTS: [&str; 14] = [
    "application/csv",
    "application/ecmascript",
    "application/graphql",
    "application/javascript",
    "application/json",
    "application/json5",
    "application/jsonl",
    "application/sql",
    "application/toml",
    "application/x-javascript",
    "application/x-ndjson",
    "application/x-yaml",
    "application/xml",
    "application/yaml",
];
/// What types end with that are written in one of these (RFC 6839).
const SUFFIXES: [&str; 3] = ["+json", "+xml", "+yaml"];

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
        let limits = HttpLimits { bytes_max: BYTES_MAX, ..HttpLimits::default() };
        Ok(Self { client: Client::new(reach, limits)? })
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
    let kind = kind_of(&answer);
    let address = answer.url.clone();
    let (title, text) = match kind.as_str() {
        "text/html" | "application/xhtml+xml" => {
            let html = answer.text();
            blocking(move || readable(&html)).await?
        }
        #[cfg(feature = "pdf")]
        "application/pdf" => (String::new(), blocking(move || crate::search::pdf::text(answer.body)).await?),
        plain if is_text(plain) => (String::new(), answer.text()),
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

/// The type of an answer, without its parameters. Where it names none, or no more than bytes, it is what they look like.
fn kind_of(answer: &Answer) -> String {
    let named = answer.headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let named = named.split(';').next().unwrap_or_default().trim().to_lowercase();
    if !matches!(named.as_str(), "" | "application/octet-stream" | "binary/octet-stream") {
        return named;
    }
    let body = answer.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&answer.body).trim_ascii_start();
    let is_text = || encoding::text(&answer.body).is_some_and(|text| !text.contains('\0'));
    let looks = if body.starts_with(b"%PDF-") {
        "application/pdf"
    } else if body.starts_with(b"<") && !body.starts_with(b"<?xml") {
        "text/html"
    } else if is_text() {
        "text/plain"
    } else {
        "application/octet-stream"
    };
    looks.to_owned()
}

/// Whether what is of this type is text as it stands there.
fn is_text(kind: &str) -> bool {
    kind.starts_with("text/") || TEXTS.contains(&kind) || SUFFIXES.iter().any(|end| kind.ends_with(end))
}

/// Reads a document beside the threads that wait for others.
async fn blocking<T: Send + 'static>(read: impl FnOnce() -> ToolResult<T> + Send + 'static) -> ToolResult<T> {
    tokio::task::spawn_blocking(read).await.map_err(ToolError::internal)?
}
