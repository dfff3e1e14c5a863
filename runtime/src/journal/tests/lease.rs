//! One writer a session, whoever dies.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt;
use handyman_core::testing::{MemoryJournal, ScriptedModel};
use handyman_core::{
    CallContext, CallOutcome, Effect, FaultKind, Journal, Message, Outcome, Safety, Tool, ToolResult,
    ToolSpec,
};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::sync::Notify;

use super::super::SqliteJournal;
use super::started;
use crate::{Agent, AllowAll};

/// Says that it has been called, and is done when it is told to go on.
struct Slow {
    spec: ToolSpec,
    called: Arc<Notify>,
    goes_on: Arc<Notify>,
}

#[async_trait]
impl Tool for Slow {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, _arguments: Map<String, Value>, _context: &CallContext) -> ToolResult<Value> {
        self.called.notify_one();
        self.goes_on.notified().await;
        Ok(json!({"sent": true}))
    }
}

/// Two messages to one session at once, the second of them while a call of the first is under way.
async fn only_the_first_is_handled(journal: impl Journal + 'static) {
    let journal: Arc<dyn Journal> = Arc::new(journal);
    let (called, goes_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let spec = ToolSpec {
        name: "send".to_owned(),
        description: "Sends it".to_owned(),
        parameters: json!({"type": "object", "properties": {}}),
        effect: Effect::Once,
        safety: Safety::default(),
    };
    let slow = Slow { spec, called: Arc::clone(&called), goes_on: Arc::clone(&goes_on) };
    let replies = [ScriptedModel::call("send", json!({})), ScriptedModel::answer("Here you are.")];
    let agent = Agent::new(ScriptedModel::new(replies)).tool(slow).policy(AllowAll);
    let agent = agent.journal_with(Arc::clone(&journal));
    let (first, second) = (agent.session_named("s".into()), agent.session_named("s".into()));
    let meanwhile = async {
        called.notified().await;
        let fault = second.run("And now?").await.unwrap_err();
        goes_on.notify_one();
        fault
    };
    let (run, fault) = tokio::join!(first.run("Send it"), meanwhile);
    assert_eq!(fault.kind(), FaultKind::Busy, "{fault}");
    let run = run.unwrap();
    assert_eq!((run.outcome(), run.answer()), (Some(&Outcome::Answered), "Here you are."));
    let results: Vec<CallOutcome> =
        run.record().iter().flat_map(Message::results).map(|result| result.outcome).collect();
    assert_eq!(results, [CallOutcome::Succeeded], "nobody has closed the run under its feet");
    assert_eq!(journal.runs(None).await.unwrap().len(), 1, "the second message began nothing");
    assert!(journal.lease(&"s".into()).await.is_ok(), "the session is free again");
}

#[tokio::test]
async fn a_session_handles_one_message_at_a_time() {
    only_the_first_is_handled(MemoryJournal::default()).await;
    only_the_first_is_handled(SqliteJournal::in_memory().await.unwrap()).await;
}

#[tokio::test]
async fn the_second_writer_is_told_and_may_when_the_first_is_done() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("journal.db");
    let first = SqliteJournal::open(&path).await.unwrap();
    let second = SqliteJournal::open(&path).await.unwrap();
    let held = first.lease(&"s1".into()).await.unwrap();
    for journal in [&first, &second] {
        let fault = journal.lease(&"s1".into()).await.unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Busy);
        assert!(fault.to_string().contains("session s1 is busy") && fault.hint().is_some(), "{fault}");
    }
    second.lease(&"s2".into()).await.unwrap();
    drop(held);
    drop(first.lease(&"s1".into()).await.unwrap());
    // The row goes in the background; whoever holds it no longer gives way at the latest when it ends.
    drop(first);
    for _ in 0..1_000 {
        if second.lease(&"s1".into()).await.is_ok() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the lease was never given back");
}

