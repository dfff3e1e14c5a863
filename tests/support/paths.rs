//! What Rust's source names, without comments and texts: a rule about code must not depend on how it is laid out.

/// Every path in the code, also where a `use` gathers several in braces: `std::env::var`. A word that stands alone
/// is a path of one (`unsafe`), and a macro ends with its mark (`println!`).
pub(crate) fn paths(source: &str) -> Vec<String> {
    let tokens = tokens(source);
    let (mut found, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        at = if is_word(tokens[at]) { path(&tokens, at, "", &mut found) } else { at + 1 };
    }
    found
}

/// Whether a path names this, or something in it; `*::now` is anything's `now`.
pub(crate) fn names(path: &str, what: &str) -> bool {
    match what.strip_prefix('*') {
        Some(rest) => format!("{path}::").contains(&format!("{rest}::")),
        None => format!("::{path}::").contains(&format!("::{what}::")),
    }
}

/// Adds the paths that begin here, each after `before`, and gives the place after them.
fn path(tokens: &[&str], mut at: usize, before: &str, found: &mut Vec<String>) -> usize {
    let mut path = before.to_owned();
    loop {
        match tokens.get(at) {
            Some(&"{") => {
                at += 1;
                while tokens.get(at).is_some_and(|token| *token != "}") {
                    let begins = is_word(tokens[at]) || tokens[at] == "{";
                    at = if begins { self::path(tokens, at, &path, found) } else { at + 1 };
                }
                return at + 1;
            }
            Some(word) if is_word(word) => {
                let between = if path.is_empty() { "" } else { "::" };
                path = format!("{path}{between}{word}");
                at += 1;
            }
            _ => break,
        }
        if tokens.get(at) != Some(&"::") {
            break;
        }
        at += 1;
    }
    if tokens.get(at) == Some(&"!") && tokens.get(at + 1) != Some(&"=") {
        path.push('!');
    }
    found.push(path);
    at
}

fn is_word(token: &str) -> bool {
    token.starts_with(is_letter)
}

fn is_letter(of: char) -> bool {
    of.is_alphanumeric() || of == '_'
}

/// The words and signs of the code.
fn tokens(source: &str) -> Vec<&str> {
    let (mut tokens, mut rest) = (Vec::new(), source);
    while let Some(first) = rest.chars().next() {
        if let Some(length) = silent(rest) {
            rest = &rest[length..];
            continue;
        }
        let length = if is_letter(first) {
            rest.find(|of: char| !is_letter(of)).unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        tokens.push(&rest[..length]);
        rest = &rest[length..];
    }
    tokens
}

/// The length of what is no code here: a space, a comment, a text or a letter in quotation marks.
fn silent(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return Some(comment(rest));
    }
    let space = rest.len() - rest.trim_start().len();
    if space > 0 { Some(space) } else { text(rest).or_else(|| letter(rest)) }
}

/// The length of a comment that others may stand in.
fn comment(rest: &str) -> usize {
    let (mut at, mut open) = (2, 1);
    while open > 0 {
        let Some(next) = rest[at..].find(['/', '*']).map(|next| at + next) else { return rest.len() };
        let step = match rest.get(next..next + 2) {
            Some("/*") => 1,
            Some("*/") => -1,
            _ => 0,
        };
        open += step;
        at = next + if step == 0 { 1 } else { 2 };
    }
    at
}

/// The length of a text, of any kind.
fn text(rest: &str) -> Option<usize> {
    let kind = rest.find(|of: char| !"bcr".contains(of))?;
    let (kind, of) = rest.split_at(kind);
    let marks = if kind.contains('r') { of.find(|of: char| of != '#')? } else { 0 };
    let inside = of[marks..].strip_prefix('"')?;
    let begin = kind.len() + marks + 1;
    if kind.contains('r') {
        let end = format!("\"{}", "#".repeat(marks));
        return Some(inside.find(&end).map_or(rest.len(), |at| begin + at + end.len()));
    }
    let mut is_escaped = false;
    for (at, of) in inside.char_indices() {
        if of == '"' && !is_escaped {
            return Some(begin + at + 1);
        }
        is_escaped = of == '\\' && !is_escaped;
    }
    Some(rest.len())
}

/// The length of a letter in quotation marks, which a lifetime is not.
fn letter(rest: &str) -> Option<usize> {
    let mut inside = rest.strip_prefix('\'')?.char_indices();
    let (_, first) = inside.next()?;
    if first == '\\' {
        inside.next();
        return inside.find(|(_, of)| *of == '\'').map(|(at, _)| at + 2);
    }
    inside.next().filter(|(_, of)| *of == '\'').map(|(at, _)| at + 2)
}
