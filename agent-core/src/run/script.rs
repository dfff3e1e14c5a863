//! What the steps of a workflow do to a run.

use super::Run;
use crate::answer::AnswerSchema;
use crate::event::Event;
use crate::message::{Message, Part, Role, ToolCall};
use crate::provenance::{Origin, Source};
use crate::workflow::{Open, Progress, StepEnd};

impl Run {
    /// Folds in what a step of the workflow does.
    pub(super) fn follow(&mut self, event: &Event) {
        if !self.pending.is_empty() {
            return;
        }
        if let Event::StepCalled { step, calls } = event {
            self.step_called(step, calls);
        } else if let Event::StepAsked { step, message, untrusted, may_call, answer_schema } = event {
            let task = Part::Task { text: message.clone(), untrusted: *untrusted };
            self.step_asked(step, task, *may_call, answer_schema.as_ref());
        } else if let Event::StepEnded { step, end } = event {
            self.step_ended(step, end);
        }
    }

    fn step_called(&mut self, step: &str, calls: &[ToolCall]) {
        let ids = calls.iter().map(|call| call.id.clone()).collect();
        let begins = self.progress.as_mut().is_some_and(|progress| progress.begin(step, Open::Calls(ids)));
        if !begins {
            return;
        }
        self.scripted_calls =
            self.scripted_calls.saturating_add(u32::try_from(calls.len()).unwrap_or(u32::MAX));
        self.take_turns(&format!("(The step {step} comes next.)"));
        self.reply("", "", calls);
        for pending in &mut self.pending {
            pending.scripted = true;
        }
    }

    fn step_asked(&mut self, step: &str, task: Part, may_call: bool, answer: Option<&AnswerSchema>) {
        let open = Open::Reply { may_call, answer: answer.cloned(), done: self.done.len() };
        if !self.progress.as_mut().is_some_and(|progress| progress.begin(step, open)) {
            return;
        }
        self.answer_schema = answer.cloned();
        // What the model got wrong in one step is no matter of the next.
        (self.malformed_in_a_row, self.invalid_in_a_row, self.claims_refused) = (0, 0, 0);
        let parts = std::iter::once(task).chain(self.shape_note()).collect();
        self.say(Message { role: Role::User, parts });
    }

    fn step_ended(&mut self, step: &str, end: &StepEnd) {
        let read = self.newest_from_strangers();
        let Some(progress) = self.progress.as_mut() else { return };
        if progress.step().is_some_and(|next| next.name() == step) {
            progress.end(end, (&self.done, &self.untrusted), &self.said, read);
            self.answer_schema = None;
            self.said.clear();
        }
    }

    /// Shows the model what was answered, where a workflow has made the answer.
    pub(super) fn say_scripted(&mut self, answer: &str) {
        let is_own = |last: &Message| last.role == Role::Assistant && last.text() == answer;
        if self.progress.is_some() && !answer.is_empty() && !self.history.last().is_some_and(is_own) {
            self.take_turns("(The workflow has ended.)");
            self.say(Message::text_of(Role::Assistant, answer));
        }
    }

    /// Says a note where the assistant spoke last: templates want people and assistants to take turns.
    fn take_turns(&mut self, note: &str) {
        if self.history.last().is_some_and(|last| last.role == Role::Assistant) {
            self.note(note.to_owned());
        }
    }
}

/// What the model is shown of a workflow that begins: what it is for is no request, but its inputs are a person's words.
pub(super) fn opening(progress: &Progress) -> [Part; 2] {
    let workflow = progress.workflow();
    let what = Some(workflow.description().trim()).filter(|what| !what.is_empty());
    let what = what.map(|what| format!(": {what}")).unwrap_or_default();
    let note = format!(
        "(A workflow is followed{what}. What is asked below is one step of it after the other: do what it says and no \
         more. Nobody answers questions.)"
    );
    [Part::Note(note), Part::Text(workflow.inputs_in_words(progress.inputs()))]
}

/// The origins of a workflow's call. What is made of a step's result is that result's, and strangers' if they have a
/// part in it, wherever else it stands; what was written down is the author's.
pub(super) fn attributed(origins: Vec<Origin>, progress: &Progress) -> Vec<Origin> {
    let attribute = |origin: Origin| {
        let name = origin.at.split('/').nth(1).unwrap_or_default().replace("~1", "/").replace("~0", "~");
        let source = match (origin.source, progress.behind(&name)) {
            (_, Some(strangers @ Source::Result { untrusted: true, .. })) => strangers,
            (Source::Model, Some(made_of)) => made_of,
            (Source::Model, None) => Source::System,
            (source, _) => source,
        };
        Origin { source, ..origin }
    };
    origins.into_iter().map(attribute).collect()
}
