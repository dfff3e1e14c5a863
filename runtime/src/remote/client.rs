//! HTTP to the endpoint: time-outs, retries, and errors that say what to do.

use std::fmt;
use std::time::Duration;

use handyman_core::{DeltaSink, Fault, FaultKind};
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode, Url};
use serde_json::Value;

use super::RemoteSettings;
use super::stream::{Assembly, Events, message_of};

/// Bytes of an answer that is not a reply.
const ANSWER_MAX: usize = 1 << 20;
/// What helps where a service wants a key, or takes none like this.
const KEY_HINT: &str =
    "give the service's key (RemoteSettings::key; on the command line HANDYMAN_API_KEY), or another one";
/// Longest wait that a service may ask for; where it is longer, the failure lasts.
const WAIT_MAX: Duration = Duration::from_mins(2);
/// What helps where the window is too small.
const WINDOW_HINT: &str = "begin a new session, offer fewer tools, or use a model with a larger window";
/// Characters that are told of what a service says.
const SAID_MAX: usize = 500;

/// Why an attempt came to nothing.
#[derive(Debug)]
pub(super) enum Failure {
    /// It may succeed later; the service may say when.
    Passing {
        /// What happened.
        fault: Fault,
        /// How long the service asks to wait.
        wait: Option<Duration>,
    },
    /// The service does not take the request as it is.
    Unfit(Fault),
    /// The request, or the request with the longest reply to it, does not fit in the model's window.
    Full(Fault),
    /// It will not.
    Lasting(Fault),
}

impl Failure {
    /// What happened.
    pub(super) fn fault(self) -> Fault {
        match self {
            Self::Passing { fault, .. } | Self::Unfit(fault) | Self::Full(fault) | Self::Lasting(fault) => {
                fault
            }
        }
    }
}

/// The endpoint.
pub(super) struct Client {
    http: reqwest::Client,
    base: Url,
    key: Option<String>,
    retries_max: u32,
    silence: Duration,
}

/// Without the key, which would otherwise stand in whatever prints a model.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base", &self.base.as_str())
            .field("key", &self.key.as_ref().map(|_| "…"))
            .finish_non_exhaustive()
    }
}

