//! The calculator tool: arithmetic and units, evaluated by `fend-core` without network, clock or chance.

use std::sync::atomic::{AtomicU32, Ordering};

use handyman_core::{ToolError, ToolResult, tool};
use serde_json::{Value, json};

/// Evaluation gives up after so many of `fend`'s checks; an honest calculation takes a few dozen.
const CHECKS_MAX: u32 = 100_000;
const EXPRESSION_CHARS_MAX: usize = 400;
const RESULT_CHARS_MAX: usize = 200;

/// Signs people write, and what they are called here.
const SIGNS: [(&str, &str); 10] = [
    ("×", "*"),
    ("÷", "/"),
    ("−", "-"),
    ("（", "("),
    ("）", ")"),
    ("，", ","),
    ("＋", "+"),
    ("％", "%"),
    ("加", "+"),
    ("减", "-"),
];

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
    if expression.chars().count() > EXPRESSION_CHARS_MAX {
        return Err(wrong(format!("longer than {EXPRESSION_CHARS_MAX} characters")));
    }
    let plain = SIGNS.iter().fold(expression.clone(), |text, (sign, plain)| text.replace(sign, plain));
    let mut context = fend_core::Context::new();
    context.set_random_u32_fn(|| 0);
    context.disable_rng();
    let patience = Patience(AtomicU32::new(0));
    let result = fend_core::evaluate_with_interrupt(
        plain.trim().trim_end_matches(['=', '?']),
        &mut context,
        &patience,
    )
    .map_err(|problem| wrong(format!("cannot calculate '{expression}': {problem}")))?;
    let text = result.get_main_result();
    if text.is_empty() {
        return Err(wrong("empty; write for example 12 * 3.5".to_owned()));
    }
    let (exact, text) = match text.strip_prefix("approx. ") {
        Some(text) => (false, text),
        None => (true, text),
    };
    let text: String = text.chars().take(RESULT_CHARS_MAX).collect();
    Ok(if exact {
        json!({"expression": expression, "result": text})
    } else {
        json!({"expression": expression, "result": text, "rounded": true})
    })
}

#[cfg(test)]
mod tests;
