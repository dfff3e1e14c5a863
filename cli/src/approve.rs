//! Asking the person at the terminal about calls that wait.

use std::io::{BufRead, IsTerminal, Write};

use handyman::{Approval, Outcome, Run, Session, Verdict, Watch, approvals};
use serde_json::{Value, json};

use crate::interrupt;
use crate::problem::Problem;
use crate::show;

/// Goes on with a run for as long as it waits and there is somebody to ask. Without a terminal the run
/// waits, durably, and a note says how to decide.
pub(crate) async fn settle(session: &Session, mut run: Run, watch: &Watch<'_>) -> Result<Run, Problem> {
    let journal = session.journal().await?;
    while matches!(run.outcome(), Some(Outcome::Waiting { .. })) {
        let Some(approval) = approvals::of_run(journal.as_ref(), run.id()).await? else { break };
        let decision = if std::io::stdin().is_terminal() { answer(approval.clone()).await? } else { None };
        let Some(decision) = decision else {
            let run = run.id();
            show::note(&format!(
                "decide with: handyman approvals allow {run} (or deny), then: handyman resume {run}"
            ));
            break;
        };
        approvals::decide(journal.as_ref(), run.id(), decision, Some(&approval.digest)).await?;
        run = session.resume(run.id(), watch).await?;
    }
    Ok(run)
}

/// What the person says; nothing if they went away, or press Ctrl-C.
async fn answer(approval: Approval) -> Result<Option<Verdict>, Problem> {
    let asked = tokio::select! {
        asked = tokio::task::spawn_blocking(move || ask(&approval)) => asked,
        () = interrupt::pressed() => return Ok(None),
    };
    asked
        .map_err(|error| Problem::new(format!("nobody could be asked: {error}")))?
        .map_err(|error| Problem::new(format!("nobody could be asked: {error}")))
}

fn ask(approval: &Approval) -> std::io::Result<Option<Verdict>> {
    let mut terminal = std::io::stderr().lock();
    for line in shown(approval) {
        writeln!(terminal, "{line}")?;
    }
    write!(terminal, "Allow {}? [y/N] ", show::call_line(&approval.call.tool, &approval.call.arguments))?;
    terminal.flush()?;
    let mut answer = String::new();
    if std::io::stdin().lock().read_line(&mut answer)? == 0 {
        return Ok(None);
    }
    let yes = matches!(answer.trim().to_lowercase().as_str(), "y" | "yes" | "是" | "好" | "可以");
    Ok(Some(if yes { Verdict::Allow } else { Verdict::Deny }))
}

/// What a person is shown of a call: why they are asked, and what it would do.
pub(crate) fn shown(approval: &Approval) -> Vec<String> {
    let mut lines = vec![format!("  {}", approval.why)];
    match &approval.plan {
        Some(plan) => lines.extend(plan_lines(plan)),
        None => lines.push("  the tool cannot say beforehand what it would do".to_owned()),
    }
    lines
}

/// A plan, one line a row that would change, or the whole of it.
fn plan_lines(plan: &Value) -> Vec<String> {
    if let Some(rows) = plan["rows"].as_array() {
        return rows.iter().map(row_line).collect();
    }
    let (before, after) = (plan["before"].as_array(), plan["after"].as_array());
    let shown = before.map_or(0, Vec::len).max(after.map_or(0, Vec::len));
    if shown == 0 {
        return vec![format!("  it would: {plan}")];
    }
    let row = |rows: Option<&Vec<Value>>, at: usize| rows.and_then(|rows| rows.get(at)).cloned();
    let line = |at| match (row(before, at), row(after, at)) {
        // What becomes of the first ones shows what becomes of all.
        (Some(is), None) if at > 0 && plan["change"] == "update" => {
            format!("  ~ {} {is}", plan["table"].as_str().unwrap_or_default())
        }
        (is, becomes) => row_line(&json!({"table": plan["table"], "is": is, "becomes": becomes})),
    };
    let more = plan["rows"].as_u64().unwrap_or_default().saturating_sub(shown as u64);
    (0..shown).map(line).chain((more > 0).then(|| format!("  … and {more} more rows"))).collect()
}

fn row_line(row: &Value) -> String {
    let table = row["table"].as_str().unwrap_or_default();
    match (row["is"].as_object(), row["becomes"].as_object()) {
        (None, _) => format!("  + {table}: {}", row["becomes"]),
        (_, None) => format!("  - {table}: {}", row["is"]),
        (Some(is), Some(becomes)) => {
            let changes: Vec<String> = becomes
                .iter()
                .filter(|(name, value)| is.get(*name) != Some(value))
                .map(|(name, value)| format!("{name} {} → {value}", is.get(name).unwrap_or(&Value::Null)))
                .collect();
            let which = is.values().next().map(Value::to_string).unwrap_or_default();
            format!("  ~ {table} {which}: {}", changes.join(", "))
        }
    }
}
