//! Models from the Hugging Face hub, in the cache that other tools share.
//!
//! A model is named `OWNER/NAME`, or `OWNER/NAME:QUANT` for one of several files of a repository. Where several files
//! have that quantization, the plain one is meant (`m-Q4_K_M`, not `m-tiny-Q4_K_M`), and the others are named by more of
//! their names. What was downloaded lies where `huggingface_hub` puts it (`models--OWNER--NAME` with `blobs`, `snapshots` and
//! `refs`), so nothing is downloaded twice, by whatever tool, and is downloaded under the lock that all of them take
//! (`.locks/models--OWNER--NAME/HASH.lock`). A download that was interrupted goes on where it
//! stopped; a file counts only once its length and SHA-256 are those that the hub states.
//!
//! Layout and locks: <https://huggingface.co/docs/hub/local-cache>.

mod cache;
mod download;
mod name;
mod places;
mod recommended;

use std::path::PathBuf;
use std::time::Duration;

use handyman_core::{Fault, FaultKind};
use serde_json::Value;

pub use cache::Cached;
pub use name::ModelName;
pub use places::Places;
pub use recommended::{RECOMMENDED, Recommended, free_memory_mib, recommended};

use cache::Cache;
use download::{Remote, Transfer};
use name::Group;

/// The public hub. `HubSettings::endpoint` names another; the command line takes it from `HF_ENDPOINT`, as other
/// tools do.
const PUBLIC_HUB: &str = "https://huggingface.co";

/// Where models come from and where they are kept.
#[derive(Clone)]
pub struct HubSettings {
    /// The hub's address.
    pub endpoint: String,
    /// The cache that tools share.
    pub cache: PathBuf,
    /// For repositories that are not public. Never sent over plain HTTP to a public host.
    pub token: Option<String>,
    /// Whether nothing is asked of the network.
    pub offline: bool,
    /// Further attempts after a connection was lost.
    pub retries_max: u32,
    /// Longest silence while something is downloaded.
    pub silence_time: Duration,
}

impl HubSettings {
    /// The public hub, with this cache.
    #[must_use]
    pub fn new(cache: impl Into<PathBuf>) -> Self {
        Self {
            endpoint: PUBLIC_HUB.to_owned(),
            cache: cache.into(),
            token: None,
            offline: false,
            retries_max: 5,
            silence_time: Duration::from_mins(1),
        }
    }
}

impl std::fmt::Debug for HubSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HubSettings")
            .field("endpoint", &self.endpoint)
            .field("cache", &self.cache)
            .field("token", &self.token.as_ref().map(|_| "…"))
            .field("offline", &self.offline)
            .finish_non_exhaustive()
    }
}

/// How far a download is, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The file.
    pub file: &'a str,
    /// What is here of all files of the model.
    pub done: u64,
    /// What they have in all.
    pub total: u64,
}

/// A hub and a cache.
#[derive(Debug)]
pub struct Hub {
    settings: HubSettings,
    cache: Cache,
    remote: Remote,
}

impl Hub {
    /// A hub with these settings. Nothing is asked of it yet.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Backend` when no HTTP client can be made.
    pub fn new(settings: HubSettings) -> Result<Self, Fault> {
        let remote = Remote::new(&settings)?;
        Ok(Self { cache: Cache::new(settings.cache.clone()), settings, remote })
    }

