//! The small machines a conversation is made of: one or two tools, a request for them, the calls that
//! are right and the answer that is true.

use serde_json::{Value, json};

use crate::conversation::{Call, ToolSpec};
use crate::draw::{Draw, capitalize};
use crate::fill::fill;
use crate::value::{Kind, Said, code};

use super::facts::{self, Fact};
use super::phrase::{self, Clause};
use super::rows;
use super::tool::{self, Field, Tool, Wording};

/// A request and what follows from it.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// What the person asks, as a clause.
    pub clause: Clause,
    /// Calls that must be made one after the other, each with its result.
    pub steps: Vec<(Call, Value)>,
    /// The sentence that tells the person.
    pub answer: String,
    /// What a later question may be about.
    pub known: Option<Known>,
}

/// Facts that a later question can be answered from, and the tool that gave them.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// What the facts are of: "sensor X12".
    pub of: String,
    /// Facts not told yet.
    pub facts: Vec<Fact>,
}

/// One or two tools that go together.
#[derive(Debug, Clone)]
pub(super) enum Gear {
    /// Does something.
    Action(Tool),
    /// Looks one thing up by its key.
    Lookup(Tool),
    /// Finds several things; the other tool acts on one of them.
    Finder(Tool, Tool),
    /// Makes a thing; the other tool goes on with what was made.
    Chain(Tool, Tool),
}

impl Gear {
    /// A gear whose tool names are not among `taken`, to which they are added.
    pub(super) fn draw(d: &mut Draw, simple: bool, taken: &mut Vec<String>) -> Self {
        loop {
            let roll = if simple { d.rng.below(60) } else { d.rng.below(100) };
            let gear = match roll {
                0..42 => Self::Action(action(d)),
                42..60 => Self::Lookup(lookup(d)),
                60..86 => finder(d),
                _ => chain(d),
            };
            let names: Vec<String> = gear.specs().iter().map(|s| s.name.clone()).collect();
            if names.iter().all(|n| !taken.contains(n)) && names.first() != names.get(1) {
                taken.extend(names);
                return gear;
            }
        }
    }

    /// What the model is told of its tools.
    pub(super) fn specs(&self) -> Vec<&ToolSpec> {
        self.tools().into_iter().map(|tool| &tool.spec).collect()
    }

    /// Its tools.
    pub(super) fn tools(&self) -> Vec<&Tool> {
        match self {
            Self::Action(tool) | Self::Lookup(tool) => vec![tool],
            Self::Finder(first, second) | Self::Chain(first, second) => vec![first, second],
        }
    }

    /// The tool whose call comes first.
    pub(super) fn first(&self) -> &Tool {
        match self {
            Self::Action(tool) | Self::Lookup(tool) | Self::Finder(tool, _) | Self::Chain(tool, _) => tool,
        }
    }

    /// A request that this gear fulfils.
    pub(super) fn part(&self, d: &mut Draw) -> Part {
        match self {
            Self::Action(tool) => {
                let values = tool.values(d, 0);
                act(d, tool, &values)
            }
            Self::Lookup(tool) => look_up(d, tool),
            Self::Finder(find, act) => rows::find(d, find, act),
            Self::Chain(make, then) => go_on(d, make, then),
        }
    }
}

/// The call of an action with these values, and its report.
pub(super) fn act(d: &mut Draw, tool: &Tool, values: &[(usize, Said)]) -> Part {
    let clause = phrase::clause(d, tool, values);
    let (result, answer) = done(d, tool);
    Part { clause, steps: vec![(tool.call(values), result)], answer, known: None }
}

/// The result of an act, and the sentence that reports it.
pub(super) fn done(d: &mut Draw, tool: &Tool) -> (Value, String) {
    let mut found = vec![facts::reference(d)];
    for fact in facts::facts(d, 0, 2) {
        if found[0].key != fact.key {
            found.push(fact);
        }
    }
    let status = d.chance(60).then(|| *d.rng.one(&["ok", "done", "success", "accepted", "completed"]));
    let answer = report(d, &tool.noun, &found);
    (facts::result(status, &found), answer)
}

