//! Tools that others wrote: what their names, descriptions and schemas become here.

mod references;
mod schema;

pub(crate) use schema::adopted;

/// Characters of a description that the model is shown.
const DESCRIPTION_CHARS_MAX: usize = 160;
/// Characters of a name.
const NAME_CHARS_MAX: usize = 64;

/// A name of letters, digits, `_` and `-`; everything else becomes `_`.
pub(crate) fn name(foreign: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let name: String = foreign.chars().map(|c| if fits(c) { c } else { '_' }).take(NAME_CHARS_MAX).collect();
    let name = name.trim_matches('_');
    if name.is_empty() { "tool".to_owned() } else { name.to_owned() }
}

/// The first sentences of a description that fit, on one line.
pub(crate) fn description(foreign: &str) -> String {
    let paragraph = foreign.trim().split("\n\n").next().unwrap_or_default();
    let line = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some((end, _)) = line.char_indices().nth(DESCRIPTION_CHARS_MAX) else { return line };
    let head = &line[..end];
    let sentence = head.rfind(". ").map(|dot| &head[..=dot]);
    match sentence {
        Some(sentence) => sentence.to_owned(),
        None => format!("{}…", head.rsplit_once(' ').map_or(head, |(whole, _)| whole)),
    }
}

#[cfg(test)]
mod tests;
