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

pub(crate) use again::{options_here, with_options_here};
pub(crate) use eval::{Evaluation, lasting};
pub(crate) use local::Local;
pub(crate) use records::{ApprovalsCommand, RunsCommand, Which};
pub(crate) use typed::{Typed, parse};
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
    after_long_help = environment::table_and_status()
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
    /// Chat: one message a line, in a session that goes on after a restart; /new begins another, /quit leaves
    Chat {
        /// Name of the session [default: chat, or the newest that /new has begun]
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
    /// Run a workflow: steps written down in a file beforehand
    Workflow {
        #[command(subcommand)]
        command: WorkflowCommand,
    },
    /// Evaluate the agent on your own tasks: cases in a file, each tried in a sandbox world of its own
    ///
    /// Prints a line for each case as it is tried, then how many passed, with the 95 % confidence interval of that share. Exits
    /// with 0 only if all passed; docs/evaluating.md describes the file.
    ///
    /// Every try has a new session and a new world, or a copy of --world; both are thrown away, so calls with an effect run
    /// unasked. With options whose tools act on real things (--database-write, --booking, --calendar, --smtp, --outbox, --mcp,
    /// --mcp-config, --openapi) a try that would need a person ends there instead, unless --approve or --allow says otherwise.
    Eval {
        #[command(flatten)]
        evaluation: Evaluation,
    },
    /// Decide on calls that wait for a person
    Approvals {
        #[command(subcommand)]
        command: ApprovalsCommand,
    },
    /// Run a recorded run again, without its tools, and show where it differs
    Replay {
        /// The run, as `handyman runs list` shows it
        run: String,
        /// Check the recorded events alone: no model is loaded, and no reply is generated again
        #[arg(long)]
        without_model: bool,
        #[command(flatten)]
        options: RunOptions,
    },
    /// Fork a run: copy it up to a turn, or a workflow step, and go on differently from there
    Fork {
        /// The run, as `handyman runs list` shows it
        run: String,
        /// The turn to do anew, from 1
        #[arg(long, value_name = "TURN", value_parser = clap::value_parser!(u32).range(1..), required_unless_present = "at_step")]
        at: Option<u32>,
        /// The workflow step to do anew, with all that come after it
        #[arg(long, value_name = "STEP", conflicts_with = "at")]
        at_step: Option<String>,
        #[command(flatten)]
        options: RunOptions,
    },
    /// List, show, end, check, export or drop the runs in the journal
    Runs {
        #[command(subcommand)]
        command: RunsCommand,
    },
    /// List tools, show one, call one by hand, or begin one of your own
    Tools {
        #[command(subcommand)]
        command: ToolsCommand,
    },
    /// Serve the agent, or the sandbox's booking API, to other programs over HTTP
    #[cfg(feature = "services")]
    Serve {
        #[command(subcommand)]
        command: services::ServeCommand,
    },
    /// Run an MCP server on standard input and output: the tools and, as one more, the agent itself
    ///
    /// The options say what the agent may do. Which tools the client calls by itself is the client's decision, as far as these
    /// leave it: tools of --deny are left out, and with --approve deny all that do not only read; about each call of a tool
    /// of --ask the person at the client is asked, and where the client cannot ask, it is refused.
    #[cfg(feature = "services")]
    Mcp {
        /// Offer only the tools, and load no model
        #[arg(long)]
        no_agent: bool,
        #[command(flatten)]
        options: RunOptions,
    },
    /// Show, download, list or remove models
    Model {
        #[command(subcommand)]
        command: ModelCommand,
    },
    /// Show this machine's devices and how a model would run on them
    Doctor {
        /// A GGUF file, the name of a pulled model, or the URL of an endpoint (URL#MODEL), which is asked what models it
        /// has [default: builtin]
        #[arg(long, value_name = "MODEL")]
        model: Option<String>,
        /// Print one JSON object: `devices` with their memory in bytes, `model`, `fits` (window, threads, layers on the GPU,
        /// and notes on what could not be done as asked) and `dialect` with what its `self_test` found; for an endpoint
        /// `endpoint`, `model`, `is_listed` and `models`
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
    /// Write a new crate with a tool, an agent and tests
    New {
        /// What the tool is called, such as `parcel_status`
        name: String,
        /// The folder of the handyman crate's sources: the crate is in no package registry yet
        #[arg(long, value_name = "FOLDER")]
        handyman: Option<PathBuf>,
    },
    /// Call a tool as a model would: checked against its schema, with an idempotency key, for a minute at most
    Call {
        /// The tool
        name: String,
        /// Its arguments, a JSON object
        arguments: String,
        /// Idempotency key: repeating the call with the same key changes nothing more [default: a new one]
        #[arg(long)]
        key: Option<String>,
        #[command(flatten)]
        places: Places,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// Show a model's size, its window and the dialect that it writes calls in
    Info {
        /// A GGUF file, or the name of a model in the cache [default: builtin]
        #[arg(long, value_name = "MODEL")]
        model: Option<String>,
    },
    /// Download a model from the Hugging Face hub into the cache that it shares with other tools
    Pull {
        /// OWNER/NAME, OWNER/NAME:QUANT, or the name of a recommended model
        name: String,
        /// Use no network: fail unless the model is in the cache
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
    /// A person is asked about each, on the terminal
    Ask,
    /// They are denied
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
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = records::date)]
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
    /// Offer no sandbox tools, only those that other options add
    #[arg(long)]
    pub(crate) no_sandbox: bool,
    /// Count what these tools find (your own documents, rows, calendar) as your own words, so that effects which use it are
    /// not asked about as untrusted: `search,srv_*`, written as for --tools. A session that began without this goes on
    /// without it
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) trust: Vec<String>,
    #[command(flatten)]
    pub(crate) today: Today,
    #[cfg(feature = "services")]
    #[command(flatten)]
    pub(crate) services: services::Services,
}

