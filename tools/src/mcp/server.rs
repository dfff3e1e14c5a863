//! A server: its tools, and the connection that they are called over.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use handyman_core::{Effect, Tool, ToolError, ToolErrorKind, ToolResult};

use super::config::{Launch, Origin};
use super::connection::Connection;
use super::failure;
use super::listener::{Listener, Listening};
use super::pages::Listed;
use super::resources::{list_resources, read_resource};
use super::restart::Restarts;
use super::tool::{McpTool, unusable};
use crate::wrap::Declared;

/// Time a server has to start; the first time, its package may have to be fetched.
const START_TIME: Duration = Duration::from_mins(2);

/// An MCP server that is connected. One that has ended is started again by the next call, or reached anew. Dropped, its
/// process ends.
pub struct Server {
    pub(super) name: String,
    pub(super) launch: Launch,
    pub(super) to: Listening,
    pub(super) current: Mutex<Arc<Connection>>,
    pub(super) restarts: Restarts,
    /// What is said of the tools that were left out.
    left_out: Mutex<Vec<String>>,
}

impl Server {
    /// Starts or reaches a server and greets it.
    ///
    /// # Errors
    /// Of kind `Unavailable`, with what the server complained of, if it cannot be reached in time.
    pub async fn connect(name: &str, launch: &Launch, to: Listening) -> ToolResult<Self> {
        launch.checked(name)?;
        let connection = Connection::open(launch, Listener::new(name, &to), 0, START_TIME)
            .await
            .map_err(|why| unavailable(name, why))?;
        Ok(Self {
            name: name.to_owned(),
            launch: launch.clone(),
            to,
            current: Mutex::new(Arc::new(connection)),
            restarts: Restarts::default(),
            left_out: Mutex::default(),
        })
    }

    /// What the server is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server's tools as they are now, and two to list and read its resources if it has any. A tool whose schema is too
    /// large or too deep is left out; [`Server::left_out`] says so.
    ///
    /// # Errors
    /// If the server cannot be asked, its list has no end or is too long, or it is declared to have a tool that it has not, or such an argument of one.
    pub async fn tools(self: &Arc<Self>) -> ToolResult<Vec<Arc<dyn Tool>>> {
        let connection = self.connected().await?;
        let state = connection.state();
        let listed = self.listed(&connection).await?;
        let resources: Vec<Arc<dyn Tool>> = if connection.is_capable(|server| server.resources.is_some()) {
            vec![Arc::new(list_resources(Arc::clone(self))), Arc::new(read_resource(Arc::clone(self)))]
        } else {
            Vec::new()
        };
        let Launch { effects, arguments, trusted, tools: wanted, .. } = &self.launch;
        let is_of_tools = |name: &&String| resources.iter().all(|tool| tool.spec().name != **name);
        let trusted = trusted.named().iter().filter(is_of_tools);
        for name in effects.keys().chain(arguments.keys()).chain(wanted).chain(trusted) {
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
        let chosen =
            listed.into_iter().filter(|tool| wanted.is_empty() || wanted.contains(&tool.name.to_string()));
        let mut tools = Vec::new();
        let mut left_out = Vec::new();
        for tool in chosen {
            if let Some(why) = unusable(&tool) {
                left_out.push(format!("{}: {why}", tool.name));
                continue;
            }
            let effect = effects.get(tool.name.as_ref()).copied().unwrap_or(Effect::Once);
            let name = tool.name.to_string();
            let tool = Arc::new(McpTool::new(Arc::clone(self), tool, effect, state));
            tools.push(self.declared(tool, &name, arguments.get(&name))?);
        }
        *self.left_out.lock().unwrap_or_else(PoisonError::into_inner) = left_out;
        for tool in resources {
            let name = tool.spec().name.clone();
            tools.push(self.declared(tool, &name, None)?);
        }
        Ok(tools)
    }

    /// The tools that were not among those that [`Server::tools`] gave at last, each with why.
    #[must_use]
    pub fn left_out(&self) -> Vec<String> {
        self.left_out.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All tools as the server lists them.
    async fn listed(&self, connection: &Connection) -> ToolResult<Vec<rmcp::model::Tool>> {
        if !connection.is_capable(|server| server.tools.is_some()) {
            return Ok(Vec::new());
        }
        let listed = connection.list_tools().await;
        let Listed { items, cut } = listed.map_err(|error| unavailable(&self.name, failure::why(&error)))?;
        match cut {
            Some(why) => Err(unavailable(&self.name, why)),
            None => Ok(items),
        }
    }

    /// A tool that the server calls so, with what is declared of it and of its arguments.
    fn declared(
        &self,
        tool: Arc<dyn Tool>,
        name: &str,
        origins: Option<&BTreeMap<String, Origin>>,
    ) -> ToolResult<Arc<dyn Tool>> {
        let mut declared = Declared::of(tool);
        if self.launch.trusted.includes(name) {
            declared = declared.trusted();
        }
        for (argument, Origin { verbatim, from }) in origins.into_iter().flatten() {
            if *verbatim {
                declared = declared.verbatim(argument)?;
            }
            for source in from {
                declared = declared.from(argument, source)?;
            }
        }
        Ok(Arc::new(declared))
    }

    /// The connection there is, whether it has ended or not.
    pub(super) fn current(&self) -> Arc<Connection> {
        Arc::clone(&self.current.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

pub(super) fn unavailable(server: &str, why: impl fmt::Display) -> ToolError {
    ToolError::unavailable(format!("the MCP server '{server}' cannot be used: {why}"))
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("name", &self.name).finish_non_exhaustive()
    }
}
