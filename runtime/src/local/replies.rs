//! What comes of the text that a model wrote: a reply that can be read, or one that cannot and why.

use handyman_core::{Message, ModelRequest, Part, ReplyBody, Role, ToolCall};

use crate::decode::{Generated, Stop};
use crate::dialect::{Dialect, Said};
use crate::figures;

/// Reads a reply that is whole, or as whole as it got, after what the prompt has begun it with.
pub(super) fn read(
    dialect: &dyn Dialect,
    opening: &str,
    text: &str,
    generated: &Generated,
    request: &ModelRequest<'_>,
) -> ReplyBody {
    let (typed, tools) = (request.options.answer.is_some(), request.callable());
    let whole = format!("{opening}{text}");
    let read = if typed { dialect.parse_typed(&whole, &tools) } else { dialect.parse(&whole, &tools) };
    match (read, generated.stop) {
        (Ok(said), Stop::TokensMax | Stop::WindowFull) if said.is_nothing() => cut_off(text, generated),
        (Ok(Said { reasoning, text, calls }), Stop::WindowFull) if typed && calls.is_empty() => {
            ReplyBody::Said { reasoning, text, calls }
        }
        (_, Stop::WindowFull | Stop::Circling) | (Err(_), Stop::TokensMax) => cut_off(text, generated),
        (Ok(Said { reasoning, text: said, calls }), stop) => {
            // What a dialect's grammar does not hold. A text that was cut off may end within a figure.
            let checked = request.options.grounded && !typed && stop != Stop::TokensMax;
            match if checked { figures::check(&said, request.history) } else { Ok(()) } {
                Ok(()) => ReplyBody::Said { reasoning, text: said, calls },
                Err(problem) => ReplyBody::Malformed { text: text.to_owned(), problem },
            }
        }
        (Err(problem), Stop::Ended | Stop::Complete) => {
            ReplyBody::Malformed { text: text.to_owned(), problem }
        }
    }
}

/// A reply that ended before anything could be made of it.
fn cut_off(text: &str, generated: &Generated) -> ReplyBody {
    let tokens = generated.tokens.len();
    let why = if generated.stop == Stop::Circling {
        "where it only repeated itself"
    } else {
        "before it was whole"
    };
    let problem = format!("it was cut off after {tokens} tokens, {why}");
    ReplyBody::Malformed { text: text.to_owned(), problem }
}

/// The message that a reply becomes in the history. Calls get their names from the run.
pub(super) fn as_message(body: &ReplyBody) -> Message {
    match body {
        ReplyBody::Malformed { text, .. } => Message::text_of(Role::Assistant, text),
        ReplyBody::Said { reasoning, text, calls } => {
            let mut parts = Vec::new();
            if !reasoning.is_empty() {
                parts.push(Part::Reasoning(reasoning.clone()));
            }
            if !text.is_empty() {
                parts.push(Part::Text(text.clone()));
            }
            parts.extend(calls.iter().map(|call| {
                Part::Call(ToolCall {
                    id: "".into(),
                    tool: call.tool.clone(),
                    arguments: call.arguments.clone(),
                })
            }));
            Message { role: Role::Assistant, parts }
        }
    }
}
