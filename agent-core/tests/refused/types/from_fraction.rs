//! Fractions are not taken from results.

use handyman_core::tool;

/// Says a number.
#[tool(read_only)]
async fn say(#[arg(from = search.id)] number: f64) -> handyman_core::ToolResult<f64> {
    Ok(number)
}

fn main() {}
