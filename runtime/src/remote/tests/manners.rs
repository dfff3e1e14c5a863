//! Services that want the same thing said in another way, and replies in the shapes that some of them send.

use std::time::Duration;

use handyman_core::{
    Delta, Discard, FaultKind, Message, ModelRequest, ReplyBody, ReplyMode, ReplyOptions, Role, Sampling,
    SessionId,
};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::{Shown, ask, ask_after, call, delta, finish, reply, settings, stream, turn};
use crate::loopback::{Loopback, Piece, Request, answer, json as answer_json};
use crate::remote::refusal::{delay_of, wait_of};
use crate::remote::request::{self, Asked, Length, Manner};
use crate::remote::{RemoteModel, RemoteSettings};

fn body(request: &Request) -> Value {
    serde_json::from_str(&request.body).unwrap()
}

fn refuse(message: &str) -> Vec<Piece> {
    answer_json("400 Bad Request", &json!({"error": {"message": message}}))
}

fn hello() -> Vec<Piece> {
    stream(&[delta(json!({"content": "Hi."})), finish("stop")], 0)
}

/// The bodies of the requests that a service was sent for two replies after this history.
async fn asked_twice(
    history: &[Message],
    answers: impl Fn(&Value) -> Vec<Piece> + Send + Sync + 'static,
) -> Vec<Value> {
    let server = Loopback::serve(move |_, request| answers(&body(request))).await;
    let model = RemoteModel::connect(settings(&server.url)).await.unwrap();
    for _ in 0..2 {
        let options = ReplyOptions::default();
        let reply = ask_after(&model, history, ReplyMode::Free, &options, &Discard).await.unwrap();
        assert!(matches!(reply.body, ReplyBody::Said { .. }), "{reply:?}");
    }
    server.seen().iter().map(body).collect()
}

