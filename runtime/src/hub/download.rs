//! Asks the hub for listings and files.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use handyman_core::{Fault, FaultKind};
use reqwest::header::{HeaderMap, RANGE, RETRY_AFTER};
use reqwest::{Response, StatusCode, Url};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::fs::{File, OpenOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::HubSettings;
use super::cache::{busy, is_taken, kept};
use crate::http;

/// Bytes that a listing may have.
const LISTING_MAX: usize = 16 << 20;
/// Bytes by which a download has to get on for its attempts to be counted anew.
const GAIN: u64 = 1 << 16;
/// Longest wait that the hub may ask for.
const WAIT_MAX: Duration = Duration::from_mins(1);

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

/// What is here of a file.
struct Here<'a> {
    path: &'a Path,
    out: File,
    hash: Sha256,
    bytes: u64,
}

/// The hub over HTTP.
pub(super) struct Remote {
    http: reqwest::Client,
    endpoint: String,
    token: Option<String>,
    retries_max: u32,
    silence: Duration,
}

/// Without the token, which would otherwise stand in whatever prints a hub.
impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote")
            .field("endpoint", &self.endpoint)
            .field("token", &self.token.as_ref().map(|_| "…"))
            .finish_non_exhaustive()
    }
}

/// Why an attempt came to nothing.
enum Stopped {
    /// The connection was lost: a download goes on where it stopped.
    Lost(String),
    /// The hub has too much to do; it may say for how long.
    Busy { fault: Fault, wait: Option<Duration> },
    /// What came is not what was asked for: it has to begin anew.
    Wrong(String),
    /// Another attempt would end as this one.
    Fault(Fault),
}

impl Stopped {
    /// The fault of a download that is given up.
    fn downloading(self, file: &str) -> Fault {
        let (problem, hint) = match self {
            Self::Fault(fault) => return fault,
            Self::Busy { fault, .. } => {
                (fault.to_string(), fault.hint().unwrap_or("pull it again").to_owned())
            }
            Self::Lost(why) | Self::Wrong(why) => (why, "pull it again".to_owned()),
        };
        Fault::new(FaultKind::Backend, format!("{file} could not be downloaded: {problem}"))
            .with_hint(format!("{hint}: what has arrived is kept"))
    }
}

impl Remote {
    pub(super) fn new(settings: &HubSettings) -> Result<Self, Fault> {
        let http = crate::http::client_for(&settings.endpoint)?
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
        let mut attempt = 0;
        loop {
            let stopped = match self.listed(repo).await {
                Ok(listing) => return Ok(listing),
                // Without a connection a person is told so soon.
                Err(Stopped::Lost(why)) if attempt > 0 => return Err(self.unreachable(&why)),
                Err(stopped) => stopped,
            };
            self.again(&mut attempt, stopped).await.map_err(|stopped| match stopped {
                Stopped::Lost(why) | Stopped::Wrong(why) => self.unreachable(&why),
                Stopped::Busy { fault, .. } | Stopped::Fault(fault) => fault,
            })?;
        }
    }

    async fn listed(&self, repo: &str) -> Result<Value, Stopped> {
        let url = format!("{}/api/models/{repo}/revision/main?blobs=true", self.endpoint);
        let mut response = self.send(self.http.get(url)).await?;
        self.refused(&response, repo)?;
        let mut bytes = Vec::new();
        while let Some(more) = self.within(response.chunk()).await? {
            bytes.extend(more);
            if bytes.len() > LISTING_MAX {
                return Err(Stopped::Fault(self.strange("its listing is too long")));
            }
        }
        serde_json::from_slice(&bytes)
            .map_err(|error| Stopped::Fault(self.strange(&format!("its listing is no JSON: {error}"))))
    }

