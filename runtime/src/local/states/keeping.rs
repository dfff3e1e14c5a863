//! Which copies are worth a file, and those that wait to be written.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{BEGINNING, Mark, Place};
use crate::decode::parked::Saved;
use crate::decode::{Keep, common};
use crate::llama::Token;

/// Bytes up to which a sequence is written whenever it has changed.
pub(super) const SMALL: usize = 32 << 20;
/// Bytes that wait to be written, over all sessions.
const PENDING_BYTES_MAX: usize = 256 << 20;
/// Large sequences of which it is known what is kept; one that was forgotten is written once more.
const LARGE_MAX: usize = 256;

/// What a sequence is written as: each file's name, with the transcripts that are beginnings of the sequence.
pub(super) type Names = Vec<(String, Vec<Mark>)>;

/// Has one copy of a sequence written, under every name for which that is worth it.
#[derive(Debug)]
pub(in crate::local) struct Keeping {
    place: Arc<Place>,
    names: Names,
    /// What the sequence has to begin with.
    begins: Vec<Token>,
}

impl Keeping {
    pub(super) fn new(place: Arc<Place>, name: &str, marks: Vec<Mark>) -> Self {
        Self { place, names: vec![(name.to_owned(), marks)], begins: Vec::new() }
    }

    /// Keeps nothing of a sequence that does not begin with these tokens: the marks are of those.
    pub(in crate::local) fn of(self, tokens: &[Token]) -> Self {
        Self { begins: tokens.to_vec(), ..self }
    }

    /// Writes the same copy under one more name: as the beginning that other sessions than this have as well.
    pub(in crate::local) fn also(mut self, beginning: &str, session: &str) -> Self {
        self.names.push((beginning.to_owned(), vec![Mark::begun_in(session)]));
        self
    }
}

impl Keep for Keeping {
    fn wants(&mut self, tokens: &[Token], bytes: usize) -> bool {
        let place = &self.place;
        // Of several that were to keep a beginning, the first does.
        self.names.retain(|(name, _)| !place.has_begun(name) && place.wants(name, tokens, bytes));
        !self.names.is_empty() && tokens.starts_with(&self.begins)
    }

    fn take(self: Box<Self>, saved: Saved) {
        let Self { place, names, .. } = *self;
        let begun = names.iter().map(|(name, _)| name).filter(|name| name.starts_with(BEGINNING));
        place.beginnings().extend(begun.cloned());
        place.queue().add(names, saved);
        place.changed.notify_all();
    }
}

impl Place {
    /// Whether this is a beginning that is kept.
    fn has_begun(&self, name: &str) -> bool {
        self.beginnings().contains(name)
    }

    /// Whether a sequence of so many bytes is worth a file: it has room, and no more than four fifths of it
    /// are kept. What is small is written whenever it has changed.
    fn wants(&self, name: &str, tokens: &[Token], bytes: usize) -> bool {
        if bytes as u64 > self.settings.bytes_max {
            return false;
        }
        if bytes <= SMALL {
            return true;
        }
        let queue = self.queue();
        let Some(kept) = queue.large.iter().find(|kept| kept.name == name) else { return true };
        // Others remove files as well.
        let is_gone = kept.is_written && !self.settings.file(name).exists();
        is_gone || common(&kept.tokens, tokens) * 5 <= tokens.len() * 4
    }
}

/// What waits to be written, and what is kept of large sequences.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// The latest of each name.
    pending: VecDeque<Pending>,
    /// The one noted for longest first.
    large: VecDeque<Large>,
    pub(super) closed: bool,
}

/// A copy that waits to be written.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) names: Names,
    pub(super) saved: Saved,
}

/// What is kept of a large sequence, in its file or soon.
#[derive(Debug)]
struct Large {
    name: String,
    tokens: Vec<Token>,
    is_written: bool,
}

impl Queue {
    fn add(&mut self, names: Names, saved: Saved) {
        for (name, _) in &names {
            self.pending.iter_mut().for_each(|older| older.names.retain(|(known, _)| known != name));
            self.note(name, &saved, false);
        }
        self.pending.retain(|older| !older.names.is_empty());
        self.pending.push_back(Pending { names, saved });
        // What a slow disk cannot take is computed again.
        while self.pending.len() > 1 && self.bytes() > PENDING_BYTES_MAX {
            let dropped = self.pending.pop_front();
            dropped.iter().flat_map(|dropped| &dropped.names).for_each(|(name, _)| self.forget(name));
        }
    }

    /// What is to be written next.
    pub(super) fn take_next(&mut self) -> Option<Pending> {
        self.pending.pop_front()
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    fn bytes(&self) -> usize {
        self.pending.iter().map(|pending| pending.saved.bytes()).sum()
    }

    /// Notes what is kept under a name from now on.
    pub(super) fn note(&mut self, name: &str, saved: &Saved, is_written: bool) {
        self.forget(name);
        if saved.bytes() > SMALL {
            if self.large.len() == LARGE_MAX {
                self.large.pop_front();
            }
            self.large.push_back(Large { name: name.to_owned(), tokens: saved.tokens.clone(), is_written });
        }
    }

    /// Notes that the file of this name is there.
    pub(super) fn wrote(&mut self, name: &str) {
        let kept = self.large.iter_mut().filter(|kept| kept.name == name);
        kept.for_each(|kept| kept.is_written = true);
    }

    /// Nothing is kept under a name.
    pub(super) fn forget(&mut self, name: &str) {
        self.large.retain(|kept| kept.name != name);
    }
}
