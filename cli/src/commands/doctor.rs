//! `handyman doctor`: what there is to compute on, and how a model runs on it; of an endpoint, what it says it has.

use std::process::ExitCode;
use std::time::Duration;

use handyman::{RemoteModel, RemoteSettings};
use serde_json::json;

use crate::problem::Problem;
use crate::{models, settings, show};

/// Longest silence of an endpoint that is asked what it has.
const SILENCE: Duration = Duration::from_secs(10);

pub(crate) async fn examine(named: Option<&str>, json: bool) -> Result<ExitCode, Problem> {
    match named.filter(|name| models::is_url(name)) {
        Some(url) => elsewhere(url, json).await,
        None => here(named, json).await,
    }
}

/// What can be known of a model behind an endpoint: whether that answers, and which models it says it has.
async fn elsewhere(url: &str, json: bool) -> Result<ExitCode, Problem> {
    let asked = RemoteSettings { silence_time: SILENCE, ..models::remote(url) };
    let listed = RemoteModel::models(&asked).await?;
    let RemoteSettings { url: endpoint, model, .. } = asked;
    let model = match (model.filter(|name| !name.is_empty()), listed.as_slice()) {
        (None, [only]) => Some(only.clone()),
        (named, _) => named,
    };
    let is_listed = model.as_ref().map(|name| listed.contains(name));
    if json {
        let found = json!({"endpoint": endpoint, "model": model, "is_listed": is_listed, "models": listed});
        show::record(&found.to_string());
        return Ok(ExitCode::SUCCESS);
    }
    let model = match (model, is_listed) {
        (Some(name), Some(true)) => name,
        (Some(name), Some(false) | None) => format!("{name}, which is not listed"),
        (None, _) => "not named; name one after the address: URL#MODEL".to_owned(),
    };
    let listed = if listed.is_empty() { "none is listed".to_owned() } else { listed.join(", ") };
    show_rows(&[
        ("endpoint", format!("{endpoint}: it answers")),
        ("model", model),
        ("models", listed),
        ("note", "a model behind an endpoint runs there: what it computes on is not known here".to_owned()),
    ]);
    Ok(ExitCode::SUCCESS)
}

fn show_rows(rows: &[(&str, String)]) {
    for (name, value) in rows {
        show::line(&format!("{name:<13} {value}"));
    }
}

#[cfg(feature = "llama")]
async fn here(named: Option<&str>, json: bool) -> Result<ExitCode, Problem> {
    let devices = handyman::devices()?;
    if !json {
        show_rows(&devices.iter().map(|device| ("device", device_text(device))).collect::<Vec<_>>());
    }
    let model = settings::local_model(named).await?;
    let card = model.card();
    if json {
        show::record(&facts(&devices, card).to_string());
        return Ok(ExitCode::SUCCESS);
    }
    let layers =
        card.gpu_layers.map_or_else(|| "none on a GPU".to_owned(), |layers| format!("{layers} on a GPU"));
    let parameters = super::model::parameters(card.parameters);
    show_rows(&[
        ("model", format!("{} ({}, {parameters} parameters)", card.info.name, card.architecture)),
        ("window", format!("{} tokens (trained for {})", card.window, card.window_trained)),
        ("threads", format!("{} at most, fewer while other programs work", card.threads)),
        ("layers", layers),
        ("dialect", format!("{}: {}", card.dialect, card.dialect_why)),
    ]);
    show_rows(&card.notes.iter().map(|note| ("note", note.clone())).collect::<Vec<_>>());
    Ok(ExitCode::SUCCESS)
}

#[cfg(feature = "llama")]
fn device_text(device: &handyman::Device) -> String {
    let (free, total) = (device.memory_free >> 20, device.memory_total >> 20);
    format!("{}: {}, {free} of {total} MiB free", device.name, device.description)
}

/// The same for a program.
#[cfg(feature = "llama")]
fn facts(devices: &[handyman::Device], card: &handyman::ModelCard) -> serde_json::Value {
    let device = |device: &handyman::Device| {
        json!({
            "name": device.name,
            "description": device.description,
            "is_gpu": device.is_gpu,
            "memory_free": device.memory_free,
            "memory_total": device.memory_total,
        })
    };
    json!({
        "devices": devices.iter().map(device).collect::<Vec<_>>(),
        "model": {
            "name": card.info.name,
            "sha256": card.info.sha256,
            "architecture": card.architecture,
            "parameters": card.parameters,
        },
        "fits": {
            "window": card.window,
            "window_trained": card.window_trained,
            "threads": card.threads,
            "gpu_layers": card.gpu_layers,
            "notes": card.notes,
        },
        "dialect": {"name": card.dialect, "self_test": card.dialect_why},
    })
}

#[cfg(not(feature = "llama"))]
async fn here(named: Option<&str>, _json: bool) -> Result<ExitCode, Problem> {
    settings::local_model(named).await?;
    Ok(ExitCode::SUCCESS)
}
