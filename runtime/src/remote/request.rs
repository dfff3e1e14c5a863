//! A request in the shape of `OpenAI`'s chat completions.

use handyman_core::schema::shown;
use handyman_core::{Message, ModelRequest, Part, ReplyMode, Role, Sampling, ToolChoice, ToolSpec};
use serde_json::{Map, Value, json};

/// What a service has been found to want of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Manner {
    /// How the longest reply is said.
    pub(super) length: Length,
    /// The field in which a message with calls says what was thought before them.
    pub(super) reasoning: Option<&'static str>,
}

impl Default for Manner {
    fn default() -> Self {
        Self { length: Length::MaxTokens, reasoning: Some(REASONING_FIELDS[0]) }
    }
}

/// Fields in which services tell their reasoning: first `DeepSeek`'s and llama-server's, then `OpenRouter`'s and vLLM's.
pub(super) const REASONING_FIELDS: [&str; 2] = ["reasoning_content", "reasoning"];

/// How a request says how long its reply may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    /// As `max_tokens`.
    MaxTokens,
    /// As `max_completion_tokens`, which `OpenAI`'s reasoning models ask for.
    MaxCompletionTokens,
    /// Not at all: some services refuse a request whose longest reply would not fit in the window, and give what is
    /// left of it otherwise.
    Unsaid,
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// The request.
    pub(super) request: &'a ModelRequest<'a>,
    /// Whether the service is to hold the reply to the answer's shape.
    pub(super) shaped: bool,
}

/// The body of a request.
pub(super) fn body(model: &str, own: Option<&Sampling>, asked: Asked<'_>, manner: Manner) -> Value {
    let request = asked.request;
    let mut body = json!({
        "model": model,
        "messages": messages(request.history, manner.reasoning),
        "stream": true,
        "stream_options": {"include_usage": true},
    });
    match manner.length {
        Length::MaxTokens => body["max_tokens"] = request.tokens_max.into(),
        Length::MaxCompletionTokens => body["max_completion_tokens"] = request.tokens_max.into(),
        Length::Unsaid => {}
    }
    let tools = request.callable();
    if !tools.is_empty() {
        body["tools"] = tools.iter().map(tool).collect();
        body["tool_choice"] = choice(request);
        if request.mode == ReplyMode::Free && !request.options.parallel_calls {
            body["parallel_tool_calls"] = false.into();
        }
    }
    if let Some(shape) = request.options.answer.as_ref().filter(|_| asked.shaped) {
        body["response_format"] = shaped(shape.schema());
    }
    if let Some(sampling) = request.options.sampling.as_ref().or(own) {
        add_sampling(&mut body, sampling);
    }
    body
}

fn shaped(schema: &Value) -> Value {
    let named = json!({"name": "answer", "schema": schema, "strict": is_strict(schema)});
    json!({"type": "json_schema", "json_schema": named})
}

