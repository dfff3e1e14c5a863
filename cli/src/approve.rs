//! Asking a person on the terminal before a call with an effect runs.

use std::io::{BufRead, IsTerminal, Write};

use async_trait::async_trait;
use handyman::{Decision, Effect, Policy, Run, ToolCall, ToolSpec, Verdict};

use crate::show;

/// Shows a call with an effect and waits for yes or no.
///
/// Without a terminal there is nobody to ask: the call is refused and the reason says so.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AskOnTerminal;

#[async_trait]
impl Policy for AskOnTerminal {
    async fn decide(&self, call: &ToolCall, spec: &ToolSpec, _run: &Run) -> Decision {
        if spec.effect == Effect::ReadOnly {
            return Decision::new(Verdict::Allow, spec.effect.name());
        }
        if !std::io::stdin().is_terminal() {
            return Decision::new(
                Verdict::Deny,
                "standard input is not a terminal, so nobody could be asked; use --approve auto to allow effects",
            );
        }
        let question = format!("Allow {}? [y/N] ", show::call_line(&call.tool, &call.arguments));
        let answer = tokio::task::spawn_blocking(move || ask(&question)).await;
        match answer {
            Ok(Ok(true)) => Decision::new(Verdict::Allow, "the person said yes"),
            Ok(Ok(false)) => Decision::new(Verdict::Deny, "the person said no"),
            Ok(Err(_)) | Err(_) => Decision::new(Verdict::Deny, "the person could not be asked"),
        }
    }
}

fn ask(question: &str) -> std::io::Result<bool> {
    let mut terminal = std::io::stderr().lock();
    write!(terminal, "{question}")?;
    terminal.flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes" | "是" | "好" | "可以"))
}
