//! Each wrapper does its one thing and hands the rest on.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use handyman_core::{
    CallContext, IdempotencyKey, Probe, Tool, ToolCall, ToolErrorKind, ToolResult, Toolbox, tool,
};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::{Declared, Kept, Wrapped, call_within, read_more};

/// Counts its calls, and how many of them run at the same time.
#[derive(Default)]
struct Counter {
    calls: AtomicUsize,
    now: AtomicUsize,
    most: AtomicUsize,
}

/// Counts.
#[tool(read_only)]
async fn count(#[state] counter: &Counter, text: Option<String>) -> ToolResult<Value> {
    let now = counter.now.fetch_add(1, Ordering::SeqCst) + 1;
    counter.most.fetch_max(now, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(1)).await;
    counter.now.fetch_sub(1, Ordering::SeqCst);
    let calls = counter.calls.fetch_add(1, Ordering::SeqCst) + 1;
    Ok(json!({"calls": calls, "text": text.unwrap_or_default()}))
}

#[expect(clippy::unused_async, reason = "a probe is async")]
async fn was_made(counter: &Counter, _key: &IdempotencyKey) -> ToolResult<Probe> {
    Ok(match counter.calls.load(Ordering::SeqCst) {
        0 => Probe::NotDone,
        calls => Probe::Done(json!({"calls": calls})),
    })
}

/// Acts, then dawdles.
#[tool(once, probe = was_made)]
async fn act(#[state] counter: &Counter) -> ToolResult<Value> {
    let calls = counter.calls.fetch_add(1, Ordering::SeqCst) + 1;
    tokio::time::sleep(Duration::from_hours(1)).await;
    Ok(json!({"calls": calls}))
}

async fn never(_counter: &Counter, _key: &IdempotencyKey) -> ToolResult<Probe> {
    std::future::pending().await
}

/// Acts, dawdles, and does not say what came of it.
#[tool(once, probe = never)]
async fn keep_silent(#[state] counter: &Counter) -> ToolResult<Value> {
    counter.calls.fetch_add(1, Ordering::SeqCst);
    std::future::pending().await
}

/// How many seconds it has.
#[tool(read_only)]
async fn left(context: &CallContext) -> ToolResult<Option<u64>> {
    Ok(context.time_left().map(|left| left.as_secs()))
}

fn context(call: &str) -> CallContext {
    let now = jiff::civil::date(2026, 11, 23).at(9, 0, 0, 0);
    CallContext::new(now).of_call("r", call).under("k")
}

async fn call(tool: &dyn Tool, arguments: Value) -> ToolResult<Value> {
    let Value::Object(arguments) = arguments else { panic!("an object") };
    tool.call(arguments, &context("c1")).await
}

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_a_call_and_asks_what_came_of_an_effect() {
    let counter = Arc::new(Counter::default());
    let quick = count(Arc::clone(&counter)).with_deadline(Duration::from_millis(10));
    let error = call(&quick, json!({})).await.unwrap_err().to_string();
    assert_eq!(error, "count gave no answer within 10ms");
    let patient = count(Arc::clone(&counter)).with_deadline(Duration::from_secs(10));
    assert_eq!(call(&patient, json!({})).await.unwrap()["calls"], 1);
    let acting = act(Arc::new(Counter::default())).with_deadline(Duration::from_secs(10));
    assert_eq!(call(&acting, json!({})).await.unwrap(), json!({"calls": 1}), "it took place");
}

#[tokio::test(start_paused = true)]
async fn calls_at_the_same_time_are_limited() {
    let counter = Arc::new(Counter::default());
    let tool = count(Arc::clone(&counter)).at_most_at_once(3);
    let all = (0..10).map(|_| call(&tool, json!({})));
    assert!(futures_util::future::join_all(all).await.iter().all(Result::is_ok));
    assert_eq!(counter.most.load(Ordering::SeqCst), 3);
    assert_eq!(counter.calls.load(Ordering::SeqCst), 10);
}

