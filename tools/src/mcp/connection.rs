//! One connection to a server: a process that was started, or a session at an address.

use std::collections::HashMap;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use handyman_core::CallContext;
use reqwest::header::{HeaderName, HeaderValue};
use rmcp::ServiceExt;
use rmcp::model::{Resource, ServerCapabilities, Tool};
use rmcp::service::{Peer, RoleClient, RunningService, ServiceError};
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::transport::{StreamableHttpClientTransport, Transport};
use serde_json::Value;
use tokio::process::Command;

use super::config::Launch;
use super::delivery::{Delivery, Watched};
use super::failure;
use super::http::Http;
use super::listener::Listener;
use super::output::Piped;
use super::pages::{self, Listed};
use super::process::Process;
use super::progress::Hears;
use crate::web::tls::streaming;

type Running = RunningService<RoleClient, Listener>;

/// A connection that was greeted. Dropped, its process ends.
pub(super) struct Connection {
    /// Which of the server's connections it is; the first one is 0.
    number: u64,
    service: Running,
    delivery: Arc<Delivery>,
    process: Mutex<Option<Process>>,
    /// Whether it takes nothing more, although it was not closed.
    is_spent: AtomicBool,
    /// How it ended, once that was looked at.
    end: OnceLock<String>,
    /// Whether nobody has been told yet that this is not the first one.
    is_news: AtomicBool,
}

impl Connection {
    /// Starts or reaches a server and greets it, in so much time.
    ///
    /// # Errors
    /// What went wrong, or what the server complained of.
    pub(super) async fn open(
        launch: &Launch,
        listener: Listener,
        number: u64,
        time: Duration,
    ) -> Result<Self, String> {
        let delivery = listener.delivery();
        let greeting = Greeting { listener, delivery: Arc::clone(&delivery), time };
        let (service, process) = match (&launch.command, &launch.url) {
            (Some(program), _) => {
                let (service, process) = start(program, launch, greeting).await?;
                (service, Some(process))
            }
            (None, Some(url)) => (reach(url, launch, greeting).await?, None),
            (None, None) => return Err("nothing says where it is".to_owned()),
        };
        Ok(Self {
            number,
            service,
            delivery,
            process: Mutex::new(process),
            is_spent: AtomicBool::new(false),
            end: OnceLock::new(),
            is_news: AtomicBool::new(number > 0),
        })
    }

    /// Who answers at the other end.
    pub(super) fn peer(&self) -> &Peer<RoleClient> {
        self.service.peer()
    }

    /// Whether the server can do something.
    pub(super) fn is_capable(&self, of: impl Fn(&ServerCapabilities) -> bool) -> bool {
        self.peer().peer_info().is_some_and(|info| of(&info.capabilities))
    }

    /// The server's tools, as far as its list goes on.
    pub(super) async fn list_tools(&self) -> Result<Listed<Tool>, ServiceError> {
        let peer = self.peer();
        let page = async |params| peer.list_tools(params).await.map(|page| (page.tools, page.next_cursor));
        pages::all(page).await
    }

    /// The server's resources, as far as its list goes on.
    pub(super) async fn list_resources(&self) -> Result<Listed<Resource>, ServiceError> {
        let peer = self.peer();
        let page =
            async |params| peer.list_resources(params).await.map(|page| (page.resources, page.next_cursor));
        pages::all(page).await
    }

    /// What the server's list of tools goes by: while this stays, so does the list.
    pub(super) fn state(&self) -> (u64, u64) {
        (self.number, self.service.service().changes())
    }

    /// What the server asked since this was last looked at, and what it was told.
    pub(super) fn take_asked(&self) -> Vec<Value> {
        self.service.service().take_asked()
    }

    /// Whether the server was started again, for the first who asks.
    pub(super) fn take_news(&self) -> bool {
        self.is_news.swap(false, Ordering::AcqRel)
    }

    /// Lets a call hear how far the server says that it has come.
    pub(super) fn hears(&self, context: &CallContext) -> Hears {
        self.delivery.under_way().hears(context)
    }

    /// Forgets a call that was answered.
    pub(super) fn forget(&self, key: &str) {
        self.delivery.forget(key);
    }

    /// How often the server said something that is no answer.
    pub(super) fn odd(&self) -> usize {
        self.delivery.answers().count()
    }

