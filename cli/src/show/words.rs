//! What a person reads of what befell a run.

use std::fmt::Display;

use handyman::{Compaction, LimitKind, Origin, RunId, Source, Usage, Verdict};

use crate::args::options_here;

/// Where an argument comes from: `to ← the person`.
pub(super) fn origin_text(origin: &Origin) -> String {
    let from = match &origin.source {
        Source::Person => "the person".to_owned(),
        Source::System => "the instructions".to_owned(),
        Source::Result { call, tool, untrusted: false } => format!("{tool} ({call})"),
        Source::Result { call, tool, untrusted: true } => format!("{tool} ({call}), untrusted"),
        Source::Model => "the model".to_owned(),
    };
    format!("{} ← {from}", origin.at.trim_start_matches('/'))
}

pub(super) fn claimed(claim: &str) -> String {
    format!("the answer claims \"{claim}\", which nothing here has done; the model is asked again")
}

/// Places are JSON pointers; that of the whole is empty.
pub(super) fn filled_in(places: &[String]) -> String {
    let named = |place: &String| if place.is_empty() { "the whole answer".to_owned() } else { place.clone() };
    let places: Vec<String> = places.iter().map(named).collect();
    format!("cut off by the limit, so filled in with the least the schema allows: {}", places.join(", "))
}

/// What came of asking a person about a call.
pub(super) fn said_by_person(decision: Verdict, why: Option<&str>) -> String {
    let said = match decision {
        Verdict::Allow => "a person allowed it",
        Verdict::Deny => "a person denied it",
        Verdict::Ask => return why.unwrap_or("nobody decided").to_owned(),
    };
    why.map_or_else(|| said.to_owned(), |why| format!("{said}: {why}"))
}

/// Why a call was denied, with the option that has said so.
pub(super) fn denied(why: &str) -> String {
    let by_options =
        [("only reading is allowed", "--approve deny"), ("is on the list of denied tools", "--deny")];
    let option = by_options.into_iter().find(|(reason, _)| why.ends_with(*reason));
    option.map_or_else(|| why.to_owned(), |(_, option)| format!("{why} ({option})"))
}

pub(super) fn compacted(step: &Compaction) -> String {
    match step {
        Compaction::RepliesShortened { replies, .. } => {
            format!("the model's window is full; unreadable replies shortened: {replies}")
        }
        Compaction::ResultsShortened { results, .. } => {
            format!("the model's window is full; results shortened: {results}")
        }
        Compaction::MessagesLeftOut { messages, .. } => {
            format!("the model's window is full; earlier messages no longer shown to it: {messages}")
        }
    }
}

pub(super) fn limit_text(limit: LimitKind) -> &'static str {
    match limit {
        LimitKind::Turns => "the run may take no more turns (--max-turns)",
        LimitKind::Tokens => "no tokens were left for the reply (--max-tokens)",
        LimitKind::Malformed => "the model's replies could not be read",
        LimitKind::WallTime => "the run may take no more time (--max-time)",
        LimitKind::Window => "the model's window is full (begin a new run, or offer fewer tools: --tools)",
        LimitKind::Withheld => "the service withheld the rest of the reply",
    }
}

pub(super) fn usage_text(usage: &Usage) -> String {
    let (turns, calls) = (counted(usage.turns, "turn"), counted(usage.calls, "call"));
    let tokens = usage.tokens;
    format!(
        "{turns} · {calls} · tokens: {} prefilled, {} reused, {} forced, {} drafted, {} sampled · {:.1} s model, {:.1} s tools",
        tokens.prefilled,
        tokens.reused,
        tokens.forced,
        tokens.drafted,
        tokens.sampled,
        seconds(usage.model_ms),
        seconds(usage.tool_ms),
    )
}

/// How many there are: `1 turn`, `2 turns`.
pub(crate) fn counted(count: impl Display, what: &str) -> String {
    let count = count.to_string();
    let plural = if count == "1" { "" } else { "s" };
    format!("{count} {what}{plural}")
}

#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
pub(super) fn seconds(ms: u64) -> f64 {
    ms as f64 / 1000.0
}

/// What helps after a fault in the middle of a run.
pub(super) fn interrupted(run: &RunId) -> String {
    format!("the run was interrupted; go on with: handyman resume {run}{}", options_here(&["resume"]))
}

#[cfg(test)]
mod tests;
