//! `handyman tools new`: a crate to begin with.

use std::path::Path;
use std::process::ExitCode;

use crate::problem::Problem;
use crate::show;

/// The example is compiled and run with the workspace's tests, so what is written compiles.
const EXAMPLE: &str = include_str!("../../../examples/new_tool.rs");
/// What the tool in it is called.
const EXAMPLE_NAME: &str = "greet";

/// Writes a crate with a tool of this name into a new folder of this name.
pub(crate) fn write(name: &str, handyman: Option<&Path>) -> Result<ExitCode, Problem> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(fits) {
        return Err(Problem::usage(format!("'{name}' is no name for a tool")).with_hint(
            "a tool is named like a function: small letters, digits and _, for example parcel_status",
        ));
    }
    let folder = Path::new(name);
    if folder.exists() {
        return Err(
            Problem::usage(format!("{name} is there already")).with_hint("choose another name, or remove it")
        );
    }
    let place = match handyman {
        Some(path) => {
            let path = path
                .canonicalize()
                .map_err(|error| Problem::usage(format!("{}: {error}", path.display())))?;
            format!("path = {:?}", path.display().to_string())
        }
        None => format!("version = {:?}", env!("CARGO_PKG_VERSION")),
    };
    let manifest = format!(
        "[package]\nname = {:?}\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         handyman = {{ {place}, features = [\"testing\"] }}\nserde_json = \"1\"\n\
         tokio = {{ version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }}\n\n[workspace]\n",
        name.replace('_', "-"),
    );
    let source = EXAMPLE.replace(EXAMPLE_NAME, name);
    let failed = |error: std::io::Error| Problem::new(format!("{name} cannot be written: {error}"));
    std::fs::create_dir_all(folder.join("src")).map_err(failed)?;
    std::fs::write(folder.join("Cargo.toml"), manifest).map_err(failed)?;
    std::fs::write(folder.join("src/main.rs"), source).map_err(failed)?;
    show::line(&format!("{name}/src/main.rs is a tool and an agent that has it: cd {name} && cargo run"));
    Ok(ExitCode::SUCCESS)
}
