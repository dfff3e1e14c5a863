//! HTTP to the endpoint: time-outs, retries, and errors that say what to do.

use std::fmt;
use std::time::Duration;

use handyman_core::{DeltaSink, Fault, FaultKind};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Response, StatusCode, Url};
use serde_json::Value;

use super::RemoteSettings;
use super::address::Address;
use super::refusal::{SAID_MAX, delay_of, place_of, plain, tells_of_window, wait_of};
use super::stream::{Assembly, Events, message_of};

/// Bytes of an answer that is not a reply.
const ANSWER_MAX: usize = 1 << 20;
/// What a line of a stream of events begins with, an error of llama-server's too.
const FIELDS: [&str; 6] = ["data:", "event:", "id:", "retry:", "error:", ":"];
/// Bytes by which it is known whether an answer is a stream: as many as the longest of [`FIELDS`] has.
const BEGUN_MIN: usize = 6;
/// What helps where a service wants a key, or takes none like this.
const KEY_HINT: &str =
    "give the service's key (RemoteSettings::key; on the command line HANDYMAN_API_KEY), or another one";
/// Longest wait that a service may ask for; where it is longer, the failure lasts.
const WAIT_MAX: Duration = Duration::from_mins(2);
/// What helps where the window is too small.
const WINDOW_HINT: &str = "begin a new session, offer fewer tools, or use a model with a larger window";

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
    address: Address,
    key: Option<String>,
    retries_max: u32,
    silence: Duration,
}

/// Without the key, which would otherwise stand in whatever prints a model.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("address", &self.address.to_string())
            .field("key", &self.key.as_ref().map(|_| "…"))
            .finish_non_exhaustive()
    }
}

