//! Booking at a service whose answers get lost: nothing is told as not done that may have been done.

use std::sync::Arc;

use handyman_core::{Probe, Tool, ToolErrorKind};
use handyman_tools::booking::BookingService;
use handyman_tools::{Sandbox, Settings};
use serde_json::json;

use crate::support::{Server, call};

async fn at(server: &Server, path: &str) -> Vec<Arc<dyn Tool>> {
    let sandbox = Sandbox::open(&Settings::new(jiff::civil::date(2026, 11, 23))).await.unwrap();
    BookingService::at(server.url(path)).unwrap().in_place_of(sandbox.tools())
}

fn named<'a>(tools: &'a [Arc<dyn Tool>], name: &str) -> &'a dyn Tool {
    tools.iter().find(|tool| tool.spec().name == name).unwrap_or_else(|| panic!("{name}")).as_ref()
}

#[tokio::test]
async fn a_booking_whose_answer_was_lost_is_in_doubt() {
    let server = Server::start();
    let tools = at(&server, "/gone/").await;
    let error = call(named(&tools, "book"), json!({"id": "G1-1124"})).await.unwrap_err();
    assert_eq!(error.kind(), &ToolErrorKind::InDoubt, "{error}");
    assert!(error.to_string().contains("it may have been done"), "{error}");
    let posts = server.seen_lines().await.iter().filter(|line| line.starts_with("POST")).count();
    assert_eq!(posts, 5, "under its key it may be sent again");
    // Nobody answers what came of it either.
    let asked = named(&tools, "book").probe(&"r1.c1".into()).await;
    assert!(!matches!(asked, Ok(Probe::NotDone | Probe::Done(_))), "{asked:?}");
}

#[tokio::test]
async fn what_the_service_says_of_the_key_counts() {
    let server = Server::start();
    let tools = at(&server, "/once/").await;
    let error = call(named(&tools, "book"), json!({"id": "G1-1124"})).await.unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (&ToolErrorKind::NotFound, "no such order"));
    let nobody = BookingService::at("http://127.0.0.1:9/".parse().unwrap()).unwrap();
    let sandbox = Sandbox::open(&Settings::new(jiff::civil::date(2026, 11, 23))).await.unwrap();
    let tools = nobody.in_place_of(sandbox.tools());
    let error = call(named(&tools, "book"), json!({"id": "G1-1124"})).await.unwrap_err();
    assert_eq!(error.kind(), &ToolErrorKind::Unavailable, "it was never sent: {error}");
}
