//! No argument of a path leads out of its segment, and who asks says who they are where they can.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::operation::{Arguments, Operation, Parameter, Place, Scheme, Style};
use super::{address, request};

/// The path of the address that comes of these arguments.
fn path(path: &str, arguments: &[(&str, Value)]) -> Result<String, String> {
    let parameter = |(name, value): &(&str, Value)| {
        let name = (*name).to_owned();
        let parameter = Parameter {
            name,
            place: Place::Path,
            is_required: true,
            schema: json!({}),
            style: Style::Between(','),
        };
        (parameter, value.clone())
    };
    let own: Vec<(Parameter, Value)> = arguments.iter().map(parameter).collect();
    let taken: Vec<(&Parameter, Value)> =
        own.iter().map(|(parameter, value)| (parameter, value.clone())).collect();
    let base = "https://api.example/v1".parse().unwrap();
    address(&base, path, &taken).map(|url| url.path().to_owned()).map_err(|error| error.to_string())
}

#[test]
fn no_value_leads_out_of_its_segment() {
    let odd = [
        "", ".", "..", ".\t.", "\t", ".\n", "\r..", ".\r\n.", "%2e", "%2E%2e", ".%2e", "%2e.", "a\u{0}",
        "\u{7f}", "\u{85}", "a\tb",
    ];
    for value in odd {
        let error =
            path("/accounts/{id}/notes/{note}", &[("id", json!(7)), ("note", json!(value))]).unwrap_err();
        assert!(error.contains("cannot stand in the address"), "{value:?}: {error}");
        let whole = path("/accounts/{id}", &[("id", json!([value]))]);
        assert!(whole.is_err(), "{value:?} in a list: {whole:?}");
    }
    for (one, other) in [(".", "."), ("%2e", "."), ("", "."), (".", ""), ("%2", "e"), (".", "%2E")] {
        let both = path("/accounts/{a}{b}/x", &[("a", json!(one)), ("b", json!(other))]);
        assert!(both.is_err(), "{one:?} and {other:?}: {both:?}");
    }
    assert!(path("/accounts/.{a}", &[("a", json!("."))]).is_err());
}

#[test]
fn every_other_value_is_one_segment() {
    let cases = [
        ("a/b", "a%2Fb"),
        (".\\.", ".%5C."),
        ("...", "..."),
        (" .. ", "%20..%20"),
        ("a%2eb", "a%252eb"),
        ("日", "%E6%97%A5"),
    ];
    for (value, segment) in cases {
        let notes = path("/accounts/{id}/notes/{note}", &[("id", json!(7)), ("note", json!(value))]);
        assert_eq!(notes, Ok(format!("/v1/accounts/7/notes/{segment}")), "{value}");
    }
    assert_eq!(
        path("/files/{a}.{b}", &[("a", json!(".")), ("b", json!("x"))]),
        Ok("/v1/files/..x".to_owned())
    );
    assert_eq!(
        path("/files/", &[]),
        Ok("/v1/files/".to_owned()),
        "the document's own segments are as they are"
    );
}

#[test]
fn who_can_say_who_they_are_does_not_ask_as_nobody() {
    let key = Scheme { name: "key".to_owned(), place: Place::Header, field: "x-key".to_owned() };
    let secrets = BTreeMap::from([("key".to_owned(), "s3cret".to_owned())]);
    for security in [vec![vec![], vec![key.clone()]], vec![vec![key.clone()], vec![]]] {
        let operation = Operation {
            name: "look".to_owned(),
            description: "Looks".to_owned(),
            method: "GET".to_owned(),
            base: "https://api.example/v1".parse().unwrap(),
            path: "/things".to_owned(),
            parameters: Vec::new(),
            body: None,
            security,
            arguments: Arguments { schema: json!({}), body_is_apart: false },
        };
        let sent =
            |secrets: &BTreeMap<String, String>| request(&operation, Map::new(), secrets).unwrap().headers;
        assert_eq!(sent(&secrets)["x-key"], "s3cret");
        assert!(sent(&BTreeMap::new()).is_empty(), "and nobody is asked for what is not needed");
    }
}
