//! Removing what is kept of sessions that nobody goes on with.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;

use handyman_core::{Fault, FaultKind, SessionId};

use super::{Mark, StateFolder, files_in, format};
use crate::local::transcripts::Key;

impl StateFolder {
    /// Removes what is kept of these sessions. What others began with goes as well if it was computed in one of them: it
    /// holds what was said there, and the next session keeps it anew. A process that is still at work on a session may
    /// write it again.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Model` when a file that is there cannot be removed.
    pub fn forget(&self, sessions: &[SessionId]) -> Result<(), Fault> {
        for session in sessions {
            remove(&self.file(session.as_str()))?;
        }
        let begun: HashSet<Key> =
            sessions.iter().map(|session| Mark::begun_in(session.as_str()).key).collect();
        let of_them =
            |path: &Path| marks(path).iter().any(|mark| mark.tokens == 0 && begun.contains(&mark.key));
        let files = if begun.is_empty() { Vec::new() } else { files_in(&self.folder, "state") };
        files.iter().filter(|(path, ..)| of_them(path)).try_for_each(|(path, ..)| remove(path))
    }
}

/// The marks of a file, as far as it can be read.
fn marks(path: &Path) -> Vec<Mark> {
    let file = File::open(path).and_then(|file| file.metadata().map(|found| (file, found.len())));
    file.ok().and_then(|(file, length)| format::marks(file, length)).unwrap_or_default()
}

/// Removes a file, if it is there.
fn remove(path: &Path) -> Result<(), Fault> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            let problem = format!("{}: computed tokens cannot be removed: {error}", path.display());
            Err(Fault::new(FaultKind::Model, problem)
                .with_hint("remove the file by hand, or make its folder writable")
                .with_source(error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
