//! What the person does not want done: the newest of their open words that speak of it decide.

use crate::deeds::{Deed, Refusal, accepts, chosen_in, declined_in, refused_in, refuses};
use crate::run::Run;
use crate::tool::ToolSpec;

use super::asks_for;

/// Where the person's open words refuse what a tool does.
///
/// Their newest ones decide: what they refused at first and then ask for, or do not refuse where they are offered it, is
/// refused no more. A "no" to an offer refuses it.
#[must_use]
pub fn refusal(run: &Run, spec: &ToolSpec) -> Option<Refusal> {
    let deed = Deed::of_tool(spec);
    for request in run.open_requests() {
        let (text, question) = (request.text.as_str(), request.question.as_deref().unwrap_or_default());
        let refusal = refused_in(text, spec).or_else(|| declined_in(question, text, spec));
        if refusal.is_some() {
            return refusal;
        }
        let is_chosen = deed.is_some_and(|deed| chosen_in(text, deed));
        let is_offered = deed.is_some_and(|deed| deed.asked_in(question));
        let answers = || accepts(text) || !refuses(text) && !text.contains(['?', '？']);
        if asks_for(text, spec) || is_chosen || is_offered && answers() {
            return None;
        }
    }
    None
}
