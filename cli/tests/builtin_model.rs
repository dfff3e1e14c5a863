//! The built-in model as a person uses it: nothing scripted, judged by results and by the database.
#![cfg(feature = "llama")]

mod support;

use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use support::{Bench, DATE};

/// Models that share the cores wait for each other's threads: one runs at a time.
static CORES: Mutex<()> = Mutex::new(());

/// A finished run, with its world.
struct Done {
    bench: Bench,
    events: Vec<Value>,
}

fn done(request: &str) -> Done {
    let _alone = CORES.lock().unwrap_or_else(PoisonError::into_inner);
    let bench = Bench::new();
    let ran = bench.run(&["run", request, "--approve", "auto", "--date", DATE, "--json", "--max-turns", "4"]);
    let events = ran.events();
    assert_eq!(events.last().unwrap()["type"], "finished", "{}", ran.err);
    Done { bench, events }
}

impl Done {
    /// The result of the last call of a tool, which must have succeeded.
    fn result(&self, tool: &str) -> &Value {
        let mut calls = self.events.iter().filter_map(|event| event["calls"].as_array()).flatten();
        let call = calls.rfind(|call| call["tool"] == tool);
        let id = &call.unwrap_or_else(|| panic!("{tool} was not called: {:#?}", self.events))["id"];
        let is_end = |event: &&Value| event["type"] == "call_finished" && event["call"] == *id;
        let end = self.events.iter().find(is_end).unwrap();
        assert_eq!(end["outcome"], "succeeded", "{tool}: {end}");
        &end["result"]
    }

    fn answer_states(&self, facts: &[&Value]) {
        let answer = self.events.last().unwrap()["answer"].as_str().unwrap();
        for fact in facts {
            let fact = fact.as_str().map_or_else(|| fact.to_string(), str::to_owned);
            assert!(answer.contains(&fact), "the answer lacks {fact}: {answer}");
        }
    }

    /// One booking, paid.
    fn has_booked_and_paid(&self) {
        let (booked, paid) = (self.result("book"), self.result("pay"));
        assert_eq!(paid["booking"], booked["booking"]);
        let bookings = self.bench.select("SELECT booking, status FROM bookings");
        assert_eq!(bookings.as_array().unwrap().len(), 1, "{bookings}");
        assert_eq!(
            (&bookings[0]["booking"], &bookings[0]["status"]),
            (&booked["booking"], &Value::from("paid"))
        );
    }
}

#[test]
fn it_looks_up_the_weather_in_both_languages() {
    for (request, city, date) in [
        ("What will the weather be in Berlin on Friday?", "Berlin", "2026-11-27"),
        ("广州后天会下雨吗", "广州", "2026-11-25"),
    ] {
        let done = done(request);
        let weather = done.result("weather");
        assert_eq!((&weather["city"], &weather["date"]), (&Value::from(city), &Value::from(date)));
        done.answer_states(&[&weather["high"], &weather["low"]]);
    }
}

/// The main job: the weather there, the earliest train, its booking and payment, and an answer that is true.
fn does_the_main_job(request: &str, [from, to]: [&str; 2]) {
    let done = done(request);
    let (weather, trains, booked) =
        (done.result("weather"), done.result("search_trains"), done.result("book"));
    let tomorrow = Value::from("2026-11-24");
    assert_eq!((&weather["city"], &weather["date"]), (&Value::from(from), &tomorrow));
    assert_eq!(
        (&trains["from"], &trains["to"], &trains["date"]),
        (&Value::from(from), &Value::from(to), &tomorrow)
    );
    let departs = |train: &Value| train["departs"].as_str().unwrap().to_owned();
    let bookable =
        trains["trains"].as_array().unwrap().iter().filter(|train| train["seats"].as_i64() > Some(0));
    let earliest = bookable.map(departs).min().unwrap();
    assert!(booked["item"].as_str().unwrap().contains(&earliest), "{booked} is not the one at {earliest}");
    done.has_booked_and_paid();
    done.answer_states(&[&weather["high"], &weather["low"], &booked["item"]]);
}

#[test]
fn it_does_the_main_job_in_english() {
    let request = "What's the weather in Shanghai tomorrow? And book me the earliest train to Beijing.";
    does_the_main_job(request, ["Shanghai", "Beijing"]);
}

#[test]
fn it_does_the_main_job_in_chinese() {
    does_the_main_job("明天上海天气怎么样，帮我订一张去北京最早的高铁票", ["上海", "北京"]);
}
