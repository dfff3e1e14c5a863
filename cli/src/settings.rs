//! What was typed means this: files, models, tools and agents.

mod closing;
mod files;
mod offer;

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use handyman::{
    Agent, AllowAll, AnswerSchema, AskFor, AskForEffects, ByTool, Fault, Limits, Model, ReadOnly,
    ScriptModel, SessionId, SqliteJournal, ToolChoice, Toolbox,
};
use jiff::civil::{DateTime, Time};

use crate::approve::UnlessAlways;
use crate::args::{Approve, Local, Record, RunOptions, Today};
use crate::models;
use crate::problem::Problem;
#[cfg(feature = "llama")]
use crate::show;
use closing::Open;

pub(crate) use closing::close;
pub(crate) use files::Files;
#[cfg(feature = "services")]
pub(crate) use offer::{Candidate, Shared, shared};

/// Bytes on disk for computed tokens of sessions, with which a later process goes on.
#[cfg(feature = "llama")]
const STATES_BYTES_MAX: u64 = 2 << 30;

const FOLDER_HINT: &str =
    "set HANDYMAN_HOME to a folder that you can write to, or name the files with --journal and --world";

/// The file that runs are recorded in.
#[derive(Debug)]
pub(crate) struct JournalFile {
    pub(crate) path: PathBuf,
    is_named: bool,
}

impl JournalFile {
    pub(crate) fn of(record: &Record) -> Result<Self, Problem> {
        Ok(Self {
            path: in_data_folder("--journal", record.journal.as_deref(), "journal.db")?,
            is_named: record.journal.is_some(),
        })
    }

    pub(crate) async fn open(&self) -> Result<Arc<SqliteJournal>, Problem> {
        let opened = SqliteJournal::open(&self.path).await;
        let journal = Arc::new(opened.map_err(|fault| self.unopened(fault))?);
        closing::in_the_end(Open::Journal(Arc::clone(&journal)));
        Ok(journal)
    }

    /// Where no file was named, it is the data folder that cannot be written to.
    fn unopened(&self, fault: Fault) -> Problem {
        let is_unwritable = fault.hint().is_some_and(|hint| hint.contains("you can write to"));
        let problem = Problem::from(fault);
        if is_unwritable && !self.is_named { problem.with_hint(FOLDER_HINT) } else { problem }
    }

    /// A journal that was named and is to be looked at has to be there: opening it would make an empty one.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        if self.is_named && !self.path.exists() {
            return Err(Problem::usage(format!("there is no journal {}", self.path.display()))
                .with_hint("name the file that the runs were recorded in with --journal FILE"));
        }
        Ok(())
    }

    /// The journal that is to be looked at; where nothing was run yet, an empty one.
    pub(crate) async fn open_existing(&self) -> Result<Arc<SqliteJournal>, Problem> {
        self.check()?;
        let journal = if self.path.exists() {
            SqliteJournal::open_existing(&self.path).await?
        } else {
            SqliteJournal::in_memory().await?
        };
        let journal = Arc::new(journal);
        closing::in_the_end(Open::Journal(Arc::clone(&journal)));
        Ok(journal)
    }

    /// The journal that is there, to be changed.
    pub(crate) async fn open_to_change(&self) -> Result<Arc<SqliteJournal>, Problem> {
        let journal = self.open_existing().await?;
        if journal.is_read_only() {
            return Err(Problem::new(format!("the journal {} cannot be written", self.path.display()))
                .with_hint("let it be written to, or name a copy that can be with --journal FILE"));
        }
        Ok(journal)
    }
}

impl Today {
    /// The clock's local date and time, or nine o'clock on the day that was set.
    pub(crate) fn now(self) -> DateTime {
        let nine = Time::constant(9, 0, 0, 0);
        self.date.map_or_else(|| jiff::ZonedDateTime::now().datetime(), |date| date.to_datetime(nine))
    }
}

