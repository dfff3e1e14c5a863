//! Operations of OpenAPI documents: which server they are sent to, in what form, and what a lost answer comes to.

use std::collections::BTreeMap;

use handyman_core::{Tool, ToolErrorKind};
use handyman_tools::openapi::{Api, Settings};
use serde_json::{Value, json};

use crate::support::{Server, call, context, object};

/// The tools of a document with these paths, at the document's own servers.
fn tools(server: &Server, paths: Value) -> Vec<std::sync::Arc<dyn Tool>> {
    let document =
        json!({"openapi": "3.0.3", "servers": [{"url": server.url("/whole").as_str()}], "paths": paths})
            .to_string();
    Api::parse(&document, Settings::default()).unwrap().tools()
}

#[tokio::test]
async fn deleted_without_an_answer_is_not_told_as_not_there() {
    let server = Server::start();
    let delete = json!({"operationId": "deleteOrder",
        "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}}]});
    let base = server.url("/once/");
    let document = json!({"openapi": "3.1.0", "paths": {"/orders/{id}": {"delete": delete}}}).to_string();
    let tools = Api::parse(&document, Settings { base: Some(base), ..Settings::default() }).unwrap().tools();
    let error = call(tools[0].as_ref(), json!({"id": 1})).await.unwrap_err();
    assert_eq!(error.kind(), &ToolErrorKind::InDoubt, "{error}");
    assert_eq!(server.seen_lines().await, ["DELETE /once/orders/1", "DELETE /once/orders/1"]);
    let error = call(tools[0].as_ref(), json!({"id": 1})).await.unwrap_err();
    assert_eq!(error.kind(), &ToolErrorKind::InDoubt, "nor where the same call is made again: {error}");
    let other = tools[0].call(object(json!({"id": 1})), &context("c2")).await.unwrap_err();
    assert_eq!(other.kind(), &ToolErrorKind::NotFound, "another one is told as it is: {other}");
}

#[tokio::test]
async fn an_operation_is_at_the_server_that_is_nearest() {
    let (server, other) = (Server::start(), Server::start());
    let own = |url: &str| json!([{"url": url}]);
    let paths = json!({
        "/a": {"get": {"operationId": "a"}},
        "/b": {"servers": own(other.url("/path").as_str()), "get": {"operationId": "b"},
            "put": {"operationId": "c", "servers": own("/operation")}},
    });
    let tools = tools(&server, paths.clone());
    for tool in &tools {
        call(tool.as_ref(), json!({})).await.unwrap();
    }
    assert_eq!(server.seen_lines().await, ["GET /whole/a", "PUT /operation/b"]);
    assert_eq!(other.seen_lines().await, ["GET /path/b"]);
    // Where a person says where the service is, nothing goes elsewhere.
    let document = json!({"openapi": "3.0.3", "paths": paths}).to_string();
    let base = Some(server.url("/mine"));
    let api = Api::parse(&document, Settings { base, ..Settings::default() }).unwrap();
    assert_eq!(api.left_out().len(), 1, "{:?}", api.left_out());
    assert!(api.left_out()[0].why.contains("a server of its own"), "{:?}", api.left_out());
    assert_eq!(api.tools().len(), 2);
}

#[tokio::test]
async fn lists_objects_and_null_are_sent_in_the_style_that_is_asked_for() {
    let server = Server::start();
    let query = |name: &str, style: &str| json!({"name": name, "in": "query", "style": style, "schema": {}});
    let parameters = json!([
        query("plain", "form"),
        query("pipes", "pipeDelimited"),
        query("spaces", "spaceDelimited"),
        query("deep", "deepObject"),
        query("none", "form")
    ]);
    let form = json!({"content": {"application/x-www-form-urlencoded": {
        "schema": {"type": "object", "properties": {"tags": {}, "meta": {}, "none": {}}},
        "encoding": {"meta": {"style": "deepObject", "explode": true}}}}});
    let paths = json!({"/get": {"get": {"operationId": "get", "parameters": parameters}},
        "/post": {"post": {"operationId": "post", "requestBody": form}}});
    let tools = tools(&server, paths);
    let arguments = json!({"plain": "x", "pipes": ["a", "b"], "spaces": [1, 2],
        "deep": {"by": {"name": "n"}, "in": ["p", "q"]}, "none": null});
    let asked = call(tools[0].as_ref(), arguments).await.unwrap();
    let query: BTreeMap<String, String> = serde_json::from_value(asked["query"].clone()).unwrap();
    let names: Vec<&str> = query.keys().map(String::as_str).collect();
    assert_eq!(names, ["deep[by][name]", "deep[in][]", "pipes", "plain", "spaces"], "{asked}");
    assert_eq!((query["pipes"].as_str(), query["spaces"].as_str()), ("a|b", "1 2"));
    let posted = call(tools[1].as_ref(), json!({"tags": ["a", "b"], "meta": {"k": "v"}, "none": null})).await;
    assert_eq!(posted.unwrap()["body"], "tags=a&tags=b&meta%5Bk%5D=v");
}

#[tokio::test]
async fn an_argument_becomes_no_further_cookie_and_no_other_key() {
    let server = Server::start();
    let cookie =
        |name: &str| json!({"name": name, "in": "cookie", "explode": false, "schema": {"type": "string"}});
    let key =
        json!({"name": "Idempotency-Key", "in": "header", "required": true, "schema": {"type": "string"}});
    let parameters = json!([cookie("session"), cookie("list"), key]);
    let paths = json!({"/pay": {"post": {"operationId": "pay", "parameters": parameters}}});
    let tools = tools(&server, paths);
    let arguments = json!({"session": "1; admin=true", "list": ["a,b", "ü\n", 3], "Idempotency-Key": "mine"});
    let asked = call(tools[0].as_ref(), arguments).await.unwrap();
    assert_eq!(asked["headers"]["cookie"], "session=1%3B%20admin=true; list=a%2Cb,%C3%BC%0A,3");
    assert_eq!(asked["headers"]["idempotency-key"], "r1.c1");
    assert_eq!(asked["headers"]["accept"], "application/json, */*;q=0.5");
}

#[tokio::test]
async fn an_answer_that_is_no_text_is_not_shown_as_one() {
    let server = Server::start();
    let get = |name: &str| json!({"servers": [{"url": "/"}], "get": {"operationId": name}});
    let tools = tools(&server, json!({"/bytes": get("bytes"), "/cafe.txt": get("text")}));
    let bytes = call(tools[0].as_ref(), json!({})).await.unwrap();
    assert_eq!(bytes, json!({"type": "application/octet-stream", "bytes": 10, "source": "127.0.0.1"}));
    let text = call(tools[1].as_ref(), json!({})).await.unwrap();
    assert_eq!(text["text"], "Café");
}
