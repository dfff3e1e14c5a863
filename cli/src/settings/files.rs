//! What tools work on: files, databases and services.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use handyman::tools::database::Place;
use handyman::tools::{Sandbox, Settings, World};
use handyman::{JournalWitness, SqliteJournal, Tool, ToolError, ToolErrorKind, Toolbox};
use jiff::civil::DateTime;

use super::closing::{self, Open};
use super::{in_data_folder, offer};
use crate::args::{Places, Today};
use crate::problem::Problem;
use crate::show;

/// How many of the files that cannot be searched are named, and the columns that are shown of each.
const LEFT_OUT_SHOWN: usize = 3;
const LEFT_OUT_COLUMNS: usize = 160;

const WORLD_HINT: &str = "name another file with --world FILE";
const DAMAGED_HINT: &str =
    "name another file with --world FILE; a damaged world can be removed, and is made anew then";
const STRANGER_HINT: &str = "name another file with --world FILE; a database that is there for the tools to look \
    into is named with --database FILE";
const DOCS_HINT: &str = "name a folder with texts, pages or PDF files in it with --docs FOLDER";
const MAIL_HINT: &str = "name a folder with .txt, .eml or .md files in it with --mail FOLDER";
const DATABASE_HINT: &str =
    "name a SQLite database that is there with --database FILE, or a server: postgres://…, mysql://…";
const SERVER_HINT: &str =
    "check that the server runs, and the user, the password and the name in --database URL";

/// What tools work on, with the defaults filled in.
#[derive(Debug)]
pub(crate) struct Files {
    world: PathBuf,
    /// Whether the tools are only looked at: the sandbox is one that goes away again.
    is_to_look: bool,
    docs: Option<PathBuf>,
    mail: Option<PathBuf>,
    database: Option<Place>,
    database_write: bool,
    no_sandbox: bool,
    trust: Vec<String>,
    #[cfg(feature = "services")]
    services: crate::args::services::Services,
    today: Today,
}

impl Files {
    pub(crate) fn of(places: &Places) -> Result<Self, Problem> {
        Ok(Self {
            world: in_data_folder("--world", places.world.as_deref(), "world.db")?,
            is_to_look: false,
            docs: places.docs.clone(),
            mail: places.mail.clone(),
            database: database(places.database.as_deref())?,
            database_write: places.database_write,
            no_sandbox: places.no_sandbox,
            trust: places.trust.clone(),
            #[cfg(feature = "services")]
            services: places.services.clone(),
            today: places.today,
        })
    }

    /// The same where the tools are only looked at: a world that nobody has named is neither made nor written to.
    pub(crate) fn to_look(places: &Places) -> Result<Self, Problem> {
        Ok(Self { is_to_look: places.world.is_none(), ..Self::of(places)? })
    }

    /// The same where no tool is called: whichever world was named, it is left alone.
    pub(super) fn untouched(places: &Places) -> Result<Self, Problem> {
        Ok(Self { is_to_look: true, ..Self::of(places)? })
    }

    /// All tools: the sandbox's, and those that were configured.
    pub(crate) async fn open_toolbox(&self) -> Result<Toolbox, Problem> {
        self.open_toolbox_of(&[]).await
    }

    /// The tools that are chosen by these names, or all.
    pub(crate) async fn open_toolbox_of(&self, choice: &[String]) -> Result<Toolbox, Problem> {
        self.open_toolbox_with(None, true, choice).await
    }

    /// The tools that are chosen; a journal in the world's own file becomes part of every effect's transaction.
    pub(super) async fn open_toolbox_with(
        &self,
        journal: Option<&Arc<SqliteJournal>>,
        asks: bool,
        choice: &[String],
    ) -> Result<Toolbox, Problem> {
        let own = self.own_tools(journal).await?;
        #[cfg(feature = "services")]
        let all = Box::pin(crate::services::tools(&self.services, own, asks)).await?;
        #[cfg(not(feature = "services"))]
        let all: Vec<_> = {
            let _ = asks;
            own.into_iter().map(offer::Candidate::own).collect()
        };
        // Before some are chosen: what is shown or called alone is what it is among all.
        let all = offer::trusted(all, &self.trust)?;
        // What was not chosen need not be fit to be offered.
        offer::toolbox(offer::chosen(&all, choice)?, choice)
    }

    /// The tools of the sandbox and of what stands in for parts of it, or of the latter alone.
    async fn own_tools(&self, journal: Option<&Arc<SqliteJournal>>) -> Result<Vec<Arc<dyn Tool>>, Problem> {
        let tools = self.open_sandbox(journal).await?.tools();
        #[cfg(feature = "services")]
        let tools = crate::services::booked(&self.services, tools)?;
        if !self.no_sandbox {
            return Ok(tools);
        }
        Ok(tools.into_iter().filter(|tool| self.is_real(&tool.spec().name)).collect())
    }