#[tokio::test]
async fn a_dead_holders_lease_is_taken_over() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("journal.db");
    let journal = SqliteJournal::open(&path).await.unwrap();
    // What a process that was killed leaves: a row, and perhaps its file, which nobody locks any more.
    for (session, leaves_file) in [("s1", true), ("s2", false)] {
        if leaves_file {
            std::fs::write(folder.path().join("journal.db-holder-dead00000000"), "").unwrap();
        }
        sqlx::query("INSERT INTO journal_leases VALUES (?, 'dead00000000')")
            .bind(session)
            .execute(&journal.file.pool)
            .await
            .unwrap();
        journal.lease(&session.into()).await.unwrap();
        assert!(
            !folder.path().join("journal.db-holder-dead00000000").exists(),
            "the file of the dead is removed"
        );
    }
}

#[tokio::test]
async fn files_of_the_dead_are_swept_and_those_of_the_living_stay() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("journal.db");
    let living = SqliteJournal::open(&path).await.unwrap();
    let _held = living.lease(&"s1".into()).await.unwrap();
    for left in ["journal.db-holder-dead", "journal.db-holder-gone", "other.db-holder-dead"] {
        std::fs::write(folder.path().join(left), "").unwrap();
    }
    let second = SqliteJournal::open(&path).await.unwrap();
    let names = std::fs::read_dir(folder.path()).unwrap();
    let names: Vec<String> = names.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    let holders = names.iter().filter(|name| name.starts_with("journal.db-holder-")).count();
    assert_eq!(holders, 1, "the one who lives: {names:?}");
    assert!(names.contains(&"other.db-holder-dead".to_owned()), "of another journal: {names:?}");
    assert_eq!(second.lease(&"s1".into()).await.unwrap_err().kind(), FaultKind::Busy);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_lease_that_is_taken_again_at_once_keeps_its_row() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("journal.db");
    let journal = SqliteJournal::open(&path).await.unwrap();
    for _ in 0..30 {
        drop(journal.lease(&"s1".into()).await.unwrap());
        let held = journal.lease(&"s1".into()).await.unwrap();
        // Meanwhile the first one is given back.
        drop(journal.lease(&"s2".into()).await.unwrap());
        let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM journal_leases WHERE session = 's1'")
            .fetch_one(&journal.file.pool)
            .await
            .unwrap();
        assert_eq!(rows, 1);
        drop(held);
    }
}

#[tokio::test]
async fn a_journal_in_memory_leases_too() {
    let journal = SqliteJournal::in_memory().await.unwrap();
    let held = journal.lease(&"s1".into()).await.unwrap();
    assert!(journal.lease(&"s1".into()).await.is_err());
    drop(held);
    journal.lease(&"s1".into()).await.unwrap();
}

#[tokio::test]
async fn a_lease_is_given_once_what_its_last_holder_has_written_is_there() {
    let folder = TempDir::new().unwrap();
    let file = SqliteJournal::open(folder.path().join("journal.db")).await.unwrap();
    for journal in [SqliteJournal::in_memory().await.unwrap(), file] {
        let held = journal.lease(&"s1".into()).await.unwrap();
        // The event is on its way, and nobody waits for it any more.
        assert!(journal.append(&"r1".into(), &started("r1", "s1")).now_or_never().is_none());
        drop(held);
        let _next = journal.lease(&"s1".into()).await.unwrap();
        assert_eq!(journal.events_of(&"s1".into(), None).await.unwrap().len(), 1);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_journal_under_two_names_has_one_writer() {
    let folder = TempDir::new().unwrap();
    let (real, link) = (folder.path().join("real.db"), folder.path().join("link.db"));
    let first = SqliteJournal::open(&real).await.unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let second = SqliteJournal::open(&link).await.unwrap();
    let held = second.lease(&"s1".into()).await.unwrap();
    assert_eq!(first.lease(&"s1".into()).await.unwrap_err().kind(), FaultKind::Busy);
    drop(held);
}
