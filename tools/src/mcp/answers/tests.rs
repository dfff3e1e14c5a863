//! Answers that answer nothing are told to who can be meant, and to nobody else.

use rmcp::model::{CancelledNotification, CancelledNotificationParam, ClientRequest, PingRequest};
use serde_json::{Value, json};

use super::*;

/// The requests of a connection of which these were sent.
fn waiting(numbers: &[i64]) -> Answers {
    let answers = Answers::default();
    for number in numbers {
        let request = ClientRequest::PingRequest(PingRequest::default());
        let sent = answers.goes_out(&JsonRpcMessage::request(request, RequestId::Number(*number)));
        assert_eq!(sent, Some(RequestId::Number(*number)));
    }
    answers
}

fn give_up(answers: &Answers, number: i64) {
    let of = CancelledNotificationParam::new(Some(RequestId::Number(number)), None);
    let given_up = ClientNotification::CancelledNotification(CancelledNotification::new(of));
    assert_eq!(answers.goes_out(&JsonRpcMessage::notification(given_up)), None);
}

/// What is heard when the server says this.
fn heard(answers: &Answers, said: Value) -> Value {
    let message = serde_json::from_value(said).unwrap();
    serde_json::to_value(answers.heard(message)).unwrap()
}

fn result(id: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "result": {"some": "thing"}})
}

#[test]
fn answers_to_what_was_asked_pass() {
    let answers = waiting(&[0, 1, 2]);
    give_up(&answers, 2);
    // One is told as a text, one comes twice, and one comes late.
    for id in [json!(0), json!("1"), json!(1), json!(2)] {
        assert_eq!(heard(&answers, result(&id)), result(&id));
    }
    assert_eq!((answers.count(), answers.odd_since(0)), (0, None));
}

#[test]
fn an_answer_to_nobody_is_told_to_the_only_one_who_waits() {
    let answers = waiting(&[0, 1, 2]);
    heard(&answers, result(&json!(0)));
    let odd = "it answered a request '77', which it was not sent";
    assert_eq!(heard(&answers, result(&json!(77))), result(&json!(77)), "two wait");
    assert_eq!(answers.odd_since(0).as_deref(), Some(odd));
    give_up(&answers, 1);
    let told = heard(&answers, result(&json!(77)));
    assert_eq!((&told["id"], &told["error"]["message"]), (&json!(2), &json!(odd)), "{told}");
    assert_eq!(heard(&answers, result(&json!("x"))), result(&json!("x")), "nobody waits");
    assert_eq!(answers.odd_since(2).as_deref(), Some("it answered a request 'x', which it was not sent"));
    assert_eq!(answers.beside("late".to_owned()).matches("; it answered").count(), 3);
}

#[test]
fn a_complaint_that_names_no_request_is_told_to_the_only_one_who_waits() {
    let complaint = json!({"jsonrpc": "2.0", "error": {"code": -32700, "message": "what?"}});
    let answers = waiting(&[0]);
    let told = heard(&answers, complaint.clone());
    assert_eq!((&told["id"], &told["error"]), (&json!(0), &complaint["error"]));
    assert_eq!(heard(&answers, complaint.clone()), complaint);
    let odd = answers.odd_since(0);
    assert_eq!(odd.as_deref(), Some("it complained of a message, without saying of which: what?"));
}

#[test]
fn what_cannot_be_read_of_an_answer_is_told_to_whom_it_names() {
    let answers = waiting(&[0, 1]);
    let told = answers.instead(Some(RequestId::Number(1)), "no JSON".to_owned()).unwrap();
    assert_eq!(serde_json::to_value(told).unwrap()["id"], 1);
    assert!(answers.instead(Some(RequestId::Number(1)), "again".to_owned()).is_none());
    assert!(answers.instead(None, "to the other one".to_owned()).is_some());
}

#[test]
fn only_the_last_odd_things_are_kept_and_none_is_long() {
    let answers = Answers::default();
    for number in 0..10 {
        answers.keep(number.to_string());
    }
    assert_eq!((answers.count(), answers.odd_since(0).as_deref()), (10, Some("7; 8; 9")));
    assert_eq!(answers.odd_since(9).as_deref(), Some("9"));
    assert_eq!(quoted(b" \x1b[32mready\x1b[0m\tnow \n"), " [32mready [0m now");
    assert_eq!(quoted("日".repeat(1_000).as_bytes()), format!("{}…", "日".repeat(QUOTED_MAX)));
}
