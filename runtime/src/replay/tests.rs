//! A recorded run run again, and a fork of it.

use std::sync::Arc;

use handyman_core::testing::{MemoryJournal, ScriptedModel};
use handyman_core::{Effect, Event, FaultKind, Journal, Outcome, Run, RunSummary, ToolResult, tool};
use serde_json::json;

use crate::{Agent, AllowAll, ScriptModel, Session, SqliteJournal};

const SCRIPT: &str =
    "{\"text\": \"One.\", \"calls\": [{\"tool\": \"none\", \"arguments\": {}}]}\n{\"text\": \"Two.\"}";

fn agent(script: &str, journal: &Arc<MemoryJournal>) -> Agent {
    let agent = Agent::new(ScriptModel::parse(script).unwrap()).policy(AllowAll);
    agent.journal_with(Arc::clone(journal) as Arc<_>)
}

#[tokio::test]
async fn the_same_model_replies_the_same() {
    let journal = Arc::new(MemoryJournal::default());
    let agent = agent(SCRIPT, &journal);
    let run = agent.run("go").await.unwrap();
    let session = agent.session_of(run.id()).await.unwrap();
    let before = journal.all();
    let folded = session.replay(run.id(), false).await.unwrap();
    assert_eq!((folded.events, folded.replies, folded.difference), (before.len(), 0, None));
    let generated = session.replay(run.id(), true).await.unwrap();
    assert_eq!((generated.replies, generated.difference), (2, None));
    assert_eq!(journal.all(), before, "a replay writes nothing");
}

#[tokio::test]
async fn another_reply_and_another_order_are_shown() {
    let journal = Arc::new(MemoryJournal::default());
    let run = agent(SCRIPT, &journal).run("go").await.unwrap();
    let changed = agent(&SCRIPT.replace("Two", "Three"), &journal);
    let session = changed.session_of(run.id()).await.unwrap();
    let difference = session.replay(run.id(), true).await.unwrap().difference.unwrap();
    assert_eq!((difference.recorded.as_str(), difference.now.as_str()), ("Two.", "Three."));
    journal.append(run.id(), &Event::CallStarted { call: "c9".into(), key: "k".into() }).await.unwrap();
    let difference = session.replay(run.id(), false).await.unwrap().difference.unwrap();
    assert!(difference.recorded.contains("c9") && difference.now.contains("Done"), "{difference:?}");
}

#[tokio::test]
async fn a_fork_goes_on_from_a_turn_in_a_session_of_its_own() {
    let journal = Arc::new(MemoryJournal::default());
    let agent = agent(SCRIPT, &journal);
    let first = agent.run("go").await.unwrap();
    let session = agent.session_of(first.id()).await.unwrap();
    let fault = session.fork(first.id(), 7).await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Request);
    for way in ["`Journal::events`", "handyman runs show "] {
        assert!(fault.hint().unwrap().contains(way), "{fault:?}");
    }
    let (forked, run) = session.fork(first.id(), 2).await.unwrap();
    assert_ne!(forked.id(), session.id());
    let again = agent.resume(&run).await.unwrap();
    assert_eq!((again.answer(), again.usage().turns), ("Two.", 2));
    let original: Run = agent.resume(first.id()).await.unwrap();
    assert_eq!(original.answer(), "Two.", "the original is as it was");
}

#[tokio::test]
async fn copies_of_a_session_have_all_its_runs_in_their_order() {
    let journal = Arc::new(SqliteJournal::in_memory().await.unwrap());
    let replies = ["One.", "Two.", "Three.", "Four."].map(ScriptedModel::answer);
    let agent = Agent::new(ScriptedModel::new(replies)).journal_with(Arc::clone(&journal) as Arc<_>);
    let session = agent.session();
    for message in ["a", "b", "c"] {
        session.run(message).await.unwrap();
    }
    let listed = async |session: &Session| {
        let runs: Vec<RunSummary> = journal.runs(Some(session.id())).await.unwrap();
        runs.into_iter().map(|run| (run.message, run.outcome)).collect::<Vec<_>>()
    };
    let answered = Some(Outcome::Answered);
    let all = ["a", "b", "c"].map(|message| (message.to_owned(), answered.clone()));
    let branched = session.branch().await.unwrap();
    assert_eq!(listed(&branched).await, all);
    let last = session.last().await.unwrap().unwrap().run;
    let (forked, run) = session.fork(&last, 1).await.unwrap();
    let mut until_then = all.clone();
    until_then[2].1 = None;
    assert_eq!(listed(&forked).await, until_then);
    assert_eq!(agent.resume(&run).await.unwrap().answer(), "Four.");
    assert_eq!(listed(&session).await, all, "the original is as it was");
    assert!(journal.verify().await.unwrap().damage.is_empty());
}

