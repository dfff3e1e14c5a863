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
    let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
    let now = date(2026, 11, 23).at(10, 0, 0, 0);
    tool.call(
        arguments,
        &CallContext {
            run: "r".into(),
            session: "s".into(),
            call: "c".into(),
            key: key.into(),
            now,
            allowed: None,
        },
    )
    .await
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
