//! The agent as a part of an application of one's own.

use std::net::SocketAddr;

use axum::http::HeaderValue;
use axum::middleware::map_response;
use axum::response::Response;
use handyman_core::ReplyBody;
use handyman_core::testing::{MemoryJournal, ScriptedModel};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;

fn agent(replies: impl IntoIterator<Item = ReplyBody>) -> Agent {
    Agent::new(ScriptedModel::new(replies)).journal_with(Arc::new(MemoryJournal::default()))
}

/// What the application adds to every answer.
async fn marked(mut response: Response) -> Response {
    response.headers_mut().insert("x-from", HeaderValue::from_static("my application"));
    response
}

async fn listening(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, router).into_future());
    address
}

/// The status, the headers and the body that a request is answered with.
async fn ask(address: SocketAddr, head: &str, body: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let request = format!("{head}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_owned(), body.to_owned())
}

const WITH_KEY: &str = "Host: app.example.org\r\nAuthorization: Bearer k";

#[tokio::test]
async fn an_application_serves_the_agent_beside_its_own_pages() {
    let router = HttpAgent::new(agent([ScriptedModel::answer("Hello.")])).key("k").into_router();
    let pages = Router::new().route("/", get(|| async { "My application" }));
    let address = listening(pages.nest("/v1", router).layer(map_response(marked))).await;

    let head = format!("POST /v1/runs HTTP/1.1\r\n{WITH_KEY}");
    let (status, headers, body) = ask(address, &head, r#"{"message": "Hi", "session": "s"}"#).await;
    assert_eq!(status, 200, "{body}");
    assert!(headers.contains("x-from: my application"), "{headers}");
    let run: Value = serde_json::from_str(&body).unwrap();
    let told = ["message", "answer", "outcome"].map(|name| run[name].as_str().unwrap_or_default());
    assert_eq!(told, ["Hi", "Hello.", "answered"]);
    let name = run["run"].as_str().unwrap();
    let (_, _, again) = ask(address, &format!("GET /v1/runs/{name} HTTP/1.1\r\n{WITH_KEY}"), "").await;
    assert_eq!(serde_json::from_str::<Value>(&again).unwrap(), run);

    for (path, status) in [("/v1/runs/r0", 404), ("/v1/nothing", 404), ("/v1/runs", 405)] {
        let (found, _, body) = ask(address, &format!("GET {path} HTTP/1.1\r\n{WITH_KEY}"), "").await;
        let told: Value = serde_json::from_str(&body).unwrap();
        assert!(found == status && told["error"]["kind"].is_string(), "{path}: {found} {body}");
    }
    // The key is asked for within, and by nothing else.
    for (path, status) in [("/", 200), ("/v1/health", 200), ("/v1/runs/r0", 401), ("/v1/nothing", 401)] {
        let (found, _, body) = ask(address, &format!("GET {path} HTTP/1.1\r\nHost: localhost"), "").await;
        assert_eq!(found, status, "{path}: {body}");
    }
}

#[tokio::test]
async fn what_it_is_mounted_under_may_have_names_of_its_own() {
    let agent = agent([ScriptedModel::answer("Hello.")]);
    let run = agent.session_named("s".into()).run("Hi").await.unwrap();
    let router = Router::new().nest("/tenants/{tenant}/agent", HttpAgent::new(agent).into_router());
    let address = listening(router).await;
    for path in [format!("runs/{}", run.id()), "sessions/s/messages".to_owned()] {
        let head = format!("GET /tenants/t1/agent/{path} HTTP/1.1\r\nHost: localhost");
        let (status, _, body) = ask(address, &head, "").await;
        assert_eq!(status, 200, "{path}: {body}");
    }
}

#[tokio::test]
async fn without_a_key_an_application_names_what_it_is_called() {
    let served = HttpAgent::new(agent([])).host("app.example.org");
    let address = listening(served.into_router()).await;
    let heads = [
        ("GET /health HTTP/1.1\r\nHost: localhost:80", 200),
        ("GET /health HTTP/1.1\r\nHost: app.example.org", 200),
        ("GET /health HTTP/1.1\r\nHost: rebound.example.org", 403),
        // As HTTP/2 says it.
        ("GET http://app.example.org/health HTTP/1.1", 200),
        ("GET http://rebound.example.org/health HTTP/1.1", 403),
        ("GET /health HTTP/1.1", 403),
    ];
    for (head, status) in heads {
        let (found, _, body) = ask(address, head, "").await;
        assert_eq!(found, status, "{head}: {body}");
    }
}

#[tokio::test]
async fn an_empty_key_lets_nobody_in() {
    let address = listening(HttpAgent::new(agent([])).key(" ").into_router()).await;
    for sent in ["", "\r\nAuthorization: Bearer", "\r\nAuthorization: Bearer  ", "\r\nAuthorization: "] {
        let head = format!("GET /runs/r1 HTTP/1.1\r\nHost: localhost{sent}");
        assert_eq!(ask(address, &head, "").await.0, 401, "{sent:?}");
    }
}

#[tokio::test]
async fn an_application_tells_of_a_run_of_its_own_as_the_api_does() {
    let agent = agent([ScriptedModel::answer("Hello.")]);
    let run = agent.run("Hi").await.unwrap();
    let address = listening(HttpAgent::new(agent).into_router()).await;
    let head = format!("GET /runs/{} HTTP/1.1\r\nHost: localhost", run.id());
    let (_, _, body) = ask(address, &head, "").await;
    assert_eq!(serde_json::to_string(&HttpAgent::json_of(&run, None)).unwrap(), body);
}
