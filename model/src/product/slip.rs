//! Slips: calls that take another piece of what was said for a place or a time. The error they get is what makes the
//! next call right.

use serde_json::Value;

use crate::conversation::Call;
use crate::draw::Draw;

/// Arguments that are mistaken, where a call has them.
const MISTAKEN: [&str; 7] = ["city", "from", "to", "city", "from", "to", "day"];

/// The call with another piece of what was said in place of one argument.
pub(super) fn slipped(d: &mut Draw, said: &str, call: &Call) -> Option<Call> {
    let keys: Vec<&str> =
        MISTAKEN.into_iter().filter(|key| call.arguments.get(*key).is_some_and(Value::is_string)).collect();
    if keys.is_empty() {
        return None;
    }
    let key = *d.rng.one(&keys);
    let other = match key {
        "from" if d.chance(30) => call.arguments.get("to")?.as_str()?.to_owned(),
        "to" if d.chance(30) => call.arguments.get("from")?.as_str()?.to_owned(),
        _ => piece(d, said)?,
    };
    let mut wrong = call.clone();
    let before = wrong.arguments.insert(key.to_owned(), Value::from(other));
    (before.as_ref() != wrong.arguments.get(key)).then_some(wrong)
}

/// One to three characters of Chinese, or one or two words.
fn piece(d: &mut Draw, said: &str) -> Option<String> {
    if d.zh() {
        let all: Vec<char> = said.chars().collect();
        let length = 1 + d.rng.below(3);
        let at = d.rng.below(all.len().saturating_sub(length).max(1));
        let piece: String = all.get(at..at + length)?.iter().collect();
        return piece.chars().all(char::is_alphanumeric).then_some(piece);
    }
    let words: Vec<&str> = said.split(' ').filter(|word| !word.is_empty()).collect();
    let length = 1 + d.rng.below(2);
    let at = d.rng.below(words.len().saturating_sub(length).max(1));
    let piece = words.get(at..at + length)?.join(" ");
    let piece = piece.trim_matches(|c: char| !c.is_alphanumeric());
    (!piece.is_empty()).then(|| piece.to_owned())
}
