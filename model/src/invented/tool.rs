//! Tools nobody has seen: names, parameters and descriptions drawn from the whole vocabulary.

use serde_json::{Map, Value, json};

use crate::conversation::{Call, ToolSpec};
use crate::draw::{Draw, capitalize};
use crate::fill::{fill, fill_apart};
use crate::lexicon::{FIELDS, NOUNS, VERBS};
use crate::value::{Kind, Said};

use super::synonym;

/// A thing or an act, and how a person names it.
#[derive(Debug, Clone)]
pub(super) struct Wording {
    /// As it stands in the tool's name.
    pub key: String,
    /// As the person says it.
    pub said: String,
    /// As the description says it.
    pub described: String,
}

/// A parameter of an invented tool.
#[derive(Debug, Clone)]
pub(super) struct Field {
    /// The name in the schema.
    pub key: String,
    /// What the person calls it.
    pub label: String,
    /// What it takes.
    pub kind: Kind,
    /// Whether a call must have it.
    pub required: bool,
    /// What the schema says of it.
    pub description: Option<String>,
}

impl Field {
    /// Whether a word for one of the two could mean the other.
    pub(super) fn resembles(&self, other: &Self) -> bool {
        let names = |f: &Self| [f.key.to_lowercase(), f.label.to_lowercase().replace(' ', "_")];
        let theirs = names(other);
        let same = |f: &Self, text: &str| f.description.as_ref().is_some_and(|d| d.contains(text));
        names(self).iter().any(|name| theirs.contains(name))
            || same(self, &other.label)
            || same(other, &self.label)
    }
}

/// An invented tool.
#[derive(Debug, Clone)]
pub(super) struct Tool {
    /// What the model is told.
    pub spec: ToolSpec,
    /// What it does.
    pub verb: Wording,
    /// What it does it to.
    pub noun: Wording,
    /// Its parameters, in schema order.
    pub fields: Vec<Field>,
}

impl Tool {
    /// The tool made of these parts, under a name drawn for it.
    pub(super) fn new(d: &mut Draw, verb: Wording, noun: Wording, fields: Vec<Field>) -> Self {
        let words = [verb.key.as_str(), noun.key.as_str()];
        let name = match d.rng.below(8) {
            0 => style(d, &format!("{} {}", words[1], words[0])),
            1 => style(d, &format!("do {} {}", words[0], words[1])),
            _ => style(d, &format!("{} {}", words[0], words[1])),
        };
        let described = described(d, &verb.described, &noun.described);
        let readable = name.to_lowercase().contains(&verb.said.to_lowercase());
        let description = if readable && d.chance(25) { String::new() } else { described };
        let spec = ToolSpec { name, description, parameters: schema(d, &fields) };
        Self { spec, verb, noun, fields }
    }

    /// A call with these values, given as (index of the field, value).
    pub(super) fn call(&self, values: &[(usize, Said)]) -> Call {
        let mut sorted: Vec<&(usize, Said)> = values.iter().collect();
        sorted.sort_by_key(|v| v.0);
        let arguments =
            sorted.into_iter().map(|(i, said)| (self.fields[*i].key.clone(), said.json.clone())).collect();
        Call { name: self.spec.name.clone(), arguments }
    }

    /// Values for the required parameters from number `from` on, and for some of the optional ones.
    pub(super) fn values(&self, d: &mut Draw, from: usize) -> Vec<(usize, Said)> {
        let mut values = Vec::new();
        for (i, field) in self.fields.iter().enumerate().skip(from) {
            if field.required || d.chance(45) {
                values.push((i, field.kind.draw(d)));
            }
        }
        values
    }
}

/// A verb that is not one of `taken` (by key).
pub(super) fn verb(d: &mut Draw, taken: &[String]) -> Wording {
    loop {
        let term = d.term(&VERBS, |t| t.en);
        let wording = wording(d, [term.en, term.zh, term.other_en, term.other_zh], 25);
        if !taken.contains(&wording.key) {
            return wording;
        }
    }
}

