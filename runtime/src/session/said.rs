//! What was said in a run, as the person has it.

use handyman_core::{Message, Part, Role, Run};

/// The person's message, the calls with their results, and the answer. Notes to the model are left out, and so are
/// replies that did not count: those that could not be read, or were taken back before the answer.
pub(super) fn in_run(run: &Run) -> Vec<Message> {
    let is_scripted = run.progress().is_some();
    let mut said: Vec<Message> =
        run.record().iter().filter_map(|message| counted(message, is_scripted)).collect();
    let is_reply = |message: &&Message| message.role == Role::Assistant;
    let own = run.record().iter().rev().find(is_reply).filter(|reply| reply.text() == run.answer());
    // Where a run ends before its calls do, its answer is what came with them.
    let is_said = |reply: &Message| reply.text() == run.answer() && own.is_none_or(|own| own == reply);
    if !run.answer().is_empty() && !said.iter().rev().find(is_reply).is_some_and(is_said) {
        let answer = own.cloned().unwrap_or_else(|| Message::text_of(Role::Assistant, run.answer()));
        said.push(answer);
    }
    said
}

/// A message, or what the person has said or been told of it. What another agent sets as a task is said by it; what a
/// workflow's steps ask, by nobody.
fn counted(message: &Message, is_scripted: bool) -> Option<Message> {
    let said = |part: &Part| match part {
        Part::Text(text) => Some(Part::Text(text.clone())),
        Part::Task { text, .. } if !is_scripted => Some(Part::Text(text.clone())),
        Part::Task { .. } | Part::Note(_) | Part::Reasoning(_) | Part::Call(_) | Part::Result(_) => None,
    };
    let parts: Vec<Part> = match message.role {
        Role::System => return None,
        Role::User => message.parts.iter().filter_map(said).collect(),
        Role::Assistant if message.calls().next().is_none() => return None,
        Role::Assistant | Role::Tool => message.parts.clone(),
    };
    (!parts.is_empty()).then_some(Message { role: message.role, parts })
}
