//! Puts values into a template in one pass, so that a value that looks like a slot stays as it is.

/// `template` with every `{name}` replaced by its value; a name without a value is left out.
#[must_use]
pub fn fill(template: &str, values: &[(&str, &str)]) -> String {
    joined(template, values, false)
}

/// As [`fill`], with a space where a value would run into the letter or digit next to it.
#[must_use]
pub fn fill_apart(template: &str, values: &[(&str, &str)]) -> String {
    joined(template, values, true)
}

fn joined(template: &str, values: &[(&str, &str)], apart: bool) -> String {
    let mut text = String::with_capacity(template.len() + 32);
    let mut push = |piece: &str| {
        let touches = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        if apart && touches(text.chars().next_back()) && touches(piece.chars().next()) {
            text.push(' ');
        }
        text.push_str(piece);
    };
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        push(&rest[..open]);
        rest = &rest[open..];
        let Some(close) = rest.find('}') else { break };
        let name = &rest[1..close];
        if let Some((_, value)) = values.iter().find(|(n, _)| *n == name) {
            push(value);
        }
        rest = &rest[close + 1..];
    }
    push(rest);
    text
}
