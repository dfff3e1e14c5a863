//! What goes wrong: something is not said, no tool fits, a tool fails or is not allowed.

use serde_json::json;

use crate::conversation::Conversation;
use crate::draw::{Draw, capitalize};
use crate::value::{Kind, Said};

use super::gear::{Gear, done};
use super::phrase;
use super::tool::{Field, Tool};

/// A required value is not said: the model asks, the person tells, the call is made.
pub(super) fn missing(d: &mut Draw, gears: &[Gear], talk: &mut Conversation) {
    let tool = d.rng.one(gears).first().clone();
    let mut values = tool.values(d, 0);
    let required: Vec<usize> =
        values.iter().filter(|(i, _)| tool.fields[*i].required).map(|(i, _)| *i).collect();
    let Some(gap) = (!required.is_empty()).then(|| *d.rng.one(&required)) else {
        return no_values(d, &tool, talk);
    };
    let Some(at) = values.iter().position(|(i, _)| *i == gap) else { return };
    let (_, said) = values.remove(at);
    let clause = phrase::clause(d, &tool, &values);
    talk.mark("missing");
    talk.user(phrase::sentence(d, &[clause]));
    let field = &tool.fields[gap];
    talk.say(question(d, field));
    talk.user(reply(d, field, &said));
    values.push((gap, said));
    let (result, answer) = done(d, &tool);
    talk.act(vec![(tool.call(&values), result)]);
    talk.say(answer);
}

/// The request has nothing that a tool needs, since none of its parameters is required.
fn no_values(d: &mut Draw, tool: &Tool, talk: &mut Conversation) {
    let clause = phrase::clause(d, tool, &[]);
    talk.mark("one");
    talk.user(phrase::sentence(d, &[clause]));
    let (result, answer) = done(d, tool);
    talk.act(vec![(tool.call(&[]), result)]);
    talk.say(answer);
}

/// What is asked for is not something the tools do.
pub(super) fn no_tool(d: &mut Draw, names: &[String], talk: &mut Conversation) {
    let mut taken = names.to_vec();
    let stranger = Gear::draw(d, true, &mut taken);
    let tool = stranger.first();
    let known = |t: &crate::conversation::ToolSpec| {
        let described = t.description.to_lowercase();
        t.name.contains(&tool.noun.key)
            || t.name.contains(&tool.verb.key)
            || described.contains(&tool.noun.said.to_lowercase())
            || described.contains(&tool.verb.said.to_lowercase())
    };
    if talk.tools.iter().any(known) {
        return;
    }
    let clause = stranger.part(d).clause;
    talk.mark("no_tool");
    talk.user(phrase::sentence(d, &[clause]));
    let (verb, noun) = (&tool.verb.said, &tool.noun.said);
    talk.say(match (d.zh(), d.rng.below(3)) {
        (true, 0) => format!("抱歉，我没有能{verb}{noun}的工具。"),
        (true, 1) => format!("我的工具里没有可以{verb}{noun}的。"),
        (true, _) => format!("这个我做不到：没有{verb}{noun}的工具。"),
        (false, 0) => format!("Sorry, I have no tool to {verb} a {noun}."),
        (false, 1) => format!("None of my tools can {verb} a {noun}."),
        (false, _) => format!("I cannot do that: there is no tool to {verb} a {noun}."),
    });
}

/// The tool fails: the call is put right where the result says how, else the failure is reported.
pub(super) fn error(d: &mut Draw, gears: &[Gear], talk: &mut Conversation) {
    let tool = d.rng.one(gears).first().clone();
    let mut values = tool.values(d, 0);
    let clause = phrase::clause(d, &tool, &values);
    talk.user(phrase::sentence(d, &[clause]));
    let named = values
        .iter()
        .position(|(i, _)| matches!(tool.fields[*i].kind, Kind::Word | Kind::Place | Kind::Person));
    if let Some(at) = named.filter(|_| d.chance(65)) {
        talk.mark("corrected");
        let field = &tool.fields[values[at].0];
        let right = field.kind.draw(d);
        let (key, wrong, better) = (&field.key, &values[at].1.text, &right.text);
        let error = match d.rng.below(3) {
            0 => format!("unknown {key} '{wrong}'; did you mean {better}?"),
            1 => format!("{key} '{wrong}' not found, closest match: {better}"),
            _ => format!("no such {key}: {wrong}; use {better}"),
        };
        talk.act(vec![(tool.call(&values), json!({"error": error}))]);
        let note = if d.zh() {
            format!("（{wrong}改为{better}）")
        } else {
            format!(" ({better} instead of {wrong})")
        };
        values[at].1 = right;
        let (result, answer) = done(d, &tool);
        talk.act(vec![(tool.call(&values), result)]);
        let stop = if d.zh() { '。' } else { '.' };
        talk.say(format!("{}{note}{stop}", answer.trim_end_matches(stop)));
        return;
    }
    let denied = d.chance(25);
    let error = if denied {
        d.rng.pick(&["denied by the person", "not allowed by the person"])
    } else {
        d.rng.pick(&[
            "service unavailable",
            "permission denied",
            "account suspended",
            "no data",
            "not found",
            "internal error",
            "connection refused",
            "quota used up",
            "timed out",
            "already closed",
            "out of stock",
        ])
    };
    talk.mark(if denied { "denied" } else { "failed" });
    talk.act(vec![(tool.call(&values), json!({"error": error}))]);
    talk.say(apology(d, &tool, error, denied));
}

fn apology(d: &mut Draw, tool: &Tool, error: &str, denied: bool) -> String {
    let noun = &tool.noun.said;
    if denied {
        return d
            .say(
                &["It was not allowed, so nothing was done.", "You did not allow that, so I left it."],
                &["这一步没有得到允许，所以什么也没做。", "你没有同意，所以没有执行。"],
            )
            .to_owned();
    }
    match (d.zh(), d.rng.below(3)) {
        (true, 0) => format!("抱歉，没有成功：{error}。"),
        (true, 1) => format!("{noun}没有办成，原因：{error}。"),
        (true, _) => format!("操作失败：{error}。"),
        (false, 0) => format!("Sorry, that failed: {error}."),
        (false, 1) => format!("I could not do it for the {noun}: {error}."),
        (false, _) => format!("{}: it was not done.", capitalize(error)),
    }
}

fn question(d: &mut Draw, field: &Field) -> String {
    let label = &field.label;
    match (d.zh(), d.rng.below(4)) {
        (true, 0) => format!("请问{label}是什么？"),
        (true, 1) => format!("请告诉我{label}。"),
        (true, 2) => format!("{label}是？"),
        (true, _) => format!("还需要{label}，是什么？"),
        (false, 0) => format!("Which {label}?"),
        (false, 1) => format!("What is the {label}?"),
        (false, 2) => format!("Please tell me the {label}."),
        (false, _) => format!("What {label} should I use?"),
    }
}

fn reply(d: &mut Draw, field: &Field, said: &Said) -> String {
    let text = &said.text;
    if field.kind == Kind::Boolean {
        return phrase::mention(d, field, said);
    }
    match (d.zh(), d.rng.below(6)) {
        (true, 0) => format!("是{text}"),
        (true, 1) => format!("{text}吧"),
        (true, 2) => format!("{text}。"),
        (false, 0) => format!("it's {text}"),
        (false, 1) => format!("{text} please"),
        (false, 2) => format!("{text}."),
        (_, 3) => phrase::mention(d, field, said),
        _ => text.clone(),
    }
}
