//! Damage is found, the rest still opens, and what is in doubt is never dropped.

use handyman_core::{CallOutcome, Event, FaultKind, Journal, Outcome, Verdict};
use jiff::civil::date;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;

use super::super::SqliteJournal;
use super::{finished, started};

async fn of_two_runs(folder: &TempDir) -> SqliteJournal {
    let journal = SqliteJournal::open(folder.path().join("journal.db")).await.unwrap();
    for (run, session) in [("r1", "s1"), ("r2", "s2")] {
        for event in [started(run, session), Event::Resumed, finished()] {
            journal.append(&run.into(), &event).await.unwrap();
        }
    }
    journal
}

async fn sql(folder: &TempDir, statement: &'static str) {
    let options = SqliteConnectOptions::new().filename(folder.path().join("journal.db"));
    let mut other = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql(statement).execute(&mut other).await.unwrap();
}

#[tokio::test]
async fn a_whole_journal_has_no_damage() {
    let folder = TempDir::new().unwrap();
    let checked = of_two_runs(&folder).await.verify().await.unwrap();
    assert_eq!((checked.runs, checked.events, checked.damage.len()), (2, 6, 0));
}

#[tokio::test]
async fn every_kind_of_damage_is_found_and_the_other_run_still_opens() {
    for (statement, says) in [
        ("UPDATE journal_events SET event = '{' WHERE run = 'r1' AND seq = 1", "event 1 cannot be read"),
        (
            "UPDATE journal_events SET event = replace(event, '多云', '晴') WHERE run = 'r1'",
            "chain of hashes breaks",
        ),
        ("DELETE FROM journal_events WHERE run = 'r1' AND seq = 1", "event 1 is missing"),
        ("DELETE FROM journal_events WHERE run = 'r1'", "no events"),
    ] {
        let folder = TempDir::new().unwrap();
        let journal = of_two_runs(&folder).await;
        sql(&folder, statement).await;
        let checked = journal.verify().await.unwrap();
        assert_eq!(checked.damage.len(), 1, "{statement}: {checked:?}");
        assert_eq!(checked.damage[0].run.as_ref().map(|run| run.as_str()), Some("r1"));
        assert!(checked.damage[0].problem.contains(says), "{:?}", checked.damage);
        assert_eq!(journal.events(&"r2".into()).await.unwrap().len(), 3, "the rest still opens");
        assert_eq!(journal.runs(None).await.unwrap().len(), 2, "and both are listed");
    }
}

#[tokio::test]
async fn what_is_damaged_of_a_run_hides_no_other_run() {
    for (statement, damaged) in [
        ("UPDATE journal_runs SET message = CAST(x'e5a4' AS TEXT) WHERE run = 'r1'", 0),
        ("UPDATE journal_runs SET started = '2O26-11-23' WHERE run = 'r1'", 0),
        (
            "PRAGMA foreign_keys = OFF; UPDATE journal_runs SET run = CAST(x'72ff' AS TEXT) WHERE run = 'r1'",
            1,
        ),
    ] {
        let folder = TempDir::new().unwrap();
        let journal = of_two_runs(&folder).await;
        sql(&folder, statement).await;
        let listed = journal.runs(None).await.unwrap();
        assert_eq!(listed.len(), 2, "{statement}");
        assert_eq!((listed[1].run.as_str(), &listed[1].outcome), ("r2", &Some(Outcome::Answered)));
        let checked = journal.verify().await.unwrap();
        assert_eq!((checked.runs, checked.damage.len()), (2, damaged), "{statement}: {checked:?}");
    }
}

#[tokio::test]
async fn a_torn_file_is_found() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("journal.db");
    drop(of_two_runs(&folder).await);
    sql(&folder, "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE").await;
    let mut bytes = std::fs::read(&path).unwrap();
    let text = b"\"resumed\"";
    let at = bytes.windows(text.len()).position(|window| window == text).unwrap();
    bytes[at + 3] = b'X';
    std::fs::write(&path, bytes).unwrap();
    let journal = SqliteJournal::open(&path).await.unwrap();
    let checked = journal.verify().await.unwrap();
    assert_eq!(checked.damage.len(), 1, "{checked:?}");
    assert_eq!(checked.events, 3, "the other run is whole");
    let fault = journal.events(checked.damage[0].run.as_ref().unwrap()).await.unwrap_err();
    for way in ["`SqliteJournal::verify`", "on the command line: handyman runs verify"] {
        assert!(fault.hint().unwrap().contains(way), "{fault:?}");
    }
}

