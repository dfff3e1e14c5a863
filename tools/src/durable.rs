//! Files of other programs, changed so that a kill at any moment leaves them as they were or as they should be.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use handyman_core::{IdempotencyKey, ToolError, ToolErrorKind, ToolResult};
use sha2::{Digest, Sha256};
use tempfile::{Builder, NamedTempFile};

/// How often a lock that somebody else holds is asked for, and how long between.
const TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(50);

/// A lock that this process holds until it is dropped. It is a file that stays, for one that came and went could be
/// held twice.
#[derive(Debug)]
pub(crate) struct Held {
    _file: File,
}

impl Held {
    /// Waits for the lock, at most five seconds; not for async code.
    ///
    /// # Errors
    /// Of kind `Unavailable`, if another process keeps it; and if the file cannot be made.
    pub(crate) fn lock(path: &Path) -> ToolResult<Self> {
        let problem = |error: &dyn std::fmt::Display| {
            ToolError::internal(format!("the lock {} cannot be taken: {error}", path.display()))
        };
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
            .map_err(|error| problem(&error))?;
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) => sleep(PAUSE),
                Err(TryLockError::Error(error)) => return Err(problem(&error)),
            }
        }
        Err(ToolError::unavailable(format!("another process is working with {}", path.display())))
    }
}

/// The name of a file's companion in the same folder, which listings leave out.
pub(crate) fn hidden(path: &Path, ending: &str) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!(".{name}.{ending}"))
}

/// A new file beside another one, written and on the disk.
pub(crate) fn written_beside(path: &Path, content: &[u8]) -> io::Result<NamedTempFile> {
    let prefix = hidden(path, "");
    let prefix = prefix.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut file = Builder::new().prefix(&prefix).suffix(".new").tempfile_in(folder_of(path))?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Removes what processes that died left beside a file. Only for the holder of its lock.
pub(crate) fn remove_leftovers(path: &Path) {
    let prefix = hidden(path, "");
    let prefix = prefix.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let Ok(entries) = fs::read_dir(folder_of(path)) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(&prefix) && entry.path().extension().is_some_and(|kind| kind == "new") {
            // One that cannot be removed harms nobody.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Puts on the disk that names in a folder have changed, where the platform has a way to.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// The folder that a file is in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => path,
    }
}

/// A name for what is done under a key: 32 hexadecimal digits, the same for the same key.
pub(crate) fn name_of(key: &IdempotencyKey) -> String {
    let mut name = hex::encode(Sha256::digest(key.as_str().as_bytes()));
    name.truncate(32);
    name
}

/// Work with files off the threads that serve everybody.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> ToolResult<T> + Send + 'static,
) -> ToolResult<T> {
    tokio::task::spawn_blocking(work).await.map_err(ToolError::internal)?
}

/// A file that cannot be read.
pub(crate) fn unreadable(path: &Path, error: &io::Error) -> ToolError {
    let kind = match error.kind() {
        io::ErrorKind::NotFound => ToolErrorKind::NotFound,
        _ => ToolErrorKind::Internal,
    };
    ToolError::new(kind, format!("{} cannot be read: {error}", path.display()))
}
