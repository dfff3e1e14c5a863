//! No hint of the library tells who types commands of its types and methods.

use std::path::PathBuf;

use super::said_here;

/// Hints of what only a program can do.
const OF_PROGRAMS: [&str; 1] = ["`Agent::session_of` gives the session that a run belongs to"];

#[test]
fn a_command_stands_for_the_method() {
    for (library, here) in [
        (
            "`Journal::runs` lists the runs there are; on the command line: handyman runs list",
            "`handyman runs list` lists the runs there are",
        ),
        (
            "it is damaged; `SqliteJournal::verify` tells more; on the command line: handyman runs verify",
            "it is damaged; `handyman runs verify` tells more",
        ),
        (
            "go on with `Agent::resume`; on the command line: handyman resume r1, with the same options",
            "go on with `handyman resume r1`, with the same options",
        ),
        (
            "decide with `Agent::allow` or `Agent::deny`; on the command line: handyman approvals allow r1, or deny",
            "handyman approvals allow r1, or deny",
        ),
        (
            "name a place you can write to (--journal FILE on the command line)",
            "name a place you can write to (--journal FILE)",
        ),
        (
            "fetch it first: handyman model pull a/b, or `Hub::pull` in a program",
            "fetch it first: handyman model pull a/b",
        ),
        (
            "check the connection; what is in the cache can be used without one: `HubSettings::offline`, --offline on \
             the command line",
            "check the connection; what is in the cache can be used without one: --offline",
        ),
        (
            "offer fewer tools, or a larger share of the window",
            "offer fewer tools (--tools), or a larger share of the window (--tools-percent)",
        ),
        ("try again later", "try again later"),
    ] {
        assert_eq!(said_here(library), here);
    }
}

#[test]
fn no_hint_names_what_only_programs_have() {
    let mut folders: Vec<PathBuf> = ["../agent-core/src", "../runtime/src", "../tools/src", "../src"]
        .map(|folder| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder))
        .to_vec();
    let mut found = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let is_of_tests = path.file_stem().is_some_and(|name| name == "tests" || name == "testing");
            if is_of_tests {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for hint in hints(&text).into_iter().filter(|hint| !OF_PROGRAMS.contains(&hint.as_str())) {
                let said = said_here(&hint);
                let is_of_programs = ["::", "command line", "in a program", "_max"];
                let named = is_of_programs.iter().find(|mark| said.contains(**mark));
                assert_eq!(named, None, "{}: {said}", path.display());
                found += 1;
            }
        }
    }
    assert!(found >= 60, "{found}");
}

/// The texts of a source that are hints, or name the command line.
fn hints(source: &str) -> Vec<String> {
    let code: Vec<&str> = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let given = code.match_indices("with_hint(").filter_map(|(at, found)| {
        let text = code[at + found.len()..].trim_start();
        let text = text.strip_prefix("format!(").unwrap_or(text).trim_start();
        text.strip_prefix('"').map(literal)
    });
    let told = code.match_indices("on the command line").filter_map(|(at, _)| {
        let begin = code[..at].rfind('"')?;
        Some(literal(&code[begin + 1..]))
    });
    given.chain(told).collect()
}

/// A text from behind its quotation mark on, as it is when the program runs.
fn literal(code: &str) -> String {
    let mut said = String::new();
    let mut rest = code;
    while let Some(end) = rest.find(['"', '\\']) {
        said.push_str(&rest[..end]);
        let Some(escaped) = rest[end..].strip_prefix('\\') else { return said };
        rest = match escaped.strip_prefix('\n') {
            Some(next) => next.trim_start(),
            None => escaped.trim_start_matches('"'),
        };
    }
    said
}
