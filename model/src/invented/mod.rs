//! Conversations about tools nobody has seen: the model has to read the schemas and copy the values.

mod decoy;
pub(crate) mod facts;
mod gear;
mod phrase;
mod rows;
mod synonym;
mod tool;
mod trouble;

use serde_json::Value;

use crate::chat;
use crate::conversation::{Call, Conversation, ToolSpec};
use crate::draw::Draw;
use crate::value::today;

use gear::{Gear, Known, Part};

/// Above this rough count of tokens no further request is added.
const ENOUGH_TOKENS: usize = 620;

/// No more tools than these come beside those of a conversation.
const MOST_TOOLS: usize = 12;

/// The tools of a conversation: as machines, by all of their names, and as the model is told of them.
struct Tools {
    gears: Vec<Gear>,
    names: Vec<String>,
    specs: Vec<ToolSpec>,
}

/// A conversation about invented tools, drawn from `common` where others have the same. `short`: one or two tools and one call,
/// to start learning with.
pub fn conversation(d: &mut Draw, common: Option<Draw>, short: bool) -> Conversation {
    let mut talk = Conversation::new(d.lang.code());
    let Tools { gears, names, specs } = match common {
        Some(mut common) => tools(&mut common, short),
        None => tools(d, short),
    };
    talk.tools = specs;
    let (weekday, date) = today(d);
    let head = format!("(Today is {weekday}, {date}.)\n");
    let most = if short { 2 } else { 2 + d.rng.below(3) };
    for _ in 0..most {
        request(d, &gears, &names, &mut talk, short);
        if talk.rough_tokens() > ENOUGH_TOKENS {
            break;
        }
    }
    if let Some(first) = talk.messages.first_mut() {
        first.content.insert_str(0, &head);
    }
    talk
}

fn tools(d: &mut Draw, short: bool) -> Tools {
    let mut names = Vec::new();
    let count = if short { 1 + d.rng.below(2) } else { *d.rng.one(&[1, 1, 2, 2, 2, 3, 3, 4]) };
    let gears: Vec<Gear> = (0..count).map(|_| Gear::draw(d, short, &mut names)).collect();
    let mut specs: Vec<ToolSpec> = gears.iter().flat_map(Gear::specs).cloned().collect();
    if !short && d.chance(60) {
        let most = *d.rng.one(&[1, 2, 2, 3, 3, 4, 5, 6]);
        let room = MOST_TOOLS.saturating_sub(specs.len());
        specs.extend(decoy::draw(d, &gears, &mut names, most.min(room)));
    }
    if !short && d.chance(12) {
        let extra = (1 + d.rng.below(5)).min(MOST_TOOLS.saturating_sub(specs.len()));
        for _ in 0..extra {
            let gear = Gear::draw(d, true, &mut names);
            specs.extend(gear.specs().into_iter().cloned());
        }
    }
    d.rng.shuffle(&mut specs);
    Tools { gears, names, specs }
}

/// One request of the person and all that it leads to.
fn request(d: &mut Draw, gears: &[Gear], names: &[String], talk: &mut Conversation, short: bool) {
    if short {
        let gear = d.rng.one(gears);
        let part = gear.part(d);
        return fulfil(d, &[part], talk);
    }
    match d.rng.below(100) {
        0..66 => {
            let parts = parts(d, gears);
            fulfil(d, &parts, talk);
        }
        66..77 => trouble::missing(d, gears, talk),
        77..85 => trouble::no_tool(d, names, talk),
        85..96 => trouble::error(d, gears, talk),
        _ => {
            let (said, answer) = chat::small_talk(d, &talk.tools);
            talk.mark("chat");
            talk.user(said);
            talk.say(answer);
        }
    }
}

/// One to three things asked for at once.
fn parts(d: &mut Draw, gears: &[Gear]) -> Vec<Part> {
    let most = *d.rng.one(&[1, 1, 1, 1, 1, 2, 2, 2, 3]);
    let mut parts: Vec<Part> = Vec::new();
    if most > 1 && d.chance(40) {
        // The same tool more than once, with different values.
        let gear = d.rng.one(gears);
        return (0..2).map(|_| gear.part(d)).collect();
    }
    let mut order: Vec<usize> = (0..gears.len()).collect();
    d.rng.shuffle(&mut order);
    for i in order.into_iter().take(most) {
        parts.push(gears[i].part(d));
    }
    parts
}

/// Says the request, makes every call as early as its arguments are known, and answers.
fn fulfil(d: &mut Draw, parts: &[Part], talk: &mut Conversation) {
    let clauses: Vec<phrase::Clause> = parts.iter().map(|p| p.clause.clone()).collect();
    let steps = parts.iter().map(|p| p.steps.len()).max().unwrap_or(0);
    talk.mark(match (parts.len(), steps) {
        (1, 1) => "one",
        (1, _) => "chain",
        (_, 1) => "several",
        _ => "several_chain",
    });
    talk.user(phrase::sentence(d, &clauses));
    for step in 0..steps {
        talk.act(parts.iter().filter_map(|p| p.steps.get(step).cloned()).collect::<Vec<(Call, Value)>>());
    }
    let answers: Vec<&str> = parts.iter().map(|p| p.answer.trim()).collect();
    talk.say(answers.join(if d.zh() { "" } else { " " }));
    if let [Part { known: Some(known), .. }] = parts
        && d.chance(35)
    {
        follow_up(d, known, talk);
    }
}

/// A question that the last result already answers.
fn follow_up(d: &mut Draw, known: &Known, talk: &mut Conversation) {
    let Some(fact) = known.facts.first() else { return };
    let label = &fact.label;
    talk.mark("follow_up");
    talk.user(match (d.zh(), d.rng.below(4)) {
        (true, 0) => format!("{label}呢？"),
        (true, 1) => format!("那{label}是多少"),
        (true, 2) => format!("它的{label}呢"),
        (true, _) => format!("还有{label}？"),
        (false, 0) => format!("And the {label}?"),
        (false, 1) => format!("what about its {label}"),
        (false, 2) => format!("And what is the {label}?"),
        (false, _) => format!("what's the {label}?"),
    });
    let answer = gear::fact_sentence(d, &known.of, fact);
    talk.say(answer);
}
