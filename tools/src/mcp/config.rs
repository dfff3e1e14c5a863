//! How servers are reached, and the configuration file that names them.

use std::collections::BTreeMap;

use handyman_core::{Effect, ToolError, ToolErrorKind, ToolResult};
use indexmap::IndexMap;
use serde::{Deserialize, Deserializer};
use url::Url;

/// How a server is reached, and what is declared of its tools.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Launch {
    /// The program to start, for a server on standard input and output.
    pub command: Option<String>,
    /// Its arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// Variables it gets beside its environment.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Its environment, in place of this process's.
    #[serde(skip)]
    pub environment: Option<BTreeMap<String, String>>,
    /// The folder it is started in.
    pub cwd: Option<String>,
    /// The address, for a server over HTTP.
    pub url: Option<String>,
    /// What other clients' files say of the transport. `sse` is the one before streamable HTTP, which is not spoken here.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Headers of each request to it, such as `Authorization`.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// What the tools named here do. All others are `once`.
    #[serde(default)]
    pub effects: BTreeMap<String, Effect>,
    /// Where arguments of the tools named here come from: `{"close_issue": {"number": {"from": "list_issues.number"}}}`.
    #[serde(default)]
    pub arguments: BTreeMap<String, BTreeMap<String, Origin>>,
    /// Which tools return only what somebody trusted wrote, so that it may license effects.
    #[serde(default)]
    pub trusted: Trusted,
    /// Only these tools are offered, if any are named.
    #[serde(default)]
    pub tools: Vec<String>,
    /// Leaves the server out.
    #[serde(default)]
    pub disabled: bool,
}

/// Which tools of a server return nothing that strangers wrote. In the file `true`, or a list of tools.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "expected true, false or a list of tools")]
pub enum Trusted {
    /// All of them, or none.
    Whole(bool),
    /// Those that the server calls so. The two that read its resources are `list_resources` and `read_resource`.
    Tools(Vec<String>),
}

impl Default for Trusted {
    fn default() -> Self {
        Self::Whole(false)
    }
}

impl Trusted {
    /// Whether a tool that the server calls so is among them.
    #[must_use]
    pub fn includes(&self, tool: &str) -> bool {
        match self {
            Self::Whole(all) => *all,
            Self::Tools(named) => named.iter().any(|name| name == tool),
        }
    }

    /// The tools that are named.
    pub(super) fn named(&self) -> &[String] {
        match self {
            Self::Whole(_) => &[],
            Self::Tools(named) => named,
        }
    }
}

/// Where the value of an argument comes from, or each value of a list: `{"from": "list_issues.number"}`,
/// `{"verbatim": true}`, or either where both are said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// It is copied from what the person wrote or an earlier result says.
    #[serde(default)]
    pub verbatim: bool,
    /// It is a value that stands under one of these fields of a result; the tool goes by the name it is offered under. In
    /// the file, one or a list of them. Texts of a result that are JSON are opened for it only where the tool is of the
    /// same server.
    #[serde(default, deserialize_with = "one_or_more")]
    pub from: Vec<String>,
}

fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected TOOL.FIELD, or a list of such")]
    enum Sources {
        One(String),
        More(Vec<String>),
    }
    Ok(match Sources::deserialize(deserializer)? {
        Sources::One(source) => vec![source],
        Sources::More(sources) => sources,
    })
}

/// A file in the shape `{"mcpServers": {"NAME": {"command": …, "args": […], "env": {…}}}}`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Config {
    /// The servers by name, in the order of the file: where two have a tool of the same name, the first one's keeps it.
    #[serde(rename = "mcpServers", alias = "servers")]
    pub servers: IndexMap<String, Launch>,
}

impl Config {
    /// Reads the file's text.
    ///
    /// # Errors
    /// A sentence with the line, if it is not such a file, or with the server that cannot be reached as it is described.
    pub fn parse(text: &str) -> Result<Self, String> {
        let config: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        for (name, launch) in &config.servers {
            launch.check().map_err(|problem| format!("server '{name}': {problem}"))?;
        }
        Ok(config)
    }
}