/// A sentence that says an act is done and quotes its result.
pub(super) fn report(d: &mut Draw, noun: &Wording, found: &[Fact]) -> String {
    let quoted = facts::quote(d, found);
    let noun = &noun.said;
    if d.zh() {
        return match d.rng.below(4) {
            0 => format!("好了，{quoted}。"),
            1 => format!("已完成：{quoted}。"),
            2 => format!("{noun}已处理好，{quoted}。"),
            _ => format!("办好了，{quoted}。"),
        };
    }
    match d.rng.below(4) {
        0 => format!("Done: {quoted}."),
        1 => format!("All set, {quoted}."),
        2 => format!("The {noun} is taken care of: {quoted}."),
        _ => format!("It is done, {quoted}."),
    }
}

fn action(d: &mut Draw) -> Tool {
    let (verb, noun) = (tool::verb(d, &[]), tool::noun(d, &[]));
    let most = if d.chance(15) { 6 } else { 4 };
    let fields = tool::fields(d, 1, most);
    Tool::new(d, verb, noun, fields)
}

fn lookup(d: &mut Draw) -> Tool {
    let verb = reading_verb(d, &["get", "show", "check", "read", "look_up", "fetch", "describe", "query"]);
    let noun = tool::noun(d, &[]);
    let key = key(d, &noun);
    let mut fields = vec![key];
    for field in tool::fields(d, 0, 1) {
        if !fields[0].resembles(&field) {
            fields.push(Field { required: false, ..field });
        }
    }
    Tool::new(d, verb, noun, fields)
}

/// The parameter that names one thing: its id, code, number or name.
fn key(d: &mut Draw, noun: &Wording) -> Field {
    let (word, zh, kind) = d.rng.one(&[
        ("id", "编号", Kind::Code),
        ("code", "代码", Kind::Code),
        ("number", "号码", Kind::Code),
        ("name", "名称", Kind::Word),
        ("owner", "负责人", Kind::Person),
    ]);
    let label = if d.zh() { format!("{}{zh}", noun.said) } else { format!("{} {word}", noun.said) };
    let key = if d.chance(50) { (*word).to_owned() } else { tool::style(d, &format!("{} {word}", noun.key)) };
    let described = d.chance(40);
    tool::key_field(key, label, kind.clone(), described)
}

pub(super) fn reading_verb(d: &mut Draw, keys: &[&str]) -> Wording {
    let key = d.rng.pick(keys).to_owned();
    let said = d
        .say(
            &["look up", "show me", "check", "get", "pull up"],
            &["查询", "查看", "看一下", "查一下", "调出"],
        )
        .to_owned();
    let described = d.say(&["get", "show", "look up", "details of"], &["查询", "查看", "获取"]).to_owned();
    Wording { key, said, described }
}

fn finder(d: &mut Draw) -> Gear {
    let noun = tool::noun(d, &[]);
    let keys = ["find", "list", "search", "query", "browse", "get_all"];
    let mut verb = reading_verb(d, &keys);
    d.say(&["find", "search for", "list"], &["查找", "搜索", "列出"]).clone_into(&mut verb.described);
    let by = tool::fields(d, 1, 2);
    let many =
        if d.chance(50) && !noun.key.ends_with('s') { format!("{}s", noun.key) } else { noun.key.clone() };
    let find = Tool::new(d, verb, Wording { key: many, ..noun.clone() }, by);
    let act = second(d, noun);
    Gear::Finder(find, act)
}

fn chain(d: &mut Draw) -> Gear {
    let noun = tool::noun(d, &[]);
    let key = d.rng.pick(&["create", "open", "prepare", "start", "request", "draft"]).to_owned();
    let said = d.say(&["create", "set up", "make", "open"], &["新建", "创建", "建立", "开个"]).to_owned();
    let described = d.say(&["create", "open", "make"], &["创建", "新建"]).to_owned();
    let fields = tool::fields(d, 1, 3);
    let make = Tool::new(d, Wording { key, said, described }, noun.clone(), fields);
    let then = second(d, noun);
    Gear::Chain(make, then)
}

