//! What the model's last reply was like.

use super::Run;
use crate::ports::StopReason;

impl Run {
    /// The text of the last readable reply.
    #[must_use]
    pub fn said(&self) -> &str {
        &self.said
    }

    /// Why the last readable reply ended: by itself, or because it was cut off.
    #[must_use]
    pub fn stop(&self) -> StopReason {
        self.stop
    }

    /// How sure the model was of what it chose in its last readable reply, from 0 to 1: see
    /// [`ModelReply::confidence`](crate::ModelReply::confidence). `None` where it chose nothing, or cannot say.
    #[must_use]
    pub fn confidence(&self) -> Option<f32> {
        self.confidence
    }
}
