//! What a person may ask of the product: the words, the calls that begin it, and what comes after.

use serde_json::{Map, Value};

use crate::conversation::Call;
use crate::draw::{Draw, capitalize};
use crate::grammar::{phrase, tidy};

/// One thing asked for.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    /// The words.
    pub clause: String,
    /// Calls that begin it; they only read, and do not wait for each other.
    pub calls: Vec<Call>,
    /// What comes after.
    pub goal: Goal,
}

/// What comes after the first calls of an [`Ask`].
#[derive(Debug, Clone)]
pub(super) enum Goal {
    /// The results are told.
    Tell,
    /// The first row that is left is booked.
    Book(Order),
}

/// How something is booked.
#[derive(Debug, Clone, Default)]
pub(super) struct Order {
    /// The number of people, if the booking has to say it.
    pub people: Option<String>,
    /// Whether it is paid for.
    pub pays: bool,
    /// The account that was named.
    pub account: Option<String>,
}

/// A call with those arguments that were said.
pub(super) fn call(name: &str, arguments: &[(&str, Option<Value>)]) -> Call {
    let said = arguments.iter().filter_map(|(key, value)| Some(((*key).to_owned(), value.clone()?)));
    Call { name: name.to_owned(), arguments: said.collect::<Map<_, _>>() }
}

/// A text argument; nothing for an empty one.
pub(super) fn text(value: &str) -> Option<Value> {
    (!value.is_empty()).then(|| Value::from(value))
}

/// Adds to a request what a rule says.
pub(super) fn add(d: &mut Draw, clause: &mut String, rule: &str, slots: &[(&str, &str)]) {
    let (gap, said) = (if d.zh() { "" } else { " " }, phrase(d, rule, slots));
    let open = clause.trim_end_matches(['?', '？', '.', '。', '!', '！']);
    *clause = tidy(&format!("{open}{gap}{said}"));
}

/// Now and then says at the end of a question that nothing is to be booked.
pub(super) fn only_asks(d: &mut Draw, clause: &mut String) {
    // More often than people say it, as with payments.
    if d.chance(if d.held_out { 6 } else { 15 }) {
        add(d, clause, "book_not", &[]);
    }
}

/// A command with the manners of a person around it.
pub(super) fn command(d: &mut Draw, clause: &str) -> String {
    let (open, ask, close) = (phrase(d, "open", &[]), phrase(d, "ask", &[]), phrase(d, "close", &[]));
    dress(d, &open, &ask, clause, &close)
}

/// A question or statement with little around it.
pub(super) fn remark(d: &mut Draw, clause: &str) -> String {
    let open = if d.chance(15) { phrase(d, "open", &[]) } else { String::new() };
    dress(d, &open, "", clause, "")
}

/// Words that a command begins with.
const IMPERATIVES: &str = "add alert apologise apply arrange ask bid bill book bring buy calculate call cancel carry change \
    charge check choose claim collect compare complain confirm count create download draw drive drop \
    enrol exchange execute extend feed fetch figure file fill find fix forward get give go grab guide \
    hail help hire hold install invite lease leave let line list lock look mail make mark move mute \
    name navigate notify open order organise organize pack paint pay phone pick ping place plan play \
    post print pull purchase put query rate read refund register remind renew rent report reserve \
    return ring run save schedule score search secure see select sell send set settle share show sign \
    snag sort start stop subscribe swap switch tag take teach tell text top track transfer translate \
    turn unlock update upgrade vaccinate vacuum wake water weigh write";

fn dress(d: &mut Draw, open: &str, ask: &str, clause: &str, close: &str) -> String {
    if d.zh() {
        let ask = if clause.starts_with("帮我") || clause.starts_with("我") { "" } else { ask };
        return tidy(&format!("{open}{ask}{clause}{close}"));
    }
    // "Could you" goes with what can be commanded only.
    let first = clause.split([' ', ',']).next().unwrap_or_default();
    let ask = if IMPERATIVES.split(' ').any(|verb| verb == first) { ask } else { "" };
    let close = if clause.ends_with(['?', '!', '.']) { "" } else { close };
    let gap = if close.starts_with([',', '.', '?', '!']) { "" } else { " " };
    let text = tidy(&format!("{open} {ask} {clause}{gap}{close}"));
    if d.chance(55) { capitalize(&text) } else { text }
}

/// What stands between two requests in one Chinese message.
const JOINTS_ZH: &[&str] = &[
    "，",
    "，",
    "，",
    "？",
    "？",
    "。",
    "，然后",
    "，再",
    "，顺便",
    "，另外",
    "；",
    " ",
    "，还有",
    "，并且",
    "，同时",
    "；再",
    "，之后",
    "，以及",
    "。对了，",
    "，哦对，",
    "，接着",
    "！",
    "。还有就是",
    "、",
    "\n",
];
/// How the second of them may begin.
const HELP_ZH: &[&str] =
    &["", "", "", "帮我", "帮我", "请帮我", "给我", "请", "麻烦", "帮忙", "劳烦", "替我", "你"];
/// What stands after a question in English.
const AFTER_QUESTION: &[&str] = &[
    "? ",
    "? And ",
    "? Also, ",
    "? Please ",
    "? then ",
    " and ",
    ", and ",
    "? also ",
    " & ",
    "? While you're at it, ",
    "? After that ",
    "? Oh, and ",
    "?\n",
    "? Next: ",
    "? Plus ",
    "... and ",
    "? One more thing: ",
    " - and ",
];
/// What stands after a command or statement in English.
const AFTER_COMMAND: &[&str] = &[
    " and ",
    ", and ",
    ", then ",
    " and then ",
    ". Then ",
    ", also ",
    ". ",
    " and please ",
    ". Also ",
    "; ",
    ". After that, ",
    ". Oh and ",
    ", plus ",
    ".\n",
    ". And ",
    ". While you're at it, ",
    " - also ",
    ", next ",
    ". One more thing: ",
    " as well as ",
    ". Besides, ",
];

/// Several clauses as one message.
pub(super) fn joined(d: &mut Draw, first: &str, second: &str) -> String {
    if d.zh() {
        let first = first.trim_end_matches(['。', '？', '！', '，']);
        let joint = d.rng.pick(JOINTS_ZH);
        let is_helped = second.starts_with('我') || joint.ends_with('便');
        let help = if is_helped { "" } else { d.rng.pick(HELP_ZH) };
        return format!("{first}{joint}{help}{second}");
    }
    let question = first.ends_with('?');
    let first = first.trim_end_matches(['?', '.', '!']);
    let joints = if question || d.chance(25) { AFTER_QUESTION } else { AFTER_COMMAND };
    let joint = d.rng.pick(joints);
    format!("{first}{joint}{second}")
}
