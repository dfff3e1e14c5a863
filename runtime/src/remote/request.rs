//! A request in the shape of `OpenAI`'s chat completions.

use handyman_core::schema::shown;
use handyman_core::{Message, ModelRequest, Part, ReplyMode, Role, Sampling, ToolChoice, ToolSpec};
use serde_json::{Map, Value, json};

use super::client::Failure;

/// What a service has been found to want of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Manner {
    /// How the longest reply is said.
    pub(super) length: Length,
    /// The field in which a message with calls says what was thought before them.
    pub(super) reasoning: Option<&'static str>,
    /// Whether the seed of what is drawn is said: Mistral takes none under that name.
    pub(super) seeded: bool,
    /// Whether past calls say that they have no signature: Gemini refuses calls without one.
    pub(super) signed: bool,
    /// Whether something of the model's stands between results and what a person says next: Mistral takes no other order.
    pub(super) bridged: bool,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            length: Length::MaxTokens,
            reasoning: Some(REASONING_FIELDS[0]),
            seeded: true,
            signed: false,
            bridged: false,
        }
    }
}

impl Manner {
    /// The manner to ask in after a refusal; `None` where no other would do.
    pub(super) fn after(self, refusal: &Failure, request: &ModelRequest<'_>) -> Option<Self> {
        let unsaid = Self { length: Length::Unsaid, ..self };
        let said = match refusal {
            Failure::Unfit(fault) => fault.to_string(),
            Failure::Full(_) => return (self != unsaid).then_some(unsaid),
            Failure::Passing { .. } | Failure::Lasting(_) => return None,
        };
        let names = |field: &str| said.contains(field);
        let other = match self.length {
            Length::MaxTokens if names("max_completion_tokens") => {
                Self { length: Length::MaxCompletionTokens, ..self }
            }
            // A reply of this model is never so long.
            Length::MaxTokens if names("max_tokens") => unsaid,
            Length::MaxCompletionTokens if names("max_completion_tokens") => unsaid,
            Length::MaxTokens | Length::MaxCompletionTokens | Length::Unsaid => match self {
                Self { signed: false, .. } if names("thought_signature") => Self { signed: true, ..self },
                Self { bridged: false, .. } if names("after role 'tool'") => Self { bridged: true, ..self },
                Self { seeded: true, .. } if names("seed") => Self { seeded: false, ..self },
                // A session that another model began may tell what this service does not take.
                Self { reasoning: Some(_), .. } if tells_reasoning(request.history) => {
                    Self { reasoning: None, ..self }
                }
                Self { .. } => return None,
            },
        };
        Some(other)
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
        "messages": messages(request.history, manner),
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
        if manner.seeded {
            body["seed"] = sampling.seed.into();
        }
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
fn messages(history: &[Message], manner: Manner) -> Vec<Value> {
    let mut values: Vec<Value> = Vec::new();
    let mut numbered = 0;
    let mut names = Vec::new();
    for message in history {
        match message.role {
            Role::System => values.push(json!({"role": "system", "content": message.text()})),
            Role::User => {
                if let Some(last) = values.last_mut().filter(|last| last["role"] == "user") {
                    let before = last["content"].as_str().unwrap_or_default();
                    last["content"] = format!("{before}\n\n{}", person_text(message)).into();
                    continue;
                }
                if manner.bridged && values.last().is_some_and(|last| last["role"] == "tool") {
                    values.push(json!({"role": "assistant", "content": "(I was interrupted.)"}));
                }
                values.push(json!({"role": "user", "content": person_text(message)}));
            }
            Role::Assistant => {
                names = message
                    .calls()
                    .enumerate()
                    .map(|(index, call)| (&call.id, numbered + index + 1))
                    .collect();
                numbered += names.len();
                values.push(assistant(message, numbered - names.len(), manner));
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

/// Nine letters and digits: Mistral takes nothing else, and others take anything.
fn name(number: usize) -> String {
    format!("call{number:05}")
}

/// Whether the history has reasoning that a request tells.
fn tells_reasoning(history: &[Message]) -> bool {
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

fn assistant(message: &Message, before: usize, manner: Manner) -> Value {
    let mut value = Map::new();
    value.insert("role".to_owned(), "assistant".into());
    value.insert("content".to_owned(), message.text().into());
    let call = |(index, call): (usize, &handyman_core::ToolCall)| {
        let arguments = Value::Object(call.arguments.clone()).to_string();
        let function = json!({"name": call.tool, "arguments": arguments});
        json!({"id": name(before + index + 1), "type": "function", "function": function})
    };
    let mut calls: Vec<Value> = message.calls().enumerate().map(call).collect();
    // <https://ai.google.dev/gemini-api/docs/thought-signatures>: of the calls of a reply the first has it.
    if let Some(first) = calls.first_mut().filter(|_| manner.signed) {
        first["extra_content"] = json!({"google": {"thought_signature": "skip_thought_signature_validator"}});
    }
    if !calls.is_empty() {
        value.insert("tool_calls".to_owned(), calls.into());
        if let (Some(field), Some(thought)) = (manner.reasoning, thought(message)) {
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
