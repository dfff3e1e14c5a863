//! Waiting for a person: what they see, that a decision binds to it, and that changes are asked again.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use handyman_core::testing::{MemoryJournal, ScriptedModel};
use handyman_core::{
    CallContext, CallOutcome, CallRequest, Effect, Event, Failure, Fault, FaultKind, Outcome, ReplyBody, Run,
    Safety, Tool, ToolError, ToolErrorKind, ToolResult, ToolSpec, Verdict,
};
use serde_json::{Map, Value, json};

use super::{decide, waiting};
use crate::{Agent, AskForEffects, ReadOnly};

/// Pays at a price that moves.
struct Pay {
    spec: ToolSpec,
    price: Arc<AtomicI64>,
    paid: Arc<AtomicI64>,
    /// What the price rises by in the moment before it is paid, once.
    rises: Arc<AtomicI64>,
}

#[async_trait]
impl Tool for Pay {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, _arguments: Map<String, Value>, context: &CallContext) -> ToolResult<Value> {
        self.price.fetch_add(self.rises.swap(0, Ordering::SeqCst), Ordering::SeqCst);
        let plan = json!({"price": self.price.load(Ordering::SeqCst)});
        if context.allowed.as_ref().is_some_and(|allowed| *allowed != plan) {
            return Err(ToolError::changed(plan));
        }
        self.paid.fetch_add(self.price.load(Ordering::SeqCst), Ordering::SeqCst);
        Ok(json!({"receipt": "P1", "session": context.session}))
    }

    async fn plan(
        &self,
        _arguments: Map<String, Value>,
        _context: &CallContext,
    ) -> ToolResult<Option<Value>> {
        match self.price.load(Ordering::SeqCst) {
            0 => Err(ToolError::new(ToolErrorKind::Conflict, "sold out")),
            price => Ok(Some(json!({"price": price}))),
        }
    }
}

struct Desk {
    agent: Agent,
    journal: Arc<MemoryJournal>,
    price: Arc<AtomicI64>,
    paid: Arc<AtomicI64>,
    rises: Arc<AtomicI64>,
}

fn desk() -> Desk {
    desk_with([ScriptedModel::call("pay", json!({})), ScriptedModel::answer("Done.")])
}

fn desk_with(replies: impl IntoIterator<Item = ReplyBody>) -> Desk {
    let (price, paid) = (Arc::new(AtomicI64::new(10)), Arc::new(AtomicI64::new(0)));
    let rises = Arc::new(AtomicI64::new(0));
    let journal = Arc::new(MemoryJournal::default());
    let agent = Agent::new(ScriptedModel::new(replies))
        .policy(AskForEffects)
        .tool(pay(&price, &paid, &rises))
        .journal_with(Arc::clone(&journal) as Arc<_>);
    Desk { agent, journal, price, paid, rises }
}

fn pay(price: &Arc<AtomicI64>, paid: &Arc<AtomicI64>, rises: &Arc<AtomicI64>) -> Pay {
    let spec = ToolSpec {
        name: "pay".into(),
        description: "Pay".into(),
        parameters: json!({"type": "object", "properties": {}}),
        effect: Effect::Once,
        safety: Safety::default(),
    };
    Pay { spec, price: Arc::clone(price), paid: Arc::clone(paid), rises: Arc::clone(rises) }
}

/// Whether a hint names what a program does, and what somebody at the command line does.
fn helps(fault: &Fault, ways: [&str; 2]) -> bool {
    fault.hint().is_some_and(|hint| ways.iter().all(|way| hint.contains(way)))
}

fn outcome_of_call(run: &Run) -> CallOutcome {
    run.done()[0].outcome
}

