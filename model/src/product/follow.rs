//! What people say after an answer: questions it already settles, another day, the second one, never mind.

use serde_json::Value;

use crate::draw::Draw;
use crate::grammar::phrase;

use super::answer::{self, from};
use super::ask::{self, Ask, Goal, call, text};
use super::scene::{Booked, Scene, left, rows};
use super::slots;
use super::trip;

/// A question about the last booking, answered from what is known of it.
pub(super) fn about_booking(s: &mut Scene<'_, '_>) {
    let Some(booked) = s.booked.clone() else { return };
    let travels = booked.row.get("departs").is_some();
    let paid = booked.payment.is_some();
    let rule = match s.d.rng.below(10) {
        0..2 if travels => "follow_arrive",
        2..4 if travels => "follow_depart",
        4..6 if travels => "follow_from",
        6 if paid => "follow_receipt",
        7 if paid => "follow_balance",
        8 => "follow_ref",
        _ => "follow_price",
    };
    let question = phrase(s.d, rule, &[]);
    let said = ask::remark(s.d, &question);
    s.talk.mark("follow_up");
    s.talk.user(said);
    let told = settled(s.d, rule, &booked);
    s.talk.say(told);
}

fn settled(d: &mut Draw, rule: &str, booked: &Booked) -> String {
    let row = &booked.row;
    let nothing = Value::Null;
    let paid = booked.payment.as_ref().unwrap_or(&nothing);
    match rule {
        "follow_arrive" => from(
            d,
            row,
            &["It arrives at {arrives}.", "At {arrives}."],
            &["{arrives}到。", "{arrives}到达。"],
        ),
        "follow_depart" => from(
            d,
            row,
            &["It leaves at {departs}.", "At {departs}."],
            &["{departs}出发。", "{departs}发车。"],
        ),
        "follow_from" if row.get("from_station").is_some() => from(
            d,
            row,
            &["It leaves from {from_station}.", "From {from_station}."],
            &["从{from_station}出发。", "在{from_station}上车。"],
        ),
        "follow_from" => from(d, row, &["It leaves from {from_airport}."], &["从{from_airport}出发。"]),
        "follow_receipt" => from(d, paid, &["The receipt is {receipt}."], &["收据号是{receipt}。"]),
        "follow_balance" => {
            from(d, paid, &["Your {account} account holds {balance}."], &["{account}账户还有{balance}。"])
        }
        "follow_ref" => from(
            d,
            &booked.booking,
            &["The reference is {booking}.", "It is {booking}."],
            &["订单号是{booking}。"],
        ),
        _ => from(
            d,
            &booked.booking,
            &["It costs {total}.", "The total is {total}."],
            &["一共{total}。", "总价{total}。"],
        ),
    }
}

/// After a forecast: a question it settles, or another city or day.
pub(super) fn about_weather(s: &mut Scene<'_, '_>) {
    let Some((last, result)) = s.found.clone().filter(|(call, _)| call.name == "weather") else { return };
    match s.d.rng.below(4) {
        0 => {
            let rain = s.d.chance(60);
            let question = phrase(s.d, if rain { "follow_rain" } else { "follow_low" }, &[]);
            s.talk.mark("follow_up");
            s.talk.user(question);
            let told = if rain {
                from(
                    s.d,
                    &result,
                    &["The chance of rain is {rain_percent}%."],
                    &["降雨概率{rain_percent}%。"],
                )
            } else {
                from(s.d, &result, &["The low is {low}{unit}."], &["最低{low}{unit}。"])
            };
            s.talk.say(told);
        }
        1 | 2 => {
            let lower = s.lower;
            let city = slots::city(s.d, lower);
            let said = phrase(s.d, "change_city", &[("city", &city), ("in_city", &format!("in {city}"))]);
            again(s, last, "city", &city, said);
        }
        _ => another_day(s, last, 9),
    }
}

/// The same call for another day.
fn another_day(s: &mut Scene<'_, '_>, last: crate::conversation::Call, reach: i64) {
    let (today, lower) = (s.today(), s.lower);
    let day = slots::day(s.d, today, reach, lower);
    let on_day = slots::on_day(s.d, &day);
    let said = phrase(s.d, "change_day", &[("day", &day), ("on_day", &on_day)]);
    let mut call = last;
    // Keeps the order of the schema when the day was not said before.
    if !call.arguments.contains_key("day") {
        let unit = call.arguments.shift_remove("unit");
        call.arguments.insert("day".into(), Value::Null);
        if let Some(unit) = unit {
            call.arguments.insert("unit".into(), unit);
        }
    }
    again(s, call, "day", &day, said);
}

fn again(s: &mut Scene<'_, '_>, mut call: crate::conversation::Call, key: &str, value: &str, said: String) {
    s.talk.mark("changed");
    s.talk.user(said);
    call.arguments.insert(key.to_owned(), Value::from(value));
    s.fulfil(vec![Ask { clause: String::new(), calls: vec![call], goal: Goal::Tell }]);
}

