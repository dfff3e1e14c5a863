//! Reading a prompt with our kernels and with llama.cpp's, in turn.

use std::path::Path;
use std::time::{Duration, Instant};

use handyman::prelude::*;
use handyman::{Discard, Message, Model, Role, SessionId};

use crate::rows::{median, millis, ratio, row};
use crate::{Outcome, ask};

const ROUNDS: usize = 3;
/// Characters of a prompt.
const CHARACTERS: usize = 1_200;

/// One row: the built-in model, or the one in a file.
pub(crate) async fn measure(file: Option<&Path>, name: &str) -> Outcome<()> {
    let load = async |own_kernels| {
        let settings = ModelSettings { own_kernels, ..ModelSettings::default() };
        match file {
            Some(file) => LocalModel::load(file, settings).await,
            None => LocalModel::builtin_with(settings).await,
        }
    };
    let (ours, theirs) = (load(true).await?, load(false).await?);
    let (mut own, mut other) = (Vec::new(), Vec::new());
    let mut tokens = 0;
    for round in 0..ROUNDS {
        own.push(read(&ours, round, &mut tokens).await?);
        other.push(read(&theirs, round, &mut tokens).await?);
    }
    let (own, other) = (median(own), median(other));
    row(
        &format!("a prompt, {name}: our kernels / llama.cpp's: time"),
        &ratio(own.as_secs_f64(), other.as_secs_f64()),
        "reported",
        &format!("{} to {}, {tokens} tokens", millis(own), millis(other)),
    );
    Ok(())
}

/// Reads a prompt that begins like no other.
async fn read(model: &LocalModel, round: usize, tokens: &mut u64) -> Outcome<Duration> {
    let words: Vec<String> = (0..CHARACTERS).map(|word| format!("{round}{word}")).collect();
    let mut text = words.join(" ");
    text.truncate(CHARACTERS);
    let (session, history) = (SessionId::from(format!("read {round}")), [Message::text_of(Role::User, text)]);
    let started = Instant::now();
    *tokens = model.reply(ask(&session, &history, 1), &Discard).await?.usage.prefilled;
    Ok(started.elapsed())
}