#[tokio::test]
async fn a_full_disk_is_a_fault_that_says_so_and_passes() {
    let folder = TempDir::new().unwrap();
    let journal = of_two_runs(&folder).await;
    sqlx::query("PRAGMA max_page_count = 1").execute(&journal.file.pool).await.unwrap();
    let mut long = started("r3", "s3");
    if let Event::Started { message, .. } = &mut long {
        *message = "x".repeat(100_000);
    }
    let fault = journal.append(&"r3".into(), &long).await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Journal);
    assert!(fault.hint().unwrap().contains("disk is full"), "{fault}: {:?}", fault.hint());
    sqlx::query("PRAGMA max_page_count = 1000000").execute(&journal.file.pool).await.unwrap();
    journal.append(&"r3".into(), &long).await.unwrap();
    assert!(journal.verify().await.unwrap().damage.is_empty(), "nothing of the failed one is left");
}

#[tokio::test]
async fn old_sessions_go_and_what_is_in_doubt_stays() {
    let folder = TempDir::new().unwrap();
    let journal = of_two_runs(&folder).await;
    let unknown = Event::CallFinished {
        call: "c1".into(),
        outcome: CallOutcome::Unknown,
        result: serde_json::json!({}),
        failure: None,
        ms: 0,
    };
    let waiting = Event::Finished {
        outcome: Outcome::Waiting { call: "c1".into() },
        answer: String::new(),
        receipts: vec![],
        incomplete: vec![],
        usage: handyman_core::Usage::default(),
    };
    let started_call = Event::CallStarted { call: "c1".into(), key: "k".into() };
    for (run, rest) in [
        ("r3", vec![]),
        ("r4", vec![unknown, finished()]),
        ("r5", vec![waiting]),
        ("r6", vec![started_call, finished()]),
    ] {
        journal.append(&run.into(), &started(run, run)).await.unwrap();
        for event in rest {
            journal.append(&run.into(), &event).await.unwrap();
        }
    }
    journal.append(&"r7".into(), &started("r7", "s2")).await.unwrap();
    assert!(journal.prune(date(2026, 11, 23).at(9, 0, 0, 0)).await.unwrap().is_empty(), "none is older");
    let _at_work = journal.lease(&"s1".into()).await.unwrap();
    assert!(
        journal.prune(date(2027, 1, 1).at(0, 0, 0, 0)).await.unwrap().is_empty(),
        "a session at work stays"
    );
    drop(_at_work);
    let dropped = journal.prune(date(2027, 1, 1).at(0, 0, 0, 0)).await.unwrap();
    assert_eq!(dropped, ["r1".into()], "s2 has a run that has not ended, the others are in doubt");
    assert_eq!(journal.runs(None).await.unwrap().len(), 6);
    assert!(journal.verify().await.unwrap().damage.is_empty());
}

#[tokio::test]
async fn a_journal_that_cannot_be_written_is_not_said_to_be_pruned() {
    let folder = TempDir::new().unwrap();
    let journal = of_two_runs(&folder).await;
    sqlx::query("PRAGMA query_only = ON").execute(&journal.file.pool).await.unwrap();
    let fault = journal.prune(date(2027, 1, 1).at(0, 0, 0, 0)).await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Journal, "{fault}");
}

#[tokio::test]
async fn a_call_that_could_be_made_again_keeps_no_session() {
    let folder = TempDir::new().unwrap();
    let journal = SqliteJournal::open(folder.path().join("journal.db")).await.unwrap();
    let decided = |decision: Verdict, why: &str| Event::CallDecided {
        call: "c1".into(),
        decision,
        why: why.into(),
        origins: vec![],
        plan: None,
        digest: None,
    };
    let began = || Event::CallStarted { call: "c1".into(), key: "k".into() };
    let unknown = || Event::CallFinished {
        call: "c1".into(),
        outcome: CallOutcome::Unknown,
        result: serde_json::json!({}),
        failure: None,
        ms: 0,
    };
    let allowed = |why: &str| vec![decided(Verdict::Allow, why), began(), Event::Resumed];
    let asked = vec![
        decided(Verdict::Ask, "read_only"),
        decided(Verdict::Allow, "a person allowed exactly this"),
        began(),
    ];
    for (run, events) in [
        ("r1", allowed("read_only")),
        ("r2", allowed("idempotent")),
        ("r3", [allowed("idempotent"), vec![unknown()]].concat()),
        ("r4", allowed("once")),
        ("r5", [allowed("once"), vec![unknown()]].concat()),
        ("r6", asked),
    ] {
        for event in [vec![started(run, run)], events, vec![finished()]].concat() {
            journal.append(&run.into(), &event).await.unwrap();
        }
    }
    let dropped = journal.prune(date(2027, 1, 1).at(0, 0, 0, 0)).await.unwrap();
    assert_eq!(dropped, ["r1".into(), "r2".into(), "r3".into()], "of the others nobody knows that");
}

