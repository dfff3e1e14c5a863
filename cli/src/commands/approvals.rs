//! `handyman approvals list|allow|deny`.

use std::process::ExitCode;

use handyman::{Approval, Journal, RunId, Verdict, approvals};

use super::began_with;
use crate::approve::shown;
use crate::args::{ApprovalsCommand, Which, options_here};
use crate::problem::Problem;
use crate::settings::JournalFile;
use crate::{models, show};

pub(crate) async fn dispatch(command: ApprovalsCommand) -> Result<ExitCode, Problem> {
    match command {
        ApprovalsCommand::List { record, json } => {
            let journal = JournalFile::of(&record)?.open_existing().await?;
            for approval in approvals::waiting(&journal).await? {
                if json {
                    show::record(
                        &serde_json::to_string(&approval).map_err(|error| Problem::new(error.to_string()))?,
                    );
                } else {
                    list(&approval);
                }
            }
            Ok(ExitCode::SUCCESS)
        }
        ApprovalsCommand::Allow { which } => decide(&which, Verdict::Allow, None).await,
        ApprovalsCommand::Deny { why, which } => decide(&which, Verdict::Deny, why.as_deref()).await,
    }
}

fn list(approval: &Approval) {
    let Approval { run, call, message, started, digest, decision, .. } = approval;
    let decided = match decision {
        Some(Verdict::Allow) => ", allowed",
        Some(Verdict::Deny) => ", denied",
        Some(Verdict::Ask) | None => "",
    };
    let started = started.strftime("%Y-%m-%d %H:%M");
    show::line(&show::fitted(&format!("{run}  {started}  "), message));
    show::line(&format!("  {} [{}{decided}]", show::call_line(&call.tool, &call.arguments), short(digest)));
    for line in shown(approval) {
        show::line(&line);
    }
}

async fn decide(which: &Which, decision: Verdict, why: Option<&str>) -> Result<ExitCode, Problem> {
    let journal = JournalFile::of(&which.options.record)?.open_to_change().await?;
    let run = which.run.as_str().into();
    let approval = approvals::decide_because(&journal, &run, decision, which.digest.as_deref(), why).await?;
    let call = show::call_line(&approval.call.tool, &approval.call.arguments);
    let word = if decision == Verdict::Allow { "allowed" } else { "denied" };
    show::line(&format!("{word}: {call} [{}]", short(&approval.digest)));
    let command = format!("handyman resume {run}{}", options_here(&["resume"]));
    let model =
        if which.options.model.is_none() { model_of(journal.as_ref(), &run).await? } else { Named::Here };
    show::note(&match model {
        Named::Here => format!("go on with it: {command}"),
        Named::So(name) => format!("go on with it: {command} --model {name}"),
        Named::Otherwise(name) => {
            format!("go on with it, and name the model that it began with ({name}): {command} --model …")
        }
    });
    Ok(ExitCode::SUCCESS)
}

/// How the model is named that a run goes on with.
enum Named {
    /// By this command's options, or not at all: it is the built-in one.
    Here,
    /// So.
    So(String),
    /// As only they know who began the run; the journal knows what it calls itself.
    Otherwise(String),
}

/// How the model is named that a run began with.
async fn model_of(journal: &dyn Journal, run: &RunId) -> Result<Named, Problem> {
    let began = began_with(&journal.events(run).await?);
    Ok(match began.filter(|model| !models::is_builtin(model)) {
        None => Named::Here,
        Some(model) => models::pulled(&model).map_or(Named::Otherwise(model.name), Named::So),
    })
}

/// Enough of a digest to tell what waits apart.
fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}
