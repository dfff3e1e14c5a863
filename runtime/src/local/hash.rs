//! The hash of a model's file. To compute it takes seconds where the file has gigabytes, so it is not computed twice.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::states::StateFolder;
use crate::private;

/// The file of hashes, in the folder of sequences.
const FILE: &str = "models.json";
/// So long after a file was written, another writing shows in its time.
const SETTLED: Duration = Duration::from_secs(2);

/// A file as it was when its hash was computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    size: u64,
    /// Nanoseconds since 1970.
    modified: u64,
    /// Its number in the file system, where files have such.
    inode: Option<u64>,
    /// When anything about it was changed last, in seconds and nanoseconds since 1970, where the system keeps that: no
    /// program can set it back.
    #[serde(default)]
    changed: Option<(i64, i64)>,
}

/// A hash that is known.
#[derive(Debug, Serialize, Deserialize)]
struct Known {
    seen: Seen,
    sha256: String,
    /// Holds the others together: an entry that was damaged is none.
    check: String,
}

/// SHA-256 of a file in hex: its name, if it is one of the hub's cache; or what was computed before, if a folder is
/// given and the file is as it was then.
///
/// # Errors
/// What the system says when the file cannot be read.
pub(super) fn of(path: &Path, states: Option<&StateFolder>) -> io::Result<String> {
    let path = fs::canonicalize(path)?;
    if let Some(name) = named(&path) {
        return Ok(name);
    }
    let Some((folder, path_text)) = states.and_then(|states| Some((&states.folder, path.to_str()?))) else {
        return computed(&path);
    };
    let seen = Seen::at(&path);
    let known = read(folder).remove(path_text);
    if let Some(Known { sha256, .. }) = known.filter(|known| known.is_of(path_text, seen.as_ref())) {
        return Ok(sha256);
    }
    let sha256 = computed(&path)?;
    // What was changed meanwhile may be neither what it was nor what it is.
    if let Some(seen) = seen.filter(|seen| seen.is_settled() && Seen::at(&path).as_ref() == Some(seen)) {
        // Where it cannot be kept, it is computed again.
        let _ = keep(folder, path_text, Known::new(path_text, seen, sha256.clone()));
    }
    Ok(sha256)
}

/// The hash that a blob of the hub's cache is named by.
fn named(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let is_hash = name.len() == 64 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let is_blob = path.parent()?.file_name()? == "blobs";
    (is_hash && is_blob).then(|| name.to_owned())
}

fn computed(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
    }
    Ok(hex::encode(hash.finalize()))
}

impl Seen {
    /// The file as it is now; `None` where the system does not tell.
    fn at(path: &Path) -> Option<Self> {
        let found = path.metadata().ok()?;
        let modified = found.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        let modified = u64::try_from(modified.as_nanos()).ok()?;
        let (inode, changed) = told_by_unix(&found);
        Some(Self { size: found.len(), modified, inode, changed })
    }

    /// Whether the file would look different if it were written again now.
    fn is_settled(&self) -> bool {
        let modified = SystemTime::UNIX_EPOCH + Duration::from_nanos(self.modified);
        self.changed.is_some() || modified.elapsed().is_ok_and(|age| age >= SETTLED)
    }
}

/// The file's number, and when it was changed last, in seconds and nanoseconds: nobody sets that back.
#[cfg(unix)]
fn told_by_unix(found: &Metadata) -> (Option<u64>, Option<(i64, i64)>) {
    use std::os::unix::fs::MetadataExt;

    (Some(found.ino()), Some((found.ctime(), found.ctime_nsec())))
}

#[cfg(not(unix))]
fn told_by_unix(_found: &Metadata) -> (Option<u64>, Option<(i64, i64)>) {
    (None, None)
}

impl Known {
    fn new(path: &str, seen: Seen, sha256: String) -> Self {
        Self { check: check(path, &seen, &sha256), seen, sha256 }
    }

    /// Whether it is the hash of this file as it is now.
    fn is_of(&self, path: &str, now: Option<&Seen>) -> bool {
        now == Some(&self.seen) && check(path, &self.seen, &self.sha256) == self.check
    }
}

fn check(path: &str, seen: &Seen, sha256: &str) -> String {
    hex::encode(Sha256::digest(format!("{path} {seen:?} {sha256}")))
}

/// The hashes that are known, by the files' paths. What cannot be read is as good as none.
fn read(folder: &Path) -> BTreeMap<String, Known> {
    let bytes = fs::read(folder.join(FILE)).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// Adds a hash, and leaves out those of files that are gone. A file of that name is always whole.
fn keep(folder: &Path, path: &str, new: Known) -> io::Result<()> {
    private::folder(folder)?;
    let mut known = read(folder);
    known.retain(|path, _| Path::new(path).exists());
    known.insert(path.to_owned(), new);
    let text = serde_json::to_vec(&known)?;
    let beside = folder.join(FILE).with_extension(format!("{}.part", std::process::id()));
    let written = private::new_file(&beside)
        .and_then(|mut file| file.write_all(&text))
        .and_then(|()| fs::rename(&beside, folder.join(FILE)));
    written.inspect_err(|_| drop(fs::remove_file(&beside)))
}

#[cfg(test)]
mod tests;
