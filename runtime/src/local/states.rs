//! Sequences that outlive the process: a run that is resumed finds its tokens computed.
//!
//! One file a session, replaced as the session goes on, and one for each set of tools, whose description every
//! new session begins with; a thread of its own writes, so that nobody waits
//! for the disk. A file names the model, the kind of cache and the beginning of the history it belongs to,
//! and ends with a checksum. One that is damaged, cut off, or of another model is as good as none: its
//! tokens are computed again.

mod format;

use std::collections::HashSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

use super::transcripts::Key;
use crate::decode::Keeper;
use crate::decode::parked::Saved;
use crate::llama::Token;
use crate::render::transcript::Transcript;
use format::Header;

/// Bytes of the disk that are left to others: a journal that cannot be written loses more than tokens do.
const DISK_RESERVE: u64 = 16 << 20;
/// Bytes that wait to be written, over all sessions.
const PENDING_BYTES_MAX: usize = 256 << 20;
/// A file that has not grown for so long will never be whole: its process is gone.
const UNFINISHED: Duration = Duration::from_mins(10);

/// Where sequences are kept when the process ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateFolder {
    /// The folder; it is made if it is not there. Several processes may share it.
    pub folder: PathBuf,
    /// Bytes of all files in it; with more, those not written for longest are removed. The last 16 MiB of the disk are
    /// left free.
    pub bytes_max: u64,
}

/// The beginning of a history that a sequence belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) key: Key,
    /// Tokens of the sequence that are the transcript.
    pub(super) tokens: usize,
    pub(super) messages: usize,
    pub(super) ended: bool,
}

impl Mark {
    pub(super) fn of(key: Key, transcript: &Transcript) -> Self {
        Self { key, tokens: transcript.tokens.len(), messages: transcript.messages, ended: transcript.ended }
    }
}

/// What a file holds.
#[derive(Debug)]
pub(super) struct Stored {
    /// The transcripts that are beginnings of the sequence, the shortest first.
    pub(super) marks: Vec<Mark>,
    pub(super) saved: Saved,
}

/// The files of one model.
#[derive(Debug)]
pub(super) struct States {
    place: Arc<Place>,
    writer: Option<JoinHandle<()>>,
    /// Beginnings that were looked for.
    looked_for: Mutex<HashSet<String>>,
}

#[derive(Debug)]
struct Place {
    settings: StateFolder,
    /// Model, kind of cache and version of this format: what has to be the same.
    identity: String,
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    /// The latest of each session.
    pending: Vec<(String, Stored)>,
    closed: bool,
}

impl Drop for States {
    fn drop(&mut self) {
        self.place.queue().closed = true;
        self.place.changed.notify_all();
        if let Some(writer) = self.writer.take() {
            // What was handed over is written before the process goes on.
            let _ = writer.join();
        }
    }
}

impl States {
    /// Keeps the sequences of this model in a folder; `None` where no thread can be started.
    pub(super) fn open(settings: StateFolder, identity: String) -> Option<Self> {
        let place = Arc::new(Place { settings, identity, queue: Mutex::default(), changed: Condvar::new() });
        let writing = Arc::clone(&place);
        let writer =
            thread::Builder::new().name("handyman-states".to_owned()).spawn(move || writing.write_all());
        writer.ok().map(|writer| Self { place, writer: Some(writer), looked_for: Mutex::default() })
    }

    /// Takes a copy of a session's sequence and has it written, with the transcripts it begins with.
    pub(super) fn keeper(&self, session: &str, marks: Vec<Mark>) -> Keeper {
        let (place, session) = (Arc::clone(&self.place), session.to_owned());
        Box::new(move |saved| {
            let mut queue = place.queue();
            queue.pending.retain(|(known, _)| *known != session);
            if saved.bytes() as u64 > place.settings.bytes_max {
                return;
            }
            queue.pending.push((session, Stored { marks, saved }));
            // What a slow disk cannot take is computed again.
            while queue.pending.len() > 1 && queue.bytes() > PENDING_BYTES_MAX {
                queue.pending.remove(0);
            }
            drop(queue);
            place.changed.notify_all();
        })
    }

    /// What was kept of a session.
    pub(super) fn find(&self, session: &str) -> Option<Stored> {
        self.place.read(session)
    }

