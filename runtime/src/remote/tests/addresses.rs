//! Addresses: their paths, what follows them, and what is told of them.

use handyman_core::{Discard, ReplyOptions};
use serde_json::json;

use super::{RemoteModel, ask, delta, finish, settings, stream};
use crate::loopback::{Loopback, json as answer_json};
use crate::remote::address::Address;

#[tokio::test]
async fn a_query_goes_along_with_every_request() {
    let server = Loopback::serve(|_, request| {
        if request.line.starts_with("GET") {
            return answer_json("200 OK", &json!({"data": [{"id": "only"}]}));
        }
        stream(&[delta(json!({"content": "Hi."})), finish("stop")], 0)
    })
    .await;
    for path in ["/openai/deployments/d", "/openai/deployments/d/", "/openai/deployments/d/chat/completions"]
    {
        let url = format!("{}{path}?api-version=2024-10-21", server.url);
        ask(&url, &ReplyOptions::default(), &Discard).await.unwrap();
        let line = server.seen().last().unwrap().line.clone();
        assert_eq!(line, "POST /openai/deployments/d/chat/completions?api-version=2024-10-21", "{path}");
    }
    let models = super::RemoteSettings::new(format!("{}/v1?api-version=preview#named", server.url));
    assert_eq!(RemoteModel::models(&models).await.unwrap(), ["only"]);
    assert_eq!(server.seen().last().unwrap().line, "GET /v1/models?api-version=preview");
}

#[tokio::test]
async fn models_are_found_in_a_bare_list_too() {
    let server = Loopback::serve(|_, _| answer_json("200 OK", &json!([{"id": "a"}, {"id": "b"}]))).await;
    let models = super::RemoteSettings::new(server.url.clone());
    assert_eq!(RemoteModel::models(&models).await.unwrap(), ["a", "b"]);
}

#[tokio::test]
async fn what_may_be_secret_in_an_address_is_not_told() {
    let server = Loopback::serve(|_, _| answer_json("400 Bad Request", &json!({"error": "no"}))).await;
    let url = server.url.replace("http://", "http://ann:hush@") + "/v1?key=hush";
    let model = RemoteModel::connect(settings(&url)).await.unwrap();
    let fault = ask(&url, &ReplyOptions::default(), &Discard).await.unwrap_err();
    assert!(fault.to_string().contains(&format!("{}/v1/ answers 400", server.url)), "{fault}");
    assert!(!format!("{fault} {model:?}").contains("hush"), "{fault} {model:?}");
    assert_eq!(server.seen()[0].line, "POST /v1/chat/completions?key=hush");
}

#[test]
fn paths_are_those_that_were_named() {
    let at = |url: &str| Address::new(url).unwrap().at("models").unwrap().to_string();
    for (url, models) in [
        ("https://host", "https://host/v1/models"),
        ("https://host/", "https://host/v1/models"),
        ("https://host/api/v3/", "https://host/api/v3/models"),
        ("https://host/chat/completions", "https://host/models"),
        ("https://host/v1/chat/completions/?", "https://host/v1/models"),
    ] {
        assert_eq!(at(url), models, "{url}");
    }
}

#[test]
fn azure_is_given_keys_as_it_takes_them() {
    let http = crate::http::client_for("https://host").unwrap().build().unwrap();
    let sent = |url: &str, key: &str| {
        let address = Address::new(url).unwrap();
        let request = address.keyed(http.get(address.at("models").unwrap()), key).build().unwrap();
        let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        (header("authorization"), header("api-key"))
    };
    let azure = "https://name.openai.azure.com/openai/deployments/d?api-version=2024-10-21";
    assert_eq!(sent(azure, "k"), (Some("Bearer k".to_owned()), Some("k".to_owned())));
    assert_eq!(sent(azure, "eyJ0.e.s"), (Some("Bearer eyJ0.e.s".to_owned()), None), "that is a token");
    assert_eq!(sent("https://azure.com.example.org/v1", "k"), (Some("Bearer k".to_owned()), None));
}

#[test]
fn a_private_network_is_not_open() {
    let is_open = |url: &str| Address::new(url).unwrap().is_open();
    for near in
        ["127.0.0.1", "[::1]:8080", "10.0.0.1", "box", "box.local", "host.docker.internal", "a.localhost"]
    {
        assert!(!is_open(&format!("http://{near}/v1")), "{near}");
    }
    for far in ["models.example.com", "8.8.8.8", "internal.example.com"] {
        assert!(is_open(&format!("http://{far}/v1")) && !is_open(&format!("https://{far}/v1")), "{far}");
    }
}
