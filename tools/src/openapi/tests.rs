//! Odd documents: read, refused, or read in part, never a panic; and whose secret is whose.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use handyman_core::schema::check;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Api, Document, Settings, credentials};

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        let _ = Api::parse(&text, Settings::default());
        let _ = Api::parse(&format!("openapi: 3.1.0\npaths:\n  /x:\n    get:\n      parameters: {text}"), Settings::default());
    }
}

fn document(paths: Value, schemas: Value) -> Api {
    let document = json!({"openapi": "3.1.0", "servers": [{"url": "https://api.example"}], "paths": paths,
        "components": {"schemas": schemas}});
    Api::parse(&document.to_string(), Settings::default()).unwrap()
}

fn names(api: Api) -> Vec<String> {
    api.tools().iter().map(|tool| tool.spec().name.clone()).collect()
}

#[test]
fn what_cannot_be_offered_is_left_out_and_the_rest_is_there() {
    let file = json!({"content": {"application/octet-stream": {}}});
    let matrix = json!([{"name": "id", "in": "path", "required": true, "style": "matrix", "schema": {}}]);
    let api = document(
        json!({
            "/pets": {"get": {"operationId": "listPets"}},
            "/pets/image": {"post": {"operationId": "uploadImage", "requestBody": file}},
            "/pets/{id}": {"get": {"parameters": matrix}},
            "/owners/{id}": {"get": {"operationId": "owner"}},
            "/lost": {"$ref": "other.yaml#/paths/lost"},
            "/either": {"get": {"operationId": "either", "security": [{"certificate": []}, {}]}},
            "/alone": {"get": {"operationId": "alone", "security": [{"certificate": []}]}},
        }),
        json!({}),
    );
    let left_out: Vec<String> = api.left_out().iter().map(ToString::to_string).collect();
    let expected = [
        ("POST /pets/image", "octet-stream"),
        ("GET /pets/{id}", "matrix"),
        ("GET /owners/{id}", "'{id}'"),
        ("/lost", "leads outside"),
        ("GET /alone", "no security scheme 'certificate'"),
    ];
    for (operation, why) in expected {
        assert!(
            left_out.iter().any(|said| said.starts_with(operation) && said.contains(why)),
            "{operation}: {left_out:?}"
        );
    }
    assert_eq!(left_out.len(), expected.len(), "{left_out:?}");
    assert_eq!(names(api), ["listPets", "either"]);
}

#[test]
fn long_names_and_names_that_are_taken_end_with_a_digest() {
    let long = "/the/same/".to_owned() + &"path/".repeat(20);
    let api = document(
        json!({
            format!("{long}one"): {"get": {}}, format!("{long}two"): {"get": {}},
            "/a": {"get": {"operationId": "list"}}, "/b": {"get": {"operationId": "list"}},
        }),
        json!({}),
    );
    assert!(api.left_out().is_empty(), "{:?}", api.left_out());
    let names = names(api);
    assert_eq!(names[2], "list");
    assert!(names[3].starts_with("list_") && names[3].len() == 13, "{names:?}");
    assert!(names[0] != names[1] && names[..2].iter().all(|name| name.len() == 64), "{names:?}");
}

#[test]
fn a_large_document_is_kept_once_and_what_is_too_large_is_left_out() {
    let (mut schemas, mut paths) = (json!({}), json!({}));
    for index in 0..500 {
        schemas[format!("S{index}")] = json!({"type": "string", "description": "x".repeat(2_000)});
        let body = json!({"content": {"application/json": {"schema": {"$ref": format!("#/components/schemas/S{index}")}}}});
        paths[format!("/p{index}")] = json!({"post": {"requestBody": body}});
    }
    let all: Vec<Value> =
        (0..500).map(|index| json!({"$ref": format!("#/components/schemas/S{index}")})).collect();
    paths["/all"] =
        json!({"post": {"requestBody": {"content": {"application/json": {"schema": {"anyOf": all}}}}}});
    let api = document(paths, schemas);
    let left_out: Vec<&str> = api.left_out().iter().map(|left| left.operation.as_str()).collect();
    assert_eq!(left_out, ["POST /all"]);
    let tools = api.tools();
    assert_eq!(tools.len(), 500);
    assert!(tools.iter().all(|tool| tool.spec().parameters.to_string().len() < 5_000));
}

