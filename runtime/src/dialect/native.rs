//! A dialect made of a family's [`Format`]: conversation, grammar, parser and stream from one description.

use handyman_core::{CallRequest, Fault, Message, ReplyMode, ToolSpec};
use serde_json::{Map, Value};

use super::branches::{Around, branches};
use super::format::{Format, Piece, opening, pieces};
use super::split::Splitter;
use super::{Conversation, Dialect, Said, Turn, read, write};
use crate::constrain::arguments::Arguments;
use crate::constrain::grammar::{Grammar, either, held_to, literal, up_to, without};
use crate::decode::guide::Marks;
use crate::llama::Token;
use crate::render::messages::{self, Shape};

/// Calls in one reply where each has a name that the grammar fixes.
const NAMED_CALLS_MAX: usize = 8;

/// What a template wants otherwise than most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each holds or not, whatever the others do")]
pub(crate) struct Habits {
    /// It does not write past calls itself: they are part of the content.
    pub(crate) in_content: bool,
    /// It wants arguments as a JSON text.
    pub(crate) arguments_as_text: bool,
    /// It wants the content of a reply that only calls to be null.
    pub(crate) content_null: bool,
    /// It does not show tools: they are told in the system text.
    pub(crate) tells_tools: bool,
}

/// A family's way to write, for one vocabulary and template.
#[derive(Debug)]
pub(crate) struct Native {
    pub(crate) format: Format,
    /// Whether the model reasons before it speaks, or may.
    pub(crate) thinks: bool,
    pub(crate) habits: Habits,
    /// Markup that is one token of the vocabulary.
    pub(crate) markers: Vec<(String, Token)>,
}

impl Native {
    /// A family's dialect in a vocabulary without markers, of a model that does not reason.
    #[cfg(test)]
    pub(crate) fn of(family: &str) -> Self {
        let format = super::families::family(family);
        Self { format, thinks: false, habits: Habits::default(), markers: Vec::new() }
    }

    /// The reasoning before anything else.
    fn reasoning(&self, grammar: &mut Grammar, turn: &Turn<'_>) -> String {
        let Some((begins, ends)) = self.thinking() else { return String::new() };
        let marks = [begins, ends];
        let marks = turn.reasoning.then_some(marks.as_slice());
        if turn.begun {
            return up_to(grammar, marks, ends, None);
        }
        if !turn.reasoning {
            return String::new();
        }
        let closed = up_to(grammar, marks, ends, None);
        format!("(/[ \\n]+/? {} {closed})?", grammar.written(begins))
    }

    /// The markup that no text may spell.
    fn forbidden(&self) -> Vec<&str> {
        let format = &self.format;
        // Whom a part is for is read at its beginning alone.
        let mut marks: Vec<&str> = if format.is_addressed() {
            vec![format.trigger.as_str()]
        } else {
            vec![format.answer.0.as_str(), format.answer.1.as_str()]
        };
        marks.extend(format.thinking.iter().flat_map(|(begins, ends)| [begins.trim(), ends.trim()]));
        if !format.is_bare() {
            marks.extend([format.trigger.as_str(), format.ends.trim()].iter().filter(|text| text.len() > 3));
        }
        marks
    }

    /// What stands before a tool's name and has to be one lexical unit with it, since only the name tells a call from an
    /// answer: all that opens the call, where an answer begins so too; the quote, where an answer is JSON as a call is.
    fn begun(&self, turn: &Turn<'_>) -> &str {
        let (format, opens) = (&self.format, opening(&self.format.call));
        if format.is_wrapped() && format.answer.0.starts_with(opens) {
            return opens;
        }
        let told_apart = format.is_bare() && turn.answer.is_some();
        if told_apart && opens.ends_with('"') { "\"" } else { "" }
    }

