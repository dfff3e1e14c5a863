//! `handyman eval FILE`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use handyman::eval::{Case, Report, Tried, Try, attempt};
use handyman::{AllowAll, Discard, Model, Toolset};
use tempfile::TempDir;

use crate::args::{Approve, Evaluation, RunOptions, lasting};
use crate::interrupt::{INTERRUPTED, Interrupt};
use crate::models;
use crate::problem::Problem;
use crate::settings::{self, Files};
use crate::show;

mod file;
mod told;

pub(crate) async fn evaluate(evaluation: &Evaluation) -> Result<ExitCode, Problem> {
    let Evaluation { file, tries, only, options } = evaluation;
    let cases = file::read(file, only)?;
    let options = settled(options);
    // What cannot be tried is told before a model is loaded.
    Box::pin(check(&cases, &options)).await?;
    let named = models::other_than_builtin(options.model.as_deref());
    let model: Arc<dyn Model> = models::open(named, &options).await?.into();
    let interrupt = Interrupt::new();
    let mut report = Report::default();
    for case in &cases {
        let mut tried = Vec::new();
        for number in 0..*tries {
            let one = Box::pin(try_once(case, number, &options, &model, &interrupt)).await;
            if one.is_err() && !report.cases.is_empty() {
                told::cut_short(&report, cases.len(), options.json);
            }
            tried.push(one?);
            if interrupt.is_pressed() {
                told::cut_short(&report, cases.len(), options.json);
                return Ok(ExitCode::from(INTERRUPTED));
            }
        }
        let tried = Tried::new(case, tried);
        told::case(&tried, &options);
        report.cases.push(tried);
    }
    told::total(&report, options.json);
    Ok(if report.passed() == report.of() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The options with what holds here where nothing was said.
fn settled(options: &RunOptions) -> RunOptions {
    let mut options = options.clone();
    #[cfg(feature = "llama")]
    {
        options.local.forgets = true;
    }
    if options.approve.is_none() {
        let lasting = lasting(&options.places);
        if let Some(option) = lasting {
            show::note(&format!(
                "{option} offers tools that act on real things: a try in which a person would be asked ends there \
                 (--approve auto lets all calls run, --allow NAME those of one tool)"
            ));
        }
        options.approve = Some(if lasting.is_some() { Approve::Ask } else { Approve::Auto });
    }
    options
}

/// Sees that the tools are there, those among them that the cases and the policy name, and that one's own world stays as it is.
async fn check(cases: &[Case], options: &RunOptions) -> Result<(), Problem> {
    if let (Some(journal), Some(world)) = (&options.record.journal, &options.places.world)
        && is_same_file(journal, world)
    {
        return Err(Problem::usage(
            "--journal and --world name the same file, and that world is not written to",
        )
        .with_hint("keep the runs in a file of their own: --journal FILE"));
    }
    let apart = Apart::new(options)?;
    let toolbox = Files::of(&apart.options.places)?.open_toolbox_of(&options.tools).await?;
    cases.iter().try_for_each(|case| case.fits(toolbox.specs()))?;
    settings::policy(AllowAll, options, &toolbox)?;
    settings::close().await;
    Ok(())
}

/// Tries a case in a world of its own.
async fn try_once(
    case: &Case,
    number: u32,
    options: &RunOptions,
    model: &Arc<dyn Model>,
    interrupt: &Interrupt,
) -> Result<Try, Problem> {
    let Apart { folder, mut options } = Apart::new(options)?;
    options.replies = options.replies.drawn_anew(number);
    let files = Files::of(&options.places)?;
    let agent = settings::agent_unasked(Arc::clone(model), &options, &files).await?;
    let tried = attempt(&agent, case, &interrupt.watch(&Discard)).await;
    settings::close().await;
    drop(folder);
    Ok(tried)
}

/// Options for one try, whose world and journal are in a folder that goes away with this.
struct Apart {
    folder: TempDir,
    options: RunOptions,
}

impl Apart {
    fn new(options: &RunOptions) -> Result<Self, Problem> {
        let folder = TempDir::with_prefix("handyman-eval-").map_err(|error| {
            Problem::new(format!("there is no place for the worlds of the tries: {error}")).with_hint(
                "see that there is room in the folder for temporary files, or name another: TMPDIR",
            )
        })?;
        let mut options = options.clone();
        let world = folder.path().join("world.db");
        if let Some(own) = options.places.world.replace(world.clone()) {
            copy_world(&own, &world)?;
        }
        options.record.journal.get_or_insert_with(|| folder.path().join("journal.db"));
        Ok(Self { folder, options })
    }
}

/// Whether two paths lead to the same file.
fn is_same_file(one: &Path, other: &Path) -> bool {
    let found = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    found(one) == found(other)
}

/// Copies a world, with what SQLite has not yet moved into its file.
fn copy_world(from: &Path, to: &Path) -> Result<(), Problem> {
    let (log, log_copied) = (log_of(from), log_of(to));
    let copied = std::fs::copy(from, to)
        .and_then(|bytes| if log.exists() { std::fs::copy(log, log_copied) } else { Ok(bytes) });
    match copied {
        Ok(_) => Ok(()),
        Err(error) => {
            Err(Problem::unread(format!("the world {} cannot be copied: {error}", from.display()), &error)
                .with_hint("name a world that is there with --world FILE, or leave it out for a new one"))
        }
    }
}

/// The file beside a SQLite database that holds its latest changes.
fn log_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}