/// A tool that acts on a thing whose identifier another tool gave.
fn second(d: &mut Draw, noun: Wording) -> Tool {
    let verb = tool::verb(d, &["create".into(), "open".into()]);
    let word = d.rng.pick(&["id", "id", "code", "ref", "number"]);
    let key = if d.chance(50) { word.to_owned() } else { tool::style(d, &format!("{} {word}", noun.key)) };
    let label = if d.zh() { format!("{}编号", noun.said) } else { format!("{} {word}", noun.said) };
    let described = d.chance(50);
    let mut fields = vec![tool::key_field(key, label, Kind::Code, described)];
    for field in tool::fields(d, 0, 2) {
        if fields.iter().all(|f| !f.resembles(&field)) {
            fields.push(field);
        }
    }
    Tool::new(d, verb, noun, fields)
}

fn look_up(d: &mut Draw, tool: &Tool) -> Part {
    let values: Vec<(usize, Said)> =
        tool.values(d, 0).into_iter().filter(|v| v.0 == 0 || d.chance(40)).collect();
    let which = &values[0].1.text;
    let of =
        if d.zh() { format!("{}{which}", tool.noun.said) } else { format!("{} {which}", tool.noun.said) };
    let mut found = facts::facts(d, 2, 4);
    let result = facts::result(None, &found);
    d.rng.shuffle(&mut found);
    let asked = found.remove(0);
    let label = &asked.label;
    let mut clause = phrase::question(d, &tool.verb.said, &of, label);
    for (i, said) in &values[1..] {
        clause.push_str(if d.zh() { "，" } else { ", " });
        clause.push_str(&phrase::mention(d, &tool.fields[*i], said));
    }
    let answer = fact_sentence(d, &of, &asked);
    let known = Known { of, facts: found };
    Part { clause, steps: vec![(tool.call(&values), result)], answer, known: Some(known) }
}

/// "The weight of sensor X12 is 41."
pub(super) fn fact_sentence(d: &mut Draw, of: &str, fact: &Fact) -> String {
    let (label, text) = (&fact.label, fact.text());
    if d.zh() {
        let form = d.rng.pick(&["{of}的{label}是{text}。", "{of}的{label}为{text}。", "{label}是{text}。"]);
        return fill(form, &[("of", of), ("label", label), ("text", &text)]);
    }
    match d.rng.below(3) {
        0 => format!("The {label} of {of} is {text}."),
        1 => format!("The {label} is {text}."),
        _ => format!("{}: {label} {text}.", capitalize(of)),
    }
}

fn go_on(d: &mut Draw, make: &Tool, then: &Tool) -> Part {
    let values = make.values(d, 0);
    let mut clause = phrase::inline(d, make, &values);
    let key = &then.fields[0].key;
    let key = if d.chance(50) { key.clone() } else { d.rng.pick(&["id", "reference", "code"]).to_owned() };
    let id = code(d);
    let made = if d.chance(50) { json!({key: id, "status": "created"}) } else { json!({key: id}) };
    let mut rest = vec![(0, Said { text: id.clone(), json: Value::from(id) })];
    rest.extend(then.values(d, 1));
    let verb = &then.verb.said;
    let joined = d.say(
        &[
            ", then {v} it",
            " and {v} it",
            ", and then {v} it",
            "; once that is there, {v} it",
            ", after that {v} the new {n}",
            " and {v} what you get",
            ", and as soon as it exists {v} it",
        ],
        &[
            "，然后{v}",
            "，建好以后{v}",
            "，再{v}",
            "，接着把它{v}",
            "，有了之后{v}",
            "，弄好了就{v}",
            "，再把新的{n}{v}",
            "，随后{v}",
        ],
    );
    let joined = fill(joined, &[("v", verb), ("n", &then.noun.said)]);
    clause.push_str(&joined);
    for (i, said) in &rest[1..] {
        clause.push_str(if d.zh() { "，" } else { ", " });
        clause.push_str(&phrase::mention(d, &then.fields[*i], said));
    }
    let (result, answer) = done(d, then);
    Part { clause, steps: vec![(make.call(&values), made), (then.call(&rest), result)], answer, known: None }
}