/// The file that an option names, or the usual one in the data folder.
fn in_data_folder(option: &str, named: Option<&Path>, name: &str) -> Result<PathBuf, Problem> {
    match named {
        Some(path) if path.is_dir() => {
            let problem = format!("{option} {} is a folder", path.display());
            Err(Problem::usage(problem).with_hint("name a file"))
        }
        Some(path) => Ok(path.to_owned()),
        None => data_folder().map(|folder| folder.join(name)),
    }
}

/// The folder for what outlives a run: `$HANDYMAN_HOME`, else the platform's place for user data.
fn data_folder() -> Result<PathBuf, Problem> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("HANDYMAN_HOME")
        .or_else(|| set("XDG_DATA_HOME").map(|folder| folder.join("handyman")))
        .or_else(|| set("HOME").map(|folder| folder.join(".local/share/handyman")))
        .or_else(|| set("LOCALAPPDATA").map(|folder| folder.join("handyman")))
        .ok_or_else(|| {
            Problem::new("there is no home folder to keep the journal in")
                .with_hint("set HANDYMAN_HOME, or name the files with --journal and --world")
        })
}

/// The agent a run's options describe.
pub(crate) async fn agent(options: &RunOptions, files: &Files) -> Result<Agent, Problem> {
    agent_that(asks(options), options, files).await
}

/// The same agent for people who are elsewhere: nobody at this terminal is asked anything.
#[cfg(feature = "services")]
pub(crate) async fn agent_elsewhere(options: &RunOptions, files: &Files) -> Result<Agent, Problem> {
    agent_that(false, options, files).await
}

/// The agent; `asks` says whether the person at the terminal may be asked what a tool server wants to know.
async fn agent_that(asks: bool, options: &RunOptions, files: &Files) -> Result<Agent, Problem> {
    let named = models::other_than_builtin(options.model.as_deref());
    let (model, tools) = if named.is_none() {
        // The world is made while the model that is part of this program is loaded. Whatever becomes of the world, the
        // model is waited for: a process that ends while llama.cpp loads takes its tables down under it.
        let tools = open_tools(options, files, asks);
        let (model, tools) = tokio::join!(models::open(None, options), tools);
        let tools = tools?;
        (model?, tools)
    } else {
        // A model that cannot be loaded leaves no journal behind.
        let model = models::open(named, options).await?;
        (model, open_tools(options, files, asks).await?)
    };
    agent_of(model, tools, options, files)
}

/// The same agent for work that asks no model.
pub(crate) async fn agent_without_model(options: &RunOptions, files: &Files) -> Result<Agent, Problem> {
    let tools = open_tools(options, files, asks(options)).await?;
    agent_of(ScriptModel::parse("")?, tools, options, files)
}

/// The same agent for going through what is in a journal again, with the model or without: nothing is done, so nothing has
/// to be written to.
pub(crate) async fn agent_to_look(
    journal: Arc<SqliteJournal>,
    asks_model: bool,
    options: &RunOptions,
) -> Result<Agent, Problem> {
    let files = Files::untouched(&options.places)?;
    let model: Box<dyn Model> = if asks_model {
        models::open(models::other_than_builtin(options.model.as_deref()), options).await?
    } else {
        Box::new(ScriptModel::parse("")?)
    };
    let toolbox = files.open_toolbox_with(None, false, &options.tools).await?;
    agent_of(model, (journal, toolbox), options, &files)
}

/// The same agent with a model that is there already, where nobody is asked anything.
pub(crate) async fn agent_unasked(
    model: Arc<dyn Model>,
    options: &RunOptions,
    files: &Files,
) -> Result<Agent, Problem> {
    let tools = open_tools(options, files, false).await?;
    agent_of(model, tools, options, files)
}

/// Whether a person may be asked something.
fn asks(options: &RunOptions) -> bool {
    options.approve() != Approve::Deny || !options.ask.is_empty() || options.ask_below > 0.0
}

