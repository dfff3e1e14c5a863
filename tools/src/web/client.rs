//! Requests and answers: time-outs, repetition, redirects, limits of size and reach.

mod answer;

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use handyman_core::{ToolError, ToolErrorKind, ToolResult};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Method, Response};
use serde_json::Value;
use url::Url;

pub use self::answer::Answer;
use self::answer::{moved_to, wait_asked};
use super::reach::{Lookup, OutOfReach, Reach};
use super::tls::tls;

const REDIRECTS_MAX: usize = 5;

/// What one request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpLimits {
    /// Time to connect.
    pub connect: Duration,
    /// Time of one attempt, from the connection to the last byte.
    pub attempt: Duration,
    /// Attempts, the first included.
    pub attempts_max: u32,
    /// The longest pause between two attempts; a server that asks for more is not waited for.
    pub pause_max: Duration,
    /// Bytes of a body, unpacked.
    pub bytes_max: usize,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            attempt: Duration::from_secs(20),
            attempts_max: 3,
            pause_max: Duration::from_secs(5),
            bytes_max: 2_000_000,
        }
    }
}

/// A client with limits. Cloning is cheap and shares its connections.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    reach: Reach,
    limits: HttpLimits,
}

/// What is asked of a server.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: Method,
    /// Where, with its query.
    pub url: Url,
    /// Further headers.
    pub headers: HeaderMap,
    /// The body, sent as JSON.
    pub body: Option<Value>,
    /// The body, an object that is sent as a form.
    pub form: Option<Value>,
    /// Whether it may be sent again after an answer was lost: it reads, or carries a key that makes it one effect.
    pub repeatable: bool,
    /// Whether it does something, so that a lost answer leaves open whether it was done.
    pub effect: bool,
    /// The service makes one effect of all that it is sent under the key, so that its answer to a later attempt tells
    /// of the earlier ones too.
    keyed: bool,
    /// What is asked for of a service that may answer in several ways: the header `Accept`, if no other says it.
    pub(crate) accepts: Option<&'static str>,
}

impl Request {
    /// A request that reads.
    #[must_use]
    pub fn get(url: Url) -> Self {
        Self {
            method: Method::GET,
            url,
            headers: HeaderMap::new(),
            body: None,
            form: None,
            repeatable: true,
            effect: false,
            keyed: false,
            accepts: None,
        }
    }

    /// A request that sends JSON and has an effect.
    #[must_use]
    pub fn post(url: Url, body: Value) -> Self {
        Self {
            method: Method::POST,
            url,
            headers: HeaderMap::new(),
            body: Some(body),
            form: None,
            repeatable: false,
            effect: true,
            keyed: false,
            accepts: None,
        }
    }

    /// Adds a parameter to the query.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.url.query_pairs_mut().append_pair(name, value);
        self
    }

    /// Adds a header. Its value is a secret and is not shown.
    ///
    /// # Errors
    /// A name or value that no header can have.
    pub fn header(mut self, name: &str, value: &str) -> ToolResult<Self> {
        let wrong =
            |()| ToolError::new(ToolErrorKind::Refused, format!("the header '{name}' cannot be sent"));
        let mut value = HeaderValue::from_str(value).map_err(|_| wrong(()))?;
        value.set_sensitive(true);
        self.headers.insert(HeaderName::try_from(name).map_err(|_| wrong(()))?, value);
        Ok(self)
    }

    /// Sends it under an idempotency key: the server makes one effect of it, so it may be repeated.
    ///
    /// # Errors
    /// As [`Request::header`].
    pub fn keyed(mut self, key: &str) -> ToolResult<Self> {
        self.repeatable = true;
        self.keyed = true;
        self.header("idempotency-key", key)
    }

    /// Where an answer sends it on to, if it goes there: only requests that read do, and with headers, which may be
    /// secrets, only to the same scheme, host and port.
    fn sent_on(&self, from: &Url, answer: &Response) -> Option<Url> {
        let reads = self.method.is_safe() && !self.effect && self.body.is_none() && self.form.is_none();
        if !reads || !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
            return None;
        }
        let to = moved_to(from, answer.headers())?;
        (self.headers.is_empty() || to.origin() == from.origin()).then_some(to)
    }
}