    /// What follows the opening of each call, for any tool that can be called now; `None` when none can.
    fn tail(
        &self,
        arguments: &mut Arguments<'_>,
        pattern: &str,
        turn: &Turn<'_>,
        id: &str,
    ) -> Result<Option<String>, Fault> {
        let mut tails = Vec::new();
        for tool in turn.callable().filter(|tool| !self.format.reads_as_answer(&tool.name)) {
            let Some(values) = arguments.of(tool, &self.format.arguments)? else { continue };
            let (mut parts, mut text) = (Vec::new(), self.begun(turn).to_owned());
            for piece in pieces(pattern).into_iter().skip(usize::from(!opening(pattern).is_empty())) {
                match piece {
                    Piece::Text(piece) => text.push_str(piece),
                    Piece::Name => text.push_str(&tool.name),
                    Piece::Id => text.push_str(id),
                    Piece::Arguments | Piece::Index => {
                        parts.push(arguments.grammar().written(&std::mem::take(&mut text)));
                        parts.push(if piece == Piece::Index {
                            "/[0-9]+/".to_owned()
                        } else {
                            values.clone()
                        });
                    }
                    Piece::Key | Piece::Value | Piece::OfText | Piece::OfType => {}
                }
            }
            parts.push(arguments.grammar().written(&text));
            tails.push(parts.join(" "));
        }
        Ok(if tails.is_empty() { None } else { Some(arguments.grammar().rule(&either(&tails))) })
    }

    /// Everything from the first call's name on; `None` when nothing can be called.
    fn calls(
        &self,
        arguments: &mut Arguments<'_>,
        pattern: &str,
        turn: &Turn<'_>,
    ) -> Result<Option<String>, Fault> {
        let format = &self.format;
        let opens = opening(pattern);
        let opens = opens.strip_suffix(self.begun(turn)).unwrap_or(opens);
        let between = arguments.grammar().written(&format!("{}{opens}", format.between));
        let ends = arguments.grammar().written(&format.ends);
        let before = turn.sources.calls();
        let Some(first) = self.tail(arguments, pattern, turn, &id(before))? else { return Ok(None) };
        if !format.several || !turn.parallel {
            return Ok(Some(format!("{first} {ends}")));
        }
        if !format.is_numbered() {
            return Ok(Some(format!("{first} ({between} {first})* {ends}")));
        }
        let mut more = literal("");
        for index in (1..NAMED_CALLS_MAX).rev() {
            if let Some(tail) = self.tail(arguments, pattern, turn, &id(before + index))? {
                more = arguments.grammar().rule(&format!("({between} {tail} {more})?"));
            }
        }
        Ok(Some(format!("{first} {more} {ends}")))
    }

    /// A reply that calls, with what may be said before.
    fn calling(&self, arguments: &mut Arguments<'_>, turn: &Turn<'_>) -> Result<Option<String>, Fault> {
        let format = &self.format;
        let Some(calls) = self.calls(arguments, &format.call, turn)? else { return Ok(None) };
        let mut opens = format.opening();
        opens.truncate(opens.len() - self.begun(turn).len());
        let also = match &format.also {
            Some(also) => self.calls(arguments, also, turn)?.map(|calls| (opening(also).to_owned(), calls)),
            None => None,
        };
        let grammar = arguments.grammar();
        if format.is_bare() || (format.is_wrapped() && format.answer.1.is_empty()) {
            let mut ways = vec![format!("{} {calls}", grammar.written(&opens))];
            ways.extend(also.map(|(opens, calls)| format!("{} {calls}", grammar.written(&opens))));
            if format.is_addressed() && !turn.calls_at_once() {
                let said = up_to(grammar, Some(&self.forbidden()), &format.trigger, turn.sayable);
                ways.push(format!("{} {said} {calls}", grammar.written(&format.answer.0)));
            }
            return Ok(Some(either(&ways)));
        }
        if turn.calls_at_once() {
            return Ok(Some(format!("/[ \\n]+/? {} {calls}", grammar.written(&opens))));
        }
        if format.is_wrapped() {
            let said = self.answer(grammar, turn);
            return Ok(Some(format!("({said})? {} {calls}", grammar.written(&opens))));
        }
        let said = up_to(grammar, Some(&self.forbidden()), &format.trigger, turn.sayable);
        let rest = grammar.written(&opens[format.trigger.len()..]);
        Ok(Some(format!("{said} {rest} {calls}")))
    }