impl Client {
    /// # Errors
    /// A [`Fault`] of kind `Model` for an address that cannot be used.
    pub(super) fn new(settings: &RemoteSettings) -> Result<Self, Fault> {
        let base = base(&settings.url)?;
        let key = settings.key.as_deref().map(str::trim).filter(|key| !key.is_empty()).map(str::to_owned);
        if key.is_some() && base.scheme() == "http" && !is_near(&base) {
            let problem = format!("the key would travel to {base} unencrypted");
            return Err(Fault::new(FaultKind::Model, problem)
                .with_hint("use an https:// address, or leave the key out"));
        }
        let http = crate::http::client_for(base.as_str())?
            .connect_timeout(settings.connect_time)
            // A redirection could carry the key elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| {
                Fault::new(FaultKind::Backend, "no HTTP client can be made").with_source(error)
            })?;
        Ok(Self { http, base, key, retries_max: settings.retries_max, silence: settings.silence_time })
    }

    /// The endpoint, for messages.
    pub(super) fn address(&self) -> &str {
        self.base.as_str()
    }

    /// Further attempts after a passing failure.
    pub(super) fn retries_max(&self) -> u32 {
        self.retries_max
    }

    /// How long to wait before the next attempt: what the service asks for, or twice as long each time, with
    /// some chance in it so that many clients do not come back at once.
    pub(super) fn pause(attempt: u32, asked: Option<Duration>) -> Duration {
        let own = Duration::from_millis(250 * 2_u64.pow(attempt.min(6))).mul_f64(0.5 + fastrand::f64());
        asked.unwrap_or(own)
    }

    /// Asks for JSON.
    ///
    /// # Errors
    /// A [`Fault`] as of [`Client::ask`].
    pub(super) async fn get(&self, path: &str) -> Result<Value, Fault> {
        let fetch = async {
            let response = self.send(self.http.get(self.url(path)?)).await?;
            let text = self.text(response).await?;
            serde_json::from_str(&text)
                .map_err(|_| Failure::Lasting(self.no_endpoint("it does not answer in JSON")))
        };
        fetch.await.map_err(Failure::fault)
    }

    /// Asks for a reply and takes it as it comes.
    ///
    /// # Errors
    /// A [`Failure`], which says whether it may pass.
    pub(super) async fn ask(
        &self,
        body: &Value,
        assembly: &mut Assembly,
        sink: &dyn DeltaSink,
    ) -> Result<(), Failure> {
        let request = self.http.post(self.url("chat/completions")?).header(CONTENT_TYPE, "application/json");
        let mut response = self.send(request.body(body.to_string())).await?;
        let kind =
            response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("text/event-stream") {
            let text = self.text(response).await?;
            let whole: Value = serde_json::from_str(&text)
                .map_err(|_| Failure::Lasting(self.no_endpoint("it does not answer in JSON")))?;
            assembly.take(&whole, sink).map_err(|problem| self.broken_off(&problem, assembly))?;
            let replied = whole["choices"].as_array().is_some_and(|choices| !choices.is_empty());
            return if replied { Ok(()) } else { Err(self.broken("it answers without a reply")) };
        }
        let mut events = Events::default();
        loop {
            let bytes = match tokio::time::timeout(self.silence, response.chunk()).await {
                Ok(Ok(bytes)) => bytes,
                // Nothing is missing of a reply that was said to be whole, however its stream ends.
                Ok(Err(_)) | Err(_) if assembly.is_whole() => return Ok(()),
                Ok(Err(error)) => return Err(self.lost(&error)),
                Err(_) => return Err(self.silent()),
            };
            let whole = match &bytes {
                Some(bytes) => events.push(bytes).map_err(|problem| self.broken(&problem))?,
                None => events.rest().into_iter().collect(),
            };
            for data in whole {
                let piece = serde_json::from_str(&data)
                    .map_err(|_| self.broken("it sent an event that is no JSON"))?;
                assembly.take(&piece, sink).map_err(|problem| self.broken_off(&problem, assembly))?;
            }
            if bytes.is_none() || events.is_done() {
                // Some services never say why a reply ended, but that it has.
                return if assembly.is_whole() || events.is_done() && assembly.has_begun() {
                    Ok(())
                } else {
                    Err(self.broken("the reply ended before it was whole"))
                };
            }
        }
    }

    fn url(&self, path: &str) -> Result<Url, Failure> {
        self.base.join(path).map_err(|_| Failure::Lasting(self.no_endpoint("the address cannot be used")))
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Response, Failure> {
        let request = match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        };
        let sent = tokio::time::timeout(self.silence, request.send()).await.map_err(|_| self.silent())?;
        let response = sent.map_err(|error| self.lost(&error))?;
        if response.status().is_success() { Ok(response) } else { Err(self.refused(response).await) }
    }

    /// The whole of an answer that has an end.
    async fn text(&self, mut response: Response) -> Result<String, Failure> {
        let mut bytes = Vec::new();
        loop {
            let more =
                tokio::time::timeout(self.silence, response.chunk()).await.map_err(|_| self.silent())?;
            match more.map_err(|error| self.lost(&error))? {
                Some(more) if bytes.len() + more.len() <= ANSWER_MAX => bytes.extend(more),
                Some(_) => return Err(Failure::Lasting(self.no_endpoint("its answer is too long"))),
                None => return Ok(String::from_utf8_lossy(&bytes).into_owned()),
            }
        }
    }

    async fn refused(&self, response: Response) -> Failure {
        let status = response.status();
        let wait = wait_of(response.headers());
        let body = self.text(response).await.unwrap_or_default();
        let body = serde_json::from_str::<Value>(&body).unwrap_or_default();
        let (said, wait) = (message_of(&body).unwrap_or_default(), wait.or_else(|| delay_of(&body)));
        let told: String = said.chars().take(SAID_MAX).collect();
        let colon = if told.is_empty() { "" } else { ": " };
        let problem = format!("{} answers {status}{colon}{told}", self.base);
        let fault = |kind, hint: &str| Fault::new(kind, problem.clone()).with_hint(hint);
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Failure::Lasting(fault(FaultKind::Model, KEY_HINT))
            }
            StatusCode::PAYMENT_REQUIRED => {
                Failure::Lasting(fault(FaultKind::Model, "add credit at the service, or use another model"))
            }
            StatusCode::NOT_FOUND => Failure::Lasting(fault(
                FaultKind::Model,
                "check the address (it usually ends in /v1) and the model's name",
            )),
            StatusCode::PAYLOAD_TOO_LARGE => Failure::Full(fault(FaultKind::Window, WINDOW_HINT)),
            status
                if tells_of_window(&said)
                    && (status.is_server_error()
                        || [StatusCode::BAD_REQUEST, StatusCode::UNPROCESSABLE_ENTITY].contains(&status)) =>
            {
                Failure::Full(fault(FaultKind::Window, WINDOW_HINT))
            }
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
                passing(fault(FaultKind::Backend, "try again later"), wait)
            }
            status if status.is_server_error() => {
                let hint = "try again later; the service's own log may say more";
                passing(fault(FaultKind::Backend, hint), wait)
            }
            status if status.is_redirection() => {
                Failure::Lasting(fault(FaultKind::Model, "name the address it redirects to"))
            }
            _ => Failure::Unfit(fault(FaultKind::Model, "the service does not take the request as it is")),
        }
    }

    fn no_endpoint(&self, problem: &str) -> Fault {
        Fault::new(FaultKind::Model, format!("{} is no OpenAI-compatible endpoint: {problem}", self.base))
            .with_hint("name the address that ends in /v1")
    }

    fn broken(&self, problem: &str) -> Failure {
        let fault = Fault::new(FaultKind::Backend, format!("{}: {problem}", self.base));
        Failure::Passing {
            fault: fault.with_hint("try again; the service's own log may say more"),
            wait: None,
        }
    }

    /// What went wrong in the middle of a reply. Where a service finds only then that the window is too small, nothing
    /// of it may have been shown: it is asked for again otherwise.
    fn broken_off(&self, problem: &str, assembly: &Assembly) -> Failure {
        if assembly.was_shown() || !tells_of_window(problem) {
            return self.broken(problem);
        }
        let told: String = problem.chars().take(SAID_MAX).collect();
        let fault = Fault::new(FaultKind::Window, format!("{}: {told}", self.base));
        Failure::Full(fault.with_hint(WINDOW_HINT))
    }

    fn silent(&self) -> Failure {
        self.broken(&format!("nothing came for {} s", self.silence.as_secs_f64()))
    }

    fn lost(&self, error: &reqwest::Error) -> Failure {
        // What stands innermost says most: that the connection was refused, that the name is not known.
        let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
        let detail = causes.last().map(|cause| format!(" ({cause})")).unwrap_or_default();
        if error.is_builder() {
            // Nothing was sent, and nothing would be: a key with a line break in it cannot be.
            let problem = format!("{}: the request cannot be made{detail}", self.base);
            let fault = Fault::new(FaultKind::Model, problem).with_hint("check the address and the key");
            return Failure::Lasting(fault);
        }
        let problem = if error.is_connect() { "it cannot be reached" } else { "the connection was lost" };
        let fault = Fault::new(FaultKind::Backend, format!("{}: {problem}{detail}", self.base));
        Failure::Passing {
            fault: fault.with_hint("check that the service runs and the address is right"),
            wait: None,
        }
    }
}

