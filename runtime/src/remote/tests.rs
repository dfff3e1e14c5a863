//! Services as they answer: well, in pieces, wrongly, slowly, and not at all.

mod addresses;
mod copied;
mod hostile;
mod manners;
mod shapes;
mod typed;

use std::fmt::Write as _;
use std::sync::Mutex;
use std::time::Duration;

use handyman_core::{
    Delta, DeltaSink, Discard, Effect, Fault, FaultKind, Message, Model, ModelReply, ModelRequest, Part,
    ReplyBody, ReplyMode, ReplyOptions, Role, Sampling, SessionId, StopReason, ToolCall, ToolChoice,
    ToolSpec,
};
use serde_json::{Value, json};

use super::{RemoteModel, RemoteSettings};
use crate::loopback::{Loopback, Piece, Request, answer, json as answer_json};

fn settings(url: &str) -> RemoteSettings {
    RemoteSettings {
        model: Some("m".to_owned()),
        retries_max: 2,
        silence_time: Duration::from_secs(20),
        ..RemoteSettings::new(url)
    }
}

fn tools() -> Vec<ToolSpec> {
    // Definitions that could be followed in a thousand billion ways.
    let twice = |name: String| json!({"anyOf": [{"$ref": name}, {"$ref": name}]});
    let mut definitions: serde_json::Map<String, Value> =
        (0..40).map(|n| (format!("d{n}"), twice(format!("#/$defs/d{}", n + 1)))).collect();
    definitions.insert("d40".to_owned(), json!({"type": "string", "x-verbatim": true}));
    let parameters = json!({
        "type": "object",
        "$defs": definitions,
        "properties": {
            "city": {"type": "string", "x-verbatim": true},
            "id": {"type": "string", "x-from": ["search.id"]},
            "row": {"anyOf": [{"type": "integer", "x-from": ["search.rows.id"]}, {"type": "null"}]},
            "place": {"$ref": "#/$defs/d0"},
            "days": {"type": "array", "items": {"type": "string", "x-verbatim": true}},
        },
        "required": ["city"],
    });
    vec![ToolSpec {
        name: "weather".to_owned(),
        description: "Weather".to_owned(),
        parameters,
        effect: Effect::ReadOnly,
        safety: handyman_core::Safety::default(),
    }]
}

/// A stream of these chunks as server-sent events, cut into two pieces at a byte.
fn stream(chunks: &[Value], cut: usize) -> Vec<Piece> {
    let mut text = String::from(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/event-stream\r\n\r\n: comment\n\n",
    );
    for chunk in chunks {
        let _ = write!(text, "data: {chunk}\n\n");
    }
    text.push_str("data: [DONE]\n\n");
    let (a, b) = text.as_bytes().split_at(cut.min(text.len()));
    vec![Piece::Send(a.to_vec()), Piece::Send(b.to_vec())]
}

#[expect(clippy::needless_pass_by_value, reason = "as `json!` gives it")]
fn delta(delta: Value) -> Value {
    json!({"choices": [{"index": 0, "delta": delta, "finish_reason": null}]})
}

fn finish(reason: &str) -> Value {
    json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}],
        "usage": {"prompt_tokens": 30, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 20}}})
}

fn call(arguments: &str) -> Value {
    delta(
        json!({"tool_calls": [{"index": 0, "id": "x", "type": "function", "function": {"name": "weather", "arguments": arguments}}]}),
    )
}

async fn ask(url: &str, options: &ReplyOptions, sink: &dyn DeltaSink) -> Result<ModelReply, Fault> {
    ask_in(url, ReplyMode::Free, options, sink).await
}

async fn ask_in(
    url: &str,
    mode: ReplyMode,
    options: &ReplyOptions,
    sink: &dyn DeltaSink,
) -> Result<ModelReply, Fault> {
    let model = RemoteModel::connect(settings(url)).await?;
    let history = [Message::text_of(Role::User, "Weather in Lagos tomorrow, 上海 on Monday")];
    ask_after(&model, &history, mode, options, sink).await
}

/// What comes after a history.
async fn ask_after(
    model: &RemoteModel,
    history: &[Message],
    mode: ReplyMode,
    options: &ReplyOptions,
    sink: &dyn DeltaSink,
) -> Result<ModelReply, Fault> {
    let (session, tools) = (SessionId::from("s"), tools());
    let request = ModelRequest {
        session: &session,
        history,
        tools: &tools,
        revealed: &[],
        mode,
        tokens_max: 99,
        options,
    };
    model.reply(request, sink).await
}

