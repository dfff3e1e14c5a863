//! Requests that cannot be met as they are: something is misspelt, nothing leaves then, or no tool does it.

use crate::grammar::phrase;

use super::ask;
use super::info;
use super::scene::Scene;
use super::slots;
use super::trip::{Trip, Unsaid, mistype};

/// A city that is not written right, or one that the product does not know.
pub(super) fn misspelt(s: &mut Scene<'_, '_>) {
    if s.d.chance(50) {
        let (lower, day) = (s.lower, info::weather_day(s));
        let unknown = s.d.chance(40);
        let city = if unknown { slots::elsewhere(s.d, lower) } else { slots::misspelt(s.d, lower) };
        let ask = info::weather(s, &city, &day);
        let message = ask::remark(s.d, &ask.clause);
        s.talk.user(message);
        return s.fulfil(vec![ask]);
    }
    let mut trip = Trip::draw(s);
    mistype(s, &mut trip);
    let (ask, command) = trip.book(s, Unsaid::default());
    let message = super::trip::message(s, &ask, command);
    s.talk.user(message);
    s.fulfil(vec![ask]);
}

/// A trip so early or so late that nothing leaves, as a rule.
pub(super) fn at_night(s: &mut Scene<'_, '_>) {
    let mut trip = Trip::draw(s);
    let early = s.d.chance(65);
    trip.before = if early { slots::time(s.d, 2, 6) } else { String::new() };
    trip.after = if early { String::new() } else { slots::time(s.d, 22, 23) };
    let (ask, command) = if s.d.chance(50) {
        trip.book(s, Unsaid::default())
    } else {
        (trip.find(s, Unsaid::default()), false)
    };
    let message = super::trip::message(s, &ask, command);
    s.talk.user(message);
    s.fulfil(vec![ask]);
}

/// Something that no tool does: asked, ordered, or just said.
pub(super) fn no_tool(s: &mut Scene<'_, '_>) {
    let rule = match s.d.rng.below(100) {
        0..16 => "no_change",
        16..34 => "no_tool",
        34..52 => "no_tool_command",
        52..85 => "no_tool_question",
        _ => "no_tool_statement",
    };
    let lower = s.lower;
    let (city, time, person) = (slots::city(s.d, lower), slots::time(s.d, 6, 22), s.d.person());
    let n = s.d.rng.between(2, 500).to_string();
    let in_city = slots::in_city(s.d, &city);
    let (today, booking) = (s.today(), super::follow::reference(s.d));
    let day = slots::day(s.d, today, 20, lower);
    let clause = phrase(
        s.d,
        rule,
        &[
            ("city", &city),
            ("in_city", &in_city),
            ("day", &day),
            ("time", &time),
            ("person", &person),
            ("n", &n),
            ("booking", &booking),
        ],
    );
    let ordered = rule.ends_with("command") || rule == "no_tool" && s.d.chance(60);
    let message = if ordered { ask::command(s.d, &clause) } else { ask::remark(s.d, &clause) };
    if rule == "no_tool_statement" {
        s.talk.mark("no_tool");
        s.talk.user(message);
        let told = phrase(s.d, "statement_told", &[]);
        return s.talk.say(told);
    }
    refuse(s, message);
}

/// Something that a tool of the product does which is not on offer here.
pub(super) fn tool_left_out(s: &mut Scene<'_, '_>, left_out: &str) {
    let ask = match left_out {
        "weather" => {
            let (lower, day) = (s.lower, info::weather_day(s));
            let city = slots::city(s.d, lower);
            info::weather(s, &city, &day)
        }
        "search_trains" | "search_flights" => {
            let trip = Trip { train: left_out == "search_trains", ..Trip::draw(s) };
            trip.find(s, Unsaid::default())
        }
        "search_hotels" => super::stay::hotel(s, false, None),
        "calculate" => info::sum(s),
        _ => super::stay::restaurant(s, false),
    };
    let message = ask::remark(s.d, &ask.clause);
    refuse(s, message);
}

fn refuse(s: &mut Scene<'_, '_>, message: String) {
    s.talk.mark("no_tool");
    s.talk.user(message);
    let told = phrase(s.d, "no_tool_told", &[]);
    s.talk.say(told);
}
