//! Figures: what an answer states that can be checked letter by letter.
//!
//! A figure is a word with a digit in it, or several of them joined by one `.`, `:`, `,`, `-` or `/`: a time, a
//! price, a date, a reference. An answer that is *grounded* states only figures that the person, the system or a
//! result has said, some of them written another way: 08:15 as 8:15, 553.00 as 553, three rows as 3.

use std::collections::BTreeSet;

use handyman_core::{Message, Part, Role};
use serde_json::Value;

/// What may join the words of one figure.
const JOINTS: [char; 5] = ['.', ':', ',', '-', '/'];
/// Rows of a list are counted, and numbered, up to here.
const ROWS_MAX: usize = 50;

/// The figures of a text, in order.
pub(crate) fn figures(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    let mut last: Option<(usize, usize)> = None;
    for (start, end) in words(text) {
        if !text[start..end].bytes().any(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let joined = last.filter(|(_, before)| is_joint(&text[*before..start]));
        let begins = joined.map_or(start, |(begins, _)| begins);
        if joined.is_some() {
            found.pop();
        }
        found.push(&text[begins..end]);
        last = Some((begins, end));
    }
    found
}

/// Whether a text states only figures that its history has said.
///
/// # Errors
/// What is wrong with it, for the model to hear.
pub(crate) fn check(text: &str, history: &[Message]) -> Result<(), String> {
    let known = known(history);
    match text.lines().map(unnumbered).flat_map(figures).find(|figure| !known.contains(*figure)) {
        Some(figure) => {
            Err(format!("'{figure}' stands in no result and nobody said it; tell only what was said"))
        }
        None => Ok(()),
    }
}

/// A line without its number in a list.
fn unnumbered(line: &str) -> &str {
    let rest = line.trim_start_matches(|first: char| first.is_ascii_digit());
    let numbered = (1..=2).contains(&(line.len() - rest.len()));
    rest.strip_prefix(". ").or_else(|| rest.strip_prefix(") ")).filter(|_| numbered).unwrap_or(line)
}

/// What a grounded answer may state after this history.
pub(crate) fn known(history: &[Message]) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    let spoken = history.iter().filter(|message| message.role != Role::Assistant);
    for part in spoken.flat_map(|message| &message.parts) {
        match part {
            Part::Text(text) | Part::Note(text) => learn(text, &mut known),
            Part::Result(result) => learn_value(&result.result, &mut known),
            Part::Reasoning(_) | Part::Call(_) => {}
        }
    }
    known
}

/// The pattern of texts that state no other figures than these.
#[cfg(feature = "llama")]
pub(crate) fn pattern(known: &BTreeSet<String>) -> String {
    // Numbers of a list ("1. ") are no figures of the answer.
    let (number, plain) = (r"([0-9]{1,2}[.)] )?", r"([^0-9]|\n[0-9]{1,2}[.)] )*");
    if known.is_empty() {
        return format!("{number}{plain}");
    }
    let figures: Vec<String> =
        known.iter().map(|figure| crate::constrain::grammar::escaped(figure)).collect();
    let figure = format!("({})", figures.join("|"));
    let between = format!(r"([^A-Za-z0-9.:,\-\/]|[^A-Za-z0-9]{plain}[^A-Za-z0-9])");
    format!("{number}({plain}|({plain}[^A-Za-z0-9])?{figure}({between}{figure})*([^A-Za-z0-9]{plain})?)")
}

/// Where the words of a text begin and end: letters and digits of ASCII. Other scripts have no digits of their own in
/// what tools write.
fn words(text: &str) -> Vec<(usize, usize)> {
    let mut words: Vec<(usize, usize)> = Vec::new();
    for (at, _) in text.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_alphanumeric()) {
        match words.last_mut() {
            Some((_, end)) if *end == at => *end = at + 1,
            Some(_) | None => words.push((at, at + 1)),
        }
    }
    words
}

fn is_joint(between: &str) -> bool {
    let mut characters = between.chars();
    matches!((characters.next(), characters.next()), (Some(one), None) if JOINTS.contains(&one))
}

fn learn_value(value: &Value, known: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => learn(text, known),
        Value::Number(number) => learn(&number.to_string(), known),
        Value::Array(items) => {
            known.extend((1..=items.len().min(ROWS_MAX)).map(|row| row.to_string()));
            for item in items {
                learn_value(item, known);
            }
        }
        Value::Object(fields) => {
            for (name, inner) in fields {
                learn(name, known);
                learn_value(inner, known);
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

/// Notes the figures of a text and other ways to write them.
fn learn(text: &str, known: &mut BTreeSet<String>) {
    for figure in figures(text) {
        // The parts of a range or a date can be told one by one; those of a time or a price cannot.
        for part in figure.split(['-', '/']).chain([figure]) {
            known.extend(ways(part));
        }
    }
}

/// Ways to write a figure.
fn ways(figure: &str) -> Vec<String> {
    let mut ways = vec![figure.to_owned()];
    let bare = figure.trim_start_matches('0');
    if bare.len() < figure.len() && bare.starts_with(|first: char| first.is_ascii_digit()) {
        ways.push(bare.to_owned());
    }
    if let Some((hour, minute)) = clock(figure) {
        let (twelve, half) = ((hour + 11) % 12 + 1, if hour < 12 { "am" } else { "pm" });
        ways.extend([
            format!("{hour}:{minute:02}"),
            format!("{hour:02}:{minute:02}"),
            format!("{twelve}:{minute:02}"),
            format!("{twelve}:{minute:02}{half}"),
        ]);
        if minute == 0 {
            ways.extend([hour.to_string(), twelve.to_string(), format!("{twelve}{half}")]);
        }
    } else if let Some(number) = number(figure) {
        ways.extend([number.to_string(), format!("{number:.2}"), format!("{number:.0}")]);
        ways.push(thousands(figure));
    }
    ways
}

/// The value of a figure of digits and a point alone: what else Rust reads as a number (`1e5`) is a reference.
fn number(figure: &str) -> Option<f64> {
    let plain = figure.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    figure.parse().ok().filter(|_| plain)
}

/// The hour and minute of 08:15, 8:15pm or 8pm.
fn clock(figure: &str) -> Option<(u32, u32)> {
    let (digits, afternoon) = match (figure.strip_suffix("am"), figure.strip_suffix("pm")) {
        (Some(digits), _) => (digits, Some(false)),
        (None, Some(digits)) => (digits, Some(true)),
        (None, None) => (figure, None),
    };
    let (hour, minute) = match (digits.split_once(':'), afternoon) {
        (Some((hour, minute)), _) => (hour.parse::<u32>().ok()?, minute.parse::<u32>().ok()?),
        (None, Some(_)) => (digits.parse::<u32>().ok()?, 0),
        (None, None) => return None,
    };
    let hour = match afternoon {
        Some(true) if hour < 12 => hour + 12,
        Some(false) if hour == 12 => 0,
        Some(_) | None => hour,
    };
    (hour < 24 && minute < 60).then_some((hour, minute))
}

/// A whole number with commas between its thousands.
fn thousands(figure: &str) -> String {
    let (whole, rest) = figure.split_once('.').map_or((figure, String::new()), |(w, r)| (w, format!(".{r}")));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + &rest
}

#[cfg(all(test, feature = "llama"))]
mod tests;
