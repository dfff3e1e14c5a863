//! Trying cases with scripted agents.

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{About, Case, Try, attempt};
use crate::{Agent, ScriptModel, Watch};

fn case(task: &[&str], contains: &str) -> Case {
    let expect = json!({"answer": {"contains": [contains]}});
    serde_json::from_value(json!({"task": task, "expect": expect})).unwrap()
}

fn agent(replies: &[&str]) -> Agent {
    let lines: Vec<String> = replies.iter().map(|text| json!({"text": text}).to_string()).collect();
    Agent::new(ScriptModel::parse(&lines.join("\n")).unwrap())
}

fn why(tried: &Try) -> Vec<(About, &str)> {
    tried.unmet.iter().map(|unmet| (unmet.about, unmet.why.as_str())).collect()
}

#[tokio::test]
async fn messages_are_said_in_one_session() {
    let agent = agent(&["Hello.", "Good bye."]);
    let case = case(&["hi", "bye"], "good bye");
    for _ in 0..2 {
        // Each try begins anew: the script is played from its first line.
        let tried = attempt(&agent, &case, &Watch::default()).await;
        assert!(tried.passed(), "{tried:?}");
        assert_eq!((tried.runs.len(), tried.usage.turns), (2, 2));
    }
}

#[tokio::test]
async fn what_breaks_off_is_unmet() {
    let tried = attempt(&agent(&["Hello."]), &case(&["hi", "bye"], "good bye"), &Watch::default()).await;
    let broke_off = "it broke off: the script has 1 replies, and reply 2 was asked for";
    assert_eq!(why(&tried), [(About::Task, broke_off)]);
    assert_eq!((tried.runs.len(), tried.usage.turns), (2, 1), "the one that broke off can be looked at");
}

#[tokio::test]
async fn after_a_run_that_was_cancelled_nothing_is_said() {
    let cancel = CancellationToken::new();
    cancel.cancel();
    let watch = Watch::default().cancelled_by(cancel);
    let tried = attempt(&agent(&["Hello.", "Good bye."]), &case(&["hi", "bye"], "good bye"), &watch).await;
    assert_eq!(
        why(&tried),
        [
            (About::Outcome, "message 1: it was cancelled; wanted: answered or asked"),
            (About::Task, "1 of 2 messages could be said")
        ]
    );
}
