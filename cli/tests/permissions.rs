//! What is allowed, asked about and denied by a tool's name, beside what `--approve` says of effects.

mod support;

use serde_json::{Value, json};
use support::{Bench, DATE, Ran, call};

/// A run that looks for a train and books it, with these options.
fn books(bench: &Bench, options: &[&str]) -> Ran {
    let model = bench.script(&[
        call("search_trains", json!({"from": "上海", "to": "北京", "day": "明天"})),
        call("book", json!({"id": "{{search_trains.id}}"})),
        json!({"text": "That is all."}),
    ]);
    bench.run(&[&["run", "book it", "--model", &model, "--date", DATE, "--json"], options].concat())
}

/// What was decided on the two calls of such a run in the end, as far as it came.
fn decisions(ran: &Ran) -> Vec<Value> {
    let events = ran.events();
    let decided = events.iter().filter(|event| event["type"] == "call_decided");
    decided.map(|event| event["decision"].clone()).collect()
}

#[test]
fn tools_are_allowed_asked_about_and_denied_by_their_names() {
    let cases: [(&[&str], &[&str], i32); 10] = [
        (&[], &["allow", "ask"], 3),
        (&["--allow", "book"], &["allow", "allow"], 0),
        (&["--allow", "bo*,pay"], &["allow", "allow"], 0),
        (&["--allow=-pay"], &["allow", "allow"], 0),
        (&["--approve", "deny", "--allow", "book"], &["allow", "allow"], 0),
        (&["--approve", "auto", "--ask", "book"], &["allow", "ask"], 3),
        (&["--approve", "auto", "--ask", "search_*"], &["ask"], 3),
        (&["--approve", "auto", "--deny", "book"], &["allow", "deny"], 0),
        (&["--allow", "*", "--ask", "book"], &["allow", "ask"], 3),
        (&["--allow", "book", "--ask", "b*", "--deny", "book,pay"], &["allow", "deny"], 0),
    ];
    for (options, expected, code) in cases {
        let bench = Bench::new();
        let ran = books(&bench, options);
        assert_eq!(ran.code, code, "{options:?}: {}", ran.err);
        assert_eq!(decisions(&ran), expected, "{options:?}");
        assert_eq!(bench.bookings(), u32::from(expected == ["allow", "allow"]), "{options:?}");
    }
}

#[test]
fn what_is_said_of_a_tool_that_is_not_on_offer_is_a_mistake() {
    let bench = Bench::new();
    for (options, problem) in [
        (&["--allow", "bok"][..], "--allow: there is no tool 'bok' on offer"),
        (&["--ask", "book,serach_*"], "--ask: no tool on offer has a name like 'serach_*'"),
        (&["--deny=-payy"], "--deny: there is no tool 'payy' on offer"),
        (&["--tools", "search_*,book", "--deny", "pay"], "--deny: there is no tool 'pay' on offer"),
    ] {
        let ran = books(&bench, options);
        assert!(ran.code == 2 && ran.err.contains(problem), "{options:?}: {}", ran.err);
        assert!(ran.err.contains("hint: the tools on offer are: "), "{options:?}: {}", ran.err);
        assert!(ran.out.is_empty(), "nothing was run: {}", ran.out);
    }
}

#[test]
fn a_run_that_waits_goes_on_with_what_was_said_of_its_tools() {
    let bench = Bench::new();
    let ran = books(&bench, &["--allow", "search_*", "--ask", "book"]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    let then = ran.err.lines().find(|line| line.contains("handyman resume ")).unwrap();
    assert!(then.contains(" --allow 'search_*' --ask book"), "{then}");
}

#[test]
fn of_a_model_that_cannot_say_how_sure_it_was_nothing_more_is_asked() {
    let cases: [(&[&str], &[&str], i32); 3] = [
        (&["--approve", "auto", "--ask-below", "1"], &["allow", "allow"], 0),
        (&["--allow", "book", "--ask-below", "1"], &["allow", "allow"], 0),
        (&["--ask-below", "1"], &["allow", "ask"], 3),
    ];
    for (options, expected, code) in cases {
        let bench = Bench::new();
        let ran = books(&bench, options);
        assert_eq!(ran.code, code, "{options:?}: {}", ran.err);
        assert_eq!(decisions(&ran), expected, "{options:?}");
    }
    let bench = Bench::new();
    for share in ["1.5", "-0.1", "nan", "90%"] {
        let option = format!("--ask-below={share}");
        let ran = books(&bench, &[option.as_str()]);
        assert!(ran.code == 2 && ran.err.contains("a number from 0 to 1"), "{share}: {}", ran.err);
    }
}
