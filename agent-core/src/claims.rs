//! Receipts: an answer may state that something was done only if a call of this run did it.
//!
//! What is held to this: nine deeds that people care about most (booked, paid, sent, cancelled, …), and what the tools of
//! the run do themselves, where that is known: `unlock_door`, described as "Unlocks a door", unlocks, and
//! [`Safety::does`](crate::Safety::does) says it of any tool, in English and Chinese. Of such a deed only what cannot mean
//! anything else is a claim ("I've unlocked the door", "Unlocked the door.", 已解锁); what a passive sentence tells counts
//! where the person ordered it, or where it is about the tool's own thing and nothing was read; what is quoted never does.
//! It is true once a tool of the same verb has succeeded, or one of which nobody knows what it does, or a result says it.
//!
//! Where nobody ordered a deed, an answer may tell of it: what others or the person did, how things go in general, what was
//! read, and what a result says of it that the person asks about. What stands in a letter or a story that was asked for
//! claims nothing.

mod asked;
mod backing;
mod refused;
mod scheduled;
mod spoken;

use crate::deeds::{Clause, Deed, OwnDeeds, is_chinese, licensed_in};
use crate::event::Receipt;
use crate::message::CallOutcome;
use crate::run::{Done, Run};
use crate::tool::{Effect, ToolSpec};

pub use crate::deeds::Refusal;
pub use refused::{is_only_asked_about, refusal, ruled_out};

use asked::Asked;
use backing::{does, has_acted, is_backed, reference, shows_earlier, stands};
use scheduled::is_scheduled;
use spoken::spoken;

/// Words of an answer that nothing backs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    /// What was claimed to be done, in English and Chinese.
    done: [String; 2],
    /// The words.
    pub(crate) words: String,
    stands: Standing,
}

/// What is known of a deed that nothing backs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// A call was to do it, and nobody knows whether it did.
    InDoubt,
    /// Calls of this run took effect, or may have, and none of them is known to have done it.
    Acted,
    /// The person ordered it, and something earlier may have done it.
    DoneBefore,
    /// The person ordered it.
    Ordered,
    /// Nobody is known to have ordered it.
    Unasked,
}

impl Claim {
    /// What the model is told. It is told to act only where that cannot make a second effect of one that stands.
    pub(crate) fn problem(&self) -> String {
        let [done, _] = &self.done;
        let told = match self.stands {
            Standing::InDoubt => {
                return format!("it is unknown whether anything was {done}; say so, and do not do it again");
            }
            Standing::Acted => {
                return format!(
                    "no call of this run is known to have {done} anything; say only what the calls did, and do \
                     not call again for it"
                );
            }
            Standing::DoneBefore => {
                "if it was done before, name its reference; if it was not, do it now with a tool, or say so"
                    .to_owned()
            }
            Standing::Ordered => format!("do it now with a tool, or say that it was not {done}"),
            Standing::Unasked => {
                "say only what the results show, and do it now only if the person asked for it".to_owned()
            }
        };
        format!("nothing was {done} by a call of this run; {told}")
    }
}

/// The first claim of the answer that nothing backs. Agents without effects claim nothing.
pub(crate) fn unbacked(run: &Run, tools: &[ToolSpec]) -> Option<Claim> {
    unbacked_in(run.said(), run, tools)
}

fn unbacked_in(text: &str, run: &Run, tools: &[ToolSpec]) -> Option<Claim> {
    if tools.iter().all(|tool| tool.effect == Effect::ReadOnly) {
        return None;
    }
    let (asked, spoken, own) = (Asked::of(run, tools), spoken(text), OwnDeeds::of(tools));
    own.and_known().find_map(|deed| {
        let claiming = asked.claiming(deed, &spoken);
        let mut clauses = deed.claims_in(&claiming).into_iter();
        let is_scheduled = |clause: &Clause| is_scheduled(deed, &clause.words, &asked, run, tools);
        let claimed = clauses.find(|clause| !asked.is_answered_by(deed, clause) && !is_scheduled(clause));
        let of_order = || asked.claimed_of_order(deed, &claiming).filter(|clause| !is_scheduled(clause));
        let words = claimed.or_else(of_order)?.words;
        let stands = || standing(deed, &asked, run, tools);
        let done = || deed.names().clone();
        (!is_backed(deed, text, &asked, run, tools)).then(|| Claim { done: done(), words, stands: stands() })
    })
}

fn standing(deed: Deed<'_>, asked: &Asked<'_>, run: &Run, tools: &[ToolSpec]) -> Standing {
    let is_unknown = |done: &Done| done.outcome == CallOutcome::Unknown && does(deed, done, tools);
    // What is unknown may stand.
    let acted = |done: &Done| done.outcome == CallOutcome::Unknown || has_acted(done, run, tools);
    if run.done().iter().any(is_unknown) {
        Standing::InDoubt
    } else if run.done().iter().any(acted) {
        Standing::Acted
    } else if !asked.orders(deed) && !asked.accepts() {
        Standing::Unasked
    } else if shows_earlier(deed, asked, tools) {
        Standing::DoneBefore
    } else {
        Standing::Ordered
    }
}

/// What the run did, by reference, in the order it was done.
#[must_use]
pub fn receipts(run: &Run, tools: &[ToolSpec]) -> Vec<Receipt> {
    run.done()
        .iter()
        .filter(|done| done.undoes.is_none() && stands(done, run, tools))
        .filter_map(|done| {
            let (call, tool) = (done.call.id.clone(), done.call.tool.clone());
            Some(Receipt { call, tool, reference: reference(&done.result)? })
        })
        .collect()
}

/// The answer to end a run with: what the model said, or, where it goes on to claim what was not done,
/// a text that says so.
#[must_use]
pub fn honest_answer(run: &Run, tools: &[ToolSpec]) -> String {
    if run.claims_refused() > 0 { honest(run.said(), run, tools) } else { run.said().to_owned() }
}

/// A text that nothing can correct any more, or, where it claims what was not done, one in its language that says
/// so.
#[must_use]
pub fn honest(text: &str, run: &Run, tools: &[ToolSpec]) -> String {
    let Some(claim) = unbacked_in(text, run, tools) else { return text.to_owned() };
    let chinese = is_chinese(text);
    let [english, in_chinese] = &claim.done;
    let done = if chinese { in_chinese } else { english };
    let receipts: Vec<String> =
        receipts(run, tools).iter().map(|r| format!("{} {}", r.tool, r.reference)).collect();
    let receipts = receipts.join(", ");
    let problem = match (chinese, claim.stands == Standing::InDoubt) {
        (false, false) => format!("I cannot confirm this: nothing was {done}."),
        (false, true) => format!("I cannot confirm this: it is unknown whether anything was {done}."),
        (true, false) => format!("无法确认：没有完成{done}。"),
        (true, true) => format!("无法确认：不知道{done}是否已完成。"),
    };
    match (chinese, receipts.is_empty()) {
        (_, true) => problem,
        (false, false) => format!("{problem} What was done: {receipts}."),
        (true, false) => format!("{problem}已完成：{receipts}。"),
    }
}

/// Whether a person's words ask for what a tool does: they order it by a word for the deed, by the tool's own name, or
/// plainly in other words ("merge it", "reply to Anna"). "What does my mail say?" asks for nothing to be mailed.
#[must_use]
pub fn asks_for(text: &str, spec: &ToolSpec) -> bool {
    licensed_in(text, spec)
}

#[cfg(test)]
mod tests;
