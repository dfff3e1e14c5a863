//! What a server asks back while a call runs (elicitation), and who answers.

use async_trait::async_trait;
use rmcp::model::{ElicitRequestParams, ElicitResult, ElicitationAction};
use serde_json::{Map, Value, json};

/// A question of a server to the person.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The server that asks.
    pub server: String,
    /// Its words.
    pub message: String,
    /// What it wants to know: the JSON schema of an object whose fields are texts, numbers and truth values.
    pub schema: Value,
}

/// What the person says.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// These values.
    Given(Map<String, Value>),
    /// Nothing: the server has to go on without.
    Declined,
}

/// Somebody who can be asked. The call that the server works on takes its time meanwhile, which is limited.
#[async_trait]
pub trait Person: Send + Sync {
    /// Answers one question.
    async fn answer(&self, question: &Question) -> Answer;
}

/// The question of a request; nothing for what is not a form, such as an address to open.
pub(super) fn question(server: &str, request: &ElicitRequestParams) -> Option<Question> {
    let ElicitRequestParams::FormElicitationParams { message, requested_schema, .. } = request else {
        return None;
    };
    let schema = serde_json::to_value(requested_schema).unwrap_or_default();
    Some(Question { server: server.to_owned(), message: message.clone(), schema })
}

/// An answer as the protocol has it.
pub(super) fn result(answer: &Answer) -> ElicitResult {
    match answer {
        Answer::Given(values) => {
            ElicitResult::new(ElicitationAction::Accept).with_content(Value::Object(values.clone()))
        }
        Answer::Declined => ElicitResult::new(ElicitationAction::Decline),
    }
}

/// What the result of the call says of it, so that the journal keeps it.
pub(super) fn told(message: &str, answer: &Answer) -> Value {
    match answer {
        Answer::Given(values) => json!({"asked": message, "answered": values}),
        Answer::Declined => json!({"asked": message, "declined": true}),
    }
}
