//! Wordings from a grammar of many levels.
//!
//! A grammar file has rules: a line `[name]`, then one wording a line. In a wording, `(a|b|)` is a
//! choice, `$name` another rule, `{slot}` a value put in later. A wording that begins with `~` is
//! kept out of training: it is used for evaluation only, and there instead of the rule's others. Where a choice of
//! another line happens to say the same, training draws again.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::draw::Draw;
use crate::fill::{fill, fill_apart};

/// Rules nested deeper than this are left out, so that a rule that uses itself ends.
const DEPTH_MAX: usize = 8;
/// Choices of a wording that is kept out of training are told apart up to so many.
const KEPT_MAX: usize = 4_096;
/// Times a training wording is drawn again when it is one that is kept out.
const DRAWS_MAX: usize = 20;

static EN: LazyLock<Grammar> = LazyLock::new(|| {
    Grammar::parse([
        include_str!("../data/grammar.en.txt"),
        include_str!("../data/pieces.en.txt"),
        include_str!("../data/refuse.en.txt"),
        include_str!("../data/travel.en.txt"),
        include_str!("../data/places.en.txt"),
        include_str!("../data/desk.en.txt"),
        include_str!("../data/daily.en.txt"),
        include_str!("../data/more.en.txt"),
        include_str!("../data/looking.en.txt"),
        include_str!("../data/asking.en.txt"),
        include_str!("../data/spread.en.txt"),
        include_str!("../data/remind.en.txt"),
        include_str!("../data/fly.en.txt"),
    ])
});
static ZH: LazyLock<Grammar> = LazyLock::new(|| {
    Grammar::parse([
        include_str!("../data/grammar.zh.txt"),
        include_str!("../data/pieces.zh.txt"),
        include_str!("../data/refuse.zh.txt"),
        include_str!("../data/travel.zh.txt"),
        include_str!("../data/places.zh.txt"),
        include_str!("../data/desk.zh.txt"),
        include_str!("../data/daily.zh.txt"),
        include_str!("../data/more.zh.txt"),
        include_str!("../data/looking.zh.txt"),
        include_str!("../data/asking.zh.txt"),
        include_str!("../data/spread.zh.txt"),
        include_str!("../data/remind.zh.txt"),
        include_str!("../data/fly.zh.txt"),
    ])
});

/// The rules of one language.
#[derive(Debug, Default)]
pub struct Grammar {
    rules: HashMap<&'static str, Rule>,
}

#[derive(Debug, Default)]
struct Rule {
    training: Vec<&'static str>,
    held_out: Vec<&'static str>,
    /// Everything the lines kept out may say, before other rules are put in.
    kept: HashSet<String>,
}

impl Grammar {
    fn parse<const FILES: usize>(files: [&'static str; FILES]) -> Self {
        let mut grammar = Self::default();
        let mut name = "";
        let lines = files.into_iter().flat_map(str::lines).map(str::trim);
        for line in lines.filter(|l| !l.is_empty() && !l.starts_with('#')) {
            if let Some(rule) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                name = rule;
                continue;
            }
            let rule = grammar.rules.entry(name).or_default();
            match line.strip_prefix('~') {
                Some(kept) => {
                    rule.held_out.push(kept.trim());
                    rule.kept.extend(all_choices(kept, KEPT_MAX).iter().map(|text| plain(text)));
                }
                None => rule.training.push(line),
            }
        }
        grammar
    }

    /// The grammar of the draw's language.
    #[must_use]
    pub fn of(d: &Draw) -> &'static Self {
        if d.zh() { &ZH } else { &EN }
    }

    /// Whether there is such a rule.
    #[must_use]
    pub fn has(&self, rule: &str) -> bool {
        self.rules.contains_key(rule)
    }

    /// A wording of `rule` with its slots still open.
    pub fn wording(&self, d: &mut Draw, rule: &str) -> String {
        self.expand_rule(d, rule, 0)
    }

    fn expand_rule(&self, d: &mut Draw, rule: &str, depth: usize) -> String {
        let Some(rule) = self.rules.get(rule).filter(|_| depth < DEPTH_MAX) else { return String::new() };
        let from_kept = d.held_out && !rule.held_out.is_empty();
        let lines = if from_kept { &rule.held_out } else { &rule.training };
        if lines.is_empty() {
            return String::new();
        }
        let mut text = String::new();
        for _ in 0..DRAWS_MAX {
            text.clear();
            let line = *d.rng.one(lines);
            choose(d, line, &mut text);
            if from_kept || !rule.kept.contains(&plain(&text)) {
                break;
            }
        }
        self.put_rules_in(d, &text, depth)
    }

    /// The text with a wording of each rule that it names.
    fn put_rules_in(&self, d: &mut Draw, text: &str, depth: usize) -> String {
        let mut parts = text.split('$');
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(part.len());
            let (name, rest) = part.split_at(end);
            out.push_str(&self.expand_rule(d, name, depth + 1));
            out.push_str(rest);
        }
        out
    }
}

/// Takes one of the choices at each place of `text`.
pub(crate) fn choose(d: &mut Draw, text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find('(') {
        out.push_str(&rest[..at]);
        let (inside, after) = group(&rest[at..]);
        let choices = alternatives(inside);
        let choice = *d.rng.one(&choices);
        choose(d, choice, out);
        rest = after;
    }
    out.push_str(rest);
}

/// What a text with choices may say, up to `most` of it.
pub(crate) fn all_choices(text: &str, most: usize) -> Vec<String> {
    let Some(at) = text.find('(') else { return vec![text.to_owned()] };
    let (inside, after) = group(&text[at..]);
    let said = alternatives(inside).into_iter().flat_map(|choice| {
        let rest = format!("{}{choice}{after}", &text[..at]);
        all_choices(&rest, most)
    });
    said.take(most).collect()
}

/// A wording without what makes no difference: spaces, and the mark at its end.
fn plain(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").trim_end_matches(['.', '?', '!', '。', '？', '！']).to_owned()
}

/// A wording of `rule` in the draw's language, its slots filled and its spaces tidied.
pub fn phrase(d: &mut Draw, rule: &str, slots: &[(&str, &str)]) -> String {
    let wording = Grammar::of(d).wording(d, rule);
    // Chinese has no spaces, but two numbers must not run together.
    let filled = if d.zh() { fill_apart(&wording, slots) } else { fill(&wording, slots) };
    tidy(&filled)
}

/// Removes the spaces that empty slots leave.
#[must_use]
pub fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.trim().chars() {
        let doubled = matches!(c, ',' | '，') && out.trim_end().ends_with(c);
        if doubled || c == ' ' && out.ends_with([' ', '(', '（']) {
            continue;
        }
        if matches!(c, ',' | '.' | '?' | '!' | ';' | ')') && out.ends_with(' ') {
            out.pop();
        }
        out.push(c);
    }
    out.trim_end_matches([',', '，', ' ', ';']).replace("的的", "的")
}

/// The inside of the group that `text` begins with, and what follows it.
fn group(text: &str) -> (&str, &str) {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (&text[1..at], &text[at + 1..]);
        }
    }
    (&text[1..], "")
}

/// The choices of a group, without looking into groups inside it.
fn alternatives(inside: &str) -> Vec<&str> {
    let (mut choices, mut depth, mut from) = (Vec::new(), 0, 0);
    for (at, c) in inside.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            '|' if depth == 0 => {
                choices.push(&inside[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    choices.push(&inside[from..]);
    choices
}

#[cfg(test)]
mod tests;
