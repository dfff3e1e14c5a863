//! Two models for one agent: where the first is not sure of what it calls, the second is asked.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use handyman_core::{
    Delta, DeltaSink, Fault, Model, ModelInfo, ModelReply, ModelRequest, ReplyBody, ToolSpec,
};

use crate::pair::Pair;

/// Replies by a first model, a small one, and by a second where the first was not sure of what it called.
///
/// A reply that has calls, and whose [confidence](ModelReply::confidence) is below the threshold, is thrown away: none of it
/// is done, shown or kept, and the second model replies to the same request, with the tokens that are left for the reply.
/// A first model that cannot say how sure it was, such as one behind an endpoint, is never doubted.
///
/// Both are shown the same history, whichever of them has replied, so any two models will do. What it costs:
///
/// - the time and the tokens of replies that are thrown away; the usage of the reply that takes their place has both;
/// - what one model wrote the other reads as a part of its next prompt: the second reads all that came before when it is
///   first asked;
/// - what the first says is shown once its reply is known, and not piece by piece; what the second says is shown as it
///   comes;
/// - the memory of two models. Models in this process that keep what they compute on disk (`ModelSettings::states`) want
///   a folder each: a session has one file in a folder.
///
/// ```
/// use handyman_runtime::{Agent, Escalate, ScriptModel};
///
/// # fn main() -> Result<(), handyman_core::Fault> {
/// # let (small, large) = (ScriptModel::parse("")?, ScriptModel::parse("")?);
/// let agent = Agent::new(Escalate::new(small, large, 0.9));
/// # let _ = agent;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Escalate<F, S> {
    models: Pair<F, S>,
    below: f32,
}

impl<F, S> Escalate<F, S> {
    /// Asks `second` where `first` was less sure than `below`, from 0 to 1.
    pub fn new(first: F, second: S, below: f32) -> Self {
        Self { models: Pair { first, second }, below }
    }

    /// Whether a reply is not to be relied on.
    fn doubts(&self, reply: &ModelReply) -> bool {
        let calls = matches!(&reply.body, ReplyBody::Said { calls, .. } if !calls.is_empty());
        calls && reply.confidence.is_some_and(|sure| sure < self.below)
    }
}

#[async_trait]
impl<F: Model, S: Model> Model for Escalate<F, S> {
    /// Both, as one: `a, then b`, and a hash over both hashes, which is empty where neither has one.
    fn info(&self) -> ModelInfo {
        self.models.info("then")
    }

    /// That of the smaller one: either may be asked.
    fn window(&self) -> Option<u64> {
        self.models.window()
    }

    fn tokens(&self, text: &str) -> u64 {
        self.models.tokens(text)
    }

    fn describing(&self, tools: &[ToolSpec]) -> u64 {
        self.models.describing(tools)
    }

    async fn reply(&self, request: ModelRequest<'_>, sink: &dyn DeltaSink) -> Result<ModelReply, Fault> {
        let held = Held { shown_to: sink, deltas: Mutex::default() };
        let first = self.models.first.reply(request, &held).await?;
        let tokens_max = request.tokens_max.saturating_sub(first.usage.decoded());
        if !self.doubts(&first) || tokens_max == 0 {
            return Ok(first);
        }
        held.forget();
        let second = self.models.second.reply(ModelRequest { tokens_max, ..request }, sink).await?;
        let mut usage = first.usage;
        usage += second.usage;
        Ok(ModelReply { usage, ..second })
    }
}

/// Holds back what a model says. It is shown in the end, as well where the reply is given up before it is known, unless
/// it is forgotten.
struct Held<'a> {
    shown_to: &'a dyn DeltaSink,
    deltas: Mutex<Vec<Delta>>,
}

impl Held<'_> {
    fn forget(&self) {
        self.deltas.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl DeltaSink for Held<'_> {
    fn delta(&self, delta: Delta) {
        self.deltas.lock().unwrap_or_else(PoisonError::into_inner).push(delta);
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let held = std::mem::take(self.deltas.get_mut().unwrap_or_else(PoisonError::into_inner));
        for delta in held {
            self.shown_to.delta(delta);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
