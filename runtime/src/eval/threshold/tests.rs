//! Telling failed tries from passed ones by confidence.

use super::Threshold;
use crate::eval::{About, Try, Unmet};

fn tries(failed: &[f32], passed: &[f32]) -> Vec<Try> {
    let of = |sure: &f32, unmet| Try { unmet, confidence: Some(*sure), ..Try::default() };
    let unmet = || vec![Unmet::new(About::Answer, "no".to_owned())];
    let failed = failed.iter().map(|sure| of(sure, unmet()));
    failed.chain(passed.iter().map(|sure| of(sure, Vec::new()))).collect()
}

fn best(failed: &[f32], passed: &[f32]) -> Option<Threshold> {
    Threshold::best(tries(failed, passed).iter())
}

#[test]
fn the_best_threshold_parts_failed_from_passed() {
    let found = best(&[0.4, 0.695, 0.99], &[0.6, 0.95, 0.98, 1.0]).unwrap();
    // Below 0.70 are two of three that failed and one of four that passed; below 0.41 one and none.
    assert_eq!(found, Threshold { below: 0.7, failed: 2, failed_of: 3, passed: 1, passed_of: 4 });
    assert_eq!(best(&[0.305], &[0.9]).unwrap().below, 0.31, "the lowest of equals");
}

#[test]
fn where_confidence_tells_nothing_there_is_no_threshold() {
    assert_eq!(best(&[], &[0.2, 0.9]), None, "nothing failed");
    assert_eq!(best(&[0.2, 0.9], &[]), None, "nothing passed");
    assert_eq!(best(&[0.9], &[0.2]), None, "surer where it failed");
    assert_eq!(best(&[0.5], &[0.5]), None, "as sure");
    let silent =
        [Try::default(), Try { unmet: vec![Unmet::new(About::Task, String::new())], ..Try::default() }];
    assert_eq!(Threshold::best(silent.iter()), None, "a model that cannot say");
}
