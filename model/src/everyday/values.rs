//! Values of everyday tools: how people say them, and what goes into the call.

use jiff::civil::Date;
use serde_json::{Value, json};

use crate::draw::Draw;
use crate::product::{info, slots};
use crate::value::{self, Said, code};

/// What kind of value an argument takes.
#[derive(Debug)]
pub(super) enum Kind {
    Int(i64, i64),
    /// In hundredths.
    Number(i64, i64),
    /// One of a few: the value, how it is said in English and in Chinese.
    Choice(Vec<[&'static str; 3]>),
    /// Yes or no, each as it is said in English and in Chinese.
    Flag(Vec<[&'static str; 3]>),
    /// Examples of a free text, in English and in Chinese.
    Free(Vec<[&'static str; 2]>),
    Plain(Plain),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Plain {
    Person,
    City,
    Day,
    Time,
    Email,
    Phone,
    Url,
    Code,
    File,
    Word,
    Phrase,
    Errand,
}

impl Kind {
    /// The kind that a data file names.
    pub(super) fn parse(text: &'static str) -> Option<Self> {
        let (name, rest) = text.split_once(' ').unwrap_or((text, ""));
        let said = |part: &'static str| {
            let (value, said) = part.trim().split_once('=')?;
            let (en, zh) = said.split_once(':')?;
            Some([value.trim(), en.trim(), zh.trim()])
        };
        let items = || rest.split([',', '，']).filter(|part| !part.trim().is_empty()).map(said).collect();
        Some(match name {
            "int" => range(rest, 1.0).map(|(from, to)| Self::Int(from, to))?,
            "number" => range(rest, 100.0).map(|(from, to)| Self::Number(from, to))?,
            "enum" => Self::Choice(Option::<Vec<_>>::filter(items(), |all| all.len() > 1)?),
            "bool" => Self::Flag(Option::<Vec<_>>::filter(items(), |all| all.len() > 1)?),
            "list" => {
                let all: Vec<[&'static str; 3]> = Option::<Vec<_>>::filter(items(), |all| all.len() > 1)?;
                Self::Free(all.into_iter().map(|[_, en, zh]| [en, zh]).collect())
            }
            _ => Self::Plain(Plain::parse(name)?),
        })
    }

    pub(super) fn schema(&self) -> Value {
        match self {
            Self::Int(..) => json!({"type": "integer"}),
            Self::Number(..) => json!({"type": "number"}),
            Self::Choice(choices) => {
                json!({"type": "string", "enum": choices.iter().map(|choice| choice[0]).collect::<Vec<_>>()})
            }
            Self::Flag(_) => json!({"type": "boolean"}),
            Self::Free(_) | Self::Plain(_) => json!({"type": "string"}),
        }
    }

    pub(super) fn draw(&self, d: &mut Draw, today: Date, lower: bool) -> Said {
        match self {
            Self::Int(from, to) => {
                let n = d.rng.between(*from, *to);
                Said { text: spelled(d, n), json: Value::from(n) }
            }
            Self::Number(from, to) => {
                let hundredths = d.rng.between(*from, *to);
                let sign = if hundredths < 0 { "-" } else { "" };
                let (whole, part) = (hundredths.abs() / 100, hundredths.abs() % 100);
                let text = match d.rng.below(3) {
                    0 if whole > 0 => format!("{sign}{whole}"),
                    1 if part > 9 => format!("{sign}{whole}.{}", part / 10),
                    _ => format!("{sign}{whole}.{part:02}"),
                };
                let json = serde_json::from_str(&text).unwrap_or(Value::Null);
                Said { text, json }
            }
            Self::Choice(choices) => {
                let [value, en, zh] = *d.rng.one(choices);
                let text = if d.zh() { zh } else { en };
                Said { text: text.to_owned(), json: Value::from(value) }
            }
            Self::Flag(choices) => {
                let [value, en, zh] = *d.rng.one(choices);
                let text = if d.zh() { zh } else { en };
                Said { text: text.to_owned(), json: Value::from(value == "true") }
            }
            Self::Free(examples) => {
                let [en, zh] = *d.rng.one(examples);
                let text = if d.zh() { zh } else { en };
                Said { text: text.to_owned(), json: Value::from(without_article(text)) }
            }
            Self::Plain(plain) => plain.draw(d, today, lower),
        }
    }
}

impl Plain {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "person" => Self::Person,
            "city" => Self::City,
            "day" => Self::Day,
            "time" => Self::Time,
            "email" => Self::Email,
            "phone" => Self::Phone,
            "url" => Self::Url,
            "code" => Self::Code,
            "file" => Self::File,
            "word" => Self::Word,
            "phrase" => Self::Phrase,
            "errand" => Self::Errand,
            _ => return None,
        })
    }

    fn draw(self, d: &mut Draw, today: Date, lower: bool) -> Said {
        Said::verbatim(match self {
            Self::Person => d.person(),
            Self::City => slots::city(d, lower),
            Self::Day => slots::day(d, today, 20, lower),
            Self::Time => slots::time(d, 7, 22),
            Self::Email => return value::Kind::Email.draw(d),
            Self::Phone => return value::Kind::Phone.draw(d),
            Self::Url => return value::Kind::Url.draw(d),
            Self::Code => code(d),
            Self::File => file(d),
            Self::Word => d.name(),
            Self::Phrase => info::title(d),
            Self::Errand => info::errand(d),
        })
    }
}

/// A thing by its name: what people call `the red box` is a `red box`.
fn without_article(text: &str) -> &str {
    ["the ", "a ", "an ", "my ", "our "].iter().find_map(|article| text.strip_prefix(article)).unwrap_or(text)
}

/// `1.5..20`, in so many parts of one.
#[expect(clippy::cast_possible_truncation, reason = "small numbers of a data file")]
fn range(text: &str, parts: f64) -> Option<(i64, i64)> {
    let (from, to) = text.trim().split_once("..")?;
    let parsed = |text: &str| text.trim().parse::<f64>().ok().map(|number| (number * parts).round() as i64);
    Some((parsed(from)?, parsed(to)?))
}

fn file(d: &mut Draw) -> String {
    if d.chance(20) {
        return match value::Kind::Path.draw(d).json {
            Value::String(path) => path,
            _ => String::new(),
        };
    }
    let (one, other) = (d.english(), if d.chance(50) { d.coined() } else { d.english().to_owned() });
    let ending = d.rng.pick(&["pdf", "docx", "xlsx", "txt", "csv", "png", "jpg", "zip", "md", "mp4"]);
    match d.rng.below(4) {
        0 => format!("{one}.{ending}"),
        1 => format!("{one}_{other}.{ending}"),
        2 => format!("{one}-{}.{ending}", d.rng.between(1, 99)),
        _ => format!("{other}{}.{ending}", d.rng.between(2019, 2030)),
    }
}

/// A number as it is said: small ones in words now and then.
fn spelled(d: &mut Draw, n: i64) -> String {
    const EN: [&str; 12] =
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    const ZH: [&str; 12] = ["一", "两", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"];
    let words = if d.zh() { &ZH } else { &EN };
    let word = usize::try_from(n - 1).ok().and_then(|at| words.get(at)).filter(|_| d.chance(25));
    word.map_or_else(|| n.to_string(), |word| (*word).to_owned())
}
