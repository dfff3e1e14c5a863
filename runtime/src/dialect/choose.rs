//! Chooses the dialect of a model when it is loaded, by trying it out.
//!
//! The template is given made-up calls. If what it writes for them is accepted by the dialect's grammar
//! and read back as the same calls, the model's native way of calling is used; otherwise the
//! generic envelope, which has to hold the same law.

use std::sync::Arc;

use handyman_core::{
    CallOutcome, CallRequest, CallResult, Effect, Fault, FaultKind, Message, Part, ReplyMode, Role, ToolCall, ToolSpec,
};
use serde_json::{Map, Value, json};

use super::generic::Generic;
use super::hermes::{CALL_BEGINS, CALL_ENDS, Hermes, Thinking};
use super::split::THINK_BEGINS;
use super::{Dialect, Turn};
use crate::constrain::Constrainer;
use crate::constrain::sources::Sources;
use crate::llama::Token;
use crate::render::Template;
use crate::render::transcript::{Renderer, Tokenize};

/// A dialect and why it was chosen.
#[derive(Debug, Clone)]
pub(crate) struct Chosen {
    pub(crate) dialect: Arc<dyn Dialect>,
    pub(crate) why: String,
}

/// What a model brings to the choice.
#[derive(Clone, Copy)]
pub(crate) struct Candidate<'a> {
    pub(crate) template: &'a Template,
    pub(crate) tokenizer: &'a dyn Tokenize,
    pub(crate) constrainer: &'a Constrainer,
}

/// Chooses the dialect for a model.
///
/// # Errors
/// A [`Fault`] of kind `Template` when not even the generic envelope can be rendered and read.
pub(crate) fn choose(model: Candidate<'_>) -> Result<Chosen, Fault> {
    let native = hermes(model).and_then(|dialect| {
        model.holds_law(&dialect)?;
        model.shows_tools(&dialect)?;
        Ok(dialect)
    });
    match native {
        Ok(dialect) => Ok(Chosen {
            dialect: Arc::new(dialect),
            why: "the template writes calls in Hermes tags, and they read back as written".to_owned(),
        }),
        Err(reason) => generic(model, &reason),
    }
}

fn generic(model: Candidate<'_>, reason: &str) -> Result<Chosen, Fault> {
    let mut problem = String::new();
    for system_allowed in [true, false] {
        let dialect = Generic { system_allowed };
        match model.holds_law(&dialect) {
            Ok(()) => return Ok(Chosen { dialect: Arc::new(dialect), why: reason.to_owned() }),
            Err(why) => problem = why,
        }
    }
    Err(Fault::new(FaultKind::Template, format!("the model's chat template cannot be used: {problem}"))
        .with_hint("use a model that was trained for chat"))
}

/// The Hermes dialect as this template writes it.
fn hermes(model: Candidate<'_>) -> Result<Hermes, String> {
    let source = model.template.source();
    if !source.contains(CALL_BEGINS) {
        return Err("the template does not write Hermes calls".to_owned());
    }
    let tools = sample_tools();
    let find = |text: &str| model.token(text);
    let draft = Hermes::new(find, String::new(), Thinking::Never);
    let renderer = model.renderer(&draft);
    let prompt = renderer.text(&[ask()], &tools, true).map_err(|fault| fault.to_string())?;
    let thinking = if prompt.trim_end().ends_with(THINK_BEGINS) {
        Thinking::Begun
    } else if source.contains(THINK_BEGINS) {
        Thinking::May
    } else {
        Thinking::Never
    };
    let two = [ask(), reply(&[sample_call(), bare_call()])];
    let written = renderer.past_reply(&two, &tools).map_err(|fault| fault.to_string())?.unwrap_or_default();
    let between = written.split_once(CALL_ENDS).and_then(|(_, rest)| rest.split_once(CALL_BEGINS));
    let separator = between.map_or_else(|| "\n".to_owned(), |(separator, _)| separator.to_owned());
    Ok(Hermes::new(find, separator, thinking))
}

