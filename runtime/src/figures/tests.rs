//! The grammar of grounded answers and the check of what others wrote agree, and hold made-up figures out.

use handyman_core::{CallOutcome, CallResult, Message, Part, Role};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{check, figures, known, pattern};
use crate::constrain::grammar::Grammar;
use crate::tiny::constrainer;

fn history() -> Vec<Message> {
    let result = json!({
        "trains": [
            {"id": "G8-1124", "departs": "07:00", "arrives": "11:36", "price": 553.5},
            {"id": "G102-1124", "departs": "15:05", "arrives": "19:40", "price": 1053},
        ],
        "day": "2026-11-24",
    });
    let note = Part::Note("(Today is Monday, 2026-11-23.)".to_owned());
    let asked = Part::Text("Trains to Beijing after 6:30am? My code is HM4T7X".to_owned());
    vec![Message { role: Role::User, parts: vec![note, asked] }, self::result(result)]
}

fn result(result: Value) -> Message {
    let (call, tool) = ("1".into(), "search_trains".to_owned());
    let result = CallResult { call, tool, outcome: CallOutcome::Succeeded, result };
    Message { role: Role::Tool, parts: vec![Part::Result(result)] }
}

fn written(text: &str, grammar: &str) -> bool {
    let mut matcher = constrainer().matcher(grammar).unwrap();
    let tokens: Vec<u32> = text.bytes().map(u32::from).collect();
    matcher.consume_tokens(&tokens).is_ok() && matcher.is_accepting().unwrap()
}

fn grammar() -> String {
    let mut grammar = Grammar::default();
    let text = grammar.terminal(&format!("/{}/", pattern(&known(&history()))));
    grammar.start(&text)
}

#[test]
fn a_figure_is_a_word_with_a_digit_or_several_that_are_joined() {
    assert_eq!(
        figures("G8-1124 at 07:00, 553.5 yuan. Ref HM4T7X-ab, 2026/11/24"),
        ["G8-1124", "07:00", "553.5", "HM4T7X", "2026/11/24"]
    );
    assert_eq!(figures("明天7:00出发，票价553.5元"), ["7:00", "553.5"]);
    assert!(figures("high-speed trains: none").is_empty());
}

#[test]
fn a_date_with_a_time_is_told_as_either() {
    let said =
        result(json!({"at": "2026-11-23T08:00:00Z", "due": "09:30:00", "late": "2026-11-24T19:05:00+08:00"}));
    let history = [said];
    let mut grammar = Grammar::default();
    let text = grammar.terminal(&format!("/{}/", pattern(&known(&history))));
    let grammar = grammar.start(&text);
    for text in ["on 2026-11-23 at 8:00, due 9:30", "11月24日晚上7:05"] {
        assert_eq!(check(text, &history), Ok(()), "{text}");
        assert!(written(text, &grammar), "{text}");
    }
    assert!(check("at 08:01", &history).is_err());
}

#[test]
fn what_a_correction_quotes_was_not_said() {
    let note = |text: &str| Message { role: Role::User, parts: vec![Part::Note(text.to_owned())] };
    let corrected = [note("Your reply could not be read: '999' stands in no result. Reply again.")];
    assert!(check("It costs 999.", &corrected).is_err());
    assert_eq!(check("Today is 2026-11-23.", &[note("(Today is Monday, 2026-11-23.)")]), Ok(()));
}

#[test]
fn what_was_said_can_be_told_in_other_ways_and_nothing_else() {
    let grammar = grammar();
    let told = [
        "There are 2 trains:\n1. G8-1124 at 7:00 for 553.50\n2. G102-1124 at 3:05pm for 1,053",
        "1. G8-1124",
        "明天(11月24日)最早7:00出发，11:36到，票价553.5元，编号HM4T7X。",
        "Nothing was found.",
        "15:05",
        "G102-1124 leaves at 3:05 pm",
        "G102-1124下午3:05出发，晚上7:40到。",
        "",
    ];
    for text in told {
        assert_eq!(check(text, &history()), Ok(()), "{text}");
        assert!(written(text, &grammar), "{text}");
    }
    let made_up = [
        "at 07:00pm",
        "3:05am",
        "at 3:05",
        "at 3:05 am",
        "3:05 pms",
        "上午3:05出发",
        "at 07:05",
        "G8-1125",
        "HM4T7Y",
        "54",
        "7:00-15:05",
        "553.5.1",
        "07:00:36",
        "HM4T7X9",
        "3 trains",
    ];
    for text in made_up {
        assert!(check(text, &history()).is_err(), "{text}");
        assert!(!written(text, &grammar), "{text}");
    }
    assert!(check("at 07:05", &history()).unwrap_err().contains("'07:05'"));
    assert!(check("Only 3 left", &[]).is_err() && check("None left", &[]).is_ok());
}

#[test]
fn numbers_of_results_and_counts_of_rows_are_known() {
    let known = known(&history());
    for figure in [
        "553.5", "553.50", "554", "1053", "1,053", "1", "2", "7", "7am", "2026", "24", "23", "6:30am",
        "06:30",
    ] {
        assert!(known.contains(figure), "{figure}");
    }
}

#[test]
fn thousands_of_figures_are_held_too() {
    let rows: Vec<Value> = (0..1_500)
        .map(|row| json!({"id": format!("R{}", row * 37 % 9_973), "price": row * 1_009 % 99_991}))
        .collect();
    let history = [result(json!({"rows": rows}))];
    let mut grammar = Grammar::default();
    let text = grammar.terminal(&format!("/{}/", pattern(&known(&history))));
    let grammar = grammar.start(&text);
    assert!(written("R37 costs 1009, R74 2018", &grammar));
    assert!(!written("R37 costs 1010", &grammar) && !written("R9974", &grammar));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_grammar_and_the_check_agree(text in r"([a-z ]|07|7|:|00|553|[.]|5|1124|G8|-|,|\n|2|明|/){0,14}") {
        // A number at the beginning of a later line may be read both ways.
        prop_assume!(!text.lines().any(|line| line.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(['.', ')'])));
        prop_assert_eq!(written(&text, &grammar()), check(&text, &history()).is_ok(), "{}", text);
    }
}

#[test]
fn a_long_number_is_no_other_one() {
    let history = [result(json!({"order": "12345678901234567890"}))];
    assert_eq!(check("Order 12345678901234567890.", &history), Ok(()));
    for text in ["Order 12345678901234567000.", "Order 12345678901234567168."] {
        assert!(check(text, &history).is_err(), "{text}");
    }
}
