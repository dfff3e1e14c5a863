//! A reply as it comes: server-sent events, or one JSON object where a service does not stream.

use handyman_core::{CallRequest, Delta, DeltaSink, ReplyBody, StopReason, TokenUsage};
use serde_json::{Map, Value};

/// Bytes that a whole reply may have.
const BYTES_MAX: usize = 16 << 20;
/// Calls that a reply may hold.
const CALLS_MAX: usize = 128;

/// Cuts a stream of bytes into the data of its events.
#[derive(Debug, Default)]
pub(super) struct Events {
    pending: Vec<u8>,
    taken: usize,
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
            if part.ends_with(b"\n") {
                events.extend(data(&std::mem::take(&mut self.pending)));
            }
        }
        Ok(events)
    }

    /// The last event, of a stream that ends without a line break.
    pub(super) fn rest(&mut self) -> Option<String> {
        data(&std::mem::take(&mut self.pending))
    }
}

fn data(line: &[u8]) -> Option<String> {
    let line = String::from_utf8_lossy(line);
    let data = line.trim_end_matches(['\r', '\n']).strip_prefix("data:")?.trim();
    (!data.is_empty() && data != "[DONE]").then(|| data.to_owned())
}

/// A call while it comes.
#[derive(Debug, Default)]
struct Call {
    name: String,
    arguments: String,
}

/// A reply while it is put together.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    reasoning: String,
    text: String,
    calls: Vec<Call>,
    usage: TokenUsage,
    finish: Option<String>,
    shown: bool,
}

impl Assembly {
    /// Whether somebody has seen a part of it.
    pub(super) fn was_shown(&self) -> bool {
        self.shown
    }

    /// Whether the service has said that the reply is whole.
    pub(super) fn is_whole(&self) -> bool {
        self.finish.is_some()
    }

    /// Takes a piece of a stream, or (`message`) a whole reply.
    ///
    /// # Errors
    /// What the service says went wrong, or what is wrong with what it sent.
    pub(super) fn take(&mut self, piece: &Value, sink: &dyn DeltaSink) -> Result<(), String> {
        if let Some(error) = piece.get("error").filter(|error| !error.is_null()) {
            return Err(error["message"].as_str().map_or_else(|| error.to_string(), str::to_owned));
        }
        self.take_usage(&piece["usage"]);
        let Some(choice) = piece["choices"].as_array().and_then(|choices| choices.first()) else {
            return Ok(());
        };
        let part = if choice["delta"].is_object() { &choice["delta"] } else { &choice["message"] };
        let reasoning =
            part["reasoning_content"].as_str().or_else(|| part["reasoning"].as_str()).unwrap_or_default();
        self.show(Delta::Reasoning(reasoning.to_owned()), sink);
        self.show(Delta::Text(part["content"].as_str().unwrap_or_default().to_owned()), sink);
        for (position, call) in part["tool_calls"].as_array().into_iter().flatten().enumerate() {
            self.take_call(position, call)?;
        }
        if let Some(finish) = choice["finish_reason"].as_str() {
            self.finish = Some(finish.to_owned());
        }
        Ok(())
    }

    fn show(&mut self, delta: Delta, sink: &dyn DeltaSink) {
        let (whole, new) = match &delta {
            Delta::Reasoning(new) => (&mut self.reasoning, new),
            Delta::Text(new) => (&mut self.text, new),
        };
        if !new.is_empty() {
            whole.push_str(new);
            self.shown = true;
            sink.delta(delta);
        }
    }

    /// A piece of a call. Services that send whole calls leave the index out.
    fn take_call(&mut self, position: usize, piece: &Value) -> Result<(), String> {
        let index = match piece.get("index").and_then(Value::as_u64) {
            Some(index) => usize::try_from(index).unwrap_or(usize::MAX),
            None if piece["function"]["name"].is_string() => self.calls.len(),
            None => position,
        };
        if index >= CALLS_MAX {
            return Err(format!("the reply has more than {CALLS_MAX} calls"));
        }
        while self.calls.len() <= index {
            self.calls.push(Call::default());
        }
        let call = &mut self.calls[index];
        call.name.push_str(piece["function"]["name"].as_str().unwrap_or_default());
        match &piece["function"]["arguments"] {
            Value::String(text) => call.arguments.push_str(text),
            // Some services send an object instead of its text.
            object @ Value::Object(_) => call.arguments = object.to_string(),
            _ => {}
        }
        Ok(())
    }

    fn take_usage(&mut self, usage: &Value) {
        let Some(prompt) = usage["prompt_tokens"].as_u64() else { return };
        let cached = usage["prompt_tokens_details"]["cached_tokens"].as_u64().unwrap_or(0).min(prompt);
        let sampled = usage["completion_tokens"].as_u64().unwrap_or(0);
        self.usage =
            TokenUsage { prefilled: prompt - cached, reused: cached, sampled, ..TokenUsage::default() };
    }

    /// The reply as far as it came.
    pub(super) fn finish(self) -> (ReplyBody, TokenUsage, StopReason) {
        let stop = match self.finish.as_deref() {
            Some("length") => StopReason::Tokens,
            Some("content_filter") => StopReason::Withheld,
            Some(_) | None => StopReason::Ended,
        };
        let calls: Result<Vec<CallRequest>, String> =
            self.calls.iter().map(|call| call.request(stop.is_ended())).collect();
        let body = match calls {
            Ok(calls) if calls.is_empty() && self.text.trim().is_empty() && !stop.is_ended() => {
                ReplyBody::Malformed { text: String::new(), problem: "nothing was said yet".to_owned() }
            }
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
        (body, self.usage, stop)
    }
}

impl Call {
    /// The call. One without arguments is whole only in a reply that is.
    fn request(&self, whole: bool) -> Result<CallRequest, String> {
        if self.name.is_empty() {
            return Err("a call has no name".to_owned());
        }
        let arguments: Map<String, Value> = match self.arguments.trim() {
            "" if whole => Map::new(),
            text => serde_json::from_str(text)
                .map_err(|error| format!("the arguments of {} are not a JSON object: {error}", self.name))?,
        };
        Ok(CallRequest { tool: self.name.clone(), arguments })
    }
}
