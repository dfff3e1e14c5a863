//! The main job on the built-in model, as a person runs it: nothing scripted.
#![cfg(feature = "llama")]

mod support;

use serde_json::Value;
use support::{Bench, DATE};

/// Runs a sentence and checks what happened against the world, not against expected words.
fn trip(sentence: &str) {
    let bench = Bench::new();
    let ran = bench.run(&["run", sentence, "--approve", "auto", "--date", DATE, "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let events = ran.events();
    let succeeded = |tool: &str| -> Value {
        let calls = events.iter().filter(|e| e["type"] == "model_replied").flat_map(|e| e["calls"].as_array().unwrap());
        let id = calls.filter(|call| call["tool"] == tool).map(|call| &call["id"]).next_back();
        let id = id.unwrap_or_else(|| panic!("{tool} was not called:\n{}", ran.out));
        let finished = events.iter().find(|e| e["type"] == "call_finished" && e["call"] == *id).unwrap();
        assert_eq!(finished["outcome"], "succeeded", "{tool}: {finished}");
        finished["result"].clone()
    };
    let weather = succeeded("weather");
    assert_eq!((weather["country"].as_str(), weather["date"].as_str()), (Some("CN"), Some("2026-11-24")));
    let trains = succeeded("search_trains");
    assert_eq!(trains["date"], "2026-11-24");
    let earliest = trains["trains"].as_array().unwrap().iter().find(|train| train["seats"] != 0).unwrap();
    let booked = succeeded("book");
    assert!(booked["item"].as_str().unwrap().contains(earliest["departs"].as_str().unwrap()), "{booked} is not {earliest}");
    let paid = succeeded("pay");
    assert_eq!(paid["booking"], booked["booking"]);
    let bookings = bench.select("SELECT reference, status FROM bookings");
    assert_eq!(bookings.as_array().unwrap().len(), 1, "{bookings}");
    let answer = events.last().unwrap()["answer"].as_str().unwrap();
    for fact in [&booked["booking"], &earliest["departs"], &booked["total"]] {
        assert!(answer.contains(fact.as_str().unwrap()), "the answer names {fact}: {answer}");
    }
}

#[test]
fn the_english_sentence() {
    trip("What's the weather in Shanghai tomorrow? And book me the earliest train to Beijing.");
}

#[test]
fn the_chinese_sentence() {
    trip("明天上海天气怎么样，帮我订一张去北京最早的高铁票");
}
