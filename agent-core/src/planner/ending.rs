//! When a run ends, and how its last reply is kept possible.

use std::time::Duration;

use crate::event::Outcome;
use crate::limits::{LimitKind, Limits};
use crate::message::Role;
use crate::ports::{ReplyMode, StopReason};
use crate::run::Run;
use crate::tool::ToolSpec;

/// What the next reply may use up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Tokens.
    pub tokens: u64,
    /// Time.
    pub time: Duration,
}

/// What is left for the next reply. A reply that may call leaves enough for one that answers.
#[must_use]
pub fn allowance(run: &Run, mode: ReplyMode, limits: &Limits) -> Allowance {
    let left = left(run, limits);
    match mode {
        ReplyMode::AnswerOnly => left,
        ReplyMode::Free => {
            let kept = kept_back(limits);
            Allowance {
                tokens: left.tokens.saturating_sub(kept.tokens),
                time: left.time.saturating_sub(kept.time),
            }
        }
    }
}

/// How the run ends here, if it does.
pub(super) fn outcome(run: &Run, limits: &Limits) -> Option<Outcome> {
    match run.history().last().map(|message| message.role) {
        Some(Role::Assistant) => Some(match cut_off(run) {
            Some(limit) => Outcome::Limit { limit },
            None => how_it_ended(run.said()),
        }),
        Some(Role::User | Role::Tool | Role::System) | None => {
            limit_reached(run, limits).map(|limit| Outcome::Limit { limit })
        }
    }
}

/// The last reply before a limit can only answer or ask, so that a run at its limit still lands.
pub(super) fn reply_mode(run: &Run, tools: &[ToolSpec], limits: &Limits) -> ReplyMode {
    let (usage, free) = (run.usage(), allowance(run, ReplyMode::Free, limits));
    let last = usage.turns + 1 >= limits.turns_max
        || (run.malformed_in_a_row() > 0 && run.malformed_in_a_row() + 1 >= limits.malformed_max)
        || run.calls_of_model() >= limits.calls_max
        || run.invalid_in_a_row() >= limits.invalid_max
        || free.tokens == 0
        || free.time.is_zero();
    if last || tools.is_empty() { ReplyMode::AnswerOnly } else { ReplyMode::Free }
}

/// Which limit cut the last reply off, if one did. An answer of a given shape is whole once it has that shape; a
/// text, if it ended by itself.
fn cut_off(run: &Run) -> Option<LimitKind> {
    let whole = match run.answer_schema() {
        Some(schema) => schema.read(run.said()).is_ok(),
        None => run.stop().is_ended(),
    };
    let limit = match run.stop() {
        StopReason::Ended | StopReason::Tokens => LimitKind::Tokens,
        StopReason::Window => LimitKind::Window,
        StopReason::Withheld => LimitKind::Withheld,
        StopReason::Time => LimitKind::WallTime,
    };
    (!whole).then_some(limit)
}

/// Whether calls can no longer be started, because the time for the run is used up.
pub(super) fn no_time_left(run: &Run, limits: &Limits) -> bool {
    left(run, limits).time.is_zero()
}

fn limit_reached(run: &Run, limits: &Limits) -> Option<LimitKind> {
    let left = left(run, limits);
    if run.malformed_in_a_row() >= limits.malformed_max {
        Some(LimitKind::Malformed)
    } else if run.usage().turns >= limits.turns_max {
        Some(LimitKind::Turns)
    } else if left.tokens == 0 {
        Some(LimitKind::Tokens)
    } else if left.time.is_zero() {
        Some(LimitKind::WallTime)
    } else {
        None
    }
}

fn left(run: &Run, limits: &Limits) -> Allowance {
    let usage = run.usage();
    let used = Duration::from_millis(usage.model_ms.saturating_add(usage.tool_ms));
    Allowance {
        tokens: limits.tokens_max.saturating_sub(usage.tokens.decoded()),
        time: limits.wall_time.saturating_sub(used),
    }
}

fn kept_back(limits: &Limits) -> Allowance {
    Allowance {
        tokens: limits.answer_tokens.min(limits.tokens_max / 4),
        time: limits.answer_time.min(limits.wall_time / 4),
    }
}

/// Emphasis and brackets around a question are no part of it. A quotation mark is: the question is somebody else's.
fn how_it_ended(text: &str) -> Outcome {
    let is_around = |c: char| c.is_whitespace() || matches!(c, '*' | '_' | ')' | '）');
    if text.trim_end_matches(is_around).ends_with(['?', '？']) { Outcome::Asked } else { Outcome::Answered }
}
