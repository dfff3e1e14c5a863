//! Asking the person at the terminal about calls that wait.

use std::io::{ErrorKind, IsTerminal};

use handyman::{Approval, Outcome, Run, Session, Verdict, Watch, approvals};
use tokio::io::{AsyncBufRead, Lines};

use crate::args::options_here;
use crate::interrupt;
use crate::problem::Problem;
use crate::show;

mod always;
mod keyboard;
mod plan;

pub(crate) use always::{UnlessAlways, is_always};
pub(crate) use keyboard::keyboard;

/// Goes on with a run for as long as it waits and there is somebody to ask. Without a terminal the run
/// waits, durably, and notes say what for and how to decide.
pub(crate) async fn settle(session: &Session, mut run: Run, watch: &Watch<'_>) -> Result<Run, Problem> {
    let journal = session.journal().await?;
    while matches!(run.outcome(), Some(Outcome::Waiting { .. })) {
        let Some(approval) = approvals::of_run(journal.as_ref(), run.id()).await? else { break };
        let Some(Decision { verdict, why, lasts }) = decision(&approval).await? else {
            let run = run.id();
            let (to_decide, to_resume) = (options_here(&["approvals", "allow"]), options_here(&["resume"]));
            show::note(&format!("decide with: handyman approvals allow {run}{to_decide} (or deny)"));
            show::note(&format!("then: handyman resume {run}{to_resume}"));
            break;
        };
        let (journal, digest) = (journal.as_ref(), Some(approval.digest.as_str()));
        approvals::decide_because(journal, run.id(), verdict, digest, why.as_deref()).await?;
        if lasts {
            always::add(&approval.call.tool);
        }
        run = session.resume(run.id(), watch).await?;
    }
    Ok(run)
}

/// What a person says to a call.
#[derive(Debug, PartialEq, Eq)]
struct Decision {
    verdict: Verdict,
    /// Why not, in their words.
    why: Option<String>,
    /// Whether it is an "always": a yes for the effects of later calls of the tool as well.
    lasts: bool,
}

/// What the person at the terminal says; nothing if there is none, or they press Ctrl-C or Ctrl-D instead.
async fn decision(approval: &Approval) -> Result<Option<Decision>, Problem> {
    if !std::io::stdin().is_terminal() {
        // The observer has said why.
        for line in effects(approval) {
            show::note(line.trim_start());
        }
        return Ok(None);
    }
    let mut typed = keyboard().await;
    interrupt::asked(true);
    let said = tokio::select! {
        // It listens before the person is asked.
        biased;
        () = interrupt::pressed() => Ok(None),
        said = ask(approval, &mut typed, &show::prompt) => said,
    };
    if matches!(said, Ok(None)) {
        // The line of the question has not been ended by an answer.
        show::prompt("\n");
    } else {
        interrupt::asked(false);
    }
    said.map_err(|error| Problem::new(format!("nobody could be asked: {error}")))
}

/// What may be said, for who has said something else.
const HINT: &str = "  write y or n; n, and why: tells the model the reason
  a (always): yes, and until this command ends the tool is not asked about again for its effect alone
";

/// Asks until the person has said yes or no; nothing if their input ends before: that is no answer, and the run waits.
/// Nothing is held while they think: others can write to the terminal.
async fn ask<R: AsyncBufRead + Unpin>(
    approval: &Approval,
    typed: &mut Lines<R>,
    say: &(dyn Fn(&str) + Sync),
) -> std::io::Result<Option<Decision>> {
    for line in shown(approval) {
        say(&format!("{line}\n"));
    }
    let question =
        format!("Allow {}? [y/N/a] ", show::call_line(&approval.call.tool, &approval.call.arguments));
    loop {
        say(&question);
        let decision = match typed.next_line().await {
            Ok(Some(line)) => understood(&line),
            Ok(None) => return Ok(None),
            // What is no text is no clear answer.
            Err(error) if error.kind() == ErrorKind::InvalidData => None,
            Err(error) => return Err(error),
        };
        match decision {
            Some(decision) => return Ok(Some(decision)),
            None => say(HINT),
        }
    }
}

/// What is meant by a line that is a clear yes, one for good, a clear no, or a no and a reason: `n, too late`. An empty
/// one is a no.
fn understood(line: &str) -> Option<Decision> {
    let line = line.trim();
    let (word, why) = line.split_once([',', ':', ';', '，', '：', '；', '。']).unwrap_or((line, ""));
    let why = Some(why.trim()).filter(|why| !why.is_empty()).map(str::to_owned);
    let (verdict, lasts) = match word.trim().to_lowercase().as_str() {
        // A yes with conditions is none.
        "y" | "yes" | "ok" | "sure" | "是" | "好" | "好的" | "可以" | "行" | "同意" if why.is_none() => {
            (Verdict::Allow, false)
        }
        "a" | "always" | "总是" | "一直" if why.is_none() => (Verdict::Allow, true),
        "" | "n" | "no" | "nope" | "否" | "不" | "不要" | "不行" => (Verdict::Deny, false),
        _ => return None,
    };
    Some(Decision { verdict, why, lasts })
}

/// What a person elsewhere is asked about a call: all that one at the terminal is shown.
#[cfg(feature = "services")]
pub(crate) fn question(approval: &Approval) -> String {
    let asks = format!("Allow {}?", show::call_line(&approval.call.tool, &approval.call.arguments));
    std::iter::once(asks).chain(shown(approval)).collect::<Vec<_>>().join("\n")
}

/// What a person is shown of a call, line by line: why they are asked, and what it would do.
pub(crate) fn shown(approval: &Approval) -> Vec<String> {
    let why = show::printable(&format!("  {}", approval.why));
    std::iter::once(why).chain(effects(approval)).collect()
}

/// What a call would do: arguments that are too long for the question, then the tool's plan.
fn effects(approval: &Approval) -> Vec<String> {
    let mut lines = show::long_arguments(&approval.call.arguments);
    match &approval.plan {
        Some(plan) => lines.extend(plan::plan_lines(plan).iter().map(|line| show::printable(line))),
        None => lines.push("  the tool cannot say beforehand what it would do".to_owned()),
    }
    lines
}

#[cfg(test)]
mod tests;
