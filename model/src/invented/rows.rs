//! Finding several things and going on with one of them: the cheapest, the latest, the one named.

use serde_json::{Map, Value};

use crate::draw::Draw;
use crate::fill::{fill, fill_apart};
use crate::lexicon::FIELDS;
use crate::value::{Kind, Said, clock, code};

use super::gear::{Known, Part, done};
use super::phrase::{self, Clause};
use super::tool::{Tool, style};

/// Ways to say which row is meant, in the order of `choose`.
const ADJECTIVES_EN: [&[&str]; 7] = [
    &["with the lowest {label}", "with the smallest {label}"],
    &["with the highest {label}", "with the most {label}"],
    &["listed first", "at the top of the list"],
    &["listed last", "at the end of the list"],
    &["called {name}", "named {name}"],
    &["that is earliest", "with the earliest time"],
    &["that is latest", "with the latest time"],
];
const ADJECTIVES_ZH: [&[&str]; 7] = [
    &["{label}最低的", "{label}最小的"],
    &["{label}最高的", "{label}最大的"],
    &["第一个", "列表里第一个"],
    &["最后一个", "列表里最后一个"],
    &["叫{name}的", "名叫{name}的"],
    &["最早的", "时间最早的"],
    &["最晚的", "时间最晚的"],
];

/// `{v}` the act, `{n}` what it is done to, `{a}` which one is meant, `{by}` what is looked for.
const CLAUSES_EN: &[&str] = &[
    "find a {n}, {by}, and {v} the one {a}",
    "{v} the {n} {a} ({by})",
    "{v} the {n} {a}, {by}",
    "look for a {n} ({by}) and {v} the one {a}",
    "find me a {n}; {by}; then {v} the one {a}",
    "search for a {n} with {by} and {v} the one {a}",
    "among the entries for {n} with {by}, {v} the one {a}",
    "list what there is for {n} ({by}), then {v} the one {a}",
    "take the {n} {a} and {v} it, {by}",
    "{v} whichever {n} is the one {a}: {by}",
];
const CLAUSES_ZH: &[&str] = &[
    "找{n}，{by}，{v}{a}",
    "{v}{a}{n}，{by}",
    "在{by}的{n}里{v}{a}那个",
    "找一下{n}（{by}），然后{v}{a}",
    "搜一下{n}，{by}，把{a}{v}",
    "先看有哪些{n}，{by}，再{v}{a}",
    "按{by}找{n}，{v}{a}那个",
    "从{by}的{n}中挑{a}，{v}它",
    "{n}里面{a}要{v}，{by}",
    "列出{n}（{by}），接着{v}{a}那个",
];
/// The same where nothing is done to it.
const QUESTIONS_EN: &[&str] = &[
    "find the {n} {a}, {by}",
    "tell me which {n} is the one {a} ({by})",
    "look for the {n} {a} with {by}",
    "search for a {n}, {by}, and tell me the one {a}",
    "find out which {n} is the one {a}: {by}",
    "name the {n} {a} ({by})",
    "give me the {n} {a}; {by}",
    "see which {n} is the one {a}, {by}",
];
const QUESTIONS_ZH: &[&str] = &[
    "看看{a}{n}是哪个，{by}",
    "查{n}，{by}，要{a}",
    "找一下{a}{n}，{by}",
    "搜{n}（{by}），告诉我{a}那个",
    "在{by}的{n}里找{a}",
    "告诉我{a}{n}是哪个（{by}）",
    "按{by}查{n}，看{a}是哪个",
    "找找{n}，{by}，我要{a}",
];

/// A list of rows and how one of them is chosen.
struct Choice {
    ids: Vec<String>,
    rows: Vec<Value>,
    /// Index of the row that is meant.
    wanted: usize,
    /// "with the lowest price", "最便宜的".
    adjective: String,
    /// "price 41".
    quality: String,
}

/// A request that finds rows and, more often than not, acts on one.
pub(super) fn find(d: &mut Draw, find: &Tool, act: &Tool) -> Part {
    let choice = choose(d);
    let values = find.values(d, 0);
    let id = choice.ids[choice.wanted].clone();
    let list = {
        let mut object = Map::new();
        let key = d.rng.pick(&["items", "results", "rows", "matches", "found"]).to_owned();
        object.insert(key, Value::from(choice.rows.clone()));
        Value::Object(object)
    };
    let mut by: Vec<String> = Vec::new();
    for (i, said) in &values {
        by.push(phrase::named(d, &find.fields[*i], said));
    }
    let by = by.join(if d.zh() { "，" } else { ", " });
    let first = (find.call(&values), list);
    if d.chance(30) {
        return ask_only(d, find, &choice, &by, first);
    }
    let mut rest = vec![(0, Said { text: id.clone(), json: Value::from(id) })];
    rest.extend(act.values(d, 1));
    let (verb, noun, adjective) = (&act.verb.said, &act.noun.said, &choice.adjective);
    let form = d.say(CLAUSES_EN, CLAUSES_ZH);
    let slots = [("v", verb.as_str()), ("n", noun), ("a", adjective), ("by", &by)];
    let mut clause = Clause::order(if d.zh() { fill_apart(form, &slots) } else { fill(form, &slots) });
    for (i, said) in &rest[1..] {
        clause.push_str(if d.zh() { "，" } else { ", " });
        clause.push_str(&phrase::mention(d, &act.fields[*i], said));
    }
    let (result, report) = done(d, act);
    let picked = if d.zh() {
        format!("选了{}（{}）。", choice.ids[choice.wanted], choice.quality)
    } else {
        format!("I took {} ({}). ", choice.ids[choice.wanted], choice.quality)
    };
    let answer = format!("{picked}{report}");
    Part { clause, steps: vec![first, (act.call(&rest), result)], answer, known: None }
}

