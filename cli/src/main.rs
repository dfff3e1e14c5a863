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

use args::Typed;

fn main() -> ExitCode {
    let args = match decoded_arguments().and_then(|arguments| args::parse(&arguments)) {
        Ok(Typed::Work(args)) => *args,
        Ok(Typed::Help(code)) => return all_written(code),
        Err(problem) => return problem.report(),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return problem::Problem::new(format!("no threads could be started: {error}")).report(),
    };
    let done = runtime.block_on(async {
        let done = Box::pin(commands::dispatch(args)).await;
        settings::close().await;
        done
    });
    let code = match done {
        Ok(code) => code,
        Err(problem) => problem.report(),
    };
    // A line that nobody will type any more is not waited for.
    runtime.shutdown_background();
    all_written(code)
}

/// The code to end with: that of the work, unless some of the output is missing.
fn all_written(code: ExitCode) -> ExitCode {
    show::unwritten().map_or(code, |error| unwritten(error).report())
}

/// Whoever reads the output has to learn that some of it is missing, whatever else was done.
fn unwritten(error: &str) -> problem::Problem {
    let list = args::with_options_here("runs list");
    problem::Problem::new(format!("the output could not be written: {error}")).with_hint(format!(
        "see that there is room where it goes; what runs have done is in the journal: handyman {list}"
    ))
}

/// The arguments as text: a request in another encoding is refused with a hint, not half understood.
fn decoded_arguments() -> Result<Vec<String>, problem::Problem> {
    std::env::args_os()
        .map(|argument| {
            argument.into_string().map_err(|raw| {
                problem::Problem::usage(format!("an argument is not valid UTF-8: {}", raw.to_string_lossy()))
                    .with_hint("write it in UTF-8")
            })
        })
        .collect()
}