#[tokio::test]
async fn a_run_that_is_under_way_is_cancelled_in_a_branch_and_goes_on_where_it_was() {
    let journal = Arc::new(SqliteJournal::in_memory().await.unwrap());
    let agent = Agent::new(ScriptedModel::new([])).journal_with(Arc::clone(&journal) as Arc<_>);
    let run = "r1".into();
    let started = Event::Started {
        run: "r1".into(),
        session: "s1".into(),
        message: "a".into(),
        untrusted_message: false,
        key: None,
        model: handyman_core::ModelInfo::default(),
        tools: vec![],
        untrusted: vec![],
        places: std::collections::BTreeMap::new(),
        answer_schema: None,
        workflow: None,
        now: jiff::civil::date(2026, 11, 23).at(9, 0, 0, 0),
    };
    journal.append(&run, &started).await.unwrap();
    let begun = Event::CallStarted { call: "c1".into(), key: "r1.c1".into() };
    journal.append(&run, &begun).await.unwrap();
    let branched = agent.session_named("s1".into()).branch().await.unwrap();
    let copies = journal.runs(Some(branched.id())).await.unwrap();
    assert_eq!(copies[0].outcome, Some(Outcome::Cancelled));
    let row = journal.success_row(&"r1.c1".into(), &serde_json::json!({})).unwrap();
    assert_eq!((row.run.as_str(), row.seq), ("r1", 2), "the call is still one of the original");
}

/// Keeps something.
#[tool(once)]
async fn keep() -> ToolResult<String> {
    Ok("kept".to_owned())
}

#[tokio::test]
async fn a_run_that_waits_for_a_person_is_cancelled_in_a_branch() {
    let journal = Arc::new(MemoryJournal::default());
    let replies = [ScriptedModel::call("keep", json!({})), ScriptedModel::answer("Hello.")];
    let agent =
        Agent::new(ScriptedModel::new(replies)).tool(keep).journal_with(Arc::clone(&journal) as Arc<_>);
    let run = agent.run("Keep it").await.unwrap();
    assert!(matches!(run.outcome(), Some(Outcome::Waiting { .. })), "{:?}", run.outcome());
    let branched = agent.session_of(run.id()).await.unwrap().branch().await.unwrap();
    let waiting = crate::approvals::waiting(journal.as_ref()).await.unwrap();
    let waiting: Vec<_> = waiting.into_iter().map(|approval| approval.run).collect();
    assert_eq!(waiting, [run.id().clone()], "it is decided on once, in the session that asked");
    assert_eq!(branched.run("Hello").await.unwrap().answer(), "Hello.");
}

#[tokio::test]
async fn a_replay_offers_the_tools_that_the_run_began_with() {
    let journal = Arc::new(MemoryJournal::default());
    let agent = |model: &Arc<ScriptedModel>| {
        Agent::new(Arc::clone(model)).tool(keep).journal_with(Arc::clone(&journal) as Arc<_>)
    };
    let model = || Arc::new(ScriptedModel::new([ScriptedModel::answer("Hello.")]));
    let run = agent(&model()).run("Hello").await.unwrap();
    let again = model();
    let delegate = Agent::new(ScriptedModel::new([])).as_tool("other", "Does more", Effect::ReadOnly);
    let session = agent(&again).tool(delegate).session_of(run.id()).await.unwrap();
    let replayed = session.replay(run.id(), true).await.unwrap();
    assert_eq!((replayed.replies, replayed.difference), (1, None));
    assert_eq!(again.offered(), [["keep"]]);
}
