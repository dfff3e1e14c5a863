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

#[test]
fn what_it_is_not_wholly_sure_of_is_asked_about_where_it_has_to_be_sure() {
    let _alone = CORES.lock().unwrap_or_else(PoisonError::into_inner);
    let bench = Bench::new();
    let request = "Book me the earliest train from Shanghai to Beijing tomorrow";
    let fixed = ["run", request, "--approve", "auto", "--allow", "*", "--date", DATE, "--json"];
    let ran = bench.run(&[&fixed[..], &["--ask-below", "1"]].concat());
    let events = ran.events();
    assert_eq!((ran.code, &events.last().unwrap()["outcome"]), (3, &Value::from("waiting")), "{}", ran.err);
    let decided = events.iter().rfind(|event| event["type"] == "call_decided").unwrap();
    let why = decided["why"].as_str().unwrap();
    assert!(decided["decision"] == "ask" && why.contains("% sure of its choice"), "{why}");
    let reply = events.iter().rfind(|event| event["type"] == "model_replied").unwrap();
    assert!(reply["confidence"].as_f64().is_some_and(|sure| sure < 1.0), "{reply}");
}

#[test]
fn what_is_computed_of_a_session_goes_with_its_runs() {
    let _alone = CORES.lock().unwrap_or_else(PoisonError::into_inner);
    let bench = Bench::new();
    let kept = || -> usize {
        let files = std::fs::read_dir(bench.path("states")).into_iter().flatten().flatten();
        files.filter(|file| file.path().extension().is_some_and(|extension| extension == "state")).count()
    };
    let old = bench.run(&["run", "Hello!", "--approve", "deny", "--date", "2020-01-01", "--json"]).events();
    assert_eq!(old.last().unwrap()["type"], "finished");
    assert!(kept() > 0);
    let prune = || bench.run(&["runs", "prune", "--older-than", "30d", "--date", DATE]);
    let pruned = prune();
    assert_eq!((pruned.code, pruned.out.trim()), (0, old[0]["run"].as_str().unwrap()), "{}", pruned.err);
    assert_eq!(kept(), 0, "neither the session nor the beginning that was computed in it");
    bench.run(&["run", "Hello!", "--approve", "deny", "--date", DATE]);
    let now = kept();
    assert!(now > 0 && prune().out.is_empty());
    assert_eq!(kept(), now, "a session that stays keeps its own");
}

#[test]
fn the_doctor_tells_a_program_what_it_tells_a_person() {
    let bench = Bench::new();
    let told = bench.run(&["doctor"]);
    let found = bench.run(&["doctor", "--json"]);
    assert_eq!((told.code, found.code, found.out.lines().count()), (0, 0, 1), "{}{}", told.err, found.err);
    let found = found.events().remove(0);
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let (model, fits, dialect) = (&found["model"], &found["fits"], &found["dialect"]);
    let (name, kind) = (text(&model["name"]), text(&model["architecture"]));
    let (window, trained) = (&fits["window"], &fits["window_trained"]);
    let millions = model["parameters"].as_f64().unwrap() / 1e6;
    for line in [
        format!("model         {name} ({kind}, {millions:.1} M parameters)"),
        format!("window        {window} tokens (trained for {trained})"),
        format!("threads       {} at most", fits["threads"]),
        format!("dialect       {}: {}", text(&dialect["name"]), text(&dialect["self_test"])),
    ] {
        assert!(told.out.contains(&line), "{line} in {}", told.out);
    }
    for device in found["devices"].as_array().unwrap() {
        let line = format!("device        {}: {}, ", text(&device["name"]), text(&device["description"]));
        assert!(told.out.contains(&line), "{line} in {}", told.out);
        assert!(device["memory_total"].is_u64() && device["is_gpu"].is_boolean(), "{device}");
    }
    assert!(fits["notes"].is_array() && fits["gpu_layers"].as_u64().is_none_or(|layers| layers < 100));
    assert_eq!(model["sha256"].as_str().unwrap().len(), 64);
}

#[test]
fn whoever_gets_no_answer_is_told_of_other_models() {
    let _alone = CORES.lock().unwrap_or_else(PoisonError::into_inner);
    let bench = Bench::new();
    let ran = bench.run(&["Will it rain in Oslo?", "--max-time", "0s", "--date", DATE]);
    assert!(ran.code == 3 && ran.err.contains("the run may take no more time (--max-time)"), "{}", ran.err);
    assert!(ran.err.ends_with("--model (handyman model list shows some)\n"), "{}", ran.err);
    let listed = bench.run(&["runs", "list", "--json"]).events();
    let shown = bench.run(&["runs", "show", listed[0]["run"].as_str().unwrap()]);
    assert!(!shown.out.contains("handyman model list"), "a recorded run is shown as it was: {}", shown.out);
}
