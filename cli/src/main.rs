//! The command `handyman`: runs agents on the sandbox world or one's own data, and looks at their runs.
//!
//! The only crate that prints, reads the environment or exits. `args` is what was typed, `settings` what
//! it means, `commands` what is done, `show` what a person sees of it.

mod approve;
mod args;
mod commands;
#[cfg(feature = "services")]
mod elicit;
mod interrupt;
mod models;
mod problem;
mod replies;
#[cfg(feature = "services")]
mod services;
mod settings;
mod show;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args = match decoded_arguments().and_then(|arguments| args::parse(&arguments)) {
        Ok(args) => args,
        Err(problem) => return problem.report(),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return problem::Problem::new(format!("no threads could be started: {error}")).report(),
    };
    let code = match runtime.block_on(commands::dispatch(args)) {
        Ok(code) => code,
        Err(problem) => problem.report(),
    };
    // A line that nobody will type any more is not waited for.
    runtime.shutdown_background();
    code
}

/// The arguments as text: a request in another encoding is refused with a hint, not half understood.
fn decoded_arguments() -> Result<Vec<String>, problem::Problem> {
    std::env::args_os()
        .map(|argument| {
            argument.into_string().map_err(|raw| {
                problem::Problem::new(format!("an argument is not valid UTF-8: {}", raw.to_string_lossy()))
                    .with_hint("write the request in UTF-8")
            })
        })
        .collect()
}