/// Headings of options in the help.
const LIMITS: &str = "Limits";
pub(crate) const REPLIES: &str = "Replies";
const IN_PROCESS: &str = "Model in this process";

/// How a run is done. What stands under no heading comes before what does: a heading goes on until the next one.
#[derive(Debug, Clone, Group)]
#[command(mut_args = told_at_length)]
pub(crate) struct RunOptions {
    /// A GGUF file, the name of a pulled model, the URL of an OpenAI-compatible endpoint (URL#MODEL; its key is read from
    /// `HANDYMAN_API_KEY`), script:FILE for replies from a file, or builtin [default: builtin]
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Option<String>,
    /// Offer only these tools, in this order; a * stands for any letters, and -NAME leaves a tool out: `srv_*,-pay`
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) tools: Vec<String>,
    /// System prompt: instructions at the head of the conversation; @FILE reads them from a file
    #[arg(long, value_name = "TEXT|@FILE")]
    pub(crate) system: Option<String>,
    #[command(flatten)]
    pub(crate) record: Record,
    /// Print the run's events, one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
    /// What to do with calls that have an effect; --allow, --ask and --deny go first [default: ask]
    #[arg(long, value_enum)]
    pub(crate) approve: Option<Approve>,
    /// Let these tools run, whatever --approve says: `book,srv_*`, written as for --tools. Calls that untrusted content is
    /// behind still ask, and calls that your own words refuse are still denied
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) allow: Vec<String>,
    /// Ask about every call of these tools, even those that only read; this goes before --allow
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) ask: Vec<String>,
    /// Deny every call of these tools, even those that only read; this goes before --ask and --allow
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) deny: Vec<String>,
    /// Also ask about calls with an effect if the model was less sure than this (0 to 1) of its choices in that reply,
    /// whatever else allows them; 0 never asks. Scripts and endpoints report no confidence
    #[arg(long, value_name = "SHARE", value_parser = share, default_value_t = 0.0)]
    pub(crate) ask_below: f32,
    #[command(flatten)]
    pub(crate) places: Places,
    /// Most model replies in a run
    #[arg(long, help_heading = LIMITS, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_turns: u32,
    /// Most tool calls that the model may ask for in a run
    #[arg(long, help_heading = LIMITS, value_name = "N", default_value_t = 24)]
    pub(crate) max_calls: u32,
    /// Most tokens in all replies of a run together [default: 8192]
    #[arg(long, help_heading = LIMITS, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_tokens: Option<u64>,
    /// Most time that model and tools may take together in a run: 30s, 5m [default: 10m]
    #[arg(long, help_heading = LIMITS, value_name = "TIME", value_parser = records::time)]
    pub(crate) max_time: Option<std::time::Duration>,
    /// Most time that one tool call may take: 30s, 5m [default: 1m]
    #[arg(long, help_heading = LIMITS, value_name = "TIME", value_parser = records::time)]
    pub(crate) tool_time: Option<std::time::Duration>,
    /// Most of the model's window, in percent, that tool descriptions may take; if they would take more, the model sees
    /// only the tools' names at first and asks to be shown those it needs
    #[arg(long, help_heading = LIMITS, value_name = "PERCENT", default_value_t = 50)]
    pub(crate) tools_percent: u32,
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

/// Leaves an option out of the short help that hardly any run needs.
fn told_at_length(option: clap::Arg) -> clap::Arg {
    let is_rare = matches!(option.get_help_heading(), Some(LIMITS | REPLIES | IN_PROCESS));
    if is_rare { option.hide_short_help(true) } else { option }
}
