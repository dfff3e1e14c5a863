//! What a server answers, and what it means for the request.

use std::time::Duration;

use handyman_core::{ToolError, ToolErrorKind, ToolResult};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, LOCATION, RETRY_AFTER};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::search::encoding;

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
    /// Whether the request has an effect.
    pub effect: bool,
    /// The service's word counts for all attempts: they were sent under one key that it knows.
    pub(super) keyed: bool,
    /// An attempt may have been done without a word of it.
    pub(super) lost: bool,
}

impl Answer {
    /// The body as JSON of a certain shape.
    ///
    /// # Errors
    /// With what does not fit, if it is not: of kind `Unavailable`, or `InDoubt` where the request has an effect, for
    /// whatever answered does not say that nothing was done.
    pub fn json<T: DeserializeOwned>(&self) -> ToolResult<T> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let host = self.url.host_str().unwrap_or_default();
            let message = format!("{host} answered with something else than was asked for: {error}");
            if self.effect {
                ToolError::in_doubt(format!("{message}; it may have been done"))
            } else {
                ToolError::unavailable(message)
            }
        })
    }

    /// The body as text, in the encoding that its type names, or else the body itself.
    #[must_use]
    pub fn text(&self) -> String {
        let kind = self.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        encoding::answered(&self.body, kind.unwrap_or_default()).into_owned()
    }

    /// The answer, if the server did what it was asked; otherwise an error in its words.
    ///
    /// # Errors
    /// By status: 404 `NotFound`, 409 `Conflict`, 429 and 503 `Unavailable`, as are the other 5xx where the request
    /// only reads; where it has an effect, they are `InDoubt`, as are 302 and 303; others `Refused`. Where an earlier
    /// attempt may have been done, all are `InDoubt` but what a service says of a key.
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
            // The second of two attempts to delete finds nothing, and that says nothing of the first.
            _ if self.is_of_one_attempt() => ToolErrorKind::InDoubt,
            404 | 410 => ToolErrorKind::NotFound,
            409 | 412 => ToolErrorKind::Conflict,
            // These say that nothing was done; of the others nobody knows.
            408 | 429 | 503 => ToolErrorKind::Unavailable,
            500.. if self.effect => ToolErrorKind::InDoubt,
            500.. => ToolErrorKind::Unavailable,
            _ => ToolErrorKind::Refused,
        };
        let said = self.complaint();
        let host = self.url.host_str().unwrap_or_default();
        let said = if said.is_empty() { String::new() } else { format!(": {said}") };
        let open = if kind == ToolErrorKind::InDoubt { "; it may have been done" } else { "" };
        let error = ToolError::new(kind, format!("{host} answered {}{said}{open}", self.status));
        Err(match wait_asked(&self.headers) {
            Some(wait) => error.retry_after(wait),
            None => error,
        })
    }

    /// Whether the answer, which is none of success, tells of the last attempt only, and an earlier one may have been
    /// done.
    fn is_of_one_attempt(&self) -> bool {
        let decided = self.status.is_client_error() && !matches!(self.status.as_u16(), 408 | 429);
        self.lost && !(self.keyed && decided)
    }

    /// The error of an answer that points elsewhere. Of the address it shows what holds no secret.
    fn elsewhere(&self, to: &Url) -> ToolError {
        let host = self.url.host_str().unwrap_or_default();
        let to = format!("{}{}", to.origin().ascii_serialization(), to.path());
        let to: String = to.chars().take(QUOTED_MAX).collect();
        // These two may also stand for what was done and where to look at it.
        let may_be_done =
            self.effect && !self.keyed && matches!(self.status, StatusCode::FOUND | StatusCode::SEE_OTHER);
        if may_be_done || self.is_of_one_attempt() {
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
