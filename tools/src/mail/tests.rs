//! Mail is read from its folder, newest first, within bounds, and says that strangers wrote it.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use handyman_core::{CallContext, Tool, ToolErrorKind};
use jiff::civil::date;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::{Mailbox, read_mail};

async fn read(folder: &TempDir, arguments: Value) -> Value {
    let mailbox = Arc::new(Mailbox::open(folder.path()).unwrap());
    let now = date(2026, 11, 23).at(10, 0, 0, 0);
    let context = CallContext { run: "r".into(), call: "c".into(), key: "r.c".into(), now, allowed: None };
    let arguments = arguments.as_object().cloned().unwrap_or_else(Map::new);
    read_mail(mailbox).call(arguments, &context).await.unwrap()
}

/// Mail that was written so many days ago.
fn write(folder: &TempDir, name: &str, text: &str, days: u64) {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    let written = SystemTime::UNIX_EPOCH + Duration::from_secs((20_000 - days) * 86_400);
    fs::File::options().append(true).open(&path).unwrap().set_modified(written).unwrap();
}

#[tokio::test]
async fn the_newest_comes_first_and_the_rest_is_counted() {
    let folder = TempDir::new().unwrap();
    assert_eq!(read(&folder, json!({})).await, json!({"mails": [], "more": 0}));
    for (name, days) in [("c.txt", 1), ("a.eml", 0), ("d.md", 3), ("b.txt", 2), ("picture.png", 0)] {
        write(&folder, name, &format!("mail {name}"), days);
    }
    let found = read(&folder, json!({})).await;
    let names: Vec<&str> =
        found["mails"].as_array().unwrap().iter().map(|mail| mail["name"].as_str().unwrap()).collect();
    assert_eq!((names, &found["more"]), (vec!["a.eml", "c.txt", "b.txt"], &json!(1)));
    let found = read(&folder, json!({"about": "Mail D"})).await;
    assert_eq!(found["mails"], json!([{"name": "d.md", "text": "mail d.md"}]));
}

#[tokio::test]
async fn long_mail_is_cut_between_characters() {
    let folder = TempDir::new().unwrap();
    write(&folder, "long.txt", &"上".repeat(9_000), 0);
    let found = read(&folder, json!({})).await;
    assert_eq!(found["mails"][0]["text"].as_str().unwrap().chars().count(), super::CHARS_MAX);
}

#[test]
fn it_says_that_strangers_wrote_it() {
    let folder = TempDir::new().unwrap();
    let tool = read_mail(Arc::new(Mailbox::open(folder.path()).unwrap()));
    assert!(tool.spec().safety.untrusted);
    let error = Mailbox::open(&folder.path().join("no such")).unwrap_err();
    assert_eq!(*error.kind(), ToolErrorKind::NotFound);
    assert!(error.to_string().contains("no such"), "{error}");
}
