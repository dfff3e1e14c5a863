//! What was typed means this: files, models, tools and agents.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use handyman::tools::database::Place;
use handyman::tools::{Sandbox, Settings};
use handyman::{
    Agent, AllowAll, AnswerSchema, AskForEffects, JournalWitness, Limits, Model, ReadOnly, ScriptModel,
    SqliteJournal, ToolChoice, Toolbox,
};
use jiff::civil::{DateTime, Time};

use crate::args::{Approve, Places, Record, RunOptions, Today};
use crate::models;
use crate::problem::Problem;

/// Bytes on disk for computed tokens of sessions, with which a later process goes on.
#[cfg(feature = "llama")]
const STATES_BYTES_MAX: u64 = 2 << 30;

/// The file that runs are recorded in.
#[derive(Debug)]
pub(crate) struct JournalFile {
    pub(crate) path: PathBuf,
    is_named: bool,
}

impl JournalFile {
    pub(crate) fn of(record: &Record) -> Result<Self, Problem> {
        Ok(Self {
            path: in_data_folder(record.journal.as_deref(), "journal.db")?,
            is_named: record.journal.is_some(),
        })
    }

    pub(crate) async fn open(&self) -> Result<SqliteJournal, Problem> {
        Ok(SqliteJournal::open(&self.path).await?)
    }

    /// A journal that was named and is to be looked at has to be there: opening it would make an empty one.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        if self.is_named && !self.path.exists() {
            return Err(Problem::usage(format!("there is no journal {}", self.path.display()))
                .with_hint("name the file that the runs were recorded in with --journal FILE"));
        }
        Ok(())
    }

    /// The journal that is to be looked at.
    pub(crate) async fn open_existing(&self) -> Result<SqliteJournal, Problem> {
        self.check()?;
        self.open().await
    }
}

/// What tools work on, with the defaults filled in.
#[derive(Debug)]
pub(crate) struct Files {
    world: PathBuf,
    docs: Option<PathBuf>,
    mail: Option<PathBuf>,
    database: Option<Place>,
    database_write: bool,
    #[cfg(feature = "services")]
    services: crate::args::services::Services,
    today: Today,
}

impl Files {
    pub(crate) fn of(places: &Places) -> Result<Self, Problem> {
        Ok(Self {
            world: in_data_folder(places.world.as_deref(), "world.db")?,
            docs: places.docs.clone(),
            mail: places.mail.clone(),
            database: database(places.database.as_deref())?,
            database_write: places.database_write,
            #[cfg(feature = "services")]
            services: places.services.clone(),
            today: places.today,
        })
    }

    /// All tools: the sandbox's, and those that were configured.
    pub(crate) async fn open_toolbox(&self) -> Result<Toolbox, Problem> {
        self.open_toolbox_with(None, true).await
    }

    /// All tools; a journal in the world's own file becomes part of every effect's transaction.
    async fn open_toolbox_with(
        &self,
        journal: Option<&Arc<SqliteJournal>>,
        asks: bool,
    ) -> Result<Toolbox, Problem> {
        #[cfg(not(feature = "services"))]
        let _ = asks;
        let tools = self.open_sandbox(journal).await?.tools();
        #[cfg(feature = "services")]
        let tools = crate::services::tools(&self.services, tools, asks).await?;
        Ok(Toolbox::new().with_all(tools)?)
    }

    /// The sandbox, on its world.
    pub(crate) async fn open_sandbox(
        &self,
        journal: Option<&Arc<SqliteJournal>>,
    ) -> Result<Sandbox, Problem> {
        if let Some(folder) = self.world.parent() {
            std::fs::create_dir_all(folder).map_err(|error| {
                Problem::new(format!("the folder {} cannot be made: {error}", folder.display()))
                    .with_hint("name a place you can write to with --world FILE")
            })?;
        }
        let settings = Settings {
            world: Some(self.world.clone()),
            documents: self.docs.clone(),
            database: self.database.clone(),
            mail: self.mail.clone(),
            database_write: self.database_write,
            #[cfg(feature = "services")]
            weather: crate::services::weather(&self.services)?,
            #[cfg(feature = "services")]
            calendar: crate::services::calendar(&self.services)?,
            witness: journal.map(|journal| Arc::new(JournalWitness::new(Arc::clone(journal))) as _),
            ..Settings::new(self.now().date())
        };
        Sandbox::open(&settings).await.map_err(|error| {
            Problem::from(error).with_hint(
                "name other places with --world, --docs, --database and --mail; a damaged world can be removed",
            )
        })
    }

    /// The local date and time that runs begin at.
    pub(crate) fn now(&self) -> DateTime {
        self.today.now()
    }
}

impl Today {
    /// The local date and time, as far as they were not set.
    pub(crate) fn now(self) -> DateTime {
        let clock = jiff::ZonedDateTime::now().datetime();
        match self.date {
            Some(date) => {
                date.to_datetime(if date == clock.date() { clock.time() } else { Time::constant(9, 0, 0, 0) })
            }
            None => clock,
        }
    }
}

