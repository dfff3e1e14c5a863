//! Files of a folder that can be searched, and their texts.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::fs::{self, DirEntry, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use handyman_core::{ToolError, ToolErrorKind, ToolResult};

use super::encoding;

const FILES_MAX: usize = 5_000;
const TEXT_BYTES_MAX: u64 = 2_000_000;
const PDF_BYTES_MAX: u64 = 20_000_000;

/// Endings of the files that are read.
pub(super) const ENDINGS: &[&str] = &[
    "txt",
    "md",
    #[cfg(feature = "web")]
    "html",
    #[cfg(feature = "web")]
    "htm",
    #[cfg(feature = "pdf")]
    "pdf",
];

/// What packages are put into that others wrote.
const PACKAGES: &str = "node_modules";
/// A file that says of its folder that all in it can be made anew, and what it begins with
/// (<https://bford.info/cachedir/>).
const TAG: &str = "CACHEDIR.TAG";
const TAG_BEGINS: &[u8; 43] = b"Signature: 8a477f597d28d172789f06886806bc55";

/// When a file was last changed, and its length: what tells one version from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    changed: Option<SystemTime>,
    bytes: u64,
}

/// The files of a folder that have an ending that is read.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) files: BTreeMap<PathBuf, Stamp>,
    /// Files that are too large, too many or elsewhere and folders that cannot be read, each with what is to be said of it.
    pub(super) left_out: BTreeMap<PathBuf, String>,
}

/// The files of a folder and of the folders in it, as many as can be searched: those of a folder before those of the
/// folders in it, each by name. Nobody wrote what is hidden, is a package's, or can be made anew: it is passed over. Links
/// are not followed: of a folder that a stranger packed, they could lead anywhere.
pub(super) fn list(root: &Path) -> ToolResult<Found> {
    first(root, FILES_MAX)
}

/// At most so many files of a folder.
fn first(root: &Path, files_max: usize) -> ToolResult<Found> {
    let mut found = Found::default();
    let mut folders = VecDeque::from([root.to_owned()]);
    while let Some(folder) = folders.pop_front() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if folder == root => {
                let message = format!("cannot read {}: {error}", root.display());
                return Err(ToolError::new(ToolErrorKind::NotFound, message));
            }
            Err(error) => {
                found.left_out.insert(folder, unreadable(&error));
                continue;
            }
        };
        let is_hidden = |entry: &DirEntry| entry.file_name().as_encoded_bytes().starts_with(b".");
        // A file may go away while the folder is read.
        let mut entries: Vec<DirEntry> =
            entries.filter_map(Result::ok).filter(|entry| !is_hidden(entry)).collect();
        entries.sort_by_cached_key(DirEntry::file_name);
        for entry in entries {
            let Ok(meta) = entry.metadata() else { continue };
            let path = entry.path();
            if meta.is_dir() {
                if entry.file_name() != PACKAGES && !can_be_made_anew(&path) {
                    folders.push_back(path);
                }
            } else if meta.is_symlink() && ending(&path).is_some() {
                found.left_out.insert(path, "is a link, which is not followed".to_owned());
            } else if let Some(ending) = ending(&path).filter(|_| meta.is_file()) {
                if meta.len() > bytes_max(&ending) {
                    let megabytes = bytes_max(&ending) / 1_000_000;
                    found.left_out.insert(path, format!("is larger than {megabytes} MB"));
                } else if found.files.len() == files_max {
                    let all = format!("and all that come after it are left out: {files_max} are the most");
                    found.left_out.insert(path, all);
                    return Ok(found);
                } else {
                    found.files.insert(path, Stamp { changed: meta.modified().ok(), bytes: meta.len() });
                }
            }
        }
    }
    Ok(found)
}

/// Whether a folder says that all in it can be made anew, as those of builds do.
fn can_be_made_anew(folder: &Path) -> bool {
    let mut begins = [0; TAG_BEGINS.len()];
    let read = File::open(folder.join(TAG)).and_then(|mut tag| tag.read_exact(&mut begins));
    read.is_ok() && begins == *TAG_BEGINS
}

/// The ending of a file that can be read.
fn ending(path: &Path) -> Option<String> {
    let ending = path.extension()?.to_str()?.to_lowercase();
    ENDINGS.contains(&ending.as_str()).then_some(ending)
}

fn bytes_max(ending: &str) -> u64 {
    if ending == "pdf" { PDF_BYTES_MAX } else { TEXT_BYTES_MAX }
}

/// The title of a document and its text.
///
/// # Errors
/// What is to be said of a file that cannot be read.
pub(super) fn read(path: &Path) -> Result<(String, String), String> {
    let bytes = fs::read(path).map_err(|error| unreadable(&error))?;
    let unknown = || "cannot be read: its encoding is not known (UTF-8 is)".to_owned();
    let name = || path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let (title, text) = match ending(path).as_deref() {
        #[cfg(feature = "web")]
        Some("html" | "htm") => {
            let page = encoding::page(&bytes).ok_or_else(unknown)?;
            crate::web::readable(&page).map_err(|error| unreadable(&error))?
        }
        #[cfg(feature = "pdf")]
        Some("pdf") => (String::new(), super::pdf::extracted(bytes).map_err(|why| unreadable(&why))?),
        _ => (String::new(), encoding::text(&bytes).ok_or_else(unknown)?.into_owned()),
    };
    let heading = text.lines().find_map(|line| line.strip_prefix("# ")).map(str::to_owned);
    let title = if title.is_empty() { heading.unwrap_or_else(name) } else { title };
    Ok((title, text))
}

/// What is to be said of a file that was read, where little of it can be found.
pub(super) fn remark(path: &Path, text: &str) -> Option<String> {
    if !text.trim().is_empty() {
        return None;
    }
    match ending(path).as_deref() {
        Some("pdf") => Some("holds no text, pictures of pages perhaps; only its name is found".to_owned()),
        Some("html" | "htm") => {
            Some("holds no text, scripts make it perhaps; only its title is found".to_owned())
        }
        Some(_) | None => None,
    }
}

fn unreadable(why: &impl fmt::Display) -> String {
    format!("cannot be read: {why}")
}

#[cfg(test)]
mod tests;
