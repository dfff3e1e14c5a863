//! The cache as `huggingface_hub` lays it out.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use handyman_core::{Fault, FaultKind};

use super::name::{Group, groups, labels};

/// How often a lock is tried for whose file is removed under way.
const LOCK_TRIES: usize = 8;

/// A model in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cached {
    /// `OWNER/NAME`.
    pub repo: String,
    /// What tells it from the other models of its repository: the quantization, or the file's name.
    pub quant: String,
    /// The file to load.
    pub path: PathBuf,
    /// Its bytes, over all parts.
    pub bytes: u64,
    pub(super) group: Group,
}

/// A folder of repositories.
#[derive(Debug)]
pub(super) struct Cache {
    folder: PathBuf,
}

impl Cache {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    fn repo(&self, repo: &str) -> PathBuf {
        self.folder.join(folder_name(repo))
    }

    /// The folder of one commit's files.
    pub(super) fn snapshot(&self, repo: &str, commit: &str) -> PathBuf {
        self.repo(repo).join("snapshots").join(commit)
    }

    /// Where the content with this hash lies; its folder is made.
    pub(super) fn blob(&self, repo: &str, sha256: &str) -> Result<PathBuf, Fault> {
        let folder = self.repo(repo).join("blobs");
        fs::create_dir_all(&folder).map_err(|error| kept(&folder, error))?;
        Ok(folder.join(sha256))
    }

    /// The lock under which all tools download the content with this hash, held as long as what is returned
    /// lives: two that append to one file at the same time spoil it for both.
    pub(super) fn lock(&self, repo: &str, sha256: &str) -> Result<fs::File, Fault> {
        let path = self.lock_path(repo, sha256);
        let folder = path.parent().unwrap_or(&path);
        fs::create_dir_all(folder).map_err(|error| kept(folder, error))?;
        for _ in 0..LOCK_TRIES {
            let file = fs::OpenOptions::new()
                .append(true)
                .create(true)
                .open(&path)
                .map_err(|error| kept(&path, error))?;
            if is_taken(&file) {
                break;
            }
            // Some tools remove the file once they are done: who had opened it before then holds nothing.
            if is_still_at(&file, &path) {
                return Ok(file);
            }
        }
        Err(busy())
    }

    fn lock_path(&self, repo: &str, sha256: &str) -> PathBuf {
        self.folder.join(".locks").join(folder_name(repo)).join(format!("{sha256}.lock"))
    }

    /// Gives a blob its name in a commit.
    pub(super) fn link(&self, repo: &str, commit: &str, file: &str, sha256: &str) -> Result<(), Fault> {
        let path = self.snapshot(repo, commit).join(file);
        let folder = path.parent().unwrap_or(&path);
        fs::create_dir_all(folder).map_err(|error| kept(folder, error))?;
        if path.exists() {
            return Ok(());
        }
        let up = "../".repeat(2 + file.matches('/').count());
        let _ = fs::remove_file(&path);
        match link(Path::new(&format!("{up}blobs/{sha256}")), &self.blob(repo, sha256)?, &path) {
            // Another process has made it in the meantime.
            Err(_) if path.exists() => Ok(()),
            made => made.map_err(|error| kept(&path, error)),
        }
    }

    /// Makes a commit the current one. It is written beside first: a file of that name is always whole. In `refs` every
    /// file names a commit, so that is not where.
    pub(super) fn point(&self, repo: &str, commit: &str) -> Result<(), Fault> {
        let folder = self.repo(repo);
        let refs = folder.join("refs");
        let file = refs.join("main");
        // A cache that cannot be written can be used as it is.
        if fs::read_to_string(&file).is_ok_and(|current| current == commit) {
            return Ok(());
        }
        let beside = folder.join(format!("main.{}.{:08x}.part", std::process::id(), fastrand::u32(..)));
        let written = fs::create_dir_all(&refs)
            .and_then(|()| write(&beside, commit))
            .and_then(|()| fs::rename(&beside, &file));
        written.inspect_err(|_| drop(fs::remove_file(&beside))).map_err(|error| kept(&file, error))
    }

    /// All models, by name. Of a file that several commits have, the one counts that was pulled last.
    pub(super) fn list(&self) -> Vec<Cached> {
        let mut found = Vec::new();
        for folder in entries(&self.folder) {
            let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let Some(repo) = name.strip_prefix("models--").and_then(|name| name.split_once("--")) else {
                continue;
            };
            let repo = format!("{}/{}", repo.0, repo.1);
            let current = fs::read_to_string(folder.join("refs/main")).unwrap_or_default();
            let mut commits = entries(&folder.join("snapshots"));
            commits.sort_by_key(|commit| {
                commit.file_name().is_none_or(|name| name.to_string_lossy() != current.trim())
            });
            let mut here: Vec<(usize, Cached)> = Vec::new();
            for (age, commit) in commits.iter().enumerate() {
                for cached in models(&repo, commit) {
                    if here.iter().all(|(_, known)| known.group.stem != cached.group.stem) {
                        here.push((age, cached));
                    }
                }
            }
            let groups: Vec<(usize, &Group)> =
                here.iter().map(|(age, cached)| (*age, &cached.group)).collect();
            let labels = labels(&groups);
            for ((_, mut cached), label) in here.into_iter().zip(labels) {
                cached.quant.clone_from(&label);
                cached.group.quant = label;
                found.push(cached);
            }
        }
        found.sort_by(|a, b| (&a.repo, &a.quant).cmp(&(&b.repo, &b.quant)));
        found
    }

