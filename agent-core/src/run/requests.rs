//! What the person asks for now: the messages that nothing has answered yet but questions, and what was replied.

use super::Run;
use crate::deeds::last_question;
use crate::message::{Message, Part, Role};

/// A request that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The person's words, or those of a workflow's author.
    pub text: String,
    /// The question that they answer, if they answer one.
    pub question: Option<String>,
}

impl Run {
    /// What the person asks for now, the newest first: their last message, and the one before it where that was
    /// answered by a question, and so on. What was asked for and answered earlier is open no more.
    #[must_use]
    pub fn open_requests(&self) -> Vec<Request> {
        let mut open = Vec::new();
        // What strangers have a part in asks for nothing, and what was asked before it is answered.
        let is_task = |message: &Message| message.parts.iter().any(|part| matches!(part, Part::Task { .. }));
        let record = self.record();
        let mut said =
            record.iter().rev().filter(|message| is_task(message) || !asked_in(message).trim().is_empty());
        while let Some(message) = said.find(|message| message.role == Role::User) {
            let before = said.clone().find(|message| matches!(message.role, Role::Assistant | Role::User));
            let question = before.filter(|message| message.role == Role::Assistant).and_then(question_of);
            let is_answer = question.is_some();
            open.push(Request { text: asked_in(message), question });
            if !is_answer {
                break;
            }
        }
        open
    }

    /// The text of the last reply to what was asked last, readable or not; empty where there was none.
    #[must_use]
    pub fn written(&self) -> String {
        let mut since = self.history.iter().rev().take_while(|message| !message.asks());
        since.find(|message| message.role == Role::Assistant).map(Message::text).unwrap_or_default()
    }
}

/// What a message asks for: the person's words, or those of a workflow's author.
fn asked_in(message: &Message) -> String {
    let task = |part: &Part| match part {
        Part::Task { text, untrusted: false } => Some(text.clone()),
        Part::Task { .. }
        | Part::Text(_)
        | Part::Note(_)
        | Part::Reasoning(_)
        | Part::Call(_)
        | Part::Result(_) => None,
    };
    std::iter::once(message.text())
        .chain(message.parts.iter().filter_map(task))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The question that a message ends with.
fn question_of(message: &Message) -> Option<String> {
    last_question(&message.text()).map(str::to_owned)
}
