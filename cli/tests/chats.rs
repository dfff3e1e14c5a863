//! A chat whose messages are piped in: words that are none, lines that are no text, sessions after one another.

mod support;

use serde_json::json;
use support::{Bench, DATE};

/// The sessions of all runs, oldest first.
fn sessions(bench: &Bench) -> Vec<String> {
    let runs = bench.run(&["runs", "list", "--json"]).events();
    runs.iter().map(|run| run["session"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_word_that_leaves_is_no_message() {
    for word in ["exit", "quit", "bye", ":q", "/exit", "/quit", "退出", " Quit "] {
        let bench = Bench::new();
        let model = bench.script(&[json!({"text": "Hello."})]);
        let ran = bench.chat(&["--model", &model], format!("hi\n{word}\nand now?\n"));
        assert_eq!((ran.code, ran.out.as_str()), (0, "Hello.\n"), "{word}: {}", ran.err);
        assert!(!ran.err.contains("leaves"), "that is told at a terminal: {}", ran.err);
    }
}

#[test]
fn a_new_session_is_the_one_that_goes_on_later() {
    let bench = Bench::new();
    let model = bench.script(&[json!({"text": "One."}), json!({"text": "Two."})]);
    let ran = bench.chat(&["--model", &model], b"hi\n/new\nhi\n");
    assert_eq!((ran.code, ran.out.as_str()), (0, "One.\nOne.\n"), "{}", ran.err);
    assert_eq!(bench.chat(&["--model", &model], b"hi\n").out, "Two.\n", "after the second session's");
    assert_eq!(bench.chat(&["--model", &model, "--session", "chat"], b"hi\n").out, "Two.\n");
    assert_eq!(sessions(&bench), ["chat", "chat.2", "chat.2", "chat"]);
}

#[test]
fn a_session_that_was_named_is_not_left_for_another() {
    let bench = Bench::new();
    let model = bench.script(&[json!({"text": "One."}), json!({"text": "Two."})]);
    let ran = bench.chat(&["--model", &model, "--session", "mine"], b"hi\n/new\nhi\n");
    assert_eq!((ran.code, ran.out.as_str()), (1, "One.\nTwo.\n"), "{}", ran.err);
    assert!(ran.err.contains("the session mine was chosen by its name"), "{}", ran.err);
    assert!(ran.err.contains("handyman chat --session NAME"), "{}", ran.err);
    assert_eq!(sessions(&bench), ["mine", "mine"]);
}

#[test]
fn what_waits_is_not_forgotten_for_a_new_session() {
    let bench = Bench::new();
    let model = bench.booking();
    assert_eq!(bench.chat(&["--model", &model], b"book it\n/new\n").code, 3);
    assert!(bench.run(&["approvals", "list"]).out.contains("book(id: "));
}

#[cfg(feature = "llama")]
#[test]
fn a_chat_does_not_go_on_with_a_model_that_nobody_chose() {
    let bench = Bench::new();
    let model = bench.booking();
    assert_eq!(bench.chat(&["--model", &model], b"book it\n").code, 3, "it waits");
    let waiting = bench.run(&["approvals", "list", "--json"]).events();
    let run = waiting[0]["run"].as_str().unwrap();
    assert_eq!(bench.run(&["approvals", "allow", run]).code, 0);
    let ran = bench.chat(&[], b"thanks\n");
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{}", ran.err);
    assert!(ran.err.contains(&format!("run {run} began with the model script")), "{}", ran.err);
    assert!(ran.err.contains("name it again with --model …, or --model builtin"), "{}", ran.err);
    assert_eq!(sessions(&bench).len(), 1, "the message was not taken");
    assert_eq!(bench.bookings(), 0, "nothing was done");
    assert_eq!(bench.chat(&["--model", &model], b"thanks\n").code, 0);
    assert_eq!(bench.bookings(), 1);
}

#[test]
fn a_line_that_is_no_text_is_skipped_and_the_others_are_not() {
    let bench = Bench::new();
    let model = bench.script(&[json!({"text": "One."}), json!({"text": "Two."})]);
    let ran = bench.chat(&["--model", &model], b"hi\n\ncaf\xe9\nhi\n");
    assert_eq!((ran.code, ran.out.as_str()), (1, "One.\nTwo.\n"), "{}", ran.err);
    assert!(ran.err.contains("error: line 3 is not valid UTF-8; it was skipped"), "{}", ran.err);
    assert!(ran.err.contains("hint: write it in UTF-8"), "{}", ran.err);
    assert_eq!(sessions(&bench).len(), 2);
}

#[test]
fn a_command_that_is_none_is_not_sent_to_the_model() {
    let bench = Bench::new();
    let model = bench.script(&[json!({"text": "Hello."})]);
    let ran = bench.chat(&["--model", &model], b"/help\n/foo\nhi\n");
    assert_eq!((ran.code, ran.out.as_str()), (1, "Hello.\n"), "{}", ran.err);
    assert!(ran.err.contains("/new, /help, /quit"), "{}", ran.err);
    assert!(ran.err.contains("unknown command /foo; it was not sent to the model"), "{}", ran.err);
    assert_eq!(sessions(&bench), ["chat"]);
}

#[test]
fn a_session_has_a_name() {
    let bench = Bench::new();
    let model = bench.script(&[json!({"text": "Hello."})]);
    let ran = bench.chat(&["--model", &model, "--session", " "], b"");
    assert!(ran.code == 2 && ran.err.contains("--session: the name is empty"), "{}", ran.err);
    assert!(sessions(&bench).is_empty());
}

#[test]
fn whoever_trusts_a_tool_too_late_for_a_session_is_told_so() {
    const TOLD: &str = "--trust: this session began without it, and in it these stay untrusted: read_mail\n";
    let bench = Bench::new();
    std::fs::create_dir(bench.path("mail")).unwrap();
    bench.write("mail/one.txt", "From: a friend\n\nHello.");
    let mail = bench.path("mail").display().to_string();
    let model = bench.script(&[json!({"text": "One."})]);
    let (plain, trusting) =
        (["--model", &model, "--mail", &mail], ["--model", &model, "--mail", &mail, "--trust", "read_*"]);
    let began = bench.chat(&[&trusting[..], &["--session", "trusting"]].concat(), "hi\n");
    assert!(began.code == 0 && !began.err.contains("--trust"), "{}", began.err);
    assert_eq!(bench.chat(&plain, "hi\n").code, 0);
    let late = bench.chat(&trusting, "");
    assert!(late.err.contains(TOLD), "{}", late.err);
    let again = bench.chat(&[&trusting[..], &["--session", "trusting"]].concat(), "");
    assert!(!again.err.contains("--trust"), "{}", again.err);
    let booking = bench.booking();
    let waits = bench.run(&["run", "book it", "--model", &booking, "--mail", &mail, "--date", DATE]);
    assert_eq!(waits.code, 3, "{}", waits.err);
    let run = bench.run(&["approvals", "list", "--json"]).events()[0]["run"].as_str().unwrap().to_owned();
    let resume =
        ["resume", &run, "--model", &booking, "--mail", &mail, "--date", DATE, "--trust", "read_mail"];
    let resumed = bench.run(&resume);
    assert!(resumed.err.contains(TOLD), "{}", resumed.err);
}