/// The journal, and the tools that are on offer.
async fn open_tools(
    options: &RunOptions,
    files: &Files,
    asks: bool,
) -> Result<(Arc<SqliteJournal>, Toolbox), Problem> {
    let file = JournalFile::of(&options.record)?;
    let journal = file.open().await?;
    let shared = files.is_world(&file.path).then_some(&journal);
    let toolbox = files.open_toolbox_with(shared, asks, &options.tools).await?;
    Ok((journal, toolbox))
}

fn agent_of(
    model: impl Model + 'static,
    (journal, toolbox): (Arc<SqliteJournal>, Toolbox),
    options: &RunOptions,
    files: &Files,
) -> Result<Agent, Problem> {
    let agent = Agent::new(model);
    let agent = match options.approve() {
        Approve::Auto => agent.policy(policy(AllowAll, options, &toolbox)?),
        Approve::Ask => agent.policy(policy(UnlessAlways(AskForEffects), options, &toolbox)?),
        Approve::Deny => agent.policy(policy(ReadOnly, options, &toolbox)?),
    };
    let shape = options.replies.answer_schema.as_deref().map(answer_schema).transpose()?;
    let is_builtin = models::other_than_builtin(options.model.as_deref()).is_none();
    let replies = options.replies.options(shape, is_builtin);
    if let ToolChoice::Tool(name) = &replies.tool_choice {
        // A name that no tool has is a mistake worth telling before anything runs.
        toolbox.only(std::slice::from_ref(name))?;
    }
    let agent = match options.system.as_deref().map(instructions).transpose()? {
        Some(text) if !text.trim().is_empty() => agent.system(text),
        Some(_) | None => agent,
    };
    let agent = agent.toolbox(toolbox).limits(limits(options)).options(replies).journal_with(journal);
    // Without a date that was set, each run begins at the clock's time: a chat may go on past midnight.
    Ok(if options.places.today.date.is_some() { agent.now(files.now()) } else { agent })
}

/// What was said of tools by their names, before what was said of effects; and whatever these allow is asked about where the
/// model was not sure.
pub(crate) fn policy<P>(
    effects: P,
    options: &RunOptions,
    toolbox: &Toolbox,
) -> Result<AskFor<ByTool<P>>, Problem> {
    let by_tool = ByTool::new(effects)
        .allow(offer::on_offer("--allow", &options.allow, toolbox)?)
        .ask(offer::on_offer("--ask", &options.ask, toolbox)?)
        .deny(offer::on_offer("--deny", &options.deny, toolbox)?);
    Ok(AskFor::unsure(options.ask_below, by_tool))
}

/// The instructions that were written, or those of the file after an `@`.
fn instructions(said: &str) -> Result<String, Problem> {
    let Some(file) = said.strip_prefix('@') else { return Ok(said.to_owned()) };
    let text = std::fs::read_to_string(file).map_err(|error| {
        Problem::unread(format!("--system: {file} cannot be read: {error}"), &error)
            .with_hint("name a file of text that is there after the @, or write the instructions themselves")
    })?;
    Ok(text.trim_end().to_owned())
}

/// What a run may use up.
fn limits(options: &RunOptions) -> Limits {
    let usual = Limits::default();
    Limits {
        turns_max: options.max_turns,
        calls_max: options.max_calls,
        tools_percent: options.tools_percent,
        tokens_max: options.max_tokens.unwrap_or(usual.tokens_max),
        wall_time: options.max_time.unwrap_or(usual.wall_time),
        tool_time: options.tool_time.unwrap_or(usual.tool_time),
        ..usual
    }
}

/// The shape of an answer, from a file.
fn answer_schema(file: &Path) -> Result<AnswerSchema, Problem> {
    const HINT: &str =
        "name a file with one JSON schema, such as {\"type\": \"object\", \"properties\": {…}}";
    let told = |problem: &dyn Display| format!("--answer-schema {}: {problem}", file.display());
    let text = std::fs::read_to_string(file)
        .map_err(|error| Problem::unread(told(&error), &error).with_hint(HINT))?;
    let wrong = |problem: &dyn Display| Problem::usage(told(problem)).with_hint(HINT);
    let schema = serde_json::from_str(&text).map_err(|error| wrong(&format!("not JSON: {error}")))?;
    AnswerSchema::new(schema).map_err(|fault| wrong(&fault))
}

