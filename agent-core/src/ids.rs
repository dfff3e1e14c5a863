//! Identifiers, each a type of its own so that one cannot be passed for another.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// Names one run: the handling of one user message to an outcome.
    RunId
);
id!(
    /// Names one session: a persisted conversation of many runs.
    SessionId
);
id!(
    /// Names one tool call within its run (`c1`, `c2`, …).
    CallId
);
id!(
    /// Names one intended effect: the same over every retry and restart of the same call.
    IdempotencyKey
);

impl IdempotencyKey {
    /// The key of a call: a function of run and call alone, so a restart computes the same one.
    #[must_use]
    pub fn of(run: &RunId, call: &CallId) -> Self {
        Self(format!("{run}.{call}"))
    }
}