#[tokio::test]
async fn the_longest_reply_is_said_as_the_service_wants_it() {
    let history = [Message::text_of(Role::User, "hi")];
    let renamed = |body: &Value| match body.get("max_tokens") {
        Some(_) => refuse("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
        None => hello(),
    };
    let bodies = asked_twice(&history, renamed).await;
    let said = |body: &Value, name: &str| body.get(name).and_then(Value::as_u64);
    assert_eq!(bodies.len(), 3, "it is asked the other way once, and remembered");
    assert_eq!(said(&bodies[0], "max_tokens"), Some(99));
    assert!(bodies[1..].iter().all(|body| said(body, "max_completion_tokens") == Some(99)));

    let small = |body: &Value| match body["max_tokens"].as_u64() {
        Some(most) if most > 50 => refuse(
            "This model's maximum context length is 8192 tokens. However, you \
            requested 9257 tokens (1577 in the messages, 7680 in the completion).",
        ),
        _ => hello(),
    };
    let bodies = asked_twice(&history, small).await;
    assert_eq!(bodies.len(), 4, "what is left of the window differs from request to request");
    assert_eq!((said(&bodies[1], "max_tokens"), said(&bodies[2], "max_tokens")), (None, Some(99)));

    let short = |body: &Value| match body["max_tokens"].as_u64() {
        Some(_) => refuse("max_tokens is too large: 99. This model supports at most 50 completion tokens."),
        None => hello(),
    };
    let bodies = asked_twice(&history, short).await;
    assert_eq!((bodies.len(), said(&bodies[1], "max_completion_tokens")), (3, None), "it is remembered");
}

#[tokio::test]
async fn what_a_service_refuses_of_the_longest_reply_is_refused_once() {
    let history = [Message::text_of(Role::User, "hi")];
    let neither = |body: &Value| match (body.get("max_tokens"), body.get("max_completion_tokens")) {
        (Some(_), _) => refuse("Use 'max_completion_tokens' instead of 'max_tokens'."),
        (_, Some(_)) => refuse("Unsupported parameter: 'max_completion_tokens'"),
        (None, None) => hello(),
    };
    assert_eq!(asked_twice(&history, neither).await.len(), 4, "twice in the first reply, then never");
    let strict = |body: &Value| match body.get("max_tokens") {
        Some(_) => refuse("Unknown field: max_tokens"),
        None => hello(),
    };
    assert_eq!(asked_twice(&history, strict).await.len(), 3);
    let long = |body: &Value| match body.get("max_tokens") {
        Some(_) => refuse("max_tokens must be at least 100"),
        None => hello(),
    };
    assert_eq!(asked_twice(&history, long).await.len(), 4, "one that is too short says nothing of others");

    // A shorter reply than the one that was refused is still asked for.
    let (session, options) = (SessionId::from("s"), ReplyOptions::default());
    let asked = |tokens_max| {
        let request = ModelRequest {
            session: &session,
            history: &history,
            tools: &[],
            revealed: &[],
            mode: ReplyMode::Free,
            tokens_max,
            options: &options,
        };
        let manner = Manner { unsaid_from: 99, ..Manner::default() };
        request::body("m", None, Asked { request: &request, shaped: false, unseen: false }, manner)
    };
    assert_eq!((&asked(98)["max_tokens"], asked(99).get("max_tokens")), (&json!(98), None));
}

#[test]
fn what_requests_at_the_same_time_find_out_is_all_remembered() {
    let begun = Manner::default();
    let one = Manner { signed: true, left_out: [true, false, false], ..begun };
    let other = Manner { length: Length::MaxCompletionTokens, bridged: true, unsaid_from: 99, ..begun };
    let known = begun.learned(begun, one, None).learned(begun, other, None);
    let wanted = Manner { signed: true, left_out: [true, false, false], ..other };
    assert_eq!(known, wanted);
    let full = Manner { unsaid: true, ..known };
    assert_eq!(known.learned(known, full, None), known, "what fits differs from request to request");
}

#[tokio::test]
async fn fields_that_a_service_does_not_take_are_left_out() {
    for field in ["stream_options", "parallel_tool_calls"] {
        let server = Loopback::serve(move |_, request| match body(request).get(field) {
            Some(_) => refuse(&format!("Unrecognized request argument supplied: {field}")),
            None => hello(),
        })
        .await;
        let model = RemoteModel::connect(settings(&server.url)).await.unwrap();
        let options = ReplyOptions { parallel_calls: false, ..ReplyOptions::default() };
        for asked in [2, 3] {
            ask_after(&model, &[], ReplyMode::Free, &options, &Discard).await.unwrap();
            assert_eq!(server.seen().len(), asked, "{field}");
        }
    }
}

#[tokio::test]
async fn past_calls_are_told_in_the_order_and_with_the_marks_that_a_service_wants() {
    let history = [
        vec![Message::text_of(Role::User, "Lagos")],
        turn().to_vec(),
        vec![Message::text_of(Role::User, "Rome")],
    ]
    .concat();
    let gemini = |body: &Value| {
        let signature = &body["messages"][1]["tool_calls"][0]["extra_content"]["google"]["thought_signature"];
        let message = "Function call is missing a thought_signature in functionCall parts.";
        match signature {
            Value::Null => answer_json("400 Bad Request", &json!([{"error": {"message": message}}])),
            _ => hello(),
        }
    };
    assert_eq!(asked_twice(&history, gemini).await.len(), 3, "it is signed, and remembered");
    let mistral = |body: &Value| match body["messages"][3]["role"].as_str() {
        Some("assistant") => hello(),
        _ => answer_json(
            "400 Bad Request",
            &json!({"object": "error", "message": "Unexpected role 'user' after role 'tool'"}),
        ),
    };
    let bodies = asked_twice(&history, mistral).await;
    assert_eq!((bodies.len(), &bodies[2]["messages"][4]["content"]), (3, &json!("Rome")));
    let id = bodies[0]["messages"][2]["tool_call_id"].as_str().unwrap();
    assert!(id.len() == 9 && id.chars().all(|c| c.is_ascii_alphanumeric()), "Mistral takes no other: {id}");
}

#[tokio::test]
async fn a_service_that_takes_no_seed_is_asked_without() {
    let server = Loopback::serve(|_, request| match body(request).get("seed") {
        Some(_) => answer_json(
            "422 Unprocessable Entity",
            &json!({"message": {"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"]}]}}),
        ),
        None => hello(),
    })
    .await;
    let drawn = RemoteSettings { sampling: Some(Sampling::default()), ..settings(&server.url) };
    let model = RemoteModel::connect(drawn).await.unwrap();
    for asked in [2, 3] {
        let options = ReplyOptions::default();
        ask_after(&model, &[], ReplyMode::Free, &options, &Discard).await.unwrap();
        assert_eq!(server.seen().len(), asked);
    }
    assert!(body(&server.seen()[2]).get("temperature").is_some());
}

