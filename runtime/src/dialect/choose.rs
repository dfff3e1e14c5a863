//! Chooses the dialect of a model when it is loaded, by trying it out.
//!
//! The template is given made-up calls. If what it writes for them is accepted by a family's grammar and
//! read back as the same calls, that is the model's native way of calling. A template of no known family is
//! asked how it writes calls ([`infer`](super::infer)). One that shows tools but writes no past calls has
//! them written for it, if it bears the signs of a family. Every other one gets the generic envelope, which
//! has to hold the same law.

use std::sync::Arc;

use handyman_core::{CallRequest, Fault, FaultKind, ReplyMode};
use serde_json::json;

use super::families::FAMILIES;
use super::format::Format;
use super::generic::Generic;
use super::infer;
use super::native::{Habits, Native};
use super::samples::{RESULT, ask, bare_call, call, hard_call, reply, results, tools};
use super::{Dialect, Turn, read};
use crate::constrain::Constrainer;
use crate::constrain::sources::Sources;
use crate::llama::Token;
use crate::render::Template;
use crate::render::protect::plain;
use crate::render::transcript::{Renderer, Tokenize, begins_reasoning};

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
    let source = model.template.source();
    let likely: Vec<&Format<&str>> =
        FAMILIES.iter().filter(|family| family.signs.iter().all(|sign| source.contains(sign))).collect();
    let mut reason = None;
    for family in &likely {
        match model.native(&family.owned(), false) {
            Ok(native) => {
                return Ok(chosen(native, "the template writes calls so, and they read back as written"));
            }
            Err(why) => reason = reason.or(Some(format!("{}: {why}", family.name))),
        }
    }
    match infer::format(model, &likely).and_then(|format| model.native(&format, false)) {
        Ok(native) => {
            return Ok(chosen(
                native,
                "found out from what the template writes for calls, which reads back as written",
            ));
        }
        Err(why) => reason = reason.or(Some(why)),
    }
    for family in &likely {
        if let Ok(native) = model.native(&family.owned(), true) {
            return Ok(chosen(
                native,
                "the template shows tools and bears the family's signs; past calls are written for it",
            ));
        }
    }
    model.generic(&reason.unwrap_or_default())
}

fn chosen(native: Native, why: &str) -> Chosen {
    let told = if native.habits.tells_tools { "; the tools are told in the system text" } else { "" };
    Chosen { why: format!("{why}{told}"), dialect: Arc::new(native) }
}

/// The ways in which templates want to be given past calls, the usual one first.
fn variants(habits: Habits) -> impl Iterator<Item = Habits> {
    let ways = [(false, false), (true, false), (false, true), (true, true)];
    ways.into_iter().map(move |(arguments_as_text, content_null)| Habits {
        arguments_as_text,
        content_null,
        ..habits
    })
}