    fn answer(&self, grammar: &mut Grammar, turn: &Turn<'_>) -> String {
        let (begins, ends) = &self.format.answer;
        if ends.is_empty() {
            let like = if self.format.is_bare() { "/[ \\n]*[^ \\n{](.|\\n)*/" } else { "/(.|\\n)+/" };
            let text = held_to(turn.sayable, "", &format!("{like} & {}", without(&self.forbidden())));
            let text = grammar.terminal(&text);
            return format!("{} {text}", grammar.written(begins));
        }
        let text = up_to(grammar, Some(&self.forbidden()), ends, turn.sayable);
        format!("{} {text}", grammar.written(begins))
    }

    /// The reasoning of a reply, and what comes after it.
    fn reasoned<'r>(&self, reply: &'r str) -> (&'r str, &'r str) {
        let Some((begins, ends)) = self.thinking() else { return ("", reply) };
        let begun = reply.trim_start().strip_prefix(begins.trim());
        let inside = begun.unwrap_or(reply);
        // An argument may hold what ends reasoning: without its first mark, reasoning stands before the calls.
        let calls = if begun.is_some() { None } else { reply.find(self.format.trigger.as_str()) };
        match (inside.find(ends), begun) {
            (Some(at), _) if calls.is_none_or(|calls| at < calls) => {
                (inside[..at].trim(), &inside[at + ends.len()..])
            }
            // It was cut off while it thought.
            (_, Some(inside)) => (inside.trim(), ""),
            (_, None) => ("", reply),
        }
    }

    /// The rest of a reply without what closes it.
    fn unclosed<'r>(&self, rest: &'r str) -> &'r str {
        let closes = Some(self.format.closes.as_str()).filter(|closes| !closes.is_empty());
        closes.and_then(|closes| rest.trim_end().strip_suffix(closes)).unwrap_or(rest)
    }

    /// The reply after its reasoning: what is said, and the calls on.
    fn split<'r>(&self, rest: &'r str) -> (&'r str, Option<&'r str>) {
        let format = &self.format;
        if format.is_wrapped() {
            let Some(said) = rest.trim_start().strip_prefix(format.answer.0.trim_start()) else {
                return if rest.trim().is_empty() { ("", None) } else { ("", Some(rest)) };
            };
            let ends = format.answer_ends();
            return match said.split_once(ends) {
                Some((text, after)) if !ends.is_empty() => {
                    (text, Some(after).filter(|after| !after.trim().is_empty()))
                }
                Some(_) | None => (said, None),
            };
        }
        if format.is_bare() {
            return if rest.trim_start().starts_with('{') { ("", Some(rest)) } else { (rest, None) };
        }
        match rest.find(format.trigger.as_str()) {
            Some(at) => (&rest[..at], Some(&rest[at..])),
            None => (rest, None),
        }
    }
}

