//! What a model writes becomes one message and nothing else: no further header, no further recipient.

use handyman_core::ToolErrorKind;
use jiff::civil::date;
use mail_parser::MessageParser;
use proptest::prelude::*;

use super::*;

pub(in crate::mail) fn sender() -> Sender {
    Sender::parse("Ann Example <ann@example.org>", TimeZone::get("Asia/Shanghai").unwrap()).unwrap()
}

fn context() -> CallContext {
    let now = date(2026, 11, 23).at(10, 0, 0, 0);
    CallContext::new(now).under("r.c")
}

fn letter(to: &[&str], subject: &str, text: &str) -> Letter {
    let to = to.iter().map(|address| (*address).to_owned()).collect();
    Letter { to, cc: Vec::new(), subject: subject.to_owned(), text: text.to_owned() }
}

fn composed(letter: &Letter) -> ToolResult<Composed> {
    letter.composed(&sender(), &context())
}

#[test]
fn the_same_call_makes_the_same_bytes() {
    let letter = Letter {
        cc: vec!["cy@example.net".to_owned()],
        ..letter(&["bob@example.com"], "会议 at 3", "Dear Bob,\nsee you.\n")
    };
    let message = composed(&letter).unwrap();
    assert_eq!(message, composed(&letter).unwrap());
    let text = String::from_utf8(message.bytes.clone()).unwrap();
    let expected = [
        "From: \"Ann Example\" <ann@example.org>",
        "To: <bob@example.com>",
        "Cc: <cy@example.net>",
        "Subject: =?utf-8?",
        "Date: Mon, 23 Nov 2026 10:00:00 +0800",
        "Message-ID: <",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=",
    ];
    for header in expected {
        assert!(text.lines().any(|line| line.starts_with(header)), "{header}\n{text}");
    }
    let shown = message.shown("here");
    assert_eq!(
        shown,
        serde_json::json!({"id": message.id, "from": "Ann Example <ann@example.org>", "to": "bob@example.com",
            "cc": "cy@example.net", "subject": "会议 at 3", "date": "2026-11-23T10:00:00+08:00", "text": "Dear Bob,\nsee you.", "by": "here"})
    );
    assert!(message.id.starts_with('M') && message.id.len() == 13, "{}", message.id);
}

#[test]
fn addresses_are_checked_and_the_wrong_one_is_named() {
    let wrong = [
        "bob",
        "bob@",
        "@example.com",
        "bob@example..com",
        "bob@-x.com",
        "bob smith@example.com",
        "bob@exa mple.com",
        "bob@example.com, eve@example.com",
        "Bob <bob@example.com>",
        "\"bob\"@example.com",
        "bob@[127.0.0.1]",
        "bob@127.0.0.1",
        "bob@example.com\r\nBcc: eve@example.com",
        "bob@example.com>\r\nRCPT TO:<eve@example.com",
        "b\u{0}b@example.com",
        "böb@example.com",
        "bob@example.com%0d%0aX:1",
        "",
    ];
    for address in wrong {
        let error = composed(&letter(&["ok@example.com", address], "s", "t")).unwrap_err();
        assert_eq!(
            *error.kind(),
            ToolErrorKind::InvalidArgument { path: "/to/1".into() },
            "{address}: {error}"
        );
        assert!(!error.to_string().contains(char::is_control), "{error:?}");
    }
    let message =
        composed(&letter(&[" bob@例え.jp ", "ann+tag@example.co.uk", "bob@例え.jp"], "s", "t")).unwrap();
    let to: Vec<&str> = message.to.iter().map(|(_, address)| address.as_str()).collect();
    assert_eq!(to, ["bob@xn--r8jz45g.jp", "ann+tag@example.co.uk"], "each once");
    for sender in ["", "Ann", "Ann <ann>", "A\nnn <ann@example.org>"] {
        assert!(Sender::parse(sender, TimeZone::UTC).is_err(), "{sender}");
    }
}

#[test]
fn nobody_gets_a_message_twice() {
    let cc = ["bob@Example.com", "cy@example.net", "CY@example.net"].map(str::to_owned).to_vec();
    let letter = Letter { cc, ..letter(&["bob@example.com", "Bob@example.com"], "s", "t") };
    let message = composed(&letter).unwrap();
    let to: Vec<&str> = message.to.iter().map(|(_, address)| address.as_str()).collect();
    assert_eq!(to, ["bob@example.com", "cy@example.net"]);
    let shown = message.shown("here");
    assert!(shown["to"] == "bob@example.com" && shown["cc"] == "cy@example.net", "{shown}");
    let all = Letter { cc: letter.to.clone(), ..letter };
    assert!(composed(&all).unwrap().shown("here").get("cc").is_none());
}

#[test]
fn subjects_and_texts_are_bounded() {
    let one = |subject: &str, text: &str| composed(&letter(&["bob@example.com"], subject, text));
    let long = "x".repeat(60_000);
    for (subject, text, path) in [
        ("a\r\nBcc: eve@example.com", "t", "/subject"),
        ("a\nb", "t", "/subject"),
        (" ", "t", "/subject"),
        ("a\u{0}", "t", "/subject"),
        (&long, "t", "/subject"),
        ("s", " \n", "/text"),
        ("s", "a\u{0}b", "/text"),
        ("s", "\u{1b}[2J", "/text"),
        ("s", &long, "/text"),
    ] {
        let error = one(subject, text).unwrap_err();
        assert_eq!(*error.kind(), ToolErrorKind::InvalidArgument { path: path.into() }, "{error}");
    }
    let many: Vec<String> = (0..21).map(|number| format!("a{number}@example.com")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert!(composed(&letter(&many, "s", "t")).is_err());
    let twenty = composed(&letter(&many[1..], "s", "t")).unwrap();
    assert_eq!(twenty.shown("here")["to"], many[1..].join(", "), "whoever allows it sees all of them");
    assert!(composed(&letter(&[], "s", "t")).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// Any subject and text come back as they were, in a message with these headers and no others.
    #[test]
    fn nothing_becomes_a_header(subject in "[ -~äß会日\\t\r\n\u{2028}:=?]{1,120}", text in "(?s).{1,400}") {
        let Ok(message) = composed(&letter(&["bob@example.com"], &subject, &text)) else { return Ok(()) };
        prop_assert!(message.bytes.is_ascii());
        let raw = String::from_utf8(message.bytes.clone()).unwrap();
        prop_assert!(raw.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])));
        let parsed = MessageParser::default().parse(&message.bytes).unwrap();
        let names: Vec<&str> = parsed.headers().iter().map(|header| header.name.as_str()).collect();
        let mut known = vec!["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"];
        if names.len() == 8 {
            known.push("Content-Transfer-Encoding");
        }
        prop_assert_eq!(names, known);
        prop_assert_eq!(parsed.subject().unwrap(), subject.trim());
        let said = text.replace("\r\n", "\n").replace('\r', "\n");
        let shown = parsed.body_text(0).unwrap().replace("\r\n", "\n");
        prop_assert_eq!(shown.trim_end(), said.trim_end());
        prop_assert_eq!(parsed.attachment_count(), 0);
    }
}
