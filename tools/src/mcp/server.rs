//! A connection to a server.

use std::collections::BTreeMap;
use std::fmt;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use handyman_core::{Effect, Tool, ToolError, ToolErrorKind, ToolResult};
use rmcp::model::{
    ClientCapabilities, ClientConfig, ElicitRequestParams, ElicitResult, ElicitationCapability,
    FormElicitationCapability, Implementation, ProgressNotificationParam,
};
use rmcp::service::{NotificationContext, Peer, RequestContext, RoleClient, RunningService};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{ClientHandler, ErrorData, ServiceExt};
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStderr, Command};

use super::config::Launch;
use super::failure;
use super::person::{self, Answer, Person};
use super::resources::{list_resources, read_resource};
use super::tool::McpTool;
use crate::web::tls::streaming;

/// Time a server has to start; the first time, its package may have to be fetched.
const START_TIME: Duration = Duration::from_mins(2);
/// Time a server that did not greet has to say why.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// Bytes of a server's complaints that are kept to be quoted.
const COMPLAINTS_MAX: usize = 2_000;

/// Told how far a call has come: the server, done, of how much, and a word about it.
pub type Progress = Arc<dyn Fn(&str, f64, Option<f64>, Option<&str>) + Send + Sync>;

/// Who hears what a server says by itself while a call runs.
#[derive(Clone, Default)]
pub struct Listening {
    /// Told how far a call has come.
    pub progress: Option<Progress>,
    /// Answers what a server asks. Without a person a server is told that nobody can be asked.
    pub person: Option<Arc<dyn Person>>,
}

/// An MCP server that is connected. Dropped, its process ends.
pub struct Server {
    pub(super) name: String,
    service: RunningService<RoleClient, Listener>,
    effects: BTreeMap<String, Effect>,
    wanted: Vec<String>,
    _child: Option<Child>,
}

/// Hears what the server says by itself.
#[derive(Clone)]
pub(super) struct Listener {
    name: String,
    to: Listening,
    changed: Arc<AtomicBool>,
    /// What was asked since the last call ended.
    asked: Arc<Mutex<Vec<Value>>>,
}

impl ClientHandler for Listener {
    fn get_info(&self) -> ClientConfig {
        let us = Implementation::new("handyman", env!("CARGO_PKG_VERSION"));
        let mut able = ClientCapabilities::default();
        if self.to.person.is_some() {
            able.elicitation =
                Some(ElicitationCapability::new().with_form(FormElicitationCapability::default()));
        }
        ClientConfig::new(able, us)
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _context: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let (answer, message) = match (&self.to.person, person::question(&self.name, &request)) {
            (Some(person), Some(question)) => (person.answer(&question).await, question.message),
            (_, _) => (Answer::Declined, "something that is not asked here".to_owned()),
        };
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.push(person::told(&message, &answer));
        Ok(person::result(&answer))
    }

    async fn on_progress(
        &self,
        params: ProgressNotificationParam,
        _context: NotificationContext<RoleClient>,
    ) {
        if let Some(progress) = &self.to.progress {
            progress(&self.name, params.progress, params.total, params.message.as_deref());
        }
    }

    async fn on_tool_list_changed(&self, _context: NotificationContext<RoleClient>) {
        self.changed.store(true, Ordering::Release);
    }
}

impl Server {
    /// Starts or reaches a server and greets it.
    ///
    /// # Errors
    /// Of kind `Unavailable`, with what the server complained of, if it cannot be reached in time.
    pub async fn connect(name: &str, launch: &Launch, to: Listening) -> ToolResult<Self> {
        launch.checked(name)?;
        let listener = Listener { name: name.to_owned(), to, changed: Arc::default(), asked: Arc::default() };
        let (service, child) = match (&launch.command, &launch.url) {
            (Some(program), _) => {
                let (service, child) = start(name, program, launch, listener).await?;
                (service, Some(child))
            }
            (None, Some(url)) => (reach(name, url, launch, listener).await?, None),
            (None, None) => return Err(unavailable(name, "nothing says where it is")),
        };
        Ok(Self {
            name: name.to_owned(),
            service,
            effects: launch.effects.clone(),
            wanted: launch.tools.clone(),
            _child: child,
        })
    }

    /// What the server is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server's tools as they are now, and two to list and read its resources if it has any.
    ///
    /// # Errors
    /// If the server cannot be asked, or is declared to have a tool that it has not.
    pub async fn tools(self: &Arc<Self>) -> ToolResult<Vec<Arc<dyn Tool>>> {
        let listed = if self.capable(|server| server.tools.is_some()) {
            self.peer()
                .list_all_tools()
                .await
                .map_err(|error| unavailable(&self.name, failure::why(&error)))?
        } else {
            Vec::new()
        };
        for name in self.effects.keys().chain(&self.wanted) {
            if !listed.iter().any(|tool| tool.name == *name) {
                let names: Vec<&str> = listed.iter().map(|tool| tool.name.as_ref()).collect();
                let message = format!(
                    "the MCP server '{}' has no tool '{name}'; it has {}",
                    self.name,
                    names.join(", ")
                );
                return Err(ToolError::new(ToolErrorKind::NotFound, message));
            }
        }
        let chosen = listed
            .into_iter()
            .filter(|tool| self.wanted.is_empty() || self.wanted.contains(&tool.name.to_string()));
        let mut tools: Vec<Arc<dyn Tool>> = chosen
            .map(|tool| {
                let effect = self.effects.get(tool.name.as_ref()).copied().unwrap_or(Effect::Once);
                Arc::new(McpTool::new(Arc::clone(self), tool, effect)) as Arc<dyn Tool>
            })
            .collect();
        if self.capable(|server| server.resources.is_some()) {
            tools.push(Arc::new(list_resources(Arc::clone(self))));
            tools.push(Arc::new(read_resource(Arc::clone(self))));
        }
        Ok(tools)
    }

