//! A key begins one run, whoever asks again.

use std::sync::Arc;

use handyman_core::testing::MemoryJournal;
use handyman_core::{Event, FaultKind, Journal};

use crate::{Agent, ScriptModel};

fn agent(journal: &Arc<MemoryJournal>) -> Agent {
    let model = ScriptModel::parse("{\"text\": \"One.\"}\n{\"text\": \"Two.\"}").unwrap();
    Agent::new(model).journal_with(Arc::clone(journal) as Arc<dyn Journal>)
}

#[tokio::test]
async fn a_key_begins_one_run_of_a_session() {
    let journal = Arc::new(MemoryJournal::default());
    let session = agent(&journal).session_named("s".into());
    assert_eq!(session.begun_under("k").await.unwrap(), None);
    let run = session.clone().under("k").run("Hello").await.unwrap();
    // As by another process: nothing but the journal is known.
    let session = agent(&journal).session_named("s".into());
    assert_eq!(session.begun_under("k").await.unwrap().as_ref(), Some(run.id()));
    assert_eq!(session.begun_under("another").await.unwrap(), None);
    let fault = session.clone().under("k").run("Hello").await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Request);
    assert!(fault.to_string().contains(run.id().as_str()), "{fault}");
    assert_eq!(session.under("another").run("And now?").await.unwrap().answer(), "Two.");
    assert_eq!(journal.runs(None).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_copy_of_a_run_is_begun_under_no_key() {
    let journal = Arc::new(MemoryJournal::default());
    let session = agent(&journal).session_named("s".into());
    session.clone().under("k").run("Hello").await.unwrap();
    let branched = session.branch().await.unwrap();
    assert_eq!(branched.begun_under("k").await.unwrap(), None);
}

#[test]
fn a_run_that_earlier_versions_began_has_no_key() {
    let line = r#"{"type": "started", "run": "r1", "session": "s1", "message": "a", "tools": [],
        "model": {"name": "m", "sha256": ""}, "now": "2026-11-23T09:00:00"}"#;
    let event: Event = serde_json::from_str(line).unwrap();
    assert!(matches!(event, Event::Started { key: None, .. }));
    assert!(!serde_json::to_string(&event).unwrap().contains("\"key\""), "nor is one written");
}
