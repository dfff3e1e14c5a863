//! What passes an agent's checks, and what becomes of what does not.

use std::sync::Arc;

use handyman_core::testing::{MemoryJournal, ScriptedModel};
use handyman_core::{
    Event, FaultKind, LimitKind, Limits, ModelReply, Outcome, ReplyBody, StopReason, TokenUsage, Workflow,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, json};

use crate::Agent;

fn careful(replies: impl IntoIterator<Item = ReplyBody>) -> (Agent, Arc<ScriptedModel>, Arc<MemoryJournal>) {
    let (model, journal) = (Arc::new(ScriptedModel::new(replies)), Arc::new(MemoryJournal::default()));
    let agent =
        Agent::new(Arc::clone(&model)).journal_with(Arc::clone(&journal)).check_answer(|_, answer| {
            if answer.contains("secret") { Err("it tells a secret.".to_owned()) } else { Ok(()) }
        });
    (agent, model, journal)
}

fn says(text: &str) -> ReplyBody {
    ScriptedModel::answer(text)
}

#[tokio::test]
async fn an_answer_that_does_not_pass_is_asked_for_again() {
    let (agent, model, journal) = careful([says("The secret is 7."), says("I cannot tell.")]);
    let run = agent.run("Tell me").await.unwrap();
    assert_eq!((run.answer(), run.outcome(), model.left()), ("I cannot tell.", Some(&Outcome::Answered), 0));
    let problem = journal.all().into_iter().find_map(|(_, event)| match event {
        Event::ReplyMalformed { problem, .. } => Some(problem),
        _ => None,
    });
    assert_eq!(problem.as_deref(), Some("it did not pass a check: it tells a secret"));
    let last = model.seen()[1].0.last().cloned().unwrap();
    assert!(format!("{last:?}").contains("it tells a secret. Reply again."), "the model is told: {last:?}");
    let said = agent.session_of(run.id()).await.unwrap().history().await.unwrap();
    assert!(said.iter().all(|message| !message.text().contains("secret")), "{said:?}");
}

#[tokio::test]
async fn what_never_passes_ends_at_a_limit_and_is_not_the_answer() {
    let secrets = || (0..3).map(|n| says(&format!("The secret is {n}.")));
    let (agent, _, _) = careful(secrets());
    let run = agent.run("Tell me").await.unwrap();
    assert_eq!(run.outcome(), Some(&Outcome::Limit { limit: LimitKind::Malformed }));
    assert_eq!(run.answer(), "");

    // The last turn, and the last token.
    let (agent, _, _) = careful(secrets());
    let run = agent.limits(Limits { turns_max: 1, ..Limits::default() }).run("Tell me").await.unwrap();
    assert_eq!((run.outcome(), run.answer()), (Some(&Outcome::Limit { limit: LimitKind::Turns }), ""));
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
struct Told {
    what: String,
}

#[tokio::test]
async fn a_typed_answer_that_does_not_pass_is_given_in_no_part() {
    let secret = || says(r#"{"what": "secret"}"#);
    let (agent, _, _) = careful([secret(), says(r#"{"what": "nothing"}"#)]);
    let told = agent.run_as::<Told>("Tell me").await.unwrap();
    assert_eq!(told.value, Some(Told { what: "nothing".to_owned() }));

    let (agent, _, _) = careful([secret(), secret(), secret()]);
    let told = agent.run_as::<Told>("Tell me").await.unwrap();
    assert_eq!(told.run.outcome(), Some(&Outcome::Limit { limit: LimitKind::Malformed }));
    assert_eq!(told.value, Some(Told { what: String::new() }));
    assert!(!told.run.incomplete().is_empty(), "it says that this is not the model's");
}

#[tokio::test]
async fn a_reply_of_a_workflows_step_is_checked_as_well() {
    let (agent, model, _) = careful([says("secret"), says("nothing")]);
    let workflow = Workflow::new(json!({"name": "w", "steps": [{"name": "one", "ask": "What is it?"}]}));
    let run = agent.run_workflow(&workflow.unwrap(), Map::new()).await.unwrap();
    assert_eq!((run.answer(), model.left()), ("nothing", 0));
}

#[tokio::test]
async fn what_a_limit_cuts_off_is_given_as_it_is_and_what_comes_with_calls_is_no_answer() {
    /// A model whose reply is cut off.
    struct CutOff;

    #[async_trait::async_trait]
    impl handyman_core::Model for CutOff {
        fn info(&self) -> handyman_core::ModelInfo {
            handyman_core::ModelInfo::default()
        }

        async fn reply(
            &self,
            _request: handyman_core::ModelRequest<'_>,
            _sink: &dyn handyman_core::DeltaSink,
        ) -> Result<ModelReply, handyman_core::Fault> {
            let reply = ModelReply::new(says("The secret"), TokenUsage::default());
            Ok(ModelReply { stop: StopReason::Tokens, ..reply })
        }
    }

    let refuses = |_: &handyman_core::Run, _: &str| Err("never".to_owned());
    let run = Agent::new(CutOff).check_answer(refuses).run("Tell me").await.unwrap();
    assert_eq!(run.outcome(), Some(&Outcome::Limit { limit: LimitKind::Tokens }));
    assert_eq!(run.answer(), "The secret");

    let calls = ReplyBody::Said {
        reasoning: String::new(),
        text: "I look for the secret".to_owned(),
        calls: vec![handyman_core::CallRequest { tool: "look".to_owned(), arguments: Map::new() }],
    };
    let (agent, model, _) = careful([calls, says("There is no such tool.")]);
    assert_eq!(agent.run("Look").await.unwrap().answer(), "There is no such tool.");
    assert_eq!(model.left(), 0);
}

#[tokio::test]
async fn checks_add_up_and_see_the_run() {
    let (agent, model, _) = careful([says("secret"), says("long enough"), says("short")]);
    let agent = agent.check_answer(|run, answer| {
        let enough = run.message().len();
        if answer.len() > enough { Err(format!("it has more than {enough} characters")) } else { Ok(()) }
    });
    let run = agent.run("Tell me").await.unwrap();
    assert_eq!((run.answer(), model.left()), ("short", 0));
}

#[tokio::test]
async fn a_message_that_does_not_pass_begins_nothing() {
    let (agent, model, journal) = careful([says("Hello.")]);
    let refuses = |is: bool, why: &str| if is { Err(why.to_owned()) } else { Ok(()) };
    let agent = agent
        .check_message(move |message| refuses(message.contains("key"), "it holds a key"))
        .check_message(move |message| refuses(message.len() > 20, "it is long"));
    for (message, says) in [
        ("my key is 7", "the message was refused: it holds a key"),
        ("what is there to be seen?", "the message was refused: it is long"),
    ] {
        let fault = agent.run(message).await.unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Request);
        assert!(fault.to_string().contains(says), "{fault}");
        assert_eq!(agent.stream(message).run().await.unwrap_err().kind(), FaultKind::Request);
    }
    let steps = json!([{"name": "one", "ask": "{{ what }}?"}]);
    let workflow = json!({"name": "w", "inputs": {"what": "What"}, "steps": steps});
    let inputs = [("what", "a key")];
    let fault = agent.run_workflow(&Workflow::new(workflow).unwrap(), inputs).await.unwrap_err();
    assert!(fault.to_string().contains("it holds a key"), "{fault}");
    assert_eq!((journal.all().len(), model.left()), (0, 1));
    assert_eq!(agent.run("Hello").await.unwrap().answer(), "Hello.");
}