    /// The file to load for a model, if all of it is in the cache: the first one, where it is in parts.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Model` when several models in the cache could be meant.
    pub fn find(&self, name: &ModelName) -> Result<Option<PathBuf>, Fault> {
        let here: Vec<Cached> =
            self.cache.list().into_iter().filter(|cached| cached.repo == name.repo).collect();
        let groups: Vec<Group> = here.iter().map(|cached| cached.group.clone()).collect();
        if groups.is_empty() {
            return Ok(None);
        }
        match name.choose(&groups) {
            Ok(group) => {
                Ok(here.iter().find(|cached| cached.group == *group).map(|cached| cached.path.clone()))
            }
            // What is asked for may be one that is not here.
            Err(_) if name.quant.is_some() => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// The file to load for a model that was pulled.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Model` that says how to pull it where it is not in the cache, or when several models there could
    /// be meant.
    pub fn file(&self, name: &ModelName) -> Result<PathBuf, Fault> {
        self.find(name)?.ok_or_else(|| {
            Fault::new(FaultKind::Model, format!("the model {name} is not here"))
                .with_hint(format!("fetch it first: handyman model pull {name}, or `Hub::pull` in a program"))
        })
    }

    /// The models in the cache, by name.
    #[must_use]
    pub fn list(&self) -> Vec<Cached> {
        self.cache.list()
    }

    /// Removes a model from the cache and returns how many bytes that has freed.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Model` when it is not there, several could be meant, or it cannot be removed.
    pub fn remove(&self, name: &ModelName) -> Result<u64, Fault> {
        let here: Vec<Cached> =
            self.cache.list().into_iter().filter(|cached| cached.repo == name.repo).collect();
        let groups: Vec<Group> = here.iter().map(|cached| cached.group.clone()).collect();
        if groups.is_empty() {
            return Err(Fault::new(FaultKind::Model, format!("{name} is not in the cache"))
                .with_hint("`Hub::list` gives what is; on the command line: handyman model list"));
        }
        let group = name.choose(&groups)?;
        self.cache.remove(&name.repo, group)
    }

    /// Downloads what is missing of a model and returns the file to load.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Model` for a model that there is not, or of which several files could be meant, and
    /// for one that cannot be downloaded or kept, and for a token that would travel unencrypted; `Backend` when the hub
    /// cannot be reached or stays busy.
    pub async fn pull(
        &self,
        name: &ModelName,
        progress: &(dyn Fn(Progress<'_>) + Send + Sync),
    ) -> Result<PathBuf, Fault> {
        if self.settings.offline {
            return self.find(name)?.ok_or_else(|| {
                Fault::new(
                    FaultKind::Model,
                    format!("{name} is not in the cache, and nothing may be downloaded offline"),
                )
                .with_hint("pull it once with a connection")
            });
        }
        let listing = self.remote.listing(&name.repo).await?;
        let commit = listing["sha"].as_str().filter(|commit| is_plain(commit));
        let commit = commit.ok_or_else(|| self.remote.strange("it names no commit"))?;
        let siblings = listing["siblings"].as_array().into_iter().flatten();
        let files: Vec<Transfer> = siblings.filter_map(|sibling| transfer(sibling, commit)).collect();
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        let groups = name::groups(&names);
        let group = name.choose(&groups)?;
        let wanted: Vec<&Transfer> = files.iter().filter(|file| group.files.contains(&file.name)).collect();
        let total = wanted.iter().map(|file| file.size).sum();
        let mut before = 0;
        for file in wanted {
            let report = |done: u64| progress(Progress { file: &file.name, done: before + done, total });
            let blob = self.cache.blob(&name.repo, &file.sha256)?;
            let is_here = || blob.metadata().is_ok_and(|found| found.len() == file.size);
            let lock = if is_here() { None } else { Some(self.cache.lock(&name.repo, &file.sha256)?) };
            // Whoever had the lock before may have downloaded it.
            let held = if is_here() {
                report(file.size);
                None
            } else {
                Some(self.remote.download(&name.repo, file, &blob, &report).await?)
            };
            self.cache.link(&name.repo, commit, &file.name, &file.sha256)?;
            drop((held, lock));
            before += file.size;
        }
        self.cache.point(&name.repo, commit)?;
        Ok(self.cache.snapshot(&name.repo, commit).join(&group.files[0]))
    }
}

/// A GGUF file of a listing. Names that lead out of the repository are not files of it.
fn transfer(sibling: &Value, commit: &str) -> Option<Transfer> {
    let name = sibling["rfilename"].as_str().filter(|name| name::is_gguf(name))?;
    let inside =
        name.split('/').all(|part| !part.is_empty() && part != "." && part != ".." && !part.contains('\\'));
    let sha256 = sibling["lfs"]["sha256"].as_str().filter(|hash| hash.len() == 64 && is_plain(hash))?;
    let size = sibling["lfs"]["size"].as_u64().or_else(|| sibling["size"].as_u64())?;
    inside.then(|| Transfer {
        commit: commit.to_owned(),
        name: name.to_owned(),
        sha256: sha256.to_owned(),
        size,
    })
}

/// Whether a text is only letters and digits, so that it is safe as a file's name.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|character| character.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests;
