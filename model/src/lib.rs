//! Training data of the built-in model: conversations between a person, the model and tools.
//!
//! A conversation follows from a seed and a number alone; see [`generate`].

pub mod chat;
pub mod conversation;
pub mod draw;
pub mod fill;
pub mod invented;
pub mod json_text;
pub mod lexicon;
pub mod rng;
pub mod value;

use conversation::Conversation;
use draw::{Draw, Lang};

/// Which tools the conversations are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Random tools.
    Invented,
}

/// What to generate.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Which tools.
    pub kind: Kind,
    /// The seed; another seed gives other conversations.
    pub seed: u64,
    /// One language only, or both.
    pub lang: Option<Lang>,
    /// Names and wordings kept out of training, for evaluation.
    pub held_out: bool,
    /// One or two tools and one call a request.
    pub short: bool,
}

/// Conversation number `index` of the plan.
#[must_use]
pub fn generate(plan: &Plan, index: u64) -> Conversation {
    let mut d = Draw::new(plan.seed, index, plan.lang, plan.held_out);
    loop {
        let talk = match plan.kind {
            Kind::Invented => invented::conversation(&mut d, plan.short),
        };
        if talk.messages.iter().any(|m| !m.tool_calls.is_empty()) || d.chance(10) {
            return talk;
        }
    }
}
