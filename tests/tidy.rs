//! Style is a test: what a reader should be able to rely on in every file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

#[path = "support/files.rs"]
mod files;
#[path = "support/paths.rs"]
mod paths;

const LINES_MAX: usize = 400;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of the sources that ends so, relative to the root.
fn files(endings: &[&str]) -> Vec<PathBuf> {
    let mut files = files::below(root());
    files.retain(|file| endings.iter().any(|ending| file.to_string_lossy().ends_with(ending)));
    assert!(!files.is_empty(), "no files end in {endings:?}");
    files
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Panics with every offence at once.
fn none(rule: &str, offences: &[String]) {
    assert!(offences.is_empty(), "{rule}:\n{}", offences.join("\n"));
}

#[test]
fn files_are_short_enough_to_hold_in_the_head() {
    let long = |file: PathBuf| {
        let lines = read(&file).lines().count();
        (lines > LINES_MAX).then(|| format!("{}: {lines} lines", file.display()))
    };
    none(
        "at most 400 lines a file",
        &files(&[".rs", ".py"]).into_iter().filter_map(long).collect::<Vec<_>>(),
    );
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent = |file: PathBuf| {
        let text = read(&file);
        let opens = if file.extension().is_some_and(|e| e == "py") { "\"\"\"" } else { "//!" };
        let opens_well = text.starts_with(opens) || text.starts_with("#![doc") || text.starts_with("#!/");
        (!opens_well).then(|| file.display().to_string())
    };
    none(
        "every file opens with its purpose",
        &files(&[".rs", ".py"]).into_iter().filter_map(silent).collect::<Vec<_>>(),
    );
}

#[test]
fn no_loose_ends_and_no_foreign_words() {
    // Assembled, so that this file does not offend against itself.
    let banned = [["TO", "DO"], ["FIX", "ME"], ["XX", "X:"], ["dbg", "!("], ["/work", "/"], ["/root", "/"]]
        .map(|halves| halves.concat());
    let mut offences = Vec::new();
    for file in files(&[".rs", ".py", ".md", ".toml", ".sh", "Makefile", ".sql", ".jinja"]) {
        for (number, line) in read(&file).lines().enumerate() {
            for word in banned.iter().filter(|word| line.contains(word.as_str())) {
                offences.push(format!("{}:{}: {word}", file.display(), number + 1));
            }
        }
    }
    none("nothing is left undone, and no path of one machine is named", &offences);
}

#[test]
fn tests_stand_beside_the_code() {
    let inline = |file: PathBuf| read(&file).contains("mod tests {").then(|| file.display().to_string());
    none(
        "tests are files of their own",
        &files(&[".rs"])
            .into_iter()
            .filter(|f| !f.ends_with("tidy.rs"))
            .filter_map(inline)
            .collect::<Vec<_>>(),
    );
}

/// Whether a file is of tests, which may do what the library may not.
fn is_of_tests(file: &Path) -> bool {
    file.iter().any(|part| part == "tests" || part == "tests.rs")
}

/// What these files name of this, beside what is excepted.
fn named(files: impl Iterator<Item = PathBuf>, banned: &[&str], excepted: &[(&str, &str)]) -> Vec<String> {
    let mut offences = Vec::new();
    for file in files {
        let named: BTreeSet<String> = paths::paths(&read(&file)).into_iter().collect();
        let hits = named.iter().filter(|path| banned.iter().any(|banned| paths::names(path, banned)));
        let allowed = |path: &str| excepted.iter().any(|(of, what)| file == Path::new(of) && path == *what);
        offences.extend(hits.filter(|path| !allowed(path)).map(|path| format!("{}: {path}", file.display())));
    }
    offences
}

#[test]
fn what_the_code_names_is_found_however_it_is_written() {
    let code = r##"
        use std::{env, io::{self as other, Write}}; // std::net::TcpStream
        fn say<'a>(word: &'a str) { let quote = '"'; print !("std::thread {word}"); quote != 'a'; }
        unsafe /* and /* so */ on */ fn read() { let text = r#"tokio " "#; jiff::Zoned :: now(); text.now(); }
    "##;
    let found = paths::paths(code);
    let names = |what: &str| found.iter().any(|path| paths::names(path, what));
    for there in ["std::env", "std::io", "std::io::Write", "print!", "unsafe", "*::now", "quote"] {
        assert!(names(there), "{there} in {found:?}");
    }
    for absent in ["std::net", "std::thread", "tokio", "so", "quote!", "println!", "text::now", "env::io"] {
        assert!(!names(absent), "{absent} in {found:?}");
    }
}

#[test]
fn only_the_engine_names_llama_cpp_and_only_it_may_be_unsafe() {
    let outside = |file: &PathBuf| {
        !file.starts_with("runtime/src/llama") && file.as_path() != Path::new("runtime/src/llama.rs")
    };
    // A function of C's that ends the process at once.
    let excepted = [("runtime/src/leave.rs", "unsafe")];
    none(
        "llama.cpp is behind one module, and so is what is unsafe",
        &named(
            files(&[".rs"]).into_iter().filter(outside),
            &["llama_cpp_2", "llama_cpp_sys_2", "unsafe"],
            &excepted,
        ),
    );
}

#[test]
fn the_driver_fits_on_a_page() {
    let text = read(Path::new("runtime/src/driver.rs"));
    let body = text.split("pub(crate) async fn drive").nth(1).expect("the driver's loop is called `drive`");
    let lines = body.lines().take_while(|line| *line != "}").count();
    assert!(lines <= 50, "the loop takes {lines} lines");
}

/// Macros that print.
const PRINTING: [&str; 5] = ["print!", "println!", "eprint!", "eprintln!", "dbg!"];

#[test]
fn the_core_does_no_io() {
    let banned = [
        "std::fs",
        "std::io",
        "std::net",
        "std::os",
        "std::thread",
        "std::process",
        "std::env",
        "tokio",
        "Instant",
        "SystemTime",
        "TimeZone::system",
        "*::now",
    ];
    let core = |file: &PathBuf| file.starts_with("agent-core/src") && !file.ends_with("tests.rs");
    none(
        "agent-core is pure",
        &named(files(&[".rs"]).into_iter().filter(core), &[&banned[..], &PRINTING].concat(), &[]),
    );
}

#[test]
fn libraries_do_not_read_the_environment_or_print() {
    let banned = ["std::env", "process::exit", "process::abort", "io::stdin", "io::stdout", "io::stderr"];
    let library = |file: &PathBuf| {
        let libraries = ["agent-core/", "runtime/src", "tools/src", "src/"];
        libraries.iter().any(|folder| file.starts_with(folder)) && !is_of_tests(file)
    };
    // llama.cpp loads models from files, so the built-in one is written where temporary files go.
    let excepted = [("src/builtin.rs", "std::env::temp_dir")];
    none(
        "only the command line prints, reads the environment or exits",
        &named(files(&[".rs"]).into_iter().filter(library), &[&banned[..], &PRINTING].concat(), &excepted),
    );
}

#[test]
fn crates_depend_on_each_other_as_designed() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo can be run");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let ours: Vec<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    let mut edges = BTreeMap::new();
    for package in packages {
        let dependencies = package["dependencies"].as_array().expect("dependencies");
        let mut named: Vec<&str> = dependencies
            .iter()
            .filter(|dependency| dependency["kind"].is_null())
            .filter_map(|dependency| dependency["name"].as_str())
            .filter(|name| ours.contains(name))
            .collect();
        named.sort_unstable();
        edges.insert(package["name"].as_str().expect("name"), named);
    }
    let expected: BTreeMap<&str, Vec<&str>> = [
        ("handyman-macros", vec![]),
        ("handyman-core", vec!["handyman-macros"]),
        ("handyman-tools", vec!["handyman-core"]),
        ("handyman-runtime", vec!["handyman-core"]),
        ("handyman", vec!["handyman-core", "handyman-runtime", "handyman-tools"]),
        ("handyman-cli", vec!["handyman"]),
        ("handyman-model", vec!["handyman-core", "handyman-runtime", "handyman-tools"]),
        ("greet", vec!["handyman"]),
    ]
    .into();
    assert_eq!(edges, expected, "the table in ARCHITECTURE.md");
}

#[test]
fn what_a_build_made_serves_the_tests_as_well() {
    // Every package that is built, with its version and features.
    let built = |edges: &str| -> BTreeSet<String> {
        let output = Command::new(env!("CARGO"))
            .args([
                "tree",
                "--workspace",
                "--offline",
                "--prefix",
                "none",
                "--format",
                "{p} {f}",
                "--edges",
                edges,
            ])
            .current_dir(root())
            .output()
            .expect("cargo can be run");
        let text = String::from_utf8(output.stdout).expect("names of packages are UTF-8");
        text.lines().map(|line| line.trim_end_matches(" (*)").to_owned()).collect()
    };
    let (usual, tested) = (built("normal,build"), built("normal,build,dev"));
    assert!(!usual.is_empty(), "cargo tree lists packages");
    let again: Vec<String> = usual.difference(&tested).cloned().collect();
    none("a package is built again for tests, with other features (see model/Cargo.toml)", &again);
}
