//! What a tool is given beside its arguments: which call it is, values of the program's own, and the run around it.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::DateTime;
use serde_json::Value;

use super::given::Given;
use crate::ids::{CallId, IdempotencyKey, RunId, SessionId};

/// What a tool is given beside its arguments.
///
/// A run makes it for each call. [`CallContext::new`] and the methods after it are for whoever calls a tool without
/// one: a test, or a program that serves tools.
///
/// ```
/// use std::time::Duration;
///
/// use handyman_core::CallContext;
/// use jiff::civil::date;
///
/// struct Customer(u32);
///
/// let context = CallContext::new(date(2026, 11, 23).at(9, 0, 0, 0))
///     .under("order-17")
///     .with(Customer(3))
///     .cancelled_when(|| true)
///     .timed_by(|| Duration::from_secs(5));
/// assert_eq!(context.key.as_str(), "order-17");
/// assert!(context.get::<Customer>().is_some_and(|customer| customer.0 == 3));
/// assert!(context.is_cancelled());
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CallContext {
    /// The run the call belongs to.
    pub run: RunId,
    /// The session of that run: what a tool keeps of one conversation, it keeps under this name. Who calls a tool
    /// outside any session says so in it.
    pub session: SessionId,
    /// The call.
    pub call: CallId,
    /// Stable over retries and restarts of this call: the tool makes its effect unique by it.
    pub key: IdempotencyKey,
    /// Local date and time of the person when the run began; `tomorrow` is relative to it.
    pub now: DateTime,
    /// The plan that a person was shown and has allowed, if one was asked. A tool whose plans come from the
    /// place where its effect lives compares it where nothing can come between: in the transaction of the
    /// effect. What would be something else is not done: [`ToolErrorKind::Changed`](super::ToolErrorKind::Changed).
    pub allowed: Option<Value>,
    /// Whether strangers may have had a part in the call: the run has read what they wrote. A tool that hands the
    /// arguments on to another model tells it that they are nobody's request.
    pub untrusted: bool,
    /// Values that the program has given to its agent or session, for [`CallContext::get`].
    pub given: Given,
    around: Around,
}

/// What the run around a call is told, and says, while the call is under way.
#[derive(Clone, Default)]
struct Around {
    hears: Option<Arc<dyn Fn(String) + Send + Sync>>,
    is_cancelled: Option<Arc<dyn Fn() -> bool + Send + Sync>>,
    time_left: Option<Arc<dyn Fn() -> Duration + Send + Sync>>,
}

impl CallContext {
    /// Of the call `c1` of a run `r` in a session `s`, with the key that a run gives such a call, nothing that was
    /// allowed, and nobody around it.
    #[must_use]
    pub fn new(now: DateTime) -> Self {
        let (run, call) = (RunId::from("r"), CallId::from("c1"));
        Self {
            key: IdempotencyKey::of(&run, &call),
            run,
            session: SessionId::from("s"),
            call,
            now,
            allowed: None,
            untrusted: false,
            given: Given::default(),
            around: Around::default(),
        }
    }

    /// Of this call of this run, with the key that a run gives it.
    #[must_use]
    pub fn of_call(self, run: impl Into<RunId>, call: impl Into<CallId>) -> Self {
        let (run, call) = (run.into(), call.into());
        Self { key: IdempotencyKey::of(&run, &call), run, call, ..self }
    }

    /// In this session.
    #[must_use]
    pub fn in_session(self, session: impl Into<SessionId>) -> Self {
        Self { session: session.into(), ..self }
    }

    /// Under this key, in place of the one that a run gives.
    #[must_use]
    pub fn under(self, key: impl Into<IdempotencyKey>) -> Self {
        Self { key: key.into(), ..self }
    }

    /// With the plan that a person has allowed, if one was asked.
    #[must_use]
    pub fn allowing(self, plan: impl Into<Option<Value>>) -> Self {
        Self { allowed: plan.into(), ..self }
    }

    /// With a value for the tool, in place of one of its type. In a program, agents and sessions give it (`Agent::with`).
    #[must_use]
    pub fn with<T: Any + Send + Sync>(self, value: T) -> Self {
        Self { given: self.given.with(value), ..self }
    }

    /// With somebody who hears what [`CallContext::tell`] is told. They must not block.
    #[must_use]
    pub fn on_progress(mut self, hears: impl Fn(String) + Send + Sync + 'static) -> Self {
        self.around.hears = Some(Arc::new(hears));
        self
    }

    /// With what says whether the run is being cancelled.
    #[must_use]
    pub fn cancelled_when(mut self, is_cancelled: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.around.is_cancelled = Some(Arc::new(is_cancelled));
        self
    }

    /// With what says how much time the call has left.
    #[must_use]
    pub fn timed_by(mut self, time_left: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        self.around.time_left = Some(Arc::new(time_left));
        self
    }

    /// The value of a type that the program has given to its agent or session, if it has. Also as a parameter of the
    /// tool: `#[given] customer: &Customer`.
    #[must_use]
    pub fn get<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.given.get()
    }

    /// Tells whoever watches the run how far the call has come: a [`Delta::Progress`](crate::Delta), shown and
    /// forgotten. The model does not hear of it. Does not block.
    pub fn tell(&self, progress: impl Into<String>) {
        if let Some(hears) = &self.around.hears {
            hears(progress.into());
        }
    }

    /// Whether the run is being cancelled. A call that only reads is then dropped, wherever it waits; one with an effect
    /// is let run to its end, so that what it did is known. A tool that has done nothing yet, and can stop so, looks here
    /// and fails.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.around.is_cancelled.as_ref().is_some_and(|is_cancelled| is_cancelled())
    }

    /// How much time the call has left before nobody waits for it any more; `None` where nobody has said.
    #[must_use]
    pub fn time_left(&self) -> Option<Duration> {
        self.around.time_left.as_ref().map(|time_left| time_left())
    }
}

impl fmt::Debug for Around {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Around").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
