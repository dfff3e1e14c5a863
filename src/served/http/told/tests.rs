//! What of a run is told while it goes on.

use handyman_core::Delta;
use serde_json::json;

use super::piece;

#[test]
fn a_client_is_told_what_is_said_what_is_thought_and_how_far_a_call_has_come() {
    assert_eq!(piece(&Delta::Text("It is".to_owned())), json!({"text": "It is"}));
    assert_eq!(piece(&Delta::Reasoning("Well".to_owned())), json!({"reasoning": "Well"}));
    let progress = Delta::Progress { call: "c1".into(), text: "2 of 3 pages".to_owned() };
    assert_eq!(piece(&progress), json!({"call": "c1", "progress": "2 of 3 pages"}));
}