async fn reply(
    answers: impl Fn(usize, &Request) -> Vec<Piece> + Send + Sync + 'static,
) -> (Result<ModelReply, Fault>, Loopback) {
    let server = Loopback::serve(answers).await;
    (ask(&server.url, &ReplyOptions::default(), &Discard).await, server)
}

#[derive(Default)]
struct Shown(Mutex<Vec<Delta>>);

impl DeltaSink for Shown {
    fn delta(&self, delta: Delta) {
        self.0.lock().unwrap().push(delta);
    }
}

#[tokio::test]
async fn a_stream_is_put_together_wherever_it_is_cut() {
    let chunks = || {
        [
            delta(json!({"role": "assistant", "content": "", "reasoning_content": "so"})),
            delta(json!({"content": "Looking 上"})),
            delta(json!({"content": "海 up."})),
            call("{\"city\": \"La"),
            delta(json!({"tool_calls": [{"index": 0, "function": {"arguments": "gos\"}"}}]})),
            delta(
                json!({"tool_calls": [{"index": 1, "id": "y", "function": {"name": "weather", "arguments": "{\"city\": \"上海\"}"}}]}),
            ),
            finish("tool_calls"),
        ]
    };
    for cut in (90..1_100).step_by(97) {
        let server = Loopback::serve(move |_, _| stream(&chunks(), cut)).await;
        let shown = Shown::default();
        let reply = ask(&server.url, &ReplyOptions::default(), &shown).await.unwrap();
        let ReplyBody::Said { reasoning, text, calls } = &reply.body else { panic!("{:?}", reply.body) };
        assert_eq!(
            (reasoning.as_str(), text.as_str(), calls.len()),
            ("so", "Looking 上海 up.", 2),
            "cut at {cut}"
        );
        assert_eq!(calls[0].arguments["city"], "Lagos");
        assert_eq!((reply.usage.prefilled, reply.usage.reused, reply.usage.sampled), (10, 20, 5));
        let wanted =
            [Delta::Reasoning("so".into()), Delta::Text("Looking 上".into()), Delta::Text("海 up.".into())];
        assert_eq!(*shown.0.lock().unwrap(), wanted);
    }
}

#[tokio::test]
async fn services_that_do_not_stream_are_understood() {
    let whole = json!({"choices": [{"message": {"content": null, "tool_calls": [
        {"id": "a", "function": {"name": "weather", "arguments": "{\"city\": \"Lagos\"}"}},
        {"id": "b", "function": {"name": "weather", "arguments": {"city": "上海"}}}]}, "finish_reason": "stop"}]});
    let (reply, _) = reply(move |_, _| answer_json("200 OK", &whole)).await;
    let ReplyBody::Said { calls, .. } = reply.unwrap().body else { panic!() };
    assert_eq!((calls.len(), &calls[1].arguments["city"]), (2, &json!("上海")));
}

#[tokio::test]
async fn the_request_says_what_is_asked_for() {
    let server = Loopback::serve(|_, _| stream(&[call("{\"city\": \"Lagos\"}"), finish("stop")], 0)).await;
    let sampling =
        Sampling { temperature: 0.7, top_p: 0.9, seed: 3, presence_penalty: 0.5, ..Sampling::default() };
    let options = ReplyOptions {
        tool_choice: ToolChoice::Tool("weather".into()),
        parallel_calls: false,
        sampling: Some(sampling),
        ..ReplyOptions::default()
    };
    ask(&server.url, &options, &Discard).await.unwrap();
    let request = &server.seen()[0];
    assert_eq!(request.line, "POST /v1/chat/completions");
    let body: Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!(body["tool_choice"], json!({"type": "function", "function": {"name": "weather"}}));
    assert_eq!(
        (&body["parallel_tool_calls"], &body["max_tokens"], &body["seed"]),
        (&json!(false), &json!(99), &json!(3))
    );
    assert_eq!(
        (&body["temperature"], &body["top_p"], &body["presence_penalty"]),
        (&json!(0.7), &json!(0.9), &json!(0.5))
    );
    assert!(!request.body.contains("x-verbatim") && !request.headers.contains("authorization"));
}

/// A call that came after some thinking, and its result.
fn turn() -> [Message; 2] {
    let asked = ToolCall {
        id: "c1".into(),
        tool: "weather".into(),
        arguments: [("city".to_owned(), json!("Lagos"))].into_iter().collect(),
    };
    let result = handyman_core::CallResult {
        call: "c1".into(),
        tool: "weather".into(),
        outcome: handyman_core::CallOutcome::Succeeded,
        result: json!({"high": 30}),
    };
    [
        Message { role: Role::Assistant, parts: vec![Part::Reasoning("hm".into()), Part::Call(asked)] },
        Message { role: Role::Tool, parts: vec![Part::Result(result)] },
    ]
}