/// A model in this process as it is run by default: the one named, or the built-in one.
#[cfg(feature = "llama")]
pub(crate) async fn local_model(named: Option<&str>) -> Result<handyman::LocalModel, Problem> {
    local_model_with(named, &Local::default()).await
}

/// A model in this process, run as the options say: the one named, or the built-in one.
#[cfg(feature = "llama")]
pub(crate) async fn local_model_with(
    named: Option<&str>,
    local: &Local,
) -> Result<handyman::LocalModel, Problem> {
    use handyman::{BuiltinModel, LocalModel, ModelSettings};
    let Local { window, threads, gpu_layers, cache_type, forgets } = *local;
    let states = if forgets { None } else { states() };
    let cache_type = cache_type.map(Into::into).unwrap_or_default();
    let settings =
        ModelSettings { states, window, threads, gpu_layers, cache_type, ..ModelSettings::default() };
    let model = match models::other_than_builtin(named) {
        Some(name) => LocalModel::load(models::file(name)?, settings).await?,
        None => LocalModel::builtin_with(settings).await?,
    };
    unmet(local, model.card())?.iter().for_each(|note| show::note(note));
    Ok(model)
}

/// Where computed tokens are kept. Without a data folder that is nowhere, and nothing else is lost.
#[cfg(feature = "llama")]
fn states() -> Option<handyman::StateFolder> {
    let folder = data_folder().ok()?.join("states");
    Some(handyman::StateFolder { folder, bytes_max: STATES_BYTES_MAX })
}

/// Removes the computed tokens of sessions.
#[cfg(feature = "llama")]
pub(crate) fn forget_states(sessions: &[SessionId]) -> Result<(), Problem> {
    states().map_or(Ok(()), |states| states.forget(sessions).map_err(Problem::from))
}

/// What was asked for and cannot be had, so that nobody takes it for done.
#[cfg(feature = "llama")]
fn unmet(local: &Local, card: &handyman::ModelCard) -> Result<Vec<String>, Problem> {
    let mut notes = Vec::new();
    if local.window.is_some_and(|asked| asked > card.window) {
        notes.push(format!("--window: the model was trained for {} tokens", card.window_trained));
    }
    if local.threads.is_some_and(|asked| asked > card.threads) {
        notes.push(format!("--threads: this process may use {}", card.threads));
    }
    if local.gpu_layers.is_some_and(|asked| asked > 0) {
        notes.extend(card.notes.iter().map(|note| format!("--gpu-layers: {note}")));
        if !handyman::devices()?.iter().any(|device| device.is_gpu) {
            notes.push("--gpu-layers: there is no GPU that this build can compute on".to_owned());
        }
    }
    Ok(notes)
}

/// This build has no engine, and keeps no tokens.
#[cfg(not(feature = "llama"))]
#[expect(clippy::unnecessary_wraps, reason = "as it is where there is an engine")]
pub(crate) fn forget_states(_sessions: &[SessionId]) -> Result<(), Problem> {
    Ok(())
}

/// This build has no engine.
#[cfg(not(feature = "llama"))]
pub(crate) async fn local_model(named: Option<&str>) -> Result<ScriptModel, Problem> {
    local_model_with(named, &Local::default()).await
}

/// This build has no engine.
#[cfg(not(feature = "llama"))]
#[expect(clippy::unused_async, reason = "as it is where there is an engine")]
pub(crate) async fn local_model_with(named: Option<&str>, _local: &Local) -> Result<ScriptModel, Problem> {
    models::other_than_builtin(named).map(models::file).transpose()?;
    let missing = Problem::new("this build has no llama.cpp engine")
        .with_hint("build with the feature `llama`, or play replies with --model script:FILE");
    Err(missing)
}
