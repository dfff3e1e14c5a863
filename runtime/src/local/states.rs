//! Sequences that outlive the process: a run that is resumed finds its tokens computed.
//!
//! One file a session, replaced as the session goes on and that is worth it, and one for each set of tools, whose
//! description every new session begins with; a thread of its own writes, so that nobody waits
//! for the disk. A file names the model, the kind of cache and the beginning of the history it belongs to,
//! and ends with a checksum. One that is damaged, cut off, or of another model is as good as none: its
//! tokens are computed again.

mod forget;
mod format;
mod keeping;

use std::collections::HashSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};
use tokio::runtime::Handle;

use super::transcripts::Key;
use crate::decode::parked::Saved;
use crate::llama::Token;
use crate::private;
use crate::render::transcript::Transcript;
use format::Header;
use keeping::{Keeping, Pending, Queue};

/// Bytes of the disk that are left to others: a journal that cannot be written loses more than tokens do.
const DISK_RESERVE: u64 = 16 << 20;
/// What the names of beginnings begin with. No session is called so: a name holds no blank.
const BEGINNING: &str = "the beginning ";
/// A file that has not grown for so long will never be whole: its process is gone.
const UNFINISHED: Duration = Duration::from_mins(10);

/// Where sequences are kept when the process ends.
///
/// A sequence that takes up to 32 MiB is written at the end of every prompt and of every reply: after a kill nothing of
/// it is computed again. A larger one is written only once a quarter has been added to what is kept of it. What a
/// session writes is then some five times what it takes in the end, at most, and after a kill at most a fifth of its
/// tokens is computed again. What sessions with the same tools begin with is written once.
///
/// What is made here nobody else can read, where the system has such rights: it holds what was said. The hashes of model
/// files are kept with it, so that they are computed once.
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

    /// The mark of a transcript in a sequence, if that begins with it.
    pub(super) fn within(sequence: &[Token], key: Key, transcript: &Transcript) -> Option<Self> {
        sequence.starts_with(&transcript.tokens).then(|| Self::of(key, transcript))
    }

    /// Says in which session a beginning was computed that others have as well: the sequence goes on with what was
    /// said there.
    fn begun_in(session: &str) -> Self {
        Self { key: Sha256::digest(session).into(), tokens: 0, messages: 0, ended: false }
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
}

#[derive(Debug)]
struct Place {
    settings: StateFolder,
    /// Model, kind of cache and version of this format: what has to be the same.
    identity: String,
    queue: Mutex<Queue>,
    changed: Condvar,
    /// Beginnings that were found, or taken to be kept.
    beginnings: Mutex<HashSet<String>>,
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
        let place = Arc::new(Place {
            settings,
            identity,
            queue: Mutex::default(),
            changed: Condvar::new(),
            beginnings: Mutex::default(),
        });
        let writing = Arc::clone(&place);
        let writer =
            thread::Builder::new().name("handyman-states".to_owned()).spawn(move || writing.write_all());
        writer.ok().map(|writer| Self { place, writer: Some(writer) })
    }

    /// Takes a copy of a session's sequence and has it written, with the transcripts it begins with.
    pub(super) fn keeper(&self, session: &str, marks: Vec<Mark>) -> Keeping {
        Keeping::new(Arc::clone(&self.place), session, marks)
    }

    /// What was kept of a session. It is read on a thread where that holds up nobody, or here where there is no Tokio
    /// runtime that has such threads.
    pub(super) async fn find(&self, session: &str) -> Option<Stored> {
        let (place, session) = (Arc::clone(&self.place), session.to_owned());
        match Handle::try_current() {
            Ok(runtime) => runtime.spawn_blocking(move || place.read(&session)).await.ok().flatten(),
            Err(_) => place.read(&session),
        }
    }

    /// What an earlier process kept of the tokens that sessions with the same tools begin with; looked for until it is
    /// found or kept, for whoever was to keep it may have been cancelled.
    pub(super) async fn find_beginning(&self, tokens: &[Token]) -> Beginning {
        let mut hash = Sha256::new();
        for token in tokens {
            hash.update(token.to_le_bytes());
        }
        let name = format!("{BEGINNING}{}", hex::encode(hash.finalize()));
        if self.place.beginnings().contains(&name) {
            return Beginning::Known;
        }
        let Some(Stored { saved, .. }) = self.find(&name).await else { return Beginning::Missing(name) };
        self.place.beginnings().insert(name.clone());
        Beginning::Found(name, saved)
    }
}

/// What is known of the beginning that sessions with the same tools have in common.
#[derive(Debug)]
pub(super) enum Beginning {
    /// It was found before, or is kept already.
    Known,
    /// An earlier process has computed it.
    Found(String, Saved),
    /// It is to be kept under this name.
    Missing(String),
}

impl StateFolder {
    /// The file of a session, or of a beginning.
    fn file(&self, name: &str) -> PathBuf {
        let digest = Sha256::digest(name);
        self.folder.join(hex::encode(&digest[..12])).with_extension("state")
    }
}

impl Place {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn beginnings(&self) -> MutexGuard<'_, HashSet<String>> {
        self.beginnings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, session: &str) -> Option<Stored> {
        let path = self.settings.file(session);
        let file = fs::File::open(&path).ok()?;
        let length = file.metadata().ok()?.len();
        let stored = format::read(file, length, &Header { identity: &self.identity, session })?;
        // What is used is not the first to make room.
        let touched = fs::File::options().append(true).open(&path);
        let _ = touched.and_then(|file| file.set_modified(SystemTime::now()));
        self.queue().note(session, &stored.saved, true);
        Some(stored)
    }

    fn write_all(&self) {
        loop {
            let mut queue = self.queue();
            while queue.is_empty() && !queue.closed {
                queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
            }
            let Some(Pending { names, saved }) = queue.take_next() else { return };
            drop(queue);
            for (name, marks) in names {
                // A file that cannot be written is one that is not there: its tokens are computed again.
                match self.write(&name, &marks, &saved) {
                    Ok(()) => self.queue().wrote(&name),
                    Err(_) => self.queue().forget(&name),
                }
            }
        }
    }

    /// Writes beside the final name first: a file of that name is always whole.
    fn write(&self, session: &str, marks: &[Mark], saved: &Saved) -> std::io::Result<()> {
        private::folder(&self.settings.folder)?;
        let header = Header { identity: &self.identity, session };
        if !self.make_room(format::length(&header, marks, saved)) {
            return Err(ErrorKind::StorageFull.into());
        }
        let file = self.settings.file(session);
        let beside = file.with_extension(format!("{}.part", std::process::id()));
        let written = private::new_file(&beside)
            .and_then(|out| format::write(out, &header, marks, saved))
            .and_then(|()| fs::rename(&beside, &file));
        written.inspect_err(|_| drop(fs::remove_file(&beside)))
    }

    /// Removes what was never finished, and the files not written for longest, until there is room for so many bytes
    /// more; false when there is none, and then no file goes for nothing.
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
        if lacks > held {
            return false;
        }
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
