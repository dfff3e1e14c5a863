//! Tools from OpenAPI documents, against a server that says what it was asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use handyman_core::{Effect, Tool, ToolErrorKind, Toolbox};
use handyman_tools::openapi::{Api, Settings};
use handyman_tools::web::Url;
use serde_json::{Value, json};

use crate::support::{Server, call};

const SHOP: &str = include_str!("shop.yaml");

fn tools(server: &Server, credentials: &[(&str, &str)]) -> Vec<Arc<dyn Tool>> {
    tools_at(server.url("/api"), credentials)
}

fn tools_at(base: Url, credentials: &[(&str, &str)]) -> Vec<Arc<dyn Tool>> {
    let credentials =
        credentials.iter().map(|(name, secret)| ((*name).to_owned(), (*secret).to_owned())).collect();
    let settings = Settings { base: Some(base), credentials, ..Settings::default() };
    Api::parse(SHOP, settings).unwrap().tools()
}

fn named<'a>(tools: &'a [Arc<dyn Tool>], name: &str) -> &'a dyn Tool {
    tools.iter().find(|tool| tool.spec().name == name).unwrap_or_else(|| panic!("{name}")).as_ref()
}

#[tokio::test]
async fn every_operation_is_a_tool() {
    let server = Server::start();
    let tools = tools(&server, &[]);
    Toolbox::new().with_all(tools.clone()).unwrap();
    let effects: Vec<(&str, Effect)> =
        tools.iter().map(|tool| (tool.spec().name.as_str(), tool.spec().effect)).collect();
    let expected = [
        ("listOrders", Effect::ReadOnly),
        ("createOrder", Effect::Once),
        ("getOrder", Effect::ReadOnly),
        ("replaceOrder", Effect::Idempotent),
        ("deleteOrder", Effect::Idempotent),
        ("patch_orders_id", Effect::Once),
        ("report", Effect::ReadOnly),
        ("login", Effect::Once),
        ("secret", Effect::ReadOnly),
        ("tree", Effect::Once),
    ];
    assert_eq!(effects, expected);
    let created = &named(&tools, "createOrder").spec().parameters;
    assert_eq!(created["required"], json!(["item", "count"]));
    assert_eq!(
        created["properties"]["item"]["type"], "string",
        "the body's fields stand beside the parameters"
    );
    assert_eq!(created["properties"]["note"]["type"], json!(["string", "null"]), "nullable of 3.0");
    assert_eq!(named(&tools, "listOrders").spec().description, "Orders of a customer");
    assert!(
        named(&tools, "tree").spec().parameters["$defs"]["Node"].is_object(),
        "a schema that contains itself"
    );
}

#[tokio::test]
async fn arguments_go_where_the_document_says() {
    let server = Server::start();
    let tools = tools(&server, &[("key", "k3y"), ("token", "t0ken"), ("basic", "ann:pass")]);
    let asked = async |name: &str, arguments: Value| call(named(&tools, name), arguments).await.unwrap();
    let listed = asked("listOrders", json!({"status": ["open", "paid"], "ids": [1, 2], "filter": {"min": 5}, "X-Trace": "t", "session": "s"})).await;
    assert_eq!(listed["path"], "/api/orders");
    assert_eq!(
        (&listed["query"]["ids"], &listed["query"]["filter[min]"]),
        (&json!("1,2"), &json!("5")),
        "{listed}"
    );
    assert_eq!(
        (&listed["headers"]["x-trace"], &listed["headers"]["cookie"]),
        (&json!("t"), &json!("session=s"))
    );
    let lines = server.seen_lines().await;
    assert!(lines[0].contains("status="), "{lines:?}");
    let created = asked("createOrder", json!({"item": "tea", "count": 2, "note": null})).await;
    assert_eq!(created["method"], "POST");
    assert_eq!(
        serde_json::from_str::<Value>(created["body"].as_str().unwrap()).unwrap(),
        json!({"item": "tea", "count": 2, "note": null})
    );
    assert_eq!(created["headers"]["idempotency-key"], "r1.c1");
    assert_eq!(created["headers"]["x-api-key"], "k3y");
    let got = asked("getOrder", json!({"id": "a/b c?d#e%2e"})).await;
    assert_eq!(got["path"], "/api/orders/a%2Fb%20c%3Fd%23e%252e", "a value is one segment");
    for id in ["..", ".", ""] {
        assert!(
            call(named(&tools, "deleteOrder"), json!({"id": id})).await.is_err(),
            "'{id}' would reach another resource"
        );
    }
    assert_eq!(asked("report", json!({"name": "x", "format": "csv"})).await["path"], "/api/reports/x.csv");
    let login = asked("login", json!({"user": "ann", "password": "p&q"})).await;
    assert_eq!(login["body"], "user=ann&password=p%26q");
    assert_eq!(asked("secret", json!({})).await["headers"]["authorization"], "Bearer t0ken");
    let tree = asked("tree", json!({"body": {"name": "a", "children": [{"name": "b"}]}})).await;
    assert!(tree["body"].as_str().unwrap().contains("children"), "{tree}");
}

