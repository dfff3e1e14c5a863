//! Searching and booking as a model does it.

use std::sync::Arc;

use handyman_core::{CallContext, Tool, ToolResult};
use jiff::civil::{DateTime, date};
use serde_json::{Value, json};

use super::*;
use crate::world::{Settings, World};

async fn world() -> Arc<World> {
    Arc::new(World::open(&Settings { path: None, seed: 7, today: date(2026, 11, 23) }).await.unwrap())
}

async fn call(tool: &dyn Tool, arguments: Value) -> ToolResult<Value> {
    call_at(tool, "r.c", arguments, date(2026, 11, 23).at(10, 0, 0, 0)).await
}

async fn call_at(tool: &dyn Tool, key: &str, arguments: Value, now: DateTime) -> ToolResult<Value> {
    let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
    tool.call(arguments, &CallContext::new(now).under(key)).await
}

fn column<'a>(result: &'a Value, rows: &str, name: &str) -> Vec<&'a Value> {
    result[rows].as_array().unwrap().iter().map(|row| &row[name]).collect()
}

fn fields(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn trains_have_the_agreed_shape() {
    let tool = search_trains(world().await);
    let found = call(&tool, json!({"from": "上海", "to": "北京", "day": "明天"})).await.unwrap();
    assert_eq!(fields(&found), ["from", "to", "date", "trains", "more", "source"]);
    let shape = ["id", "departs", "arrives", "from_station", "to_station", "seats", "price", "price_minor"];
    assert_eq!(fields(&found["trains"][0]), shape);
    assert_eq!(
        (&found["from"], &found["date"], &found["source"]),
        (&json!("上海"), &json!("2026-11-24"), &json!("sandbox"))
    );
    assert_eq!(found["trains"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn trains_come_in_the_order_asked_for() {
    let tool = search_trains(world().await);
    for (order, name, up) in
        [("earliest", "departs", true), ("latest", "departs", false), ("cheapest", "price_minor", true)]
    {
        let found =
            call(&tool, json!({"from": "Shanghai", "to": "Beijing", "day": "Friday", "order": order}))
                .await
                .unwrap();
        let rows = found["trains"].as_array().unwrap();
        let available = rows.iter().filter(|row| row["seats"] != 0);
        let values: Vec<String> = available.map(|row| format!("{:>9}", row[name].to_string())).collect();
        let mut sorted = values.clone();
        sorted.sort();
        if !up {
            sorted.reverse();
        }
        assert_eq!(values, sorted, "{order}");
    }
}

#[tokio::test]
async fn the_time_of_day_narrows_the_search() {
    let tool = search_trains(world().await);
    let search = async |extra: Value| {
        let mut arguments = json!({"from": "Shanghai", "to": "Beijing", "day": "tomorrow"});
        arguments.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        call(&tool, arguments).await
    };
    let late = search(json!({"after": "3pm"})).await.unwrap();
    assert!(
        column(&late, "trains", "departs").iter().all(|time| time.as_str().unwrap() >= "15:00"),
        "{late}"
    );
    let early = search(json!({"before": "noon"})).await.unwrap();
    assert!(
        column(&early, "trains", "departs").iter().all(|time| time.as_str().unwrap() <= "12:00"),
        "{early}"
    );
    let afternoon = search(json!({"day": "后天下午"})).await.unwrap();
    assert_eq!(afternoon["date"], "2026-11-25");
    let inside = |time: &&Value| ("12:00".."18:00").contains(&time.as_str().unwrap());
    assert!(column(&afternoon, "trains", "departs").iter().all(inside), "{afternoon}");
    let named = search(json!({"day": "tomorrow morning", "before": "6am"})).await.unwrap_err().to_string();
    assert!(named.starts_with("none leaves between 00:00 and 06:00; on that day the first"), "{named}");
    let moment = search(json!({"after": "03:00", "before": "03:00"})).await.unwrap_err().to_string();
    assert!(moment.starts_with("none leaves between 03:00 and 03:00"), "{moment}");
    let absurd =
        search(json!({"day": "tomorrow afternoon", "before": "10am"})).await.unwrap_err().to_string();
    assert!(absurd.contains("nothing lies after 12:00 and before 10:00"), "{absurd}");
    let error = search(json!({"after": "23:30"})).await.unwrap_err().to_string();
    assert!(
        error.starts_with("none leaves between 23:30 and 23:59; on that day the first leaves at 0"),
        "{error}"
    );
}

#[tokio::test]
async fn the_part_of_the_day_tells_the_half_of_a_time() {
    let tool = search_trains(world().await);
    let cases = [
        (json!({"day": "tomorrow afternoon", "after": "3"}), "15:00", "18:00"),
        (json!({"day": "明天下午", "after": "三点以后"}), "15:00", "18:00"),
        (json!({"day": "tomorrow afternoon", "before": "5"}), "12:00", "17:01"),
        (json!({"day": "明天下午", "before": "五点前"}), "12:00", "17:01"),
        (json!({"day": "tonight", "after": "8"}), "20:00", "24:00"),
        (json!({"day": "tonight at 8"}), "20:00", "24:00"),
        (json!({"day": "this afternoon after 3"}), "15:00", "24:00"),
        (json!({"day": "tomorrow before 10am"}), "00:00", "10:01"),
        (json!({"day": "明天10点之前"}), "00:00", "10:01"),
        (json!({"day": "tomorrow", "before": "midnight"}), "00:00", "24:00"),
        (json!({"day": "tomorrow", "before": "24:00"}), "00:00", "24:00"),
        (json!({"day": "明天", "before": "晚上12点"}), "00:00", "24:00"),
    ];
    for (mut arguments, from, to) in cases {
        let place = json!({"from": "Shanghai", "to": "Beijing"});
        arguments.as_object_mut().unwrap().extend(place.as_object().unwrap().clone());
        match call(&tool, arguments.clone()).await {
            Ok(found) => {
                let inside = |time: &&Value| (from..to).contains(&time.as_str().unwrap());
                assert!(column(&found, "trains", "departs").iter().all(inside), "{arguments}: {found}");
            }
            // A line has its last train before the evening is over.
            Err(error) => {
                assert!(error.to_string().starts_with(&format!("none leaves between {from}")), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn trains_of_today_have_not_left_yet() {
    let tool = search_trains(world().await);
    let found = call(&tool, json!({"from": "上海", "to": "杭州", "day": "今天"})).await.unwrap();
    assert!(
        column(&found, "trains", "departs").iter().all(|time| time.as_str().unwrap() >= "10:00"),
        "{found}"
    );
}

#[tokio::test]
async fn what_is_over_today_is_said_to_be_past() {
    let tool = search_trains(world().await);
    let cases = [
        (json!({"day": "today", "before": "7am"}), (8, 9), "2026-11-23 07:00 is past, it is 08:09; write"),
        (json!({"day": "this morning"}), (13, 0), "2026-11-23 11:59 is past, it is 13:00; write"),
    ];
    for (mut arguments, (hour, minute), expected) in cases {
        let place = json!({"from": "Shanghai", "to": "Beijing"});
        arguments.as_object_mut().unwrap().extend(place.as_object().unwrap().clone());
        let now = date(2026, 11, 23).at(hour, minute, 0, 0);
        let error = call_at(&tool, "k", arguments, now).await.unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[tokio::test]
async fn searches_say_what_is_wrong() {
    let world = world().await;
    let trains = search_trains(Arc::clone(&world));
    let cases = [
        (
            json!({"from": "Shanghi", "to": "Beijing", "day": "today"}),
            "unknown city 'Shanghi'; did you mean Shanghai?",
        ),
        (
            json!({"from": "上海", "to": "Shanghai", "day": "today"}),
            "'上海' and 'Shanghai' are the same city",
        ),
        (
            json!({"from": "上海", "to": "北京", "day": "昨天"}),
            "2026-11-22 is in the past; today is 2026-11-23",
        ),
        (json!({"from": "上海", "to": "北京", "day": "2028-01-01"}), "2028-01-01 is too far ahead"),
        (
            json!({"from": "上海", "to": "东京", "day": "明天"}),
            "no trains from Shanghai to Tokyo; try flights",
        ),
        (json!({"from": "上海", "to": "北京", "day": "明天", "after": "soonish"}), "'soonish' is not a time"),
    ];
    for (arguments, expected) in cases {
        let error = call(&trains, arguments).await.unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    let flights = search_flights(Arc::clone(&world));
    let error =
        call(&flights, json!({"from": "上海", "to": "苏州", "day": "明天"})).await.unwrap_err().to_string();
    assert_eq!(error, "no direct flights from Shanghai to Suzhou; try trains");
    let hotels = search_hotels(Arc::clone(&world));
    let error = call(&hotels, json!({"city": "Rome", "day": "Friday", "max_price": 1}))
        .await
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("no hotel in Rome is that cheap; the cheapest costs "), "{error}");
    let restaurants = search_restaurants(world);
    for (day, time, meant) in
        [("Friday", "3am", "03:00"), ("tonight", "12", "00:00"), ("今晚", "1点", "01:00")]
    {
        let error = call(&restaurants, json!({"city": "Rome", "day": day, "time": time}))
            .await
            .unwrap_err()
            .to_string();
        assert_eq!(error, format!("{meant} is outside opening hours; tables are from 11:00 to 21:30"));
    }
}

#[tokio::test]
async fn flights_name_their_airports() {
    let tool = search_flights(world().await);
    let found = call(&tool, json!({"from": "PVG", "to": "伦敦", "day": "下周五", "order": "cheapest"}))
        .await
        .unwrap();
    assert_eq!(found["flights"][0]["from_airport"], "上海浦东");
    assert!(found["flights"][0]["id"].as_str().unwrap().ends_with("-1204"), "{found}");
}

#[tokio::test]
async fn hotels_have_the_agreed_shape() {
    let tool = search_hotels(world().await);
    let found =
        call(&tool, json!({"city": "Paris", "day": "Nov 30", "nights": 2, "max_price": 900})).await.unwrap();
    assert_eq!(fields(&found), ["city", "date", "nights", "hotels", "more", "source"]);
    assert_eq!(
        fields(&found["hotels"][0]),
        ["id", "name", "stars", "rating", "rooms", "price", "price_minor"]
    );
    assert!(found["hotels"][0]["id"].as_str().unwrap().ends_with("-1130-2"), "{found}");
    assert!(column(&found, "hotels", "price_minor").iter().all(|price| price.as_i64().unwrap() <= 90_000));
}

#[tokio::test]
async fn tables_are_for_the_people_and_the_time() {
    let world = world().await;
    let tool = search_restaurants(Arc::clone(&world));
    let found = call(
        &tool,
        json!({"city": "成都", "cuisine": "川菜", "day": "明天", "time": "7点", "people": "三个人"}),
    )
    .await
    .unwrap();
    assert_eq!(fields(&found), ["city", "date", "time", "people", "restaurants", "more", "source"]);
    assert_eq!((&found["time"], &found["people"]), (&json!("19:00"), &json!(3)));
    let row = found["restaurants"].as_array().unwrap().iter().find(|row| row["tables"] != 0).unwrap();
    assert_eq!(row["cuisine"], "川菜");
    let booking = call(&book(world), json!({"id": row["id"]})).await.unwrap();
    assert_eq!(booking["people"], 3);
    assert_eq!(booking["total_minor"], row["price_minor"].as_i64().unwrap() * 3);
    let cases = [
        ("tomorrow at noon", "12:00"),
        ("tomorrow", "19:00"),
        ("明天中午", "12:00"),
        ("tonight", "19:00"),
        ("tonight at 8", "20:00"),
        ("tomorrow morning", "11:00"),
        ("tomorrow afternoon", "12:00"),
        ("明天下午", "12:00"),
        ("tomorrow 2 to 4pm", "14:00"),
    ];
    for (day, expected) in cases {
        let found = call(&tool, json!({"city": "Chengdu", "day": day})).await.unwrap();
        assert_eq!(found["time"], expected, "{day}");
    }
}

#[tokio::test]
async fn what_was_found_is_for_as_many_whoever_searches_next_and_named_as_it_was_found_last() {
    let world = world().await;
    let tool = search_restaurants(Arc::clone(&world));
    let dinner = json!({"city": "Chengdu", "day": "tomorrow", "time": "7pm", "people": "6"});
    let found = call(&tool, dinner).await.unwrap();
    let rows = found["restaurants"].as_array().unwrap();
    let row = rows.iter().find(|row| row["tables"].as_i64().unwrap() >= 2).unwrap();
    let mut last = Value::Null;
    for people in [None, Some("6")] {
        let again = json!({"city": "成都", "day": "明天", "time": "7点", "people": people});
        last = call(&tool, again).await.unwrap();
    }
    let rows = last["restaurants"].as_array().unwrap();
    let last = rows.iter().find(|found| found["id"] == row["id"]).unwrap();
    assert_ne!(last["name"], row["name"]);
    let booking = call(&book(world), json!({"id": row["id"]})).await.unwrap();
    assert_eq!(booking["people"], 6);
    assert_eq!(booking["item"], format!("{} 19:00", last["name"].as_str().unwrap()));
}

#[tokio::test]
async fn live_bookings_are_listed_before_the_others() {
    let world = world().await;
    let now = date(2026, 11, 23).at(10, 0, 0, 0);
    let (search, booking, cancelling, listing) = (
        search_trains(Arc::clone(&world)),
        book(Arc::clone(&world)),
        cancel_booking(Arc::clone(&world)),
        list_bookings(world),
    );
    let mut booked = Vec::new();
    let days = ["Friday", "tomorrow", "Friday", "Friday", "Friday", "Friday", "Friday"];
    for (number, day) in days.into_iter().enumerate() {
        let found = call(&search, json!({"from": "Shanghai", "to": "Beijing", "day": day})).await.unwrap();
        let wanted = json!({"id": found["trains"][0]["id"]});
        let made = call_at(&booking, &format!("b{number}"), wanted, now).await.unwrap();
        booked.push(made["booking"].clone());
        if number >= 2 {
            let wanted = json!({"booking": made["booking"]});
            call_at(&cancelling, &format!("c{number}"), wanted, now).await.unwrap();
        }
    }
    let listed = call(&listing, json!({})).await.unwrap();
    let shown = column(&listed, "bookings", "booking");
    assert_eq!(shown, [&booked[1], &booked[0], &booked[6], &booked[5], &booked[4]], "the soonest first");
    assert_eq!(listed["more"], 2);
    assert_eq!(listed["not_shown"], "0 to come, 2 past or cancelled");
    let later = call_at(&listing, "l", json!({}), date(2026, 11, 25).at(9, 0, 0, 0)).await.unwrap();
    assert_eq!(later["bookings"][0]["booking"], booked[0], "what is over comes after what is not");
}

#[tokio::test]
async fn a_booking_has_the_agreed_shape() {
    let world = world().await;
    let trains =
        call(&search_trains(Arc::clone(&world)), json!({"from": "上海", "to": "北京", "day": "明天"}))
            .await
            .unwrap();
    let train = &trains["trains"][0];
    let booking =
        call(&book(Arc::clone(&world)), json!({"id": train["id"], "people": "两位"})).await.unwrap();
    assert_eq!(fields(&booking), ["booking", "item", "date", "people", "total", "total_minor", "status"]);
    let number = train["id"].as_str().unwrap().split('-').next().unwrap();
    let item = format!(
        "{number} 上海虹桥 {} → 北京南 {}",
        train["departs"].as_str().unwrap(),
        train["arrives"].as_str().unwrap()
    );
    assert_eq!(booking["item"], item);
    assert_eq!((&booking["people"], &booking["status"]), (&json!(2), &json!("unpaid")));
    let reference = booking["booking"].as_str().unwrap();
    assert!(reference.len() == 6 && reference.starts_with("HM"), "{reference}");
    let listed = call(&list_bookings(world), json!({})).await.unwrap();
    assert_eq!(listed["bookings"][0]["booking"], reference);
}
