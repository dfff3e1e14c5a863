//! The API over HTTP: a key is for one effect.

use jiff::civil::date;
use url::Url;

use super::*;
use crate::Settings;
use crate::web::{Answer, Client, HttpLimits, Reach, Request};

/// A service on a new world, and a client of it.
struct Caller {
    base: Url,
    client: Client,
}

impl Caller {
    async fn open() -> Self {
        let today = date(2026, 11, 23);
        let sandbox = Sandbox::open(&Settings::new(today)).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move { serve(listener, &sandbox, move || today.at(10, 0, 0, 0)).await });
        Self { base, client: Client::new(Reach::Anywhere, HttpLimits::default()).unwrap() }
    }

    async fn get(&self, path: &str) -> Value {
        let request = Request::get(self.base.join(path).unwrap());
        self.client.send(&request).await.and_then(Answer::successful).unwrap().json().unwrap()
    }

    async fn post(&self, path: &str, body: Value, key: &str) -> (u16, Value) {
        let request = Request::post(self.base.join(path).unwrap(), body).keyed(key).unwrap();
        let answer = self.client.send(&request).await.unwrap();
        (answer.status.as_u16(), answer.json().unwrap())
    }
}

#[tokio::test]
async fn a_key_that_was_used_for_something_else_is_a_conflict() {
    let caller = Caller::open().await;
    let found = caller.get("v1/trains?from=Shanghai&to=Beijing&day=tomorrow").await;
    let train = found["trains"].as_array().unwrap().iter().find(|train| train["seats"] != 0).unwrap();
    let offer = json!({"id": train["id"]});
    let (status, booked) = caller.post("v1/bookings", offer.clone(), "k").await;
    assert_eq!(status, 200, "{booked}");
    let booking = booked["booking"].as_str().unwrap();
    for other in ["payment", "cancellation"] {
        let (status, answer) = caller.post(&format!("v1/bookings/{booking}/{other}"), json!({}), "k").await;
        assert_eq!(status, 409, "{answer}");
        assert!(answer["error"].as_str().unwrap().contains("already used for book"), "{answer}");
    }
    assert_eq!(caller.get("v1/bookings").await["bookings"][0]["status"], "unpaid");
    assert_eq!(caller.post("v1/bookings", offer, "k").await, (200, booked));
    let (status, answer) = caller.post("v1/bookings", json!({"id": train["id"], "people": "2"}), "k").await;
    assert_eq!(status, 409, "{answer}");
    assert!(answer["error"].as_str().unwrap().contains("with other arguments"), "{answer}");
    assert_eq!(caller.get("v1/effects/k").await["status"], "unpaid");
}

#[tokio::test]
async fn the_order_of_the_arguments_and_what_is_null_make_no_other_request() {
    let caller = Caller::open().await;
    let found = caller.get("v1/trains?from=Shanghai&to=Beijing&day=tomorrow").await;
    let train = found["trains"].as_array().unwrap().iter().find(|train| train["seats"] != 0).unwrap();
    let first = caller.post("v1/bookings", json!({"id": train["id"], "people": "1"}), "k").await;
    assert_eq!(first.0, 200, "{}", first.1);
    assert_eq!(caller.post("v1/bookings", json!({"people": "1", "id": train["id"]}), "k").await, first);
    let booking = first.1["booking"].as_str().unwrap();
    let path = format!("v1/bookings/{booking}/payment");
    let paid = caller.post(&path, json!({"account": null}), "p").await;
    assert_eq!(paid.0, 200, "{}", paid.1);
    assert_eq!(caller.post(&path, json!({}), "p").await, paid);
    assert_eq!(caller.post(&path, json!({"account": "savings"}), "p").await.0, 409);
}

#[tokio::test]
async fn arguments_are_checked_and_the_field_is_named() {
    let caller = Caller::open().await;
    let cases = [
        ("v1/hotels?city=Paris&day=tomorrow&nights=2900000", "/nights"),
        ("v1/hotels?city=Paris&day=tomorrow&nights=two", "/nights"),
        ("v1/trains?from=Shanghai&to=Beijing", "/day"),
        ("v1/trains?from=Shanghai&to=Beijing&day=tomorrow&order=oddest", "/order"),
    ];
    for (path, at) in cases {
        let request = Request::get(caller.base.join(path).unwrap());
        let answer = caller.client.send(&request).await.unwrap();
        let (status, body): (u16, Value) = (answer.status.as_u16(), answer.json().unwrap());
        assert_eq!((status, &body["at"]), (422, &json!(at)), "{body}");
    }
    let (status, answer) = caller.post("v1/bookings", json!({"offer": "x"}), "k").await;
    assert_eq!(status, 422, "{answer}");
}

#[tokio::test]
async fn a_local_time_that_cannot_be_read_is_not_taken_for_none() {
    let caller = Caller::open().await;
    let path = "v1/trains?from=Shanghai&to=Beijing&day=tomorrow";
    let ask = |time: &str| Request::get(caller.base.join(path).unwrap()).header("local-time", time).unwrap();
    for time in ["yesterday", "2026-11-31T09:00:00", "09:00", ""] {
        let answer = caller.client.send(&ask(time)).await.unwrap();
        let (status, body): (u16, Value) = (answer.status.as_u16(), answer.json().unwrap());
        let error = "the header Local-Time is no local time such as 2026-11-23T09:00:00";
        assert_eq!((status, &body), (400, &json!({"error": error})), "{time}");
    }
    let answer = caller.client.send(&ask("2026-11-24T09:00:00")).await.unwrap();
    assert_eq!(answer.json::<Value>().unwrap()["date"], "2026-11-25");
    assert_eq!(caller.get(path).await["date"], "2026-11-24", "without one it is the service's own");
}

#[tokio::test]
async fn what_there_is_instead_is_named_once() {
    let caller = Caller::open().await;
    let request = Request::get(caller.base.join("v1/nothing").unwrap());
    let answer = caller.client.send(&request).await.unwrap();
    let (status, body): (u16, Value) = (answer.status.as_u16(), answer.json().unwrap());
    let error = body["error"].as_str().unwrap();
    assert_eq!((status, error.matches("/v1/bookings,").count()), (404, 1), "{error}");
}