    /// Whether a tool acts on what an option names, and not on what is made up.
    fn is_real(&self, tool: &str) -> bool {
        #[cfg(feature = "services")]
        let services = &self.services;
        match tool {
            "search" => self.docs.is_some(),
            "read_mail" => self.mail.is_some(),
            "list_tables" | "describe_table" | "query_table" | "run_sql" | "describe_database"
            | "change_rows" => self.database.is_some(),
            #[cfg(feature = "services")]
            "weather" => services.weather.is_some(),
            #[cfg(feature = "services")]
            "add_event" | "list_events" | "find_free_slot" => services.calendar.is_some(),
            #[cfg(feature = "services")]
            "search_trains" | "search_flights" | "search_hotels" | "search_restaurants" | "book"
            | "cancel_booking" | "list_bookings" | "pay" | "refund" => services.booking.is_some(),
            _ => false,
        }
    }

    /// The sandbox, on its world; where nothing of it is offered, or it is only looked at, on one that goes away again.
    pub(crate) async fn open_sandbox(
        &self,
        journal: Option<&Arc<SqliteJournal>>,
    ) -> Result<Sandbox, Problem> {
        let world = self.keeps_world().then(|| self.world.clone());
        if let Some(folder) = world.as_deref().and_then(Path::parent) {
            std::fs::create_dir_all(folder).map_err(|error| {
                Problem::new(format!("the folder {} cannot be made: {error}", folder.display()))
                    .with_hint("name a place you can write to with --world FILE")
            })?;
        }
        let settings = Settings {
            world,
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
        let sandbox = match Sandbox::open(&settings).await {
            Ok(sandbox) => sandbox,
            Err(error) => {
                let hint = self.hint(&error).await;
                let message = error.to_string();
                let problem =
                    if self.is_all_there() { Problem::new(message) } else { Problem::usage(message) };
                return Err(problem.with_hint(hint));
            }
        };
        closing::in_the_end(Open::World(sandbox.clone()));
        tell_left_out(&sandbox.documents().left_out());
        Ok(sandbox)
    }

    /// What helps where something cannot be opened, which the message names: the option that it is from.
    async fn hint(&self, error: &ToolError) -> &'static str {
        let message = error.to_string();
        let folder = |path: Option<&Path>, hint| path.map(|path| (path.display().to_string(), hint));
        let database = self.database.as_ref().map(|place| {
            let hint = if matches!(place, Place::File(_)) { DATABASE_HINT } else { SERVER_HINT };
            (place.to_string(), hint)
        });
        let world = match error.kind() {
            ToolErrorKind::Conflict => STRANGER_HINT,
            // Nobody is told to remove what may be no world.
            _ if World::is_in(&self.world).await => DAMAGED_HINT,
            _ => WORLD_HINT,
        };
        let named = [
            folder(self.docs.as_deref(), DOCS_HINT),
            folder(self.mail.as_deref(), MAIL_HINT),
            folder(Some(self.world.as_path()), world),
            database,
        ];
        // A message that names a file names the folder that it is in as well.
        let named = named.into_iter().flatten().filter(|(name, _)| message.contains(name.as_str()));
        named.max_by_key(|(name, _)| name.len()).map_or(WORLD_HINT, |(_, hint)| hint)
    }

    /// Whether what is named to be looked into is there, and of its kind.
    fn is_all_there(&self) -> bool {
        let mut folders = [self.docs.as_deref(), self.mail.as_deref()].into_iter().flatten();
        let is_no_file = matches!(&self.database, Some(Place::File(file)) if !file.is_file());
        folders.all(Path::is_dir) && !is_no_file
    }

    /// Whether what the sandbox's tools do stays.
    fn keeps_world(&self) -> bool {
        !self.no_sandbox && !self.is_to_look
    }

    /// Whether a file is the one that the world is kept in.
    pub(super) fn is_world(&self, file: &Path) -> bool {
        self.keeps_world() && self.world == file
    }

    /// The local date and time that runs begin at.
    pub(crate) fn now(&self) -> DateTime {
        self.today.now()
    }
}

/// Tells in one line which files of the folder of documents cannot be searched, a few by name.
fn tell_left_out(left_out: &[String]) {
    if left_out.is_empty() {
        return;
    }
    let shown: Vec<_> =
        left_out.iter().take(LEFT_OUT_SHOWN).map(|file| show::cut(file, LEFT_OUT_COLUMNS)).collect();
    let more = match left_out.len() - shown.len() {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let files = show::counted(left_out.len(), "file");
    show::note_once(&format!("--docs: {files} cannot be searched: {}{more}", shown.join("; ")));
}

/// The database that was named, if one was.
fn database(named: Option<&str>) -> Result<Option<Place>, Problem> {
    named
        .map(Place::parse)
        .transpose()
        .map_err(|problem| Problem::usage(format!("--database: {problem}")).with_hint(DATABASE_HINT))
}
