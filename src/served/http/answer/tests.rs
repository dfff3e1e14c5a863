//! What clients are told of what is not done.

use super::*;

#[test]
fn who_hears_that_a_run_broke_off_is_not_told_to_begin_another() {
    let busy = Fault::new(FaultKind::Busy, "too much to do").with_hint("ask again later");
    let run = RunId::from("r1");
    let refusal = Refusal::broke_off(&busy, Some(&run));
    let error = &refusal.value()["error"];
    assert_eq!((&error["kind"], &error["run"]), (&json!("engine_busy"), &json!("r1")));
    assert!(error["hint"].as_str().unwrap().contains("POST /runs/r1/resume"), "{error}");
    let response = refusal.into_response();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(!response.headers().contains_key(header::RETRY_AFTER));
    let refused = Refusal::from(busy).into_response();
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    assert!(refused.headers().contains_key(header::RETRY_AFTER), "nothing was begun");
}