    pub(super) fn peer(&self) -> &Peer<RoleClient> {
        self.service.peer()
    }

    /// Whether the server said that its list of tools has changed.
    pub(super) fn has_changed(&self) -> bool {
        self.service.service().changed.load(Ordering::Acquire)
    }

    /// What the server asked since this was last looked at, and what it was told.
    pub(super) fn take_asked(&self) -> Vec<Value> {
        std::mem::take(&mut *self.service.service().asked.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn capable(&self, has: impl Fn(&rmcp::model::ServerCapabilities) -> bool) -> bool {
        self.peer().peer_info().is_some_and(|info| has(&info.capabilities))
    }
}

async fn start(
    name: &str,
    program: &str,
    launch: &Launch,
    listener: Listener,
) -> ToolResult<(RunningService<RoleClient, Listener>, Child)> {
    let mut command = Command::new(program);
    if let Some(environment) = &launch.environment {
        command.env_clear().envs(environment);
    }
    command.args(&launch.args).envs(&launch.env).kill_on_drop(true);
    if let Some(folder) = &launch.cwd {
        command.current_dir(folder);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .map_err(|error| unavailable(name, format!("{program} cannot be started: {error}")))?;
    let (Some(output), Some(input)) = (child.stdout.take(), child.stdin.take()) else {
        return Err(ToolError::internal("a started program has no pipes"));
    };
    let complaints = Arc::new(Mutex::new(String::new()));
    let heard = child.stderr.take().map(|stderr| tokio::spawn(keep_last(stderr, Arc::clone(&complaints))));
    let greeted = tokio::time::timeout(START_TIME, listener.serve((output, input))).await;
    let said = || complaints.lock().unwrap_or_else(PoisonError::into_inner).trim().to_owned();
    match greeted {
        Ok(Ok(service)) => Ok((service, child)),
        Ok(Err(error)) => {
            // The process may be about to say why it ends, or not to end at all.
            if let Some(heard) = heard {
                let _ = tokio::time::timeout(LAST_WORDS, heard).await;
            }
            let said = said();
            if !said.is_empty() {
                return Err(unavailable(name, said));
            }
            let why = match tokio::time::timeout(LAST_WORDS, child.wait()).await {
                Ok(Ok(status)) => format!("{program} ended before it answered ({status})"),
                Ok(Err(_)) | Err(_) => error.to_string(),
            };
            Err(unavailable(name, why))
        }
        Err(_) => Err(unavailable(name, format!("no greeting within {} s {}", START_TIME.as_secs(), said()))),
    }
}

/// Reads what a server complains of, so that it is never blocked, and keeps the end of it.
async fn keep_last(mut stderr: ChildStderr, kept: Arc<Mutex<String>>) {
    let mut piece = [0; 1024];
    while let Ok(length @ 1..) = stderr.read(&mut piece).await {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_str(&String::from_utf8_lossy(&piece[..length]));
        while kept.len() > COMPLAINTS_MAX {
            kept.remove(0);
        }
    }
}

async fn reach(
    name: &str,
    url: &str,
    launch: &Launch,
    listener: Listener,
) -> ToolResult<RunningService<RoleClient, Listener>> {
    let mut headers = std::collections::HashMap::new();
    for (header, value) in &launch.headers {
        let wrong = |()| unavailable(name, format!("the header '{header}' cannot be sent"));
        let mut value = reqwest::header::HeaderValue::from_str(value).map_err(|_| wrong(()))?;
        value.set_sensitive(true);
        headers.insert(reqwest::header::HeaderName::try_from(header).map_err(|_| wrong(()))?, value);
    }
    let config = StreamableHttpClientTransportConfig::with_uri(url).custom_headers(headers);
    let transport = StreamableHttpClientTransport::with_client(streaming()?, config);
    tokio::time::timeout(START_TIME, listener.serve(transport))
        .await
        .map_err(|_| unavailable(name, "no answer in time"))?
        .map_err(|error| unavailable(name, failure::why(&error)))
}

pub(super) fn unavailable(server: &str, why: impl fmt::Display) -> ToolError {
    ToolError::unavailable(format!("the MCP server '{server}' cannot be used: {why}"))
}

impl fmt::Debug for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (progress, person) = (self.progress.is_some(), self.person.is_some());
        f.debug_struct("Listening").field("progress", &progress).field("person", &person).finish()
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("name", &self.name).finish_non_exhaustive()
    }
}