#[test]
fn what_only_answers_have_is_not_asked_for() {
    let order = json!({"type": "object", "required": ["id", "state", "item"], "properties": {
        "id": {"type": "integer", "readOnly": true}, "state": {"$ref": "#/components/schemas/State"},
        "item": {"type": "object", "required": ["sku", "made"], "properties": {"sku": {"type": "string"},
            "made": {"type": "string", "readOnly": true}}}}});
    let rush = json!({"allOf": [{"$ref": "#/components/schemas/Order"}, {"type": "object", "required": ["id", "by"],
        "properties": {"by": {"type": "string"}}}]});
    let body = |name: &str| json!({"required": true, "content": {"application/json": {"schema": {"$ref": format!("#/components/schemas/{name}")}}}});
    let parameters = json!([{"name": "authorization", "in": "header", "required": true, "schema": {}},
        {"name": "X-Trace", "in": "header", "schema": {"type": "string"}}]);
    let api = document(
        json!({"/orders": {"post": {"operationId": "order", "requestBody": body("Order"), "parameters": parameters}},
            "/rush": {"post": {"operationId": "rush", "requestBody": body("Rush")}}}),
        json!({"Order": order, "Rush": rush, "State": {"type": "string", "readOnly": true}}),
    );
    let tools = api.tools();
    let order = &tools[0].spec().parameters;
    assert_eq!(order["required"], json!(["item"]), "{order}");
    let names: Vec<&String> = order["properties"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["X-Trace", "item"]);
    assert_eq!(order["properties"]["item"]["required"], json!(["sku"]));
    let rush = tools[1].spec().parameters.to_string();
    assert!(rush.contains(r#""required":["by"]"#) && !rush.contains("readOnly"), "{rush}");
}

#[test]
fn headers_that_follow_from_the_call_are_no_arguments() {
    let headers = ["Idempotency-Key", "Cookie", "HOST", "Content-Length", "X-Trace"];
    let parameters: Vec<Value> = headers
        .iter()
        .map(|name| json!({"name": name, "in": "header", "required": true, "schema": {"type": "string"}}))
        .collect();
    let pay = json!({"operationId": "pay", "parameters": parameters});
    let look = json!({"operationId": "look", "parameters": parameters});
    let tools = document(json!({"/pay": {"post": pay, "get": look}}), json!({})).tools();
    let of = |name: &str| {
        let parameters = &tools.iter().find(|tool| tool.spec().name == name).unwrap().spec().parameters;
        let names: Vec<String> = parameters["properties"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(parameters["required"], json!(names));
        names
    };
    assert_eq!(of("pay"), ["X-Trace"]);
    assert_eq!(of("look"), ["Idempotency-Key", "X-Trace"], "a call that only reads has none of its own");
}

#[test]
fn the_code_of_norway_is_no_truth_value() {
    let text = "openapi: 3.0.3\nservers: [{url: 'https://api.example'}]\npaths:\n  /x:\n    get:\n      parameters:\n        - {name: country, in: query, schema: {type: string, enum: [DE, NO, SE]}}\n        - {name: all, in: query, required: true, schema: {type: boolean}}\n";
    let tools = Api::parse(text, Settings::default()).unwrap().tools();
    let parameters = &tools[0].spec().parameters;
    assert_eq!(parameters["properties"]["country"]["enum"], json!(["DE", "NO", "SE"]));
    assert_eq!(parameters["required"], json!(["all"]));
}

fn with_schemes(schemes: &[&str]) -> Document {
    let mut text = "openapi: 3.1.0\ncomponents:\n  securitySchemes:\n".to_owned();
    for scheme in schemes {
        let _ = writeln!(text, "    {scheme}: {{type: http, scheme: bearer}}");
    }
    Document::parse(&text).unwrap()
}

fn variables(set: &[&str]) -> BTreeMap<String, String> {
    set.iter().map(|name| (format!("HANDYMAN_OPENAPI_{name}"), (*name).to_owned())).collect()
}

#[test]
fn a_secret_goes_to_the_service_that_it_is_for() {
    let (shop, bank) = (with_schemes(&["bearerAuth", "api-key"]), with_schemes(&["bearerAuth"]));
    let alone = credentials(&[("my shop", &shop)], &variables(&["bearerAuth", "api_key"])).unwrap();
    assert_eq!(alone[0]["bearerAuth"], "bearerAuth");
    assert_eq!(alone[0]["api-key"], "api_key");
    let both = [("my shop", &shop), ("bank", &bank)];
    let error = credentials(&both, &variables(&["bearerAuth"])).unwrap_err().to_string();
    for words in [
        "HANDYMAN_OPENAPI_bearerAuth ",
        "HANDYMAN_OPENAPI_my_shop_bearerAuth",
        "HANDYMAN_OPENAPI_bank_bearerAuth",
    ] {
        assert!(error.contains(words), "{error}");
    }
    let named = credentials(&both, &variables(&["bank_bearerAuth", "api_key"])).unwrap();
    assert_eq!(named[0], BTreeMap::from([("api-key".to_owned(), "api_key".to_owned())]));
    assert_eq!(named[1]["bearerAuth"], "bank_bearerAuth");
    let both_named =
        credentials(&both, &variables(&["bank_bearerAuth", "my_shop_bearerAuth", "bearerAuth"])).unwrap();
    assert_eq!(both_named[0]["bearerAuth"], "my_shop_bearerAuth");
}

#[test]
fn a_variable_that_could_be_of_two_documents_is_of_none() {
    let (shop, odd) = (with_schemes(&["key"]), with_schemes(&["shop_key"]));
    let error = credentials(&[("shop", &shop), ("odd", &odd)], &variables(&["shop_key"])).unwrap_err();
    assert!(error.to_string().contains("two OpenAPI documents"), "{error}");
    let error = credentials(&[("api", &shop), ("api", &shop)], &variables(&["api_key"])).unwrap_err();
    assert!(error.to_string().contains("another name"), "{error}");
}

#[test]
fn references_into_a_definition_are_followed() {
    let document = json!({
        "openapi": "3.1.0",
        "servers": [{"url": "http://localhost/"}],
        "paths": {"/orders": {"get": {"operationId": "orders", "parameters": [
            {"name": "id", "in": "query", "schema": {"$ref": "#/components/schemas/Order/properties/id"}},
            {"name": "state", "in": "query", "schema": {"$ref": "#/components/schemas/State"}},
        ]}}},
        "components": {"schemas": {
            "Order": {"type": "object", "properties": {"id": {"type": "integer"}}},
            "State": {"enum": ["open", "done"], "enumNames": ["Open", "Done"]},
        }},
    });
    let tools = Api::parse(&document.to_string(), Settings::default()).unwrap().tools();
    let parameters = &tools[0].spec().parameters;
    assert_eq!(check(parameters), Ok(()), "{parameters}");
    let fits = |value| jsonschema::is_valid(parameters, &value);
    assert!(fits(json!({"id": 3, "state": "open"})), "{parameters}");
    assert!(!fits(json!({"id": "x"})) && !fits(json!({"state": "lost"})), "{parameters}");
}

#[test]
fn a_port_that_yaml_reads_as_a_number_is_part_of_the_address() {
    let text = "openapi: 3.0.3\nservers:\n  - url: 'http://localhost:{port}/v1'\n    variables: {port: {default: 8443}}\n\
        paths: {/x: {get: {operationId: x}}}\n";
    let (operations, _) = Document::parse(text).unwrap().operations(None);
    assert_eq!(operations[0].base.as_str(), "http://localhost:8443/v1");
}
