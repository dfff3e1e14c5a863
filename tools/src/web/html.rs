//! Pages as readable text.

use std::rc::Rc;

use handyman_core::{ToolError, ToolErrorKind, ToolResult};
use htmd::{HtmlToMarkdown, Node};

use super::tree;
use crate::apart;

/// Elements that are not what a page is about.
const SKIPPED: [&str; 13] = [
    "script", "style", "noscript", "template", "nav", "footer", "aside", "button", "iframe", "svg", "canvas",
    "select", "dialog",
];
/// What frames a page as a whole; within its main text it holds the headline.
const HEADER: &str = "header";
/// Characters by the names that they have in pages.
const NAMED: [(&str, char); 18] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
    ("ndash", '\u{2013}'),
    ("mdash", '\u{2014}'),
    ("hellip", '\u{2026}'),
    ("lsquo", '\u{2018}'),
    ("rsquo", '\u{2019}'),
    ("ldquo", '\u{201c}'),
    ("rdquo", '\u{201d}'),
    ("laquo", '\u{ab}'),
    ("raquo", '\u{bb}'),
    ("middot", '\u{b7}'),
    ("bull", '\u{2022}'),
    ("euro", '\u{20ac}'),
];
/// What is there to be filled in, unless the whole page stands in it.
const FORM: &str = "form";

/// The title of a page and its main text as Markdown, which is empty where there is none.
///
/// # Errors
/// Of kind `Refused`, if the page is nested too deeply to be read, is too large as a tree, or takes too long.
pub(crate) fn readable(html: &str) -> ToolResult<(String, String)> {
    let html = html.to_owned();
    apart::read(apart::TIME_MAX, move || read(&html))
        .map_err(|why| ToolError::new(ToolErrorKind::Refused, format!("the page cannot be read: {why}")))?
}

fn read(html: &str) -> ToolResult<(String, String)> {
    let lower = html.to_ascii_lowercase();
    let title = between(html, &lower, "title").map(|text| unescaped(&joined(text))).unwrap_or_default();
    let within = |name: &str| between(html, &lower, name);
    let article = within("main").or_else(|| within("article"));
    let main = article.or_else(|| within("body")).unwrap_or(html);
    let tree = tree::of(main).map_err(|tree::TooLarge| {
        ToolError::new(ToolErrorKind::Refused, "the page is nested too deeply, or is too large, to be read")
    })?;
    let frame: &[&str] = if article.is_some() { &[] } else { &[HEADER] };
    Ok((title, text(&tree, frame)))
}

/// The text of a page without its frame, and without forms that are no more than a part of it.
fn text(tree: &Rc<Node>, frame: &[&str]) -> String {
    let without = |more: &[&str]| {
        let skipped: Vec<&str> = SKIPPED.iter().chain(more).copied().collect();
        let converter = HtmlToMarkdown::builder().skip_tags(skipped).build();
        tidied(&converter.tree_to_markdown(tree))
    };
    let (whole, around) = (without(frame), without(&[frame, &[FORM][..]].concat()));
    let most = if around.len() < whole.len() / 2 { whole } else { around };
    if most.is_empty() { without(&[]) } else { most }
}

/// What stands between the first opening tag of an element and the last closing one.
fn between<'a>(html: &'a str, lower: &str, name: &str) -> Option<&'a str> {
    let open = format!("<{name}");
    let begin = lower.match_indices(&open).map(|(at, _)| at).find(|at| {
        // `<main>`, not `<maintenance>`.
        lower[at + open.len()..].starts_with(|next: char| next == '>' || next.is_ascii_whitespace())
    })?;
    let begin = begin + lower[begin..].find('>')? + 1;
    let close = format!("</{name}>");
    let end = match name {
        "title" => begin + lower[begin..].find(&close)?,
        _ => lower.rfind(&close).filter(|end| *end >= begin)?,
    };
    html.get(begin..end)
}

fn joined(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text whose character references are characters: those by number, and those by a common name.
pub(super) fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let meant = after.split_once(';').and_then(|(name, left)| Some((character(name)?, left)));
        let (sign, left) = meant.unwrap_or(('&', after));
        plain.push(sign);
        rest = left;
    }
    plain.push_str(rest);
    plain
}

/// The character that a reference names: `amp`, `#8211`, `#x27`.
fn character(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => number.parse(),
        };
        return char::from_u32(code.ok()?).filter(|c| !c.is_control());
    }
    NAMED.iter().find(|(known, _)| *known == name).map(|(_, character)| *character)
}

/// No images, no more than one empty line, no blanks at line ends.
fn tidied(text: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines().map(str::trim_end) {
        let is_image = line.trim_start().starts_with("![");
        let is_second_blank = line.is_empty() && lines.last().is_none_or(|last| last.is_empty());
        if !is_image && !is_second_blank {
            lines.push(line);
        }
    }
    lines.join("\n").trim().to_owned()
}
