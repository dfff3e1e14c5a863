//! Journal and sandbox world in one file: an effect and the event that tells of it commit together.

use std::sync::Arc;

use handyman_core::IdempotencyKey;
use handyman_runtime::SqliteJournal;
use handyman_tools::world::{Witness, WitnessRow};
use serde_json::Value;

/// Lets a journal witness the effects of a world in the same file.
///
/// ```no_run
/// use std::sync::Arc;
/// use handyman::tools::{Sandbox, Settings};
/// use handyman::{JournalWitness, SqliteJournal};
/// # async fn open() -> Result<(), Box<dyn std::error::Error>> {
/// let journal = Arc::new(SqliteJournal::open("handyman.db").await?);
/// let witness = Arc::new(JournalWitness::new(Arc::clone(&journal)));
/// let today = jiff::civil::date(2026, 11, 23);
/// let settings = Settings { world: Some("handyman.db".into()), witness: Some(witness), ..Settings::new(today) };
/// let sandbox = Sandbox::open(&settings).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct JournalWitness(Arc<SqliteJournal>);

impl JournalWitness {
    /// This journal, which must be in the file of the world.
    #[must_use]
    pub fn new(journal: Arc<SqliteJournal>) -> Self {
        Self(journal)
    }
}

impl Witness for JournalWitness {
    fn row(&self, key: &IdempotencyKey, result: &Value) -> Option<WitnessRow> {
        let row = self.0.success_row(key, result)?;
        let handyman_runtime::journal::SuccessRow { statement, run, seq: position, event, chain } = row;
        Some(WitnessRow { statement, run, position, event, chain })
    }
}
