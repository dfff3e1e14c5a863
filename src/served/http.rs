//! An agent over HTTP: web pages and other programs begin runs, hear their events as they become durable, and decide on
//! what waits. `docs/agent-api.md` says what is asked and answered.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use handyman_core::{Fault, FaultKind, Run};
use handyman_runtime::{Agent, Approval};
use handyman_tools::web::Url;
use serde_json::Value;
use tokio::net::TcpListener;

use desk::Desk;
use door::Door;
use running::Runs;

mod answer;
mod desk;
mod door;
mod listening;
mod requests;
mod running;
mod told;

/// Runs that may be under way at once, unless something else is said.
const RUNS_MAX: u32 = 16;
/// How long clients may take to read the last of what they are told, once every run has ended.
const CLOSING: Duration = Duration::from_secs(5);

/// An agent that is served over HTTP.
///
/// A run goes on to its end whether or not the client that began it is still there: it is in the agent's journal, and can
/// be looked at, resumed or cancelled later. What the agent's policy asks about waits until a client has decided.
///
/// Without a key only programs on this machine are served, and of web pages only those of the origins that are named.
///
/// ```no_run
/// use handyman::{Agent, HttpAgent};
/// # async fn serve(agent: Agent) -> std::io::Result<()> {
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:8643").await?;
/// let pressed = async { drop(tokio::signal::ctrl_c().await) };
/// HttpAgent::new(agent).serve(listener, pressed).await
/// # }
/// ```
#[derive(Clone)]
pub struct HttpAgent {
    agent: Agent,
    key: Option<String>,
    origins: Vec<String>,
    hosts: Vec<String>,
    runs_max: u32,
}

impl HttpAgent {
    /// This agent, under its own policy, limits and journal.
    #[must_use]
    pub fn new(agent: Agent) -> Self {
        Self { agent, key: None, origins: Vec::new(), hosts: Vec::new(), runs_max: RUNS_MAX }
    }

    /// Serves only those who send this key: `Authorization: Bearer KEY`. Blanks and line ends around it do not count.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        let key: String = key.into();
        self.key = Some(key.trim_ascii().to_owned());
        self
    }

    /// Serves the web pages of this origin too, such as `https://app.example.org`.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Request` if it is none.
    pub fn origin(mut self, url: &str) -> Result<Self, Fault> {
        let wrong = || {
            Fault::new(FaultKind::Request, format!("'{url}' is no origin of web pages"))
                .with_hint("write scheme, host and port alone: https://app.example.org")
        };
        let parsed: Url = url.parse().map_err(|_| wrong())?;
        let is_bare = parsed.path() == "/" && parsed.query().is_none() && parsed.fragment().is_none();
        let host = parsed.host_str().filter(|_| is_bare && parsed.origin().is_tuple()).ok_or_else(wrong)?;
        // What is before the server may send the name that the pages' browsers know it by.
        self.hosts.push(host.to_owned());
        self.origins.push(parsed.origin().ascii_serialization());
        Ok(self)
    }

    /// Answers to this name of the machine too. Without a key, a request for another name than `localhost` or the address
    /// itself may come from a page that has its own name lead here, and is refused. A key is nothing that such a page has:
    /// with one, any name will do, also that of a proxy before the server.
    #[must_use]
    pub fn host(mut self, name: impl Into<String>) -> Self {
        self.hosts.push(name.into());
        self
    }

    /// Lets so many runs be under way at once, 16 if nothing is said. Whoever wants to begin another is told to come again.
    #[must_use]
    pub fn runs_max(mut self, runs: u32) -> Self {
        self.runs_max = runs;
        self
    }

    /// Serves until `until` is done. Then runs that are under way are cancelled: every call gets its result first, and
    /// clients hear of it.
    ///
    /// # Errors
    /// If the listener fails, or others than this machine can reach it and there is no key; if the key is empty.
    pub async fn serve(
        self,
        listener: TcpListener,
        until: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        let address = listener.local_addr()?;
        if self.key.as_deref() == Some("") {
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, "the key is empty"));
        }
        if self.key.is_none() && !address.ip().is_loopback() {
            let error =
                format!("other machines can reach {address}: an agent is served there only with a key");
            return Err(std::io::Error::new(std::io::ErrorKind::PermissionDenied, error));
        }
        let own = match address.ip() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        let runs = Arc::new(Runs::new(self.runs_max));
        let router = self.host(own).routes(Arc::clone(&runs));
        let stopping = Arc::clone(&runs);
        let stop = async move {
            until.await;
            stopping.stop();
        };
        let serving = listening::serve(listener, router, stop);
        let closing = async {
            runs.ended().await;
            tokio::time::sleep(CLOSING).await;
        };
        tokio::select! {
            () = serving => {}
            // A client that reads no more is not waited for.
            () = closing => {}
        }
        // Nobody may be connected who hears of the last ones.
        runs.ended().await;
        Ok(())
    }

    /// The agent as a part of an application of one's own: nested in its router, under any prefix, with its middleware
    /// around. The paths of `docs/agent-api.md` are below that prefix.
    ///
    /// ```
    /// use axum::Router;
    /// use axum::routing::get;
    /// use handyman::{Agent, HttpAgent};
    /// # fn application(agent: Agent) -> Router {
    /// let agent = HttpAgent::new(agent).key("s3cret").into_router();
    /// Router::new().route("/", get(|| async { "My application" })).nest("/v1", agent)
    /// # }
    /// ```
    ///
    /// With the routes come the key, the origins of pages, the names that are answered to without a key, the bytes that a
    /// body may have, and how many runs may be under way. What [`HttpAgent::serve`] does beside that is the application's:
    ///
    /// - Who can reach the listener. Without a key, the application has to see to it that nobody else than those it means
    ///   asks: a program can send any name as `Host`. An empty key lets nobody in.
    /// - The end. Runs that are under way when the application ends are neither cancelled nor waited for. They are
    ///   interrupted as by a crash: `resume` goes on with them, and so does the same `Idempotency-Key`.
    pub fn into_router(self) -> Router {
        let runs = Arc::new(Runs::new(self.runs_max));
        self.routes(runs)
    }

    /// A run as this API tells of it, for an application that has run it itself and answers in the same way. `approval` is
    /// what it waits for ([`Agent::waiting`]). It is not under way any more: its `running` is false.
    #[must_use]
    pub fn json_of(run: &Run, approval: Option<&Approval>) -> Value {
        answer::run(run, approval, false)
    }

    fn routes(self, runs: Arc<Runs>) -> Router {
        let usual = ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned);
        let hosts = self.key.is_none().then(|| self.hosts.into_iter().chain(usual).collect());
        let door = Door { key: self.key, origins: self.origins, hosts };
        Router::new()
            .route("/health", get(requests::health))
            .route("/runs", post(requests::begin))
            .route("/runs/{id}", get(requests::run))
            .route("/runs/{id}/events", get(requests::events))
            .route("/runs/{id}/resume", post(requests::resume))
            .route("/runs/{id}/cancel", post(requests::cancel))
            .route("/runs/{id}/approval", get(requests::approval).post(requests::decide))
            .route("/sessions/{name}/messages", get(requests::messages))
            .method_not_allowed_fallback(requests::not_so)
            .fallback(requests::nowhere)
            .layer(from_fn_with_state(Arc::new(door), door::admit))
            .with_state(Desk::new(self.agent, runs))
    }
}

/// The key is not shown.
impl fmt::Debug for HttpAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpAgent")
            .field("agent", &self.agent)
            .field("origins", &self.origins)
            .field("runs_max", &self.runs_max)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
