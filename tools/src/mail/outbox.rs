//! An outbox: a folder that messages are put into, one `.eml` file each, for whatever program takes them from there.
//!
//! A message is put there once, though that program may have taken it when somebody asks. It is written below
//! `.handyman` first, then a note of its key, then it moves into the folder in one step. With the note there and the
//! message no longer below `.handyman`, it was put; whatever is missing is done when the call comes again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use handyman_core::{CallContext, IdempotencyKey, Probe, ToolError, ToolErrorKind, ToolResult, tool};
use serde_json::Value;

use super::compose::{Composed, Letter, Sender};
use crate::durable::{Held, blocking, name_of, remove_leftovers, sync_folder, unreadable, written_beside};

const OWN: &str = ".handyman";

/// A folder that messages are put into, and who they are from.
#[derive(Debug, Clone)]
pub struct Outbox {
    folder: PathBuf,
    sender: Sender,
}

/// Where the parts of one message are.
struct Places {
    waiting: PathBuf,
    note: PathBuf,
    put: PathBuf,
}

impl Outbox {
    /// The outbox in a folder, which is made if it is missing.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn open(folder: &Path, sender: Sender) -> ToolResult<Self> {
        let own = folder.join(OWN);
        fs::create_dir_all(&own).map_err(|error| {
            ToolError::new(ToolErrorKind::NotFound, format!("{} cannot be made: {error}", own.display()))
        })?;
        Ok(Self { folder: folder.to_path_buf(), sender })
    }

    fn places(&self, key: &IdempotencyKey) -> Places {
        let (own, name) = (self.folder.join(OWN), name_of(key));
        Places {
            waiting: own.join(format!("{name}.eml")),
            note: own.join(format!("{name}.json")),
            put: self.folder.join(format!("{name}.eml")),
        }
    }

    async fn put(&self, letter: &Letter, context: &CallContext) -> ToolResult<Value> {
        let composed = letter.composed(&self.sender, context)?;
        let plan = composed.shown(&self.by());
        if context.allowed.as_ref().is_some_and(|allowed| *allowed != plan) {
            return Err(ToolError::changed(plan));
        }
        let (outbox, key) = (self.clone(), context.key.clone());
        blocking(move || outbox.put_now(&composed, &key)).await
    }

    fn put_now(&self, composed: &Composed, key: &IdempotencyKey) -> ToolResult<Value> {
        let own = self.folder.join(OWN);
        let _held = Held::lock(&own.join("lock"))?;
        if let Probe::Done(result) = self.probe(key)? {
            return Ok(result);
        }
        let Places { waiting, note, put } = self.places(key);
        let result = composed.result("put into the outbox");
        let whole = |path: &Path, content: &[u8]| {
            remove_leftovers(path);
            written_beside(path, content)?.persist(path)?;
            Ok::<_, io::Error>(())
        };
        let prepared = whole(&waiting, &composed.bytes)
            .and_then(|()| sync_folder(&own))
            .and_then(|()| whole(&note, result.to_string().as_bytes()))
            .and_then(|()| sync_folder(&own));
        prepared.and_then(|()| fs::rename(&waiting, &put)).map_err(|error| {
            let place = self.folder.display();
            ToolError::internal(format!("{place} cannot be written: {error}; nothing was put there"))
        })?;
        sync_folder(&own)
            .and_then(|()| sync_folder(&self.folder))
            .map_err(|error| ToolError::in_doubt(format!("{}: {error}", self.folder.display())))?;
        Ok(result)
    }

    /// Whether the message of a key was put.
    fn probe(&self, key: &IdempotencyKey) -> ToolResult<Probe> {
        let Places { waiting, note, .. } = self.places(key);
        match fs::read(&note) {
            Ok(_) if waiting.exists() => Ok(Probe::NotDone),
            Ok(result) => serde_json::from_slice(&result).map(Probe::Done).map_err(ToolError::internal),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Probe::NotDone),
            Err(error) => Err(unreadable(&note, &error)),
        }
    }

    fn by(&self) -> String {
        format!("the folder {}", self.folder.display())
    }
}

/// Send an e-mail
#[tool(once, probe = was_put, plan = planned)]
pub async fn send_mail(
    #[state] outbox: &Outbox,
    context: &CallContext,
    /// E-mail addresses
    #[arg(verbatim)]
    to: Vec<String>,
    #[arg(verbatim)] cc: Option<Vec<String>>,
    subject: String,
    text: String,
) -> ToolResult<Value> {
    outbox.put(&Letter { to, cc: cc.unwrap_or_default(), subject, text }, context).await
}

/// What would be sent.
#[expect(clippy::too_many_arguments, reason = "they are those of the tool")]
#[expect(clippy::unused_async, reason = "the tool awaits it")]
async fn planned(
    outbox: &Outbox,
    context: &CallContext,
    to: Vec<String>,
    cc: Option<Vec<String>>,
    subject: String,
    text: String,
) -> ToolResult<Value> {
    let letter = Letter { to, cc: cc.unwrap_or_default(), subject, text };
    Ok(letter.composed(&outbox.sender, context)?.shown(&outbox.by()))
}

/// Whether the message of a key was put.
#[expect(clippy::unused_async, reason = "the tool awaits it")]
async fn was_put(outbox: &Outbox, key: &IdempotencyKey) -> ToolResult<Probe> {
    outbox.probe(key)
}

#[cfg(test)]
mod tests;
