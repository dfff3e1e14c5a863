//! Puts values into a template in one pass, so that a value that looks like a slot stays as it is.

/// `template` with every `{name}` replaced by its value; a name without a value is left out.
#[must_use]
pub fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        text.push_str(&rest[..open]);
        let Some(close) = rest[open..].find('}') else { break };
        let name = &rest[open + 1..open + close];
        if let Some((_, value)) = values.iter().find(|(n, _)| *n == name) {
            text.push_str(value);
        }
        rest = &rest[open + close + 1..];
    }
    text.push_str(rest);
    text
}