    /// What it said so since then.
    pub(super) fn odd_since(&self, count: usize) -> Option<String> {
        self.delivery.answers().odd_since(count)
    }

    /// Whether nothing more can be sent over it.
    pub(super) fn has_ended(&self) -> bool {
        self.is_spent.load(Ordering::Acquire) || self.delivery.is_over() || self.peer().is_transport_closed()
    }

    /// Whether a call under this key, or what was asked before it, failed because the connection has ended, and the
    /// server never had the call: another connection may take it then, and this one takes nothing more.
    pub(super) fn never_had(&self, key: &str, error: &ServiceError) -> bool {
        let never_had = match error {
            ServiceError::TransportClosed => self.delivery.never_had(key),
            ServiceError::TransportSend(_) => failure::is_spent(error),
            _ => false,
        };
        if never_had {
            self.is_spent.store(true, Ordering::Release);
        }
        never_had
    }

    /// How it ended, and what the program said at last. A program that has not ended is ended.
    pub(super) async fn end(&self) -> String {
        let process = self.process.lock().unwrap_or_else(PoisonError::into_inner).take();
        let how = match process {
            Some(process) => self.delivery.answers().beside(process.end().await),
            None if self.is_spent.load(Ordering::Acquire) => "its session has expired".to_owned(),
            None => "the connection was closed".to_owned(),
        };
        self.end.get_or_init(|| how).clone()
    }
}

/// How a server is greeted.
struct Greeting {
    listener: Listener,
    delivery: Arc<Delivery>,
    time: Duration,
}

impl Greeting {
    /// Greets the server over a transport.
    ///
    /// # Errors
    /// What went wrong; nothing where the server said nothing in time.
    async fn over<T: Transport<RoleClient> + 'static>(self, transport: T) -> Result<Running, Option<String>> {
        let transport = Watched::new(transport, self.delivery);
        match tokio::time::timeout(self.time, self.listener.serve(transport)).await {
            Ok(greeted) => greeted.map_err(|error| Some(failure::why(&error))),
            Err(_) => Err(None),
        }
    }
}

async fn start(program: &str, launch: &Launch, greeting: Greeting) -> Result<(Running, Process), String> {
    let mut command = Command::new(program);
    if let Some(environment) = &launch.environment {
        command.env_clear().envs(environment);
    }
    command.args(&launch.args).envs(&launch.env).kill_on_drop(true);
    if let Some(folder) = &launch.cwd {
        // Started there, the program would seem to be what is missing.
        if !Path::new(folder).is_dir() {
            return Err(format!("its folder {folder} is not there"));
        }
        command.current_dir(folder);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("{program} cannot be started: {error}"))?;
    let (Some(output), Some(input)) = (child.stdout.take(), child.stdin.take()) else {
        return Err("a started program has no pipes".to_owned());
    };
    let process = Process::new(child);
    let (time, answers) = (greeting.time, Arc::clone(greeting.delivery.answers()));
    let transport = Piped::new(output, input, Arc::clone(&answers));
    let why = match Box::pin(greeting.over(transport)).await {
        Ok(service) => return Ok((service, process)),
        Err(Some(why)) => process.why_it_did_not_greet(program, why).await,
        Err(None) => format!("no greeting within {} s {}", time.as_secs(), process.said()),
    };
    Err(answers.beside(why))
}

async fn reach(url: &str, launch: &Launch, greeting: Greeting) -> Result<Running, String> {
    let mut headers = HashMap::new();
    for (header, value) in &launch.headers {
        let wrong = || format!("the header '{header}' cannot be sent");
        let mut value = HeaderValue::from_str(value).map_err(|_| wrong())?;
        value.set_sensitive(true);
        headers.insert(HeaderName::try_from(header).map_err(|_| wrong())?, value);
    }
    // A new session is a server started anew: whether its tools are the same is looked at before anything is called.
    let config = StreamableHttpClientTransportConfig::with_uri(url)
        .custom_headers(headers)
        .reinit_on_expired_session(false);
    let client = Http::new(streaming(url).map_err(|error| error.to_string())?);
    let transport = StreamableHttpClientTransport::with_client(client, config);
    greeting.over(transport).await.map_err(|why| why.unwrap_or_else(|| "no answer in time".to_owned()))
}
