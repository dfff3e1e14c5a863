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
    let context = CallContext::new(now);
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
async fn endings_and_encodings_of_other_programs_are_read() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("B.EML"), "Subject: Tides\n\nHigh water at noon.").unwrap();
    fs::write(folder.path().join("latin.TXT"), b"Zug nach M\xfcnchen").unwrap();
    assert_eq!(read(&folder, json!({"about": "noon"})).await["mails"][0]["name"], "B.EML");
    let found = read(&folder, json!({"about": "münchen"})).await;
    assert_eq!(found["mails"], json!([{"name": "latin.TXT", "text": "Zug nach München"}]));
}

/// An editor's lock is a link to nothing; links to mail are mail.
#[cfg(unix)]
#[tokio::test]
async fn what_is_no_mail_stands_in_no_way() {
    let folder = TempDir::new().unwrap();
    write(&folder, "a.txt", "mail a", 0);
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, folder.path().join(name)).unwrap();
    link("somebody@somewhere.1234", ".#draft.txt");
    link("nothing here", "gone.txt");
    link("nothing here", "picture.png");
    link("a.txt", "b.txt");
    fs::create_dir(folder.path().join("folder.txt")).unwrap();
    let found = read(&folder, json!({})).await;
    let mails = json!([{"name": "b.txt", "text": "mail a"}, {"name": "a.txt", "text": "mail a"}]);
    assert_eq!(found, json!({"mails": mails, "more": 0}));
}

#[tokio::test]
async fn what_is_asked_for_is_counted_and_all_else_is_not() {
    let folder = TempDir::new().unwrap();
    for day in 0..8 {
        let text = if day % 2 == 0 { "about tides" } else { "about trains" };
        write(&folder, &format!("{day}.txt"), text, day);
    }
    let found = read(&folder, json!({"about": "tides"})).await;
    assert_eq!((found["mails"].as_array().unwrap().len(), &found["more"]), (3, &json!(1)));
    assert_eq!(read(&folder, json!({})).await["more"], 5);
}

#[tokio::test]
async fn long_mail_is_cut_between_characters() {
    let folder = TempDir::new().unwrap();
    write(&folder, "long.txt", &"上".repeat(9_000), 0);
    let found = read(&folder, json!({})).await;
    let text = found["mails"][0]["text"].as_str().unwrap();
    assert_eq!((text.chars().count(), text.ends_with("上…")), (super::CHARS_MAX, true), "the cut is told");
}

#[tokio::test]
async fn words_deep_in_a_long_mail_are_shown() {
    let folder = TempDir::new().unwrap();
    let long = format!("{}Tides are HIGH today. {}", "上".repeat(5_000), "下".repeat(5_000));
    write(&folder, "long.txt", &long, 0);
    let found = read(&folder, json!({"about": "tides are high"})).await;
    let text = found["mails"][0]["text"].as_str().unwrap();
    assert!(
        text.starts_with("…上") && text.contains("Tides are HIGH today.") && text.ends_with("下…"),
        "{text}"
    );
    assert_eq!(text.chars().count(), super::CHARS_MAX);
}

#[cfg(feature = "mail")]
#[tokio::test]
async fn messages_are_ordered_by_when_they_were_sent() {
    let folder = TempDir::new().unwrap();
    let message = |date: &str| format!("Date: {date}\r\nSubject: x\r\n\r\nx");
    // The files were written from 4 September to 4 October 2024.
    write(&folder, "old.eml", &message("Mon, 2 Sep 2024 10:00:00 +0000"), 0);
    write(&folder, "new.eml", &message("Tue, 1 Oct 2024 10:00:00 +0000"), 1);
    write(&folder, "says 2038.eml", &message("Fri, 1 Jan 2038 10:00:00 +0000"), 30);
    let found = read(&folder, json!({})).await;
    let names: Vec<&Value> = found["mails"].as_array().unwrap().iter().map(|mail| &mail["name"]).collect();
    assert_eq!(names, ["new.eml", "says 2038.eml", "old.eml"]);
}

