//! Answers that are broken, endless, or never come.

use std::time::Duration;

use handyman_core::{Discard, Message, Model, ModelRequest, ReplyMode, ReplyOptions, Role, SessionId};
use serde_json::json;

use super::{RemoteModel, RemoteSettings, call, delta, reply, settings, stream};
use crate::loopback::{Loopback, Piece, answer};

#[tokio::test]
async fn broken_and_hostile_answers_are_faults_and_never_half_a_reply() {
    let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/event-stream\r\n\r\n";
    let sent = move |rest: String| vec![Piece::Send(format!("{head}{rest}").into_bytes())];
    let cases: [(&str, Vec<Piece>); 7] = [
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
