//! A run goes on where it has acted.

use std::collections::BTreeMap;

use handyman_core::{Effect, Fault, FaultKind, Moved, Run, ToolSpec};

/// Where these tools act that have an effect and say where.
pub(super) fn of(specs: &[ToolSpec]) -> BTreeMap<String, String> {
    let acts = specs.iter().filter(|spec| spec.effect != Effect::ReadOnly);
    acts.filter_map(|spec| Some((spec.name.clone(), spec.safety.place.clone()?))).collect()
}

/// Sees that what a run has done, or is about to do, was done where its tools act now: another place knows nothing of it.
pub(super) fn check(run: &Run, specs: &[ToolSpec]) -> Result<(), Fault> {
    let Some(Moved { tool, then, now }) = run.moved(specs) else { return Ok(()) };
    let now = now.map_or_else(|| "somewhere else".to_owned(), |now| format!("at {now}"));
    let message = format!("run {} called '{tool}' at {then}, and '{tool}' acts {now} now", run.id());
    Err(Fault::new(FaultKind::Request, message)
        .with_hint("go on with the tools that it began with, or begin anew in another session"))
}

#[cfg(test)]
mod tests;
