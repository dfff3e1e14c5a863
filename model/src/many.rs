//! Conversations with more tools than a prompt may describe: each request is told those that fit it, as the product does.

use std::collections::BTreeMap;

use handyman_core::catalogue::show_tools;
use handyman_core::planner::next_step;
use handyman_core::{Earlier, Effect, Event, Limits, ModelInfo, Part, Run, Safety, Step};

use crate::conversation::{Conversation, Message, Role, ToolSpec};
use crate::draw::Draw;

/// Offers the tools behind the one that shows them. Where a call is of a tool that has not been shown by then, the conversation
/// stays as it is.
pub fn reveal(d: &mut Draw, talk: &mut Conversation) {
    let all: Vec<handyman_core::ToolSpec> = talk.tools.iter().map(told).collect();
    // Both lists that the product has room for, and none.
    let room = *d.rng.one(&[0, 400, usize::MAX]);
    let head = show_tools(&all, |list| list.len() <= room);
    let shown = ToolSpec {
        name: head.name.clone(),
        description: head.description.clone(),
        parameters: head.parameters.clone(),
    };
    let tools: Vec<handyman_core::ToolSpec> = std::iter::once(head).chain(all).collect();
    let mut messages = talk.messages.clone();
    let mut earlier = Earlier::default();
    for message in &mut messages {
        if message.role == Role::User {
            earlier = look(message, &tools, earlier);
        }
        if message.tool_calls.iter().any(|call| !earlier.revealed.contains(&call.name)) {
            return;
        }
    }
    talk.messages = messages;
    talk.tools = vec![shown];
    talk.mark("many");
}

/// Adds to a request what the product tells the model with it.
fn look(message: &mut Message, tools: &[handyman_core::ToolSpec], earlier: Earlier) -> Earlier {
    let mut run = Run::new("r".into(), earlier);
    run.apply(&Event::Started {
        run: "r".into(),
        session: "s".into(),
        message: said(&message.content).to_owned(),
        untrusted_message: false,
        key: None,
        model: ModelInfo { name: String::new(), sha256: String::new() },
        tools: tools.iter().map(|tool| tool.name.clone()).collect(),
        untrusted: Vec::new(),
        places: BTreeMap::default(),
        answer_schema: None,
        workflow: None,
        now: jiff::civil::DateTime::default(),
    });
    if let Step::Reveal(found) = next_step(&run, tools, &Limits::default()) {
        run.apply(&Event::ToolsRevealed { tools: found });
        if let Some(Part::Note(note)) = run.history().last().and_then(|asked| asked.parts.last()) {
            message.content.push('\n');
            message.content.push_str(note);
        }
    }
    run.into_earlier()
}

/// The tool as the product has it.
pub(crate) fn told(tool: &ToolSpec) -> handyman_core::ToolSpec {
    handyman_core::ToolSpec {
        name: tool.name.clone(),
        description: tool.description.clone(),
        parameters: tool.parameters.clone(),
        effect: Effect::ReadOnly,
        safety: Safety::default(),
    }
}

/// What the person says, without the note of the date.
pub(crate) fn said(content: &str) -> &str {
    match content.split_once(")\n") {
        Some((note, said)) if note.starts_with("(Today is ") => said,
        _ => content,
    }
}
