//! A message is put into the folder once, whatever crashed, and whoever has taken it since.

use std::sync::Arc;

use handyman_core::Tool;
use jiff::civil::date;
use serde_json::{Map, json};
use tempfile::TempDir;

use super::*;
use crate::mail::compose::tests::sender;
use crate::mail::{Mailbox, read_mail};

struct Desk {
    folder: TempDir,
    outbox: Arc<Outbox>,
}

impl Desk {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let outbox = Arc::new(Outbox::open(&folder.path().join("out"), sender()).unwrap());
        Self { folder, outbox }
    }

    fn tool(&self) -> send_mail {
        send_mail(Arc::clone(&self.outbox))
    }

    async fn send(&self, key: &str, allowed: Option<Value>) -> ToolResult<Value> {
        self.tool().call(arguments(), &context(key, allowed)).await
    }

    /// The messages in the folder.
    fn put(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder.path().join("out")).unwrap();
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect()
    }

    /// What is in the outbox's own folder for a message.
    fn places(&self) -> Places {
        self.outbox.places(&"k".into())
    }
}

fn arguments() -> Map<String, Value> {
    let arguments = json!({"to": ["bob@example.com"], "subject": "会议", "text": "See you at three."});
    arguments.as_object().cloned().unwrap()
}

fn context(key: &str, allowed: Option<Value>) -> CallContext {
    let now = date(2026, 11, 23).at(10, 0, 0, 0);
    CallContext::new(now).under(key).allowing(allowed)
}

#[tokio::test]
async fn a_message_is_put_once() {
    let desk = Desk::new();
    assert_eq!(desk.tool().probe(&"k".into()).await, Ok(Probe::NotDone));
    let plan = desk.tool().plan(arguments(), &context("k", None)).await.unwrap().unwrap();
    assert_eq!(
        (&plan["subject"], &plan["text"], desk.put().len()),
        (&json!("会议"), &json!("See you at three."), 0)
    );
    let sent = desk.send("k", Some(plan)).await.unwrap();
    assert_eq!((&sent["to"], &sent["status"]), (&json!(["bob@example.com"]), &json!("put into the outbox")));
    assert_eq!(desk.send("k", None).await.unwrap(), sent);
    assert_eq!(desk.tool().probe(&"k".into()).await, Ok(Probe::Done(sent.clone())));
    assert_eq!(desk.put().len(), 1);
    let mailbox = Arc::new(Mailbox::open(&desk.folder.path().join("out")).unwrap());
    let read = read_mail(mailbox).call(Map::new(), &context("k", None)).await.unwrap();
    assert_eq!(
        (&read["mails"][0]["subject"], &read["mails"][0]["text"]),
        (&json!("会议"), &json!("See you at three."))
    );
    // The program that sends it takes it.
    fs::remove_file(&desk.put()[0]).unwrap();
    assert_eq!(desk.tool().probe(&"k".into()).await, Ok(Probe::Done(sent.clone())));
    assert_eq!(desk.send("k", None).await.unwrap(), sent);
    assert!(desk.put().is_empty(), "it is not put there again");
    desk.send("other", None).await.unwrap();
    assert_eq!(desk.put().len(), 1);
}

#[tokio::test]
async fn a_kill_at_any_step_neither_loses_nor_doubles_it() {
    // What a process that was killed leaves behind, step by step.
    let steps: [(&str, bool, bool, bool, bool); 5] = [
        ("before anything", false, false, false, false),
        ("in the first file", true, false, false, false),
        ("before the note", false, true, false, false),
        ("before it moved", false, true, true, false),
        ("at the end", false, false, true, true),
    ];
    for (step, half, waiting, note, put) in steps {
        let (whole, desk) = (Desk::new(), Desk::new());
        let sent = whole.send("k", None).await.unwrap();
        let (from, to) = (whole.places(), desk.places());
        let message = fs::read(&from.put).unwrap();
        if half {
            fs::write(crate::durable::hidden(&to.waiting, "x.new"), &message[..50]).unwrap();
        }
        if waiting {
            fs::write(&to.waiting, &message).unwrap();
        }
        if note {
            fs::copy(&from.note, &to.note).unwrap();
        }
        if put {
            fs::write(&to.put, &message).unwrap();
        }
        let expected = if put { Probe::Done(sent.clone()) } else { Probe::NotDone };
        assert_eq!(desk.tool().probe(&"k".into()).await, Ok(expected), "{step}");
        assert_eq!(desk.send("k", None).await.unwrap(), sent, "{step}");
        assert_eq!(desk.put().len(), 1, "{step}");
        assert_eq!(fs::read(&to.put).unwrap(), message, "{step}");
        let own: Vec<String> = fs::read_dir(desk.folder.path().join("out/.handyman"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        assert!(own.iter().all(|name| name == "lock" || name.ends_with(".json")), "{step}: {own:?}");
    }
}

#[tokio::test]
async fn what_was_not_allowed_is_not_put() {
    let desk = Desk::new();
    let mut plan = desk.tool().plan(arguments(), &context("k", None)).await.unwrap().unwrap();
    plan["text"] = "Something else.".into();
    let error = desk.send("k", Some(plan)).await.unwrap_err();
    assert!(matches!(error.kind(), ToolErrorKind::Changed { .. }), "{error}");
    assert!(desk.put().is_empty());
}
