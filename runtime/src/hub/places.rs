//! Where the tools of the hub keep models on a machine.

use std::path::PathBuf;

/// What the environment says of where things are kept. The tools of the hub have the rules in common by which the cache
/// follows from it. The library reads no environment: a program that does fills in what is set.
///
/// ```
/// use handyman_runtime::hub::Places;
///
/// let places = Places { home: Some("/home/ann".into()), ..Places::default() };
/// assert_eq!(places.cache(), Some("/home/ann/.cache/huggingface/hub".into()));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// The cache itself: `HF_HUB_CACHE`.
    pub hub_cache: Option<PathBuf>,
    /// The folder of the hub's tools: `HF_HOME`.
    pub hub_home: Option<PathBuf>,
    /// The folder for caches of all programs: `XDG_CACHE_HOME`.
    pub caches: Option<PathBuf>,
    /// The person's own folder: `HOME`, or `USERPROFILE` where that is not set.
    pub home: Option<PathBuf>,
}

impl Places {
    /// The cache of models ([`HubSettings::cache`](super::HubSettings::cache)); `None` where nothing says where.
    #[must_use]
    pub fn cache(&self) -> Option<PathBuf> {
        self.hub_cache.clone().or_else(|| self.tools().map(|folder| folder.join("hub")))
    }

    /// The file that holds a person's token once they have logged in.
    #[must_use]
    pub fn token(&self) -> Option<PathBuf> {
        self.tools().map(|folder| folder.join("token"))
    }

    /// The folder of the hub's tools.
    fn tools(&self) -> Option<PathBuf> {
        let caches = || self.caches.clone().or_else(|| self.home.as_ref().map(|home| home.join(".cache")));
        self.hub_home.clone().or_else(|| caches().map(|caches| caches.join("huggingface")))
    }
}
