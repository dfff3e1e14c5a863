//! Answers that are broken, endless, or never come.

use std::time::Duration;

use handyman_core::{
    Discard, Message, Model, ModelRequest, ReplyBody, ReplyMode, ReplyOptions, Role, SessionId,
};
use serde_json::json;

use super::{RemoteModel, RemoteSettings, call, delta, finish, reply, settings, stream};
use crate::loopback::{Loopback, Piece, answer, json as answer_json};

#[tokio::test]
async fn broken_and_hostile_answers_are_faults_and_never_half_a_reply() {
    let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/event-stream\r\n\r\n";
    let sent = move |rest: String| vec![Piece::Send(format!("{head}{rest}").into_bytes())];
    let cases: [(&str, Vec<Piece>); 8] = [
        ("no JSON", sent("data: {oops\n\n".to_owned())),
        ("before it was whole", sent(format!("data: {}\n\n", call("{")))),
        ("overloaded", sent("data: {\"error\": {\"message\": \"overloaded\"}}\n\n".to_owned())),
        (
            "more than 128 calls",
            sent(format!(
                "data: {}\n\n",
                json!({"choices": [{"delta": {"tool_calls": [{"index": 99_999_999_999_u64}]}}]})
            )),
        ),
        ("before it was whole", sent("nothing: at all\n\n".to_owned())),
        ("without a reply", answer_json("200 OK", &json!({"object": "error", "code": 50_001}))),
        ("does not answer in JSON", answer("200 OK", "content-type: text/html\r\n", b"<html>")),
        (
            "connection was lost",
            vec![Piece::Send(
                b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 900\r\n\r\ndata: "
                    .to_vec(),
            )],
        ),
    ];
    for (problem, pieces) in cases {
        let (reply, _) = reply(move |_, _| pieces.clone()).await;
        let fault = reply.unwrap_err();
        assert!(fault.to_string().contains(problem) && fault.hint().is_some(), "{problem}: {fault}");
    }
}

#[tokio::test]
async fn what_the_service_broke_off_is_asked_for_again_unless_it_was_seen() {
    for broken in ["error", "abort", "insufficient_system_resource", "network_error"] {
        let (reply, server) = reply(move |index, _| {
            let reason = if index == 0 { broken } else { "tool_calls" };
            stream(&[call("{\"city\": \"Lagos\"}"), finish(reason)], 0)
        })
        .await;
        assert!(matches!(reply.unwrap().body, ReplyBody::Said { .. }), "{broken}");
        assert_eq!(server.seen().len(), 2, "{broken}");
    }
    let (whole, server) = reply(|index, _| {
        let (text, reason) = if index == 0 { ("Ha", "error") } else { ("Half past two.", "stop") };
        let choice = json!({"message": {"content": text}, "finish_reason": reason});
        answer_json("200 OK", &json!({"choices": [choice]}))
    })
    .await;
    let ReplyBody::Said { text, .. } = whole.unwrap().body else { panic!() };
    assert_eq!((text.as_str(), server.seen().len()), ("Half past two.", 2));
    let (seen, server) = reply(|_, _| stream(&[delta(json!({"content": "Ha"})), finish("error")], 0)).await;
    let fault = seen.unwrap_err();
    assert!(fault.to_string().contains("broke the reply off"), "{fault}");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn long_replies_are_taken() {
    let padded = json!({"choices": [{"delta": {"content": "so "}}], "padding": "p".repeat(1 << 20)});
    let chunks: Vec<_> = std::iter::repeat_n(padded, 20).chain([finish("stop")]).collect();
    let (reply, _) = reply(move |_, _| stream(&chunks, 0)).await;
    let ReplyBody::Said { text, .. } = reply.unwrap().body else { panic!() };
    assert_eq!(text.split(' ').count(), 20);
}

#[tokio::test]
async fn endless_answers_end() {
    let flood = vec![b'x'; 1 << 20];
    let (reply, _) = reply(move |_, _| {
        let head =
            b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/event-stream\r\n\r\n".to_vec();
        std::iter::once(Piece::Send(head))
            .chain(std::iter::repeat_n(Piece::Send(flood.clone()), 20))
            .collect()
    })
    .await;
    assert!(reply.unwrap_err().to_string().contains("more than"));
}

#[tokio::test]
async fn silence_ends_and_an_interrupted_reply_that_was_seen_is_not_asked_for_again() {
    let server = Loopback::serve(|_, _| {
        let mut pieces = stream(&[delta(json!({"content": "Half"}))], 0);
        let Piece::Send(bytes) = &mut pieces[1] else { panic!() };
        let end = bytes.len() - "data: [DONE]\n\n".len();
        bytes.truncate(end);
        pieces.push(Piece::Hang);
        pieces
    })
    .await;
    let quick = RemoteSettings { silence_time: Duration::from_millis(300), ..settings(&server.url) };
    let model = RemoteModel::connect(quick).await.unwrap();
    let (session, options) = (SessionId::from("s"), ReplyOptions::default());
    let history = [Message::text_of(Role::User, "Hi")];
    let request = ModelRequest {
        session: &session,
        history: &history,
        tools: &[],
        revealed: &[],
        mode: ReplyMode::Free,
        tokens_max: 9,
        options: &options,
    };
    let fault = model.reply(request, &Discard).await.unwrap_err();
    assert!(fault.to_string().contains("nothing came"), "{fault}");
    assert_eq!(server.seen().len(), 1);
}
