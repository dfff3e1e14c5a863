//! The product's own tools on sandbox worlds: what the oracle calls and what answers it.

use std::collections::HashMap;

use handyman_core::{CallContext, CallId, RunId, ToolCall, Toolbox, Toolset};
use handyman_tools::{Sandbox, Settings};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, date};
use serde_json::{Value, json};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteSynchronous};
use tokio::runtime::{Builder, Runtime};

use crate::conversation::{Call, ToolSpec};

/// How many worlds there are to choose from, each with a first day of its own.
const WORLDS: i32 = 48;
/// Days between the first days of two worlds; no multiple of a week or a month.
const DAYS_BETWEEN: i32 = 97;
/// Puts a world back to its first hour.
const RESET: &str = "DELETE FROM effects; DELETE FROM ledger WHERE kind <> 'opening'; DELETE FROM bookings; \
    DELETE FROM stock; DELETE FROM offers; \
    UPDATE accounts SET balance_minor = (SELECT amount_minor FROM ledger WHERE ledger.account = accounts.name); \
    DELETE FROM events WHERE id > 6";

/// Something that answers calls.
pub trait World {
    /// The tools on offer, in the product's order.
    fn specs(&self) -> &[ToolSpec];

    /// The result of a call, as the model is shown it.
    fn call(&mut self, call: &Call) -> Value;
}

/// Why the desk could not be set up.
#[derive(Debug)]
pub struct DeskError(pub String);

/// Worlds with their tools, opened when they are first needed and kept for the next conversation.
#[derive(Debug)]
pub struct Desks {
    runtime: Runtime,
    open: HashMap<i32, Site>,
}

#[derive(Debug)]
struct Site {
    toolbox: Toolbox,
    specs: Vec<ToolSpec>,
    pool: SqlitePool,
    // Dropping the sandbox would remove the file of its world.
    _sandbox: Sandbox,
}

/// One world during one conversation.
#[derive(Debug)]
pub struct Desk<'a> {
    runtime: &'a Runtime,
    site: &'a Site,
    now: DateTime,
    run: RunId,
    calls: usize,
}

impl Desks {
    /// No world is open yet.
    ///
    /// # Errors
    /// If the asynchronous runtime cannot be started.
    pub fn new() -> Result<Self, DeskError> {
        let runtime =
            Builder::new_current_thread().enable_all().build().map_err(|e| DeskError(e.to_string()))?;
        Ok(Self { runtime, open: HashMap::new() })
    }

    /// A world in its first state. `which` chooses it, `hour` and `days` say when the conversation is.
    ///
    /// # Errors
    /// If the world cannot be opened or put back.
    pub fn desk(
        &mut self,
        which: usize,
        (days, hour): (i32, i8),
        run: String,
    ) -> Result<Desk<'_>, DeskError> {
        let which = i32::try_from(which).unwrap_or(0) % WORLDS;
        let today = first_day(which);
        if !self.open.contains_key(&which) {
            let site = self.runtime.block_on(Site::open(which, today))?;
            self.open.insert(which, site);
        }
        let site = self.open.get(&which).ok_or_else(|| DeskError("the world was not kept".into()))?;
        self.runtime
            .block_on(async { sqlx::raw_sql(RESET).execute(&site.pool).await })
            .map_err(|e| DeskError(e.to_string()))?;
        let now = today.saturating_add(days.days()).at(hour, 7, 0, 0);
        Ok(Desk { runtime: &self.runtime, site, now, run: RunId::from(run), calls: 0 })
    }
}

impl Site {
    async fn open(which: i32, today: Date) -> Result<Self, DeskError> {
        let fault = |e: &dyn std::fmt::Display| DeskError(e.to_string());
        let settings = Settings { seed: 1000 + u64::from(which.unsigned_abs()), ..Settings::new(today) };
        let sandbox = Sandbox::open(&settings).await.map_err(|e| fault(&e))?;
        let toolbox = Toolbox::new().with_all(sandbox.tools()).map_err(|e| fault(&e))?;
        let specs = toolbox
            .specs()
            .iter()
            .map(|s| ToolSpec {
                name: s.name.clone(),
                description: s.description.clone(),
                parameters: s.parameters.clone(),
            })
            .collect();
        // As the world itself: nobody misses it after a power cut.
        let options =
            SqliteConnectOptions::new().filename(sandbox.world().path()).synchronous(SqliteSynchronous::Off);
        let pool =
            SqlitePoolOptions::new().max_connections(1).connect_with(options).await.map_err(|e| fault(&e))?;
        Ok(Self { toolbox, specs, pool, _sandbox: sandbox })
    }
}

impl Desk<'_> {
    /// The day of the conversation.
    #[must_use]
    pub fn today(&self) -> Date {
        self.now.date()
    }
}

impl World for Desk<'_> {
    fn specs(&self) -> &[ToolSpec] {
        &self.site.specs
    }

    fn call(&mut self, call: &Call) -> Value {
        self.calls += 1;
        let id = CallId::from(format!("c{}", self.calls));
        let context = CallContext::new(self.now).of_call(self.run.clone(), id.clone()).in_session("desk");
        let call = ToolCall { id, tool: call.name.clone(), arguments: call.arguments.clone() };
        let result = self.runtime.block_on(self.site.toolbox.call(&call, &context));
        if result.result.is_null() { json!({}) } else { result.result }
    }
}

fn first_day(which: i32) -> Date {
    date(2025, 10, 6).saturating_add((which * DAYS_BETWEEN).days())
}
