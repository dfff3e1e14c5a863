//! The world's file is its owner's: it holds bookings, balances and a calendar. What was there keeps its rights.

use std::path::Path;

/// Makes an empty file where there is none, for nobody else to read: SQLite takes it for a new database, and gives the
/// files beside it the same rights.
#[cfg(unix)]
pub(super) fn file(path: &Path) {
    use std::os::unix::fs::OpenOptionsExt;

    // Names that are none of a file's to SQLite.
    let name = path.as_os_str().as_encoded_bytes();
    if name != b":memory:" && !name.starts_with(b"file:") {
        // Where it cannot be made, SQLite says why.
        let _ = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    }
}

/// Elsewhere the folder's rights decide.
#[cfg(not(unix))]
pub(super) fn file(_path: &Path) {}
