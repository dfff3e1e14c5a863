//! How a person asks for what an invented tool does.

mod aside;
mod ask;
mod frame;
mod layout;
mod manner;
mod mention;
mod word;

use crate::draw::Draw;
use crate::fill::fill_apart;
use crate::value::{Kind, Said};

use super::tool::{Field, Tool};

pub(super) use ask::question;
pub(super) use manner::sentence;
pub(super) use mention::{mention, named};

/// What kind of sentence a clause is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    /// "calibrate the loom": politeness may go around it.
    Order,
    /// "the loom needs calibrating": stands by itself.
    Statement,
    /// "can the loom be calibrated": ends in a question mark, or in nothing.
    Question,
}

/// What a person asks for, before the manners around it.
#[derive(Debug, Clone)]
pub(super) struct Clause {
    mood: Mood,
    /// Values said first: "With a speed of 40, ".
    lead: String,
    text: String,
    /// Values said after the sentence: further sentences or a list, with what separates them from it.
    tail: String,
    /// Something that the request does not need.
    aside: Option<String>,
    /// Whether the first letter belongs to a value and stays as it is.
    keeps_case: bool,
}

impl Clause {
    /// A clause that tells what to do.
    pub(super) fn order(text: String) -> Self {
        Self::new(Mood::Order, text)
    }

    fn new(mood: Mood, text: String) -> Self {
        Self { mood, lead: String::new(), text, tail: String::new(), aside: None, keeps_case: false }
    }

    /// Adds words to the end of the sentence.
    pub(super) fn push_str(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn plain(&self) -> bool {
        self.mood == Mood::Order && self.lead.is_empty() && self.tail.is_empty()
    }
}

/// Wordings for training, and others that are kept for evaluation.
struct Forms {
    usual: &'static [&'static str],
    kept: &'static [&'static str],
}

impl Forms {
    fn pick(&self, d: &mut Draw) -> &'static str {
        let kept = d.held_out && !self.kept.is_empty() && d.chance(40);
        d.rng.pick(if kept { self.kept } else { self.usual })
    }
}

/// A wording of the draw's language.
fn form(d: &mut Draw, en: &Forms, zh: &Forms) -> &'static str {
    if d.zh() { zh.pick(d) } else { en.pick(d) }
}

/// A request, its values wherever a person may say them.
pub(super) fn clause(d: &mut Draw, tool: &Tool, values: &[(usize, Said)]) -> Clause {
    if d.chance(4) {
        return Clause::order(by_name(d, tool, values));
    }
    let (mut clause, rest) = begun(d, tool, values);
    layout::lay_out(d, &mut clause, &rest);
    clause.aside = aside::draw(d, tool, values);
    clause
}

/// A request in one sentence, to which another can be joined.
pub(super) fn inline(d: &mut Draw, tool: &Tool, values: &[(usize, Said)]) -> Clause {
    let (mut clause, rest) = begun(d, tool, values);
    layout::in_line(d, &mut clause, &rest);
    clause
}

/// A value that is still to be said, and what it is.
type Open<'a> = (&'a Field, &'a Said);

/// The sentence with the values that need no name, and the other values.
fn begun<'a>(d: &mut Draw, tool: &'a Tool, values: &'a [(usize, Said)]) -> (Clause, Vec<Open<'a>>) {
    let (mut before, mut object) = (String::new(), String::new());
    let (mut after, mut rest) = (Vec::new(), Vec::new());
    for (i, said) in values {
        let field = &tool.fields[*i];
        match bare(d, tool, field, said) {
            Some(Place::Before(text)) => before.push_str(&text),
            Some(Place::Object(text)) => object = text,
            Some(Place::After(text)) => after.push(text),
            None => rest.push((field, said)),
        }
    }
    if d.chance(40) {
        d.rng.shuffle(&mut rest);
    }
    let mut clause = frame::core(d, tool, &object);
    if d.zh() {
        clause.text = fill_apart("{a}{b}", &[("a", &before), ("b", &clause.text)]);
    } else {
        clause.text.push_str(&before);
    }
    for text in after {
        clause.text.push_str(if d.zh() { "，" } else { ", " });
        clause.text.push_str(&text);
    }
    (clause, rest)
}

enum Place {
    Before(String),
    Object(String),
    After(String),
}

/// A value that needs no name because nothing else of its kind is there.
fn bare(d: &mut Draw, tool: &Tool, field: &Field, said: &Said) -> Option<Place> {
    let alone = tool.fields.iter().filter(|f| f.kind == field.kind).count() == 1;
    if !alone || !d.chance(35) {
        return None;
    }
    let text = &said.text;
    let zh = d.zh();
    match field.kind {
        Kind::Date if zh => Some(Place::Before(text.clone())),
        Kind::Date => Some(Place::Before(format!(" {text}"))),
        Kind::Time if zh => Some(Place::After(text.clone())),
        Kind::Time => Some(Place::Before(format!(" at {text}"))),
        Kind::Code => Some(Place::Object(text.clone())),
        Kind::Place | Kind::Url | Kind::Path if zh => Some(Place::After(format!("在{text}"))),
        Kind::Place => Some(Place::Before(format!(" in {text}"))),
        Kind::Person if zh => Some(Place::After(format!("给{text}"))),
        Kind::Person => Some(Place::Before(format!(" for {text}"))),
        Kind::Url | Kind::Path => Some(Place::After(text.clone())),
        Kind::Choice(_) if !zh => Some(Place::After(text.clone())),
        _ => None,
    }
}

fn by_name(d: &mut Draw, tool: &Tool, values: &[(usize, Said)]) -> String {
    let between = d.rng.pick(&["=", "=", ": ", " = "]);
    let parts: Vec<String> =
        values.iter().map(|(i, said)| format!("{}{between}{}", tool.fields[*i].key, said.text)).collect();
    let verb = d.say(&["call", "use", "run", "invoke"], &["调用", "用", "运行", "执行"]);
    let with = d.say(&[" with ", ": ", ", "], &["，", "："]);
    if parts.is_empty() {
        return format!("{verb} {}", tool.spec.name);
    }
    format!("{verb} {}{with}{}", tool.spec.name, parts.join(", "))
}
