//! Practice in nothing but choosing a tool: tools without arguments, and request after request for one of them.
//!
//! In other conversations one token in a hundred says which tool it is to be, and what it depends on is learned late (LOG.md,
//! run 22). Here it is one in forty. Some requests repeat a description, some another one of the same tool, most are wordings.

use serde_json::{Map, json};

use super::{Offer, ended, no_tool, offers, request};
use crate::conversation::{Call, Conversation};
use crate::draw::{Draw, capitalize};
use crate::value::today;

/// Fewest and most requests.
const REQUESTS: (i64, i64) = (8, 14);
/// Most tools on offer.
const OFFERED_MAX: usize = 8;

/// A conversation of calls alone: no results, and no answers but that no tool fits.
pub(super) fn conversation(d: &mut Draw) -> Conversation {
    let mut talk = Conversation::new(d.lang.code());
    let (_, date) = today(d);
    let date = date.parse().unwrap_or_default();
    let (mut offers, absent) = offers(d);
    offers.truncate(OFFERED_MAX);
    for _ in 0..d.rng.between(REQUESTS.0, REQUESTS.1) {
        let lower = !d.zh() && d.chance(35);
        if d.chance(6) {
            no_tool(d, &mut talk, &absent, date, lower);
            continue;
        }
        let offer = d.rng.one(&offers);
        let said = match d.rng.below(100) {
            0..15 if !offer.spec.description.is_empty() => offer.spec.description.clone(),
            0..40 => described(d, offer),
            _ => request(d, offer, date, lower).0,
        };
        talk.user(if lower { said } else { ended(d, capitalize(&said)) });
        let call = Call { name: offer.name.clone(), arguments: Map::new() };
        talk.call(vec![call]);
    }
    talk.mark("choice");
    d.rng.shuffle(&mut offers);
    talk.tools = offers.into_iter().map(|offer| offer.spec).collect();
    for tool in &mut talk.tools {
        tool.parameters = json!({"type": "object", "properties": {}});
    }
    talk
}

/// What the tool does, in the words of one of its descriptions.
fn described(d: &mut Draw, offer: &Offer) -> String {
    d.rng.pick(&offer.tool.about[usize::from(d.zh())]).to_owned()
}
