//! Tries out a folder of chat templates and prints what became of each: `make dialect-check`.

use std::path::PathBuf;

use super::{Candidate, choose};
use crate::constrain::Constrainer;
use crate::render::Template;
use crate::tiny::{Bytes, END, vocabulary_with};

/// Markup that a vocabulary would hold as tokens: tags in a template.
fn tags(source: &str) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for (open, close) in [('<', '>'), ('[', ']')] {
        for (at, _) in source.match_indices(open) {
            let Some(length) = source[at..].find(close) else { continue };
            let tag = &source[at..=at + length];
            let name = &tag[1..tag.len() - 1];
            let upper = name.chars().all(|c| c.is_ascii_uppercase() || "_/".contains(c));
            let plain = !name.is_empty()
                && !name.contains([' ', '\n', '\'', '+', '<', '=', '{'])
                && name.chars().count() < 40;
            if tag != END && plain && (open == '<' || upper) {
                tags.push(tag.to_owned());
            }
        }
    }
    tags.sort_unstable();
    tags.dedup();
    tags
}

/// The dialect chosen for a template, with its markup as tokens or spelled out, and why.
fn row(source: &str, tagged: bool) -> (String, String) {
    let tags = if tagged { tags(source) } else { Vec::new() };
    let template = match Template::new(source.to_owned(), "<s>".to_owned(), END.to_owned()) {
        Ok(template) => template,
        Err(fault) => return ("unusable".to_owned(), fault.to_string()),
    };
    let (tokenizer, constrainer) = (Bytes::with(&tags), Constrainer::new(&vocabulary_with(&tags)).unwrap());
    match choose(Candidate { template: &template, tokenizer: &tokenizer, constrainer: &constrainer }) {
        Ok(chosen) => (chosen.dialect.name().to_owned(), chosen.why),
        Err(fault) => ("unusable".to_owned(), fault.to_string()),
    }
}

#[test]
#[ignore = "needs a folder of templates: make dialect-check"]
fn every_template_of_a_folder() {
    let folder =
        std::env::var_os("DIALECT_TEMPLATES").expect("DIALECT_TEMPLATES names a folder of .jinja files");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "jinja"));
    files.sort();
    let mut native = 0;
    println!("{:<52} {:<15} why", "template", "dialect");
    for file in &files {
        let source = std::fs::read_to_string(file).unwrap();
        let (name, why) = row(&source, true);
        let (spelled, _) = row(&source, false);
        native += usize::from(!["generic", "unusable"].contains(&name.as_str()));
        let why: String = why.lines().next().unwrap_or_default().chars().take(110).collect();
        let note = if spelled == name { String::new() } else { format!(" (spelled out: {spelled})") };
        println!("{:<52} {name:<15} {why}{note}", file.file_name().unwrap_or_default().to_string_lossy());
    }
    println!("{native} of {} are native", files.len());
    assert!(!files.is_empty(), "there are templates in the folder");
}
