//! `handyman model`: what a model is, and models from the hub.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use handyman::hub::{ModelName, Progress, RECOMMENDED, free_memory_mib, recommended};

use crate::args::ModelCommand;
use crate::problem::Problem;
use crate::{models, settings, show};

pub(crate) async fn dispatch(command: ModelCommand) -> Result<ExitCode, Problem> {
    match command {
        ModelCommand::Info { model } => info(model.as_deref()).await,
        ModelCommand::Pull { name, offline } => pull(&name, offline).await,
        ModelCommand::List => list(),
        ModelCommand::Remove { name } => remove(&name),
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
        ("parameters", parameters(card.parameters)),
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

async fn pull(name: &str, offline: bool) -> Result<ExitCode, Problem> {
    let name: ModelName = name.parse().map_err(Problem::no_model)?;
    let bar = Bar::default();
    let pulled = models::hub(offline)?.pull(&name, &|progress| bar.show(progress)).await;
    bar.end();
    let pulled = pulled.map_err(|fault| if offline { Problem::no_model(fault) } else { fault.into() })?;
    show::line(&pulled.display().to_string());
    show::note(&format!("use it: handyman --model {name} \"TASK\""));
    Ok(ExitCode::SUCCESS)
}

fn list() -> Result<ExitCode, Problem> {
    let here = models::hub(true)?.list();
    for cached in &here {
        show::line(&format!(
            "{:<60} {:>10}",
            format!("{}:{}", cached.repo, cached.quant),
            size(cached.bytes)
        ));
    }
    if here.is_empty() {
        show::note("no models in the cache");
    }
    let fits = free_memory_mib().and_then(recommended);
    show::note("recommended (handyman model pull NAME, then --model NAME):");
    for model in RECOMMENDED {
        let mark = if fits == Some(model) { " ← the largest that fits into free memory" } else { "" };
        show::note(&format!(
            "  {:<14} {:>5.1} GB  {}{mark}",
            model.name,
            gigabytes(model.memory_mib),
            model.note
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn remove(name: &str) -> Result<ExitCode, Problem> {
    let name: ModelName = name.parse().map_err(Problem::no_model)?;
    let freed = models::hub(true)?.remove(&name).map_err(Problem::no_model)?;
    show::line(&format!("removed {name}: {} freed", size(freed)));
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
fn gigabytes(mib: u64) -> f64 {
    mib as f64 * 1.048_576 / 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
fn size(bytes: u64) -> String {
    match bytes {
        0..=999_999 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..=999_999_999 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

/// How many parameters a model has, as models are named by them: `5.5 M`, `4.0 B`.
#[cfg(feature = "llama")]
#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
pub(super) fn parameters(count: u64) -> String {
    match count {
        0..=999_999 => count.to_string(),
        1_000_000..=999_999_999 => format!("{:.1} M", count as f64 / 1e6),
        _ => format!("{:.1} B", count as f64 / 1e9),
    }
}

/// A progress bar on standard error, where that is a terminal.
#[derive(Debug, Default)]
struct Bar {
    /// Thousandths that were shown last, and one more.
    shown: AtomicU64,
}

impl Bar {
    fn show(&self, progress: Progress<'_>) {
        let thousandths = progress.done.saturating_mul(1_000) / progress.total.max(1);
        if self.shown.swap(thousandths + 1, Ordering::Relaxed) == thousandths + 1
            || !std::io::stderr().is_terminal()
        {
            return;
        }
        let filled = usize::try_from(thousandths / 25).unwrap_or(0).min(40);
        let bar = format!("{}{}", "█".repeat(filled), "░".repeat(40 - filled));
        let line = format!(
            "\r{bar} {:>3} %  {} of {}  {}",
            thousandths / 10,
            size(progress.done),
            size(progress.total),
            show::printable(progress.file)
        );
        // A terminal that has gone away shows nothing.
        let _ = std::io::stderr().lock().write_all(line.as_bytes());
    }

    fn end(&self) {
        if self.shown.load(Ordering::Relaxed) > 0 && std::io::stderr().is_terminal() {
            let _ = std::io::stderr().lock().write_all(b"\n");
        }
    }
}

#[cfg(all(test, feature = "llama"))]
mod tests;
