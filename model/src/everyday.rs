//! Conversations about tools as people really have them: lights, parcels, tickets, invoices.
//!
//! Invented tools ([`invented`](crate::invented)) teach to read any schema; these teach what usual tools are usually called,
//! and how people ask for what they do. Some are kept for evaluation, with all of their names and wordings.

mod choice;
pub(crate) mod tools;
mod values;

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use crate::chat;
use crate::conversation::{Call, Conversation, ToolSpec};
use crate::draw::{Draw, capitalize};
use crate::grammar::{choose, tidy};
use crate::invented::facts;
use crate::noise;
use crate::value::{Said, code, today};

use tools::{TOOLS, Tool};

/// Most tools that are on offer.
const OFFERED_MAX: usize = 12;
/// Tools kept for evaluation that a conversation for evaluation asks for.
const HELD_OUT_ASKED: usize = 3;
/// How often another wording is drawn, where one says what the tool as it is offered does not take.
const DRAWS_MAX: usize = 30;

/// A tool as one conversation has it.
#[derive(Debug)]
struct Offer {
    tool: &'static Tool,
    name: String,
    /// What each of its arguments is called; none where an optional one is left out.
    arguments: Vec<Option<String>>,
    spec: ToolSpec,
}

/// A conversation about everyday tools of at most so many requests, drawn from `common` where others have the same. `short`:
/// practice in choosing one.
pub fn conversation(d: &mut Draw, common: Option<Draw>, requests: usize, short: bool) -> Conversation {
    if short {
        return choice::conversation(d);
    }
    let mut talk = Conversation::new(d.lang.code());
    let (weekday, date) = today(d);
    let today = date.parse().unwrap_or_default();
    let mut specs = None;
    let (mut offers, absent) = match common {
        Some(mut common) => {
            let (mut drawn, absent) = offers(&mut common);
            specs = Some(drawn.iter().map(|offer| offer.spec.clone()).collect());
            d.rng.shuffle(&mut drawn);
            (drawn, absent)
        }
        None => offers(d),
    };
    let lower = !d.zh() && d.chance(35);
    let turns = 1 + d.rng.below(requests.max(1));
    for turn in 0..turns {
        if turn > 0 {
            d.rng.shuffle(&mut offers);
        }
        if !request_and_reply(d, &mut talk, (&offers, &absent), today, lower) {
            break;
        }
    }
    talk.tools = specs.unwrap_or_else(|| {
        let mut specs: Vec<ToolSpec> = offers.into_iter().map(|offer| offer.spec).collect();
        d.rng.shuffle(&mut specs);
        specs
    });
    noise::roughen(d, &mut talk);
    if let Some(first) = talk.messages.first_mut() {
        first.content.insert_str(0, &format!("(Today is {weekday}, {date}.)\n"));
    }
    talk
}

/// What the person asks once, and what follows; whether more can be asked afterwards.
fn request_and_reply(
    d: &mut Draw,
    talk: &mut Conversation,
    (offers, absent): (&[Offer], &Offer),
    today: Date,
    lower: bool,
) -> bool {
    let (first, second) = (&offers[0], offers.get(1));
    match d.rng.below(100) {
        62..74 => match second {
            Some(second) => two(d, talk, [first, second], today, lower),
            None => one(d, talk, first, today, lower),
        },
        74..84 => return missing(d, talk, first, today, lower),
        84..96 => no_tool(d, talk, absent, today, lower),
        96.. => {
            let specs: Vec<ToolSpec> = offers.iter().map(|offer| offer.spec.clone()).collect();
            let (said, answer) = chat::small_talk(d, &specs);
            talk.mark("chat");
            talk.user(said);
            talk.say(answer);
        }
        _ => one(d, talk, first, today, lower),
    }
    true
}

/// The tools of a conversation, first the one that is asked for; and one that is asked for in vain.
fn offers(d: &mut Draw) -> (Vec<Offer>, Offer) {
    let count = 1 + *d.rng.one(&[0, 1, 1, 2, 2, 3, 4, 5, 7, OFFERED_MAX - 1]);
    let mut order: Vec<usize> = (0..TOOLS.len()).filter(|at| d.held_out || !TOOLS[*at].held_out).collect();
    d.rng.shuffle(&mut order);
    if d.held_out {
        order.sort_by_key(|at| !TOOLS[*at].held_out);
        // The other tools are any.
        d.rng.shuffle(&mut order[HELD_OUT_ASKED..]);
    }
    let mut order = order.into_iter();
    let absent = Offer::draw(d, &TOOLS[order.next().unwrap_or_default()]);
    let mut offers: Vec<Offer> = Vec::new();
    for at in order {
        let offer = Offer::draw(d, &TOOLS[at]);
        if offers.iter().all(|other| other.name != offer.name) {
            offers.push(offer);
        }
        if offers.len() == count {
            break;
        }
    }
    (offers, absent)
}

