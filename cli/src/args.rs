//! What was typed. No I/O here; what it means is in `settings`.

mod again;
mod environment;
mod eval;
mod local;
mod records;
#[cfg(feature = "services")]
pub(crate) mod services;
mod typed;
mod workflows;

use std::path::PathBuf;

use clap::{Args as Group, Parser, Subcommand, ValueEnum};
use jiff::civil::Date;

pub(crate) use again::options_here;
pub(crate) use eval::{Evaluation, lasting};
pub(crate) use local::Local;
pub(crate) use records::{ApprovalsCommand, RunsCommand, Which};
pub(crate) use typed::parse;
pub(crate) use workflows::WorkflowCommand;

use crate::replies::{Replies, share};

/// Does what you ask with tools: weather, search, databases, bookings. Everything runs on this machine.
///
/// By default it works on a sandbox world: made-up timetables and prices for real cities, and nothing
/// is really booked.
#[derive(Debug, Parser)]
#[command(
    name = "handyman",
    version,
    args_conflicts_with_subcommands = true,
    arg_required_else_help = true,
    after_long_help = environment::table()
)]
pub(crate) struct Args {
    /// The task, in English or Chinese: the same as `handyman run TASK`; - reads it from standard input
    pub(crate) task: Option<String>,
    #[command(flatten)]
    pub(crate) options: RunOptions,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Do a task
    Run {
        /// The task, in English or Chinese; - reads it from standard input
        task: String,
        #[command(flatten)]
        options: RunOptions,
    },
    /// Talk: one message a line, in a session that goes on after a restart; /new begins another, /quit leaves
    Chat {
        /// Name of the session [default: chat, or what /new has begun since]
        #[arg(long, value_name = "NAME")]
        session: Option<String>,
        #[command(flatten)]
        options: RunOptions,
    },
    /// Go on with a run that was interrupted or waits for a person
    Resume {
        /// The run, as `handyman runs list` shows it
        run: String,
        #[command(flatten)]
        options: RunOptions,
    },
    /// Follow a workflow: steps that were written down beforehand
    Workflow {
        #[command(subcommand)]
        command: WorkflowCommand,
    },
    /// See whether an agent does your own tasks: cases in a file, each tried in a sandbox world of its own
    ///
    /// Prints a line for each case as it goes, then how many have passed, and where that share lies with 95 % confidence. Exits
    /// with 0 only if all have; docs/evaluating.md has the form of the file.
    ///
    /// Every try has a new world, or a copy of the one that --world names, and a new session. All of it goes away again, so
    /// calls that have an effect run without being asked about. Where an option offers tools that act on what stays
    /// (--database-write, --booking, --calendar, --smtp, --outbox, --mcp, --mcp-config, --openapi) they do not: a try in which a
    /// person would be asked ends there, unless --approve or --allow says otherwise. Nobody is asked.
    Eval {
        #[command(flatten)]
        evaluation: Evaluation,
    },
    /// Decide on calls that wait for a person
    Approvals {
        #[command(subcommand)]
        command: ApprovalsCommand,
    },
    /// Run a recorded run again, without its tools, and show where it goes another way
    Replay {
        /// The run
        run: String,
        /// Only check the events; generate nothing
        #[arg(long)]
        without_model: bool,
        #[command(flatten)]
        options: RunOptions,
    },
    /// Begin a new run that has happened as another one until some turn, or some step of its workflow
    Fork {
        /// The run
        run: String,
        /// The turn that is taken anew, from 1
        #[arg(long, value_name = "TURN", value_parser = clap::value_parser!(u32).range(1..), required_unless_present = "at_step")]
        at: Option<u32>,
        /// The step of a workflow that is taken anew, with all that come after it
        #[arg(long, value_name = "STEP", conflicts_with = "at")]
        at_step: Option<String>,
        #[command(flatten)]
        options: RunOptions,
    },
    /// Look at runs in the journal, or look after it
    Runs {
        #[command(subcommand)]
        command: RunsCommand,
    },
    /// Look at tools, or call one by hand
    Tools {
        #[command(subcommand)]
        command: ToolsCommand,
    },
    /// Serve the agent, or the sandbox, to other programs over HTTP
    #[cfg(feature = "services")]
    Serve {
        #[command(subcommand)]
        command: services::ServeCommand,
    },
    /// Offer the tools, and the agent itself as one, to other programs' agents: an MCP server on standard input and output
    #[cfg(feature = "services")]
    Mcp {
        /// Offer the tools alone, and load no model
        #[arg(long)]
        no_agent: bool,
        #[command(flatten)]
        options: RunOptions,
    },
    /// Look at models
    Model {
        #[command(subcommand)]
        command: ModelCommand,
    },
    /// Show what there is to compute on, and how a model would run on it
    Doctor {
        /// A GGUF file, the name of a pulled model, or the URL of an endpoint (URL#MODEL), which is asked what models it
        /// has; the built-in model if left out
        #[arg(long, value_name = "MODEL")]
        model: Option<String>,
        /// Print one JSON object: `devices` with their memory in bytes, `model`, `fits` (window, threads, layers on the GPU,
        /// and notes on what was not done as asked) and `dialect` with what its `self_test` found; of an endpoint `endpoint`,
        /// `model`, `is_listed` and `models`
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ToolsCommand {
    /// List the tools and their effects
    List {
        #[command(flatten)]
        places: Places,
    },
    /// Show one tool's description and schema
    Show {
        /// The tool
        name: String,
        #[command(flatten)]
        places: Places,
    },
    /// Write a crate with a tool of one's own to begin with
    New {
        /// What the tool is called, such as `parcel_status`
        name: String,
        /// The folder of the handyman crate: its sources, which are in no package registry yet
        #[arg(long, value_name = "FOLDER")]
        handyman: Option<PathBuf>,
    },
    /// Call a tool as a model would: through the schema, with an idempotency key, for a minute at most
    Call {
        /// The tool
        name: String,
        /// Its arguments, a JSON object
        arguments: String,
        #[command(flatten)]
        places: Places,
        /// Use this idempotency key, so that repeating the call changes nothing more
        #[arg(long)]
        key: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// Show what a model is and how it is spoken to
    Info {
        /// A GGUF file, or the name of a model in the cache; the built-in model if left out
        #[arg(long, value_name = "MODEL")]
        model: Option<String>,
    },
    /// Download a model from the Hugging Face hub into the cache that other tools share
    Pull {
        /// OWNER/NAME, OWNER/NAME:QUANT, or the name of a recommended model
        name: String,
        /// Ask nothing of the network: fail unless the model is in the cache
        #[arg(long)]
        offline: bool,
    },
    /// List the models in the cache, and some that are recommended for this machine's memory
    List,
    /// Remove a model from the cache
    Remove {
        /// OWNER/NAME or OWNER/NAME:QUANT
        name: String,
    },
}

/// What happens with calls that have an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Approve {
    /// They run
    Auto,
    /// A person is asked for each, on the terminal
    Ask,
    /// They are refused
    Deny,
}

/// Where runs are recorded.
#[derive(Debug, Clone, Group)]
pub(crate) struct Record {
    /// Journal of runs [default: journal.db in the data folder]
    #[arg(long, value_name = "FILE")]
    pub(crate) journal: Option<PathBuf>,
}

/// What day it is.
#[derive(Debug, Clone, Copy, Group)]
pub(crate) struct Today {
    /// Today's date, for tests and demonstrations [default: the clock's]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) date: Option<Date>,
}

/// What tools work on.
#[derive(Debug, Clone, Group)]
pub(crate) struct Places {
    /// Sandbox world [default: world.db in the data folder]
    #[arg(long, value_name = "FILE")]
    pub(crate) world: Option<PathBuf>,
    /// Search this folder of .txt, .md, .html and .pdf files instead of the bundled documents
    #[arg(long, value_name = "FOLDER")]
    pub(crate) docs: Option<PathBuf>,
    /// Query this database instead of the sandbox world: a SQLite file, postgres://… or mysql://…
    #[arg(long, value_name = "FILE|URL")]
    pub(crate) database: Option<String>,
    /// Offer `change_rows`, which changes rows of that database and asks first
    #[arg(long, requires = "database")]
    pub(crate) database_write: bool,
    /// Offer a tool that reads the mail in this folder of .txt, .eml and .md files
    #[arg(long, value_name = "FOLDER")]
    pub(crate) mail: Option<PathBuf>,
    /// Offer no tool of the sandbox: only those on what other options name
    #[arg(long)]
    pub(crate) no_sandbox: bool,
    #[cfg(feature = "services")]
    #[command(flatten)]
    pub(crate) services: services::Services,
    #[command(flatten)]
    pub(crate) today: Today,
}

/// How a run is done.
#[derive(Debug, Clone, Group)]
pub(crate) struct RunOptions {
    /// A GGUF file, the name of a pulled model, the URL of an OpenAI-compatible endpoint (URL#MODEL; its key is read from
    /// `HANDYMAN_API_KEY`), script:FILE for replies from a file, or builtin [default: builtin]
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Option<String>,
    /// Offer only these tools, in this order; a * stands for any letters, and -NAME leaves a tool out: `srv_*,-pay`
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) tools: Vec<String>,
    /// Instructions that head the conversation; @FILE reads them from a file
    #[arg(long, value_name = "TEXT|@FILE")]
    pub(crate) system: Option<String>,
    #[command(flatten)]
    pub(crate) record: Record,
    #[command(flatten)]
    pub(crate) places: Places,
    /// Model replies the run may take
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_turns: u32,
    /// Tool calls that the model may ask for
    #[arg(long, value_name = "N", default_value_t = 24)]
    pub(crate) max_calls: u32,
    /// Tokens the run's replies may have together [default: 8192]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_tokens: Option<u64>,
    /// Time that model and tools may take together: 30s, 5m [default: 10m]
    #[arg(long, value_name = "TIME", value_parser = records::time)]
    pub(crate) max_time: Option<std::time::Duration>,
    /// Time that one call of a tool may take: 30s, 5m [default: 1m]
    #[arg(long, value_name = "TIME", value_parser = records::time)]
    pub(crate) tool_time: Option<std::time::Duration>,
    /// Percent of the model's window that descriptions of tools may take; with more, the model first sees their names
    /// and asks to be shown those it needs
    #[arg(long, value_name = "PERCENT", default_value_t = 50)]
    pub(crate) tools_percent: u32,
    /// Print the run's events, one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
    /// What happens with calls that have an effect, of tools that the next three options do not name [default: ask]
    #[arg(long, value_enum)]
    pub(crate) approve: Option<Approve>,
    /// Let these tools run, whatever --approve says of their effect: `book,srv_*`, written as for --tools. What untrusted
    /// content is behind, or your own words refuse, is held all the same
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) allow: Vec<String>,
    /// Ask about each call of these tools, even of those that only read; this goes before --allow
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) ask: Vec<String>,
    /// Refuse each call of these tools, even of those that only read; this goes before --ask and --allow
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) refuse: Vec<String>,
    /// Ask also about each call with an effect in a reply in which the model was less sure than this of what it chose, whatever
    /// else allows it: 0.9 is nine in ten, 0 asks about none. Scripts and endpoints do not say how sure they are
    #[arg(long, value_name = "SHARE", value_parser = share, default_value_t = 0.0)]
    pub(crate) ask_below: f32,
    #[command(flatten)]
    pub(crate) replies: Replies,
    #[command(flatten)]
    pub(crate) local: Local,
}

impl RunOptions {
    /// What happens with calls that have an effect.
    pub(crate) fn approve(&self) -> Approve {
        self.approve.unwrap_or(Approve::Ask)
    }
}