    /// Removes a model's files from all commits, and the blobs that nothing names any more. What is being downloaded
    /// stays.
    pub(super) fn remove(&self, repo: &str, group: &Group) -> Result<u64, Fault> {
        let folder = self.repo(repo);
        let blobs = folder.join("blobs");
        for commit in entries(&folder.join("snapshots")) {
            for file in &group.files {
                let path = commit.join(file);
                if path.symlink_metadata().is_ok() {
                    fs::remove_file(&path).map_err(|error| kept(&path, error))?;
                }
            }
        }
        let mut freed = 0;
        for blob in entries(&blobs) {
            // A download holds its file until a commit names it, so what is named is looked at once it is held here.
            let held = fs::File::open(&blob);
            let lock = fs::File::open(self.lock_path(repo, &hash_of(&blob)));
            let in_use = held.as_ref().is_ok_and(is_taken)
                || lock.as_ref().is_ok_and(is_taken)
                || blob.canonicalize().is_ok_and(|blob| named(&folder).contains(&blob));
            if !in_use {
                freed += blob.metadata().map_or(0, |found| found.len());
                fs::remove_file(&blob).map_err(|error| kept(&blob, error))?;
            }
        }
        // A blob that is left is in use; a folder that is not empty is not removed.
        if named(&folder).is_empty() && (fs::remove_dir(&blobs).is_ok() || !blobs.exists()) {
            fs::remove_dir_all(&folder).map_err(|error| kept(&folder, error))?;
        }
        Ok(freed)
    }
}

/// What a repository's folder is called.
fn folder_name(repo: &str) -> String {
    format!("models--{}", repo.replace('/', "--"))
}

/// The hash of the content that a file holds, or what has come of it: its name begins with that.
fn hash_of(blob: &Path) -> String {
    let name = blob.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.split('.').next().unwrap_or_default().to_owned()
}

/// What the commits in a repository's folder name.
fn named(folder: &Path) -> BTreeSet<PathBuf> {
    entries(&folder.join("snapshots"))
        .iter()
        .flat_map(|commit| files(commit))
        .filter_map(|file| file.canonicalize().ok())
        .collect()
}

/// Whether another process holds a file. If none does, it is held here as long as it is open. Some file systems have
/// no locks.
pub(super) fn is_taken(file: &fs::File) -> bool {
    matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock))
}

/// Whether a path still names the file that was opened there.
#[cfg(unix)]
fn is_still_at(file: &fs::File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    let number = |found: &fs::Metadata| (found.dev(), found.ino());
    match (file.metadata(), path.metadata()) {
        (Ok(opened), Ok(named)) => number(&opened) == number(&named),
        (_, _) => false,
    }
}

/// Whether a path still names a file. Elsewhere one that is open is not removed.
#[cfg(not(unix))]
fn is_still_at(_file: &fs::File, path: &Path) -> bool {
    path.exists()
}

/// Somebody else downloads the same.
pub(super) fn busy() -> Fault {
    Fault::new(FaultKind::Model, "the model is being downloaded by another process").with_hint("wait for it")
}

/// The whole models in one commit's folder.
fn models(repo: &str, commit: &Path) -> Vec<Cached> {
    let names: Vec<String> = files(commit)
        .iter()
        // A link whose blob is gone is no file.
        .filter(|file| file.exists())
        .filter_map(|file| {
            file.strip_prefix(commit).ok().map(|file| file.to_string_lossy().replace('\\', "/"))
        })
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let cached = |group: Group| {
        let size = |file: &String| commit.join(file).metadata().map_or(0, |found| found.len());
        let bytes = group.files.iter().map(size).sum();
        Cached {
            repo: repo.to_owned(),
            quant: group.quant.clone(),
            path: commit.join(&group.files[0]),
            bytes,
            group,
        }
    };
    groups(&names).into_iter().map(cached).collect()
}

/// All files under a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in entries(folder) {
        let is_folder = entry.symlink_metadata().is_ok_and(|kind| kind.is_dir());
        if is_folder { found.extend(files(&entry)) } else { found.push(entry) }
    }
    found
}

/// Writes a file and waits until it is on the disk.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = fs::File::create(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .collect();
    entries.sort();
    entries
}

#[cfg(unix)]
fn link(target: &Path, _blob: &Path, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

/// Where links need privileges the file has two names.
#[cfg(not(unix))]
fn link(_target: &Path, blob: &Path, path: &Path) -> io::Result<()> {
    fs::hard_link(blob, path).or_else(|_| fs::copy(blob, path).map(drop))
}

pub(super) fn kept(path: &Path, error: io::Error) -> Fault {
    Fault::new(FaultKind::Model, format!("{}: {error}", path.display()))
        .with_hint("free some room, or keep models elsewhere with HF_HOME")
        .with_source(error)
}
