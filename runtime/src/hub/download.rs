//! Asks the hub for listings and files.

use std::path::{Path, PathBuf};
use std::time::Duration;

use handyman_core::{Fault, FaultKind};
use reqwest::header::RANGE;
use reqwest::{Response, StatusCode};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::fs::{File, OpenOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::HubSettings;
use super::cache::kept;

/// Bytes that a listing may have.
const LISTING_MAX: usize = 16 << 20;

/// A file to download.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Transfer {
    /// The commit it belongs to.
    pub(super) commit: String,
    /// Its name in the repository.
    pub(super) name: String,
    /// What its content has to be.
    pub(super) sha256: String,
    /// Its bytes.
    pub(super) size: u64,
}

/// The hub over HTTP.
#[derive(Debug)]
pub(super) struct Remote {
    http: reqwest::Client,
    endpoint: String,
    token: Option<String>,
    retries_max: u32,
    silence: Duration,
}

/// Why a download stopped.
enum Stopped {
    /// The connection was lost: it goes on where it stopped.
    Lost(String),
    /// What came is not what was asked for: it has to begin anew.
    Wrong(String),
    Fault(Fault),
}

impl Remote {
    pub(super) fn new(settings: &HubSettings) -> Result<Self, Fault> {
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(crate::http::tls()?)
            .connect_timeout(settings.silence_time)
            .build()
            .map_err(|error| {
                Fault::new(FaultKind::Backend, "no HTTP client can be made").with_source(error)
            })?;
        let token = settings.token.clone().filter(|token| !token.is_empty());
        let endpoint = settings.endpoint.trim_end_matches('/').to_owned();
        Ok(Self { http, endpoint, token, retries_max: settings.retries_max, silence: settings.silence_time })
    }

    /// The files of a repository with their hashes, at its current commit.
    pub(super) async fn listing(&self, repo: &str) -> Result<Value, Fault> {
        let url = format!("{}/api/models/{repo}/revision/main?blobs=true", self.endpoint);
        let mut response = self.send(self.http.get(url)).await.map_err(|error| self.unreachable(&error))?;
        self.refused(&response, repo)?;
        let mut bytes = Vec::new();
        while let Some(more) = response.chunk().await.map_err(|error| self.unreachable(&error.to_string()))? {
            bytes.extend(more);
            if bytes.len() > LISTING_MAX {
                return Err(self.strange("its listing is too long"));
            }
        }
        serde_json::from_slice(&bytes)
            .map_err(|error| self.strange(&format!("its listing is no JSON: {error}")))
    }

