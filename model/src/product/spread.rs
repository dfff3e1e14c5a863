//! Requests that tell their parts one after the other, each in a clause of its own: "I have to be in Madrid on Friday.
//! Three of us, nothing before nine. Book us the cheapest train."

use crate::draw::{Draw, capitalize};
use crate::grammar::{phrase, tidy};

/// What stands between two clauses, the usual first.
const JOINTS: [&[&str]; 2] = [
    &[", ", ", ", ", ", ". ", ". ", ". ", " and ", "; ", "\n", " - ", "... ", ", and ", " "],
    &["，", "，", "，", "，", "。", "。", " ", "；", "\n", "！", "、"],
];

/// Percentage of requests told this way where both ways are possible.
const TOLD_PERCENT: usize = 28;

/// Whether this request is told in parts.
pub(super) fn is_told_in_parts(d: &mut Draw) -> bool {
    d.chance(TOLD_PERCENT)
}

/// The rules of the parts that are said.
pub(super) fn said(parts: &[(bool, &'static str)]) -> Vec<&'static str> {
    parts.iter().filter_map(|(said, rule)| said.then_some(*rule)).collect()
}

/// A request of one clause for each rule: `order`, what is asked for, mostly at the end, else at the beginning or among `facts`;
/// the first of these mostly before the others, which come in any order.
pub(super) fn told(d: &mut Draw, facts: &[&str], order: &str, slots: &[(&str, &str)]) -> String {
    let mut rules = facts.to_vec();
    if d.chance(70) && rules.len() > 1 {
        d.rng.shuffle(&mut rules[1..]);
    } else {
        d.rng.shuffle(&mut rules);
    }
    let at = match d.rng.below(100) {
        0..60 => rules.len(),
        60..85 => 0,
        _ => d.rng.below(rules.len() + 1),
    };
    rules.insert(at, order);
    let (zh, capitals) = (d.zh(), d.chance(60));
    let mut text = String::new();
    for rule in rules {
        let clause = phrase(d, rule, slots);
        if text.is_empty() {
            text = clause;
            continue;
        }
        let joint = joint(d, &text);
        let begins = !zh && capitals && joint.starts_with(['.', '?', '\n']);
        text = text.trim_end_matches(['?', '？']).to_owned() + &joint;
        text.push_str(&if begins { capitalize(&clause) } else { clause });
    }
    tidy(&text)
}

/// What stands after `said`; a question keeps its mark.
fn joint(d: &mut Draw, said: &str) -> String {
    let asks = said.ends_with(['?', '？']);
    match (d.zh(), asks) {
        (false, true) => "? ".to_owned(),
        (true, true) => "？".to_owned(),
        (false, false) => d.rng.pick(JOINTS[0]).to_owned(),
        (true, false) => d.rng.pick(JOINTS[1]).to_owned(),
    }
}
