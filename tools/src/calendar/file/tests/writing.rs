//! Adding an event: once, whole or not at all, and with every other byte as it was.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use handyman_core::{Probe, Tool, ToolErrorKind};
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::sync::Barrier;

use super::{Desk, calendar_of, event};
use crate::calendar::add_event;
use crate::durable::{Held, hidden};

fn lunch() -> Value {
    json!({"title": "Lunch; with Ann, Bob", "day": "tomorrow", "time": "12:30", "minutes": 45})
}

/// What was put into a file, and whether all else is where it was.
fn put_in(before: &str, after: &str) -> String {
    let same = before.bytes().zip(after.bytes()).take_while(|(one, other)| one == other).count();
    let at = before[..same].rfind("END:VCALENDAR").unwrap_or_else(|| before.rfind("END:VCALENDAR").unwrap());
    let rest = &before[at..];
    assert!(after.starts_with(&before[..at]) && after.ends_with(rest), "before:\n{before}\nafter:\n{after}");
    after[at..after.len() - rest.len()].to_owned()
}

#[tokio::test]
async fn an_event_is_put_in_and_all_else_stays() {
    let other = event(
        "x",
        "DTSTART:20261124T043000Z\nDURATION:PT1H\nX-OWN;A=\"b:c\":a lon\n g line that is fol\n\tded\nBEGIN:VALARM\nTRIGGER:-PT5M\nEND:VALARM",
    );
    let desk = Desk::of_events(&[other]);
    let before = desk.content();
    let added = desk.add("k", lunch()).await.unwrap();
    let id = added["event"].as_str().unwrap();
    assert!(id.starts_with('E') && id.len() == 11, "{id}");
    assert_eq!(
        added,
        json!({"event": id, "title": "Lunch; with Ann, Bob", "date": "2026-11-24", "starts": "12:30", "ends": "13:15", "overlaps": ["x"]})
    );
    let text = put_in(&before, &desk.content());
    let lines: Vec<&str> = text.split("\r\n").filter(|line| !line.starts_with("UID:")).collect();
    assert_eq!(
        lines,
        [
            "BEGIN:VEVENT",
            "DTEND:20261124T051500Z",
            "DTSTAMP:20261123T020000Z",
            "DTSTART:20261124T043000Z",
            "SUMMARY:Lunch\\; with Ann\\, Bob",
            "END:VEVENT",
            ""
        ]
    );
    assert_eq!(desk.day("tomorrow").await, ["Lunch; with Ann, Bob 12:30-13:15", "x 12:30-13:30"]);
}

#[tokio::test]
async fn the_same_call_adds_one_event() {
    let desk = Desk::of_events(&[]);
    let tool = add_event(Arc::clone(&desk.calendar));
    assert_eq!(tool.probe(&"k".into()).await, Ok(Probe::NotDone));
    let added = desk.add("k", lunch()).await.unwrap();
    let content = desk.content();
    assert_eq!(desk.add("k", lunch()).await.unwrap(), added);
    assert_eq!(desk.content(), content);
    assert_eq!(tool.probe(&"k".into()).await, Ok(Probe::Done(added)));
    desk.add("other", lunch()).await.unwrap();
    assert_eq!(desk.content().matches("BEGIN:VEVENT").count(), 2);
}

#[tokio::test]
async fn what_was_allowed_is_what_is_added() {
    let desk = Desk::of_events(&[]);
    let before = desk.content();
    let tool = add_event(Arc::clone(&desk.calendar));
    let Value::Object(arguments) = lunch() else { panic!() };
    let plan = tool.plan(arguments.clone(), &Desk::context("k", None)).await.unwrap().unwrap();
    assert_eq!(desk.content(), before, "a plan changes nothing");
    assert!(
        plan["file"].as_str().unwrap().ends_with("work.ics") && plan["adds"][0] == "BEGIN:VEVENT",
        "{plan}"
    );
    // Somebody else puts something at the same time.
    let other = calendar_of(&event("dentist", "DTSTART:20261124T043000Z\nDURATION:PT1H"));
    fs::write(&desk.path, &other).unwrap();
    let error = tool.call(arguments.clone(), &Desk::context("k", Some(plan))).await.unwrap_err();
    let ToolErrorKind::Changed { plan } = error.kind() else { panic!("{error}") };
    assert_eq!((plan["result"]["overlaps"].clone(), desk.content()), (json!(["dentist"]), other));
    tool.call(arguments, &Desk::context("k", Some(plan.as_ref().clone()))).await.unwrap();
    assert_eq!(desk.content().matches("BEGIN:VEVENT").count(), 2);
}