impl Client {
    /// # Errors
    /// A [`Fault`] of kind `Model` for an address that cannot be used.
    pub(super) fn new(settings: &RemoteSettings) -> Result<Self, Fault> {
        let address = Address::new(&settings.url)?;
        let key = settings.key.as_deref().map(str::trim).filter(|key| !key.is_empty()).map(str::to_owned);
        if key.is_some() && address.is_open() {
            let problem = format!("the key would travel to {address} unencrypted");
            return Err(Fault::new(FaultKind::Model, problem)
                .with_hint("use an https:// address, or leave the key out"));
        }
        let http = crate::http::client_for(&settings.url)?
            .connect_timeout(settings.connect_time)
            // A redirection could carry the key elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| {
                Fault::new(FaultKind::Backend, "no HTTP client can be made").with_source(error)
            })?;
        Ok(Self { http, address, key, retries_max: settings.retries_max, silence: settings.silence_time })
    }

    /// The endpoint, for messages.
    pub(super) fn address(&self) -> &Address {
        &self.address
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
            self.json(&self.text(Vec::new(), Some(response)).await?)
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
        let response = self.send(request.body(body.to_string())).await?;
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let says_so = kind.is_some_and(|kind| kind.starts_with("text/event-stream"));
        let (begun, rest) = self.begun(response).await?;
        if is_stream(&begun, says_so) {
            return self.stream(begun, rest, assembly, sink).await;
        }
        let whole = self.json(&self.text(begun, rest).await?)?;
        assembly.take(&whole, sink).map_err(|problem| self.broken_off(&problem, assembly))?;
        let replied = whole["choices"].as_array().is_some_and(|choices| !choices.is_empty());
        if replied { Ok(()) } else { Err(self.broken("it answers without a reply")) }
    }

    /// A reply that comes piece by piece: what has come of it, and where the rest comes from.
    async fn stream(
        &self,
        begun: Vec<u8>,
        mut rest: Option<Response>,
        assembly: &mut Assembly,
        sink: &dyn DeltaSink,
    ) -> Result<(), Failure> {
        let mut events = Events::default();
        let mut bytes = Some(begun);
        loop {
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
            bytes = match &mut rest {
                Some(response) => match self.piece(response).await {
                    // Nothing is missing of a reply that was said to be whole, however its stream ends.
                    Err(_) if assembly.is_whole() => return Ok(()),
                    piece => piece?,
                },
                None => None,
            };
        }
    }

    fn url(&self, path: &str) -> Result<Url, Failure> {
        let url = self.address.at(path);
        url.ok_or_else(|| Failure::Lasting(self.no_endpoint("the address cannot be used")))
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Response, Failure> {
        let request = match &self.key {
            Some(key) => self.address.keyed(request, key),
            None => request,
        };
        let sent = tokio::time::timeout(self.silence, request.send()).await.map_err(|_| self.silent())?;
        let response = sent.map_err(|error| self.lost(&error))?;
        if response.status().is_success() { Ok(response) } else { Err(self.refused(response).await) }
    }

    /// The next piece of an answer; `None` at its end.
    async fn piece(&self, response: &mut Response) -> Result<Option<Vec<u8>>, Failure> {
        match tokio::time::timeout(self.silence, response.chunk()).await {
            Ok(Ok(piece)) => Ok(piece.map(Vec::from)),
            Ok(Err(error)) => Err(self.lost(&error)),
            Err(_) => Err(self.silent()),
        }
    }

    /// As much of an answer as says what it is, and where the rest comes from if there is more.
    async fn begun(&self, mut response: Response) -> Result<(Vec<u8>, Option<Response>), Failure> {
        let mut bytes: Vec<u8> = Vec::new();
        while bytes.trim_ascii_start().len() < BEGUN_MIN {
            let Some(more) = self.piece(&mut response).await? else { return Ok((bytes, None)) };
            bytes.extend(more);
            if bytes.len() > ANSWER_MAX {
                break;
            }
        }
        Ok((bytes, Some(response)))
    }

    /// The whole of an answer that has an end: what has come of it, and the rest.
    async fn text(&self, mut bytes: Vec<u8>, mut rest: Option<Response>) -> Result<String, Failure> {
        while let Some(response) = &mut rest {
            let more = self.piece(response).await?;
            match more {
                Some(more) if bytes.len() + more.len() <= ANSWER_MAX => bytes.extend(more),
                Some(_) => return Err(Failure::Lasting(self.no_endpoint("its answer is too long"))),
                None => rest = None,
            }
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn json(&self, text: &str) -> Result<Value, Failure> {
        serde_json::from_str(text)
            .map_err(|_| Failure::Lasting(self.no_endpoint("it does not answer in JSON")))
    }

    async fn refused(&self, response: Response) -> Failure {
        let status = response.status();
        let (wait, elsewhere) = (wait_of(response.headers()), place_of(response.headers()));
        let text = self.text(Vec::new(), Some(response)).await.unwrap_or_default();
        let body = serde_json::from_str::<Value>(&text).unwrap_or_default();
        let said = message_of(&body).or_else(|| plain(&text)).unwrap_or_default();
        let wait = wait.or_else(|| delay_of(&body));
        let is_code = |code: &str| ["code", "type"].iter().any(|field| body["error"][*field] == code);
        let told: String = said.chars().take(SAID_MAX).collect();
        let colon = if told.is_empty() { "" } else { ": " };
        let problem = format!("{} answers {status}{colon}{told}", self.address);
        let fault = |kind, hint: &str| Fault::new(kind, problem.clone()).with_hint(hint);
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Failure::Lasting(fault(FaultKind::Model, KEY_HINT))
            }
            status if status == StatusCode::PAYMENT_REQUIRED || is_code("insufficient_quota") => {
                Failure::Lasting(fault(FaultKind::Model, "add credit at the service, or use another model"))
            }
            StatusCode::NOT_FOUND => Failure::Lasting(fault(
                FaultKind::Model,
                "check the address (it usually ends in /v1) and the model's name: URL#MODEL",
            )),
            StatusCode::PAYLOAD_TOO_LARGE => Failure::Full(fault(FaultKind::Window, WINDOW_HINT)),
            status
                if (tells_of_window(&said) || is_code("context_length_exceeded"))
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
                let hint = format!("name the address it redirects to: {elsewhere}");
                Failure::Lasting(fault(FaultKind::Model, &hint))
            }
            _ => Failure::Unfit(fault(FaultKind::Model, "the service does not take the request as it is")),
        }
    }

    fn no_endpoint(&self, problem: &str) -> Fault {
        Fault::new(FaultKind::Model, format!("{} is no OpenAI-compatible endpoint: {problem}", self.address))
            .with_hint("name the address that ends in /v1")
    }

    fn broken(&self, problem: &str) -> Failure {
        let fault = Fault::new(FaultKind::Backend, format!("{}: {problem}", self.address));
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
        let fault = Fault::new(FaultKind::Window, format!("{}: {told}", self.address));
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
            let problem = format!("{}: the request cannot be made{detail}", self.address);
            let fault = Fault::new(FaultKind::Model, problem).with_hint("check the address and the key");
            return Failure::Lasting(fault);
        }
        let problem = if error.is_connect() { "it cannot be reached" } else { "the connection was lost" };
        let fault = Fault::new(FaultKind::Backend, format!("{}: {problem}{detail}", self.address));
        Failure::Passing {
            fault: fault.with_hint("check that the service runs and the address is right"),
            wait: None,
        }
    }
}

/// Whether an answer that begins so is a stream. Some gateways say JSON of streams, and some that errors are streams.
fn is_stream(begun: &[u8], says_so: bool) -> bool {
    let begun = begun.trim_ascii_start();
    let is_event = FIELDS.iter().any(|field| begun.starts_with(field.as_bytes()));
    is_event || says_so && !begun.starts_with(b"{")
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
