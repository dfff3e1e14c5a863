//! Which requests are let in.

use axum::body::Body;
use axum::http::HeaderName;

use super::*;

fn door(key: Option<&str>, hosts: Option<&[&str]>) -> Door {
    Door {
        key: key.map(str::to_owned),
        origins: vec!["https://app.example.org".to_owned()],
        hosts: hosts.map(|hosts| hosts.iter().map(|host| (*host).to_owned()).collect()),
    }
}

fn headers(said: &[(HeaderName, &str)]) -> HeaderMap {
    said.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap())).collect()
}

#[test]
fn a_host_has_a_name_and_perhaps_a_port() {
    let cases = [
        ("localhost:8643", "localhost"),
        ("localhost", "localhost"),
        ("127.0.0.1:8643", "127.0.0.1"),
        ("[::1]:8643", "[::1]"),
        ("[::1]", "[::1]"),
        ("", ""),
    ];
    for (host, name) in cases {
        assert_eq!(name_of(host), name, "{host}");
    }
}

#[test]
fn a_name_that_leads_here_is_not_enough() {
    let door = door(None, Some(&["localhost", "127.0.0.1", "[::1]"]));
    for (host, is_let_in) in [
        ("localhost:8643", true),
        ("LocalHost", true),
        ("[::1]:8643", true),
        ("rebound.example.org:8643", false),
        ("localhost.example.org", false),
        ("", false),
    ] {
        assert_eq!(door.page(&headers(&[(header::HOST, host)])).is_ok(), is_let_in, "{host}");
    }
    assert!(door.page(&HeaderMap::new()).is_err(), "it has to say whom it asks");
    let anywhere = self::door(Some("k"), None);
    assert!(anywhere.page(&headers(&[(header::HOST, "agent.example.org")])).is_ok());
}

#[test]
fn pages_of_other_origins_are_let_in_by_name() {
    let door = door(None, Some(&["localhost"]));
    let page = |origin| door.page(&headers(&[(header::HOST, "localhost:8643"), (header::ORIGIN, origin)]));
    assert!(matches!(page("https://app.example.org"), Ok(Some(_))));
    assert!(matches!(page("http://localhost:8643"), Ok(None)), "its own");
    for foreign in
        ["https://example.org", "http://localhost:3000", "https://app.example.org.evil.org", "null", ""]
    {
        assert!(page(foreign).is_err(), "{foreign}");
    }
}

#[test]
fn the_key_is_asked_for_everywhere_but_of_who_looks_whether_the_server_is_there() {
    let asks_at = |door: &Door, path: &str, authorization: Option<&str>| {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = path.parse().unwrap();
        if let Some(authorization) = authorization {
            let value = HeaderValue::from_bytes(authorization.as_bytes()).unwrap();
            request.headers_mut().insert(header::AUTHORIZATION, value);
        }
        door.check_key(&request).is_ok()
    };
    let door = |key| self::door(Some(key), None);
    let asks = |path: &str, authorization| asks_at(&door("s3cret"), path, authorization);
    assert!(asks_at(&door(" s3cret\n"), "/runs", Some("Bearer  s3cret ")));
    assert!(asks_at(&door("schlüssel"), "/runs", Some("Bearer schlüssel")));
    assert!(!asks_at(&door("schlüssel"), "/runs", Some("Bearer schlussel")));
    assert!(asks("/runs", Some("Bearer s3cret")) && asks("/runs", Some("bearer s3cret")));
    assert!(asks("/health", None));
    for wrong in [None, Some("s3cret"), Some("Basic s3cret"), Some("Bearer s3cre"), Some("Bearer s3cret2")] {
        assert!(!asks("/runs", wrong), "{wrong:?}");
    }
}
