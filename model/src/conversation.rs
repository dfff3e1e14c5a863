//! A conversation as the trainer reads it: tools, then messages in the order they were said.

use handyman_core::catalogue::Index;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{json_text, many};

/// A tool as the model is told of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ToolSpec {
    /// The name calls use.
    pub name: String,
    /// One line of what it does; may be empty.
    pub description: String,
    /// JSON schema of the arguments.
    pub parameters: Value,
}

/// One call of a tool.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Call {
    /// Name of the tool.
    pub name: String,
    /// Arguments in schema order.
    pub arguments: Map<String, Value>,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The person.
    User,
    /// The model.
    Assistant,
    /// A tool's result.
    Tool,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said; the result's JSON text for a tool.
    pub content: String,
    /// Tools whose descriptions have most in common with what the person says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fitting: Vec<String>,
    /// Calls the assistant makes in this message.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<Call>,
    /// Whether the assistant's calls are a mistake, shown for what follows it and not to be learnt.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub slip: bool,
}

/// A whole conversation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Conversation {
    /// `en` or `zh`.
    pub lang: &'static str,
    /// Which behaviours it shows, joined by `+`.
    pub kind: String,
    /// The tools on offer.
    pub tools: Vec<ToolSpec>,
    /// The system text, absent in most conversations.
    pub system: Option<String>,
    /// The messages.
    pub messages: Vec<Message>,
}

impl Conversation {
    /// An empty conversation.
    #[must_use]
    pub fn new(lang: &'static str) -> Self {
        Self { lang, kind: String::new(), tools: Vec::new(), system: None, messages: Vec::new() }
    }

    /// Adds the name of a behaviour that the conversation shows.
    pub fn mark(&mut self, kind: &str) {
        if !self.kind.is_empty() {
            self.kind.push('+');
        }
        self.kind.push_str(kind);
    }

    /// The person says something.
    pub fn user(&mut self, text: impl Into<String>) {
        self.push(Role::User, text.into(), Vec::new());
    }

    /// The model says something and calls nothing.
    pub fn say(&mut self, text: impl Into<String>) {
        self.push(Role::Assistant, text.into(), Vec::new());
    }

    /// The model makes calls in one turn, and what they return is not shown.
    pub fn call(&mut self, calls: Vec<Call>) {
        self.push(Role::Assistant, String::new(), calls);
    }

    /// The model makes calls in one turn, and their results come back in the same order.
    pub fn act(&mut self, calls: Vec<(Call, Value)>) {
        let (calls, results): (Vec<_>, Vec<_>) = calls.into_iter().unzip();
        self.push(Role::Assistant, String::new(), calls);
        for result in results {
            self.push(Role::Tool, json_text::dump(&result), Vec::new());
        }
    }

    /// The model makes calls of which one is a mistake, and their results come back.
    pub fn slip(&mut self, calls: Vec<(Call, Value)>) {
        let at = self.messages.len();
        self.act(calls);
        if let Some(message) = self.messages.get_mut(at) {
            message.slip = true;
        }
    }

    /// Names with each of the person's messages the tools that the product's runtime would find for it.
    pub fn name_fitting(&mut self) {
        let index = Index::of(&self.tools.iter().map(many::told).collect::<Vec<_>>());
        for message in self.messages.iter_mut().filter(|message| message.role == Role::User) {
            let found = index.fitting(many::said(&message.content));
            message.fitting = found.into_iter().map(str::to_owned).collect();
        }
    }

    /// A rough count of the tokens the conversation will take: digits and Han characters are one
    /// token each, other text about one token for every three and a half bytes.
    #[must_use]
    pub fn rough_tokens(&self) -> usize {
        let tools: usize = self.tools.iter().map(|t| rough(&t.parameters.to_string()) / 2 + 12).sum();
        let said: usize = self
            .messages
            .iter()
            .map(|m| {
                let calls: usize = m
                    .tool_calls
                    .iter()
                    .map(|c| 14 + rough(&Value::Object(c.arguments.clone()).to_string()))
                    .sum();
                6 + rough(&m.content) + calls
            })
            .sum();
        tools + said
    }

    fn push(&mut self, role: Role, content: String, tool_calls: Vec<Call>) {
        self.messages.push(Message { role, content, fitting: Vec::new(), tool_calls, slip: false });
    }
}

fn rough(text: &str) -> usize {
    let mut single = 0;
    let mut other = 0;
    for c in text.chars() {
        if c.is_ascii_digit() || !c.is_ascii() {
            single += 1;
        } else {
            other += 2;
        }
    }
    single + other / 7
}
