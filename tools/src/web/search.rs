//! The tool that searches the web, by a service of the person's choice.

use handyman_core::{ToolError, ToolErrorKind, ToolResult, tool};
use serde_json::{Value, json};
use url::Url;

use super::client::{Client, HttpLimits, Request};
use super::html::unescaped;
use super::reach::Reach;

const DEFAULT_LIMIT: usize = 4;
const TEXT_CHARS_MAX: usize = 240;

/// A search service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Engine {
    /// One's own SearXNG instance: its address. Its settings must allow the format `json`.
    Searxng(Url),
    /// Brave Search, with a subscription token.
    Brave(String),
    /// Tavily, with an API key.
    Tavily(String),
}

/// A search service and the way to it.
#[derive(Debug, Clone)]
pub struct WebSearch {
    engine: Engine,
    base: Url,
    client: Client,
}

impl WebSearch {
    /// Searches with this service.
    ///
    /// # Errors
    /// If the client cannot be set up.
    pub fn new(engine: Engine) -> ToolResult<Self> {
        let base = match &engine {
            Engine::Searxng(base) => base.clone(),
            Engine::Brave(_) => address("https://api.search.brave.com/res/v1/")?,
            Engine::Tavily(_) => address("https://api.tavily.com/")?,
        };
        Self::at(engine, base)
    }

    /// Searches with this service at another address, such as that of a gateway.
    ///
    /// # Errors
    /// If the client cannot be set up.
    pub fn at(engine: Engine, mut base: Url) -> ToolResult<Self> {
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let client = Client::new(Reach::of(&base), HttpLimits::default())?;
        Ok(Self { engine, base, client })
    }

    async fn find(&self, query: &str, limit: usize) -> ToolResult<Vec<Value>> {
        let to = |path: &str| self.base.join(path).map_err(ToolError::internal);
        let count = limit.to_string();
        let (request, rows, text) = match &self.engine {
            // https://docs.searxng.org/dev/search_api.html
            Engine::Searxng(_) => {
                (Request::get(to("search")?).query("q", query).query("format", "json"), "/results", "content")
            }
            // https://api-dashboard.search.brave.com/app/documentation/web-search/get-started
            Engine::Brave(token) => {
                let request = Request::get(to("web/search")?).query("q", query).query("count", &count);
                (request.header("x-subscription-token", token)?, "/web/results", "description")
            }
            // https://docs.tavily.com/documentation/api-reference/endpoint/search
            Engine::Tavily(key) => {
                let mut request = Request::post(to("search")?, json!({"query": query, "max_results": limit}));
                (request.repeatable, request.effect) = (true, false);
                (request.header("authorization", &format!("Bearer {key}"))?, "/results", "content")
            }
        };
        let answer = self.client.send(&request).await?;
        if matches!(self.engine, Engine::Searxng(_)) && answer.status.as_u16() == 403 {
            let host = self.base.host_str().unwrap_or_default();
            let message = format!(
                "{host} answered 403 Forbidden; an instance of SearXNG answers programs only if its settings.yml has \
                 `json` among `search: formats:`"
            );
            return Err(ToolError::new(ToolErrorKind::Refused, message));
        }
        let answer: Value = answer.successful()?.json()?;
        let rows = match answer.pointer(rows) {
            Some(Value::Array(rows)) => rows.as_slice(),
            // Brave leaves the list out where there is nothing.
            None if answer.is_object() => &[],
            Some(_) | None => {
                return Err(ToolError::new(
                    ToolErrorKind::Unavailable,
                    "the search service answered in another form",
                ));
            }
        };
        let shown = |row: &Value| {
            let field = |name: &str| row.get(name).and_then(Value::as_str).map(plain).unwrap_or_default();
            json!({"title": field("title"), "url": row.get("url").and_then(Value::as_str), "text": field(text)})
        };
        Ok(rows
            .iter()
            .filter(|row| row.get("url").is_some_and(Value::is_string))
            .take(limit)
            .map(shown)
            .collect())
    }
}

/// Search the web
#[tool(read_only, untrusted)]
pub async fn search_web(
    #[state] search: &WebSearch,
    query: String,
    #[arg(range = 1..=10)] limit: Option<usize>,
) -> ToolResult<Value> {
    if query.trim().is_empty() {
        return Err(ToolError::argument("query", "nothing to search for; give a few words"));
    }
    let results = search.find(query.trim(), limit.unwrap_or(DEFAULT_LIMIT)).await?;
    Ok(json!({"query": query, "results": results, "source": search.base.host_str()}))
}

fn address(text: &str) -> ToolResult<Url> {
    text.parse().map_err(ToolError::internal)
}

/// A snippet without the marks that services set around words that were found, on one line.
fn plain(text: &str) -> String {
    let kept = unescaped(&unmarked(text));
    let line = kept.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(TEXT_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// A text without the marks in it. A `<` that begins none, such as that of `x < 5`, stays.
fn unmarked(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        kept.push_str(before);
        let begins = after.starts_with(|first: char| first.is_ascii_alphabetic() || "/!".contains(first));
        // What ends before the next one begins.
        let inside = after.split(['<', '>']).next().unwrap_or_default();
        match after[inside.len()..].strip_prefix('>') {
            Some(left) if begins => rest = left,
            Some(_) | None => {
                kept.push('<');
                rest = after;
            }
        }
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests;
