//! `handyman tools new`: a crate to begin with.

use std::path::Path;
use std::process::ExitCode;

use handyman::catalogue::SHOW_TOOLS;

use crate::problem::Problem;
use crate::show;

/// The example is a crate of the workspace, built and tested with it, so what is written compiles.
const EXAMPLE: &str = include_str!("../../../examples/new_tool/src/main.rs");
/// Its manifest.
const MANIFEST: &str = include_str!("../../../examples/new_tool/Cargo.toml");
/// What the tool in it is called.
const EXAMPLE_NAME: &str = "greet";
/// Where its manifest says that handyman is.
const EXAMPLE_PLACE: &str = "path = \"../..\", default-features = false";

/// Rust's words, reserved ones included.
const KEYWORDS: &str = "abstract as async await become box break const continue crate do dyn else enum extern \
    false final fn for gen if impl in let loop macro match mod move mut override priv pub ref return self static \
    struct super trait true try type typeof unsafe unsized use virtual where while yield";
/// Crates that the package cannot share its name with, and folders of cargo's own.
const CRATES: &str = "alloc build core deps examples handyman incremental proc_macro serde test";
/// Names that the macros in the example rely on.
const IN_MACROS: &str = "arguments str";

/// Writes a crate with a tool of this name into a new folder of this name.
pub(crate) fn write(name: &str, handyman: Option<&Path>) -> Result<ExitCode, Problem> {
    check(name)?;
    let place = place(name, handyman)?;
    let folder = Path::new(name);
    if folder.exists() {
        return Err(
            Problem::usage(format!("{name} is there already")).with_hint("choose another name, or remove it")
        );
    }
    let package = format!("name = {:?}", name.replace('_', "-"));
    let manifest = MANIFEST
        .replace(&format!("name = {EXAMPLE_NAME:?}"), &package)
        .replace(EXAMPLE_PLACE, &format!("path = {place:?}"));
    let source = EXAMPLE.replace(EXAMPLE_NAME, name);
    let failed = |error: std::io::Error| {
        Problem::new(format!("{name} cannot be written: {error}"))
            .with_hint("call it in a folder that you can write to")
    };
    std::fs::create_dir_all(folder.join("src")).map_err(failed)?;
    // A workspace of its own, wherever it is put.
    std::fs::write(folder.join("Cargo.toml"), manifest + "\n[workspace]\n").map_err(failed)?;
    std::fs::write(folder.join("src/main.rs"), source).map_err(failed)?;
    show::line(&format!(
        "{name}/src/main.rs is a tool, an agent that has it, and tests of both: cd {name} && cargo test && cargo run"
    ));
    Ok(ExitCode::SUCCESS)
}

/// Refuses what the code could not be compiled with.
fn check(name: &str) -> Result<(), Problem> {
    const HINT: &str =
        "a tool is named like a function: small letters, digits and _, for example parcel_status";
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(fits) {
        return Err(Problem::usage(format!("'{name}' is no name for a tool")).with_hint(HINT));
    }
    let why = if KEYWORDS.split_whitespace().any(|word| word == name) {
        "a word of Rust's own"
    } else if CRATES.split_whitespace().any(|word| word == name) {
        "the name of a crate or folder that the build needs"
    } else if name == SHOW_TOOLS {
        "the tool that shows the others where they are many"
    } else if is_used(name) || IN_MACROS.split_whitespace().any(|word| word == name) {
        "used for something else in the code that is written"
    } else {
        return Ok(());
    };
    Err(Problem::usage(format!("a tool cannot be named '{name}': that is {why}")).with_hint(HINT))
}

/// Whether the example itself uses this name, outside of comments and texts.
fn is_used(name: &str) -> bool {
    let code = EXAMPLE.lines().filter_map(|line| line.split("//").next());
    let code = code.flat_map(|line| line.split('"').step_by(2));
    let mut words = code.flat_map(|code| code.split(|c: char| c != '_' && !c.is_alphanumeric()));
    words.any(|word| word == name && word != EXAMPLE_NAME)
}

const SOURCES_HINT: &str = "name the folder of its sources, which has ARCHITECTURE.md in it";

/// The folder that the crate finds handyman in.
fn place(name: &str, handyman: Option<&Path>) -> Result<String, Problem> {
    let Some(path) = handyman else {
        return Err(Problem::usage("--handyman FOLDER is missing: the crate is in no package registry yet")
            .with_hint(format!(
                "name the folder of its sources: handyman tools new {name} --handyman FOLDER"
            )));
    };
    let shown = path.display();
    let path = path.canonicalize().map_err(|error| {
        Problem::unread(format!("--handyman {shown}: {error}"), &error).with_hint(SOURCES_HINT)
    })?;
    let manifest = std::fs::read_to_string(path.join("Cargo.toml")).unwrap_or_default();
    let package = manifest.lines().find(|line| line.starts_with("name = "));
    if package != Some("name = \"handyman\"") {
        return Err(Problem::usage(format!("{shown} is not the folder of the handyman crate"))
            .with_hint(SOURCES_HINT));
    }
    Ok(path.display().to_string())
}