/// Whether every object says all of what it holds: some services hold only such replies strictly.
fn is_strict(schema: &Value) -> bool {
    match schema {
        Value::Object(keywords) => {
            let named = schema["properties"].as_object();
            let needed = schema["required"].as_array().map_or(0, Vec::len);
            let closed = schema["additionalProperties"] == Value::Bool(false);
            let whole =
                schema["type"] != "object" || (closed && named.is_some_and(|all| all.len() == needed));
            whole && keywords.values().all(is_strict)
        }
        Value::Array(items) => items.iter().all(is_strict),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

fn add_sampling(body: &mut Value, sampling: &Sampling) {
    body["temperature"] = number(sampling.temperature);
    body["seed"] = sampling.seed.into();
    if sampling.temperature > 0.0 && sampling.top_p < 1.0 {
        body["top_p"] = number(sampling.top_p);
    }
    if sampling.frequency_penalty != 0.0 {
        body["frequency_penalty"] = number(sampling.frequency_penalty);
    }
    if sampling.presence_penalty != 0.0 {
        body["presence_penalty"] = number(sampling.presence_penalty);
    }
}

/// The number as it was written: 0.7, not what is nearest to it in 32 bits.
fn number(value: f32) -> Value {
    value.to_string().parse::<f64>().map_or(Value::Null, Value::from)
}

fn choice(request: &ModelRequest<'_>) -> Value {
    match (&request.options.tool_choice, request.mode) {
        (_, ReplyMode::AnswerOnly) | (ToolChoice::None, _) => "none".into(),
        (ToolChoice::Auto, ReplyMode::Free) => "auto".into(),
        (ToolChoice::Required, ReplyMode::Free) => "required".into(),
        (ToolChoice::Tool(name), ReplyMode::Free) => json!({"type": "function", "function": {"name": name}}),
    }
}

fn tool(spec: &ToolSpec) -> Value {
    let function =
        json!({"name": spec.name, "description": spec.description, "parameters": shown(&spec.parameters)});
    json!({"type": "function", "function": function})
}

/// The history. Calls are numbered over the whole of it, so that no name stands for two. What a person said after a
/// message that nobody answered is part of it: many templates take no two in a row.
fn messages(history: &[Message], reasoning: Option<&str>) -> Vec<Value> {
    let mut values: Vec<Value> = Vec::new();
    let mut numbered = 0;
    let mut names = Vec::new();
    for message in history {
        match message.role {
            Role::System => values.push(json!({"role": "system", "content": message.text()})),
            Role::User => match values.last_mut().filter(|last| last["role"] == "user") {
                Some(last) => {
                    let before = last["content"].as_str().unwrap_or_default();
                    last["content"] = format!("{before}\n\n{}", person_text(message)).into();
                }
                None => values.push(json!({"role": "user", "content": person_text(message)})),
            },
            Role::Assistant => {
                names = message
                    .calls()
                    .enumerate()
                    .map(|(index, call)| (&call.id, numbered + index + 1))
                    .collect();
                numbered += names.len();
                values.push(assistant(message, numbered - names.len(), reasoning));
            }
            Role::Tool => values.extend(message.results().map(|result| {
                let number =
                    names.iter().find(|(id, _)| **id == result.call).map_or(0, |(_, number)| *number);
                json!({"role": "tool", "tool_call_id": name(number), "content": result.result.to_string()})
            })),
        }
    }
    values
}

fn name(number: usize) -> String {
    format!("call_{number}")
}

/// Whether the history has reasoning that a request tells.
pub(super) fn tells_reasoning(history: &[Message]) -> bool {
    history.iter().any(|message| message.calls().next().is_some() && thought(message).is_some())
}

/// What was thought before a message.
fn thought(message: &Message) -> Option<String> {
    let thoughts = message.parts.iter().filter_map(|part| match part {
        Part::Reasoning(text) => Some(text.as_str()),
        Part::Text(_) | Part::Task { .. } | Part::Note(_) | Part::Call(_) | Part::Result(_) => None,
    });
    Some(thoughts.collect::<String>()).filter(|text| !text.is_empty())
}

fn assistant(message: &Message, before: usize, reasoning: Option<&str>) -> Value {
    let mut value = Map::new();
    value.insert("role".to_owned(), "assistant".into());
    value.insert("content".to_owned(), message.text().into());
    let call = |(index, call): (usize, &handyman_core::ToolCall)| {
        let arguments = Value::Object(call.arguments.clone()).to_string();
        let function = json!({"name": call.tool, "arguments": arguments});
        json!({"id": name(before + index + 1), "type": "function", "function": function})
    };
    let calls: Vec<Value> = message.calls().enumerate().map(call).collect();
    if !calls.is_empty() {
        value.insert("tool_calls".to_owned(), calls.into());
        if let (Some(field), Some(thought)) = (reasoning, thought(message)) {
            value.insert(field.to_owned(), thought.into());
        }
    }
    value.into()
}

fn person_text(message: &Message) -> String {
    let texts: Vec<&str> = message
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Text(text) | Part::Note(text) | Part::Task { text, .. } => Some(text.as_str()),
            Part::Reasoning(_) | Part::Call(_) | Part::Result(_) => None,
        })
        .collect();
    texts.join("\n")
}