impl Client {
    /// A client that connects within `reach`.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn new(reach: Reach, limits: HttpLimits) -> ToolResult<Self> {
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls()?)
            .connect_timeout(limits.connect)
            .dns_resolver(Arc::new(Lookup(reach.clone())))
            .redirect(Policy::none())
            .user_agent(concat!("handyman/", env!("CARGO_PKG_VERSION")));
        if reach == Reach::Public || reach.is_here() {
            // A proxy would look a name up itself and lead into its own network; what is here, it cannot reach.
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(ToolError::internal)?;
        Ok(Self { http, reach, limits })
    }

    /// Sends a request, again where that is right, and reads the answer whatever its status.
    ///
    /// # Errors
    /// Of kind `Refused` for an address out of reach or a body beyond the limit, `Unavailable` if there is no answer,
    /// `InDoubt` instead of either if the request has an effect and an attempt may have arrived.
    pub async fn send(&self, request: &Request) -> ToolResult<Answer> {
        self.reach
            .check(&request.url)
            .map_err(|error| ToolError::new(ToolErrorKind::Refused, error.to_string()))?;
        let mut attempt = 1;
        // Whether an attempt may have been done without a word of it. What comes later does not take that back: nobody
        // knows of a payment that was sent into a network that then went down.
        let mut lost = false;
        loop {
            let outcome = self.attempt(request).await;
            lost |= request.effect && may_have_been_done(&outcome);
            let Some(pause) = self.pause(request, &outcome, attempt) else {
                return match outcome {
                    Ok(answer) => Ok(Answer { lost, ..answer }),
                    Err(failure) => Err(failure.after(lost)),
                };
            };
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }

    async fn attempt(&self, request: &Request) -> Result<Answer, Failure> {
        let answered = tokio::time::timeout(self.limits.attempt, self.answered(request)).await;
        answered.unwrap_or_else(|_| Err(Failure::late(&request.url)))
    }

    /// Asks, and goes where the answer sends it on to.
    async fn answered(&self, request: &Request) -> Result<Answer, Failure> {
        let mut url = request.url.clone();
        for _ in 0..=REDIRECTS_MAX {
            let response = self.asked(request, &url).await?;
            let Some(to) = request.sent_on(&url, &response) else {
                return self.read(response, request).await;
            };
            self.reach
                .check(&to)
                .map_err(|error| Failure::lasting(ToolErrorKind::Refused, error.to_string()))?;
            url = to;
        }
        let host = request.url.host_str().unwrap_or_default();
        let message = format!("{host}: more than {REDIRECTS_MAX} redirects");
        Err(Failure::lasting(ToolErrorKind::Unavailable, message))
    }

    async fn asked(&self, request: &Request, url: &Url) -> Result<Response, Failure> {
        let mut builder =
            self.http.request(request.method.clone(), url.clone()).headers(request.headers.clone());
        if let Some(kinds) = request.accepts.filter(|_| !request.headers.contains_key(ACCEPT)) {
            builder = builder.header(ACCEPT, kinds);
        }
        if let Some(body) = &request.body {
            builder = builder.json(body);
        }
        if let Some(form) = &request.form {
            builder = builder.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(encoded(form));
        }
        builder.send().await.map_err(|error| Failure::of(&error, url))
    }

    /// Reads an answer to its end, or to the limit.
    async fn read(&self, response: Response, request: &Request) -> Result<Answer, Failure> {
        let (status, headers, url) = (response.status(), response.headers().clone(), response.url().clone());
        let limit = self.limits.bytes_max;
        if response.content_length().is_some_and(|length| length > limit as u64) {
            return Err(Failure::too_large(limit));
        }
        let mut body = Vec::new();
        let mut pieces = response.bytes_stream();
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|error| Failure::of(&error, &url))?;
            if body.len() + piece.len() > limit {
                return Err(Failure::too_large(limit));
            }
            body.extend_from_slice(&piece);
        }
        let (effect, keyed) = (request.effect, request.keyed);
        Ok(Answer { status, headers, url, body, effect, keyed, lost: false })
    }

    /// How long to wait before the next attempt, if there is to be one.
    fn pause(&self, request: &Request, outcome: &Result<Answer, Failure>, attempt: u32) -> Option<Duration> {
        if attempt >= self.limits.attempts_max {
            return None;
        }
        let asked = match outcome {
            // The request did not arrive, or may arrive again.
            Err(failure) if failure.passing && (request.repeatable || failure.before_sending) => None,
            // The server says that it did not do it: too many requests, or unavailable.
            Ok(answer) if matches!(answer.status.as_u16(), 429 | 503) => wait_asked(&answer.headers),
            Ok(answer) if request.repeatable && matches!(answer.status.as_u16(), 502 | 504) => None,
            Ok(_) | Err(_) => return None,
        };
        // 0.2 s, 0.4 s, 0.8 s, …, each by a random factor between a half and one, so that clients spread out.
        let grown = Duration::from_millis(200).saturating_mul(1 << (attempt - 1).min(8));
        let pause = asked.unwrap_or_else(|| grown.mul_f64(0.5 + fastrand::f64() / 2.0));
        (pause <= self.limits.pause_max).then_some(pause)
    }
}