#[tokio::test]
async fn neither_effects_nor_secrets_follow_a_service_that_moved() {
    let (server, other) = (Server::start(), Server::start());
    let base = server.url(&format!("/away/{}", other.port()));
    let tools = tools_at(base, &[("key", "k3y"), ("token", "t0ken")]);
    let cases = [
        ("createOrder", json!({"item": "tea", "count": 2})),
        ("deleteOrder", json!({"id": "1"})),
        ("secret", json!({})),
        ("listOrders", json!({"X-Trace": "t"})),
    ];
    let asked = cases.len();
    for (name, arguments) in cases {
        let error = call(named(&tools, name), arguments).await.unwrap_err();
        assert_eq!(error.kind(), &ToolErrorKind::Refused, "{name}: {error}");
        let said = format!(
            "127.0.0.1 answered 301 Moved Permanently: it is now at http://127.0.0.1:{}/orders; configure that address",
            other.port()
        );
        assert_eq!(error.to_string(), said, "{name}");
    }
    assert_eq!(server.seen().await.len(), asked);
    assert_eq!(other.seen_lines().await, Vec::<String>::new());
    let read = call(named(&tools, "getOrder"), json!({"id": "1"})).await.unwrap();
    assert_eq!(read["path"], "/orders", "what only reads, without a header, goes on");
    assert_eq!(read["headers"]["x-api-key"], Value::Null);
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_said() {
    let server = Server::start();
    let error =
        call(named(&tools(&server, &[]), "createOrder"), json!({"item": "x", "count": 1})).await.unwrap_err();
    assert!(
        error.to_string().contains("createOrder needs a credential that is not configured: key"),
        "{error}"
    );
    let cases = [
        ("{}", "does not say `openapi"),
        (r#"{"openapi": "2.0"}"#, "its version is 2.0"),
        (r#"{"openapi": "3.1.0"}"#, "it has no operation"),
        ("openapi: 3.0.0\npaths: [", "line"),
        (
            r#"{"openapi": "3.1.0", "paths": {"/x": {"get": {"parameters": [{"$ref": "other.yaml#/p"}]}}}}"#,
            "leads outside",
        ),
        (
            r##"{"openapi": "3.1.0", "paths": {"/x": {"get": {"parameters": [{"$ref": "#/p"}]}}}}"##,
            "leads nowhere",
        ),
        (
            r##"{"openapi": "3.1.0", "p": {"$ref": "#/p"}, "paths": {"/x": {"get": {"parameters": [{"$ref": "#/p"}]}}}}"##,
            "circle",
        ),
        (r#"{"openapi": "3.1.0", "paths": {"/x": {"get": {}}}}"#, "names no server"),
        (
            r#"{"openapi": "3.1.0", "servers": [{"url": "/v1"}], "paths": {"/x": {"get": {}}}}"#,
            "no full address",
        ),
        (
            r#"{"openapi": "3.1.0", "paths": {"/x": {"post": {"requestBody": {"content": {"image/png": {}}}}}}}"#,
            "image/png",
        ),
    ];
    for (document, words) in cases {
        let error = Api::parse(document, Settings::default()).unwrap_err().to_string();
        assert!(error.contains(words), "{document}: {error}");
    }
    let effects = BTreeMap::from([("createOrder".to_owned(), Effect::Idempotent)]);
    let tools = Api::parse(SHOP, Settings { effects, ..Settings::default() }).unwrap().tools();
    assert_eq!(named(&tools, "createOrder").spec().effect, Effect::Idempotent, "what is configured counts");
    let effects = BTreeMap::from([("none".to_owned(), Effect::Once)]);
    assert!(
        Api::parse(SHOP, Settings { effects, ..Settings::default() })
            .unwrap_err()
            .to_string()
            .contains("'none'")
    );
}
