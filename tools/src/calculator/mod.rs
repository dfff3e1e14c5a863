//! The calculator tool: arithmetic and units, evaluated by `fend-core` without network, clock or chance.

mod notation;

use std::sync::atomic::{AtomicU32, Ordering};

use handyman_core::{ToolError, ToolResult, tool};
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// Evaluation gives up after so many of `fend`'s checks; an honest calculation takes a few dozen.
const CHECKS_MAX: u32 = 100_000;
const EXPRESSION_CHARS_MAX: usize = 400;
const RESULT_CHARS_MAX: usize = 200;
/// Room for an expression that is as deep as it is long; what is not used is not taken.
const STACK_BYTES: usize = 64_000_000;

struct Patience(AtomicU32);

impl fend_core::Interrupt for Patience {
    fn should_interrupt(&self) -> bool {
        self.0.fetch_add(1, Ordering::Relaxed) >= CHECKS_MAX
    }
}

/// Calculate an arithmetic expression
#[tool(read_only)]
pub async fn calculate(expression: String) -> ToolResult<Value> {
    let wrong = |problem: String| ToolError::argument("expression", problem);
    let cannot = |problem: String| wrong(format!("cannot calculate '{expression}': {problem}"));
    if expression.chars().count() > EXPRESSION_CHARS_MAX {
        return Err(wrong(format!("longer than {EXPRESSION_CHARS_MAX} characters")));
    }
    let plain = notation::plain(&expression).map_err(cannot)?;
    let text = on_large_stack(plain).await?.map_err(cannot)?;
    if text.is_empty() {
        return Err(wrong("empty; write for example 12 * 3.5".to_owned()));
    }
    let (exact, text) = match text.strip_prefix("approx. ") {
        Some(text) => (false, text),
        None => (true, text.as_str()),
    };
    // A number that is cut is another number.
    if text.chars().count() > RESULT_CHARS_MAX {
        return Err(cannot("the result has too many digits; calculate with smaller numbers".to_owned()));
    }
    Ok(if exact {
        json!({"expression": expression, "result": text})
    } else {
        json!({"expression": expression, "result": text, "rounded": true})
    })
}

/// Evaluates on a thread of its own. The evaluator goes as deep as the text, and does not see the end of its stack
/// coming; where it panics, only that thread ends.
async fn on_large_stack(plain: String) -> ToolResult<Result<String, String>> {
    let (sender, receiver) = oneshot::channel();
    let work = move || {
        // Nobody listens any more if the call was given up.
        let _ = sender.send(evaluate(&plain));
    };
    let thread = std::thread::Builder::new().name("calculator".to_owned()).stack_size(STACK_BYTES);
    thread.spawn(work).map_err(ToolError::internal)?;
    Ok(receiver.await.unwrap_or_else(|_| Err("it cannot be evaluated; write it in another way".to_owned())))
}

fn evaluate(plain: &str) -> Result<String, String> {
    let mut context = fend_core::Context::new();
    context.set_random_u32_fn(|| 0);
    context.disable_rng();
    let patience = Patience(AtomicU32::new(0));
    let result = fend_core::evaluate_with_interrupt(plain, &mut context, &patience)?;
    // "80 * 15%" is 1200 % to the evaluator, and 12 to people.
    let is_meant = notation::wants_percent(plain) || notation::is_all_percentages(plain);
    let result = if result.get_main_result().ends_with('%') && !is_meant {
        fend_core::evaluate_with_interrupt(&format!("0 + ({plain})"), &mut context, &patience)?
    } else {
        result
    };
    Ok(result.get_main_result().to_owned())
}

#[cfg(test)]
mod tests;
