//! Options that name services and tool servers.

use std::path::PathBuf;

use clap::{Args as Group, Subcommand};

use super::{Places, RunOptions};

/// What tools are offered beside the sandbox's, and what stands in for parts of it.
#[derive(Debug, Clone, Default, Group)]
#[command(next_help_heading = "Services")]
pub(crate) struct Services {
    /// Forecasts from Open-Meteo instead of the sandbox; with =URL, from an Open-Meteo server of your own
    #[arg(long, value_name = "open-meteo[=URL]")]
    pub(crate) weather: Option<String>,
    /// Offer `search_web` and `read_page`; keys are read from `HANDYMAN_BRAVE_KEY` and `HANDYMAN_TAVILY_KEY`
    #[arg(long, value_name = "searxng=URL|brave|tavily")]
    pub(crate) search: Option<String>,
    /// Search and book at this booking service instead of in the sandbox; its token is read from `HANDYMAN_BOOKING_TOKEN`
    #[arg(long, value_name = "URL")]
    pub(crate) booking: Option<String>,
    /// Use the calendar in this iCalendar file instead of the sandbox's
    #[arg(long, value_name = "FILE.ics")]
    pub(crate) calendar: Option<PathBuf>,
    /// Offer `send_mail` through this mail server; the user's password is read from `HANDYMAN_SMTP_PASSWORD`
    #[arg(
        long,
        value_name = "smtps://USER@HOST|smtp://…",
        conflicts_with = "outbox",
        requires = "mail_from"
    )]
    pub(crate) smtp: Option<String>,
    /// Offer `send_mail`, which puts messages into this folder for another program to send
    #[arg(long, value_name = "FOLDER", requires = "mail_from")]
    pub(crate) outbox: Option<PathBuf>,
    /// Sender of the mail: ann@example.org, or 'Ann Example <ann@example.org>'
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) mail_from: Option<String>,
    /// Offer the tools of an MCP server: the command that starts it, or its URL (may be repeated)
    #[arg(long, value_name = "COMMAND|URL")]
    pub(crate) mcp: Vec<String>,
    /// Offer the tools of the MCP servers that this file names: {"mcpServers": {…}}
    #[arg(long, value_name = "FILE")]
    pub(crate) mcp_config: Option<PathBuf>,
    /// Offer the operations of an OpenAPI document (may be repeated)
    #[arg(long, value_name = "FILE")]
    pub(crate) openapi: Vec<PathBuf>,
    /// Base URL of the services of --openapi, instead of the one in their documents
    #[arg(long, value_name = "URL", requires = "openapi")]
    pub(crate) openapi_base: Option<String>,
    /// Declare that these tools of --mcp and --openapi only read, so that nobody is asked before they run
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub(crate) reads: Vec<String>,
    /// Let `read_page` fetch from this machine and private networks too
    #[arg(long)]
    pub(crate) private_pages: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ServeCommand {
    /// Serve the booking API on the sandbox world (see docs/booking-api.md)
    Booking {
        /// Where to listen; port 0 takes any free one
        #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8642")]
        listen: String,
        #[command(flatten)]
        places: Box<Places>,
    },
    /// Serve the agent over HTTP: runs, their events as they happen, approvals (see docs/agent-api.md)
    ///
    /// Clients on other machines need a key: set `HANDYMAN_SERVE_KEY`.
    #[command(mut_args = as_served)]
    Agent {
        /// Where to listen; port 0 takes any free one. An address that other machines can reach needs a key
        #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8643")]
        listen: String,
        /// Let web pages of this origin use the API too: `https://app.example.org` (may be repeated)
        #[arg(long, value_name = "URL")]
        origin: Vec<String>,
        /// Runs that may be under way at once; further ones are answered with 503 and `Retry-After`
        #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..))]
        max_runs: u32,
        #[command(flatten)]
        options: Box<RunOptions>,
    },
}

/// Says of an option what it means where the agent is served, where that is something else than for a run.
fn as_served(option: clap::Arg) -> clap::Arg {
    match option.get_id().as_str() {
        "json" => option.hide(true),
        "approve" => option.hide_possible_values(true).help(
            "What to do with calls that have an effect; --allow, --ask and --deny go first. auto lets them run, with ask the \
             run waits until a client decides, deny denies them [default: ask]",
        ),
        _ => option,
    }
}
