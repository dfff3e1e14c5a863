//! Asking where the model was not sure of what it chose.

use handyman_core::workflow::{Begun, Workflow};
use handyman_core::{Earlier, Effect, Event, Policy, Run, StepEnd, Verdict};
use serde_json::{Map, json};

use super::super::{AllowAll, AskFor, DenyAll};
use super::{begins, call, replied, spec};

/// A run whose model was this sure of a call of this tool.
fn sure(confidence: Option<f32>, tool: &str) -> Run {
    let mut reply = replied("", vec![call(tool, json!({}))]);
    if let Event::ModelReplied { confidence: of_reply, .. } = &mut reply {
        *of_reply = confidence;
    }
    Run::replay("r1".into(), Earlier::default(), &[begins("Pay rent"), reply])
}

#[tokio::test]
async fn effects_that_the_model_was_not_sure_of_are_asked_about() {
    let (look, put, pay) =
        (spec("look", Effect::ReadOnly), spec("put", Effect::Idempotent), spec("pay", Effect::Once));
    for (confidence, tool, expected, case) in [
        (Some(0.25), &pay, Verdict::Ask, "less sure than that"),
        (Some(0.25), &put, Verdict::Ask, "so of every effect"),
        (Some(0.25), &look, Verdict::Allow, "reading is no effect"),
        (Some(0.5), &pay, Verdict::Allow, "as sure as that"),
        (None, &pay, Verdict::Allow, "it cannot say"),
    ] {
        let policy = AskFor::unsure(0.5, AllowAll);
        let decision = policy.decide(&call(&tool.name, json!({})), tool, &sure(confidence, &tool.name)).await;
        assert_eq!(decision.verdict, expected, "{case}: {}", decision.why);
    }
    let (policy, unsure) = (AskFor::unsure(1.0, AllowAll), sure(Some(0.999_9), "pay"));
    let asked = policy.decide(&call("pay", json!({})), &pay, &unsure).await;
    assert_eq!(asked.why, "the model was only 99 % sure of its choice: pay needs a person's yes");
    let denied = AskFor::unsure(1.0, DenyAll).decide(&call("pay", json!({})), &pay, &unsure).await;
    assert_eq!(denied.verdict, Verdict::Deny, "it only lifts an allow");
}

#[tokio::test]
async fn what_a_step_of_a_workflow_calls_no_model_has_chosen() {
    let workflow =
        json!({"name": "w", "steps": [{"name": "work", "do": "Look"}, {"name": "pay", "call": "pay"}]});
    let mut begun = begins("");
    if let Event::Started { workflow: follows, .. } = &mut begun {
        *follows = Some(Box::new(Begun { workflow: Workflow::new(workflow).unwrap(), inputs: Map::new() }));
    }
    let asked = Event::StepAsked {
        step: "work".into(),
        message: "Look".into(),
        untrusted: false,
        may_call: true,
        answer_schema: None,
    };
    let mut reply = replied("It is due.", vec![]);
    if let Event::ModelReplied { confidence, .. } = &mut reply {
        *confidence = Some(0.25);
    }
    let ended = Event::StepEnded { step: "work".into(), end: StepEnd::Succeeded };
    let called = Event::StepCalled { step: "pay".into(), calls: vec![call("pay", json!({}))] };
    let run = Run::replay("r1".into(), Earlier::default(), &[begun, asked, reply, ended, called]);
    assert!(run.is_scripted(&"c2".into()) && run.confidence() == Some(0.25));
    let pay = spec("pay", Effect::Once);
    let decision = AskFor::unsure(1.0, AllowAll).decide(&call("pay", json!({})), &pay, &run).await;
    assert_eq!(decision.verdict, Verdict::Allow, "{}", decision.why);
}
