//! Wrappers: each gives one property to any tool and leaves the rest as it is.
//!
//! ```
//! use std::time::Duration;
//! use handyman_core::Tool;
//! use handyman_tools::calculator::calculate;
//! use handyman_tools::wrap::Wrapped;
//!
//! let tool = calculate.renamed("sum").with_deadline(Duration::from_secs(2)).at_most_at_once(4);
//! assert_eq!(tool.spec().name, "sum");
//! ```
//!
//! Map: [`Renamed`] · [`Placed`] where it acts · [`Declared`] another effect, and where arguments come from · [`Deadline`], [`call_within`] for any tool of a toolbox · [`Cached`] for tools that only read · [`Paced`] so many calls in so much time ·
//! [`AtOnce`] so many calls at the same time · [`Shortened`] keeps the head of a long result and offers the rest.

mod at_once;
mod cached;
mod deadline;
mod declared;
mod paced;
mod placed;
mod renamed;
mod shortened;

use std::sync::Arc;
use std::time::Duration;

use handyman_core::Tool;

pub use at_once::AtOnce;
pub use cached::Cached;
pub use deadline::{Deadline, call_within};
pub use declared::Declared;
pub use paced::Paced;
pub use placed::Placed;
pub use renamed::Renamed;
pub use shortened::{Kept, Shortened, read_more};

/// The wrappers as methods, so that they can be put on one after the other. The last one is outermost.
pub trait Wrapped: Tool + Sized + 'static {
    /// Goes by another name.
    #[must_use]
    fn renamed(self, name: impl Into<String>) -> Renamed {
        Renamed::new(Arc::new(self), name)
    }

    /// Says where its effects take place, without secrets.
    #[must_use]
    fn placed(self, place: impl Into<String>) -> Placed {
        Placed::new(Arc::new(self), place)
    }

    /// Fails when it takes longer.
    #[must_use]
    fn with_deadline(self, deadline: Duration) -> Deadline {
        Deadline::new(Arc::new(self), deadline)
    }

    /// Runs so many calls at the same time; others wait.
    #[must_use]
    fn at_most_at_once(self, calls: usize) -> AtOnce {
        AtOnce::new(Arc::new(self), calls)
    }

    /// Runs so many calls in so much time; others wait.
    #[must_use]
    fn at_most_in(self, calls: u32, period: Duration) -> Paced {
        Paced::new(Arc::new(self), calls, period)
    }

    /// Keeps results for so long; for tools that only read.
    #[must_use]
    fn cached_for(self, time: Duration) -> Cached {
        Cached::new(Arc::new(self), time)
    }

    /// Shows so many bytes of a result and keeps the rest for [`read_more`].
    #[must_use]
    fn shortened_to(self, bytes: usize, kept: Arc<Kept>) -> Shortened {
        Shortened::new(Arc::new(self), bytes, kept)
    }
}

impl<T: Tool + Sized + 'static> Wrapped for T {}

#[cfg(test)]
mod tests;
