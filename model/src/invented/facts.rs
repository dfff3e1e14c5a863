//! Random results of invented tools, and how an answer quotes them.

use serde_json::{Map, Value};

use crate::draw::Draw;
use crate::lexicon::FIELDS;
use crate::value::{Kind, clock, code};

use super::tool::style;

/// One fact of a result: its key, what a person calls it, its value.
#[derive(Debug, Clone)]
pub(crate) struct Fact {
    /// Key in the result.
    pub key: String,
    /// What a person calls it.
    pub label: String,
    /// The value.
    pub value: Value,
}

impl Fact {
    /// The value as an answer writes it.
    pub(super) fn text(&self) -> String {
        self.value.as_str().map_or_else(|| self.value.to_string(), str::to_owned)
    }

    /// "score 41", "得分41".
    pub(super) fn quote(&self, d: &Draw) -> String {
        let text = self.text();
        if d.zh() && !(self.label.is_ascii() && text.is_ascii()) {
            return format!("{}{text}", self.label);
        }
        format!("{} {text}", self.label)
    }
}

/// Between `least` and `most` facts with different keys.
pub(crate) fn facts(d: &mut Draw, least: usize, most: usize) -> Vec<Fact> {
    let n = least + d.rng.below(most - least + 1);
    let mut facts: Vec<Fact> = Vec::new();
    while facts.len() < n {
        let fact = fact(d);
        if facts.iter().all(|f| f.key != fact.key && f.label != fact.label) {
            facts.push(fact);
        }
    }
    facts
}

/// The identifier that an act leaves behind.
pub(super) fn reference(d: &mut Draw) -> Fact {
    let (key, zh) = *d.rng.one(&[
        ("job", "任务号"),
        ("ticket", "工单号"),
        ("reference", "参考号"),
        ("order_id", "订单号"),
        ("receipt", "收据号"),
        ("id", "编号"),
        ("confirmation", "确认号"),
        ("case_number", "案件号"),
    ]);
    let value = Value::from(code(d));
    if d.chance(25) {
        let word = d.english();
        return Fact { key: word.to_owned(), label: word.to_owned(), value };
    }
    let label = if d.zh() { zh.to_owned() } else { key.replace('_', " ") };
    Fact { key: key.to_owned(), label, value }
}

/// The facts as one result, after `status` when there is one.
pub(crate) fn result(status: Option<&str>, facts: &[Fact]) -> Value {
    let mut object = Map::new();
    if let Some(status) = status {
        object.insert("status".into(), Value::from(status));
    }
    for fact in facts {
        object.insert(fact.key.clone(), fact.value.clone());
    }
    Value::Object(object)
}

/// All facts in one phrase.
pub(crate) fn quote(d: &Draw, facts: &[Fact]) -> String {
    let quoted: Vec<String> = facts.iter().map(|f| f.quote(d)).collect();
    quoted.join(if d.zh() { "，" } else { ", " })
}

/// A random value such as results hold.
pub(super) fn value(d: &mut Draw, kind: &Kind) -> Value {
    match kind {
        Kind::Time => Value::from(clock(d)),
        Kind::Date => Value::from(format!("2026-{:02}-{:02}", d.rng.between(1, 12), d.rng.between(1, 28))),
        Kind::List(of) => value(d, of),
        Kind::Boolean => Value::from(d.chance(50)),
        Kind::Choice(choices) => {
            let (en, zh) = d.rng.one(choices).clone();
            Value::from(if d.zh() { zh } else { en })
        }
        _ => kind.draw(d).json,
    }
}

fn fact(d: &mut Draw) -> Fact {
    let term = d.rng.one(&FIELDS);
    let mut kind = Kind::parse(term.kind);
    if matches!(kind, Kind::Boolean | Kind::List(_) | Kind::Text) {
        kind = Kind::Integer;
    }
    let value = value(d, &kind);
    if d.chance(30) {
        let word = d.english().to_owned();
        return Fact { key: word.clone(), label: word, value };
    }
    let key = style(d, term.en);
    let label = if d.zh() && d.chance(85) { term.zh } else { term.en };
    Fact { key, label: label.to_owned(), value }
}
