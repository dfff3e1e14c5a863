//! A process that is killed while it writes, and the next one that goes on.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use handyman::prelude::*;
use handyman::{Discard, Message, Model, Role, SessionId, StateFolder};

use crate::gguf::{Architecture, Shape, write};
use crate::rows::row;
use crate::{Outcome, ask};

async fn open(folder: &Path) -> Outcome<LocalModel> {
    let states = StateFolder { folder: folder.join("states"), bytes_max: 1 << 30 };
    let settings = ModelSettings { states: Some(states), ..ModelSettings::default() };
    Ok(LocalModel::load(folder.join("killed.gguf"), settings).await?)
}

fn history() -> Vec<Message> {
    vec![Message::text_of(Role::User, "Say as much as you can about the sea. ".repeat(20))]
}

/// The child: writes until it is killed.
pub(crate) async fn write_for_ever(folder: &Path) -> Outcome<()> {
    let (model, session) = (open(folder).await?, SessionId::from("s"));
    model.reply(ask(&session, &history(), 7_000), &Discard).await?;
    Ok(())
}

pub(crate) async fn measure(folder: &Path) -> Outcome<()> {
    write(&folder.join("killed.gguf"), &Shape::tiny(Architecture::Attention))?;
    let mut child = Command::new(std::env::current_exe()?).arg("to-be-killed").arg(folder).spawn()?;
    let started = Instant::now();
    let kept = |folder: &Path| {
        let entries = std::fs::read_dir(folder.join("states")).into_iter().flatten().flatten();
        entries.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "state")).count()
    };
    while kept(folder) == 0 && started.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill()?;
    child.wait()?;
    let (model, session) = (open(folder).await?, SessionId::from("s"));
    let usage = model.reply(ask(&session, &history(), 8), &Discard).await?.usage;
    row(
        "resume after a kill: tokens prefilled",
        &usage.prefilled.to_string(),
        "0",
        &format!("{} were kept", usage.reused),
    );
    Ok(())
}
