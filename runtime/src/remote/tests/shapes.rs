//! Streams in the shapes that services and gateways give them.

use handyman_core::{Discard, FaultKind, ReplyBody, ReplyOptions};
use serde_json::{Value, json};

use super::{ask, delta, finish, reply, stream};
use crate::loopback::{Loopback, Piece, answer};

/// A stream of these lines, which ends without saying so.
fn lines(lines: &str) -> Vec<Piece> {
    let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/event-stream\r\n\r\n";
    vec![Piece::Send(format!("{head}{lines}").into_bytes())]
}

#[tokio::test]
async fn a_stream_is_one_whatever_its_type_says() {
    let events = format!("data: {}\n\ndata: {}\n\n", delta(json!({"content": "Hi."})), finish("stop"));
    for (kind, begin) in [
        ("application/json", ""),
        ("text/plain; charset=utf-8", "\n\n"),
        ("application/octet-stream", ": OPENROUTER PROCESSING\n\n"),
        ("application/json", "event: message\n"),
    ] {
        let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: {kind}\r\n\r\n");
        let text = format!("{begin}{events}data: [DONE]\n\n");
        let (a, b) = text.as_bytes().split_at(begin.len() + 3);
        let pieces = vec![
            Piece::Send(head.into_bytes()),
            Piece::Send(a.to_vec()),
            Piece::Send(b.to_vec()),
            Piece::Hang,
        ];
        let (reply, _) = reply(move |_, _| pieces.clone()).await;
        let said = reply.unwrap().body;
        assert!(matches!(&said, ReplyBody::Said { text, .. } if text == "Hi."), "{kind}: {said:?}");
    }
    let whole = json!({"choices": [{"message": {"content": "Hi."}, "finish_reason": "stop"}]}).to_string();
    let typed = "content-type: text/event-stream\r\n";
    let (one, _) = reply(move |_, _| answer("200 OK", typed, whole.as_bytes())).await;
    assert!(matches!(&one.unwrap().body, ReplyBody::Said { text, .. } if text == "Hi."));
    let refused = b"{\"error\": {\"message\": \"no such voice\"}}";
    let (wrong, _) = reply(move |_, _| answer("200 OK", typed, refused)).await;
    assert!(wrong.unwrap_err().to_string().contains("no such voice"));
    let (short, _) = reply(|_, _| answer("200 OK", "", b"{}")).await;
    assert!(short.unwrap_err().to_string().contains("without a reply"));
    let object =
        "data: {\"object\": \"error\", \"message\": \"no memory\", \"code\": 500}\n\ndata: [DONE]\n\n";
    let (failed, _) = reply(move |_, _| lines(object)).await;
    assert!(failed.unwrap_err().to_string().contains("no memory"));
}

fn piece(call: &Value) -> Value {
    delta(json!({"tool_calls": [call]}))
}

#[tokio::test]
async fn a_reply_is_whole_where_a_service_says_so_in_any_way() {
    let empty = json!({"choices": [{"delta": {"content": "Hi."}, "finish_reason": ""}]});
    for chunk in [empty.clone(), delta(json!({"content": "Hi."}))] {
        let (reply, _) = reply(move |_, _| stream(std::slice::from_ref(&chunk), 0)).await;
        assert!(matches!(&reply.unwrap().body, ReplyBody::Said { text, .. } if text == "Hi."));
    }
    let (cut, _) = reply(move |_, _| lines(&format!("data: {empty}\n\n"))).await;
    assert!(cut.unwrap_err().to_string().contains("before it was whole"), "an empty reason is none");
    let (nothing, _) = reply(|_, _| stream(&[], 0)).await;
    assert!(nothing.unwrap_err().to_string().contains("before it was whole"));
}

