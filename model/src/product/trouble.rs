//! Requests that cannot be met at once: something is missing, misspelt, or no tool does it.

use crate::conversation::Call;
use crate::grammar::phrase;

use super::ask::{self, Ask, Goal, Order, call, text};
use super::info;
use super::scene::Scene;
use super::slots;
use super::trip::{Trip, Unsaid, mistype};

/// A trip of which the person forgot to say something.
pub(super) fn missing_trip(s: &mut Scene<'_, '_>) {
    let trip = Trip {
        after: String::new(),
        before: String::new(),
        people: 1,
        people_text: String::new(),
        ..Trip::draw(s)
    };
    let unsaid = *s.d.rng.one(&[
        Unsaid { from: true, ..Unsaid::default() },
        Unsaid { from: true, ..Unsaid::default() },
        Unsaid { day: true, ..Unsaid::default() },
        Unsaid { day: true, ..Unsaid::default() },
        Unsaid { to: true, ..Unsaid::default() },
        Unsaid { from: true, day: true, ..Unsaid::default() },
        Unsaid { from: true, to: true, day: false },
        Unsaid { from: true, to: true, day: true },
    ]);
    let nothing = unsaid.from && unsaid.to && unsaid.day;
    let books = nothing || s.d.chance(75);
    let (ask, message) = if nothing {
        bare(s, &trip)
    } else if books {
        // The wordings of a trip without its end point to a place named before; here there is none.
        let (ask, command) = without(s, &trip, unsaid);
        let message = if command { ask::command(s.d, &ask.clause) } else { ask::remark(s.d, &ask.clause) };
        (ask, message)
    } else {
        let ask = trip.find(s, unsaid);
        let message = ask::remark(s.d, &ask.clause);
        (ask, message)
    };
    s.talk.mark("missing");
    s.talk.user(message);
    let rule = match (unsaid.from, unsaid.to, unsaid.day) {
        (true, false, false) => "ask_from",
        (false, true, false) => "ask_to",
        (true, true, false) => "ask_from_to",
        (true, false, true) => "ask_from_day",
        (false, true, true) => "ask_to_day",
        (true, true, true) => "ask_from_to_day",
        (_, _, _) => "ask_day",
    };
    let question = phrase(s.d, rule, &[]);
    s.talk.say(question);
    let reply = reply(s, &trip, unsaid);
    s.talk.user(reply);
    s.fulfil(vec![ask]);
}

/// "Book a train ticket": not even where to.
fn bare(s: &mut Scene<'_, '_>, trip: &Trip) -> (Ask, String) {
    let plain = Trip { order: "", crit: String::new(), crit_de: String::new(), ..trip.clone() };
    let ticket = phrase(s.d, if trip.train { "ticket" } else { "plane" }, &[]);
    let vehicle = if trip.train { "train" } else { "flight" };
    let clause = phrase(s.d, "miss_train", &[("ticket", &ticket), ("vehicle_bare", vehicle)])
        .replace("$ticket", &ticket);
    let message = ask::remark(s.d, &clause);
    let order = Order { pays: true, ..Order::default() };
    (Ask { clause, calls: vec![plain.search()], goal: Goal::Book(order) }, message)
}

fn without(s: &mut Scene<'_, '_>, trip: &Trip, unsaid: Unsaid) -> (Ask, bool) {
    loop {
        let (ask, command) = trip.book(s, unsaid);
        if !ask.clause.contains("there") && !ask.clause.contains("那边") && !ask.clause.contains("过去") {
            return (ask, command);
        }
    }
}