#[cfg(feature = "mail")]
#[tokio::test]
async fn messages_are_read_as_what_they_say() {
    let html = "<html><head><style>p {color: red}</style></head><body><p>Dear <b>Ann</b>,</p><p>pay<br>M&uuml;ller &amp; Co</p></body></html>";
    let cases: [(&str, Vec<u8>, Value); 9] = [
        (
            "plain",
            b"From: Bob <bob@example.com>\r\nTo: ann@example.org\r\nSubject: Hi\r\nDate: Mon, 23 Nov 2026 10:00:00 +0800\r\n\r\nSee you.\r\nBob\r\n".to_vec(),
            json!({"from": "Bob <bob@example.com>", "to": "ann@example.org", "subject": "Hi", "date": "2026-11-23T10:00:00+08:00", "text": "See you.\nBob"}),
        ),
        (
            "encoded headers and quoted-printable",
            b"From: =?utf-8?B?5byg5LiJ?= <z@example.cn>\r\nSubject: =?iso-8859-1?Q?Gr=FC=DFe?=\r\n =?utf-8?Q?_an_dich?=\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nSch=F6ne=\r\n Gr=FC=DFe\r\n".to_vec(),
            json!({"from": "\u{5f20}\u{4e09} <z@example.cn>", "subject": "Gr\u{fc}\u{df}e an dich", "text": "Sch\u{f6}ne Gr\u{fc}\u{df}e"}),
        ),
        (
            "base64 in GBK",
            b"Subject: x\r\nContent-Type: text/plain; charset=gbk\r\nContent-Transfer-Encoding: base64\r\n\r\nxOO6w6Os\r\nyc+6ow==\r\n".to_vec(),
            json!({"subject": "x", "text": "\u{4f60}\u{597d}\u{ff0c}\u{4e0a}\u{6d77}"}),
        ),
        (
            "html alone",
            format!("Subject: x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}").into_bytes(),
            json!({"subject": "x", "text": "Dear **Ann**,\n\npay\nM\u{fc}ller & Co"}),
        ),
        (
            "text is preferred",
            format!("Subject: x\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nthe text\r\n--b\r\nContent-Type: text/html\r\n\r\n{html}\r\n--b--\r\n").into_bytes(),
            json!({"subject": "x", "text": "the text"}),
        ),
        (
            "an empty text says nothing",
            b"Subject: x\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n \r\n--b\r\nContent-Type: text/html\r\n\r\n<p>words</p>\r\n--b--\r\n".to_vec(),
            json!({"subject": "x", "text": "words"}),
        ),
        (
            "attachments",
            b"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nsee the file\r\n--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename*=utf-8''r%C3%A9sum%C3%A9.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--\r\n".to_vec(),
            json!({"subject": "x", "attachments": ["r\u{e9}sum\u{e9}.pdf"], "text": "see the file"}),
        ),
        ("cut off in the middle", b"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nhalf a".to_vec(), json!({"subject": "x", "text": "half a"})),
        ("no message", b"just \xff words".to_vec(), json!({"text": "just \u{ff} words"})),
    ];
    for (title, bytes, mut expected) in cases {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("a.eml"), bytes).unwrap();
        fs::write(folder.path().join(".b.eml"), "hidden").unwrap();
        let found = read(&folder, json!({})).await;
        expected["name"] = "a.eml".into();
        assert_eq!(found["mails"], json!([expected]), "{title}");
        let about = expected["text"].as_str().unwrap().chars().rev().take(4).collect::<String>();
        let about: String = about.chars().rev().collect();
        assert_eq!(
            read(&folder, json!({"about": about})).await["mails"].as_array().unwrap().len(),
            1,
            "{title}"
        );
    }
}

#[cfg(feature = "mail")]
#[tokio::test]
async fn hostile_messages_are_read_or_left_soon() {
    let begun = std::time::Instant::now();
    let folder = TempDir::new().unwrap();
    let deep = (0..3_000)
        .map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"))
        .collect::<String>();
    write(&folder, "deep.eml", &format!("Subject: x\r\n{deep}"), 0);
    write(
        &folder,
        "nested.eml",
        &format!("Subject: x\r\nContent-Type: text/html\r\n\r\n{}words", "<div>".repeat(50_000)),
        1,
    );
    write(&folder, "long.eml", &format!("Subject: {}\r\n\r\nx", "=?utf-8?Q?a?= ".repeat(20_000)), 2);
    let found = read(&folder, json!({})).await;
    assert_eq!(found["mails"].as_array().unwrap().len(), 3);
    assert_eq!(found["mails"][1]["text"], "words");
    assert_eq!(found["mails"][2]["subject"].as_str().unwrap().chars().count(), 200);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
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
