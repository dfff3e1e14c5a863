//! A reply as it comes: server-sent events, or one JSON object where a service does not stream.

use handyman_core::{CallRequest, Delta, DeltaSink, ReplyBody, StopReason, TokenUsage};
use serde_json::{Map, Value};

use super::request::REASONING_FIELDS;

/// Bytes that a whole reply may have. Every token comes in an event of its own, of some hundred bytes.
const BYTES_MAX: usize = 256 << 20;
/// Bytes that one event may have.
const EVENT_MAX: usize = 16 << 20;
/// Calls that a reply may hold.
const CALLS_MAX: usize = 128;

/// Ends that are failures of the service: Mistral's and `OpenRouter`'s, vLLM's and `SGLang`'s, `DeepSeek`'s, GLM's.
const BROKEN_OFF: [&str; 4] = ["error", "abort", "insufficient_system_resource", "network_error"];
/// Ends of replies that had as many tokens as they could have; the last is Mistral's, where the window is full.
const CUT_OFF: [&str; 3] = ["length", "max_tokens", "model_length"];
/// What the ends of replies that were withheld begin with: Gemini says more after it. The second is GLM's.
const WITHHELD: [&str; 2] = ["content_filter", "sensitive"];

/// Cuts a stream of bytes into the data of its events.
#[derive(Debug, Default)]
pub(super) struct Events {
    pending: Vec<u8>,
    taken: usize,
    is_done: bool,
}

impl Events {
    /// Takes bytes and gives the data of the events that are whole.
    ///
    /// # Errors
    /// A sentence, when there is more than any reply could be.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, String> {
        self.taken += bytes.len();
        if self.taken > BYTES_MAX {
            return Err(format!("the reply has more than {BYTES_MAX} bytes"));
        }
        let mut events = Vec::new();
        // What is pending holds no line break: it is not looked through again.
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.pending.extend(part);
            if self.pending.len() > EVENT_MAX {
                return Err(format!("an event of the reply has more than {EVENT_MAX} bytes"));
            }
            if part.ends_with(b"\n") {
                events.extend(self.data());
            }
        }
        Ok(events)
    }

    /// The last event, of a stream that ends without a line break.
    pub(super) fn rest(&mut self) -> Option<String> {
        self.data()
    }

    /// Whether the stream has said that nothing comes any more; some services leave the connection open then.
    pub(super) fn is_done(&self) -> bool {
        self.is_done
    }

    /// The data of the pending line.
    fn data(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.pending);
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end_matches(['\r', '\n']);
        // So does llama-server say, up to 2025, what went wrong.
        if let Some(error) = line.strip_prefix("error:") {
            return Some(format!("{{\"error\":{error}}}"));
        }
        let data = line.strip_prefix("data:")?.trim();
        self.is_done |= data == "[DONE]";
        (!data.is_empty() && data != "[DONE]").then(|| data.to_owned())
    }
}

/// A call while it comes.
#[derive(Debug, Default)]
struct Call {
    index: usize,
    /// Empty where the service gives none.
    id: String,
    name: String,
    arguments: String,
}

/// A reply while it is put together.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    reasoning: String,
    reasoning_field: Option<&'static str>,
    text: String,
    calls: Vec<Call>,
    usage: TokenUsage,
    finish: Option<String>,
    shown: bool,
    /// Whether nobody sees what comes of it.
    unseen: bool,
}

impl Assembly {
    /// Nothing yet of a reply, which nobody is to see as it comes if it is `unseen`.
    pub(super) fn begun(unseen: bool) -> Self {
        Self { unseen, ..Self::default() }
    }

    /// Whether somebody has seen a part of it.
    pub(super) fn was_shown(&self) -> bool {
        self.shown
    }