/// After a list of trains, flights, hotels or restaurants: one is booked, or another day, order or nothing.
pub(super) fn about_list(s: &mut Scene<'_, '_>) {
    let Some((last, result)) = s.found.clone() else { return };
    let found = rows(&result);
    if found.is_empty() {
        return;
    }
    match s.d.rng.below(10) {
        0..6 => pick(s, &last, &found),
        6 | 7 if last.arguments.contains_key("day") => another_day(s, last, 30),
        8 if last.name == "search_trains" => another_order(s, last),
        _ => {
            let said = phrase(s.d, "give_up", &[]);
            s.talk.mark("given_up");
            s.talk.user(said);
            let told = s.d.say(
                &["All right, nothing is booked.", "All right, I did not book anything."],
                &["好的，没有预订。", "好的，什么都没有订。"],
            );
            s.talk.say(told);
        }
    }
}

fn another_order(s: &mut Scene<'_, '_>, last: crate::conversation::Call) {
    let (order, en, zh) = *s.d.rng.one(&[
        ("cheapest", "cheapest", "最便宜"),
        ("fastest", "fastest", "最快"),
        ("latest", "latest", "最晚"),
        ("earliest", "earliest", "最早"),
    ]);
    if last.arguments.get("order").is_some_and(|known| known == order) {
        return;
    }
    let crit = if s.d.zh() { zh } else { en };
    let said = phrase(s.d, "change_order", &[("crit", crit)]);
    again(s, last, "order", order, said);
}

/// Books one of the rows that were told.
fn pick(s: &mut Scene<'_, '_>, last: &crate::conversation::Call, found: &[Value]) {
    let told = if last.arguments.contains_key("order") { 1 } else { found.len().min(3) };
    let index = s.d.rng.below(told);
    let row = &found[index];
    if left(row) == 0 {
        return;
    }
    let nth_en = ["first", "second", "third"];
    let nth_zh = ["一", "二", "三"];
    let name = row.get("name").map_or_else(|| answer::number(row), answer::plain);
    let time = answer::plain(&row["departs"]);
    let nth = if s.d.zh() { nth_zh[index] } else { nth_en[index] };
    let rule = match s.d.rng.below(3) {
        0 if !time.is_empty() => "pick_time",
        1 => "pick_name",
        _ if told == 1 => "pick_name",
        _ => "pick_nth",
    };
    let mut clause = phrase(s.d, rule, &[("nth", nth), ("time", &time), ("name", &name)]);
    let order = trip::payment(s, &mut clause, None);
    let said = ask::remark(s.d, &clause);
    s.talk.mark("picked");
    s.talk.user(said);
    let answer = s.book(row, &order);
    s.talk.say(answer);
}

/// Something to be done with a booking that stands: pay, cancel, refund.
pub(super) fn with_booking(s: &mut Scene<'_, '_>) {
    let Some(booked) = s.booked.take() else { return };
    let reference = booked.reference().to_owned();
    let paid = booked.payment.is_some();
    let slots: &[(&str, &str)] = &[("booking", reference.as_str()), ("account", ""), ("account_comma", "")];
    let (rule, call) = match (paid, s.d.rng.below(10)) {
        (false, 0..6) => {
            let (account, said) = if s.d.chance(30) { trip::account(s.d) } else { (None, String::new()) };
            let comma = if said.is_empty() { String::new() } else { format!("，{said}") };
            let rule = if s.d.chance(70) { "pay_last" } else { "pay_ref" };
            let clause =
                phrase(s.d, rule, &[("booking", &reference), ("account", &said), ("account_comma", &comma)]);
            let call =
                call("pay", &[("booking", text(&reference)), ("account", account.as_deref().and_then(text))]);
            return effect(s, clause, call, "paid_later");
        }
        (true, 0..3) => ("refund_ref", call("refund", &[("booking", text(&reference))])),
        (_, 3..7) => ("cancel_last", call("cancel_booking", &[("booking", text(&reference))])),
        _ => ("cancel_ref", call("cancel_booking", &[("booking", text(&reference))])),
    };
    let clause = phrase(s.d, rule, slots);
    effect(s, clause, call, "undone");
}

fn effect(s: &mut Scene<'_, '_>, clause: String, call: crate::conversation::Call, kind: &str) {
    s.talk.mark(kind);
    s.talk.user(clause);
    s.fulfil(vec![Ask { clause: String::new(), calls: vec![call], goal: Goal::Tell }]);
}

/// Lists the bookings, and may cancel one by where it goes.
pub(super) fn list(s: &mut Scene<'_, '_>) {
    let clause = phrase(s.d, "list_bookings", &[]);
    let said = ask::remark(s.d, &clause);
    effect(s, said, call("list_bookings", &[]), "list");
}

/// A booking that nobody made: the tool says so, and so does the answer.
pub(super) fn unknown_booking(s: &mut Scene<'_, '_>) {
    let reference = reference(s.d);
    let (rule, tool) =
        *s.d.rng.one(&[("cancel_ref", "cancel_booking"), ("refund_ref", "refund"), ("pay_ref", "pay")]);
    let clause = phrase(s.d, rule, &[("booking", &reference), ("account", ""), ("account_comma", "")]);
    effect(s, clause, call(tool, &[("booking", text(&reference))]), "unknown_booking");
}

/// A reference as bookings have them, of no booking.
pub(super) fn reference(d: &mut Draw) -> String {
    let letters: String =
        (0..4).map(|_| char::from(*d.rng.one(b"ABCDEFGHJKMNPQRSTUVWXYZ23456789"))).collect();
    format!("HM{letters}")
}