#[tokio::test]
async fn an_allowed_call_runs_when_the_run_goes_on() {
    let desk = desk();
    let run = desk.agent.run("pay").await.unwrap();
    assert!(matches!(run.outcome(), Some(Outcome::Waiting { .. })));
    let listed = waiting(desk.journal.as_ref()).await.unwrap();
    assert_eq!((listed[0].call.tool.as_str(), listed[0].plan.clone()), ("pay", Some(json!({"price": 10}))));
    assert!(listed[0].why.contains("nobody can tell whether it took effect"), "{}", listed[0].why);
    let allowed =
        decide(desk.journal.as_ref(), run.id(), Verdict::Allow, Some(&listed[0].digest[..8])).await.unwrap();
    assert_eq!(allowed.decision, Some(Verdict::Allow));
    assert_eq!(desk.paid.load(Ordering::SeqCst), 0, "a decision runs nothing");
    let twice = decide(desk.journal.as_ref(), run.id(), Verdict::Deny, None).await.unwrap_err();
    assert!(twice.to_string().contains("already allowed"), "{twice}");
    assert!(helps(&twice, ["`Agent::resume`", "handyman resume "]), "{twice:?}");
    let run = desk.agent.resume(run.id()).await.unwrap();
    assert_eq!((run.answer(), desk.paid.load(Ordering::SeqCst)), ("Done.", 10));
    assert_eq!(run.done()[0].result["session"], json!(listed[0].session), "the tool knows the session");
    let nothing = decide(desk.journal.as_ref(), run.id(), Verdict::Allow, None).await.unwrap_err();
    assert_eq!(nothing.kind(), FaultKind::Request);
    assert!(helps(&nothing, ["`approvals::waiting`", "handyman approvals list"]), "{nothing:?}");
}

#[tokio::test]
async fn a_denied_call_is_refused() {
    let desk = desk();
    let run = desk.agent.run("pay").await.unwrap();
    decide(desk.journal.as_ref(), run.id(), Verdict::Deny, None).await.unwrap();
    let run = desk.agent.resume(run.id()).await.unwrap();
    assert_eq!((outcome_of_call(&run), desk.paid.load(Ordering::SeqCst)), (CallOutcome::Refused, 0));
}

#[tokio::test]
async fn what_has_changed_since_is_asked_again() {
    let desk = desk();
    let run = desk.agent.run("pay").await.unwrap();
    let old = waiting(desk.journal.as_ref()).await.unwrap().remove(0);
    decide(desk.journal.as_ref(), run.id(), Verdict::Allow, None).await.unwrap();
    desk.price.store(99, Ordering::SeqCst);
    let run = desk.agent.resume(run.id()).await.unwrap();
    assert!(matches!(run.outcome(), Some(Outcome::Waiting { .. })), "it is asked again");
    let new = waiting(desk.journal.as_ref()).await.unwrap().remove(0);
    assert_eq!((new.plan.clone(), new.decision), (Some(json!({"price": 99})), None));
    assert!(new.why.starts_with("what would happen has changed"), "{}", new.why);
    let stale = decide(desk.journal.as_ref(), run.id(), Verdict::Allow, Some(&old.digest)).await.unwrap_err();
    assert!(stale.to_string().contains("not what the digest was given for"), "{stale}");
    assert!(helps(&stale, ["`Agent::waiting`", "handyman approvals list"]), "{stale:?}");
    decide(desk.journal.as_ref(), run.id(), Verdict::Allow, Some(&new.digest)).await.unwrap();
    let run = desk.agent.resume(run.id()).await.unwrap();
    assert_eq!((run.answer(), desk.paid.load(Ordering::SeqCst)), ("Done.", 99));
}

#[tokio::test]
async fn what_changes_in_the_last_moment_is_not_done_but_asked_again() {
    let desk = desk();
    let run = desk.agent.run("pay").await.unwrap();
    decide(desk.journal.as_ref(), run.id(), Verdict::Allow, None).await.unwrap();
    desk.rises.store(1, Ordering::SeqCst);
    let run = desk.agent.resume(run.id()).await.unwrap();
    assert!(matches!(run.outcome(), Some(Outcome::Waiting { .. })), "{:?}", run.outcome());
    assert_eq!(desk.paid.load(Ordering::SeqCst), 0, "nothing was done");
    let started = |(_, event): &(_, Event)| matches!(event, Event::CallStarted { .. });
    assert!(desk.journal.all().iter().any(started), "the tool itself found out");
    let new = waiting(desk.journal.as_ref()).await.unwrap().remove(0);
    assert_eq!((new.plan.clone(), new.decision), (Some(json!({"price": 11})), None));
    decide(desk.journal.as_ref(), run.id(), Verdict::Allow, Some(&new.digest)).await.unwrap();
    let run = desk.agent.resume(run.id()).await.unwrap();
    assert_eq!((run.answer(), desk.paid.load(Ordering::SeqCst)), ("Done.", 11));
}

