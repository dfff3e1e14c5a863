//! Sixteen runs at once against one after another, on a model of half a billion random weights.

use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use handyman::prelude::*;
use handyman::{Discard, Message, Model, Role, SessionId, Shortcuts};

use crate::rows::{ratio, row};
use crate::{Outcome, ask};

const RUNS: usize = 16;
const TOKENS: u64 = 24;
/// Both sides are measured this often, in turn.
const ROUNDS: usize = 3;

/// With as many threads as other programs leave cores.
pub(crate) async fn measure(file: &Path, weights: &str) -> Outcome<()> {
    let settings = ModelSettings {
        sessions_max: u32::try_from(RUNS)? + 1,
        shortcuts: Shortcuts { drafting: false, ..Shortcuts::default() },
        ..ModelSettings::default()
    };
    let model = LocalModel::load(file, settings).await?;
    let (mut one, mut all, mut bare_one, mut bare_all) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        // Prompts are computed before: what is compared is writing.
        for number in 0..=RUNS {
            run(&model, 1_000 * round + number, 1).await?;
        }
        let started = Instant::now();
        let tokens = run(&model, 1_000 * round, TOKENS).await?;
        one.push(rate(tokens, started.elapsed()));
        let started = Instant::now();
        let runs = (1..=RUNS).map(|number| run(&model, 1_000 * round + number, TOKENS));
        let tokens = try_join_all(runs).await?.into_iter().sum();
        all.push(rate(tokens, started.elapsed()));
        bare_one.push(rate(TOKENS, model.bare_loop(usize::try_from(TOKENS)?, 1)?));
        bare_all.push(rate(
            TOKENS * RUNS as u64,
            model.bare_loop(usize::try_from(TOKENS)?, u32::try_from(RUNS)?)?,
        ));
    }
    let (one, all, bare_one, bare_all) = (middle(one), middle(all), middle(bare_one), middle(bare_all));
    let from = format!("{all:.1} / {one:.1} tokens/s, up to {} together", model.figures().together_max);
    row(&format!("16 runs at once / one alone, {weights}: tokens/s"), &ratio(all, one), "4", &from);
    let from = format!("{bare_all:.1} / {bare_one:.1} tokens/s");
    row("the same in a bare loop, same kernels", &ratio(bare_all, bare_one), "reported", &from);
    row("16 runs at once: ours / a bare loop, tokens/s", &ratio(all, bare_all), "0.97", "");
    Ok(())
}

/// A reply to a prompt of a few tokens, of a session of its own; how many passes its tokens need. The first token
/// after a prompt that is known already needs none.
async fn run(model: &LocalModel, number: usize, tokens: u64) -> Outcome<u64> {
    let session = SessionId::from(format!("s{number}"));
    let history = [Message::text_of(Role::User, format!("{number}?"))];
    Ok(model.reply(ask(&session, &history, tokens), &Discard).await?.usage.decoded().saturating_sub(1))
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred")]
fn rate(tokens: u64, time: Duration) -> f64 {
    tokens as f64 / time.as_secs_f64()
}

fn middle(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}
