//! All the tools together, on one sandbox world.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use handyman_core::{Effect, Tool, ToolResult};
use jiff::civil::Date;

use crate::booking::{
    book, cancel_booking, list_bookings, search_flights, search_hotels, search_restaurants, search_trains,
};
use crate::calculator::calculate;
use crate::calendar::{Calendar, add_event, find_free_slot, list_events};
use crate::database::{
    Database, Place, change_rows, describe_database, describe_table, list_tables, query_table, run_sql,
};
use crate::mail::{Mailbox, read_mail};
use crate::payment::{pay, refund};
use crate::search::{Documents, search};
use crate::weather::{Station, weather};
use crate::world::{self, Witness, World};
use crate::wrap::{Declared, Placed};

const DEFAULT_SEED: u64 = 2026;

/// What the tools act on.
#[derive(Debug, Clone)]
pub struct Settings {
    /// File of the world; a temporary one if none is named.
    pub world: Option<PathBuf>,
    /// What a new world's inventory follows from.
    pub seed: u64,
    /// The day a new world begins on.
    pub today: Date,
    /// Folder with documents to search, in place of the bundled ones. Strangers may have written in them: what `search`
    /// finds is untrusted.
    pub documents: Option<PathBuf>,
    /// A database for the database tools, in place of the world; `describe_database` is offered with it. Strangers may have
    /// written in its rows: what gives cells is untrusted.
    pub database: Option<Place>,
    /// Whether `change_rows` is offered on that database.
    pub database_write: bool,
    /// Where forecasts come from; the sandbox if nothing is named.
    pub weather: Option<Station>,
    /// Where the calendar is; the sandbox if nothing is named.
    pub calendar: Option<Calendar>,
    /// Folder with mail, which gets a tool to read it; none has none.
    pub mail: Option<PathBuf>,
    /// A journal in the world's own file, to witness every effect in its transaction.
    pub witness: Option<Arc<dyn Witness>>,
}

impl Settings {
    /// A temporary world that begins on this day, with the bundled documents.
    #[must_use]
    pub fn new(today: Date) -> Self {
        Self {
            world: None,
            seed: DEFAULT_SEED,
            today,
            documents: None,
            database: None,
            mail: None,
            database_write: false,
            weather: None,
            calendar: None,
            witness: None,
        }
    }
}

/// The sandbox: a world, documents and a database, ready to be acted on.
#[derive(Debug, Clone)]
pub struct Sandbox {
    world: Arc<World>,
    documents: Arc<Documents>,
    has_own_documents: bool,
    database: Arc<Database>,
    mailbox: Option<Arc<Mailbox>>,
    station: Station,
    calendar: Arc<Calendar>,
    /// Where the database is, if it is not the world.
    own_database: Option<String>,
    writes_database: bool,
}

impl Sandbox {
    /// Opens what the settings name.
    ///
    /// # Errors
    /// A file or folder that cannot be opened; the message names it.
    pub async fn open(settings: &Settings) -> ToolResult<Self> {
        let Settings {
            world,
            seed,
            today,
            documents,
            database,
            database_write,
            weather: station,
            calendar,
            mail,
            witness,
        } = settings;
        let world = World::open(&world::Settings { path: world.clone(), seed: *seed, today: *today }).await?;
        let world = match witness {
            Some(witness) => world.witnessed_by(Arc::clone(witness)),
            None => world,
        };
        let has_own_documents = documents.is_some();
        let documents = match documents {
            Some(folder) => Documents::of_folder(folder)?,
            None => Documents::bundled()?,
        };
        let opened = match database {
            Some(place) => Box::pin(Database::connect(place)).await?,
            None => Box::pin(Database::open(world.path())).await?,
        };
        let world = Arc::new(world);
        Ok(Self {
            station: station.clone().unwrap_or_else(|| Station::Sandbox(Arc::clone(&world))),
            calendar: Arc::new(calendar.clone().unwrap_or_else(|| Calendar::Sandbox(Arc::clone(&world)))),
            world,
            documents: Arc::new(documents),
            has_own_documents,
            database: Arc::new(opened),
            mailbox: mail.as_deref().map(Mailbox::open).transpose()?.map(Arc::new),
            own_database: database.as_ref().map(|place| match place {
                Place::File(path) => place_of(path),
                Place::Postgres(_) | Place::MySql(_) => place.to_string(),
            }),
            writes_database: database.is_some() && *database_write,
        })
    }

