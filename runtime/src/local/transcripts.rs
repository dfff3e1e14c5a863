//! The transcripts of conversations, found again by what was said in them.
//!
//! A transcript belongs to a beginning of a history, whoever goes on from there: the session itself, a
//! session that was forked from it, or a later process.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use handyman_core::{Message, Part, Role, ToolSpec};
use sha2::{Digest, Sha256};

use crate::render::transcript::Transcript;

/// Transcripts kept; a history whose transcript was forgotten is rendered anew.
const KEPT_MAX: usize = 256;

/// What tells a beginning of a history from all others.
pub(super) type Key = [u8; 32];

/// The transcripts of one model.
#[derive(Debug, Default)]
pub(super) struct Transcripts {
    kept: Mutex<VecDeque<(Key, Arc<Transcript>)>>,
    /// Sessions that were replied to, the latest last.
    sessions: Mutex<VecDeque<String>>,
}

impl Transcripts {
    /// The transcript of the longest beginning of a history that has one; `keys` are those of its
    /// beginnings.
    pub(super) fn longest(&self, keys: &[Key]) -> Option<(Key, Arc<Transcript>)> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = keys.iter().rev().find_map(|key| kept.iter().find(|(known, _)| known == key));
        found.map(|(key, transcript)| (*key, Arc::clone(transcript)))
    }

    /// Keeps a transcript; the one kept for longest is forgotten where there are too many.
    pub(super) fn keep(&self, key: Key, transcript: Transcript) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(known, _)| *known != key);
        if kept.len() == KEPT_MAX {
            kept.pop_front();
        }
        kept.push_back((key, Arc::new(transcript)));
    }

    /// Notes that a session was replied to.
    pub(super) fn replied(&self, session: &str) {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|known| known != session);
        if sessions.len() == KEPT_MAX {
            sessions.pop_front();
        }
        sessions.push_back(session.to_owned());
    }

    /// Whether a session was replied to before.
    pub(super) fn knows(&self, session: &str) -> bool {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|known| known == session)
    }
}

/// The keys of all beginnings of a history: of no message, of the first, of the first two, … Calls are
/// named by the run, so their names do not count.
pub(super) fn keys(tools: &[ToolSpec], history: &[Message]) -> Vec<Key> {
    let mut hash = Sha256::new();
    for tool in tools {
        text(&mut hash, &tool.name);
        text(&mut hash, &tool.description);
        text(&mut hash, &tool.parameters.to_string());
    }
    let mut keys = vec![hash.finalize().into()];
    for message in history {
        let mut hash = Sha256::new();
        hash.update(keys.last().unwrap_or(&[0; 32]));
        add(&mut hash, message);
        keys.push(hash.finalize().into());
    }
    keys
}

fn add(hash: &mut Sha256, message: &Message) {
    hash.update([match message.role {
        Role::System => 0,
        Role::User => 1,
        Role::Assistant => 2,
        Role::Tool => 3,
    }]);
    for part in &message.parts {
        let (kind, texts) = match part {
            Part::Text(said) => (0, vec![said.clone()]),
            Part::Note(said) => (1, vec![said.clone()]),
            Part::Task { text, .. } => (5, vec![text.clone()]),
            Part::Reasoning(said) => (2, vec![said.clone()]),
            Part::Call(call) => {
                (3, vec![call.tool.clone(), serde_json::Value::from(call.arguments.clone()).to_string()])
            }
            Part::Result(result) => {
                (4, vec![result.tool.clone(), format!("{:?}", result.outcome), result.result.to_string()])
            }
        };
        hash.update([kind]);
        for said in &texts {
            text(hash, said);
        }
    }
}

/// The length goes first, so that no two sequences of texts are the same bytes.
fn text(hash: &mut Sha256, text: &str) {
    hash.update((text.len() as u64).to_le_bytes());
    hash.update(text);
}

#[cfg(test)]
mod tests;