/// The database that was named, if one was.
fn database(named: Option<&str>) -> Result<Option<Place>, Problem> {
    named
        .map(Place::parse)
        .transpose()
        .map_err(|problem| Problem::usage(problem).with_hint("see handyman --help"))
}

/// A file that was named, or the usual one in the data folder.
fn in_data_folder(named: Option<&Path>, name: &str) -> Result<PathBuf, Problem> {
    named.map_or_else(|| data_folder().map(|folder| folder.join(name)), |path| Ok(path.to_owned()))
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
    let named = options.model.as_deref();
    let (model, tools) = if named.is_none() {
        // The world is made while the model that is part of this program is loaded.
        tokio::try_join!(models::open(named), open_tools(options, files))?
    } else {
        // A model that cannot be loaded leaves no journal behind.
        let model = models::open(named).await?;
        (model, open_tools(options, files).await?)
    };
    agent_of(model, tools, options, files)
}

/// The same agent for work that asks no model.
pub(crate) async fn agent_without_model(options: &RunOptions, files: &Files) -> Result<Agent, Problem> {
    let tools = open_tools(options, files).await?;
    agent_of(ScriptModel::parse("")?, tools, options, files)
}

/// The journal, and the tools that are on offer.
async fn open_tools(options: &RunOptions, files: &Files) -> Result<(Arc<SqliteJournal>, Toolbox), Problem> {
    let file = JournalFile::of(&options.record)?;
    let journal = Arc::new(file.open().await?);
    let shared = (file.path == files.world).then_some(&journal);
    let toolbox = files.open_toolbox_with(shared, options.approve != Approve::Deny).await?;
    let toolbox = if options.tools.is_empty() { toolbox } else { toolbox.only(&options.tools)? };
    Ok((journal, toolbox))
}

fn agent_of(
    model: impl Model + 'static,
    (journal, toolbox): (Arc<SqliteJournal>, Toolbox),
    options: &RunOptions,
    files: &Files,
) -> Result<Agent, Problem> {
    let agent = Agent::new(model);
    let agent = match options.approve {
        Approve::Auto => agent.policy(AllowAll),
        Approve::Ask => agent.policy(AskForEffects),
        Approve::Deny => agent.policy(ReadOnly),
    };
    let shape = options.replies.answer_schema.as_deref().map(answer_schema).transpose()?;
    let replies = options.replies.options(shape, options.model.is_none());
    if let ToolChoice::Tool(name) = &replies.tool_choice {
        // A name that no tool has is a mistake worth telling before anything runs.
        toolbox.only(std::slice::from_ref(name))?;
    }
    let agent = agent.toolbox(toolbox).limits(limits(options)).options(replies).journal_with(journal);
    // Without a date that was set, each run begins at the clock's time: a chat may go on past midnight.
    Ok(if options.places.today.date.is_some() { agent.now(files.now()) } else { agent })
}

/// What a run may use up.
fn limits(options: &RunOptions) -> Limits {
    let usual = Limits::default();
    Limits {
        turns_max: options.max_turns,
        tools_percent: options.tools_percent,
        tokens_max: options.max_tokens.unwrap_or(usual.tokens_max),
        wall_time: options.max_time.unwrap_or(usual.wall_time),
        ..usual
    }
}

/// The shape of an answer, from a file.
fn answer_schema(file: &Path) -> Result<AnswerSchema, Problem> {
    let wrong = |problem: String| {
        Problem::new(format!("{}: {problem}", file.display())).with_hint(
            "name a file with one JSON schema, such as {\"type\": \"object\", \"properties\": {…}}",
        )
    };
    let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    let schema = serde_json::from_str(&text).map_err(|error| wrong(format!("not JSON: {error}")))?;
    AnswerSchema::new(schema).map_err(|fault| wrong(fault.to_string()))
}

/// A model in this process: the one named, or the built-in one.
#[cfg(feature = "llama")]
pub(crate) async fn local_model(named: Option<&str>) -> Result<handyman::LocalModel, Problem> {
    use handyman::{BuiltinModel, LocalModel, ModelSettings, StateFolder};
    // Without a data folder there is nowhere to keep computed tokens, and nothing else is lost.
    let folder = data_folder().ok().map(|folder| folder.join("states"));
    let states = folder.map(|folder| StateFolder { folder, bytes_max: STATES_BYTES_MAX });
    let settings = ModelSettings { states, ..ModelSettings::default() };
    Ok(match named {
        Some(name) => LocalModel::load(models::file(name)?, settings).await?,
        None => LocalModel::builtin_with(settings).await?,
    })
}

/// This build has no engine.
#[cfg(not(feature = "llama"))]
pub(crate) async fn local_model(named: Option<&str>) -> Result<ScriptModel, Problem> {
    named.map(models::file).transpose()?;
    let missing = Problem::new("this build has no llama.cpp engine")
        .with_hint("build with the feature `llama`, or play replies with --model script:FILE");
    Err(missing)
}
