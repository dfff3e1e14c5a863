//! What is open until the command has ended. It is closed then, so that journal and world are each in one file and can
//! be copied.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use handyman::SqliteJournal;
use handyman::tools::Sandbox;

/// How long closing may take: a process that ends leaves no more behind than beside a file what belongs in it.
const CLOSING: Duration = Duration::from_secs(2);

static OPEN: Mutex<Vec<Open>> = Mutex::new(Vec::new());

/// Something to close.
pub(super) enum Open {
    Journal(Arc<SqliteJournal>),
    World(Sandbox),
}

/// Notes what is to be closed in the end.
pub(super) fn in_the_end(open: Open) {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner).push(open);
}

/// Closes all of it.
pub(crate) async fn close() {
    let open = std::mem::take(&mut *OPEN.lock().unwrap_or_else(PoisonError::into_inner));
    let closing = async {
        for open in open.into_iter().rev() {
            match open {
                Open::Journal(journal) => journal.close().await,
                Open::World(sandbox) => sandbox.close().await,
            }
        }
    };
    // What is not closed in time is as durable as before.
    let _ = tokio::time::timeout(CLOSING, closing).await;
}
