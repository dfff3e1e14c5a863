//! Training data of the built-in model: conversations between a person, the model and tools.
//!
//! A conversation follows from a seed and a number alone; see [`Generator`].

pub mod chat;
pub mod conversation;
pub mod draw;
pub mod everyday;
pub mod fill;
pub mod grammar;
pub mod invented;
pub mod json_text;
pub mod lexicon;
pub mod many;
pub mod noise;
pub mod product;
pub mod rng;
pub mod value;

use conversation::Conversation;
use draw::{Draw, Lang};
use product::{Course, DeskError, Desks};

/// Which tools the conversations are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Random tools.
    Invented,
    /// Tools as people usually have them.
    Everyday,
    /// The product's own tools on a sandbox world.
    Product,
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
    /// Invented tools: one or two, and one call a request. Everyday tools: only which of them is called.
    pub short: bool,
    /// What those about the product's tools are like.
    pub course: Course,
    /// So many in a row have the same tools: in training these are then computed once for all of them. The product's are the
    /// same anyway, unless they have other names.
    pub alike: u64,
}

/// How many of a hundred conversations do without names of fitting tools, as they are where another program runs the model.
const UNNAMED: usize = 8;

/// How many of a hundred with invented or everyday tools have more of them than a prompt describes, if that can be.
const MANY: usize = 12;

/// Makes conversations; one for each thread.
#[derive(Debug)]
pub struct Generator {
    plan: Plan,
    desks: Desks,
}

impl Generator {
    /// A generator for this plan. Worlds are opened when they are needed.
    ///
    /// # Errors
    /// If the asynchronous runtime of the tools cannot be started.
    pub fn new(plan: Plan) -> Result<Self, DeskError> {
        Ok(Self { plan, desks: Desks::new()? })
    }

    /// Conversation number `index` of the plan.
    ///
    /// # Errors
    /// If a sandbox world cannot be opened.
    pub fn conversation(&mut self, index: u64) -> Result<Conversation, DeskError> {
        let Plan { kind, seed, lang, held_out, short, course, alike } = self.plan;
        let mut d = Draw::new(seed, index, lang, held_out);
        // What the tools are drawn from, where several conversations have them.
        let common = (alike > 1).then(|| Draw::new(!seed, index / alike, lang, held_out));
        d.lang = common.as_ref().map_or(d.lang, |common| common.lang);
        loop {
            let common = common.clone();
            let mut talk = match kind {
                Kind::Invented => invented::conversation(&mut d, common, short),
                Kind::Everyday => everyday::conversation(&mut d, common, course.requests, short),
                Kind::Product => {
                    let (which, days, hour) = (d.rng.below(1000), d.rng.below(2), d.rng.between(6, 17));
                    let when = (i32::try_from(days).unwrap_or(0), i8::try_from(hour).unwrap_or(9));
                    let desk = self.desks.desk(which, when, format!("r{seed}-{index}"))?;
                    product::conversation(&mut d, common, desk, course)
                }
            };
            if product::is_fit(&talk) {
                if !held_out && !short && kind != Kind::Product && alike < 2 && d.chance(MANY) {
                    many::reveal(&mut d, &mut talk);
                }
                if held_out || !d.chance(UNNAMED) {
                    talk.name_fitting();
                }
                return Ok(talk);
            }
        }
    }
}
