//! HTTP to the endpoint: time-outs, retries, and errors that say what to do.

use std::fmt;
use std::time::Duration;

use handyman_core::{DeltaSink, Fault, FaultKind};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Response, StatusCode, Url};
use serde_json::Value;

use super::RemoteSettings;
use super::stream::{Assembly, Events};

/// Bytes of an answer that is not a reply.
const ANSWER_MAX: usize = 1 << 20;
/// What helps where a service wants a key, or takes none like this.
const KEY_HINT: &str =
    "give the service's key (RemoteSettings::key; on the command line HANDYMAN_API_KEY), or another one";
/// Longest wait that a service may ask for.
const WAIT_MAX: Duration = Duration::from_mins(1);

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
        asked.unwrap_or(own).min(WAIT_MAX)
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
            assembly.take(&whole, sink).map_err(|problem| self.broken(&problem))?;
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
                assembly.take(&piece, sink).map_err(|problem| self.broken(&problem))?;
            }
            if bytes.is_none() || events.is_done() {
                return if assembly.is_whole() {
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
        let wait = response.headers().get(RETRY_AFTER).and_then(|wait| wait.to_str().ok()).and_then(wait_of);
        let said = self.text(response).await.unwrap_or_default();
        let said = serde_json::from_str::<Value>(&said).ok().and_then(|said| {
            let error = &said["error"];
            error["message"]
                .as_str()
                .or_else(|| error.as_str())
                .or_else(|| said["message"].as_str())
                .map(str::to_owned)
        });
        let said =
            said.map(|said| format!(": {}", said.chars().take(300).collect::<String>())).unwrap_or_default();
        let problem = format!("{} answers {status}{said}", self.base);
        let fault = |kind, hint: &str| Fault::new(kind, problem.clone()).with_hint(hint);
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Failure::Lasting(fault(FaultKind::Model, KEY_HINT))
            }
            StatusCode::NOT_FOUND => Failure::Lasting(fault(
                FaultKind::Model,
                "check the address (it usually ends in /v1) and the model's name",
            )),
            StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE if tells_of_window(&said) => {
                Failure::Full(fault(
                    FaultKind::Window,
                    "begin a new session, offer fewer tools, or use a model with a larger window",
                ))
            }
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
                Failure::Passing { fault: fault(FaultKind::Backend, "try again later"), wait }
            }
            status if status.is_server_error() => Failure::Passing {
                fault: fault(FaultKind::Backend, "try again later; the service's own log may say more"),
                wait,
            },
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

/// Whether what a service says is that the window is too small. That some text or number is too long is another mistake.
fn tells_of_window(said: &str) -> bool {
    let said = said.to_lowercase();
    ["context", "prompt is too long", "input is too long", "token count"]
        .iter()
        .any(|word| said.contains(word))
}

/// Seconds, as `Retry-After` gives them; its other form, a date, is left to our own pauses.
fn wait_of(text: &str) -> Option<Duration> {
    text.trim().parse().ok().map(Duration::from_secs)
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