#[tokio::test]
async fn past_calls_and_results_travel_with_names_of_their_own() {
    let server =
        Loopback::serve(|_, _| stream(&[delta(json!({"content": "Done."})), finish("stop")], 0)).await;
    let model = RemoteModel::connect(RemoteSettings { key: Some("secret".into()), ..settings(&server.url) })
        .await
        .unwrap();
    let keyed = RemoteSettings { key: Some("secret".into()), ..settings(&server.url) };
    assert!(!format!("{model:?}{keyed:?}").contains("secret"));
    let history = [vec![Message::text_of(Role::User, "Lagos")], turn().to_vec(), turn().to_vec()].concat();
    ask_after(&model, &history, ReplyMode::AnswerOnly, &ReplyOptions::default(), &Discard).await.unwrap();
    let seen = &server.seen()[0];
    assert!(seen.headers.contains("authorization: bearer secret"));
    let body: Value = serde_json::from_str(&seen.body).unwrap();
    assert_eq!(body["tool_choice"], "none");
    let messages = body["messages"].as_array().unwrap();
    assert_eq!(messages[1]["tool_calls"][0]["function"]["arguments"], "{\"city\":\"Lagos\"}");
    assert_eq!(
        (&messages[1]["tool_calls"][0]["id"], &messages[2]["tool_call_id"]),
        (&json!("call00001"), &json!("call00001"))
    );
    assert_eq!(
        (&messages[3]["tool_calls"][0]["id"], &messages[4]["tool_call_id"]),
        (&json!("call00002"), &json!("call00002"))
    );
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_only_that() {
    let good = || stream(&[delta(json!({"content": "Hi."})), finish("stop")], 0);
    for status in ["429 Too Many Requests", "503 Service Unavailable", "500 Internal Server Error"] {
        let (reply, server) = reply(move |index, _| {
            if index < 2 {
                answer(status, "retry-after: 0\r\n", b"{\"error\": {\"message\": \"busy\"}}")
            } else {
                good()
            }
        })
        .await;
        assert!(matches!(reply.unwrap().body, ReplyBody::Said { .. }));
        assert_eq!(server.seen().len(), 3, "{status}");
    }
    for (status, body, kind, hint) in [
        ("401 Unauthorized", "{\"error\": {\"message\": \"bad key\"}}", FaultKind::Model, "HANDYMAN_API_KEY"),
        ("402 Payment Required", "{\"error\": \"no balance\"}", FaultKind::Model, "credit"),
        ("404 Not Found", "{\"error\": \"no such model\"}", FaultKind::Model, "/v1"),
        (
            "400 Bad Request",
            "{\"error\": {\"message\": \"tools[0].description: string too long, maximum length 8\"}}",
            FaultKind::Model,
            "request",
        ),
        ("422 Unprocessable Entity", "not json", FaultKind::Model, "request"),
        (
            "429 Too Many Requests",
            "{\"error\": {\"message\": \"check your plan\", \"code\": \"insufficient_quota\"}}",
            FaultKind::Model,
            "credit",
        ),
        ("302 Found", "", FaultKind::Model, "redirects to: /x"),
    ] {
        let (reply, server) =
            reply(move |_, _| answer(status, "location: /x?k=1\r\n", body.as_bytes())).await;
        let fault = reply.unwrap_err();
        assert!(fault.kind() == kind && fault.hint().unwrap().contains(hint), "{status}: {fault}");
        assert_eq!(server.seen().len(), 1, "{status}");
    }
    let (reply, server) = reply(|_, _| answer("503 Service Unavailable", "retry-after: 0\r\n", b"")).await;
    assert_eq!((reply.unwrap_err().kind(), server.seen().len()), (FaultKind::Backend, 3));
}

#[tokio::test]
async fn what_a_grammar_would_not_allow_is_malformed_and_says_why() {
    let cases = [
        ("{\"city\": \"Lag", "stop", "not a JSON object"),
        ("[1]", "stop", "not a JSON object"),
        ("{\"city\": \"Lag", "length", "cut off"),
        ("{\"city\": \"Paris\"}", "stop", "copied from what was said"),
        ("{\"city\": \"Lag\"}", "stop", "copied from what was said"),
        ("{\"city\": \"Lagos\", \"id\": \"G2\"}", "stop", "a value of search.id"),
        ("{\"city\": \"Lagos\", \"row\": 7}", "stop", "/row: 7 has to be a value of search.rows.id"),
        ("{\"city\": \"Lagos\", \"place\": \"Rome\"}", "stop", "copied from what was said"),
        ("{\"city\": \"Lagos\", \"days\": [\"tomorrow\", \"Friday\"]}", "stop", "/days/1"),
    ];
    for (arguments, reason, problem) in cases {
        let (reply, _) = reply(move |_, _| stream(&[call(arguments), finish(reason)], 0)).await;
        let ReplyBody::Malformed { problem: why, .. } = reply.unwrap().body else { panic!("{arguments}") };
        assert!(why.contains(problem), "{arguments}: {why}");
    }
    let server = Loopback::serve(|_, _| stream(&[delta(json!({"content": "No."})), finish("stop")], 0)).await;
    let required = ReplyOptions { tool_choice: ToolChoice::Required, ..ReplyOptions::default() };
    let reply = ask(&server.url, &required, &Discard).await.unwrap();
    assert!(matches!(reply.body, ReplyBody::Malformed { .. }));
}

#[tokio::test]
async fn why_a_reply_ended_is_told() {
    for (reason, stop) in [
        ("stop", StopReason::Ended),
        ("length", StopReason::Tokens),
        ("max_tokens", StopReason::Tokens),
        ("model_length", StopReason::Tokens),
        ("content_filter", StopReason::Withheld),
        ("content_filter: RECITATION", StopReason::Withheld),
        ("sensitive", StopReason::Withheld),
    ] {
        let (reply, _) =
            reply(move |_, _| stream(&[delta(json!({"content": "Hi"})), finish(reason)], 0)).await;
        assert_eq!(reply.unwrap().stop, stop);
    }
}

#[tokio::test]
async fn the_only_model_is_found_and_several_are_named() {
    let models = |ids: &'static [&'static str]| {
        move |_: usize, _: &Request| {
            answer_json(
                "200 OK",
                &json!({"data": ids.iter().map(|id| json!({"id": id})).collect::<Vec<_>>()}),
            )
        }
    };
    let connect =
        |url: String| RemoteModel::connect(RemoteSettings { retries_max: 0, ..RemoteSettings::new(url) });
    let server = Loopback::serve(models(&["only"])).await;
    assert_eq!(connect(server.url.clone()).await.unwrap().info().name, "only");
    assert_eq!(server.seen()[0].line, "GET /v1/models");
    assert_eq!(connect(format!("{}/api/v3/#named", server.url)).await.unwrap().info().name, "named");
    let server = Loopback::serve(models(&["a", "b"])).await;
    let fault = connect(server.url.clone()).await.unwrap_err();
    assert!(fault.hint().unwrap().contains("a, b"), "{fault}");
    let named = RemoteSettings::new(format!("{}#c", server.url));
    assert_eq!(RemoteModel::models(&named).await.unwrap(), ["a", "b"], "whichever is named");
}