#[test]
fn how_long_a_service_asks_to_wait_is_read_in_each_of_its_forms() {
    let wait = |name: &'static str, value: &str| {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        wait_of(&headers)
    };
    assert_eq!(wait("retry-after", "7"), Some(Duration::from_secs(7)));
    assert_eq!(wait("retry-after", "0.5"), Some(Duration::from_millis(500)));
    assert_eq!(wait("retry-after-ms", "250"), Some(Duration::from_millis(250)));
    assert_eq!(wait("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
    assert!(wait("retry-after", "Fri, 01 Jan 2100 00:00:00 GMT").unwrap() > Duration::from_hours(24));
    assert_eq!((wait("retry-after", "soon"), wait("retry-after", "-1")), (None, None));
    let details = json!([{"@type": "Help"}, {"@type": "RetryInfo", "retryDelay": "37.5s"}]);
    assert_eq!(delay_of(&json!([{"error": {"details": details}}])), Some(Duration::from_millis(37_500)));
    assert_eq!(delay_of(&json!({"error": "busy"})), None);
}

#[tokio::test]
async fn nobody_waits_for_hours() {
    let (reply, server) = reply(|_, _| answer("429 Too Many Requests", "retry-after: 3600\r\n", b"")).await;
    let fault = reply.unwrap_err();
    assert!(fault.kind() == FaultKind::Backend && fault.hint().unwrap().contains("60 minutes"), "{fault}");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn what_is_not_said_in_json_is_told_too() {
    for (said, told) in [("no such voice\n", ": no such voice"), ("{\"msg\": \"no\"}", ": {\"msg\": \"no\"}")]
    {
        let (reply, _) = reply(move |_, _| answer("400 Bad Request", "", said.as_bytes())).await;
        let fault = reply.unwrap_err();
        assert!(fault.to_string().ends_with(told), "{fault}");
    }
    let (page, _) = reply(|_, _| answer("400 Bad Request", "", b"<html>Bad</html>")).await;
    assert!(page.unwrap_err().to_string().ends_with("400 Bad Request"));
}

#[tokio::test]
async fn what_a_service_behind_a_gateway_says_is_told() {
    let said = json!({"error": {"message": "Provider returned error", "metadata": {"raw": "no such voice"}}});
    let (reply, _) = reply(move |_, _| answer_json("400 Bad Request", &said)).await;
    let fault = reply.unwrap_err();
    assert!(fault.to_string().ends_with("Provider returned error: no such voice"), "{fault}");
}

#[tokio::test]
async fn a_prompt_that_fills_the_window_is_told_as_that() {
    let (reply, server) = reply(|_, _| refuse("prompt is too long: 9000 tokens > 8192 maximum")).await;
    let fault = reply.unwrap_err();
    assert!(fault.kind() == FaultKind::Window && fault.hint().unwrap().contains("session"), "{fault}");
    assert_eq!(server.seen().len(), 2, "with and without room for the longest reply");
}

#[tokio::test]
async fn what_was_thought_before_a_call_goes_back_under_the_name_it_came_with() {
    let history = [vec![Message::text_of(Role::User, "Lagos")], turn().to_vec()].concat();
    let thinks =
        |_: &Value| stream(&[delta(json!({"reasoning": "so", "content": "Warm."})), finish("stop")], 0);
    let bodies = asked_twice(&history, thinks).await;
    let thought = |body: &Value, field: &str| body["messages"][1][field].clone();
    assert_eq!(thought(&bodies[0], "reasoning_content"), "hm", "nothing is known of the service yet");
    assert_eq!(
        (thought(&bodies[1], "reasoning"), thought(&bodies[1], "reasoning_content")),
        (json!("hm"), Value::Null)
    );

    let strict = |body: &Value| match body["messages"][1].get("reasoning_content") {
        Some(_) => refuse("Additional properties are not allowed"),
        None => hello(),
    };
    assert_eq!(asked_twice(&history, strict).await.len(), 3, "a service that takes none is asked without");
    assert_eq!(asked_twice(&history[..1], strict).await.len(), 2, "nothing was thought");

    let deaf = |body: &Value| match body["messages"][1].get("reasoning_content") {
        Some(_) => refuse("Additional properties are not allowed"),
        None => stream(&[delta(json!({"reasoning_content": "so", "content": "Warm."})), finish("stop")], 0),
    };
    assert_eq!(asked_twice(&history, deaf).await.len(), 3, "it may tell what it does not take");
}

#[tokio::test]
async fn two_messages_of_a_person_in_a_row_are_sent_as_one() {
    let history =
        [Message::text_of(Role::User, "Weather in Lagos?"), Message::text_of(Role::User, "And Rome?")];
    let bodies = asked_twice(&history, |_| hello()).await;
    assert_eq!(bodies[0]["messages"], json!([{"role": "user", "content": "Weather in Lagos?\n\nAnd Rome?"}]));
}

#[tokio::test]
async fn whole_calls_with_one_index_are_calls_of_their_own() {
    let chunks = [call("{\"city\": \"Lagos\"}"), call("{\"city\": \"上海\"}"), finish("tool_calls")];
    let (reply, _) = reply(move |_, _| stream(&chunks, 0)).await;
    let ReplyBody::Said { calls, .. } = reply.unwrap().body else { panic!() };
    let cities: Vec<&Value> = calls.iter().map(|call| &call.arguments["city"]).collect();
    assert_eq!(cities, ["Lagos", "上海"]);
}

#[tokio::test]
async fn a_reply_of_nothing_is_no_answer() {
    for nothing in [json!({"content": ""}), json!({"content": "  \n"}), json!({"reasoning": "so"}), json!({})]
    {
        let (reply, _) = reply(move |_, _| stream(&[delta(nothing.clone()), finish("stop")], 0)).await;
        let ReplyBody::Malformed { problem, .. } = reply.unwrap().body else { panic!() };
        assert!(problem.contains("nothing was said"), "{problem}");
    }
}

#[tokio::test]
async fn texts_in_parts_and_refusals_are_read() {
    let parts = json!([{"type": "text", "text": "It will "}, {"type": "text", "text": "rain."}]);
    for (message, text) in
        [(json!({"content": parts}), "It will rain."), (json!({"refusal": "I may not."}), "I may not.")]
    {
        let server = Loopback::serve(move |_, _| stream(&[delta(message.clone()), finish("stop")], 0)).await;
        let shown = Shown::default();
        let reply = ask(&server.url, &ReplyOptions::default(), &shown).await.unwrap();
        assert!(matches!(&reply.body, ReplyBody::Said { text: said, .. } if said == text), "{reply:?}");
        assert_eq!(*shown.0.lock().unwrap(), [Delta::Text(text.to_owned())]);
    }
}

#[tokio::test]
async fn a_stream_that_says_it_is_done_is_not_waited_for() {
    let server = Loopback::serve(|_, _| [hello(), vec![Piece::Hang]].concat()).await;
    let patient = RemoteSettings { silence_time: Duration::from_hours(1), ..settings(&server.url) };
    let model = RemoteModel::connect(patient).await.unwrap();
    let options = ReplyOptions::default();
    let reply = ask_after(&model, &[], ReplyMode::Free, &options, &Discard);
    let reply = tokio::time::timeout(Duration::from_mins(1), reply).await.expect("it does not wait").unwrap();
    assert!(matches!(reply.body, ReplyBody::Said { .. }));
}

#[tokio::test]
async fn what_is_whole_needs_no_proper_end() {
    let begun = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 9000\r\n\r\ndata: {}\n\ndata: {}\n\n",
        delta(json!({"content": "Hi."})),
        finish("stop")
    );
    for end in [vec![], vec![Piece::Hang]] {
        let pieces = [vec![Piece::Send(begun.clone().into_bytes())], end].concat();
        let server = Loopback::serve(move |_, _| pieces.clone()).await;
        let quick = RemoteSettings { silence_time: Duration::from_secs(1), ..settings(&server.url) };
        let model = RemoteModel::connect(quick).await.unwrap();
        let options = ReplyOptions::default();
        let reply = ask_after(&model, &[], ReplyMode::Free, &options, &Discard).await.unwrap();
        assert!(matches!(&reply.body, ReplyBody::Said { text, .. } if text == "Hi."), "{reply:?}");
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn tokens_are_estimated_where_the_service_does_not_count_them() {
    let silent = [
        json!(null),
        json!({}),
        json!({"prompt_tokens": 30}),
        json!({"prompt_tokens": 0, "completion_tokens": 0}),
    ];
    // 11 bytes are thought and 7 said, 7 are the tool's name and 17 its arguments.
    let cases = silent.map(|usage| (usage, 14)).into_iter().chain([(json!({"completion_tokens": 6}), 6)]);
    for (usage, sampled) in cases {
        let end = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": usage});
        let said = delta(json!({"reasoning": "Lagos it is", "content": "I look."}));
        let chunks = [said, call("{\"city\": \"Lagos\"}"), end];
        let (reply, _) = reply(move |_, _| stream(&chunks, 0)).await;
        assert_eq!(reply.unwrap().usage.sampled, sampled, "{usage}");
    }
}
