//! Cases and totals in lines.

use handyman::Usage;
use handyman::eval::{About, Threshold, Tried, Try, Unmet};
use serde_json::json;

use super::{confidence, line, row};

fn tried(whys: &[&[&str]]) -> Tried {
    let unmet = |why: &&str| Unmet { about: About::Calls, why: (*why).to_owned() };
    let one = |whys: &&[&str]| Try { unmet: whys.iter().map(unmet).collect(), ..Try::default() };
    Tried { case: "Book\nit".to_owned(), tries: whys.iter().map(one).collect() }
}

#[test]
fn a_case_is_one_line() {
    let cases: [(&[&[&str]], &str); 4] = [
        (&[&[]], "ok    Book it"),
        (&[&[], &[]], "ok    Book it (2 of 2)"),
        (&[&["a", "b"]], "FAIL  Book it: a; b"),
        (&[&["a", "b"], &[], &["b", "c"]], "FAIL  Book it (1 of 3): a; b; c"),
    ];
    for (whys, expected) in cases {
        assert_eq!(line(&tried(whys)), expected);
    }
}

#[test]
fn a_row_has_its_columns() {
    let usage = json!({"turns": 4, "prefilled": 724, "forced": 99, "drafted": 63, "sampled": 80});
    let usage: Usage = serde_json::from_value(usage).unwrap();
    let expected = "1 of 1            4        724      242      1.2 s  票";
    assert_eq!(row("1 of 1", &usage, 1234, "票"), expected);
}

#[test]
fn what_confidence_tells_is_a_line() {
    let threshold = Threshold { below: 0.9, failed: 3, failed_of: 4, passed: 1, passed_of: 16 };
    let expected = "below a confidence of 0.90: 3 of 4 tries that failed, 1 of 16 that passed (--ask-below 0.90 asks before \
                    their effects)";
    assert_eq!(confidence(threshold), expected);
}
