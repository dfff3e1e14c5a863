//! What "always" covers, and what is asked about all the same.

use handyman::{
    AskFor, AskForEffects, Earlier, Effect, Event, HeedRefusals, Policy, ReadOnly, Run, Safety, ToolCall,
    ToolSpec, Verdict,
};
use serde_json::{Map, Value, json};

use super::{UnlessAlways, add};

/// What is decided on a call of this tool, in a run that has begun with this message.
async fn decided(policy: impl Policy, tool: &str, message: &str) -> (Verdict, String) {
    decided_in(policy, tool, &[begun(tool, message)]).await
}

/// The same, in a run of these events.
async fn decided_in(policy: impl Policy, tool: &str, events: &[Value]) -> (Verdict, String) {
    let events: Vec<Event> =
        events.iter().map(|event| serde_json::from_value(event.clone()).unwrap()).collect();
    let run = Run::replay("r1".into(), Earlier::default(), &events);
    let spec = ToolSpec {
        name: tool.to_owned(),
        description: String::new(),
        parameters: json!({"type": "object"}),
        effect: Effect::Once,
        safety: Safety::default(),
    };
    let call = ToolCall { id: "c1".into(), tool: tool.to_owned(), arguments: Map::new() };
    let decision = policy.decide(&call, &spec, &run).await;
    (decision.verdict, decision.why)
}

/// What a run begins with.
fn begun(tool: &str, message: &str) -> Value {
    json!({"type": "started", "run": "r1", "session": "s1", "message": message, "tools": [tool],
        "model": {"name": "m", "sha256": ""}, "now": "2026-11-23T09:00:00"})
}

#[tokio::test]
async fn always_is_of_the_effect_of_one_tool_and_of_nothing_else() {
    let asks = || HeedRefusals::new(UnlessAlways(AskForEffects));
    assert_eq!(decided(asks(), "pay", "Pay the rent").await.0, Verdict::Ask);
    add("pay");
    let (verdict, why) = decided(asks(), "pay", "Pay the rent").await;
    assert_eq!((verdict, why.as_str()), (Verdict::Allow, "a person said \"always\" to pay"));
    assert_eq!(decided(asks(), "refund", "Refund the rent").await.0, Verdict::Ask, "another tool");
    let in_part = decided(asks(), "pay", "Pay the rent, but don't pay the deposit").await;
    assert_eq!(in_part.0, Verdict::Ask, "their own words are the reason: {}", in_part.1);
    assert_eq!(decided(asks(), "pay", "What do I owe? Don't pay yet.").await.0, Verdict::Deny);
    assert_eq!(decided(UnlessAlways(ReadOnly), "pay", "Pay the rent").await.0, Verdict::Deny, "not lifted");
}

#[tokio::test]
async fn what_the_model_was_not_sure_of_is_asked_about_each_time() {
    add("subscribe");
    let call = json!({"id": "c1", "tool": "subscribe", "arguments": {}});
    let reply = json!({"type": "model_replied", "turn": 1, "text": "", "calls": [call], "confidence": 0.5,
        "usage": {}, "ms": 0});
    for (threshold, expected) in [(0.0, Verdict::Allow), (0.5, Verdict::Allow), (0.75, Verdict::Ask)] {
        let asks = AskFor::unsure(threshold, UnlessAlways(AskForEffects));
        let events = [begun("subscribe", "Subscribe"), reply.clone()];
        let (verdict, why) = decided_in(asks, "subscribe", &events).await;
        assert_eq!(verdict, expected, "below {threshold}: {why}");
    }
}
