//! Adding, listing, and finding room between.

use std::sync::Arc;

use handyman_core::{CallContext, Tool, ToolResult};
use jiff::civil::date;
use serde_json::{Value, json};

use super::*;
use crate::world::Settings;

async fn sandbox() -> Arc<Calendar> {
    let world = World::open(&Settings { path: None, seed: 7, today: date(2026, 11, 23) }).await.unwrap();
    Arc::new(Calendar::Sandbox(Arc::new(world)))
}

async fn call(tool: &dyn Tool, key: &str, arguments: Value) -> ToolResult<Value> {
    call_at(tool, key, arguments, date(2026, 11, 23).at(10, 0, 0, 0)).await
}

async fn call_at(tool: &dyn Tool, key: &str, arguments: Value, now: DateTime) -> ToolResult<Value> {
    let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
    tool.call(arguments, &CallContext::new(now).under(key)).await
}

#[tokio::test]
async fn events_are_added_once() {
    let calendar = sandbox().await;
    let add = add_event(Arc::clone(&calendar));
    let event = json!({"title": "打电话给妈妈", "day": "明天下午", "time": "三点", "minutes": 30});
    let added = call(&add, "k", event.clone()).await.unwrap();
    assert_eq!(
        (&added["date"], &added["starts"], &added["ends"]),
        (&json!("2026-11-24"), &json!("15:00"), &json!("15:30"))
    );
    assert_eq!(added["overlaps"], json!(["项目评审"]));
    assert_eq!(call(&add, "k", event).await.unwrap(), added);
    assert_eq!(add.probe(&"k".into()).await, Ok(Probe::Done(added)));
    assert_eq!(add.probe(&"other".into()).await, Ok(Probe::NotDone));
    let listed = call(&list_events(calendar), "l", json!({"day": "tomorrow"})).await.unwrap();
    assert_eq!(listed["events"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_free_slot_lies_between_events() {
    let find = find_free_slot(sandbox().await);
    let free = call(&find, "k", json!({"day": "tomorrow"})).await.unwrap();
    assert_eq!(free["free"], json!([{"from": "10:15", "to": "14:00"}, {"from": "15:30", "to": "18:00"}]));
    let morning = call(&find, "k", json!({"day": "明天上午", "minutes": 90})).await.unwrap();
    assert_eq!(morning["free"][0], json!({"from": "06:00", "to": "09:30"}));
    let early = call(&find, "k", json!({"day": "tomorrow before 10am", "minutes": 30})).await.unwrap();
    assert_eq!(early["free"], json!([{"from": "09:00", "to": "09:30"}]));
    let error = call(&find, "k", json!({"day": "tomorrow", "minutes": 600})).await.unwrap_err().to_string();
    assert_eq!(error, "no 600 free minutes on 2026-11-24 between 09:00 and 18:00");
}

#[tokio::test]
async fn an_event_begins_where_a_stretch_does() {
    let add = add_event(sandbox().await);
    let cases = [
        ("tomorrow", "2 to 4pm", "14:00"),
        ("tomorrow", "7 to 8 pm", "19:00"),
        ("tomorrow", "3 - 4 pm", "15:00"),
        ("tomorrow afternoon", "2 to 4", "14:00"),
        ("明天", "夜里2点", "02:00"),
        ("明天", "晚上1点", "01:00"),
        ("tomorrow", "twenty-five past seven", "07:25"),
        ("tomorrow", "five past noon", "12:05"),
    ];
    for (day, time, expected) in cases {
        let event = json!({"title": time, "day": day, "time": time});
        assert_eq!(call(&add, time, event).await.unwrap()["starts"], expected, "{time}");
    }
}

#[tokio::test]
async fn midnight_and_the_small_hours_are_those_of_the_night_that_follows() {
    let add = add_event(sandbox().await);
    let morning = date(2026, 11, 30).at(8, 15, 0, 0);
    let cases = [
        ("tonight", "midnight", "2026-12-01", "00:00"),
        ("今天", "晚上12点", "2026-12-01", "00:00"),
        ("今晚", "12点", "2026-12-01", "00:00"),
        ("tonight", "12", "2026-12-01", "00:00"),
        ("tonight", "1am", "2026-12-01", "01:00"),
        ("今晚", "凌晨1点", "2026-12-01", "01:00"),
        ("tonight at 1am", "1am", "2026-12-01", "01:00"),
        ("Friday night", "midnight", "2026-12-05", "00:00"),
        ("明天", "夜里2点", "2026-12-02", "02:00"),
        ("tonight", "8", "2026-11-30", "20:00"),
        ("今晚", "5点", "2026-11-30", "17:00"),
        ("明天凌晨", "1点", "2026-12-01", "01:00"),
        ("tomorrow", "1am", "2026-12-01", "01:00"),
        ("today", "08:15", "2026-11-30", "08:15"),
    ];
    for (index, (day, time, date, starts)) in cases.into_iter().enumerate() {
        let event = json!({"title": "x", "day": day, "time": time});
        let added = call_at(&add, &index.to_string(), event, morning).await.unwrap();
        assert_eq!((&added["date"], &added["starts"]), (&json!(date), &json!(starts)), "{day} {time}");
    }
    // Whoever is up still means this night.
    let night = date(2026, 12, 1).at(0, 30, 0, 0);
    let event = json!({"title": "x", "day": "tonight", "time": "1am"});
    let added = call_at(&add, "night", event, night).await.unwrap();
    assert_eq!((&added["date"], &added["starts"]), (&json!("2026-12-01"), &json!("01:00")));
}

#[tokio::test]
async fn what_is_past_is_not_added() {
    let add = add_event(sandbox().await);
    let now = date(2026, 11, 30).at(8, 15, 0, 0);
    for (day, time, starts) in
        [("today", "7am", "07:00"), ("今天", "凌晨", "00:00"), ("today", "midnight", "00:00")]
    {
        let event = json!({"title": "x", "day": day, "time": time});
        let error = call_at(&add, "k", event, now).await.unwrap_err();
        assert_eq!(*error.kind(), ToolErrorKind::InvalidArgument { path: "/time".to_owned() });
        let expected = format!("2026-11-30 {starts} is past, it is 08:15; write a later time");
        assert!(error.to_string().starts_with(&expected), "{error}");
    }
}

#[tokio::test]
async fn today_an_hour_is_the_one_that_is_still_to_come() {
    let add = add_event(sandbox().await);
    let cases = [
        ("today", "3", "15:00"),
        ("今天", "五点", "17:00"),
        ("today", "half past nine", "21:30"),
        ("today at 3", "3", "15:00"),
        ("today", "11", "11:00"),
        ("today", "2 to 4", "14:00"),
        ("tomorrow", "3", "03:00"),
    ];
    for (index, (day, time, starts)) in cases.into_iter().enumerate() {
        let event = json!({"title": "x", "day": day, "time": time});
        assert_eq!(call(&add, &index.to_string(), event).await.unwrap()["starts"], starts, "{day} {time}");
    }
    for (day, time) in [
        ("today", "09:30"),
        ("today", "9am"),
        ("this morning", "9"),
        ("今天", "上午九点"),
        ("today", "midnight"),
    ] {
        let event = json!({"title": "x", "day": day, "time": time});
        let error = call(&add, "k", event).await.unwrap_err().to_string();
        assert!(error.contains("is past, it is 10:00"), "{day} {time}: {error}");
    }
}

#[tokio::test]
async fn a_part_of_the_day_is_free_until_it_is_over() {
    let calendar = sandbox().await;
    let (add, find) = (add_event(Arc::clone(&calendar)), find_free_slot(calendar));
    for (key, time, minutes) in [("a", "12:00", 300), ("b", "18:00", 300)] {
        let event = json!({"title": "x", "day": "Friday", "time": time, "minutes": minutes});
        call(&add, key, event).await.unwrap();
    }
    for (day, from, to) in [("Friday afternoon", "17:00", "18:00"), ("周五晚上", "23:00", "24:00")] {
        let free = call(&find, "f", json!({"day": day, "minutes": 60})).await.unwrap();
        assert_eq!(free["free"], json!([{"from": from, "to": to}]), "{day}");
    }
    let late = date(2026, 11, 23).at(19, 5, 0, 0);
    for (day, close) in [("today", "18:00"), ("this morning", "12:00")] {
        let error = call_at(&find, "f", json!({"day": day}), late).await.unwrap_err().to_string();
        let expected =
            format!("the day is over: it is 19:05 on 2026-11-23, and what was asked for ends at {close};");
        assert!(error.starts_with(&expected), "{error}");
    }
}

#[tokio::test]
async fn mistakes_are_named() {
    let add = add_event(sandbox().await);
    let cases = [
        (json!({"title": " ", "day": "tomorrow", "time": "8am"}), "empty"),
        (json!({"title": "x", "day": "yesterday", "time": "8am"}), "2026-11-22 is in the past"),
        (json!({"title": "x", "day": "tomorrow", "time": "sometime"}), "'sometime' is not a time"),
        (
            json!({"title": "x", "day": "tomorrow", "time": "22:00", "minutes": 480}),
            "it would end after midnight; at most 120",
        ),
    ];
    for (arguments, expected) in cases {
        let error = call(&add, "k", arguments).await.unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[tokio::test]
async fn a_day_ends_where_the_next_one_begins() {
    let add = add_event(sandbox().await);
    let cases = [
        (json!({"title": "x", "day": "tomorrow", "time": "24:00"}), ("2026-11-25", "00:00", "01:00")),
        (json!({"title": "x", "day": "tomorrow", "time": "00:00"}), ("2026-11-24", "00:00", "01:00")),
        (
            json!({"title": "x", "day": "tomorrow", "time": "22:00", "minutes": 120}),
            ("2026-11-24", "22:00", "23:59"),
        ),
        (json!({"title": "x", "day": "tomorrow", "time": "23:30"}), ("2026-11-24", "23:30", "23:59")),
    ];
    for (index, (arguments, (date, starts, ends))) in cases.into_iter().enumerate() {
        let added = call(&add, &index.to_string(), arguments).await.unwrap();
        assert_eq!(
            (&added["date"], &added["starts"], &added["ends"]),
            (&json!(date), &json!(starts), &json!(ends))
        );
    }
}
