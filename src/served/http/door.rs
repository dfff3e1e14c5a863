//! Who may ask: programs with the key, and pages of the origins that were named. Any page can make a browser on this machine
//! send requests here; browsers say which page it was, and under which name they found the server.

use std::hint::black_box;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::answer::Refusal;

/// Who may ask.
pub(super) struct Door {
    /// What has to be sent, where anything has.
    pub(super) key: Option<String>,
    /// Origins of other pages, as browsers write them.
    pub(super) origins: Vec<String>,
    /// The names the server answers to; `None` where it answers to any.
    pub(super) hosts: Option<Vec<String>>,
}

/// Lets a request in, or says why not.
pub(super) async fn admit(State(door): State<Arc<Door>>, mut request: Request, next: Next) -> Response {
    // In HTTP/2, whom a request asks stands in its URI.
    let asked = request.uri().authority().and_then(|name| HeaderValue::from_str(name.as_str()).ok());
    if let Some(host) = asked.filter(|_| !request.headers().contains_key(header::HOST)) {
        request.headers_mut().insert(header::HOST, host);
    }
    let page = match door.page(request.headers()) {
        Ok(page) => page,
        Err(refusal) => return refusal.into_response(),
    };
    let refused = door.check_key(&request).err();
    // A browser asks first whether a page may ask, and sends no key with that.
    let asks_first = page.is_some() && request.method() == Method::OPTIONS;
    let mut response = match refused {
        _ if asks_first => StatusCode::NO_CONTENT.into_response(),
        Some(refusal) => refusal.into_response(),
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("origin"));
    if let Some(page) = page {
        share(headers, page);
    }
    response
}

/// Says what pages of another origin may be told and may send.
fn share(headers: &mut HeaderMap, page: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, page);
    let fixed = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type, idempotency-key"),
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, "retry-after"),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

impl Door {
    /// The origin of the page that asks, where it is another one than the server's own.
    fn page(&self, headers: &HeaderMap) -> Result<Option<HeaderValue>, Refusal> {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let is_called = |name: &String| name.eq_ignore_ascii_case(name_of(host));
        if self.hosts.as_ref().is_some_and(|names| !names.iter().any(is_called)) {
            let message = format!("this server is not called '{host}'");
            return Err(Refusal::new(StatusCode::FORBIDDEN, "forbidden", message)
                .hint("ask it as localhost, or at the address that it listens on"));
        }
        let Some(origin) = headers.get(header::ORIGIN) else { return Ok(None) };
        let page = origin.to_str().unwrap_or_default();
        if self.origins.iter().any(|known| known.eq_ignore_ascii_case(page)) {
            return Ok(Some(origin.clone()));
        }
        if page.split_once("://").is_some_and(|(_, place)| place.eq_ignore_ascii_case(host)) {
            return Ok(None);
        }
        let message = format!("pages of '{page}' may not ask this server");
        Err(Refusal::new(StatusCode::FORBIDDEN, "forbidden", message)
            .hint("the server lets the pages of an origin in with --origin URL"))
    }

    /// Sees that a request has the key. That the server is there may be asked without.
    fn check_key(&self, request: &Request) -> Result<(), Refusal> {
        let Some(key) = &self.key else { return Ok(()) };
        let given = request.headers().get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
        let fits = given.and_then(parted).is_some_and(|(scheme, given)| {
            scheme.eq_ignore_ascii_case(b"bearer") && is_same(given.trim_ascii(), key.as_bytes().trim_ascii())
        });
        if fits || request.uri().path() == "/health" {
            return Ok(());
        }
        Err(Refusal::new(StatusCode::UNAUTHORIZED, "unauthorized", "the key is missing, or is another one")
            .hint("send it with each request: Authorization: Bearer KEY"))
    }
}

/// The name in a host and its port: `localhost` of `localhost:8643`, `[::1]` of `[::1]:8643`.
fn name_of(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !name.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    }
}

/// What is before the first blank of a header's value, and the rest. A key may have letters that are not ASCII.
fn parted(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let value = value.trim_ascii();
    value.iter().position(|byte| *byte == b' ').map(|blank| value.split_at(blank))
}

/// Whether two texts are the same. How long that takes says nothing of where they differ.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let differs =
        one.iter().zip(other).fold(0_u8, |differs, (one, other)| black_box(differs | (one ^ other)));
    one.len() == other.len() && differs == 0
}

#[cfg(test)]
mod tests;