impl<'a> Candidate<'a> {
    fn renderer(self, dialect: &'a dyn Dialect) -> Renderer<'a> {
        Renderer { template: self.template, dialect, tokenizer: self.tokenizer }
    }

    /// The token that means exactly this text.
    fn token(self, text: &str) -> Option<Token> {
        match self.tokenizer.tokenize(text).as_slice() {
            [token] => Some(*token),
            _ => None,
        }
    }

    /// The law: what is rendered as a past call, the grammar accepts and the parser gives back.
    pub(crate) fn holds_law(self, dialect: &dyn Dialect) -> Result<(), String> {
        let tools = sample_tools();
        for calls in [vec![sample_call()], vec![bare_call()], vec![sample_call(), bare_call(), sample_call()]] {
            let history = [ask(), reply(&calls)];
            let renderer = Renderer { template: self.template, dialect, tokenizer: self.tokenizer };
            let written = renderer.past_reply(&history, &tools).map_err(|fault| fault.to_string())?;
            let written = written.ok_or("the template writes a past reply otherwise than it begins one")?;
            let turn = Turn { tools: &tools, mode: ReplyMode::Free, sources: Sources::new(&history) };
            let grammar = dialect.grammar(&turn).map_err(|fault| fault.to_string())?;
            self.accepts(&grammar, &written)?;
            let said = dialect.parse(&written)?;
            if said.calls != calls {
                return Err(format!("a past call is written so that it reads back differently: {written}"));
            }
        }
        Ok(())
    }

    fn accepts(self, grammar: &str, reply: &str) -> Result<(), String> {
        let mut matcher = self.constrainer.matcher(grammar).map_err(|fault| fault.to_string())?;
        let tokens = self.tokenizer.tokenize(reply);
        let accepted = matcher.consume_tokens(&tokens).is_ok() && matcher.is_accepting().unwrap_or(false);
        if accepted { Ok(()) } else { Err(format!("the grammar refuses a past call as the template writes it: {reply}")) }
    }

    /// Whether the model would see the tools, and the results of its calls.
    fn shows_tools(self, dialect: &dyn Dialect) -> Result<(), String> {
        let tools = sample_tools();
        let result = CallResult {
            call: "c1".into(),
            tool: "lookup".to_owned(),
            outcome: CallOutcome::Succeeded,
            result: json!({"found": "zebra"}),
        };
        let results = Message { role: Role::Tool, parts: vec![Part::Result(result)] };
        let history = [ask(), reply(&[sample_call()]), results];
        let renderer = Renderer { template: self.template, dialect, tokenizer: self.tokenizer };
        let prompt = renderer.text(&history, &tools, true).map_err(|fault| fault.to_string())?;
        let shown = tools.iter().all(|tool| prompt.contains(&tool.name)) && prompt.contains("zebra");
        if shown { Ok(()) } else { Err("the template does not show tools or their results".to_owned()) }
    }
}

fn ask() -> Message {
    Message::text_of(Role::User, "What is there?")
}

fn reply(calls: &[CallRequest]) -> Message {
    let part = |(index, call): (usize, &CallRequest)| {
        let id = format!("c{}", index + 1).into();
        Part::Call(ToolCall { id, tool: call.tool.clone(), arguments: call.arguments.clone() })
    };
    Message { role: Role::Assistant, parts: calls.iter().enumerate().map(part).collect() }
}

fn sample_tools() -> Vec<ToolSpec> {
    let spec = |name: &str, description: &str, parameters: Value| ToolSpec {
        name: name.to_owned(),
        description: description.to_owned(),
        parameters,
        effect: Effect::ReadOnly,
    };
    let lookup = json!({
        "type": "object",
        "properties": {
            "text": {"type": "string", "description": "What to look for"},
            "limit": {"type": "integer", "minimum": 1, "maximum": 9},
            "kinds": {"type": "array", "items": {"type": "string"}},
            "exact": {"type": "boolean"},
        },
        "required": ["text"],
    });
    let bare = json!({"type": "object", "properties": {}});
    vec![spec("lookup", "Looks something up", lookup), spec("list_all", "Lists everything", bare)]
}

/// A call with what is hard to write: quotes, line breaks, backslashes, other scripts.
fn sample_call() -> CallRequest {
    let mut arguments = Map::new();
    arguments.insert("text".to_owned(), "say \"hi\"\n\\ 上海 é".into());
    arguments.insert("limit".to_owned(), 3.into());
    arguments.insert("kinds".to_owned(), json!(["a", "b"]));
    CallRequest { tool: "lookup".to_owned(), arguments }
}

fn bare_call() -> CallRequest {
    CallRequest { tool: "list_all".to_owned(), arguments: Map::new() }
}

#[cfg(test)]
mod tests;
