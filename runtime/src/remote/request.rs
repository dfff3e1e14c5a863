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
    /// The tokens from which on it is not said, because the service refused as many; none where it takes no length at all.
    pub(super) unsaid_from: u64,
    /// Whether this one request does not say it: some services refuse a request whose longest reply would not fit in the
    /// window, and give what is left of it otherwise. What is left differs from request to request.
    pub(super) unsaid: bool,
    /// The field in which a message with calls says what was thought before them.
    pub(super) reasoning: Option<&'static str>,
    /// Which of [`OPTIONAL`] are left out.
    pub(super) left_out: [bool; OPTIONAL.len()],
    /// Whether past calls say that they have no signature: Gemini refuses calls without one.
    pub(super) signed: bool,
    /// Whether something of the model's stands between results and what a person says next: Mistral takes no other order.
    pub(super) bridged: bool,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            length: Length::MaxTokens,
            unsaid_from: u64::MAX,
            unsaid: false,
            reasoning: Some(REASONING_FIELDS[0]),
            left_out: [false; OPTIONAL.len()],
            signed: false,
            bridged: false,
        }
    }
}

impl Manner {
    /// The manner to ask in after a refusal; `None` where no other would do.
    pub(super) fn after(self, refusal: &Failure, request: &ModelRequest<'_>) -> Option<Self> {
        let unsaid = Self { unsaid: true, ..self };
        let length = self.length_field(request);
        let said = match refusal {
            Failure::Unfit(fault) => fault.to_string(),
            Failure::Full(_) => return length.map(|_| unsaid),
            Failure::Passing { .. } | Failure::Lasting(_) => return None,
        };
        let names = |field: &str| said.contains(field);
        if let Some(field) = length {
            if self.length == Length::MaxTokens && names("max_completion_tokens") {
                return Some(Self { length: Length::MaxCompletionTokens, ..self });
            }
            if names(field) {
                return Some(match unsaid_from(&said, request.tokens_max) {
                    Some(unsaid_from) => Self { unsaid_from, ..self },
                    None => unsaid,
                });
            }
        }
        let unwanted = (0..OPTIONAL.len()).find(|at| !self.left_out[*at] && names(OPTIONAL[*at]));
        if let Some(at) = unwanted {
            let mut left_out = self.left_out;
            left_out[at] = true;
            return Some(Self { left_out, ..self });
        }
        Some(match self {
            Self { signed: false, .. } if names("thought_signature") => Self { signed: true, ..self },
            Self { bridged: false, .. } if names("after role 'tool'") => Self { bridged: true, ..self },
            // A session that another model began may tell what this service does not take.
            Self { reasoning: Some(_), .. } if tells_reasoning(request.history) => {
                Self { reasoning: None, ..self }
            }
            Self { .. } => return None,
        })
    }

    /// What is known of a service once it took a request in the manner `taken` that was begun in the manner `begun`, and
    /// told its reasoning in `field`. Requests at the same time may each have found something out.
    pub(super) fn learned(self, begun: Self, taken: Self, field: Option<&'static str>) -> Self {
        let reasoning = match (taken.reasoning, field) {
            // It takes none under the name that was tried, and has another one for it.
            (None, Some(field)) if begun.reasoning.is_some_and(|tried| tried != field) => Some(field),
            // What it tells it may still not take.
            (None, _) => None,
            (Some(_), Some(field)) => Some(field),
            (Some(_), None) => self.reasoning,
        };
        Self {
            length: self.length.max(taken.length),
            unsaid_from: self.unsaid_from.min(taken.unsaid_from),
            unsaid: false,
            reasoning,
            left_out: std::array::from_fn(|at| self.left_out[at] || taken.left_out[at]),
            signed: self.signed || taken.signed,
            bridged: self.bridged || taken.bridged,
        }
    }

    /// The field in which a request says how long its reply may be, if it does.
    fn length_field(self, request: &ModelRequest<'_>) -> Option<&'static str> {
        let field = match self.length {
            Length::MaxTokens => "max_tokens",
            Length::MaxCompletionTokens => "max_completion_tokens",
        };
        (!self.unsaid && request.tokens_max < self.unsaid_from).then_some(field)
    }

    fn leaves_out(self, field: &str) -> bool {
        OPTIONAL.iter().zip(self.left_out).any(|(name, left_out)| left_out && *name == field)
    }
}

/// The tokens from which on a service takes no length, by what it says of one that it refused; `None` where that was too
/// short, which is of this request alone.
fn unsaid_from(said: &str, refused: u64) -> Option<u64> {
    let said = said.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let not_at_all =
        ["unsupported parameter", "not supported", "unknown", "unrecognized", "forbidden", "not permitted"];
    if has(&not_at_all) {
        Some(0)
    } else if has(&["at least", "greater than", "minimum", ">=", "too small"]) {
        None
    } else {
        // A reply of this model is never so long.
        Some(refused)
    }
}

/// Fields without which a request is the same to whoever reads the reply, and that some services do not take: Mistral no
/// seed under that name, old versions of Azure's API no `stream_options`, `OpenAI`'s reasoning models no
/// `parallel_tool_calls`.
const OPTIONAL: [&str; 3] = ["seed", "stream_options", "parallel_tool_calls"];

/// Fields in which services tell their reasoning: first `DeepSeek`'s and llama-server's, then `OpenRouter`'s and vLLM's.
pub(super) const REASONING_FIELDS: [&str; 2] = ["reasoning_content", "reasoning"];

/// How a request says how long its reply may be; one that is asked for in place of another is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Length {
    /// As `max_tokens`.
    MaxTokens,
    /// As `max_completion_tokens`, which `OpenAI`'s reasoning models ask for.
    MaxCompletionTokens,
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// The request.
    pub(super) request: &'a ModelRequest<'a>,
    /// Whether the service is to hold the reply to the answer's shape.
    pub(super) shaped: bool,
    /// Whether nobody sees the reply as it comes, so that it can be asked for again whenever it breaks off.
    pub(super) unseen: bool,
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
    if let Some(field) = manner.length_field(request) {
        body[field] = request.tokens_max.into();
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
        body["seed"] = sampling.seed.into();
    }
    if let Some(fields) = body.as_object_mut() {
        fields.retain(|field, _| !manner.leaves_out(field));
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
