//! Counting tries and cases, and how sure the share is.

use handyman_core::Usage;
use serde_json::json;

use super::{Report, Tried, Try, wilson};
use crate::eval::{About, Unmet};

fn tried(case: &str, passed: &[bool]) -> Tried {
    let one = |passed: &bool| Try {
        unmet: if *passed { Vec::new() } else { vec![Unmet::new(About::Answer, "no".to_owned())] },
        runs: vec!["r1".into()],
        usage: Usage { turns: 2, calls: 1, model_ms: 30, ..Usage::default() },
        confidence: Some(0.98),
        ms: 40,
    };
    Tried { case: case.to_owned(), tries: passed.iter().map(one).collect() }
}

#[test]
fn a_case_has_passed_when_all_its_tries_have() {
    let report = Report {
        cases: vec![
            tried("a", &[true, true]),
            tried("b", &[true, false]),
            tried("c", &[true]),
            tried("d", &[]),
        ],
    };
    assert_eq!((report.passed(), report.of()), (2, 4));
    assert_eq!(report.interval(), wilson(2, 4));
    let passes: Vec<u32> = report.cases.iter().map(Tried::passes).collect();
    assert_eq!(passes, [2, 1, 1, 0]);
    let usage = report.usage();
    assert_eq!((usage.turns, usage.calls, usage.model_ms, report.ms()), (10, 5, 150, 200));
    assert_eq!((report.cases[0].usage().turns, report.cases[0].ms()), (4, 80));
    let shown = serde_json::to_value(&report.cases[1].tries[1]).unwrap();
    assert_eq!(shown["unmet"], json!([{"about": "answer", "why": "no"}]));
    assert_eq!(shown["confidence"], json!(0.98), "with as many digits as are known");
    assert_eq!(
        (&shown["runs"], &shown["usage"]["turns"], &shown["ms"]),
        (&json!(["r1"]), &json!(2), &json!(40))
    );
}

#[test]
fn the_interval_is_wilsons() {
    let near = |(low, high): (f64, f64), wanted: (f64, f64)| {
        (low - wanted.0).abs() < 5e-5 && (high - wanted.1).abs() < 5e-5
    };
    for (passed, of, wanted) in [
        (0, 0, (0.0, 1.0)),
        (2, 3, (0.2077, 0.9385)),
        (0, 10, (0.0, 0.2775)),
        (10, 10, (0.7225, 1.0)),
        (45, 50, (0.7864, 0.9565)),
    ] {
        let found = wilson(passed, of);
        assert!(near(found, wanted), "{passed} of {of}: {found:?}");
        assert!(found.0 >= 0.0 && found.1 <= 1.0);
    }
}