#[tokio::test]
async fn what_is_dropped_is_not_left_on_the_disk() {
    for times in [1, 1_000] {
        let folder = TempDir::new().unwrap();
        let journal = SqliteJournal::open(folder.path().join("journal.db")).await.unwrap();
        for (run, session, word) in [("r1", "s1", "FORGOTTEN"), ("r2", "s2", "REMEMBERED")] {
            let mut begun = started(run, session);
            if let Event::Started { message, .. } = &mut begun {
                *message = word.repeat(times);
            }
            journal.append(&run.into(), &begun).await.unwrap();
        }
        journal.append(&"r1".into(), &finished()).await.unwrap();
        let is_on_disk = |word: &str| {
            let holds = |name: &&str| {
                let bytes = std::fs::read(folder.path().join(name)).unwrap();
                bytes.windows(word.len()).any(|window| window == word.as_bytes())
            };
            ["journal.db", "journal.db-wal"].iter().any(holds)
        };
        assert!(is_on_disk("FORGOTTEN"));
        let dropped = journal.prune(date(2027, 1, 1).at(0, 0, 0, 0)).await.unwrap();
        assert_eq!(dropped, ["r1".into()], "the other has not ended");
        assert!(!is_on_disk("FORGOTTEN") && is_on_disk("REMEMBERED"), "{times}");
    }
}

#[tokio::test]
async fn a_session_with_a_run_that_has_lost_its_events_stays() {
    let folder = TempDir::new().unwrap();
    let journal = of_two_runs(&folder).await;
    for event in [started("r3", "s1"), finished()] {
        journal.append(&"r3".into(), &event).await.unwrap();
    }
    sql(&folder, "DELETE FROM journal_events WHERE run = 'r3'").await;
    let dropped = journal.prune(date(2027, 1, 1).at(0, 0, 0, 0)).await.unwrap();
    assert_eq!(dropped, ["r2".into()]);
}

#[tokio::test]
async fn a_journal_of_the_first_version_opens() {
    let folder = TempDir::new().unwrap();
    let old = SqliteConnectOptions::new().filename(folder.path().join("journal.db")).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&old).await.unwrap();
    sqlx::raw_sql(
        r#"CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY);
        CREATE TABLE runs (run TEXT PRIMARY KEY, session TEXT NOT NULL, message TEXT NOT NULL, started TEXT NOT NULL) STRICT;
        CREATE INDEX runs_of_session ON runs (session);
        CREATE TABLE events (run TEXT NOT NULL REFERENCES runs (run), seq INTEGER NOT NULL, event TEXT NOT NULL,
            PRIMARY KEY (run, seq)) STRICT, WITHOUT ROWID;
        INSERT INTO runs VALUES ('r1', 's1', 'Hello', '2026-11-23T09:00:00');
        INSERT INTO events VALUES ('r1', 0, '{"type":"started","run":"r1","session":"s1","message":"Hello","model":{"name":"m","sha256":""},"tools":["weather"],"now":"2026-11-23T09:00:00"}');
        INSERT INTO events VALUES ('r1', 1, '{"type":"model_replied","turn":1,"text":"Hi.","calls":[],"usage":{"sampled":3},"ms":5}');
        INSERT INTO events VALUES ('r1', 2, '{"type":"call_decided","call":"c1","decision":"allow","why":"read_only"}');
        INSERT INTO events VALUES ('r1', 3, '{"type":"call_finished","call":"c1","outcome":"succeeded","result":{},"ms":5}');"#,
    )
    .execute(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
    let journal = SqliteJournal::open(folder.path().join("journal.db")).await.unwrap();
    assert_eq!(journal.events(&"r1".into()).await.unwrap().len(), 4);
    journal.append(&"r1".into(), &finished()).await.unwrap();
    let checked = journal.verify().await.unwrap();
    assert_eq!((checked.events, checked.damage), (5, vec![]));
}