#[tokio::test]
async fn what_a_killed_writer_left_is_cleared_and_costs_nothing() {
    let desk = Desk::of_events(&[event("x", "DTSTART:20261124T043000Z")]);
    let before = desk.content();
    let left = hidden(&desk.path, "abc123.new");
    fs::write(&left, &before[..40]).unwrap();
    let unrelated = desk.folder.path().join(".other.ics.abc.new");
    fs::write(&unrelated, "x").unwrap();
    assert_eq!(desk.day("tomorrow").await, ["x 12:30-12:30"], "the file is whole");
    desk.add("k", lunch()).await.unwrap();
    assert!(!left.exists() && unrelated.exists());
    put_in(&before, &desk.content());
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_take_turns() {
    // How long one takes that nobody holds up.
    let (alone, began) = (Desk::of_events(&[]), Instant::now());
    alone.add("a", lunch()).await.unwrap();
    let usual = began.elapsed();
    let desk = Arc::new(Desk::of_events(&[]));
    let held = Held::lock(&hidden(&desk.path, "lock")).unwrap();
    let begun = Arc::new(Barrier::new(5));
    let calls = ["a", "b", "c", "d"].map(|key| {
        let (desk, begun) = (Arc::clone(&desk), Arc::clone(&begun));
        tokio::spawn(async move {
            begun.wait().await;
            desk.add(key, lunch()).await
        })
    });
    begun.wait().await;
    // Far more than they need, and less than they wait for a lock.
    tokio::time::sleep((10 * usual).clamp(Duration::from_millis(150), Duration::from_secs(2))).await;
    assert_eq!(desk.content().matches("BEGIN:VEVENT").count(), 0, "somebody else holds it");
    drop(held);
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(desk.content().matches("BEGIN:VEVENT").count(), 4);
}

#[cfg(unix)]
#[tokio::test]
async fn links_and_permissions_stay() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::of_events(&[]);
    let link = desk.folder.path().join("link.ics");
    std::os::unix::fs::symlink(&desk.path, &link).unwrap();
    fs::set_permissions(&desk.path, fs::Permissions::from_mode(0o640)).unwrap();
    let file = super::CalendarFile::open(&link, jiff::tz::TimeZone::UTC).unwrap();
    let tool = add_event(Arc::new(crate::calendar::Calendar::File(file)));
    let Value::Object(arguments) = lunch() else { panic!() };
    tool.call(arguments, &Desk::context("k", None)).await.unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::metadata(&desk.path).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(desk.content().matches("BEGIN:VEVENT").count(), 1);
}

#[tokio::test]
async fn an_event_lasts_as_long_as_was_asked_for() {
    let desk = Desk::of_events(&[]);
    let night = json!({"title": "night", "day": "tomorrow", "time": "22:00", "minutes": 480});
    let added = desk.add("k", night).await.unwrap();
    assert_eq!(
        (&added["date"], &added["starts"], &added["ends"], &added["last_day"]),
        (&json!("2026-11-24"), &json!("22:00"), &json!("06:00"), &json!("2026-11-25"))
    );
    assert!(
        desk.content().contains("DTSTART:20261124T140000Z")
            && desk.content().contains("DTEND:20261124T220000Z")
    );
    let tool = add_event(Arc::clone(&desk.calendar));
    assert_eq!(tool.probe(&"k".into()).await, Ok(Probe::Done(added)));
    let late = json!({"title": "late", "day": "2026-11-26", "time": "22:00", "minutes": 120});
    let added = desk.add("l", late).await.unwrap();
    assert_eq!((&added["ends"], added.get("last_day")), (&json!("23:59"), None));
}

#[tokio::test]
async fn where_clocks_change_an_event_keeps_its_length_or_is_refused() {
    // Berlin's clocks go from two to three on 28 March 2027.
    let desk = Desk::living_in(calendar_of(""), "Europe/Berlin");
    let before = desk.content();
    let at = |time: &str| json!({"title": "x", "day": "2027-03-28", "time": time, "minutes": 60});
    let error = desk.add("k", at("02:30")).await.unwrap_err();
    assert_eq!(*error.kind(), ToolErrorKind::InvalidArgument { path: "/time".into() }, "{error}");
    assert_eq!(desk.content(), before);
    let added = desk.add("k", at("01:30")).await.unwrap();
    assert_eq!((&added["starts"], &added["ends"]), (&json!("01:30"), &json!("03:30")));
}

#[tokio::test]
async fn titles_that_are_no_line_are_refused() {
    let desk = Desk::of_events(&[]);
    let before = desk.content();
    for title in ["a\nEND:VEVENT", "a\r\nATTENDEE:x", "a\u{0}b", &"long ".repeat(60)] {
        let error =
            desk.add("k", json!({"title": title, "day": "tomorrow", "time": "9am"})).await.unwrap_err();
        assert_eq!(*error.kind(), ToolErrorKind::InvalidArgument { path: "/title".into() }, "{error}");
    }
    assert_eq!(desk.content(), before);
}

fn names() -> impl Strategy<Value = String> {
    "[A-Z][A-Z-]{0,12}".prop_filter("no component", |name| name != "BEGIN" && name != "END")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// What others wrote stays byte for byte, however they fold and end their lines, and the title comes back.
    #[test]
    fn others_content_is_kept(
        lines in proptest::collection::vec((names(), "[ -~é日]{0,90}"), 0..12),
        title in "[ -~é日本]{1,60}",
        (crlf, fold, bom, is_open) in any::<(bool, bool, bool, bool)>(),
    ) {
        prop_assume!(!title.trim().is_empty());
        let mut text = String::from(if bom { "\u{feff}" } else { "" });
        text.push_str("BEGIN:VCALENDAR\n");
        for (name, value) in &lines {
            text.push_str(&format!("X-{name}:"));
            for (index, c) in value.chars().enumerate() {
                if fold && index % 20 == 19 {
                    text.push_str("\n ");
                }
                text.push(c);
            }
            text.push('\n');
        }
        text.push_str("END:VCALENDAR");
        if !is_open {
            text.push('\n');
        }
        let text = if crlf { text.replace('\n', "\r\n") } else { text };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let desk = Desk::with(&text);
        let added = runtime.block_on(desk.add("k", json!({"title": title, "day": "tomorrow", "time": "9am"}))).unwrap();
        let put = put_in(&text, &desk.content());
        prop_assert_eq!(put.contains("\r\n"), crlf && text.contains("\r\n"));
        prop_assert!(put.lines().all(|line| line.len() <= 76));
        let listed = runtime.block_on(desk.list(json!({"day": "tomorrow"}))).unwrap();
        let words = title.split_whitespace().collect::<Vec<_>>().join(" ");
        prop_assert_eq!(listed["events"][0]["title"].as_str().unwrap(), &words);
        prop_assert_eq!(added["title"].as_str().unwrap(), &words);
    }
}
