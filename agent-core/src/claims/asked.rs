//! What the person wants of the current run: claims of what they ordered are held to more than what is told by the way.

use crate::deeds::{Clause, Deed, accepts, last_question, only_looks, refuses};
use crate::message::{CallOutcome, Message, Part, Role};
use crate::run::Run;
use crate::tool::{Effect, ToolSpec};

use super::backing::shows_done;

/// Everything said, around the person's current message.
pub(super) struct Asked<'a> {
    /// What was said in earlier runs.
    pub(super) before: &'a [Message],
    /// What has been said since, the person's message first.
    pub(super) since: &'a [Message],
    /// What the person says now.
    text: String,
    tools: &'a [ToolSpec],
    /// Whether anything was read since.
    has_read: bool,
}

impl<'a> Asked<'a> {
    pub(super) fn of(run: &'a Run, tools: &'a [ToolSpec]) -> Self {
        let record = run.record();
        let (before, since) = record.split_at(record.iter().rposition(is_from_person).unwrap_or(0));
        let looks = |tool: &ToolSpec| tool.effect == Effect::ReadOnly || only_looks(tool);
        let mut results = since.iter().flat_map(Message::results);
        let has_read = results.any(|result| {
            result.outcome == CallOutcome::Succeeded
                && tools.iter().any(|tool| tool.name == result.tool && looks(tool))
        });
        let text = since.first().filter(|message| is_from_person(message)).map(Message::text);
        Self { before, since, text: text.unwrap_or_default(), tools, has_read }
    }

    /// Whether the person orders the deed: in their current message, or in an earlier one that was answered by a
    /// question and by nothing done, or by not refusing what that question offers.
    pub(super) fn orders(&self, deed: Deed<'_>) -> bool {
        let (mut text, mut earlier) = (self.text.clone(), self.before);
        loop {
            if deed.ordered_in(&text) {
                return true;
            }
            let said = |message: &Message| {
                matches!(message.role, Role::Assistant | Role::User) && !message.text().trim().is_empty()
            };
            let Some(at) = earlier.iter().rposition(said) else { return false };
            let answer = earlier[at].text();
            let Some(question) = last_question(&answer).filter(|_| earlier[at].role == Role::Assistant)
            else {
                return false;
            };
            if refuses(&text) {
                return false;
            }
            if deed.asked_in(question) {
                return true;
            }
            let Some(asked) = earlier[..at].iter().rposition(is_from_person) else { return false };
            // What was ordered then and done is ordered no more.
            if shows_done(deed, &earlier[asked..at], self.tools) {
                return false;
            }
            (text, earlier) = (earlier[asked].text(), &earlier[..asked]);
        }
    }

    /// Whether the person accepts what they were offered.
    pub(super) fn accepts(&self) -> bool {
        accepts(&self.text)
    }

    /// Whether a clause that claims the deed only tells what was read: what others did, or how things are. What the
    /// person ordered is not told by the way.
    pub(super) fn is_answered_by(&self, deed: Deed<'_>, clause: &Clause) -> bool {
        let told = || deed.reported_by(clause, self.has_read) && !self.accepts() && !self.orders(deed);
        self.has_read && deed.full_by(clause, &self.text) || told()
    }
}

fn is_from_person(message: &Message) -> bool {
    message.role == Role::User && message.parts.iter().any(|part| matches!(part, Part::Text(_)))
}
