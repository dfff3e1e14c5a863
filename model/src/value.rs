//! Values as people write them, and what goes into the call for them.

mod when;

use serde_json::{Value, json};

use crate::draw::{Draw, capitalize};

pub use when::{clock, date, time, today};

/// A value: how the person writes it, and the JSON that a call carries.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// The wording.
    pub text: String,
    /// The argument.
    pub json: Value,
}

impl Said {
    /// A value that goes into the call as it is said.
    pub(crate) fn verbatim(text: String) -> Self {
        Self { json: Value::from(text.clone()), text }
    }
}

/// What kind of value a field takes.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A word or name.
    Word,
    /// A few words of free text.
    Text,
    /// A person.
    Person,
    /// A place.
    Place,
    /// An identifier of letters and digits.
    Code,
    /// A day as people write it.
    Date,
    /// A time of day as people write it.
    Time,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// A web address.
    Url,
    /// A path of a file.
    Path,
    /// A version number.
    Version,
    /// A whole number.
    Integer,
    /// A number that may have decimals.
    Number,
    /// Yes or no.
    Boolean,
    /// One of a few words: what the schema says, and what a Chinese speaker says.
    Choice(Vec<(String, String)>),
    /// Several values of one kind.
    List(Box<Kind>),
}

impl Kind {
    /// The kind named in `fields.txt`.
    #[must_use]
    pub fn parse(name: &str) -> Self {
        if let Some(choices) = name.strip_prefix("enum:") {
            let pair = |c: &str| c.split_once('=').map(|(en, zh)| (en.to_owned(), zh.to_owned()));
            return Self::Choice(choices.split(',').filter_map(pair).collect());
        }
        match name {
            "text" => Self::Text,
            "person" => Self::Person,
            "place" => Self::Place,
            "code" => Self::Code,
            "date" => Self::Date,
            "time" => Self::Time,
            "email" => Self::Email,
            "phone" => Self::Phone,
            "url" => Self::Url,
            "path" => Self::Path,
            "version" => Self::Version,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "boolean" => Self::Boolean,
            "words" => Self::List(Box::new(Self::Word)),
            "people" => Self::List(Box::new(Self::Person)),
            "codes" => Self::List(Box::new(Self::Code)),
            "integers" => Self::List(Box::new(Self::Integer)),
            "places" => Self::List(Box::new(Self::Place)),
            _ => Self::Word,
        }
    }

    /// The JSON schema of such a value.
    #[must_use]
    pub fn schema(&self) -> Value {
        match self {
            Self::Integer => json!({"type": "integer"}),
            Self::Number => json!({"type": "number"}),
            Self::Boolean => json!({"type": "boolean"}),
            Self::Choice(choices) => {
                let words: Vec<&String> = choices.iter().map(|c| &c.0).collect();
                json!({"type": "string", "enum": words})
            }
            Self::List(of) => json!({"type": "array", "items": of.schema()}),
            _ => json!({"type": "string"}),
        }
    }

    /// A value of this kind.
    pub fn draw(&self, d: &mut Draw) -> Said {
        match self {
            Self::Word => Said::verbatim(word(d)),
            Self::Text => Said::verbatim(text(d)),
            Self::Person => Said::verbatim(d.person()),
            Self::Place => Said::verbatim(place(d)),
            Self::Code => Said::verbatim(code(d)),
            Self::Date => Said::verbatim(date(d)),
            Self::Time => Said::verbatim(time(d)),
            Self::Email => Said::verbatim(email(d)),
            Self::Phone => Said::verbatim(phone(d)),
            Self::Url => {
                let (host, page) = (d.coined(), d.english());
                Said::verbatim(format!(
                    "https://{host}.{}/{page}",
                    d.rng.pick(&["com", "org", "net", "cn", "io"])
                ))
            }
            Self::Path => {
                let (dir, file) = (d.english(), d.coined());
                Said::verbatim(format!("/{dir}/{file}.{}", d.rng.pick(&["txt", "csv", "log", "md", "jpg"])))
            }
            Self::Version => {
                let (a, b, c) = (d.rng.below(10), d.rng.below(30), d.rng.below(10));
                Said::verbatim(if d.chance(50) { format!("{a}.{b}") } else { format!("{a}.{b}.{c}") })
            }
            Self::Integer => integer(d),
            Self::Number => number(d),
            Self::Boolean => {
                let yes = d.chance(60);
                Said { text: yes.to_string(), json: Value::from(yes) }
            }
            Self::Choice(choices) => {
                let (en, zh) = d.rng.one(choices).clone();
                let text = if d.zh() && d.chance(80) { zh } else { en.clone() };
                Said { text, json: Value::from(en) }
            }
            Self::List(of) => list(of, d),
        }
    }
}