    /// Downloads a file to its place in the cache. What an earlier attempt left is gone on with. As long as what is
    /// returned lives, nobody removes the file.
    pub(super) async fn download(
        &self,
        repo: &str,
        file: &Transfer,
        blob: &Path,
        report: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<std::fs::File, Fault> {
        let partial = PathBuf::from(format!("{}.incomplete", blob.display()));
        let mine = lock(&partial)?;
        let (mut attempt, mut reached) = (0, length_of(&partial).await);
        loop {
            let stopped = match self.attempt(repo, file, &partial, report).await {
                Ok(()) => {
                    tokio::fs::rename(&partial, blob).await.map_err(|error| kept(blob, error))?;
                    return Ok(mine);
                }
                Err(stopped) => stopped,
            };
            if matches!(stopped, Stopped::Wrong(_)) {
                tokio::fs::write(&partial, b"").await.map_err(|error| kept(&partial, error))?;
            }
            // A connection that is lost again and again is given up only where nothing comes of it.
            let here = length_of(&partial).await;
            if here >= reached + GAIN {
                (attempt, reached) = (0, here);
            }
            self.again(&mut attempt, stopped).await.map_err(|stopped| stopped.downloading(&file.name))?;
        }
    }

    /// Waits until another attempt may be made. Where there is none, what stopped the last one comes back.
    async fn again(&self, attempt: &mut u32, stopped: Stopped) -> Result<(), Stopped> {
        if *attempt >= self.retries_max || matches!(stopped, Stopped::Fault(_)) {
            return Err(stopped);
        }
        let wait = match stopped {
            Stopped::Busy { wait, .. } => wait,
            Stopped::Lost(_) | Stopped::Wrong(_) | Stopped::Fault(_) => None,
        };
        *attempt += 1;
        tokio::time::sleep(pause(*attempt, wait)).await;
        Ok(())
    }

    async fn attempt(
        &self,
        repo: &str,
        file: &Transfer,
        partial: &Path,
        report: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<(), Stopped> {
        let disk = |error| Stopped::Fault(kept(partial, error));
        let (hash, bytes) = hashed(partial).await.map_err(disk)?;
        if bytes > file.size {
            return Err(Stopped::Wrong("more had arrived than there is".to_owned()));
        }
        let out = OpenOptions::new().append(true).create(true).open(partial).await.map_err(disk)?;
        let mut here = Here { path: partial, out, hash, bytes };
        if bytes < file.size {
            let fetched = self.fetch(repo, file, &mut here, report).await;
            // What is still being written would come in between what the next attempt finds and what it appends.
            here.out.flush().await.map_err(disk)?;
            fetched?;
        }
        here.out.sync_all().await.map_err(disk)?;
        if here.bytes < file.size {
            return Err(Stopped::Lost(format!("{} of {} bytes came", here.bytes, file.size)));
        }
        if hex::encode(here.hash.finalize()) == file.sha256 {
            Ok(())
        } else {
            Err(Stopped::Wrong("its checksum is another one".to_owned()))
        }
    }

    /// Appends what is missing of a file, as far as it comes.
    async fn fetch(
        &self,
        repo: &str,
        file: &Transfer,
        here: &mut Here<'_>,
        report: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<(), Stopped> {
        let path = here.path;
        let disk = |error| Stopped::Fault(kept(path, error));
        let url = format!("{}/{repo}/resolve/{}/{}", self.endpoint, file.commit, file.name);
        let request = self.http.get(url).header(RANGE, format!("bytes={}-", here.bytes));
        let mut response = self.send(request).await?;
        self.refused(&response, repo)?;
        if response.status() != StatusCode::PARTIAL_CONTENT && here.bytes > 0 {
            // The server sends all of it again.
            here.out.set_len(0).await.map_err(disk)?;
            (here.hash, here.bytes) = (Sha256::new(), 0);
        }
        while let Some(more) = self.within(response.chunk()).await? {
            here.bytes += more.len() as u64;
            if here.bytes > file.size {
                return Err(Stopped::Wrong("more came than there is".to_owned()));
            }
            here.hash.update(&more);
            here.out.write_all(&more).await.map_err(disk)?;
            report(here.bytes);
        }
        Ok(())
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Response, Stopped> {
        let request = match &self.token {
            Some(_) if is_open(&self.endpoint) => {
                let problem = format!("the token would travel to {} unencrypted", self.endpoint);
                return Err(Stopped::Fault(Fault::new(FaultKind::Model, problem).with_hint(
                    "use an https:// address (HF_ENDPOINT on the command line), or leave the token out",
                )));
            }
            // It is not sent on where another host is redirected to.
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        self.within(request.send()).await
    }

    /// What comes, unless the connection is lost or nothing comes for too long.
    async fn within<T>(&self, comes: impl Future<Output = reqwest::Result<T>>) -> Result<T, Stopped> {
        match tokio::time::timeout(self.silence, comes).await {
            Ok(Ok(came)) => Ok(came),
            // Nothing was sent, and nothing would be: the address is none.
            Ok(Err(error)) if error.is_builder() => Err(Stopped::Fault(self.unreachable(&cause(&error)))),
            Ok(Err(error)) => Err(Stopped::Lost(cause(&error))),
            Err(_) => Err(Stopped::Lost(format!("nothing came for {} s", self.silence.as_secs_f64()))),
        }
    }

    fn refused(&self, response: &Response, repo: &str) -> Result<(), Stopped> {
        let lasting = |problem: String, hint: &str| {
            Err(Stopped::Fault(Fault::new(FaultKind::Model, problem).with_hint(hint)))
        };
        let busy = |problem: String, hint: &str| {
            let fault = Fault::new(FaultKind::Backend, problem).with_hint(hint);
            Err(Stopped::Busy { fault, wait: wait_of(response.headers()) })
        };
        match response.status() {
            status if status.is_success() => Ok(()),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => lasting(
                format!("{}: there is no model {repo}, or it is not public", self.endpoint),
                "check the name; for a model that is not public, accept its terms there and give a token (HF_TOKEN on the \
                 command line)",
            ),
            StatusCode::TOO_MANY_REQUESTS => busy(
                format!("{} asks to wait", self.endpoint),
                "try again later, or give a token (HF_TOKEN on the command line)",
            ),
            status if status.is_server_error() => {
                busy(format!("{} answers {status} for {repo}", self.endpoint), "try again later")
            }
            status => lasting(format!("{} answers {status} for {repo}", self.endpoint), "try again later"),
        }
    }

    fn unreachable(&self, why: &str) -> Fault {
        Fault::new(FaultKind::Backend, format!("{} cannot be reached: {why}", self.endpoint))
            .with_hint(
                "check the connection; what is in the cache can be used without one: `HubSettings::offline`, --offline on \
                 the command line",
            )
    }

    /// The hub said something that it should not.
    pub(super) fn strange(&self, why: &str) -> Fault {
        Fault::new(FaultKind::Model, format!("{} does not answer as a hub: {why}", self.endpoint))
            .with_hint("check the hub's address: `HubSettings::endpoint`, HF_ENDPOINT on the command line")
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

/// The bytes of a file; none where there is none.
async fn length_of(path: &Path) -> u64 {
    tokio::fs::metadata(path).await.map_or(0, |found| found.len())
}

/// Keeps other processes from downloading the same file at the same time.
fn lock(partial: &Path) -> Result<std::fs::File, Fault> {
    let file = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(partial)
        .map_err(|error| kept(partial, error))?;
    if is_taken(&file) { Err(busy()) } else { Ok(file) }
}

/// How long to wait before an attempt: as long as the hub asks for, or twice as long each time.
pub(super) fn pause(attempt: u32, asked: Option<Duration>) -> Duration {
    let own = Duration::from_millis(200 * 2_u64.pow(attempt.min(6)));
    asked.unwrap_or(own).min(WAIT_MAX)
}

/// How long an answer asks to wait: `Retry-After: 55`, or, as the public hub says it, `RateLimit: "api";r=0;t=55`.
pub(super) fn wait_of(headers: &HeaderMap) -> Option<Duration> {
    let seconds = |text: &str| text.trim().parse().ok().map(Duration::from_secs);
    let asked = headers.get(RETRY_AFTER).and_then(|asked| asked.to_str().ok()).and_then(seconds);
    asked.or_else(|| {
        let limit = headers.get("ratelimit")?.to_str().ok()?;
        let parts: Vec<&str> = limit.split([';', ',']).map(str::trim).collect();
        // The public hub says it in every answer; it asks to wait only once nothing remains.
        if !parts.contains(&"r=0") {
            return None;
        }
        parts.iter().find_map(|part| seconds(part.strip_prefix("t=")?))
    })
}

/// What stands innermost in an error says most: that the connection was refused, that the name is not known.
fn cause(error: &reqwest::Error) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    causes.last().map_or_else(|| error.to_string(), ToString::to_string)
}

/// Whether what is sent to an address can be read on the way, through a network that is not one's own.
pub(super) fn is_open(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| http::is_open(&url))
}