    /// Downloads a file to its place in the cache. What an earlier attempt left is gone on with.
    pub(super) async fn download(
        &self,
        repo: &str,
        file: &Transfer,
        blob: &Path,
        report: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<(), Fault> {
        let partial = PathBuf::from(format!("{}.incomplete", blob.display()));
        let _mine = lock(&partial)?;
        let mut problem = String::new();
        for attempt in 0..=self.retries_max {
            if attempt > 0 {
                tokio::time::sleep(Duration::from_millis(200 * 2_u64.pow(attempt.min(6)))).await;
            }
            match self.attempt(repo, file, &partial, report).await {
                Ok(()) => return tokio::fs::rename(&partial, blob).await.map_err(|error| kept(blob, error)),
                Err(Stopped::Fault(fault)) => return Err(fault),
                Err(Stopped::Lost(why)) => problem = why,
                Err(Stopped::Wrong(why)) => {
                    tokio::fs::write(&partial, b"").await.map_err(|error| kept(&partial, error))?;
                    problem = why;
                }
            }
        }
        Err(Fault::new(FaultKind::Backend, format!("{} could not be downloaded: {problem}", file.name))
            .with_hint("pull it again: what has arrived is kept"))
    }

    async fn attempt(
        &self,
        repo: &str,
        file: &Transfer,
        partial: &Path,
        report: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<(), Stopped> {
        let disk = |error| Stopped::Fault(kept(partial, error));
        let (mut hash, mut have) = hashed(partial).await.map_err(disk)?;
        if have > file.size {
            return Err(Stopped::Wrong("more had arrived than there is".to_owned()));
        }
        let mut out = OpenOptions::new().append(true).create(true).open(partial).await.map_err(disk)?;
        if have < file.size {
            let url = format!("{}/{repo}/resolve/{}/{}", self.endpoint, file.commit, file.name);
            let request = self.http.get(url).header(RANGE, format!("bytes={have}-"));
            let mut response = self.send(request).await.map_err(Stopped::Lost)?;
            let passes = response.status().is_server_error();
            self.refused(&response, repo).map_err(|fault| {
                if passes { Stopped::Lost(fault.to_string()) } else { Stopped::Fault(fault) }
            })?;
            if response.status() != StatusCode::PARTIAL_CONTENT && have > 0 {
                // The server sends all of it again.
                out.set_len(0).await.map_err(disk)?;
                (hash, have) = (Sha256::new(), 0);
            }
            loop {
                let more = tokio::time::timeout(self.silence, response.chunk()).await;
                let more = more.map_err(|_| {
                    Stopped::Lost(format!("nothing came for {} s", self.silence.as_secs_f64()))
                })?;
                let Some(more) = more.map_err(|error| Stopped::Lost(error.to_string()))? else { break };
                have += more.len() as u64;
                if have > file.size {
                    return Err(Stopped::Wrong("more came than there is".to_owned()));
                }
                hash.update(&more);
                out.write_all(&more).await.map_err(disk)?;
                report(have);
            }
        }
        out.flush().await.map_err(disk)?;
        out.sync_all().await.map_err(disk)?;
        if have < file.size {
            return Err(Stopped::Lost(format!("{have} of {} bytes came", file.size)));
        }
        if hex::encode(hash.finalize()) == file.sha256 {
            Ok(())
        } else {
            Err(Stopped::Wrong("its checksum is another one".to_owned()))
        }
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Response, String> {
        let request = match &self.token {
            // It is not sent on where another host is redirected to.
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        match tokio::time::timeout(self.silence, request.send()).await {
            Ok(sent) => sent.map_err(|error| {
                std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string)
            }),
            Err(_) => Err(format!("nothing came for {} s", self.silence.as_secs_f64())),
        }
    }

    fn refused(&self, response: &Response, repo: &str) -> Result<(), Fault> {
        let fault = |problem: String, hint: &str| Err(Fault::new(FaultKind::Model, problem).with_hint(hint));
        match response.status() {
            status if status.is_success() => Ok(()),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => fault(
                format!("{}: there is no model {repo}, or it is not public", self.endpoint),
                "check the name; for a model that is not public, accept its terms there and set HF_TOKEN",
            ),
            StatusCode::TOO_MANY_REQUESTS => {
                fault(format!("{} asks to wait", self.endpoint), "try again later, or set HF_TOKEN")
            }
            status => fault(format!("{} answers {status} for {repo}", self.endpoint), "try again later"),
        }
    }

    fn unreachable(&self, why: &str) -> Fault {
        Fault::new(FaultKind::Backend, format!("{} cannot be reached: {why}", self.endpoint))
            .with_hint("check the connection; what is in the cache can be used with --offline")
    }

    /// The hub said something that it should not.
    pub(super) fn strange(&self, why: &str) -> Fault {
        Fault::new(FaultKind::Model, format!("{} does not answer as a hub: {why}", self.endpoint))
            .with_hint("check HF_ENDPOINT")
    }
}

/// The hash and the length of what is there.
async fn hashed(path: &Path) -> std::io::Result<(Sha256, u64)> {
    let (mut hash, mut length) = (Sha256::new(), 0);
    let mut file = match File::open(path).await {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok((hash, 0)),
        Err(error) => return Err(error),
    };
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut buffer).await?;
        if read == 0 {
            return Ok((hash, length));
        }
        hash.update(&buffer[..read]);
        length += read as u64;
    }
}

/// Keeps other processes from downloading the same file at the same time.
fn lock(partial: &Path) -> Result<std::fs::File, Fault> {
    let file = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(partial)
        .map_err(|error| kept(partial, error))?;
    match file.try_lock() {
        Err(std::fs::TryLockError::WouldBlock) => {
            Err(Fault::new(FaultKind::Model, "the model is being downloaded by another process")
                .with_hint("wait for it"))
        }
        // Some file systems have no locks.
        Ok(()) | Err(std::fs::TryLockError::Error(_)) => Ok(file),
    }
}