impl<'a> Candidate<'a> {
    pub(crate) fn renderer(self, dialect: &'a dyn Dialect) -> Renderer<'a> {
        Renderer { template: self.template, dialect, tokenizer: self.tokenizer }
    }

    /// The markup of these texts that is one token of the vocabulary.
    fn markers(self, texts: &[String]) -> Vec<(String, Token)> {
        let used = |tag: &&(String, Token)| texts.iter().any(|text| text.contains(&tag.0));
        self.tokenizer.tags().iter().filter(used).cloned().collect()
    }

    /// The prompt for a first reply.
    fn prompt(self, dialect: &dyn Dialect) -> Result<String, String> {
        let renderer = Renderer { template: self.template, dialect, tokenizer: self.tokenizer };
        renderer.text(&[ask()], &tools(), true).map(|text| plain(&text)).map_err(|fault| fault.to_string())
    }

    /// Whether a model with these marks around its reasoning does reason after such a prompt.
    fn thinks(self, begins: &str, ends: &str, prompt: &str) -> bool {
        let prompt = prompt.trim_end();
        let may = !prompt.ends_with(ends.trim()) && self.template.source().contains(begins.trim());
        may || prompt.ends_with(begins.trim())
    }

    /// A family's dialect as this template wants it: with calls written by the template, or by us.
    fn native(self, format: &Format, in_content: bool) -> Result<Native, String> {
        let markers = self.markers(&format.markup());
        let mut native = Native { format: format.clone(), thinks: false, habits: Habits::default(), markers };
        if let Some((begins, ends)) = &format.thinking {
            native.thinks = self.thinks(begins, ends, &self.prompt(&native)?);
        }
        if in_content {
            self.leaves_calls_to_us(&mut native)?;
            native.habits = Habits { in_content, ..Habits::default() };
        }
        let mut problem = None;
        for habits in variants(native.habits) {
            native.habits = habits;
            match self.holds_law(&native) {
                Ok(several) => {
                    native.format.several = several;
                    return self.tell_tools(native);
                }
                Err(why) => problem = problem.or(Some(why)),
            }
        }
        Err(problem.unwrap_or_default())
    }

    /// The dialect, with the tools told in the system text if the template does not show them.
    fn tell_tools(self, mut native: Native) -> Result<Native, String> {
        if self.shows_tools(&native).is_err() {
            native.habits.tells_tools = true;
            self.shows_tools(&native)?;
        }
        Ok(native)
    }

    /// Whether the template writes no past calls, or writes simple ones as the family does: then it is no
    /// harm to write them for it.
    fn leaves_calls_to_us(self, native: &mut Native) -> Result<(), String> {
        let simple = [call("lookup", json!({"text": "wombat"}))];
        for habits in variants(Habits::default()) {
            native.habits = habits;
            let silent = self.whole(native, &simple).is_ok_and(|(whole, _)| !whole.contains("wombat"));
            if silent || self.reads_back(native, &simple).is_ok() {
                return Ok(());
            }
        }
        Err("the template writes calls in another way".to_owned())
    }

    /// The law: what is rendered as a past call, the grammar accepts and the parser gives back. Returns
    /// whether a reply can hold several calls.
    fn holds_law(self, native: &Native) -> Result<bool, String> {
        for calls in [vec![hard_call()], vec![bare_call()]] {
            self.holds_law_for(native, &calls)?;
        }
        let several = [hard_call(), bare_call(), hard_call()];
        let written = native.format.several
            && self.whole(native, &several).is_ok_and(|(whole, _)| whole.contains("list_all"));
        if written {
            self.holds_law_for(native, &several)?;
        }
        Ok(written)
    }

    fn holds_law_for(self, native: &Native, calls: &[CallRequest]) -> Result<(), String> {
        let written = self.reads_back(native, calls)?;
        let begun = begins_reasoning(native, &self.prompt(native)?);
        let reply = after_reasoning(native, begun, written);
        let (tools, history) = (tools(), [ask()]);
        let turn = Turn::new(&tools, ReplyMode::Free, Sources::new(&history)).begun(begun);
        let grammar = native.grammar(&turn);
        self.accepts(&grammar.map_err(|fault| fault.to_string())?, &reply)
    }

    /// The calls as the template writes them, if the family's parser gives them back.
    fn reads_back(self, native: &Native, calls: &[CallRequest]) -> Result<String, String> {
        let (tools, format) = (tools(), &native.format);
        let (whole, start) = self.whole(native, calls)?;
        // The prompt and the reply may begin alike; the first mark of the calls can be part of that.
        let mut from = start.saturating_sub(format.opening().len());
        while !whole.is_char_boundary(from) {
            from -= 1;
        }
        let opening = format.opening();
        let at =
            whole[from..].find(&opening).ok_or_else(|| "the template does not write calls so".to_owned())?;
        let tail = &whole[from + at..];
        let (read, rest) = read::calls(format, tail, &tools)?;
        let written = &tail[..tail.len() - rest.len()];
        if read != calls {
            return Err(format!("a past call is written so that it reads back differently: {written}"));
        }
        Ok(written.to_owned())
    }

    /// A question and a reply with these calls as the template writes them, and how far that is the prompt.
    pub(crate) fn whole(
        self,
        dialect: &dyn Dialect,
        calls: &[CallRequest],
    ) -> Result<(String, usize), String> {
        let renderer = Renderer { template: self.template, dialect, tokenizer: self.tokenizer };
        let whole =
            renderer.text(&[ask(), reply(calls)], &tools(), false).map_err(|fault| fault.to_string())?;
        let (whole, prompt) = (plain(&whole), self.prompt(dialect)?);
        let same = whole.char_indices().zip(prompt.chars()).find(|((_, a), b)| a != b);
        let start = same.map_or(whole.len().min(prompt.len()), |((at, _), _)| at);
        Ok((whole, start))
    }

    fn accepts(self, grammar: &str, reply: &str) -> Result<(), String> {
        let mut matcher = self.constrainer.matcher(grammar).map_err(|fault| fault.to_string())?;
        let tokens = self.tokenizer.tokenize(reply);
        let accepted = matcher.consume_tokens(&tokens).is_ok() && matcher.is_accepting().unwrap_or(false);
        if accepted {
            Ok(())
        } else {
            Err(format!("the grammar refuses a past call as the template writes it: {reply}"))
        }
    }

    /// Whether the model would see the tools, and the results of its calls.
    fn shows_tools(self, native: &Native) -> Result<(), String> {
        let tools = tools();
        let calls = if native.format.several { vec![hard_call(), bare_call()] } else { vec![hard_call()] };
        let history = [ask(), reply(&calls), results(&calls)];
        let prompt = self.renderer(native).text(&history, &tools, true).map_err(|fault| fault.to_string())?;
        let prompt = plain(&prompt);
        let shown = tools.iter().all(|tool| prompt.contains(&tool.description)) && prompt.contains(RESULT);
        if shown { Ok(()) } else { Err("the template does not show tools or their results".to_owned()) }
    }

    fn generic(self, reason: &str) -> Result<Chosen, Fault> {
        let source = self.template.source();
        let known = FAMILIES.iter().filter_map(|family| family.thinking);
        let marks = known.clone().find(|(begins, _)| source.contains(begins.trim())).unwrap_or_default();
        let marks = (marks.0.to_owned(), marks.1.to_owned());
        let markers = self.markers(&[marks.0.clone(), marks.1.clone()]);
        let mut problem = String::new();
        for system_allowed in [true, false] {
            let mut dialect =
                Generic { system_allowed, thinks: false, marks: marks.clone(), markers: markers.clone() };
            match self.envelope_holds_law(&mut dialect) {
                Ok(()) => return Ok(Chosen { dialect: Arc::new(dialect), why: reason.to_owned() }),
                Err(why) => problem = why,
            }
        }
        Err(Fault::new(FaultKind::Template, format!("the model's chat template cannot be used: {problem}"))
            .with_hint("use a model that was trained for chat"))
    }

    fn envelope_holds_law(self, dialect: &mut Generic) -> Result<(), String> {
        if !dialect.marks.0.is_empty() {
            let (begins, ends) = dialect.marks.clone();
            dialect.thinks = self.thinks(&begins, &ends, &self.prompt(dialect)?);
        }
        let (tools, calls) = (tools(), vec![hard_call(), bare_call()]);
        let history = [ask(), reply(&calls), results(&calls)];
        let prompt =
            self.renderer(dialect).text(&history, &tools, true).map_err(|fault| fault.to_string())?;
        let (prompt, envelope) = (plain(&prompt), Generic::envelope(&history[1]));
        if !prompt.contains(&envelope) || !prompt.contains(RESULT) {
            return Err("the template does not show what was said".to_owned());
        }
        let begun = begins_reasoning(dialect, &prompt);
        let reply = after_reasoning(dialect, begun, envelope);
        let turn = Turn::new(&tools, ReplyMode::Free, Sources::new(&history)).begun(begun);
        let grammar = dialect.grammar(&turn);
        self.accepts(&grammar.map_err(|fault| fault.to_string())?, &reply)?;
        if dialect.parse(&reply, &tools)?.calls == calls {
            Ok(())
        } else {
            Err("the envelope reads back differently".to_owned())
        }
    }
}

/// A reply as it goes on after its prompt, which may have begun the reasoning.
fn after_reasoning(dialect: &dyn Dialect, begun: bool, reply: String) -> String {
    match dialect.thinking() {
        Some((_, ends)) if begun => format!("so{ends}{reply}"),
        Some(_) | None => reply,
    }
}

#[cfg(test)]
mod tests;