/// A noun that is not one of `taken` (by key).
pub(super) fn noun(d: &mut Draw, taken: &[String]) -> Wording {
    loop {
        let term = d.term(&NOUNS, |t| t.en);
        let wording = wording(d, [term.en, term.zh, term.en, term.zh], 35);
        if !taken.contains(&wording.key) {
            return wording;
        }
    }
}

/// Between `least` and `most` parameters with different names.
pub(super) fn fields(d: &mut Draw, least: usize, most: usize) -> Vec<Field> {
    let n = least + d.rng.below(most - least + 1);
    let mut fields: Vec<Field> = Vec::new();
    while fields.len() < n {
        let field = field(d);
        if fields.iter().all(|f| !f.resembles(&field)) {
            fields.push(field);
        }
    }
    // Required parameters come first more often than not, as people write functions.
    if d.chance(70) {
        fields.sort_by_key(|f| !f.required);
    }
    if n > 0 && fields.iter().all(|f| !f.required) {
        fields[0].required = true;
    }
    fields
}

/// A parameter that is always there and is called `key`.
pub(super) fn key_field(key: String, label: String, kind: Kind, described: bool) -> Field {
    let description = described.then(|| label.clone());
    Field { key, label, kind, required: true, description }
}

/// Words joined the way programmers join them.
pub(super) fn style(d: &mut Draw, words: &str) -> String {
    if d.chance(18) {
        let mut parts = words.split([' ', '-']);
        let head = parts.next().unwrap_or_default().to_owned();
        return parts.fold(head, |name, part| name + &capitalize(part));
    }
    words.replace([' ', '-'], "_")
}

/// `forms`: English, Chinese, and another wording of each. In `opaque` of 100 cases the name says
/// nothing and the description has to be read.
fn wording(d: &mut Draw, forms: [&str; 4], opaque: usize) -> Wording {
    let [en, zh, other_en, other_zh] = forms;
    let natural = if d.zh() && d.chance(88) { [zh, other_zh] } else { [en, other_en] };
    if d.chance(opaque) {
        let word = if d.chance(60) { d.english().to_owned() } else { d.coined() };
        if d.chance(45) {
            return Wording { key: word.clone(), said: word.clone(), described: word };
        }
        return Wording { key: word, said: natural[0].to_owned(), described: natural[0].to_owned() };
    }
    let (said, described) = match d.rng.below(4) {
        0 => (natural[1], natural[0]),
        1 => (natural[0], natural[1]),
        _ => (natural[0], natural[0]),
    };
    Wording { key: en.to_owned(), said: said.to_owned(), described: described.to_owned() }
}

fn field(d: &mut Draw) -> Field {
    let term = d.term(&FIELDS, |t| t.en);
    let zh = d.zh() && d.chance(88);
    let natural = if zh { term.zh } else { term.en };
    let kind = choices(d, Kind::parse(term.kind));
    let required = kind != Kind::Boolean && d.chance(60);
    let other = synonym::of(term.en, zh);
    // A person names it with a noun; a description may go round it.
    let clauses = ["what ", "how ", "where ", "who ", "why", "which "];
    let nouns: Vec<&str> =
        other.iter().copied().filter(|o| !clauses.iter().any(|c| o.starts_with(c))).collect();
    if d.chance(35) && !matches!(kind, Kind::Choice(_)) {
        let word =
            if d.chance(30) { format!("{} {}", d.english(), d.english()) } else { d.english().to_owned() };
        let key = style(d, &word);
        if d.chance(40) {
            return Field { key, label: word, kind, required, description: None };
        }
        // Only the description tells what the parameter is, often in other words than the person's.
        let (label, meaning) = (called(d, natural, &nouns, 35), called(d, natural, other, 35));
        let description = Some(field_description(d, meaning));
        return Field { key, label: label.to_owned(), kind, required, description };
    }
    let key = style(d, term.en);
    let label = called(d, natural, &nouns, 30);
    let meaning = called(d, natural, other, 35);
    let needed = label != natural && d.chance(60);
    let description = needed || d.chance(35) || !natural.is_ascii() && d.chance(40);
    let description = description.then(|| field_description(d, meaning));
    Field { key, label: label.to_owned(), kind, required, description }
}

