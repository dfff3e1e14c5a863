//! What a run may use up, and what it has.

use std::ops::AddAssign;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::tool::ToolSpec;

/// What a run may use up. Reaching a limit is an outcome that keeps the partial result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Model replies in one run. The last one can only answer or ask.
    pub turns_max: u32,
    /// Tool calls that the model asks for in one run.
    pub calls_max: u32,
    /// Tool calls that the steps of a workflow make in one run.
    pub step_calls_max: u32,
    /// Tokens decoded (forced, drafted and sampled) in one run.
    pub tokens_max: u64,
    /// Malformed replies in a row.
    pub malformed_max: u32,
    /// Calls with wrong arguments in a row; after that the model can only answer or ask.
    pub invalid_max: u32,
    /// Times one call is tried again when it fails in a way that may pass.
    pub retries_max: u32,
    /// Tokens kept back for the last reply, so that a run at its limit still answers; a quarter of
    /// `tokens_max` at most.
    pub answer_tokens: u64,
    /// Time kept back for the last reply; a quarter of `wall_time` at most.
    pub answer_time: Duration,
    /// Time spent by model and tools in one run.
    pub wall_time: Duration,
    /// Time of one tool call, where the tool names none of its own ([`Safety::time`](crate::Safety::time)).
    pub tool_time: Duration,
    /// Bytes of one result that the model is shown.
    pub output_bytes_max: usize,
    /// Percent of the model's window that descriptions of tools may take; with more, tools are revealed step by
    /// step (see [`catalogue`](crate::catalogue)).
    pub tools_percent: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            turns_max: 12,
            calls_max: 24,
            step_calls_max: 1_000,
            tokens_max: 8_192,
            malformed_max: 3,
            invalid_max: 3,
            retries_max: 3,
            answer_tokens: 512,
            answer_time: Duration::from_secs(15),
            wall_time: Duration::from_mins(10),
            tool_time: Duration::from_mins(1),
            output_bytes_max: 8_192,
            tools_percent: 50,
        }
    }
}

impl Limits {
    /// The time that a call of this tool may take.
    #[must_use]
    pub fn time_of(&self, tool: &ToolSpec) -> Duration {
        tool.safety.time.unwrap_or(self.tool_time)
    }
}

/// Which limit ended a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitKind {
    /// [`Limits::turns_max`]
    Turns,
    /// [`Limits::tokens_max`]
    Tokens,
    /// [`Limits::malformed_max`]
    Malformed,
    /// [`Limits::wall_time`]
    WallTime,
    /// The model's window is full.
    Window,
    /// A remote service withheld the rest of the answer.
    Withheld,
}

/// Where the tokens of a reply came from, in tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TokenUsage {
    /// Prompt tokens processed: those that were new, and those of `recomputed`.
    pub prefilled: u64,
    /// Prompt tokens processed although they had been before: the session's sequence was evicted, or the
    /// model's template rewrites earlier replies.
    #[serde(skip_serializing_if = "is_zero")]
    pub recomputed: u64,
    /// Prompt tokens already in the KV cache.
    pub reused: u64,
    /// Reply tokens the grammar left no choice in.
    pub forced: u64,
    /// Reply tokens proposed by look-up and verified.
    pub drafted: u64,
    /// Reply tokens sampled one by one.
    pub sampled: u64,
}

impl TokenUsage {
    /// Tokens of the replies, however they came about.
    #[must_use]
    pub fn decoded(&self) -> u64 {
        self.forced.saturating_add(self.drafted).saturating_add(self.sampled)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl AddAssign for TokenUsage {
    fn add_assign(&mut self, other: Self) {
        self.prefilled = self.prefilled.saturating_add(other.prefilled);
        self.recomputed = self.recomputed.saturating_add(other.recomputed);
        self.reused = self.reused.saturating_add(other.reused);
        self.forced = self.forced.saturating_add(other.forced);
        self.drafted = self.drafted.saturating_add(other.drafted);
        self.sampled = self.sampled.saturating_add(other.sampled);
    }
}

/// What a run has used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Model replies.
    pub turns: u32,
    /// Tool calls that were started.
    pub calls: u32,
    /// Tokens over all replies.
    #[serde(flatten)]
    pub tokens: TokenUsage,
    /// Milliseconds in the model.
    pub model_ms: u64,
    /// Milliseconds in tools.
    pub tool_ms: u64,
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.turns = self.turns.saturating_add(other.turns);
        self.calls = self.calls.saturating_add(other.calls);
        self.tokens += other.tokens;
        self.model_ms = self.model_ms.saturating_add(other.model_ms);
        self.tool_ms = self.tool_ms.saturating_add(other.tool_ms);
    }
}
