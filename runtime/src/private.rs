//! Files of one's own: what is made for a journal or for computed tokens nobody else can read. What was there keeps its
//! rights.

use std::path::Path;

/// Makes a folder, and those it is in, where there is none.
pub(crate) fn folder(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes an empty file where there is none: SQLite takes it for a new database, and gives the files beside it the
/// same rights.
#[cfg(unix)]
pub(crate) fn file(path: &Path) {
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
pub(crate) fn file(_path: &Path) {}

/// A new file to write to, in place of one that may have been left there.
#[cfg(feature = "llama")]
pub(crate) fn new_file(path: &Path) -> std::io::Result<std::fs::File> {
    // Where there was none, there is nothing to remove; where it stays, no new one is made.
    let _ = std::fs::remove_file(path);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
