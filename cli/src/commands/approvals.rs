//! `handyman approvals list|allow|deny`.

use std::process::ExitCode;

use handyman::{Approval, Verdict, approvals};

use crate::approve::shown;
use crate::args::{ApprovalsCommand, Which, options_here};
use crate::problem::Problem;
use crate::settings::JournalFile;
use crate::show;

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
        ApprovalsCommand::Deny { which, why } => decide(&which, Verdict::Deny, why.as_deref()).await,
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
    let journal = JournalFile::of(&which.record)?.open_existing().await?;
    let run = which.run.as_str().into();
    let approval = approvals::decide_because(&journal, &run, decision, which.digest.as_deref(), why).await?;
    let call = show::call_line(&approval.call.tool, &approval.call.arguments);
    let word = if decision == Verdict::Allow { "allowed" } else { "denied" };
    show::line(&format!("{word}: {call} [{}]", short(&approval.digest)));
    show::note(&format!("go on with it: handyman resume {run}{}", options_here(&["resume"])));
    Ok(ExitCode::SUCCESS)
}

/// Enough of a digest to tell what waits apart.
fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}
