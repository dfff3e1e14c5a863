//! What `--model` names, and where models are kept.

use std::path::{Path, PathBuf};

use handyman::hub::{Hub, HubSettings, ModelName, Places};
use handyman::{Model, ModelInfo, RemoteModel, RemoteSettings, ScriptModel};

use crate::args::RunOptions;
use crate::problem::Problem;
use crate::settings;

/// What `--model` calls the model that is part of this program.
const BUILTIN: &str = "builtin";
/// What that model calls itself.
const BUILTIN_NAME: &str = "handyman-builtin";

/// The model that is named, or the built-in one.
pub(crate) async fn open(named: Option<&str>, options: &RunOptions) -> Result<Box<dyn Model>, Problem> {
    let RunOptions { local, replies, .. } = options;
    Ok(match named {
        Some(name) if name.starts_with("script:") => {
            concerns_none(local.given(), "replies from a file")?;
            Box::new(ScriptModel::load(&name["script:".len()..]).await.map_err(Problem::no_model)?)
        }
        Some(url) if is_url(url) => {
            concerns_none(local.given().or(replies.given_for_here()), "a model behind an endpoint")?;
            Box::new(RemoteModel::connect(remote(url)).await?)
        }
        other => Box::new(settings::local_model_with(other, local).await?),
    })
}

/// The name of another model than the built-in one, if one was named.
pub(crate) fn other_than_builtin(named: Option<&str>) -> Option<&str> {
    named.filter(|name| *name != BUILTIN)
}

/// Whether this is the model that is part of this program, which is meant where none is named.
pub(crate) fn is_builtin(model: &ModelInfo) -> bool {
    model.name == BUILTIN_NAME
}

/// What `--model` calls a model that was pulled: in the cache, a file is named by its hash.
pub(crate) fn pulled(model: &ModelInfo) -> Option<String> {
    let here = hub(true).ok()?.list();
    let is_it = |file: &Path| {
        let file = file.canonicalize().ok();
        file.is_some_and(|file| file.file_name().is_some_and(|name| name == model.sha256.as_str()))
    };
    let found = here.iter().find(|cached| is_it(&cached.path))?;
    let name: ModelName = format!("{}:{}", found.repo, found.quant).parse().ok()?;
    Some(name.to_string())
}

/// An option that would do nothing is refused: whoever typed it expects something of it.
fn concerns_none(given: Option<&str>, what: &str) -> Result<(), Problem> {
    let Some(option) = given else { return Ok(()) };
    Err(Problem::usage(format!("{option} has no effect on {what}")).with_hint(
        "leave it out, or name a model that runs in this process: a GGUF file, a pulled model, or builtin",
    ))
}

/// Whether a model is named by the address of an endpoint.
pub(crate) fn is_url(name: &str) -> bool {
    name.starts_with("http://") || name.starts_with("https://")
}

/// A remote endpoint, with the key that the environment holds for it.
pub(crate) fn remote(url: &str) -> RemoteSettings {
    let openai = url.starts_with("https://api.openai.com/");
    let key = set("HANDYMAN_API_KEY").or_else(|| set("OPENAI_API_KEY").filter(|_| openai));
    RemoteSettings { key, ..RemoteSettings::new(url) }
}

/// The file of a model in this process: a path, the short name of a recommended model, or a repository, of
/// which the latter two have to be in the cache.
pub(crate) fn file(name: &str) -> Result<PathBuf, Problem> {
    if is_url(name) {
        return Err(Problem::usage(format!(
            "{name} is an endpoint: its model is there, and no file of it here"
        ))
        .with_hint(format!("ask the endpoint what models it has: handyman doctor --model {name}")));
    }
    let path = PathBuf::from(name);
    let repo: Option<ModelName> = name.parse().ok();
    let is_file = path.exists() || path.extension().is_some_and(|extension| extension == "gguf");
    let is_name = |name: &str| !name.contains(std::path::MAIN_SEPARATOR) && !is_file;
    let Some(repo) = repo.filter(|_| !is_file) else {
        return if is_name(name) { Err(unknown(name)) } else { there(path) };
    };
    hub(true)?.file(&repo).map_err(Problem::no_model)
}

/// A file, which has to be there.
fn there(path: PathBuf) -> Result<PathBuf, Problem> {
    let problem = if path.is_dir() {
        format!("{} is a folder", path.display())
    } else if path.exists() {
        return Ok(path);
    } else {
        format!("there is no file {}", path.display())
    };
    Err(Problem::usage(problem).with_hint("name a GGUF file, or a model that `handyman model list` shows"))
}

fn unknown(name: &str) -> Problem {
    Problem::usage(format!("there is no model '{name}', and no file of that name")).with_hint(
        "handyman model list shows the models there are; handyman model pull OWNER/NAME fetches one",
    )
}

/// The hub, as the environment of its own tools describes it.
pub(crate) fn hub(offline: bool) -> Result<Hub, Problem> {
    let path = |name: &str| set(name).map(PathBuf::from);
    let places = Places {
        hub_cache: path("HF_HUB_CACHE"),
        hub_home: path("HF_HOME"),
        caches: path("XDG_CACHE_HOME"),
        home: path("HOME").or_else(|| path("USERPROFILE")),
    };
    let cache = places
        .cache()
        .ok_or_else(|| Problem::new("there is no home folder to keep models in").with_hint("set HF_HOME"))?;
    let kept = || places.token().and_then(|file| std::fs::read_to_string(file).ok());
    let token = set("HF_TOKEN").or_else(kept).map(|token| token.trim().to_owned());
    let own = HubSettings::new(cache);
    let endpoint = set("HF_ENDPOINT").unwrap_or_else(|| own.endpoint.clone());
    let offline = offline
        || set("HF_HUB_OFFLINE")
            .is_some_and(|value| matches!(value.to_lowercase().as_str(), "1" | "true" | "yes" | "on"));
    Ok(Hub::new(HubSettings { endpoint, token, offline, ..own })?)
}

fn set(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