impl Offer {
    fn draw(d: &mut Draw, tool: &'static Tool) -> Self {
        let camel = d.chance(20);
        let styled = |name: &str| if camel { camel_case(name) } else { name.to_owned() };
        let name = styled(d.rng.pick(&tool.names));
        let (described, explained) = (d.chance(93), d.chance(65));
        let chinese = d.zh() && d.chance(60);
        let mut properties = Map::new();
        let mut arguments = Vec::new();
        for argument in &tool.arguments {
            if !argument.required && d.chance(15) {
                arguments.push(None);
                continue;
            }
            let name = styled(d.rng.pick(&argument.names));
            let mut schema = argument.kind.schema();
            if explained {
                schema["description"] = Value::from(argument.about[usize::from(chinese)]);
            }
            properties.insert(name.clone(), schema);
            arguments.push(Some(name));
        }
        let needed: Vec<&String> = arguments
            .iter()
            .zip(&tool.arguments)
            .filter_map(|(name, argument)| name.as_ref().filter(|_| argument.required))
            .collect();
        let mut parameters = json!({"type": "object", "properties": properties});
        if !needed.is_empty() {
            parameters["required"] = json!(needed);
        }
        let about = if chinese { &tool.about[1] } else { &tool.about[0] };
        let description = if described { d.rng.pick(about).to_owned() } else { String::new() };
        Self { tool, spec: ToolSpec { name: name.clone(), description, parameters }, name, arguments }
    }
}

fn one(d: &mut Draw, talk: &mut Conversation, offer: &Offer, today: Date, lower: bool) {
    let (said, call) = request(d, offer, today, lower);
    talk.mark("one");
    talk.user(ended(d, said));
    finish(d, talk, vec![call]);
}

fn two(d: &mut Draw, talk: &mut Conversation, offers: [&Offer; 2], today: Date, lower: bool) {
    let [(one, first), (other, second)] = offers.map(|offer| request(d, offer, today, true));
    let between = d.say(
        &[" and ", ", and ", ". also, ", ", then ", "; ", "\n", ". oh, and ", ". besides, ", " + "],
        &["，另外", "，还有", "，然后", "。顺便", "；", "\n", "，再", "。对了，"],
    );
    let one = if lower { one } else { capitalized(&one, &first) };
    talk.mark("several");
    talk.user(ended(d, format!("{one}{between}{other}")));
    finish(d, talk, vec![first, second]);
}

/// What is asked for is what no tool on offer does.
fn no_tool(d: &mut Draw, talk: &mut Conversation, absent: &Offer, today: Date, lower: bool) {
    let (said, _) = request(d, absent, today, lower);
    talk.mark("no_tool");
    talk.user(said);
    talk.say(d.say(
        &[
            "Sorry, I have no tool for that.",
            "I cannot do that: none of my tools does it.",
            "None of my tools can do that.",
        ],
        &["抱歉，我没有能做这件事的工具。", "这个我做不到：没有合适的工具。", "我的工具里没有能办这件事的。"],
    ));
}

/// What is asked for cannot be done before something is told; whether it was told.
fn missing(d: &mut Draw, talk: &mut Conversation, offer: &Offer, today: Date, lower: bool) -> bool {
    let mut needed =
        offer.tool.arguments.iter().zip(&offer.arguments).filter(|(argument, _)| argument.required);
    let Some((argument, name)) = needed.next() else {
        one(d, talk, offer, today, lower);
        return true;
    };
    let [en, zh] = [offer.tool.about[0][0], offer.tool.about[1][0]];
    let is_order = !en.split(' ').next().is_some_and(|verb| verb.ends_with('s'));
    if !is_order {
        one(d, talk, offer, today, lower);
        return true;
    }
    let (before, after) = if d.zh() {
        (
            d.rng.pick(&["", "", "请", "帮我", "我想", "麻烦", "能不能", "我要"]),
            d.rng.pick(&["", "", "，谢谢", "一下"]),
        )
    } else {
        let before = ["", "", "please ", "can you ", "i want to ", "could you ", "i'd like to ", "help me "];
        (d.rng.pick(&before), d.rng.pick(&["", "", "", ", please", " for me"]))
    };
    let wanted = if d.zh() { zh.to_owned() } else { en.to_lowercase() };
    let said = format!("{before}{wanted}{after}");
    talk.mark("missing");
    talk.user(if lower { said } else { capitalize(&said) });
    let label = if d.zh() { argument.about[1].to_owned() } else { argument.names[0].replace('_', " ") };
    talk.say(match (d.zh(), d.rng.below(3)) {
        (true, 0) => format!("请告诉我{label}。"),
        (true, _) => format!("请问{label}？"),
        (false, 0) => format!("Please tell me the {label}."),
        (false, 1) => format!("What {label} should I use?"),
        (false, _) => format!("What is the {label}?"),
    });
    let (Some(name), None) = (name, needed.next()) else { return false };
    let value = argument.kind.draw(d, today, lower);
    talk.user(told(d, &value.text));
    let arguments = Map::from_iter([(name.clone(), value.json)]);
    finish(d, talk, vec![Call { name: offer.name.clone(), arguments }]);
    true
}

