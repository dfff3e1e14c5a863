//! How fast the model reads and writes on this machine.

use std::error::Error;
use std::time::Instant;

use handyman_core::{Discard, Message, Model, ModelRequest, ReplyMode, ReplyOptions, Role};
use handyman_runtime::LocalModel;

/// Times each is measured; the median counts.
const ROUNDS: usize = 5;
/// Words of the prompts.
const WORDS: usize = 400;
/// Tokens written.
const WRITTEN: usize = 256;

/// The table: tokens a second of a long prompt, and of writing one token a pass.
pub(crate) async fn table(model: &LocalModel) -> Result<String, Box<dyn Error>> {
    let (mut reading, mut writing) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // Each begins otherwise: a prompt that begins like an earlier one would be computed in part.
        let words: Vec<String> = (0..WORDS).map(|word| format!("{round}{word}")).collect();
        let history = [Message::text_of(Role::User, words.join(" "))];
        let request = ModelRequest {
            session: &format!("speed {round}").as_str().into(),
            history: &history,
            tools: &[],
            revealed: &[],
            mode: ReplyMode::Free,
            tokens_max: 1,
            options: ReplyOptions::usual(),
        };
        let started = Instant::now();
        let usage = model.reply(request, &Discard).await?.usage;
        reading.push(rate(usage.prefilled, started.elapsed().as_secs_f64()));
        writing.push(rate(WRITTEN as u64, model.bare_loop(WRITTEN, 1)?.as_secs_f64()));
    }
    let threads = std::thread::available_parallelism()?;
    Ok(format!(
        "| tokens a second, {threads} cores | |\n| --- | --- |\n| reading a prompt | {:.0} |\n| writing, one at a time | {:.0} |\n",
        median(&mut reading),
        median(&mut writing)
    ))
}

#[expect(clippy::cast_precision_loss, reason = "tokens of one prompt")]
fn rate(tokens: u64, seconds: f64) -> f64 {
    tokens as f64 / seconds
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
