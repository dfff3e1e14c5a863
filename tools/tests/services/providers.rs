//! Weather, search and pages against recorded shapes.

use std::sync::Arc;

use handyman_core::ToolErrorKind;
use handyman_tools::weather::{OpenMeteo, Station, weather};
use handyman_tools::web::{Engine, Pages, Reach, WebSearch, read_page, search_web};
use serde_json::json;

use crate::support::{Server, call};

#[tokio::test]
async fn forecasts_come_in_the_shape_of_the_tool() {
    let server = Server::start();
    let tool = weather(Arc::new(Station::OpenMeteo(Arc::new(OpenMeteo::at(server.url("/")).unwrap()))));
    let found = call(&tool, json!({"city": "Shanghai", "day": "tomorrow"})).await.unwrap();
    let expected = json!({"city": "Shanghai", "country": "CN", "date": "2026-11-24", "condition": "light rain", "high": 13,
        "low": 0, "unit": "°C", "rain_percent": 78, "source": "open-meteo.com"});
    assert_eq!(found, expected);
    let found = call(&tool, json!({"city": "上海", "unit": "fahrenheit"})).await.unwrap();
    assert_eq!(
        (&found["condition"], &found["high"], &found["unit"]),
        (&json!("小雨"), &json!(55), &json!("°F"))
    );
    let lines = server.seen_lines().await;
    assert!(lines[0].contains("name=Shanghai") && lines[0].contains("language=en"), "{lines:?}");
    assert!(
        lines[1].contains("latitude=31.22222") && lines[1].contains("start_date=2026-11-24"),
        "{lines:?}"
    );
    let cases = [
        (json!({"city": "Atlantis"}), "unknown city 'Atlantis'"),
        (json!({"city": "Shanghai", "day": "yesterday"}), "in the past"),
        (json!({"city": "Shanghai", "day": "2027-03-01"}), "too far ahead"),
        (json!({"city": "Nowhere"}), "there is no forecast"),
        (json!({"city": "Odd"}), "something else than was asked for"),
    ];
    for (arguments, words) in cases {
        let error = call(&tool, arguments).await.unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[tokio::test]
async fn three_search_services_give_one_shape() {
    let server = Server::start();
    let engines = [
        Engine::Searxng(server.url("/")),
        Engine::Brave("brave-secret".to_owned()),
        Engine::Tavily("tavily-secret".to_owned()),
    ];
    for engine in engines {
        let tool = search_web(Arc::new(WebSearch::at(engine, server.url("/")).unwrap()));
        let found = call(&tool, json!({"query": "trains & more", "limit": 2})).await.unwrap();
        let first = &found["results"][0];
        assert_eq!(first["url"], "https://example.org/a", "{found}");
        assert!(first["text"].as_str().unwrap().starts_with("About trains"), "{found}");
        assert!(!found.to_string().contains('<') && found.to_string().len() < 900, "{found}");
        assert!(call(&tool, json!({"query": "  "})).await.is_err());
    }
    let seen = server.seen().await;
    assert_eq!(seen[0]["line"], "GET /search?format=json&q=trains & more");
    assert_eq!(seen[1]["headers"]["x-subscription-token"], "brave-secret");
    assert_eq!(seen[2]["headers"]["authorization"], "Bearer tavily-secret");
    assert!(seen[2]["body"].as_str().unwrap().contains("max_results"), "{}", seen[2]);
    let closed = Engine::Searxng(server.url("/forbidden"));
    let error = call(&search_web(Arc::new(WebSearch::new(closed).unwrap())), json!({"query": "x"})).await;
    assert!(error.unwrap_err().to_string().contains("has `json` among `search: formats:`"));
    for path in ["/refused/", "/html/", "/broken/"] {
        let engine = Engine::Searxng(server.url(path));
        let tool = search_web(Arc::new(WebSearch::new(engine).unwrap()));
        let error = call(&tool, json!({"query": "x"})).await;
        // Any path below answers with an echo that is no list of results.
        assert!(error.is_ok_and(|found| found["results"] == json!([])), "{path}");
    }
}

#[tokio::test]
async fn pages_are_read_from_public_addresses_only() {
    let server = Server::start();
    let tool = read_page(Arc::new(Pages::within(Reach::Anywhere).unwrap()));
    let page = call(&tool, json!({"url": server.url("/page").as_str()})).await.unwrap();
    let text = page["text"].as_str().unwrap();
    assert!(text.starts_with("# Refunds") && text.contains("30 days") && !text.contains("Home"), "{page}");
    assert_eq!(page["title"], "Refunds");
    let mut start = text.chars().count();
    let mut rest = String::new();
    while start < 10_000 {
        let Ok(more) = call(&tool, json!({"url": server.url("/page").as_str(), "start": start})).await else {
            break;
        };
        rest.push_str(more["text"].as_str().unwrap());
        start += more["text"].as_str().unwrap().chars().count();
    }
    assert!(rest.ends_with("The end."), "{rest}");
    assert_eq!(
        call(&tool, json!({"url": server.url("/notes.txt").as_str()})).await.unwrap()["text"],
        "only notes"
    );
    let cases = [
        ("/image", "cannot be read as text"),
        ("/bytes", "is of type application/octet-stream, which cannot be read as text"),
        ("/deep", "nested too deeply"),
        ("/refused", "no such key"),
        ("/huge", "larger than"),
        ("/scripts", "holds no text; scripts are not run"),
    ];
    for (path, words) in cases {
        let error = call(&tool, json!({"url": server.url(path).as_str()})).await.unwrap_err().to_string();
        assert!(error.contains(words), "{path}: {error}");
    }
    assert!(call(&tool, json!({"url": "not an address"})).await.is_err());
    let careful = read_page(Arc::new(Pages::new().unwrap()));
    for url in [server.url("/page"), server.url_by_name("/page")] {
        let error = call(&careful, json!({"url": url.as_str()})).await.unwrap_err();
        assert_eq!(error.kind(), &ToolErrorKind::Refused, "{error}");
    }
}

#[tokio::test]
async fn what_is_no_page_and_is_text_is_shown_as_it_is() {
    let server = Server::start();
    let tool = read_page(Arc::new(Pages::within(Reach::Anywhere).unwrap()));
    let texts = [
        ("/feed", "<rss><title>News</title></rss>"),
        ("/old.xml", "<?xml version=\"1.0\" encoding=\"ISO-8859-2\"?><a>łódź</a>"),
        ("/problem", r#"{"a_b": [1, 2]}"#),
        ("/raw", "a_b = 1 # café"),
        ("/untyped", r#"{"a_b": 1}"#),
        ("/untyped.html", "# Refunds"),
    ];
    for (path, said) in texts {
        let page = call(&tool, json!({"url": server.url(path).as_str()})).await.unwrap();
        assert_eq!(page["text"], said, "{path}");
    }
}

#[tokio::test]
async fn pages_in_older_encodings_are_read() {
    let server = Server::start();
    let tool = read_page(Arc::new(Pages::within(Reach::Anywhere).unwrap()));
    let pages = [("/gbk", "你好"), ("/meta", "你好"), ("/utf-16", "Grün"), ("/cafe.txt", "Café")];
    for (path, said) in pages {
        let page = call(&tool, json!({"url": server.url(path).as_str()})).await.unwrap();
        assert_eq!(page["text"], said, "{path}");
    }
}