/// Whether an attempt may have reached the service and been done there, without an answer that says so.
fn may_have_been_done(outcome: &Result<Answer, Failure>) -> bool {
    match outcome {
        Ok(answer) => matches!(answer.status.as_u16(), 500 | 502 | 504),
        Err(failure) => !failure.before_sending,
    }
}

/// An attempt without an answer.
struct Failure {
    error: ToolError,
    /// It may go better next time.
    passing: bool,
    /// Nothing of the request has reached a server.
    before_sending: bool,
}

impl Failure {
    /// What the failure comes to: an effect that may have been made, now or by an earlier attempt, is in doubt.
    fn after(self, lost: bool) -> ToolError {
        if lost { ToolError::in_doubt(format!("{}; it may have been done", self.error)) } else { self.error }
    }

    fn of(error: &reqwest::Error, url: &Url) -> Self {
        let host = url.host_str().unwrap_or_default();
        if let Some(refused) = sources(error).find(|source| source.is::<OutOfReach>()) {
            let error = ToolError::new(ToolErrorKind::Refused, refused.to_string());
            return Self { error, passing: false, before_sending: true };
        }
        if error.is_timeout() {
            return Self { before_sending: error.is_connect(), ..Self::late(url) };
        }
        let why = sources(error).last().map_or_else(|| error.to_string(), ToString::to_string);
        Self {
            error: ToolError::unavailable(format!("{host}: {why}")),
            passing: !error.is_builder(),
            before_sending: error.is_connect() || error.is_builder(),
        }
    }

    fn late(url: &Url) -> Self {
        let host = url.host_str().unwrap_or_default();
        let error = ToolError::unavailable(format!("{host}: no answer in time"));
        Self { error, passing: true, before_sending: false }
    }

    fn too_large(limit: usize) -> Self {
        Self::lasting(ToolErrorKind::Refused, format!("the answer is larger than {limit} bytes"))
    }

    /// One that comes again however often it is tried.
    fn lasting(kind: ToolErrorKind, message: String) -> Self {
        Self { error: ToolError::new(kind, message), passing: false, before_sending: false }
    }
}

/// An error and what caused it, outermost first.
fn sources<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next: Option<&'a (dyn Error + 'static)> = Some(error);
    std::iter::from_fn(move || {
        let error = next?;
        next = error.source();
        Some(error)
    })
}

/// The fields of an object as a form: one pair for each item of a list, none for what is null.
fn encoded(form: &Value) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in form.as_object().into_iter().flatten() {
        let items = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        for item in items.iter().filter(|item| !item.is_null()) {
            pairs.append_pair(name, &text(item));
        }
    }
    pairs.finish()
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("reach", &self.reach)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