#[tokio::test]
async fn addresses_that_cannot_be_used_are_told_before_anything_is_sent() {
    let connect = |url: &str, key: Option<&str>| {
        RemoteModel::connect(RemoteSettings { key: key.map(str::to_owned), retries_max: 0, ..settings(url) })
    };
    assert!(connect("http://[", None).await.unwrap_err().hint().is_some());
    assert!(connect("ftp://host", None).await.unwrap_err().to_string().contains("HTTP"));
    let fault = connect("http://models.example.com/v1", Some("k")).await.unwrap_err();
    assert!(fault.to_string().contains("unencrypted"), "{fault}");
    assert!(connect("http://192.168.1.5:8000", Some("k")).await.is_ok());
    assert!(connect("http://models.example.com/v1", Some(" ")).await.is_ok(), "that is no key");
    let server = Loopback::serve(|_, _| Vec::new()).await;
    let model = connect(&server.url, Some("k\ney")).await.unwrap();
    let reply = ask_after(&model, &[], ReplyMode::Free, &ReplyOptions::default(), &Discard).await;
    assert_eq!((reply.unwrap_err().kind(), server.seen().len()), (FaultKind::Model, 0));
    let gone = Loopback::serve(|_, _| Vec::new()).await.url;
    let model = RemoteModel::connect(RemoteSettings { retries_max: 0, ..settings(&gone) }).await.unwrap();
    let reply = ask_after(&model, &[], ReplyMode::Free, &ReplyOptions::default(), &Discard).await;
    assert_eq!(reply.unwrap_err().kind(), FaultKind::Backend);
}
