//! A recorded run run again, and a fork of it.

use std::sync::Arc;

use handyman_core::testing::MemoryJournal;
use handyman_core::{Event, FaultKind, Journal, Run};

use crate::{Agent, AllowAll, ScriptModel};

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
    let (forked, run) = session.fork(first.id(), 2).await.unwrap();
    assert_ne!(forked.id(), session.id());
    let again = agent.resume(&run).await.unwrap();
    assert_eq!((again.answer(), again.usage().turns), ("Two.", 2));
    let original: Run = agent.resume(first.id()).await.unwrap();
    assert_eq!(original.answer(), "Two.", "the original is as it was");
}
