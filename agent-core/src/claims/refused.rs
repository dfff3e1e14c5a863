//! What the person does not want done: the newest of their open words that speak of it decide.

use crate::deeds::{
    Deed, Does, Refusal, accepts, acts_by_name, chosen_in, declined_in, only_asks, refused_in, refuses,
};
use crate::message::CallOutcome;
use crate::run::{Request, Run};
use crate::tool::{Effect, ToolSpec};

use super::asks_for;

/// Deeds that cost money, or change or take away what there is.
const GRAVE: [&str; 5] = ["paid", "changed", "cancelled", "refunded", "deleted"];

/// What the person's open words say of what a tool does.
enum Said {
    Refused(Refusal),
    AskedFor,
    Nothing,
}

/// Where the person's open words refuse what a tool does.
///
/// Their newest ones decide: what they refused at first and then ask for, or do not refuse where they are offered it, is
/// refused no more. A "no" to an offer refuses it.
#[must_use]
pub fn refusal(run: &Run, spec: &ToolSpec) -> Option<Refusal> {
    match said_of(spec, &run.open_requests()) {
        Said::Refused(refusal) => Some(refusal),
        Said::AskedFor | Said::Nothing => None,
    }
}

/// The tools that the person's open words rule out: those whose deed they plainly refuse, and beside these the other deeds
/// that they do not ask for, since a model that cannot do the one is easily led into another.
#[must_use]
pub fn ruled_out<'t>(run: &Run, tools: &'t [ToolSpec]) -> Vec<&'t ToolSpec> {
    let requests = run.open_requests();
    let acts = tools.iter().filter(|tool| tool.effect != Effect::ReadOnly);
    let said: Vec<(&ToolSpec, Said)> = acts.map(|tool| (tool, said_of(tool, &requests))).collect();
    let is_refused = |said: &Said| matches!(said, Said::Refused(refusal) if refusal.is_plain);
    if !said.iter().any(|(_, said)| is_refused(said)) {
        return Vec::new();
    }
    let is_ruled_out = |tool: &ToolSpec, said: &Said| match said {
        Said::Nothing => Deed::of_tool(tool).is_some(),
        Said::Refused(_) | Said::AskedFor => is_refused(said),
    };
    said.into_iter().filter(|(tool, said)| is_ruled_out(tool, said)).map(|(tool, _)| tool).collect()
}

/// Whether the person's open words only ask or look ("is it paid?", "show me the booking"), and the tool would pay, change or
/// take away something: nobody has asked for that. Once a run has done what was asked for, it may go on: what was booked is
/// paid for.
#[must_use]
pub fn is_only_asked_about(run: &Run, spec: &ToolSpec) -> bool {
    let grave = Deed::of_tool(spec).filter(|deed| GRAVE.contains(&deed.name(false)));
    let has_acted = || {
        let mut done = run.done().iter().filter(|done| done.outcome == CallOutcome::Succeeded);
        done.any(|done| acts_by_name(&done.call.tool))
    };
    let requests = run.open_requests();
    grave.is_some_and(|deed| {
        !requests.is_empty()
            && requests.iter().all(|request| only_asks(&request.text, deed))
            && matches!(said_of(spec, &requests), Said::Nothing)
            && !has_acted()
    })
}

fn said_of(spec: &ToolSpec, requests: &[Request]) -> Said {
    let does = Does::of(spec);
    for request in requests {
        let (text, question) = (request.text.as_str(), request.question.as_deref().unwrap_or_default());
        if let Some(refusal) = refused_in(text, spec).or_else(|| declined_in(question, text, spec)) {
            return Said::Refused(refusal);
        }
        let is_chosen = does.all_deeds().any(|deed| chosen_in(text, deed));
        let is_offered = does.all_deeds().any(|deed| deed.asked_in(question));
        let answers = || accepts(text) || !refuses(text) && !text.contains(['?', '？']);
        if asks_for(text, spec) || is_chosen || is_offered && answers() {
            return Said::AskedFor;
        }
    }
    Said::Nothing
}
