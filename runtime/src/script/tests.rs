//! Scripts: what they play and how mistakes in them are told.

use handyman_core::FaultKind;

use super::ScriptModel;
use crate::Agent;

#[tokio::test]
async fn a_session_plays_one_line_a_reply() {
    let script = ScriptModel::parse("{\"text\": \"One.\"}\n\n{\"text\": \"Two.\"}\n").unwrap();
    let session = Agent::new(script).session();
    assert_eq!(session.run("a").await.unwrap().answer(), "One.");
    assert_eq!(session.run("b").await.unwrap().answer(), "Two.");
    let fault = session.run("c").await.unwrap_err();
    assert_eq!(fault.to_string(), "the script has 2 replies, and reply 3 was asked for");
}

#[tokio::test]
async fn a_mistake_is_told_with_its_line() {
    let fault = ScriptModel::parse("{\"text\": \"One.\"}\n{\"txt\": 1}").unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Model);
    assert!(fault.to_string().starts_with("line 2 of the script: unknown field `txt`"), "{fault}");
    let fault = ScriptModel::load("no/such/script.jsonl").await.unwrap_err();
    assert!(fault.to_string().contains("no/such/script.jsonl"), "{fault}");
    assert!(fault.hint().unwrap().starts_with("name a file that is there, "), "{fault:?}");
}