    /// What an earlier process kept of the tokens that sessions with the same tools begin with; looked for once.
    pub(super) fn find_beginning(&self, tokens: &[Token]) -> Beginning {
        let mut hash = Sha256::new();
        for token in tokens {
            hash.update(token.to_le_bytes());
        }
        // No session is called so: a name holds no blank.
        let name = format!("the beginning {}", hex::encode(hash.finalize()));
        if !self.looked_for.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone()) {
            return Beginning::Known;
        }
        match self.place.read(&name) {
            Some(Stored { saved, .. }) => Beginning::Found(name, saved),
            None => Beginning::Missing(name),
        }
    }
}

/// What is known of the beginning that sessions with the same tools have in common.
#[derive(Debug)]
pub(super) enum Beginning {
    /// It has been looked for before.
    Known,
    /// An earlier process has computed it.
    Found(String, Saved),
    /// It is to be kept under this name.
    Missing(String),
}

impl Queue {
    fn bytes(&self) -> usize {
        self.pending.iter().map(|(_, stored)| stored.saved.bytes()).sum()
    }
}

impl Place {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn file(&self, session: &str) -> PathBuf {
        let digest = Sha256::digest(session);
        self.settings.folder.join(hex::encode(&digest[..12])).with_extension("state")
    }

    fn read(&self, session: &str) -> Option<Stored> {
        let file = self.file(session);
        let bytes = fs::read(&file).ok()?;
        let stored = format::read(&bytes, &Header { identity: &self.identity, session })?;
        // What is used is not the first to make room.
        let touched = fs::File::options().append(true).open(&file);
        let _ = touched.and_then(|file| file.set_modified(SystemTime::now()));
        Some(stored)
    }

    fn write_all(&self) {
        loop {
            let mut queue = self.queue();
            while queue.pending.is_empty() && !queue.closed {
                queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
            }
            if queue.pending.is_empty() {
                return;
            }
            let (session, stored) = queue.pending.remove(0);
            drop(queue);
            // A file that cannot be written is one that is not there: its tokens are computed again.
            let _ = self.write(&session, &stored);
        }
    }

    /// Writes beside the final name first: a file of that name is always whole.
    fn write(&self, session: &str, stored: &Stored) -> std::io::Result<()> {
        fs::create_dir_all(&self.settings.folder)?;
        let file = self.file(session);
        let beside = file.with_extension(format!("{}.part", std::process::id()));
        let bytes = format::write(&Header { identity: &self.identity, session }, stored);
        if !self.make_room(bytes.len() as u64) {
            return Err(ErrorKind::StorageFull.into());
        }
        let written = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, &file));
        written.inspect_err(|_| drop(fs::remove_file(&beside)))
    }

    /// Removes what was never finished, and the files not written for longest, until there is room for so many bytes
    /// more; false when there is none.
    fn make_room(&self, more: u64) -> bool {
        let folder = &self.settings.folder;
        for (file, written, _) in files_in(folder, "part") {
            if written.elapsed().is_ok_and(|age| age > UNFINISHED) {
                let _ = fs::remove_file(file);
            }
        }
        let mut files = files_in(folder, "state");
        files.sort_by_key(|(_, written, _)| *written);
        let held: u64 = files.iter().map(|(_, _, bytes)| bytes).sum();
        let over = (held + more).saturating_sub(self.settings.bytes_max);
        // Where a system does not tell, the write itself finds out.
        let free = fs4::available_space(folder).unwrap_or(u64::MAX);
        let mut lacks = over.max((more + DISK_RESERVE).saturating_sub(free));
        for (file, _, size) in files {
            if lacks == 0 {
                break;
            }
            if fs::remove_file(file).is_ok() {
                lacks = lacks.saturating_sub(size);
            }
        }
        lacks == 0
    }
}

/// The files of a folder with this extension, when they were written, and their bytes.
fn files_in(folder: &Path, extension: &str) -> Vec<(PathBuf, SystemTime, u64)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let file = |entry: fs::DirEntry| {
        let metadata = entry.metadata().ok()?;
        let path = entry.path();
        let ours = path.extension().is_some_and(|found| found == extension);
        ours.then(|| Some((path, metadata.modified().ok()?, metadata.len()))).flatten()
    };
    entries.flatten().filter_map(file).collect()
}

#[cfg(test)]
mod tests;