impl Dialect for Native {
    fn name(&self) -> &'static str {
        self.format.name
    }

    fn thinking(&self) -> Option<(&str, &str)> {
        let marks = self.format.thinking.as_ref().filter(|_| self.thinks)?;
        Some((&marks.0, &marks.1))
    }

    fn conversation(&self, history: &[Message], tools: &[ToolSpec]) -> Conversation {
        let single = if self.format.several { None } else { Some(messages::one_call_each(history)) };
        let written = |calls: &[_], ids: &[_], first| write::calls(&self.format, calls, ids, first);
        let by_name = self.format.call.contains("functions.$NAME:$INDEX");
        let named = |number: usize, tool: &str| {
            if by_name { format!("functions.{tool}:{number}") } else { id(number) }
        };
        let shape = Shape {
            id: &named,
            arguments_as_text: self.habits.arguments_as_text,
            written: if self.habits.in_content { Some(&written) } else { None },
            text_with_calls: self.format.is_addressed()
                || !(self.format.is_wrapped() || self.format.is_bare()),
            content_null: self.habits.content_null,
        };
        let mut messages = messages::native(single.as_deref().unwrap_or(history), &shape);
        if self.habits.tells_tools && !tools.is_empty() {
            let sample = CallRequest {
                tool: "NAME".to_owned(),
                arguments: Map::from_iter([("ARGUMENT".to_owned(), "VALUE".into())]),
            };
            let sample = write::calls(&self.format, &[sample], &[id(0)], 0);
            let told = format!(
                "{}\n\nTo call tools, whose results you are then given, write:\n{sample}",
                messages::told(tools)
            );
            messages::add_instructions(&mut messages, &told);
            return Conversation { messages, tools: Value::Null };
        }
        Conversation { messages, tools: tools.iter().map(messages::described).collect() }
    }

    fn grammar(&self, turn: &Turn<'_>) -> Result<String, Fault> {
        let told_apart = self.format.is_bare() && turn.answer.is_some();
        let mut grammar = Grammar::with_markers(self.markers.clone()).cut_as_json(told_apart);
        let reasoning = self.reasoning(&mut grammar, turn);
        let mut arguments = Arguments::new(&mut grammar, turn.sources).loosened(turn.loosened);
        let calling = match turn.mode {
            ReplyMode::Free => self.calling(&mut arguments, turn)?,
            ReplyMode::AnswerOnly => None,
        };
        let answer = match turn.answer {
            Some(schema) => {
                let value = arguments.shape(schema);
                let (begins, ends) = &self.format.answer;
                format!("{} /[ \\n]+/? {value} {}", grammar.written(begins), grammar.written(ends))
            }
            None => self.answer(&mut grammar, turn),
        };
        let body = match calling {
            Some(calling) if turn.must_call() => calling,
            Some(calling) => either(&[answer, calling]),
            None => answer,
        };
        let closes = &self.format.closes;
        let closes =
            if closes.is_empty() { String::new() } else { format!(" ({})?", grammar.written(closes)) };
        Ok(grammar.start(&format!("{reasoning} {body}{closes}")))
    }

    fn parse_typed(&self, reply: &str, tools: &[ToolSpec]) -> Result<Said, String> {
        let (reasoning, rest) = self.reasoned(reply);
        let (rest, format) = (self.unclosed(rest).trim_start(), &self.format);
        let calls = if format.is_bare() {
            let known = |call: &CallRequest| tools.iter().any(|tool| tool.name == call.tool);
            read::calls(format, rest, tools).is_ok_and(|(calls, _)| calls.iter().all(known))
        } else {
            rest.starts_with(format.opening().trim_start()) && !format.begins_answer(rest)
        };
        if calls {
            return self.parse(reply, tools);
        }
        let (begins, ends) = &format.answer;
        let text = rest.strip_prefix(begins.trim_start()).unwrap_or(rest).trim();
        let text = text.strip_suffix(ends.trim()).unwrap_or(text).trim();
        Ok(Said { reasoning: reasoning.to_owned(), text: text.to_owned(), calls: Vec::new() })
    }

    fn parse(&self, reply: &str, tools: &[ToolSpec]) -> Result<Said, String> {
        let (reasoning, rest) = self.reasoned(reply);
        let (text, calls) = self.split(self.unclosed(rest));
        let calls = match calls {
            Some(calls) => match read::calls(&self.format, calls, tools)? {
                (calls, rest) if rest.trim().is_empty() => calls,
                (_, rest) => return Err(format!("there is text after a call: '{}'", rest.trim())),
            },
            None => Vec::new(),
        };
        Ok(Said { reasoning: reasoning.to_owned(), text: text.trim().to_owned(), calls })
    }

    fn marks(&self, turn: &Turn<'_>) -> Marks {
        let format = &self.format;
        let around =
            Around { begins: &format.begins, name: opening(&format.call), syntax: &format.arguments };
        Marks {
            thinking: format.thinking.clone().filter(|_| self.thinks),
            begun: self.thinks && turn.begun,
            closing: Vec::new(),
            trigger: format.trigger.clone(),
            answer: if format.is_addressed() { format.answer.0.clone() } else { String::new() },
            branches: branches(&around, turn),
        }
    }

    fn splitter(&self, typed: bool) -> Splitter {
        let splitter = Splitter::new(&self.format, self.thinks);
        if typed { splitter.typed(&self.format.opening()) } else { splitter }
    }
}

/// The name of the call of this number in a conversation: nine letters and digits, as some templates demand.
pub(crate) fn id(number: usize) -> String {
    format!("c{:08}", number + 1)
}

#[cfg(test)]
mod tests;