/// The natural name, or in `percent` of 100 cases one of the others.
fn called<'a>(d: &mut Draw, natural: &'a str, others: &[&'a str], percent: usize) -> &'a str {
    if !others.is_empty() && d.chance(percent) { d.rng.pick(others) } else { natural }
}

/// What a schema says of a parameter with this meaning.
fn field_description(d: &mut Draw, meaning: &str) -> String {
    if d.chance(45) {
        return meaning.to_owned();
    }
    let form = d.say(
        &[
            "the {m}",
            "The {m}.",
            "{m} to use",
            "{m} that was asked for",
            "{m} of the request",
            "sets the {m}",
            "{m}, as given",
        ],
        &["{m}。", "使用的{m}", "要用的{m}", "指定的{m}", "对应的{m}", "给出的{m}", "{m}，照原话"],
    );
    fill_apart(form, &[("m", meaning)])
}

/// What a tool of this verb and noun says of itself.
fn described(d: &mut Draw, verb: &str, noun: &str) -> String {
    let chinese = d.zh() && !verb.is_ascii();
    let form = match (chinese, d.chance(45)) {
        (true, true) => "{v}{n}",
        (false, true) => "{v} {a} {n}",
        (true, false) => d.rng.pick(&[
            "{v}一个{n}",
            "{v}指定的{n}",
            "用来{v}{n}",
            "用于{v}{n}",
            "{v}{n}。",
            "为用户{v}{n}",
            "可以{v}{n}",
            "{n}：{v}",
            "按给定的参数{v}{n}",
        ]),
        (false, false) => d.rng.pick(&[
            "use this to {v} {a} {n}",
            "{v} {a} {n}.",
            "tool to {v} {a} {n}",
            "lets the user {v} {a} {n}",
            "for requests to {v} {a} {n}",
            "{n}: {v} it",
            "{v} {a} {n} with the given values",
            "will {v} {a} {n}",
            "{v} {a} {n} for the person",
        ]),
    };
    let article = d.rng.pick(&["a", "the", "one"]);
    let slots = [("v", verb), ("n", noun), ("a", article)];
    if chinese { fill_apart(form, &slots) } else { capitalize(&fill(form, &slots)) }
}

/// Some of the enumerations are of words nobody has seen together.
fn choices(d: &mut Draw, kind: Kind) -> Kind {
    if !matches!(kind, Kind::Choice(_)) || d.chance(45) {
        return kind;
    }
    let n = 2 + d.rng.below(4);
    let words = (0..n).map(|_| if d.chance(60) { d.english().to_owned() } else { d.coined() });
    Kind::Choice(words.map(|w| (w.clone(), w)).collect())
}

fn schema(d: &mut Draw, fields: &[Field]) -> Value {
    let mut properties = Map::new();
    for field in fields {
        let mut schema = field.kind.schema();
        if let (Some(text), Some(object)) = (&field.description, schema.as_object_mut()) {
            object.insert("description".into(), Value::from(text.clone()));
        }
        if field.kind == Kind::Integer && d.chance(12) {
            schema["minimum"] = json!(1);
            schema["maximum"] = json!(*d.rng.one(&[5000, 6000, 10000]));
        }
        if !field.required && d.chance(12) {
            schema["default"] = field.kind.draw(d).json;
        }
        properties.insert(field.key.clone(), schema);
    }
    let required: Vec<&String> = fields.iter().filter(|f| f.required).map(|f| &f.key).collect();
    let mut schema = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}
