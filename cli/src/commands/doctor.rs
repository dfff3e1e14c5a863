//! `handyman doctor`: what there is to compute on, and how a model runs on it.

use std::process::ExitCode;

use crate::problem::Problem;
use crate::settings;
#[cfg(feature = "llama")]
use crate::show;

#[cfg(feature = "llama")]
pub(crate) async fn examine(file: Option<&str>) -> Result<ExitCode, Problem> {
    for device in handyman::devices()? {
        let (free, total) = (device.memory_free >> 20, device.memory_total >> 20);
        show::line(&format!(
            "device        {}: {}, {free} of {total} MiB free",
            device.name, device.description
        ));
    }
    let model = settings::local_model(file).await?;
    let card = model.card();
    let layers =
        card.gpu_layers.map_or_else(|| "none on a GPU".to_owned(), |layers| format!("{layers} on a GPU"));
    let rows = [
        ("model", format!("{} ({}, {} parameters)", card.info.name, card.architecture, card.parameters)),
        ("window", format!("{} tokens (trained for {})", card.window, card.window_trained)),
        ("threads", format!("{} at most, fewer while other programs work", card.threads)),
        ("layers", layers),
        ("dialect", format!("{}: {}", card.dialect, card.dialect_why)),
    ];
    for (name, value) in rows {
        show::line(&format!("{name:<13} {value}"));
    }
    for note in &card.notes {
        show::line(&format!("note          {note}"));
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(not(feature = "llama"))]
pub(crate) async fn examine(file: Option<&str>) -> Result<ExitCode, Problem> {
    settings::local_model(file).await?;
    Ok(ExitCode::SUCCESS)
}
