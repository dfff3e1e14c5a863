//! The client: repeats what may be repeated, waits as long as it is asked to, and comes to no harm.

use std::process::Command;

use handyman_core::{ToolErrorKind, ToolResult};
use handyman_tools::web::{Answer, Client, HttpLimits, Reach, Request, Url};
use serde_json::{Value, json};

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
async fn an_effect_whose_answer_was_lost_stays_in_doubt() {
    let server = Server::start();
    let post = |n: u32, status: &str| {
        let url = server.url(&format!("/lost?n={n}&status={status}&key={n}{status}"));
        Request::post(url, json!({"n": 1})).keyed("k").unwrap()
    };
    refused(anywhere().send(&post(9, "200")).await, &ToolErrorKind::InDoubt, "it may have been done");
    for status in ["429", "500", "503", "302"] {
        let late = anywhere().send(&post(1, &format!("{status}%20Not%20Now"))).await;
        refused(late, &ToolErrorKind::InDoubt, "it may have been done");
    }
    // What the service says of the key, it says of every attempt.
    refused(anywhere().send(&post(1, "404%20Not%20Found")).await, &ToolErrorKind::NotFound, "no such thing");
    refused(anywhere().send(&post(1, "409%20Conflict")).await, &ToolErrorKind::Conflict, "no such thing");
    let alone = anywhere().send(&post(0, "503%20Not%20Now")).await;
    refused(alone, &ToolErrorKind::Unavailable, "503");
    let alone = anywhere().send(&post(0, "500%20Broken")).await;
    refused(alone, &ToolErrorKind::InDoubt, "500");
    // Without such a key, only the last attempt is told of; what reads is never in doubt.
    let url = server.url("/lost?n=1&status=404%20Not%20Found&key=repeatable");
    let mut request = Request::post(url, json!({}));
    request.repeatable = true;
    refused(anywhere().send(&request).await, &ToolErrorKind::InDoubt, "it may have been done");
    let read = server.get("/lost?n=9&key=read").await;
    refused(read, &ToolErrorKind::Unavailable, "127.0.0.1");
    let nobody: Url = "http://127.0.0.1:9/".parse().unwrap();
    let unsent = anywhere().send(&Request::post(nobody, json!({})).keyed("k").unwrap()).await;
    refused(unsent, &ToolErrorKind::Unavailable, "refused");
}

#[tokio::test]
async fn success_that_says_something_else_than_was_asked_for_is_in_doubt() {
    let server = Server::start();
    let post = Request::post(server.url("/lost?n=0&status=200%20OK&key=odd"), json!({}));
    let error = anywhere().send(&post).await.unwrap().json::<Vec<u8>>().unwrap_err();
    assert_eq!(error.kind(), &ToolErrorKind::InDoubt, "{error}");
}

#[tokio::test]
async fn forms_have_a_pair_for_each_item_and_none_for_null() {
    let server = Server::start();
    let mut request = Request::post(server.url("/plain"), Value::Null);
    request.body = None;
    request.form = Some(json!({"tag": ["a", "b&c"], "none": null, "n": 1, "of": {"a": 1}}));
    let seen: Value = anywhere().send(&request).await.unwrap().json().unwrap();
    assert_eq!(seen["body"], "tag=a&tag=b%26c&n=1&of=%7B%22a%22%3A1%7D");
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
    let nobody: Url = "http://127.0.0.1:9/".parse().unwrap();
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

/// An address that answers with a redirect.
fn moved(server: &Server, status: &str, to: &str) -> Url {
    server
        .url("/moved")
        .query_pairs_mut()
        .append_pair("status", status)
        .append_pair("to", to)
        .finish()
        .clone()
}

#[tokio::test]
async fn headers_stay_where_they_were_sent() {
    let (server, other) = (Server::start(), Server::start());
    let keyed = |url: Url| Request::get(url).header("x-api-key", "k3y").unwrap();
    let within = anywhere().send(&keyed(moved(&server, "301 Moved", "/plain"))).await.unwrap();
    assert_eq!(within.json::<Value>().unwrap()["headers"]["x-api-key"], "k3y", "in the same place");
    assert_eq!(within.url.path(), "/plain");
    let elsewhere = other.url("/orders");
    let gone = anywhere().send(&keyed(moved(&server, "301 Moved", elsewhere.as_str()))).await;
    refused(gone, &ToolErrorKind::Refused, &format!("it is now at {elsewhere}; configure that address"));
    let same_host = server.url_by_name("/plain");
    let by_name = anywhere().send(&keyed(moved(&server, "308 Moved", same_host.as_str()))).await;
    refused(by_name, &ToolErrorKind::Refused, "it is now at http://localhost:");
    assert!(anywhere().send(&keyed(server.url("/loop"))).await.is_err());
    assert_eq!(other.seen_lines().await, Vec::<String>::new());
    let plain = Request::get(moved(&server, "302 Found", elsewhere.as_str()));
    assert_eq!(anywhere().send(&plain).await.unwrap().url, elsewhere, "without headers it goes there");
}

#[tokio::test]
async fn what_may_have_an_effect_follows_no_redirect() {
    let (server, other) = (Server::start(), Server::start());
    for to in [server.url("/orders"), other.url("/orders")] {
        for (status, kind) in [
            ("301 Moved", ToolErrorKind::Refused),
            ("302 Found", ToolErrorKind::InDoubt),
            ("303 See", ToolErrorKind::InDoubt),
            ("307 Moved", ToolErrorKind::Refused),
            ("308 Moved", ToolErrorKind::Refused),
        ] {
            let request = Request::post(moved(&server, status, to.as_str()), json!({"n": 1}));
            refused(anywhere().send(&request).await, &kind, to.as_str());
            let keyed = request.keyed("k").unwrap();
            refused(anywhere().send(&keyed).await, &ToolErrorKind::Refused, to.as_str());
        }
    }
    let lines = server.seen_lines().await;
    assert!(lines.iter().all(|line| line.starts_with("POST /moved?")), "{lines:?}");
    assert_eq!(lines.len(), 20, "each once");
    assert_eq!(other.seen_lines().await, Vec::<String>::new());
}

/// An address that only a proxy could answer for.
fn behind_the_proxy() -> Url {
    "http://10.255.255.1/secret".parse().unwrap()
}

#[tokio::test]
#[ignore = "runs in a process of its own, whose environment names a proxy"]
async fn in_an_environment_with_a_proxy() {
    let public = Client::new(Reach::Public, impatient()).unwrap();
    let answer = public.send(&Request::get(behind_the_proxy())).await;
    refused(answer, &ToolErrorKind::Refused, "private network");
    let configured = Client::new(Reach::of(&behind_the_proxy()), impatient()).unwrap();
    let answer = configured.send(&Request::get(behind_the_proxy())).await.unwrap();
    assert_eq!(answer.status.as_u16(), 200, "the proxy answers for a service that a person configured");
}

#[tokio::test]
async fn a_proxy_does_not_look_up_what_a_model_named() {
    let proxy = Server::start();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "client::in_an_environment_with_a_proxy", "--ignored", "--nocapture"]);
    for name in ["HTTP_PROXY", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy", "REQUEST_METHOD"] {
        command.env_remove(name);
    }
    let ran = command.env("http_proxy", proxy.url("/").as_str()).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success() && said.contains("1 passed"), "{said}");
    assert_eq!(proxy.seen().await.len(), 1, "of two requests, one went by the proxy");
}
