//! What trying cases came to, counted.

use handyman_core::{RunId, Usage};
use serde::{Serialize, Serializer};

use super::case::Case;
use super::judge::Unmet;
use super::threshold::Threshold;

/// One try of a case.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Try {
    /// What was not met; nothing where it passed.
    pub unmet: Vec<Unmet>,
    /// The runs of its messages, in the agent's journal.
    pub runs: Vec<RunId>,
    /// What they used.
    pub usage: Usage,
    /// The least confidence of its replies that hold calls, from 0 to 1 (see
    /// [`ModelReply::confidence`](handyman_core::ModelReply)); `None` where the model could not say.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "in_thousandths")]
    pub confidence: Option<f32>,
    /// Milliseconds that it took.
    pub ms: u64,
}

impl Try {
    /// Whether everything was as expected.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.unmet.is_empty()
    }
}

/// A case with its tries.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tried {
    /// What the case is called.
    pub case: String,
    /// The tries.
    pub tries: Vec<Try>,
}

impl Tried {
    /// A case that was tried so.
    #[must_use]
    pub fn new(case: &Case, tries: Vec<Try>) -> Self {
        Self { case: case.title().to_owned(), tries }
    }

    /// Whether every try passed, and there was one.
    #[must_use]
    pub fn passed(&self) -> bool {
        !self.tries.is_empty() && self.tries.iter().all(Try::passed)
    }

    /// How many tries passed.
    #[must_use]
    pub fn passes(&self) -> u32 {
        count(self.tries.iter().filter(|one| one.passed()))
    }

    /// What all tries used.
    #[must_use]
    pub fn usage(&self) -> Usage {
        sum(self.tries.iter().map(|one| one.usage))
    }

    /// Milliseconds that all tries took.
    #[must_use]
    pub fn ms(&self) -> u64 {
        self.tries.iter().fold(0_u64, |ms, one| ms.saturating_add(one.ms))
    }
}

/// Cases that were tried.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    /// The cases, in the order in which they were tried.
    pub cases: Vec<Tried>,
}

impl Report {
    /// How many cases passed.
    #[must_use]
    pub fn passed(&self) -> u32 {
        count(self.cases.iter().filter(|tried| tried.passed()))
    }

    /// How many cases there are.
    #[must_use]
    pub fn of(&self) -> u32 {
        count(self.cases.iter())
    }

    /// Where the share of cases that pass lies with 95 % confidence, from 0 to 1: see [`wilson`].
    #[must_use]
    pub fn interval(&self) -> (f64, f64) {
        wilson(self.passed(), self.of())
    }

    /// What all cases used.
    #[must_use]
    pub fn usage(&self) -> Usage {
        sum(self.cases.iter().map(Tried::usage))
    }

    /// The confidence that best tells tries that failed from those that passed; `None` where none does.
    #[must_use]
    pub fn threshold(&self) -> Option<Threshold> {
        Threshold::best(self.cases.iter().flat_map(|tried| &tried.tries))
    }

    /// Milliseconds that all cases took.
    #[must_use]
    pub fn ms(&self) -> u64 {
        self.cases.iter().fold(0_u64, |ms, tried| ms.saturating_add(tried.ms()))
    }
}

/// The Wilson score interval at 95 % of a share of which `passed` of so many were seen: its ends, from 0 to 1. Where none
/// were seen it is all of that.
///
/// E. B. Wilson, Probable inference, the law of succession, and statistical inference, Journal of the American Statistical
/// Association 22, 1927.
#[must_use]
pub fn wilson(passed: u32, of: u32) -> (f64, f64) {
    const Z: f64 = 1.96;
    if of == 0 {
        return (0.0, 1.0);
    }
    let n = f64::from(of);
    let share = f64::from(passed) / n;
    let middle = share + Z * Z / (2.0 * n);
    let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    (((middle - spread) / scale).max(0.0), ((middle + spread) / scale).min(1.0))
}

/// A share as it is read: not with the digits that a `f32` has as a `f64`.
#[expect(
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "serde gives a reference to the field"
)]
fn in_thousandths<S: Serializer>(share: &Option<f32>, serializer: S) -> Result<S::Ok, S::Error> {
    share.map(|share| (f64::from(share) * 1_000.0).round() / 1_000.0).serialize(serializer)
}

fn count<T>(all: impl Iterator<Item = T>) -> u32 {
    u32::try_from(all.count()).unwrap_or(u32::MAX)
}

fn sum(all: impl Iterator<Item = Usage>) -> Usage {
    all.fold(Usage::default(), |mut total, usage| {
        total += usage;
        total
    })
}

#[cfg(test)]
mod tests;