#[tokio::test(start_paused = true)]
async fn calls_in_a_period_are_limited() {
    let counter = Arc::new(Counter::default());
    let tool = count(counter).at_most_in(2, Duration::from_mins(1));
    let begun = Instant::now();
    for _ in 0..5 {
        call(&tool, json!({})).await.unwrap();
    }
    // Two at once, two after a minute, one after two.
    assert!(begun.elapsed() >= Duration::from_mins(2) && begun.elapsed() < Duration::from_mins(3));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_given_up_while_it_waited_makes_no_room_for_another() {
    let tool = count(Arc::default()).at_most_in(1, Duration::from_mins(1));
    let begun = Instant::now();
    call(&tool, json!({})).await.unwrap();
    assert!(tokio::time::timeout(Duration::from_secs(10), call(&tool, json!({}))).await.is_err());
    call(&tool, json!({})).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_mins(1), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_deadline_holds_also_where_nothing_says_what_came_of_a_call() {
    let tool = keep_silent(Arc::new(Counter::default())).with_deadline(Duration::from_secs(10));
    let ended = tokio::time::timeout(Duration::from_mins(1), call(&tool, json!({}))).await.unwrap();
    assert_eq!(ended.unwrap_err().kind(), &ToolErrorKind::InDoubt);
}

#[test]
fn the_rest_of_a_result_may_be_a_strangers() {
    assert!(read_more(Arc::default()).spec().safety.untrusted);
}

#[tokio::test(start_paused = true)]
async fn results_are_kept_by_question_and_for_a_while() {
    let counter = Arc::new(Counter::default());
    let tool = count(Arc::clone(&counter)).cached_for(Duration::from_mins(1));
    for _ in 0..3 {
        assert_eq!(call(&tool, json!({"text": "a"})).await.unwrap()["calls"], 1);
    }
    assert_eq!(call(&tool, json!({"text": "b"})).await.unwrap()["calls"], 2);
    tokio::time::advance(Duration::from_mins(2)).await;
    assert_eq!(call(&tool, json!({"text": "a"})).await.unwrap()["calls"], 3);
    let counter = Arc::new(Counter::default());
    let acting = act(Arc::clone(&counter)).cached_for(Duration::from_mins(1));
    tokio::join!(call(&acting, json!({})), call(&acting, json!({}))).0.unwrap();
    assert_eq!(counter.calls.load(Ordering::SeqCst), 2, "an effect is never answered from memory");
}

#[tokio::test(start_paused = true)]
async fn a_long_result_can_be_read_to_its_end() {
    let kept = Arc::new(Kept::default());
    let long = "长的文字".repeat(500);
    let tool = count(Arc::default()).shortened_to(100, Arc::clone(&kept));
    let first = call(&tool, json!({"text": long})).await.unwrap();
    let more = read_more(kept);
    let mut text = first["text"].as_str().unwrap().to_owned();
    let mut next = first["next"].clone();
    while !next.is_null() {
        let piece = call(&more, json!({"handle": first["handle"], "start": next})).await.unwrap();
        text.push_str(piece["text"].as_str().unwrap());
        next = piece["next"].clone();
    }
    let whole: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(whole["text"], json!(long));
    assert!(call(&more, json!({"handle": "c9", "start": 0})).await.is_err());
    // Calls of every session are counted from one: what was kept is another one's there.
    let elsewhere = context("c2").in_session("another");
    let asked = json!({"handle": first["handle"], "start": 0}).as_object().unwrap().clone();
    assert!(more.call(asked, &elsewhere).await.is_err(), "one session's result is not another's");
    let short = call(&tool, json!({"text": "short"})).await.unwrap();
    assert_eq!(short["text"], "short", "what fits is not touched");
}

#[tokio::test(start_paused = true)]
async fn a_name_changes_and_nothing_else() {
    let counter = Arc::new(Counter::default());
    let tool = count(Arc::clone(&counter)).renamed("tally");
    let original = count(counter);
    assert_eq!((tool.spec().name.as_str(), &tool.spec().parameters), ("tally", &original.spec().parameters));
    assert_eq!(tool.call(Map::new(), &context("c1")).await.unwrap()["calls"], 1);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_is_what_a_tool_has_left_unless_it_had_less() {
    let tool = left.with_deadline(Duration::from_secs(10));
    assert_eq!(call(&tool, json!({})).await, Ok(json!(10)));
    for (outer, least) in [(60, 10), (3, 3)] {
        let context = context("c1").timed_by(move || Duration::from_secs(outer));
        assert_eq!(tool.call(Map::new(), &context).await, Ok(json!(least)));
        let toolbox = Toolbox::new().with(Arc::new(left)).unwrap();
        let asked = ToolCall { id: "c1".into(), tool: "left".to_owned(), arguments: Map::new() };
        let result = call_within(Duration::from_secs(10), &toolbox, &asked, &context).await;
        assert_eq!(result.result, json!(least));
    }
    let patient = Declared::of(Arc::new(left)).within(Duration::from_secs(20));
    let toolbox = Toolbox::new().with(Arc::new(patient)).unwrap();
    let asked = ToolCall { id: "c1".into(), tool: "left".to_owned(), arguments: Map::new() };
    let result = call_within(Duration::from_secs(10), &toolbox, &asked, &context("c1")).await;
    assert_eq!(result.result, json!(20), "what it says itself");
}

#[tokio::test(start_paused = true)]
async fn what_may_be_about_one_person_is_not_kept_for_another() {
    let cached = count(Arc::new(Counter::default())).cached_for(Duration::from_mins(1));
    for (person, calls) in [(Some("Ann"), 1), (Some("Bo"), 2), (None, 3), (None, 3)] {
        let context = person.map_or_else(|| context("c1"), |name| context("c1").with(name));
        assert_eq!(cached.call(Map::new(), &context).await.unwrap()["calls"], calls, "{person:?}");
    }
}