/// The answer to a question for a value.
fn told(d: &mut Draw, value: &str) -> String {
    let before =
        d.say(&["", "", "", "", "it's ", "sorry, ", "make it "], &["", "", "", "", "是", "哦，", "就"]);
    format!("{before}{value}")
}

/// The calls, their results, and an answer that tells these.
fn finish(d: &mut Draw, talk: &mut Conversation, calls: Vec<Call>) {
    let mut told = Vec::new();
    let calls = calls.into_iter().map(|call| (call, result(d, &mut told))).collect();
    talk.act(calls);
    if told.is_empty() {
        talk.say(d.say(&["Done.", "That is done."], &["好了。", "已经办好了。"]));
    } else {
        let end = if d.zh() { "。" } else { ". " };
        let told: Vec<String> = told.iter().map(|what| format!("{}{end}", capitalize(what))).collect();
        talk.say(told.concat().trim_end());
    }
}

/// What a call returns, and how an answer tells it where there is something to tell.
fn result(d: &mut Draw, told: &mut Vec<String>) -> Value {
    match d.rng.below(10) {
        0..4 => json!({"ok": true}),
        4..6 => {
            let number = code(d);
            told.push(format!(
                "{}{number}",
                d.say(&["Done: ", "That is done, id "], &["好了：", "已经办好了，编号"])
            ));
            json!({"status": "done", "id": number})
        }
        _ => {
            let facts = facts::facts(d, 1, 3);
            told.push(facts::quote(d, &facts));
            facts::result(None, &facts)
        }
    }
}

/// One wording of what a tool does, and the call that it asks for.
fn request(d: &mut Draw, offer: &Offer, today: Date, lower: bool) -> (String, Call) {
    let lines: Vec<&str> = offer.tool.lines(d).collect();
    let mut text = String::new();
    for _ in 0..DRAWS_MAX {
        text.clear();
        let line = *d.rng.one(&lines);
        choose(d, line, &mut text);
        let takes =
            |(name, argument): (&Option<String>, &tools::Argument)| name.is_some() || !says(&text, argument);
        if offer.arguments.iter().zip(&offer.tool.arguments).all(takes) {
            break;
        }
    }
    let mut call = Call { name: offer.name.clone(), arguments: Map::new() };
    let mut said: Vec<(&str, Said)> = Vec::new();
    for (name, argument) in offer.arguments.iter().zip(&offer.tool.arguments) {
        if let Some(name) = name.as_ref().filter(|_| says(&text, argument)) {
            let value = argument.kind.draw(d, today, lower);
            call.arguments.insert(name.clone(), value.json.clone());
            said.push((argument.names[0], value));
        }
    }
    let slots: Vec<(&str, &str)> = said.iter().map(|(name, value)| (*name, value.text.as_str())).collect();
    let filled =
        if d.zh() { crate::fill::fill_apart(&text, &slots) } else { crate::fill::fill(&text, &slots) };
    let filled = tidy(&filled);
    (if lower { filled } else { capitalized(&filled, &call) }, call)
}

fn says(text: &str, argument: &tools::Argument) -> bool {
    text.contains(&format!("{{{}}}", argument.names[0]))
}

/// The text with a capital at its beginning, unless a value stands there.
fn capitalized(text: &str, call: &Call) -> String {
    let begins = |value: &Value| value.as_str().is_some_and(|value| text.starts_with(value));
    if call.arguments.values().any(begins) { text.to_owned() } else { capitalize(text) }
}

fn ended(d: &mut Draw, text: String) -> String {
    if text.ends_with(['?', '？', '.', '。', '!', '！']) {
        return text;
    }
    let end = if d.zh() {
        d.rng.pick(&["", "", "", "", "。", "，谢谢", "！"])
    } else {
        d.rng.pick(&["", "", "", "", ".", ", please", ", thanks", "!"])
    };
    text + end
}

/// `set_timer` as `setTimer`.
fn camel_case(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |name, part| name + &capitalize(part))
}

#[cfg(test)]
mod tests;
