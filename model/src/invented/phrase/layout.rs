//! Where the values of a request stand: after it, before it, in sentences of their own, in a list.

use crate::draw::Draw;

use super::mention::{Shape, filled, mention, shaped, template};
use super::{Clause, Mood, Open};

/// Puts the values wherever people put them.
pub(super) fn lay_out(d: &mut Draw, clause: &mut Clause, rest: &[Open<'_>]) {
    if rest.is_empty() {
        return;
    }
    match d.rng.below(100) {
        0..40 => in_line(d, clause, rest),
        40..54 => lead(d, clause, rest),
        54..72 => sentences(d, clause, rest),
        72..86 => list(d, clause, rest),
        _ => bracketed(d, clause, rest),
    }
}

/// Puts the values after the sentence: "calibrate the loom, speed 40, width 3".
pub(super) fn in_line(d: &mut Draw, clause: &mut Clause, rest: &[Open<'_>]) {
    let Some((first, others)) = rest.split_first() else { return };
    if rest.len() > 1 && d.chance(35) {
        let joint = d.say(&[", ", " with ", ": ", " - "], &["，", "：", "，"]);
        let said = enumerated(d, rest, Shape::Noun);
        clause.push_str(joint);
        clause.push_str(&said);
        return;
    }
    let joint = d.say(
        &[", ", ", ", " with ", " with ", " - ", ": ", " using ", "; ", " / "],
        &["，", "，", "，", "：", "；", "，其中", " / "],
    );
    let said = shaped(d, *first, Shape::Noun);
    clause.push_str(joint);
    clause.push_str(&said);
    let between =
        d.say(&[", ", ", ", " and ", "; ", ", and ", " / "], &["，", "，", "、", "；", "，还有", " / "]);
    for (field, said) in others {
        let said = mention(d, field, said);
        clause.push_str(between);
        clause.push_str(&said);
    }
}

/// The values in one wording: "speed 40, width 3 and mode fast".
fn enumerated(d: &mut Draw, values: &[Open<'_>], shape: Shape) -> String {
    let named = values.iter().find(|v| !v.1.json.is_boolean()).or(values.first());
    let Some(one) = named else { return String::new() };
    let form = template(d, *one, shape);
    let mut said = Vec::new();
    for value in values {
        let own = if value.1.json.is_boolean() { template(d, *value, shape) } else { form };
        said.push(filled(d, *value, own, shape));
    }
    let (comma, and) = if d.zh() {
        *d.rng.one(&[("、", "和"), ("，", "，"), ("、", "、"), ("，", "，并且"), ("；", "；")])
    } else {
        *d.rng.one(&[(", ", " and "), (", ", ", and "), (", ", ", "), ("; ", "; "), (" and ", " and ")])
    };
    match said.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{}{and}{last}", rest.join(comma)),
        _ => said.concat(),
    }
}

/// Some of the values come first: "With a speed of 40, calibrate the loom".
fn lead(d: &mut Draw, clause: &mut Clause, rest: &[Open<'_>]) {
    let (first, others) = rest.split_at(1 + d.rng.below(rest.len()));
    let said = enumerated(d, first, Shape::Noun);
    let (before, after) = if d.zh() {
        *d.rng.one(&[
            ("", "，"),
            ("", "："),
            ("", "，"),
            ("按", "，"),
            ("条件：", "，"),
            ("就按", "来，"),
            ("（", "）"),
        ])
    } else {
        *d.rng.one(&[
            ("with ", ", "),
            ("with ", ", "),
            ("using ", ", "),
            ("", ": "),
            ("", ", "),
            ("", " - "),
            ("given ", ", "),
            ("(", ") "),
        ])
    };
    clause.keeps_case = before.is_empty();
    clause.lead = format!("{before}{said}{after}");
    in_line(d, clause, others);
}

/// Some of the values have sentences of their own: "Make it 40 for the speed."
fn sentences(d: &mut Draw, clause: &mut Clause, rest: &[Open<'_>]) {
    let (here, later) = rest.split_at(d.rng.below(rest.len()));
    in_line(d, clause, here);
    let stop = d.say(&[". ", ". ", "; ", ", "], &["。", "，", "；", "，"]);
    let mut said = Vec::new();
    for value in later {
        said.push(shaped(d, *value, Shape::Sentence));
    }
    clause.tail = format!("{}{}", if d.zh() { "" } else { " " }, said.join(stop));
}

/// The values stand on lines of their own.
fn list(d: &mut Draw, clause: &mut Clause, rest: &[Open<'_>]) {
    let bullet = d.rng.pick(&["\n- ", "\n", "\n", "\n* ", "\n• "]);
    let one_style = d.chance(75);
    let mut form = "";
    for (at, value) in rest.iter().enumerate() {
        if at == 0 || !one_style || value.1.json.is_boolean() {
            form = template(d, *value, Shape::Line);
        }
        let said = filled(d, *value, form, Shape::Line);
        clause.tail.push_str(bullet);
        clause.tail.push_str(&said);
    }
}

/// The values stand in brackets.
fn bracketed(d: &mut Draw, clause: &mut Clause, rest: &[Open<'_>]) {
    let shape = if d.chance(50) { Shape::Noun } else { Shape::Line };
    let said = enumerated(d, rest, shape);
    let (open, close) = if d.zh() {
        *d.rng.one(&[("（", "）"), ("（", "）"), ("(", ")"), ("，参数：", ""), ("【", "】")])
    } else {
        *d.rng.one(&[(" (", ")"), (" (", ")"), (" [", "]"), (" -- ", ""), (" {", "}")])
    };
    clause.push_str(open);
    clause.push_str(&said);
    clause.push_str(close);
    if clause.mood == Mood::Question && close.is_empty() {
        clause.mood = Mood::Statement;
    }
}