#[tokio::test]
async fn a_person_is_not_asked_about_what_cannot_be_done() {
    let desk = desk();
    desk.price.store(0, Ordering::SeqCst);
    let run = desk.agent.run("pay").await.unwrap();
    assert_eq!(outcome_of_call(&run), CallOutcome::Failed, "nobody refused it");
    assert_eq!(
        (&run.done()[0].result["error"], run.done()[0].failure),
        (&json!("sold out"), Some(Failure::Conflict))
    );
    assert!(waiting(desk.journal.as_ref()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_decision_without_a_resume_changes_nothing_else() {
    let desk = desk();
    let run = desk.agent.run("pay").await.unwrap();
    decide(desk.journal.as_ref(), run.id(), Verdict::Allow, None).await.unwrap();
    let fault = desk.agent.session_of(run.id()).await.unwrap().run("and now?").await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Request, "the run still waits");
    assert!(matches!(desk.journal.all().last(), Some((_, Event::PersonDecided { .. }))));
}

#[tokio::test]
async fn what_was_allowed_is_decided_on_anew_when_the_run_goes_on_under_another_policy() {
    let twice = || {
        let call = |n: i64| CallRequest {
            tool: "pay".to_owned(),
            arguments: json!({"n": n}).as_object().unwrap().clone(),
        };
        let calls = vec![call(1), call(2)];
        [
            ReplyBody::Said { reasoning: String::new(), text: String::new(), calls },
            ScriptedModel::answer("Done."),
        ]
    };
    for strict in [true, false] {
        let desk = desk_with(twice());
        let run = desk.agent.run("pay twice").await.unwrap();
        decide(desk.journal.as_ref(), run.id(), Verdict::Allow, None).await.unwrap();
        let run = desk.agent.resume(run.id()).await.unwrap();
        let second = waiting(desk.journal.as_ref()).await.unwrap();
        assert_eq!(
            (second.len(), second[0].call.arguments["n"].as_i64()),
            (1, Some(2)),
            "the first is allowed"
        );
        decide(desk.journal.as_ref(), run.id(), Verdict::Allow, None).await.unwrap();
        let later = Agent::new(ScriptedModel::new([ScriptedModel::answer("Done.")]))
            .tool(pay(&desk.price, &desk.paid, &desk.rises))
            .journal_with(Arc::clone(&desk.journal) as Arc<_>);
        let later = if strict { later.policy(ReadOnly) } else { later.policy(AskForEffects) };
        let run = later.resume(run.id()).await.unwrap();
        let (outcome, paid) = if strict { (CallOutcome::Refused, 0) } else { (CallOutcome::Succeeded, 20) };
        assert_eq!((outcome_of_call(&run), desk.paid.load(Ordering::SeqCst)), (outcome, paid), "{strict}");
    }
}

#[tokio::test]
async fn without_its_tool_an_allowed_call_is_not_given_up() {
    let desk = desk();
    let run = desk.agent.run("pay").await.unwrap();
    decide(desk.journal.as_ref(), run.id(), Verdict::Allow, None).await.unwrap();
    let kept = Arc::clone(&desk.journal) as Arc<_>;
    let toolless = Agent::new(ScriptedModel::new([])).policy(AskForEffects).journal_with(kept);
    let fault = toolless.resume(run.id()).await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Request);
    assert!(fault.to_string().contains("a call of 'pay', which is not on offer now"), "{fault}");
    let run = desk.agent.resume(run.id()).await.unwrap();
    assert_eq!((run.answer(), desk.paid.load(Ordering::SeqCst)), ("Done.", 10));
}

#[tokio::test]
async fn an_agent_is_told_what_a_person_says() {
    let desk = desk();
    let run = desk.agent.run("pay").await.unwrap();
    let shown = desk.agent.waiting(run.id()).await.unwrap().unwrap();
    assert_eq!((shown.call.tool.as_str(), shown.plan.clone()), ("pay", Some(json!({"price": 10}))));
    desk.price.store(99, Ordering::SeqCst);
    let run = desk.agent.allow(&shown).await.unwrap();
    assert!(matches!(run.outcome(), Some(Outcome::Waiting { .. })), "it was 10 that was allowed");
    let stale = desk.agent.allow(&shown).await.unwrap_err();
    assert!(stale.to_string().contains("not what the digest was given for"), "{stale}");
    let shown = desk.agent.waiting(run.id()).await.unwrap().unwrap();
    let run = desk.agent.allow(&shown).await.unwrap();
    assert_eq!((run.answer(), desk.paid.load(Ordering::SeqCst)), ("Done.", 99));
    assert_eq!(desk.agent.waiting(run.id()).await.unwrap(), None);
}

#[tokio::test]
async fn the_model_is_told_why_a_person_says_no() {
    for (why, told) in [(Some(" too dear "), "a person said no: too dear"), (None, "a person said no")] {
        let desk = desk();
        let run = desk.agent.run("pay").await.unwrap();
        let shown = desk.agent.waiting(run.id()).await.unwrap().unwrap();
        let run = desk.agent.deny(&shown, why).await.unwrap();
        assert_eq!((run.answer(), desk.paid.load(Ordering::SeqCst)), ("Done.", 0));
        assert_eq!(
            (outcome_of_call(&run), &run.done()[0].result["error"]),
            (CallOutcome::Refused, &json!(told))
        );
    }
}

#[tokio::test]
async fn a_decision_with_its_digest_is_recorded_and_the_run_waits_to_be_gone_on_with() {
    let desk = desk();
    let run = desk.agent.run("pay").await.unwrap();
    let shown = desk.agent.waiting(run.id()).await.unwrap().unwrap();
    let decides = |digest: String, verdict| {
        let (agent, run) = (desk.agent.clone(), run.id().clone());
        async move { agent.decide(&run, &digest, verdict, None).await }
    };
    for wrong in ["", &shown.digest[..8], "of something else"] {
        let fault = decides(wrong.to_owned(), Verdict::Allow).await.unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Request);
        assert!(fault.to_string().contains("not what the digest"), "{fault}");
    }
    let asks = decides(shown.digest.clone(), Verdict::Ask).await.unwrap_err();
    assert_eq!(asks.kind(), FaultKind::Request);
    decides(shown.digest.clone(), Verdict::Allow).await.unwrap();
    decides(shown.digest.clone(), Verdict::Allow).await.expect("its first answer may have been lost");
    let otherwise = decides(shown.digest.clone(), Verdict::Deny).await.unwrap_err();
    assert!(otherwise.to_string().contains("already allowed"), "{otherwise}");
    let decided = |(_, event): &&(_, Event)| matches!(event, Event::PersonDecided { .. });
    assert_eq!(desk.journal.all().iter().filter(decided).count(), 1);
    assert_eq!(desk.paid.load(Ordering::SeqCst), 0, "a decision runs nothing");
    let run = desk.agent.resume(run.id()).await.unwrap();
    assert_eq!((run.answer(), desk.paid.load(Ordering::SeqCst)), ("Done.", 10));
    let late = decides(shown.digest, Verdict::Allow).await.unwrap_err();
    assert!(late.to_string().contains("no call of run"), "{late}");
}

