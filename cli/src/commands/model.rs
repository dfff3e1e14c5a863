//! `handyman model info`.

use std::process::ExitCode;

use crate::args::ModelCommand;
use crate::problem::Problem;
use crate::settings;
#[cfg(feature = "llama")]
use crate::show;

pub(crate) async fn dispatch(command: ModelCommand) -> Result<ExitCode, Problem> {
    match command {
        ModelCommand::Info { model } => info(model.as_deref()).await,
    }
}

#[cfg(feature = "llama")]
async fn info(file: Option<&str>) -> Result<ExitCode, Problem> {
    let model = settings::local_model(file).await?;
    let card = model.card();
    let rows = [
        ("name", card.info.name.clone()),
        ("sha256", card.info.sha256.clone()),
        ("architecture", card.architecture.clone()),
        ("parameters", card.parameters.to_string()),
        ("vocabulary", card.vocabulary.to_string()),
        ("window", format!("{} tokens (trained for {})", card.window, card.window_trained)),
        ("threads", card.threads.to_string()),
        ("dialect", format!("{}: {}", card.dialect, card.dialect_why)),
    ];
    for (name, value) in rows {
        show::line(&format!("{name:<13} {value}"));
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(not(feature = "llama"))]
async fn info(file: Option<&str>) -> Result<ExitCode, Problem> {
    settings::local_model(file).await?;
    Ok(ExitCode::SUCCESS)
}
