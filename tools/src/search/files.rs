//! Files of a folder that can be searched, and their texts.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
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
    /// Files that are too large and folders that cannot be read, each with what is to be said of it.
    pub(super) left_out: BTreeMap<PathBuf, String>,
}

/// All files of a folder and of the folders in it. Links to folders are not followed.
pub(super) fn list(root: &Path) -> ToolResult<Found> {
    let mut found = Found::default();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
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
        for entry in entries {
            // A file may go away while the folder is read.
            let Ok(entry) = entry else { continue };
            let Ok(meta) = entry.metadata() else { continue };
            let path = entry.path();
            if meta.is_dir() {
                folders.push(path);
            } else if let Some(ending) = ending(&path).filter(|_| meta.is_file()) {
                if meta.len() <= bytes_max(&ending) {
                    found.files.insert(path, Stamp { changed: meta.modified().ok(), bytes: meta.len() });
                } else {
                    let megabytes = bytes_max(&ending) / 1_000_000;
                    found.left_out.insert(path, format!("is larger than {megabytes} MB"));
                }
            }
        }
        if found.files.len() > FILES_MAX {
            let message = format!("{} holds more than {FILES_MAX} documents", root.display());
            return Err(ToolError::new(ToolErrorKind::Refused, message));
        }
    }
    Ok(found)
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
    let is_blank = ending(path).as_deref() == Some("pdf") && text.trim().is_empty();
    is_blank.then(|| "holds no text, pictures of pages perhaps; only its name is found".to_owned())
}

fn unreadable(why: &impl fmt::Display) -> String {
    format!("cannot be read: {why}")
}