    /// The field in which the service told its reasoning, if it did.
    pub(super) fn reasoning_field(&self) -> Option<&'static str> {
        self.reasoning_field
    }

    /// Whether the service has said that the reply is whole.
    pub(super) fn is_whole(&self) -> bool {
        self.finish.is_some()
    }

    /// Whether something of a reply has come.
    pub(super) fn has_begun(&self) -> bool {
        !(self.reasoning.is_empty() && self.text.is_empty() && self.calls.is_empty())
    }

    /// Takes a piece of a stream, or (`message`) a whole reply.
    ///
    /// # Errors
    /// What the service says went wrong, or what is wrong with what it sent.
    pub(super) fn take(&mut self, piece: &Value, sink: &dyn DeltaSink) -> Result<(), String> {
        let is_error = piece["object"] == "error" && piece["message"].is_string();
        if is_error || piece.get("error").is_some_and(|error| !error.is_null()) {
            return Err(message_of(piece).unwrap_or_default());
        }
        self.take_usage(&piece["usage"]);
        let Some(choice) = piece["choices"].as_array().and_then(|choices| choices.first()) else {
            return Ok(());
        };
        // Some services give an empty one in every piece.
        let finish = choice["finish_reason"].as_str().filter(|reason| !reason.is_empty());
        // Before anything of it is shown: what was not seen can be asked for again.
        if let Some(reason) = finish.filter(|reason| BROKEN_OFF.contains(reason)) {
            return Err(format!("the service broke the reply off ({reason})"));
        }
        let part = if choice["delta"].is_object() { &choice["delta"] } else { &choice["message"] };
        let mut thoughts = REASONING_FIELDS.iter().filter_map(|field| Some((*field, part[*field].as_str()?)));
        if let Some((field, thought)) = thoughts.find(|(_, thought)| !thought.is_empty()) {
            self.reasoning_field = Some(field);
            self.show(Delta::Reasoning(thought.to_owned()), sink);
        }
        self.show(Delta::Text(text_of(&part["content"])), sink);
        // What a service says in place of an answer that it will not give.
        self.show(Delta::Text(text_of(&part["refusal"])), sink);
        for (position, call) in part["tool_calls"].as_array().into_iter().flatten().enumerate() {
            self.take_call(position, call)?;
        }
        if let Some(finish) = finish {
            self.finish = Some(finish.to_owned());
        }
        Ok(())
    }

    fn show(&mut self, delta: Delta, sink: &dyn DeltaSink) {
        let (whole, new) = match &delta {
            Delta::Reasoning(new) => (&mut self.reasoning, new),
            Delta::Text(new) => (&mut self.text, new),
            // Tools tell that, and no service.
            Delta::Progress { .. } => return,
        };
        if !new.is_empty() {
            whole.push_str(new);
            self.shown = !self.unseen;
            sink.delta(delta);
        }
    }

    /// A piece of a call. Some services leave the index out, or the id; one says "null" for it.
    fn take_call(&mut self, position: usize, piece: &Value) -> Result<(), String> {
        let (name, arguments) = (&piece["function"]["name"], &piece["function"]["arguments"]);
        let name = name.as_str().unwrap_or_default();
        let id = piece["id"].as_str().filter(|id| *id != "null").unwrap_or_default();
        let index = match piece.get("index").and_then(Value::as_u64) {
            Some(index) => usize::try_from(index).unwrap_or(usize::MAX),
            None if !name.is_empty() => self.calls.len(),
            // It belongs to the call that came last.
            None => position.max(self.calls.len().saturating_sub(1)),
        };
        let at = self.calls.iter().rposition(|call| call.index == index);
        let at = at.filter(|at| !self.calls[*at].is_before(id, name, arguments));
        let at = at.unwrap_or_else(|| {
            self.calls.push(Call { index, ..Call::default() });
            self.calls.len() - 1
        });
        if index.max(at) >= CALLS_MAX {
            return Err(format!("the reply has more than {CALLS_MAX} calls"));
        }
        let call = &mut self.calls[at];
        if call.id.is_empty() {
            id.clone_into(&mut call.id);
        }
        // Some services say it in every piece.
        if call.name != name {
            call.name.push_str(name);
        }
        match arguments {
            Value::String(text) => call.arguments.push_str(text),
            // Some services send an object instead of its text.
            object @ Value::Object(_) => call.arguments = object.to_string(),
            _ => {}
        }
        Ok(())
    }

    fn take_usage(&mut self, usage: &Value) {
        let (prompt, sampled) = (usage["prompt_tokens"].as_u64(), usage["completion_tokens"].as_u64());
        if prompt.is_none() && sampled.is_none() {
            return;
        }
        let (prompt, sampled) = (prompt.unwrap_or(0), sampled.unwrap_or(0));
        let cached = usage["prompt_tokens_details"]["cached_tokens"].as_u64().unwrap_or(0).min(prompt);
        self.usage =
            TokenUsage { prefilled: prompt - cached, reused: cached, sampled, ..TokenUsage::default() };
    }

    /// What the reply cost. Where the service does not count what it wrote, it is estimated: limits hold there too.
    fn counted(&self, tokens: impl Fn(&str) -> u64) -> TokenUsage {
        if self.usage.sampled > 0 {
            return self.usage;
        }
        let calls = self.calls.iter().flat_map(|call| [&call.name, &call.arguments]);
        let written: String =
            [&self.reasoning, &self.text].into_iter().chain(calls).map(String::as_str).collect();
        TokenUsage { sampled: tokens(&written), ..self.usage }
    }

    /// The reply as far as it came. `tokens` estimates how many tokens a text is.
    pub(super) fn finish(self, tokens: impl Fn(&str) -> u64) -> (ReplyBody, TokenUsage, StopReason) {
        let usage = self.counted(tokens);
        let stop = match self.finish.as_deref() {
            Some(reason) if CUT_OFF.contains(&reason) => StopReason::Tokens,
            Some(reason) if WITHHELD.iter().any(|begin| reason.starts_with(begin)) => StopReason::Withheld,
            Some(_) | None => StopReason::Ended,
        };
        let calls: Result<Vec<CallRequest>, String> =
            self.calls.iter().map(|call| call.request(stop.is_ended())).collect();
        let body = match calls {
            Ok(calls) => {
                ReplyBody::Said { reasoning: self.reasoning, text: self.text.trim().to_owned(), calls }
            }
            Err(problem) => {
                let written = self.calls.iter().map(|call| format!("{}({})", call.name, call.arguments));
                let text: Vec<String> = std::iter::once(self.text.clone())
                    .chain(written)
                    .filter(|part| !part.is_empty())
                    .collect();
                ReplyBody::Malformed { text: text.join("\n"), problem }
            }
        };
        (body, usage, stop)
    }
}