fn reply(s: &mut Scene<'_, '_>, trip: &Trip, unsaid: Unsaid) -> String {
    let d = &mut *s.d;
    match (unsaid.from, unsaid.to, unsaid.day) {
        (true, false, false) => phrase(d, "reply_from", &[("v", &trip.from)]),
        (false, true, false) => phrase(d, "reply_to", &[("v", &trip.to)]),
        (false, false, true) => phrase(d, "reply_day", &[("v", &trip.day)]),
        _ => {
            let form = match (unsaid.to, unsaid.day) {
                (true, true) => d.say(
                    &["from {f} to {t}, {d}", "{f} to {t} {d}", "{d} from {f} to {t}"],
                    &["{d}从{f}到{t}", "从{f}到{t}，{d}", "{f}到{t}，{d}"],
                ),
                (true, false) => {
                    d.say(&["from {f} to {t}", "{f} to {t}"], &["从{f}到{t}", "{f}到{t}", "{f}去{t}"])
                }
                _ => d.say(
                    &["from {f}, {d}", "{f}, {d}", "{d} from {f}"],
                    &["从{f}，{d}", "{d}从{f}走", "{f}，{d}"],
                ),
            };
            crate::fill::fill(form, &[("f", &trip.from), ("t", &trip.to), ("d", &trip.day)])
        }
    }
}

/// The weather somewhere, without saying where.
pub(super) fn missing_city(s: &mut Scene<'_, '_>) {
    let lower = s.lower;
    let city = slots::city(s.d, lower);
    let day = info::weather_day(s);
    let rule = if day.is_empty() { "miss_city_now" } else { "miss_city" };
    let on_day = slots::on_day(s.d, &day);
    let said = phrase(s.d, rule, &[("d", &on_day)]);
    let asked = call("weather", &[("city", text(&city)), ("day", text(&day))]);
    asked_for(s, &said, "ask_city", &city, asked);
}

/// An event without a time.
pub(super) fn missing_time(s: &mut Scene<'_, '_>) {
    let (today, lower) = (s.today(), s.lower);
    let day = slots::day(s.d, today, 20, lower);
    let on_day = slots::on_day(s.d, &day);
    let time = slots::time(s.d, 8, 19);
    let title = info::title(s.d);
    let slots: &[(&str, &str)] = &[("title", title.as_str()), ("day", day.as_str()), ("on_day", &on_day)];
    let clause = phrase(s.d, "event_add", slots);
    let asked = call("add_event", &[("title", text(&title)), ("day", text(&day)), ("time", text(&time))]);
    asked_for(s, &clause, "ask_time", &time, asked);
}

/// Says it, hears the question, answers it, and the call is made.
fn asked_for(s: &mut Scene<'_, '_>, said: &str, rule: &str, value: &str, asked: Call) {
    let message = ask::remark(s.d, said);
    s.talk.mark("missing");
    s.talk.user(message);
    let question = phrase(s.d, rule, &[]);
    s.talk.say(question);
    let reply = phrase(s.d, "reply_one", &[("v", value)]);
    s.talk.user(reply);
    s.fulfil(vec![Ask { clause: String::new(), calls: vec![asked], goal: Goal::Tell }]);
}

/// A city that is not written right.
pub(super) fn misspelt(s: &mut Scene<'_, '_>) {
    if s.d.chance(50) {
        let (lower, day) = (s.lower, info::weather_day(s));
        let city = slots::misspelt(s.d, lower);
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

/// Something that no tool does.
pub(super) fn no_tool(s: &mut Scene<'_, '_>) {
    let lower = s.lower;
    let (city, time, person) = (slots::city(s.d, lower), slots::time(s.d, 6, 22), s.d.person());
    let n = s.d.rng.between(2, 500).to_string();
    let clause = phrase(
        s.d,
        "no_tool",
        &[
            ("city", &city),
            ("in_city", &format!("in {city}")),
            ("time", &time),
            ("person", &person),
            ("n", &n),
        ],
    );
    let message = if s.d.chance(60) { ask::command(s.d, &clause) } else { ask::remark(s.d, &clause) };
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
    let told = s.d.say(
        &[
            "Sorry, I have no tool for that.",
            "I cannot do that: none of my tools does it.",
            "None of my tools can do that.",
        ],
        &["抱歉，我没有能做这件事的工具。", "这个我做不到，没有合适的工具。", "我的工具里没有能做这个的。"],
    );
    s.talk.say(told);
}
