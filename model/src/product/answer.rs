//! What the model says about results: short, in the person's language, every fact from a result.

mod errors;
mod lists;

use serde_json::Value;

use crate::conversation::Call;
use crate::draw::Draw;
use crate::fill::fill;

pub(super) use errors::{failed, not_booked, sold_out};
pub(super) use lists::number;

/// A template of the conversation's language, filled from a result: `{key}` is the value under the key.
pub(super) fn from(d: &mut Draw, result: &Value, en: &[&str], zh: &[&str]) -> String {
    let form = d.say(en, zh);
    let values: Vec<(String, String)> =
        result.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), plain(value))).collect();
    let borrowed: Vec<(&str, &str)> =
        values.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    fill(form, &borrowed)
}

/// A JSON value as people read it.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// What the result of a call that only reads says.
pub(super) fn tell(d: &mut Draw, call: &Call, result: &Value) -> String {
    if result.get("error").is_some() {
        return errors::told(d, call, result);
    }
    match call.name.as_str() {
        "weather" => weather(d, result),
        "search_trains" | "search_flights" => lists::departures(d, call, result),
        "search_hotels" | "search_restaurants" => lists::stays(d, call, result),
        "list_bookings" => lists::bookings(d, result),
        "list_events" => lists::events(d, result),
        "find_free_slot" => lists::free(d, result),
        "search" => lists::documents(d, result),
        "list_tables" => lists::tables(d, result),
        "describe_table" => lists::columns(d, result),
        "query_table" | "run_sql" => lists::records(d, result),
        "calculate" => from(
            d,
            result,
            &["{expression} = {result}.", "That is {result}.", "The result is {result}."],
            &["{expression} = {result}。", "等于{result}。", "结果是{result}。"],
        ),
        "cancel_booking" => cancelled(d, result),
        "refund" => from(
            d,
            result,
            &["Refunded {refunded} for {booking} to your {account} account, receipt {receipt}."],
            &["{booking}已退款{refunded}，退回{account}账户，收据号{receipt}。"],
        ),
        "pay" => from(
            d,
            result,
            &["Paid {paid} for {booking}, receipt {receipt}.", "Paid: {booking}, {paid}, receipt {receipt}."],
            &["{booking}已付款{paid}，收据号{receipt}。", "付好了：{booking}，{paid}，收据号{receipt}。"],
        ),
        "add_event" => added(d, result),
        _ => String::new(),
    }
}

fn weather(d: &mut Draw, result: &Value) -> String {
    from(
        d,
        result,
        &[
            "{city} on {date}: {condition}, {low} to {high}{unit}, {rain_percent}% chance of rain.",
            "The forecast for {city} on {date} is {condition}, {low} to {high}{unit}, with a {rain_percent}% chance of rain.",
            "In {city} it will be {condition} on {date}, {low} to {high}{unit}, chance of rain {rain_percent}%.",
        ],
        &[
            "{city}{date}{condition}，{low}到{high}{unit}，降雨概率{rain_percent}%。",
            "{date}{city}天气{condition}，气温{low}到{high}{unit}，降雨概率{rain_percent}%。",
            "{city}{date}：{condition}，{low}～{high}{unit}，降雨概率{rain_percent}%。",
        ],
    )
}

/// A booking that is not to be paid for now.
pub(super) fn booked(d: &mut Draw, result: &Value) -> String {
    if is_for_several(result) {
        return from(
            d,
            result,
            &[
                "Booked for {people} people: {item}, {date}, {total}, reference {booking}. It is not paid yet.",
            ],
            &["已预订{people}人：{item}，{date}，{total}，订单号{booking}，还没有付款。"],
        );
    }
    from(
        d,
        result,
        &[
            "Booked: {item}, {date}, {total}, reference {booking}. It is not paid yet.",
            "I booked {item} on {date} for {total}, reference {booking}; it is unpaid.",
        ],
        &[
            "已预订：{item}，{date}，{total}，订单号{booking}，还没有付款。",
            "订好了{item}，{date}，{total}，订单号{booking}，尚未付款。",
        ],
    )
}

/// A booking that is paid for.
pub(super) fn booked_and_paid(d: &mut Draw, booking: &Value, payment: &Value) -> String {
    let both = merged(booking, payment);
    if is_for_several(booking) {
        return from(
            d,
            &both,
            &[
                "Booked for {people} people and paid: {item}, {date}, {total}, reference {booking}, receipt {receipt}.",
            ],
            &["已订好{people}人并付款：{item}，{date}，{total}，订单号{booking}，收据号{receipt}。"],
        );
    }
    from(
        d,
        &both,
        &[
            "Booked and paid: {item}, {date}, {total}, reference {booking}, receipt {receipt}.",
            "I booked {item} on {date} and paid {paid}; the reference is {booking}, receipt {receipt}.",
            "Done: {item}, {date}, {paid} paid, reference {booking}, receipt {receipt}.",
        ],
        &[
            "已订好并付款：{item}，{date}，{total}，订单号{booking}，收据号{receipt}。",
            "订好了{item}，{date}，已付{paid}，订单号{booking}，收据号{receipt}。",
            "办好了：{item}，{date}，{paid}已支付，订单号{booking}，收据号{receipt}。",
        ],
    )
}

/// A booking that should have been paid for and was not, and why.
pub(super) fn booked_not_paid(d: &mut Draw, booking: &Value, failure: &Value) -> String {
    let first = booked(d, booking);
    let second = from(d, failure, &["The payment failed: {error}."], &["付款没有成功：{error}。"]);
    if d.zh() { format!("{first}{second}") } else { format!("{first} {second}") }
}

/// Whether a booking is for more than one person.
fn is_for_several(booking: &Value) -> bool {
    booking["people"].as_i64().is_some_and(|people| people > 1)
}

fn cancelled(d: &mut Draw, result: &Value) -> String {
    if result.get("refunded").is_some() {
        return from(
            d,
            result,
            &["Booking {booking} ({item}) is cancelled and {refunded} went back to your {account} account."],
            &["订单{booking}（{item}）已取消，{refunded}已退回{account}账户。"],
        );
    }
    from(d, result, &["Booking {booking} ({item}) is cancelled."], &["订单{booking}（{item}）已取消。"])
}

fn added(d: &mut Draw, result: &Value) -> String {
    let first = from(
        d,
        result,
        &[
            "Added {title} on {date}, {starts} to {ends}.",
            "{title} is in your calendar: {date}, {starts} to {ends}.",
        ],
        &["已添加：{title}，{date} {starts}到{ends}。", "日历里加好了{title}，{date} {starts}到{ends}。"],
    );
    let Some(other) = result["overlaps"].get(0).map(plain) else { return first };
    if d.zh() {
        format!("{first}它和{other}时间冲突。")
    } else {
        format!("{first} It overlaps with {other}.")
    }
}

/// The fields of both results; the second's where they have the same name.
fn merged(first: &Value, second: &Value) -> Value {
    let mut both = first.clone();
    if let (Some(both), Some(second)) = (both.as_object_mut(), second.as_object()) {
        both.extend(second.clone());
    }
    both
}
