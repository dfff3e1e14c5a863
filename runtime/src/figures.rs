//! Figures: what an answer states that can be checked letter by letter.
//!
//! A figure is a word with a digit in it, or several of them joined by one `.`, `:`, `,`, `-` or `/`: a time, a
//! price, a date, a reference. An answer that is *grounded* states only figures that the person, the system or a
//! result has said, some of them written another way: 08:15 as 8:15, 553.00 as 553, three rows as 3. A time of twelve hours
//! says which half of the day it means, where it could be taken for another one: 17:42 is 5:42 pm or 下午5:42, not 5:42.

use std::collections::BTreeSet;

use handyman_core::{Message, Part, Role, UNREADABLE};
use serde_json::Value;

/// What may join the words of one figure.
const JOINTS: [char; 5] = ['.', ':', ',', '-', '/'];
/// What says that a time is one after noon, in front of it.
const AFTERNOON: [&str; 2] = ["下午", "晚上"];
/// Rows of a list are counted, and numbered, up to here.
const ROWS_MAX: usize = 50;

/// The figures of a text, in order.
pub(crate) fn figures(text: &str) -> Vec<&str> {
    places(text).into_iter().map(|(start, end)| &text[start..end]).collect()
}

/// Where the figures of a text begin and end.
fn places(text: &str) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (start, end) in words(text) {
        if !text[start..end].bytes().any(|byte| byte.is_ascii_digit()) {
            continue;
        }
        match found.last_mut() {
            Some((_, before)) if is_joint(&text[*before..start]) => *before = end,
            Some(_) | None => found.push((start, end)),
        }
    }
    found
}

/// Whether a text states only figures that its history has said.
///
/// # Errors
/// What is wrong with it, for the model to hear.
pub(crate) fn check(text: &str, history: &[Message]) -> Result<(), String> {
    let known = known(history);
    let unknown = |line| {
        places(line)
            .into_iter()
            .find(|place| !is_known(line, *place, &known))
            .map(|(start, end)| &line[start..end])
    };
    match text.lines().map(unnumbered).find_map(unknown) {
        Some(figure) => {
            Err(format!("'{figure}' stands in no result and nobody said it; tell only what was said"))
        }
        None => Ok(()),
    }
}

/// Whether the figure in this place is known, by itself or with what says which half of the day it means.
fn is_known(line: &str, (start, end): (usize, usize), known: &BTreeSet<String>) -> bool {
    let (figure, before, after) = (&line[start..end], &line[..start], &line[end..]);
    let follows = |half: &str| {
        let rest = after.strip_prefix(' ').and_then(|rest| rest.strip_prefix(half));
        rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_alphanumeric()))
    };
    let with = |half: &str| known.contains(&format!("{figure}{half}"));
    let afternoon = AFTERNOON.iter().any(|word| before.ends_with(word));
    known.contains(figure)
        || afternoon && with("pm")
        || ["am", "pm"].into_iter().any(|half| follows(half) && with(half))
}

/// The times among the figures that say that they are of this half of the day, without saying it.
#[cfg(feature = "llama")]
fn times<'a>(known: &'a BTreeSet<String>, half: &'a str) -> impl Iterator<Item = &'a str> {
    let time = move |figure: &'a String| figure.strip_suffix(half);
    known.iter().filter_map(time).filter(|time| time.starts_with(|first: char| first.is_ascii_digit()))
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
            // It quotes what nobody has said.
            Part::Note(text) if text.starts_with(UNREADABLE) => {}
            Part::Text(text) | Part::Note(text) | Part::Task { text, .. } => learn(text, &mut known),
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
    let any_of = |texts: Vec<String>| {
        let texts: Vec<String> = texts.iter().map(|text| crate::constrain::grammar::escaped(text)).collect();
        format!("({})", texts.join("|"))
    };
    let halves = ["am", "pm"].map(|half| times(known, half).map(move |time| format!("{time} {half}")));
    let figure = any_of(known.iter().cloned().chain(halves.into_iter().flatten()).collect());
    let between = format!(r"([^A-Za-z0-9.:,\-\/]|[^A-Za-z0-9]{plain}[^A-Za-z0-9])");
    let (mut first, mut next) = (format!("({plain}[^A-Za-z0-9])?{figure}"), format!("{between}{figure}"));
    let late: Vec<String> = times(known, "pm").map(str::to_owned).collect();
    if !late.is_empty() {
        let late = format!("({}){}", AFTERNOON.join("|"), any_of(late));
        first = format!("({first}|{plain}{late})");
        next = format!("({next}|([^A-Za-z0-9]{plain})?{late})");
    }
    format!("{number}({plain}|{first}({next})*([^A-Za-z0-9]{plain})?)")
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
        if let Some((day, time)) = date_and_time(figure) {
            learn(day, known);
            learn(time, known);
        }
    }
}

/// The date and the time of 2026-11-23T08:00:00Z (RFC 3339), without what is finer than a second.
fn date_and_time(figure: &str) -> Option<(&str, &str)> {
    let (day, time) = figure.split_once('T').filter(|(day, _)| day.len() == "2026-11-23".len())?;
    let end = time.find(|c: char| !c.is_ascii_digit() && c != ':').unwrap_or(time.len());
    clock(&time[..end]).map(|_| (day, &time[..end]))
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
            format!("{twelve}:{minute:02}{half}"),
        ]);
        if minute == 0 {
            ways.extend([hour.to_string(), format!("{twelve}{half}")]);
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
    // A longer one is a reference: as a number it would be another.
    let exact = figure.len() <= f64::DIGITS as usize;
    figure.parse().ok().filter(|_| plain && exact)
}

/// The hour and minute of 08:15, 08:15:00, 8:15pm or 8pm.
fn clock(figure: &str) -> Option<(u32, u32)> {
    let (digits, afternoon) = match (figure.strip_suffix("am"), figure.strip_suffix("pm")) {
        (Some(digits), _) => (digits, Some(false)),
        (None, Some(digits)) => (digits, Some(true)),
        (None, None) => (figure, None),
    };
    let (hour, minute) = match (digits.split_once(':'), afternoon) {
        (Some((hour, rest)), _) => {
            let minute = rest.split_once(':').map_or(rest, |(minute, _seconds)| minute);
            (hour.parse::<u32>().ok()?, minute.parse::<u32>().ok()?)
        }
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
