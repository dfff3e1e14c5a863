//! The client: repeats what may be repeated, waits as long as it is asked to, and comes to no harm.

use handyman_core::{ToolErrorKind, ToolResult};
use handyman_tools::web::{Answer, Client, HttpLimits, Reach, Request};
use serde_json::json;

use crate::support::{Server, anywhere, impatient};

fn refused(outcome: ToolResult<Answer>, kind: &ToolErrorKind, words: &str) {
    let error = outcome.and_then(Answer::successful).map(|answer| answer.status).unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(words), "{error}");
}

#[tokio::test]
async fn what_may_be_repeated_is_repeated() {
    let server = Server::start();
    for status in [429, 502, 503, 504] {
        let answer = server.get(&format!("/flaky?n=2&status={status}&key={status}")).await.unwrap();
        assert_eq!(answer.status.as_u16(), 200, "{status}");
    }
    assert_eq!(server.seen_lines().await.len(), 12, "each twice in vain");
    refused(server.get("/flaky?n=9&status=503&key=x").await, &ToolErrorKind::Unavailable, "503");
    assert_eq!(server.seen_lines().await.len(), 15, "three attempts and no more");
    assert_eq!(
        server.get("/vanish").await.unwrap().status.as_u16(),
        200,
        "a lost answer to a reading request"
    );
    assert_eq!(server.get("/later").await.unwrap().status.as_u16(), 200, "Retry-After as a date");
}

#[tokio::test]
async fn what_may_not_be_repeated_is_not() {
    let server = Server::start();
    let post = |path: &str| Request::post(server.url(path), json!({"n": 1}));
    let lost = anywhere().send(&post("/vanish")).await;
    refused(lost, &ToolErrorKind::InDoubt, "it may have been done");
    assert_eq!(server.seen_lines().await, ["POST /vanish"], "an effect may have taken place");
    refused(anywhere().send(&post("/flaky?n=1&status=502")).await, &ToolErrorKind::InDoubt, "502");
    assert_eq!(server.seen_lines().await.len(), 2, "502 does not say that nothing was done");
    let answer = anywhere().send(&post("/flaky?n=1&status=503&key=again")).await.unwrap();
    assert_eq!(answer.status.as_u16(), 200, "503 does");
    let keyed = anywhere().send(&post("/vanish?key=keyed").keyed("k1").unwrap()).await.unwrap();
    assert_eq!(keyed.status.as_u16(), 200, "under a key it is one effect");
    let seen = server.seen().await;
    let keys: Vec<_> = seen.iter().filter(|request| request["line"] == "POST /vanish?key=keyed").collect();
    assert_eq!(keys.len(), 2);
    assert!(keys.iter().all(|request| request["headers"]["idempotency-key"] == "k1"), "{keys:?}");
    for status in [400, 401, 403, 404, 409, 422, 500] {
        let _ = server.get(&format!("/flaky?n=1&status={status}&key=s{status}")).await;
        let lines = server.seen_lines().await;
        assert_eq!(
            lines.iter().filter(|line| line.contains(&format!("key=s{status}"))).count(),
            1,
            "{status}"
        );
    }
}

#[tokio::test]
async fn a_server_that_asks_for_too_much_patience_gets_none() {
    let server = Server::start();
    refused(server.get("/much-later").await, &ToolErrorKind::Unavailable, "come tomorrow");
    assert_eq!(server.seen_lines().await.len(), 1);
    refused(server.get("/refused").await, &ToolErrorKind::Refused, "no such key");
}

#[tokio::test]
async fn slow_broken_huge_and_hostile_answers_end() {
    let server = Server::start();
    let client = Client::new(Reach::Anywhere, HttpLimits { attempts_max: 1, ..impatient() }).unwrap();
    let get = async |path: &str| client.send(&Request::get(server.url(path))).await;
    for path in ["/silent", "/drip"] {
        refused(get(path).await, &ToolErrorKind::Unavailable, "no answer in time");
    }
    for path in ["/broken", "/garbage"] {
        refused(get(path).await, &ToolErrorKind::Unavailable, "127.0.0.1");
    }
    for path in ["/huge", "/claims", "/bomb"] {
        refused(get(path).await, &ToolErrorKind::Refused, "larger than 100000 bytes");
    }
    assert!(get("/headers").await.is_err());
    assert!(get("/loop").await.is_err());
    let error = get("/html").await.unwrap().json::<serde_json::Value>().unwrap_err();
    assert_eq!(error.kind(), &ToolErrorKind::Unavailable, "{error}");
    let nobody: handyman_tools::web::Url = "http://127.0.0.1:9/".parse().unwrap();
    refused(client.send(&Request::get(nobody)).await, &ToolErrorKind::Unavailable, "refused");
}

#[tokio::test]
async fn private_networks_are_out_of_reach() {
    let server = Server::start();
    let client = Client::new(Reach::Public, impatient()).unwrap();
    let port = server.port();
    for host in ["127.0.0.1", "localhost", "[::1]", "127.1", "2130706433", "[::ffff:127.0.0.1]", "0.0.0.0"] {
        let url = format!("http://{host}:{port}/secret").parse().unwrap();
        refused(client.send(&Request::get(url)).await, &ToolErrorKind::Refused, "private network");
    }
    let configured = Client::new(Reach::of(&server.url_by_name("/")), impatient()).unwrap();
    let answer = configured.send(&Request::get(server.url_by_name("/plain"))).await.unwrap();
    assert_eq!(answer.status.as_u16(), 200, "what a person configured is reached");
    for to in [
        server.url("/secret"),
        "http://169.254.169.254/latest/meta-data".parse().unwrap(),
        "file:///etc/passwd".parse().unwrap(),
    ] {
        let url =
            server.url_by_name("/moved").query_pairs_mut().append_pair("to", to.as_str()).finish().clone();
        let outcome = configured.send(&Request::get(url)).await.and_then(Answer::successful);
        assert!(outcome.is_err(), "a redirect to {to}");
    }
    let lines = server.seen_lines().await;
    assert!(!lines.iter().any(|line| line.contains("GET /secret")), "{lines:?}");
    let by_name = server.url_by_name("/moved").query_pairs_mut().append_pair("to", "/plain").finish().clone();
    assert_eq!(
        configured.send(&Request::get(by_name)).await.unwrap().url.path(),
        "/plain",
        "within the service"
    );
}
