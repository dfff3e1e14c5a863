//! What the person wants of the current run: claims of what they ordered are held to more than what is told by the way.

use std::borrow::Cow;

use crate::deeds::{
    Clause, Deed, Wanted, accepts, asks_in_general, asks_whether, last_question, only_looks, refuses,
    unquoted, wanted_text, without_letter, without_mail,
};
use crate::message::{CallOutcome, Message, Part, Role};
use crate::run::Run;
use crate::tool::{Effect, ToolSpec};
use crate::workflow::{Open, Progress};

use super::backing::{shows_done, speaks_of};

/// Everything said, around the person's current message.
pub(super) struct Asked<'a> {
    /// What was said in earlier runs.
    pub(super) before: &'a [Message],
    /// What has been said since, the person's message first.
    pub(super) since: &'a [Message],
    /// What the person says now, or whoever sets the task.
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
        let text = text.into_iter().chain(task(run, since)).collect::<Vec<_>>().join("\n");
        Self { before, since, text, tools, has_read }
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

    /// What the person says now, or whoever sets the task.
    pub(super) fn request(&self) -> &str {
        &self.text
    }

    /// Whether the person accepts what they were offered.
    pub(super) fn accepts(&self) -> bool {
        accepts(&self.text)
    }

    /// Whether the deed is not ordered now, so that it may be told by the way.
    fn is_by_the_way(&self, deed: Deed<'_>) -> bool {
        !self.accepts() && !self.orders(deed)
    }

    /// What of an answer's words may claim the deed: neither what it quotes where nobody ordered that, be it a mail that was
    /// read, nor what stands in a letter or a story that the person wants to have written.
    pub(super) fn claiming<'t>(&self, deed: Deed<'_>, answer: &'t str) -> Cow<'t, str> {
        // What a limit cut off is JSON, too.
        let is_json = answer.trim_start().starts_with(['{', '[']);
        match wanted_text(&self.text, deed) {
            Wanted::Text => "".into(),
            Wanted::Letter => unquoted(without_letter(answer)).into(),
            Wanted::Nothing if !is_json && self.is_by_the_way(deed) => {
                unquoted(if self.has_read { without_mail(answer) } else { answer }).into()
            }
            Wanted::Nothing => answer.into(),
        }
    }

    /// Whether a clause that claims the deed only tells what was read, what others did, or how things are. What the person
    /// ordered is not told by the way.
    pub(super) fn is_answered_by(&self, deed: Deed<'_>, clause: &Clause) -> bool {
        let is_reported = || deed.reported_by(clause, self.has_read, asks_in_general(&self.text));
        let is_looked_up = || !clause.names_speaker() && self.has_looked_up(deed);
        let told = || (is_reported() || is_looked_up()) && self.is_by_the_way(deed);
        self.has_read && deed.full_by(clause, &self.text) || told()
    }

    /// The clause of an answer that says in the passive that what the person orders in their current message was done.
    pub(super) fn claimed_of_order(&self, deed: Deed<'_>, answer: &str) -> Option<Clause> {
        let is_ordered = deed.asked_in(&self.text) && deed.ordered_in(&self.text);
        let was_read =
            || self.has_read || self.before.iter().any(|message| message.results().next().is_some());
        is_ordered.then(|| deed.claim_of_order(answer, &self.text, was_read())).flatten()
    }

    /// Whether the person asks for what was done of the deed, and something that was read speaks of that.
    fn has_looked_up(&self, deed: Deed<'_>) -> bool {
        self.has_read
            && asks_whether(&self.text, deed)
            && self.since.iter().flat_map(Message::results).any(|result| speaks_of(deed, result))
    }
}

/// What another agent, or the step of a workflow that is under way, sets to be done. A step that may call nothing orders
/// nothing: it may quote what was read.
fn task(run: &Run, since: &[Message]) -> Option<String> {
    let acts = |progress: &Progress| matches!(progress.open(), Some(Open::Reply { may_call: true, .. }));
    let mut parts = since.iter().rev().flat_map(|message| &message.parts);
    let task = parts.find_map(|part| if let Part::Task { text, .. } = part { Some(text) } else { None });
    task.filter(|_| run.progress().is_none_or(acts)).cloned()
}

fn is_from_person(message: &Message) -> bool {
    message.role == Role::User && message.parts.iter().any(|part| matches!(part, Part::Text(_)))
}