#[tokio::test]
async fn a_person_who_is_heard_again_before_the_run_goes_on_is_heard() {
    let desk = desk();
    let run = desk.agent.run("pay").await.unwrap();
    let shown = desk.agent.waiting(run.id()).await.unwrap().unwrap();
    // The process went down between the decision and the run.
    desk.agent.decide(run.id(), &shown.digest, Verdict::Allow, None).await.unwrap();
    let run = desk.agent.allow(&shown).await.unwrap();
    assert_eq!((run.answer(), desk.paid.load(Ordering::SeqCst)), ("Done.", 10));
}

#[tokio::test]
async fn what_is_shown_elsewhere_comes_back_as_it_was() {
    let desk = desk();
    let run = desk.agent.run("pay").await.unwrap();
    let shown = desk.agent.waiting(run.id()).await.unwrap().unwrap();
    let text = serde_json::to_string(&shown).unwrap();
    assert_eq!(serde_json::from_str::<super::Approval>(&text).unwrap(), shown);
}

#[tokio::test]
async fn a_typed_run_that_waited_has_its_value_afterwards() {
    #[derive(Debug, PartialEq, serde::Deserialize, schemars::JsonSchema)]
    struct Paid {
        receipt: String,
    }

    let replies = [ScriptedModel::call("pay", json!({})), ScriptedModel::answer(r#"{"receipt": "P1"}"#)];
    let desk = desk_with(replies);
    let waits = desk.agent.run_as::<Paid>("pay").await.unwrap();
    assert_eq!(waits.value, None);
    let fault = waits.run.answer_as::<Paid>().unwrap_err();
    assert!(fault.to_string().contains("it waits for a person"), "{fault}");
    let shown = desk.agent.waiting(waits.run.id()).await.unwrap().unwrap();
    let run = desk.agent.allow(&shown).await.unwrap();
    assert_eq!(run.answer_as::<Paid>().unwrap(), Paid { receipt: "P1".to_owned() });
}
