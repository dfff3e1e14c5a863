//! How many people: `2`, `two people`, `两位`, `我一个人`.

use handyman_core::{ToolError, ToolResult};

use super::numbers;
use super::text::{folded, words};

const PEOPLE_MAX: u32 = 20;
const PHRASES: [(&str, u32); 13] = [
    ("一家三口", 3),
    ("一家四口", 4),
    ("咱俩", 2),
    ("我俩", 2),
    ("夫妻", 2),
    ("just me", 1),
    ("myself", 1),
    ("alone", 1),
    ("both", 2),
    ("pair", 2),
    ("wife and i", 2),
    ("husband and i", 2),
    ("me and my", 2),
];

/// Reads a number of people.
///
/// # Errors
/// A wrong argument: no number, none, or more than twenty.
pub fn people(parameter: &str, text: &str) -> ToolResult<u32> {
    match count(&folded(text)) {
        Some(number) if (1..=PEOPLE_MAX).contains(&number) => Ok(number),
        Some(number) => {
            let message = format!("{number} people cannot be booked at once; between 1 and {PEOPLE_MAX} can");
            Err(ToolError::argument(parameter, message))
        }
        None => {
            let message = format!("'{text}' is not a number of people; write for example 2, two or 两位");
            Err(ToolError::argument(parameter, message))
        }
    }
}

fn count(text: &str) -> Option<u32> {
    if let Some((_, number)) = PHRASES.iter().find(|(phrase, _)| text.contains(phrase)) {
        return Some(*number);
    }
    let words = words(text);
    // The article of `a table for six` is no number of people.
    let starts = (0..words.len()).filter(|start| !["a", "an"].contains(&words[*start].as_str()));
    let english =
        starts.filter_map(|start| numbers::english(&words[start..])).map(|(number, _)| number).next();
    english
        .or_else(|| {
            text.char_indices()
                .find_map(|(start, _)| numbers::chinese(&text[start..]))
                .map(|(number, _)| number)
        })
        .or_else(|| (text == "me" || text == "我").then_some(1))
}