#[tokio::test]
async fn calls_are_put_together_however_their_pieces_are_named() {
    let (lagos, shanghai) = ("{\"city\": \"Lagos\"}", "{\"city\": \"上海\"}");
    let cases = [
        // Without an index.
        (
            vec![
                json!({"id": null, "function": {"name": "weather", "arguments": ""}}),
                json!({"id": null, "function": {"arguments": lagos}}),
                json!({"id": null, "function": {"name": "weather", "arguments": ""}}),
                json!({"id": null, "function": {"name": "", "arguments": shanghai}}),
            ],
            vec![lagos.to_owned(), shanghai.to_owned()],
        ),
        // With the name in every piece, and once more at the end.
        (
            vec![
                json!({"index": 0, "id": "a", "function": {"name": "weather", "arguments": "{\"city\": "}}),
                json!({"index": 0, "id": "a", "function": {"name": "weather", "arguments": "\"Lagos\"}"}}),
                json!({"index": 0, "id": "a", "function": {"name": "weather", "arguments": ""}}),
            ],
            vec![lagos.to_owned()],
        ),
        // With one index for all of them, and no arguments for the first.
        (
            vec![
                json!({"index": 0, "id": "a", "function": {"name": "weather", "arguments": "null"}}),
                json!({"index": 0, "id": "b", "function": {"name": "weather", "arguments": lagos}}),
            ],
            vec![String::new(), lagos.to_owned()],
        ),
        // With an id that says nothing, and one of its own for every piece.
        (
            vec![
                json!({"index": 0, "id": "null", "function": {"name": "weather", "arguments": "{\"city\": "}}),
                json!({"index": 0, "id": "z", "function": {"arguments": "\"Lagos\"}"}}),
            ],
            vec![lagos.to_owned()],
        ),
    ];
    for (pieces, wanted) in cases {
        let chunks: Vec<Value> = pieces.iter().map(piece).chain([finish("tool_calls")]).collect();
        let (reply, _) = reply(move |_, _| stream(&chunks, 0)).await;
        let ReplyBody::Said { calls, .. } = reply.unwrap().body else { panic!("{pieces:?}") };
        assert!(calls.iter().all(|call| call.tool == "weather"), "{calls:?}");
        let found: Vec<Value> = calls.into_iter().map(|call| call.arguments.into()).collect();
        let wanted: Vec<Value> =
            wanted.iter().map(|text| serde_json::from_str(text).unwrap_or_else(|_| json!({}))).collect();
        assert_eq!(found, wanted);
    }
}

#[tokio::test]
async fn thoughts_are_found_in_the_field_that_holds_some() {
    let both = delta(json!({"reasoning_content": "", "reasoning": "so", "content": "Warm."}));
    let (reply, _) = reply(move |_, _| stream(&[both.clone(), finish("stop")], 0)).await;
    assert!(matches!(&reply.unwrap().body, ReplyBody::Said { reasoning, .. } if reasoning == "so"));
}

#[tokio::test]
async fn a_full_window_is_told_as_that_wherever_the_service_says_it() {
    let busy = |body: &str| answer("500 Internal Server Error", "retry-after: 0\r\n", body.as_bytes());
    for pieces in [
        lines("error: {\"code\":400,\"message\":\"the request exceeds the available context size\"}\n\n"),
        lines("event: error\ndata: {\"error\":\"Reached context length of 4096 tokens\"}\n\n"),
        busy("{\"error\": {\"message\": \"context shift is disabled\"}}"),
        answer("413 Payload Too Large", "", b"<html>too large</html>"),
        answer(
            "400 Bad Request",
            "",
            b"{\"error\": {\"message\": \"Reduce the messages\", \"code\": \"context_length_exceeded\"}}",
        ),
        answer("400 Bad Request", "", b"the model's maximum prompt length is 9 but it contains 10 tokens"),
    ] {
        let (reply, server) = reply(move |_, _| pieces.clone()).await;
        let fault = reply.unwrap_err();
        assert!(fault.kind() == FaultKind::Window && fault.hint().unwrap().contains("session"), "{fault}");
        assert_eq!(server.seen().len(), 2, "with and without room for the longest reply: {fault}");
    }
    let (reply, server) = reply(move |_, _| busy("{\"error\": \"context deadline exceeded\"}")).await;
    assert_eq!((reply.unwrap_err().kind(), server.seen().len()), (FaultKind::Backend, 3), "it may pass");
    // What was shown is not asked for again.
    let shown =
        format!("data: {}\n\ndata: {{\"error\":\"context size\"}}\n\n", delta(json!({"content": "Hi"})));
    let server = Loopback::serve(move |_, _| lines(&shown)).await;
    let fault = ask(&server.url, &ReplyOptions::default(), &Discard).await.unwrap_err();
    assert_eq!((fault.kind(), server.seen().len()), (FaultKind::Backend, 1), "{fault}");
}