/// Whether what a service says is that the window is too small. That some text or number is too long is another mistake,
/// and the contexts that are cancelled and have deadlines are those of services written in Go.
fn tells_of_window(said: &str) -> bool {
    let said = said.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let sizes = ["length", "size", "window", "exceed", "limit", "overflow", "shift", "token", "long", "full"];
    has(&["context"]) && has(&sizes) && !has(&["context canceled", "context deadline"])
        || has(&["prompt is too long", "input is too long", "token count"])
}

/// A failure that passes, unless it takes longer than anybody should wait here.
fn passing(fault: Fault, wait: Option<Duration>) -> Failure {
    match wait.filter(|wait| *wait > WAIT_MAX) {
        Some(wait) => {
            let hint = format!(
                "the service asks to wait for {} minutes; try again then",
                wait.as_secs().div_ceil(60)
            );
            Failure::Lasting(fault.with_hint(hint))
        }
        None => Failure::Passing { fault, wait },
    }
}

/// How long an answer asks to wait: in seconds or until a date (RFC 9110), or in milliseconds, as Azure does as well.
pub(super) fn wait_of(headers: &HeaderMap) -> Option<Duration> {
    let ms = headers.get("retry-after-ms").and_then(|wait| wait.to_str().ok());
    let ms = ms.and_then(|ms| ms.trim().parse::<f64>().ok()).map(|ms| ms / 1_000.0);
    let wait = headers.get(RETRY_AFTER).and_then(|wait| wait.to_str().ok()).unwrap_or_default().trim();
    if let Some(seconds) = ms.or_else(|| wait.parse::<f64>().ok()) {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let until = rfc2822::DateTimeParser::new().parse_timestamp(wait).ok()?;
    // A moment that is over asks for no wait.
    Some(Duration::try_from(Timestamp::now().duration_until(until)).unwrap_or_default())
}

/// How long the body of an error asks to wait, as Gemini says it: `"retryDelay": "37s"`.
pub(super) fn delay_of(body: &Value) -> Option<Duration> {
    let details = body.get(0).unwrap_or(body)["error"]["details"].as_array()?;
    let delay = details.iter().find_map(|detail| detail["retryDelay"].as_str())?;
    Duration::try_from_secs_f64(delay.strip_suffix('s')?.parse().ok()?).ok()
}

fn base(url: &str) -> Result<Url, Fault> {
    let bad = |problem: String| {
        Fault::new(FaultKind::Model, problem)
            .with_hint("name it like http://127.0.0.1:8080 or https://host/v1")
    };
    let mut base =
        Url::parse(url).map_err(|error| bad(format!("the address '{url}' cannot be used: {error}")))?;
    if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
        return Err(bad(format!("the address '{url}' is not one of HTTP")));
    }
    let path = base.path().trim_end_matches('/').trim_end_matches("/chat/completions").to_owned();
    base.set_path(&if path.is_empty() { "/v1/".to_owned() } else { format!("{path}/") });
    base.set_query(None);
    Ok(base)
}

/// Whether a host is this machine or in a private network (RFC 1918).
fn is_near(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => {
            address.is_loopback() || address.is_private() || address.is_link_local()
        }
        Some(url::Host::Ipv6(address)) => address.is_loopback() || address.is_unique_local(),
        Some(url::Host::Domain(name)) => !name.contains('.') || name.rsplit('.').next() == Some("local"),
        None => false,
    }
}
