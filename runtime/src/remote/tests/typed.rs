//! Answers of a given shape, from services that hold to it, services that do not, and both with tools.

use handyman_core::{AnswerSchema, Delta, ReplyBody, ReplyMode, ReplyOptions};
use serde_json::{Value, json};

use super::{RemoteModel, Shown, ask, ask_after, ask_in, call, delta, finish, settings, stream};
use crate::loopback::{Loopback, Request, answer as refused};

fn options() -> ReplyOptions {
    let schema = json!({"type": "object", "properties": {"rain": {"type": "boolean"}}, "required": ["rain"],
        "additionalProperties": false});
    ReplyOptions { answer: Some(AnswerSchema::new(schema).unwrap()), ..ReplyOptions::default() }
}

fn said(text: &str) -> Vec<crate::loopback::Piece> {
    stream(&[delta(json!({"content": text})), finish("stop")], 0)
}

fn body(request: &Request) -> Value {
    serde_json::from_str(&request.body).unwrap()
}

fn text(body: &ReplyBody) -> &str {
    match body {
        ReplyBody::Said { text, .. } | ReplyBody::Malformed { text, .. } => text,
    }
}

#[tokio::test]
async fn where_tools_are_offered_the_model_is_asked_freely_first() {
    let server =
        Loopback::serve(|_, _| stream(&[call("{\"city\": \"Lagos\"}"), finish("tool_calls")], 0)).await;
    let reply = ask(&server.url, &options(), &handyman_core::Discard).await.unwrap();
    assert!(matches!(&reply.body, ReplyBody::Said { calls, .. } if calls.len() == 1));
    let seen = server.seen();
    assert_eq!((seen.len(), body(&seen[0]).get("response_format")), (1, None));

    let server = Loopback::serve(|_, _| said("{\"rain\": true}")).await;
    let shown = Shown::default();
    let reply = ask(&server.url, &options(), &shown).await.unwrap();
    assert_eq!((text(&reply.body), server.seen().len()), ("{\"rain\": true}", 1));
    assert_eq!(*shown.0.lock().unwrap(), [Delta::Text("{\"rain\": true}".into())]);
}

#[tokio::test]
async fn an_answer_in_another_shape_is_asked_for_again_and_held_to_it() {
    let server = Loopback::serve(|index, _| said(["It will rain.", "{\"rain\": true}"][index])).await;
    let shown = Shown::default();
    let reply = ask(&server.url, &options(), &shown).await.unwrap();
    assert_eq!(text(&reply.body), "{\"rain\": true}");
    assert_eq!(*shown.0.lock().unwrap(), [Delta::Text("{\"rain\": true}".into())], "prose is not shown");
    assert_eq!((reply.usage.sampled, reply.usage.reused), (10, 40), "both requests are accounted for");
    let second = body(&server.seen()[1]);
    assert_eq!((&second["tool_choice"], second["tools"].as_array().map(Vec::len)), (&json!("none"), Some(1)));
    let format = &second["response_format"];
    assert_eq!((&format["type"], &format["json_schema"]["strict"]), (&json!("json_schema"), &json!(true)));
    assert_eq!(format["json_schema"]["schema"]["required"], json!(["rain"]));
}

#[tokio::test]
async fn the_last_reply_is_held_to_the_shape_at_once_and_optional_parts_are_not_strict() {
    let server = Loopback::serve(|_, _| said("{\"rain\": true}")).await;
    let loose =
        AnswerSchema::new(json!({"type": "object", "properties": {"rain": {"type": "boolean"}}})).unwrap();
    let options = ReplyOptions { answer: Some(loose), ..ReplyOptions::default() };
    ask_in(&server.url, ReplyMode::AnswerOnly, &options, &handyman_core::Discard).await.unwrap();
    let seen = server.seen();
    assert_eq!((seen.len(), &body(&seen[0])["response_format"]["json_schema"]["strict"]), (1, &json!(false)));
}

#[tokio::test]
async fn a_service_that_knows_no_shapes_is_asked_without() {
    let server = Loopback::serve(|_, request| {
        if body(request).get("response_format").is_some() {
            refused("400 Bad Request", "", b"{\"error\": {\"message\": \"unknown field response_format\"}}")
        } else {
            said("{\"rain\": false}")
        }
    })
    .await;
    let model = RemoteModel::connect(settings(&server.url)).await.unwrap();
    for asked in [2, 3] {
        let (options, sink) = (options(), handyman_core::Discard);
        let reply = ask_after(&model, &[], ReplyMode::AnswerOnly, &options, &sink).await.unwrap();
        assert_eq!((text(&reply.body), server.seen().len()), ("{\"rain\": false}", asked));
    }
}

/// Nobody sees what is asked freely first, so it is asked for again when it breaks off.
#[tokio::test]
async fn what_nobody_saw_is_asked_for_again_when_it_breaks_off() {
    let broken = || {
        let begun = stream(&[delta(json!({"content": "It will"}))], 0);
        let crate::loopback::Piece::Send(text) = begun.into_iter().last().unwrap() else { panic!("a text") };
        let end = text.len() - "data: [DONE]\n\n".len();
        vec![crate::loopback::Piece::Send(text[..end].to_vec())]
    };
    let server =
        Loopback::serve(move |index, _| if index == 0 { broken() } else { said("{\"rain\": true}") }).await;
    let reply = ask(&server.url, &options(), &handyman_core::Discard).await.unwrap();
    assert_eq!((text(&reply.body), server.seen().len()), ("{\"rain\": true}", 2));
}

#[tokio::test]
async fn both_requests_together_cost_no_more_than_one_may() {
    let server = Loopback::serve(|index, _| said(["It will rain.", "{\"rain\": true}"][index])).await;
    ask(&server.url, &options(), &handyman_core::Discard).await.unwrap();
    let most = |request: &Request| body(request)["max_tokens"].clone();
    let seen = server.seen();
    assert_eq!((most(&seen[0]), most(&seen[1])), (json!(99), json!(94)), "five were written first");
}
