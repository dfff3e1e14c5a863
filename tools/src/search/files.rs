//! Files of a folder that can be searched, and their texts.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use handyman_core::{ToolError, ToolErrorKind, ToolResult};

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
    /// Those that are too large to be read.
    pub(super) too_large: Vec<PathBuf>,
}

/// All files of a folder and of the folders in it. Links to folders are not followed.
pub(super) fn list(folder: &Path) -> ToolResult<Found> {
    let mut found = Found::default();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).map_err(|error| unreadable(&folder, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| unreadable(&folder, &error))?;
            // A file may go away while the folder is read.
            let Ok(meta) = entry.metadata() else { continue };
            let path = entry.path();
            if meta.is_dir() {
                folders.push(path);
            } else if let Some(ending) = ending(&path).filter(|_| meta.is_file()) {
                if meta.len() <= bytes_max(&ending) {
                    found.files.insert(path, Stamp { changed: meta.modified().ok(), bytes: meta.len() });
                } else {
                    found.too_large.push(path);
                }
            }
        }
        if found.files.len() > FILES_MAX {
            let message = format!("{} holds more than {FILES_MAX} documents", folder.display());
            return Err(ToolError::new(ToolErrorKind::Refused, message));
        }
    }
    Ok(found)
}

/// Why a file that is too large is left out.
pub(super) fn too_large(path: &Path) -> String {
    let megabytes = bytes_max(&ending(path).unwrap_or_default()) / 1_000_000;
    format!("{} is larger than {megabytes} MB", path.display())
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
pub(super) fn read(path: &Path) -> ToolResult<(String, String)> {
    let bytes = fs::read(path).map_err(|error| unreadable(path, &error))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let name = || path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let (title, text) = match ending(path).as_deref() {
        #[cfg(feature = "web")]
        Some("html" | "htm") => crate::web::readable(&text(&bytes))?,
        #[cfg(feature = "pdf")]
        Some("pdf") => (String::new(), super::pdf::text(bytes)?),
        _ => (String::new(), text(&bytes)),
    };
    let heading = text.lines().find_map(|line| line.strip_prefix("# ")).map(str::to_owned);
    let title = if title.is_empty() { heading.unwrap_or_else(name) } else { title };
    Ok((title, text))
}

fn unreadable(path: &Path, error: &std::io::Error) -> ToolError {
    ToolError::new(ToolErrorKind::NotFound, format!("cannot read {}: {error}", path.display()))
}