fn ask_only(
    d: &mut Draw,
    find: &Tool,
    choice: &Choice,
    by: &str,
    step: (crate::conversation::Call, Value),
) -> Part {
    let (noun, adjective, quality) = (&find.noun.said, &choice.adjective, &choice.quality);
    let id = &choice.ids[choice.wanted];
    let form = d.say(QUESTIONS_EN, QUESTIONS_ZH);
    let slots = [("n", noun.as_str()), ("a", adjective), ("by", by)];
    let clause = Clause::order(if d.zh() { fill_apart(form, &slots) } else { fill(form, &slots) });
    let answer = match (d.zh(), d.rng.below(2)) {
        (true, 0) => format!("是{id}，{quality}。"),
        (true, _) => format!("{adjective}{noun}是{id}，{quality}。"),
        (false, 0) => format!("It is {id}, {quality}."),
        (false, _) => format!("The {noun} {adjective} is {id}, {quality}."),
    };
    Part { clause, steps: vec![step], answer, known: None::<Known> }
}

fn choose(d: &mut Draw) -> Choice {
    let n = 2 + d.rng.below(3);
    let wanted = d.rng.below(n);
    let (amount, clock_key) = (amount_term(d), *d.rng.one(&["departs", "starts", "time", "opens", "slot"]));
    let id_key = d.rng.pick(&["id", "id", "code", "ref", "number"]).to_owned();
    let amount_key = style(d, amount.0);
    let with_clock = d.chance(50);
    let names: Vec<String> = (0..n).map(|_| d.name()).collect();
    let (mut amounts, mut clocks): (Vec<i64>, Vec<String>) = (Vec::new(), Vec::new());
    while amounts.len() < n {
        let (a, c) = (d.rng.between(1, 900), clock(d));
        if !amounts.contains(&a) && !clocks.contains(&c) {
            amounts.push(a);
            clocks.push(c);
        }
    }
    let ids: Vec<String> = (0..n).map(|_| code(d)).collect();
    let mut rows = Vec::new();
    for i in 0..n {
        let mut row = Map::new();
        row.insert(id_key.clone(), Value::from(ids[i].clone()));
        row.insert("name".into(), Value::from(names[i].clone()));
        if with_clock {
            row.insert(clock_key.into(), Value::from(clocks[i].clone()));
        }
        row.insert(amount_key.clone(), Value::from(amounts[i]));
        rows.push(Value::Object(row));
    }
    let label = if d.zh() { amount.1 } else { amount.0 };
    let roll = d.rng.below(if with_clock { 7 } else { 5 });
    let wanted = match roll {
        0 => least(&amounts),
        1 => most(&amounts),
        2 => 0,
        3 => n - 1,
        4 => wanted,
        5 => least(&clocks),
        _ => most(&clocks),
    };
    let form = d.say(ADJECTIVES_EN[roll], ADJECTIVES_ZH[roll]);
    let adjective = fill(form, &[("label", label), ("name", &names[wanted])]);
    let gap = if d.zh() { "" } else { " " };
    let mut quality = format!("{}，{label}{gap}{}", names[wanted], amounts[wanted]);
    if !d.zh() {
        quality = quality.replace('，', ", ");
    }
    Choice { ids, rows, wanted, adjective, quality }
}

/// A field that rows can be compared by.
fn amount_term(d: &mut Draw) -> (&'static str, &'static str) {
    loop {
        let term = d.rng.one(&FIELDS);
        if matches!(Kind::parse(term.kind), Kind::Integer | Kind::Number) {
            return (term.en, term.zh);
        }
    }
}

fn least<T: Ord>(items: &[T]) -> usize {
    (0..items.len()).min_by_key(|i| &items[*i]).unwrap_or(0)
}

fn most<T: Ord>(items: &[T]) -> usize {
    (0..items.len()).max_by_key(|i| &items[*i]).unwrap_or(0)
}
