//! What strangers may have had a part in.

use super::{PendingCall, Run};
use crate::ids::CallId;
use crate::message::{Message, Part};
use crate::provenance::{Origin, Source};

impl Run {
    /// Whether strangers may have had a part in what was said: a result holds what they wrote, or a task was made after
    /// another agent had read it.
    #[must_use]
    pub fn has_heard_strangers(&self) -> bool {
        let mut parts = self.record().iter().flat_map(|message| &message.parts);
        self.newest_from_strangers().is_some()
            || parts.any(|part| matches!(part, Part::Task { untrusted: true, .. }))
    }

    /// The newest result that holds what strangers wrote.
    pub(super) fn newest_from_strangers(&self) -> Option<(CallId, String)> {
        let mut results = self.record().iter().rev().flat_map(Message::results);
        let result = results.find(|result| self.untrusted.contains(&result.tool))?;
        Some((result.call.clone(), result.tool.clone()))
    }

    /// Whether strangers may have had a part in a call. Of one that a workflow's step makes, what it is made of says so.
    pub(super) fn is_of_strangers(&self, pending: Option<&PendingCall>) -> bool {
        let is_theirs = |origin: &Origin| matches!(origin.source, Source::Result { untrusted: true, .. });
        match pending.filter(|pending| pending.scripted) {
            Some(scripted) => self.trace(&scripted.call).iter().any(is_theirs),
            None => self.has_heard_strangers(),
        }
    }
}
