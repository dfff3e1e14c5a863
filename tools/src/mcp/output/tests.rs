//! What programs write to their standard output beside their messages.

use rmcp::model::{ClientRequest, JsonRpcMessage, PingRequest};
use serde_json::json;
use tokio::io::{Sink, sink};

use super::*;

/// A program that has written this, and was sent these requests.
fn program(written: &[u8], requests: i64) -> (Piped<&[u8], Sink>, Arc<Answers>) {
    let answers = Arc::<Answers>::default();
    for number in 0..requests {
        let request = ClientRequest::PingRequest(PingRequest::default());
        answers.goes_out(&JsonRpcMessage::request(request, RequestId::Number(number)));
    }
    (Piped::new(written, sink(), Arc::clone(&answers)), answers)
}

/// All messages that come of what was written, and what was odd.
async fn read(written: &[u8], requests: i64) -> (Vec<Value>, Option<String>) {
    let (mut program, answers) = program(written, requests);
    let mut messages = Vec::new();
    while let Some(message) = program.receive().await {
        messages.push(serde_json::to_value(message).unwrap());
    }
    (messages, answers.odd_since(0))
}

#[tokio::test]
async fn messages_are_read_amid_other_lines() {
    let answer = json!({"jsonrpc": "2.0", "id": 0, "result": {"some": "thing"}});
    let written = format!(
        "\u{feff}{answer}\r\n\nready to serve\n{}\n{answer}",
        json!({"level": "error", "error": "no disk"})
    );
    let (messages, odd) = read(written.as_bytes(), 1).await;
    assert_eq!(messages, [answer.clone(), answer], "the last one, too, although its line does not end");
    let outside = "it wrote to its standard output, where only messages belong";
    let log = r#"{"level":"error","error":"no disk"}"#;
    assert_eq!(odd, Some(format!("{outside}: ready to serve; {outside}: {log}")));
}

#[tokio::test]
async fn an_answer_that_is_not_as_it_should_be_is_no_silence() {
    // Without its version it is clear all the same.
    let (messages, odd) = read(br#"{"id": 0, "result": {"some": "thing"}}"#, 1).await;
    let answer = json!({"jsonrpc": "2.0", "id": 0, "result": {"some": "thing"}});
    assert_eq!((messages, odd), (vec![answer], None));
    let unreadable = [
        r#"{"jsonrpc": "2.0", "id": 1, "error": "no paper"}"#,
        r#"{"jsonrpc": "2.0", "id": 1, "result": {}, "error": null}"#,
    ];
    for line in unreadable {
        let (messages, odd) = read(line.as_bytes(), 3).await;
        let said = format!("its answer cannot be read: {line}");
        assert_eq!((&messages[0]["id"], &messages[0]["error"]["message"]), (&json!(1), &json!(said)));
        assert_eq!(odd, Some(said));
    }
    let nameless = br#"{"jsonrpc": "2.0", "id": null, "result": {}}"#;
    assert_eq!(read(nameless, 1).await.0[0]["id"], 0, "one waits");
    assert_eq!(read(nameless, 2).await.0, Vec::<Value>::new(), "nobody knows who is meant");
}

#[tokio::test]
async fn a_line_without_an_end_takes_no_more_than_a_message_may() {
    let mut flood = vec![b'x'; LINE_BYTES_MAX + 1];
    flood.extend_from_slice(b"\n{\"id\": 1, \"result\": {}}\n");
    let (messages, odd) = read(&flood, 1).await;
    assert_eq!(odd.as_deref(), Some("it wrote a message of more than 16 MB"));
    assert_eq!((messages.len(), &messages[0]["error"]["message"]), (2, &json!(odd)));
    let (mut program, _) = program(&flood, 0);
    let _ = program.next_line().await;
    assert!(program.line.is_empty() && !program.is_cut);
}
