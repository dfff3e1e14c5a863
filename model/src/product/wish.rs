//! Clauses of their own that say which one is wanted: "as cheap as possible", 哪个便宜要哪个.

use crate::draw::Draw;
use crate::grammar::phrase;

/// How an order is said, where it is said by a clause of its own.
pub(super) fn draw(d: &mut Draw, order: &str) -> String {
    let rule = match order {
        "earliest" => "wish_earliest",
        "latest" => "wish_latest",
        "cheapest" => "wish_cheapest",
        "fastest" => "wish_fastest",
        "best" => "wish_best",
        _ => return String::new(),
    };
    phrase(d, rule, &[])
}

/// A wording with such a clause at its end, or as it is.
pub(super) fn add(d: &mut Draw, clause: String, wish: &str) -> String {
    if wish.is_empty() {
        return clause;
    }
    let asks = clause.ends_with(['?', '？']);
    let joint = match (d.zh(), asks && d.chance(60)) {
        (false, true) => "? ",
        (true, true) => "？",
        (false, false) => d.rng.pick(&[", ", ", ", ", ", " - ", "; ", ". ", ", but "]),
        (true, false) => d.rng.pick(&["，", "，", "，", "。", " ", "；"]),
    };
    format!("{}{joint}{wish}", clause.trim_end_matches(['?', '？', '.', '。', ' ']))
}
