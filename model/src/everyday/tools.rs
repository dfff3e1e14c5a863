//! The tools as the data files describe them: names, arguments, and how people ask for what they do.
//!
//! A block begins with `[name]`; `held` keeps it for evaluation. `names: a, b`, `en: text | text` and `zh: …` describe the tool,
//! `arg NAME!: KIND | other names | what it is | 说明` an argument (`!` if it is required). Below `+en` and `+zh` stand
//! wordings: `(a|b|)` is a choice, `{NAME}` a value; those that begin with `~` are kept for evaluation.

use std::sync::LazyLock;

use super::values::Kind;
use crate::draw::Draw;

const FILES: [&str; 18] = [
    include_str!("../../data/everyday.devices.txt"),
    include_str!("../../data/everyday.field.txt"),
    include_str!("../../data/everyday.home.txt"),
    include_str!("../../data/everyday.housing.txt"),
    include_str!("../../data/everyday.leisure.txt"),
    include_str!("../../data/everyday.life.txt"),
    include_str!("../../data/everyday.lookup.txt"),
    include_str!("../../data/everyday.money.txt"),
    include_str!("../../data/everyday.office.txt"),
    include_str!("../../data/everyday.public.txt"),
    include_str!("../../data/everyday.service.txt"),
    include_str!("../../data/everyday.shop.txt"),
    include_str!("../../data/everyday.study.txt"),
    include_str!("../../data/everyday.systems.txt"),
    include_str!("../../data/everyday.talk.txt"),
    include_str!("../../data/everyday.tech.txt"),
    include_str!("../../data/everyday.travel.txt"),
    include_str!("../../data/everyday.work.txt"),
];

pub(super) static TOOLS: LazyLock<Vec<Tool>> = LazyLock::new(|| FILES.into_iter().flat_map(parse).collect());

/// What one tool may be called, and how people ask for it. Pairs are English and Chinese.
#[derive(Debug, Default)]
pub(crate) struct Tool {
    pub(super) held_out: bool,
    pub(crate) names: Vec<&'static str>,
    pub(crate) about: [Vec<&'static str>; 2],
    pub(crate) arguments: Vec<Argument>,
    pub(super) wordings: [Wordings; 2],
}

impl Tool {
    /// The wordings to draw from in this language: of a tool that is kept for evaluation, all are.
    pub(super) fn lines(&self, d: &Draw) -> impl Iterator<Item = &'static str> {
        let Wordings { training, held_out } = &self.wordings[usize::from(d.zh())];
        let (usual, kept) = (!d.held_out || self.held_out, d.held_out);
        let usual = training.iter().filter(move |_| usual);
        usual.chain(held_out.iter().filter(move |_| kept)).copied()
    }
}

#[derive(Debug, Default)]
pub(super) struct Wordings {
    pub(super) training: Vec<&'static str>,
    pub(super) held_out: Vec<&'static str>,
}

#[derive(Debug)]
pub(crate) struct Argument {
    /// The first is the one that wordings use.
    pub(crate) names: Vec<&'static str>,
    pub(super) required: bool,
    pub(super) kind: Kind,
    pub(crate) about: [&'static str; 2],
}

/// The tools of a file. What cannot be read is left out; the tests say what that is.
pub(crate) fn parse(file: &'static str) -> Vec<Tool> {
    let mut tools: Vec<Tool> = Vec::new();
    let mut lang = None;
    for line in file.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if line.starts_with('[') {
            tools.push(Tool::default());
            lang = None;
            continue;
        }
        let Some(tool) = tools.last_mut() else { continue };
        match (line, lang) {
            ("held", None) => tool.held_out = true,
            ("+en", _) => lang = Some(0),
            ("+zh", _) => lang = Some(1),
            (wording, Some(lang)) => {
                let lines: &mut Wordings = &mut tool.wordings[lang];
                match wording.strip_prefix('~') {
                    Some(kept) => lines.held_out.push(kept.trim()),
                    None => lines.training.push(wording),
                }
            }
            (described, None) => describe(tool, described),
        }
    }
    tools
}

fn describe(tool: &mut Tool, line: &'static str) {
    let Some((what, rest)) = line.split_once(':') else { return };
    let list =
        |separator| rest.split(separator).map(str::trim).filter(|part: &&str| !part.is_empty()).collect();
    match what.trim() {
        "names" => tool.names = list(','),
        "en" => tool.about[0] = list('|'),
        "zh" => tool.about[1] = list('|'),
        other => {
            let name = other.strip_prefix("arg ").map(str::trim);
            tool.arguments.extend(name.and_then(|name| argument(name, rest)));
        }
    }
}

fn argument(name: &'static str, rest: &'static str) -> Option<Argument> {
    let required = name.ends_with('!');
    let name = name.trim_end_matches('!');
    let mut parts = rest.split('|').map(str::trim);
    let kind = Kind::parse(parts.next()?)?;
    let mut names = vec![name];
    names.extend(parts.next()?.split(',').map(str::trim).filter(|other| !other.is_empty() && *other != name));
    let about = [parts.next()?, parts.next()?];
    Some(Argument { names, required, kind, about })
}
