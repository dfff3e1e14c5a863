//! The figures of the engine in one table: `make bench`. docs/figures.md says what each row means.
//!
//! Each row measures both sides in one go, one after the other and back again, so that a busy machine slows
//! both: what counts is the ratio. Models with random weights are written into a scratch folder; everything
//! else is measured on the built-in model.

use std::path::Path;

use handyman::{Message, ModelRequest, ReplyMode, ReplyOptions, SessionId};

mod alone;
mod crowd;
mod graft;
mod killed;
mod reading;
mod rows;
mod trip;
mod turns;

#[path = "../../tests/support/gguf.rs"]
mod gguf;

use gguf::{Architecture, Shape, Weights};

/// What every part of the table returns.
pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        // Child processes: one is timed until its first call, one is killed.
        ["first-call", folder] => runtime.block_on(trip::first_call(Path::new(folder))),
        ["to-be-killed", folder] => runtime.block_on(killed::write_for_ever(Path::new(folder))),
        // Cargo names itself; what else is named are parts of the table.
        all => runtime
            .block_on(table(&all.iter().copied().filter(|part| !part.starts_with('-')).collect::<Vec<_>>())),
    }
}

/// The parts of the table that are named, or all of them.
async fn table(parts: &[&str]) -> Outcome<()> {
    let scratch = tempfile::tempdir()?;
    let wanted = |part: &str| parts.is_empty() || parts.contains(&part);
    rows::head();
    if wanted("trip") {
        trip::rows().await?;
    }
    if wanted("reading") {
        reading::measure(None, "built-in").await?;
    }
    if wanted("turns") {
        turns::measure().await?;
    }
    if wanted("killed") {
        killed::measure(scratch.path()).await?;
    }
    if wanted("start") {
        trip::start_row()?;
    }
    if wanted("constraint") {
        alone::constraint(scratch.path()).await?;
    }
    for (weights, name) in [(Weights::Q8, "Q8_0"), (Weights::Q4, "Q4_0"), (Weights::F16, "F16")] {
        let is_first = weights == Weights::Q8;
        if !(wanted("crowd") || is_first && (wanted("loop") || wanted("reading"))) {
            continue;
        }
        let large = scratch.path().join(name);
        gguf::write(&large, &half_a_billion(weights))?;
        if is_first && wanted("reading") {
            reading::measure(Some(&large), "0.5 billion").await?;
        }
        if is_first && wanted("loop") {
            alone::decode_loop(&large).await?;
        }
        if wanted("crowd") {
            crowd::measure(&large, name).await?;
        }
        std::fs::remove_file(large)?;
    }
    Ok(())
}

/// A request for text, without tools.
pub(crate) fn ask<'a>(session: &'a SessionId, history: &'a [Message], tokens_max: u64) -> ModelRequest<'a> {
    let options = ReplyOptions::usual();
    ModelRequest {
        session,
        history,
        tools: &[],
        revealed: &[],
        mode: ReplyMode::AnswerOnly,
        tokens_max,
        options,
    }
}

/// The shape of a model of half a billion weights (494 million).
fn half_a_billion(weights: Weights) -> Shape {
    Shape {
        layers: 24,
        width: 896,
        heads: 14,
        heads_kv: 2,
        feed_forward: 4_864,
        vocabulary: 151_936,
        weights,
        ..Shape::tiny(Architecture::Attention)
    }
}