/// An identifier of letters and digits.
pub fn code(d: &mut Draw) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
    const MIXED: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let draw = |d: &mut Draw, of: &[u8], n: usize| -> String {
        (0..n).map(|_| char::from(*d.rng.one(of))).collect()
    };
    match d.rng.below(7) {
        0 => format!("{}{}", draw(d, LETTERS, 1), d.rng.between(10, 9999)),
        1 => format!("{}-{}", draw(d, LETTERS, 2), d.rng.between(100, 99999)),
        2 => d.rng.between(1000, 999_999).to_string(),
        3 => draw(d, MIXED, 6),
        4 => format!("{}-{}", d.english(), d.rng.between(1, 999)),
        5 => format!("{}_{}", d.coined(), d.rng.between(1, 99)),
        _ => format!("{}{}-{}", draw(d, LETTERS, 1), d.rng.between(1, 999), d.rng.between(1000, 1299)),
    }
}

fn word(d: &mut Draw) -> String {
    if d.chance(70) {
        return d.name();
    }
    let (a, b) = (d.name(), d.name());
    if d.zh() { format!("{a}{b}") } else { format!("{a} {b}") }
}

fn text(d: &mut Draw) -> String {
    if d.zh() && d.chance(85) {
        return d.han(4, 9);
    }
    let n = 2 + d.rng.below(4);
    let words: Vec<&str> = (0..n).map(|_| d.english()).collect();
    words.join(" ")
}

fn place(d: &mut Draw) -> String {
    if d.zh() && d.chance(80) {
        let name = d.han(2, 3);
        return format!("{name}{}", d.rng.pick(&["", "", "市", "县", "镇", "路", "港"]));
    }
    let name = if d.chance(50) { d.coined() } else { d.english().to_owned() };
    format!("{}{}", capitalize(&name), d.rng.pick(&["", "", "", " Street", " Bay", " City", "ville"]))
}

fn email(d: &mut Draw) -> String {
    let who = if d.chance(50) { d.english().to_owned() } else { d.coined() };
    let digits = if d.chance(40) { d.rng.between(1, 99).to_string() } else { String::new() };
    let at = d.english();
    format!("{who}{digits}@{at}.{}", d.rng.pick(&["com", "org", "net", "cn", "io"]))
}

fn phone(d: &mut Draw) -> String {
    if d.chance(50) {
        return format!("1{}", d.rng.between(3_000_000_000, 9_999_999_999));
    }
    format!("{}-{}", d.rng.between(200, 999), d.rng.between(1_000_000, 9_999_999))
}

fn integer(d: &mut Draw) -> Said {
    const EN: &[&str] = &["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    const ZH: &[&str] = &["一", "两", "三", "四", "五", "六", "七", "八", "九", "十"];
    let n = match d.rng.below(3) {
        0 => d.rng.between(1, 10),
        1 => d.rng.between(1, 99),
        _ => d.rng.between(10, 5000),
    };
    let spelled = usize::try_from(n - 1).ok().and_then(|i| if d.zh() { ZH.get(i) } else { EN.get(i) });
    let text = match spelled {
        Some(word) if d.chance(30) => (*word).to_owned(),
        _ => n.to_string(),
    };
    Said { text, json: Value::from(n) }
}

fn number(d: &mut Draw) -> Said {
    let text = match d.rng.below(3) {
        0 => format!("{}.{}", d.rng.below(10), 1 + d.rng.below(9)),
        1 => format!("{}.{}{}", d.rng.below(100), d.rng.below(10), 1 + d.rng.below(9)),
        _ => d.rng.between(1, 500).to_string(),
    };
    let json = serde_json::from_str(&text).unwrap_or(Value::Null);
    Said { text, json }
}

fn list(of: &Kind, d: &mut Draw) -> Said {
    let n = 2 + d.rng.below(2);
    let items: Vec<Said> = (0..n).map(|_| of.draw(d)).collect();
    let texts: Vec<&str> = items.iter().map(|i| i.text.as_str()).collect();
    let text = match (d.zh(), texts.split_last()) {
        (true, _) if d.chance(50) => texts.join("、"),
        (true, Some((last, rest))) => format!("{}和{last}", rest.join("、")),
        (false, Some((last, rest))) if d.chance(60) => format!("{} and {last}", rest.join(", ")),
        _ => texts.join(", "),
    };
    Said { text, json: items.into_iter().map(|i| i.json).collect() }
}
