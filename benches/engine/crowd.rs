//! Sixteen runs at once against one after another, on a model of half a billion random weights.

use std::path::Path;
use std::time::Instant;

use futures_util::future::try_join_all;
use handyman::prelude::*;
use handyman::{Discard, Message, Model, Role, SessionId};

use crate::rows::{ratio, row};
use crate::{Outcome, ask};

const RUNS: usize = 16;
const TOKENS: u64 = 40;

pub(crate) async fn measure(file: &Path) -> Outcome<()> {
    let model = LocalModel::load(file, ModelSettings::default()).await?;
    let sessions: Vec<SessionId> = (0..2 * RUNS).map(|run| SessionId::from(format!("s{run}"))).collect();
    let history = |run: usize| vec![Message::text_of(Role::User, format!("{run}?"))];
    let histories: Vec<Vec<Message>> = (0..2 * RUNS).map(history).collect();
    // What all prompts begin with is computed before either side begins.
    model.reply(ask(&sessions[0], &histories[0], 1), &Discard).await?;
    let started = Instant::now();
    let mut alone = 0;
    for run in 0..RUNS {
        alone += model.reply(ask(&sessions[run], &histories[run], TOKENS), &Discard).await?.usage.decoded();
    }
    let after_another = alone as f64 / started.elapsed().as_secs_f64();
    let started = Instant::now();
    let all = (RUNS..2 * RUNS).map(|run| model.reply(ask(&sessions[run], &histories[run], TOKENS), &Discard));
    let together: u64 = try_join_all(all).await?.iter().map(|reply| reply.usage.decoded()).sum();
    let at_once = together as f64 / started.elapsed().as_secs_f64();
    let from = format!(
        "{at_once:.1} / {after_another:.1} tokens/s, up to {} together",
        model.figures().together_max
    );
    row("16 runs at once / one after another: tokens/s", &ratio(at_once, after_another), "4", &from);
    Ok(())
}