/// A text, or the texts of an array of parts.
fn text_of(content: &Value) -> String {
    match content {
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        other => other.as_str().unwrap_or_default().to_owned(),
    }
}

/// What an error says: as `OpenAI` writes it, in a list as Gemini does, or where other services write it. What a gateway
/// was told by the service behind it says more than the gateway itself.
pub(super) fn message_of(body: &Value) -> Option<String> {
    let body = body.get(0).unwrap_or(body);
    let error = &body["error"];
    let written = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let said = [&error["message"], error, &body["message"], &body["detail"]].into_iter().find_map(written)?;
    Some(match error["metadata"]["raw"].as_str() {
        Some(behind) => format!("{said}: {behind}"),
        None => said,
    })
}

impl Call {
    /// Whether a piece with this id, name and arguments begins another call: some services give every call the index 0.
    fn is_before(&self, id: &str, name: &str, arguments: &Value) -> bool {
        let both = !id.is_empty() && !self.id.is_empty();
        let is_said_again = both && id == self.id && (arguments.is_null() || arguments == "");
        !name.is_empty() && (both && id != self.id || self.is_whole() && !is_said_again)
    }

    /// Whether nothing is missing of its arguments.
    fn is_whole(&self) -> bool {
        serde_json::from_str::<Map<String, Value>>(&self.arguments).is_ok()
    }

    /// The call. One without arguments is whole only in a reply that is.
    fn request(&self, whole: bool) -> Result<CallRequest, String> {
        if self.name.is_empty() {
            return Err("a call has no name".to_owned());
        }
        let arguments: Map<String, Value> = match self.arguments.trim() {
            // Some services say so that a tool without arguments has none.
            "" | "null" if whole => Map::new(),
            text => serde_json::from_str(text)
                .map_err(|error| format!("the arguments of {} are not a JSON object: {error}", self.name))?,
        };
        Ok(CallRequest { tool: self.name.clone(), arguments })
    }
}
