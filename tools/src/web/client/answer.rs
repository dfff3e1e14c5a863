//! What a server answers, and what it means for the request.

use std::time::Duration;

use handyman_core::{ToolError, ToolErrorKind, ToolResult};
use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap, LOCATION, RETRY_AFTER};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

/// Characters of an error's body, or of an address, that are quoted.
const QUOTED_MAX: usize = 200;

/// What a server answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// Where the answer came from, after redirects.
    pub url: Url,
    /// The body, within the limit.
    pub body: Vec<u8>,
    /// Whether the request may be sent again.
    pub repeatable: bool,
}

impl Answer {
    /// The body as JSON of a certain shape.
    ///
    /// # Errors
    /// Of kind `Unavailable`, with what does not fit, if it is not.
    pub fn json<T: DeserializeOwned>(&self) -> ToolResult<T> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let host = self.url.host_str().unwrap_or_default();
            ToolError::unavailable(format!("{host} answered with something else than was asked for: {error}"))
        })
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The answer, if the server did what it was asked; otherwise an error in its words.
    ///
    /// # Errors
    /// By status: 404 `NotFound`, 409 `Conflict`, 429 and 503 `Unavailable`, as are the other 5xx where the request
    /// may be repeated; where it may not, `InDoubt`, as after 302 and 303; others `Refused`.
    pub fn successful(self) -> ToolResult<Self> {
        if self.status.is_success() {
            return Ok(self);
        }
        if self.status.is_redirection()
            && let Some(to) = moved_to(&self.url, &self.headers)
        {
            return Err(self.elsewhere(&to));
        }
        let kind = match self.status.as_u16() {
            404 | 410 => ToolErrorKind::NotFound,
            409 | 412 => ToolErrorKind::Conflict,
            // These say that nothing was done; of the others nobody knows.
            408 | 429 | 503 => ToolErrorKind::Unavailable,
            500.. if self.repeatable => ToolErrorKind::Unavailable,
            500.. => ToolErrorKind::InDoubt,
            _ => ToolErrorKind::Refused,
        };
        let said = self.complaint();
        let host = self.url.host_str().unwrap_or_default();
        let said = if said.is_empty() { String::new() } else { format!(": {said}") };
        let error = ToolError::new(kind, format!("{host} answered {}{said}", self.status));
        Err(match wait_asked(&self.headers) {
            Some(wait) => error.retry_after(wait),
            None => error,
        })
    }

    /// The error of an answer that points elsewhere. Of the address it shows what holds no secret.
    fn elsewhere(&self, to: &Url) -> ToolError {
        let host = self.url.host_str().unwrap_or_default();
        let to = format!("{}{}", to.origin().ascii_serialization(), to.path());
        let to: String = to.chars().take(QUOTED_MAX).collect();
        // These two may also stand for what was done and where to look at it.
        if !self.repeatable && matches!(self.status, StatusCode::FOUND | StatusCode::SEE_OTHER) {
            let message =
                format!("{host} answered {} and points to {to}; it may have been done", self.status);
            return ToolError::in_doubt(message);
        }
        let message = format!("{host} answered {}: it is now at {to}; configure that address", self.status);
        ToolError::new(ToolErrorKind::Refused, message)
    }

    /// What the body says is wrong, in one short line.
    fn complaint(&self) -> String {
        let body: Option<Value> = serde_json::from_slice(&self.body).ok();
        let named = body.as_ref().and_then(|body| {
            let places = ["/error", "/error/message", "/message", "/detail", "/reason", "/title"];
            places.iter().find_map(|place| body.pointer(place)?.as_str()).map(str::to_owned)
        });
        let is_html = self.text().trim_start().starts_with('<');
        let text = named.unwrap_or_else(|| if is_html { String::new() } else { self.text() });
        text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(QUOTED_MAX).collect()
    }
}

/// Where an answer says that something is to be found now.
pub(super) fn moved_to(from: &Url, headers: &HeaderMap) -> Option<Url> {
    let location = std::str::from_utf8(headers.get(LOCATION)?.as_bytes()).ok()?;
    from.join(location).ok().filter(Url::has_host)
}

/// The pause a server asks for: seconds, or a date, which is compared with the server's own
/// (RFC 9110, 10.2.3).
pub(super) fn wait_asked(headers: &HeaderMap) -> Option<Duration> {
    let asked = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = asked.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(asked).ok()?;
    let now = httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()?;
    Some(until.duration_since(now).unwrap_or_default())
}