    /// The world.
    #[must_use]
    pub fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// The documents that `search` finds.
    #[must_use]
    pub fn documents(&self) -> &Documents {
        &self.documents
    }

    /// Closes the world, so that all of it is in its file and nothing beside it that would have to be copied along.
    /// Its tools can do nothing any more.
    pub async fn close(&self) {
        self.database.close().await;
        let world = self.world.pool();
        // SQLite does this when its last connection closes, which may be one that only reads, or another program's. It
        // waits for nobody, and what it cannot move stays where it is durable.
        drop(sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(world).await);
        world.close().await;
    }

    /// All tools, in the order the model is shown them: those of the sandbox, which are always the same, then
    /// those that were configured.
    #[must_use]
    pub fn tools(&self) -> Vec<Arc<dyn Tool>> {
        let world = || Arc::clone(&self.world);
        let database = || Arc::clone(&self.database);
        let calendar = || Arc::clone(&self.calendar);
        let mut tools: Vec<Arc<dyn Tool>> = vec![
            Arc::new(weather(Arc::new(self.station.clone()))),
            of_strangers(self.has_own_documents, Arc::new(search(Arc::clone(&self.documents)))),
            Arc::new(list_tables(database())),
            Arc::new(describe_table(database())),
            of_strangers(self.own_database.is_some(), Arc::new(query_table(database()))),
            of_strangers(self.own_database.is_some(), Arc::new(run_sql(database()))),
            Arc::new(search_trains(world())),
            Arc::new(search_flights(world())),
            Arc::new(search_hotels(world())),
            Arc::new(search_restaurants(world())),
            Arc::new(book(world())),
            Arc::new(cancel_booking(world())),
            Arc::new(list_bookings(world())),
            Arc::new(pay(world())),
            Arc::new(refund(world())),
            Arc::new(calculate),
            self.calendar.vouched(Arc::new(add_event(calendar()))),
            self.calendar.vouched(Arc::new(list_events(calendar()))),
            Arc::new(find_free_slot(calendar())),
        ];
        tools.extend(self.mailbox.iter().map(|mailbox| Arc::new(read_mail(Arc::clone(mailbox))) as _));
        if self.own_database.is_some() {
            tools.push(of_strangers(true, Arc::new(describe_database(database()))));
        }
        if self.writes_database {
            tools.push(of_strangers(true, Arc::new(change_rows(database()))));
        }
        tools.into_iter().map(|tool| self.placed(tool)).collect()
    }

    /// A tool that says where it acts, if it acts.
    fn placed(&self, tool: Arc<dyn Tool>) -> Arc<dyn Tool> {
        let world = || place_of(self.world.path());
        let place = match tool.spec().name.as_str() {
            _ if tool.spec().effect == Effect::ReadOnly => return tool,
            "add_event" => self.calendar.file().map_or_else(world, place_of),
            "change_rows" => self.own_database.clone().unwrap_or_else(world),
            _ => world(),
        };
        Arc::new(Placed::new(tool, place))
    }
}

/// A tool whose results hold what strangers may have written, if so: customers' remarks in a database, an invoice among
/// documents. The sandbox's own were written here.
fn of_strangers(is_so: bool, tool: Arc<dyn Tool>) -> Arc<dyn Tool> {
    if is_so { Arc::new(Declared::untrusted(tool)) } else { tool }
}

/// A file as a place: the same by whatever way it is named.
fn place_of(file: &Path) -> String {
    let file = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    file.display().to_string()
}

#[cfg(test)]
mod tests;