impl Launch {
    /// A server that is started by a command line, in the shell's quoting.
    ///
    /// # Errors
    /// A sentence, if a quotation is not closed or there is no program.
    pub fn of_command_line(line: &str) -> Result<Self, String> {
        if line.starts_with("http://") || line.starts_with("https://") {
            return Ok(Self { url: Some(line.to_owned()), ..Self::default() });
        }
        let mut words = shlex::split(line).ok_or("a quotation in the command is not closed")?.into_iter();
        let command = words.next().ok_or("the command is empty")?;
        Ok(Self { command: Some(command), args: words.collect(), ..Self::default() })
    }

    /// A short name for a server that was not given one: its program, or its host and port. Nothing else of its
    /// address, in which a secret may stand, for the name is in results and errors.
    #[must_use]
    pub fn short_name(&self) -> String {
        let host = self.url.as_deref().map(|url| match url.parse::<Url>() {
            Ok(url) => match (url.host_str().unwrap_or_default(), url.port()) {
                (host, Some(port)) => format!("{host}:{port}"),
                (host, None) => host.to_owned(),
            },
            Err(_) => "server".to_owned(),
        });
        // Of `npx -y @scope/server-files`, the package says more than `npx`.
        let package = self.args.iter().find(|arg| !arg.starts_with('-')).filter(|_| {
            self.command.as_deref().is_some_and(|command| {
                ["npx", "uvx", "node", "python", "python3"].iter().any(|runner| command.ends_with(runner))
            })
        });
        let named = host.or_else(|| package.cloned()).or_else(|| self.command.clone()).unwrap_or_default();
        let last = named.rsplit(['/', '\\']).next().unwrap_or_default();
        crate::foreign::name(
            last.trim_start_matches("mcp-").trim_start_matches("server-").trim_end_matches(".py"),
        )
    }

    /// Whether arguments are taken from results of this tool. Where its name is taken, it is offered under one that ends
    /// with it.
    pub(super) fn takes_from(&self, tool: &str) -> bool {
        let origins = self.arguments.values().flat_map(BTreeMap::values);
        // Names of tools and of fields may have dots in them.
        let takes = |source: &String| {
            source
                .rmatch_indices('.')
                .any(|(at, _)| source.get(..at).is_some_and(|named| named.ends_with(tool)))
        };
        let mut sources = origins.flat_map(|origin| &origin.from);
        sources.any(takes)
    }

    fn check(&self) -> Result<(), String> {
        match (&self.command, &self.url) {
            (Some(_), None) | (None, Some(_)) => {}
            (None, None) => return Err("it names neither a `command` nor a `url`".to_owned()),
            (Some(_), Some(_)) => return Err("it names a `command` and a `url`; choose one".to_owned()),
        }
        if self.disabled {
            return Ok(());
        }
        if self.kind.as_deref() == Some("sse") {
            let problem = "its `type` is `sse`, the transport before streamable HTTP, which is not spoken here; write its \
                           address for streamable HTTP, which often ends with /mcp, and no `type`";
            return Err(problem.to_owned());
        }
        self.open_place().map_or(Ok(()), |place| {
            Err(format!(
                "{place} holds a variable such as ${{TOKEN}}, which is not filled in here; write its value, or leave a \
                 variable of `env` out where the environment has it"
            ))
        })
    }

    /// Where a variable stands that other clients would fill in: it would be sent as it is.
    fn open_place(&self) -> Option<String> {
        let is_variable = |value: &str| value.starts_with("${") && value.ends_with('}');
        let in_env = self.env.iter().find(|(_, value)| is_variable(value));
        let in_headers = self.headers.iter().find(|(_, value)| value.contains("${"));
        let in_url = self.url.as_ref().filter(|url| url.contains("${"));
        in_env
            .map(|(name, _)| format!("the value of '{name}'"))
            .or_else(|| in_headers.map(|(name, _)| format!("the header '{name}'")))
            .or_else(|| in_url.map(|_| "the `url`".to_owned()))
    }

    pub(super) fn checked(&self, name: &str) -> ToolResult<()> {
        self.check().map_err(|problem| {
            ToolError::new(
                ToolErrorKind::Refused,
                format!("the MCP server '{name}' cannot be reached: {problem}"),
            )
        })
    }
}

#[cfg(test)]
mod tests;
