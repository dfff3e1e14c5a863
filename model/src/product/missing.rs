//! Requests that leave out what a tool needs: the model asks, the person answers, and it goes on.

use serde_json::Value;

use crate::conversation::Call;
use crate::grammar::phrase;

use super::ask::{self, Ask, Goal, Order, call, text};
use super::desk::World;
use super::scene::Scene;
use super::trip::{Trip, Unsaid};
use super::{info, slots, stay};

/// How often another wording is drawn where one does not serve.
const DRAWS_MAX: usize = 20;

/// A request that leaves out what a tool needs.
pub(super) fn missing(s: &mut Scene<'_, '_>) {
    match s.d.rng.below(100) {
        0..50 => trip(s),
        50..60 => city(s),
        60..67 => time(s),
        67..73 => title(s),
        73..86 => hotel(s),
        86..92 => table(s),
        92..97 => booking(s),
        _ => numbers(s),
    }
}

/// A trip of which the person forgot to say something.
fn trip(s: &mut Scene<'_, '_>) {
    let trip = Trip { after: String::new(), before: String::new(), people: String::new(), ..Trip::draw(s) };
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
    } else if s.d.chance(30) {
        let ask = trip.in_parts(s, unsaid, books);
        let message = ask::remark(s.d, &ask.clause);
        (ask, message)
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
    search_in_vain(s, &ask, &trip, unsaid);
    let question = phrase(s.d, rule, &[]);
    s.talk.say(question);
    let reply = reply(s, &trip, unsaid);
    s.talk.user(reply);
    s.fulfil(vec![ask]);
}

/// Now and then, in training: a search from where the trip goes, for want of another place. The error is reason enough to ask.
fn search_in_vain(s: &mut Scene<'_, '_>, ask: &Ask, trip: &Trip, unsaid: Unsaid) {
    let one_end = unsaid.from != unsaid.to && !unsaid.day;
    if !one_end || s.d.held_out || !s.d.chance(15) {
        return;
    }
    let Some(mut wrong) = ask.calls.first().cloned() else { return };
    let known = if unsaid.from { &trip.to } else { &trip.from };
    for end in ["from", "to"] {
        wrong.arguments.insert(end.into(), known.clone().into());
    }
    let result = s.desk.call(&wrong);
    if result.get("error").is_some() {
        s.talk.mark("slip");
        s.talk.slip(vec![(wrong, result)]);
    }
}

/// "Book a train ticket": not even where to.
fn bare(s: &mut Scene<'_, '_>, trip: &Trip) -> (Ask, String) {
    let plain =
        Trip { order: "", crit: String::new(), crit_de: String::new(), wish: String::new(), ..trip.clone() };
    let ticket = phrase(s.d, if trip.train { "ticket" } else { "plane" }, &[]);
    let vehicle = if trip.train { "train" } else { "flight" };
    let rule = if s.d.chance(25) { "miss_train" } else { "miss_trip_all" };
    let slots: &[(&str, &str)] = &[("ticket", &ticket), ("vehicle_bare", vehicle), ("vehicle", vehicle)];
    let clause = phrase(s.d, rule, slots).replace("$ticket", &ticket);
    let message = ask::remark(s.d, &clause);
    let order = Order { pays: true, ..Order::default() };
    let mut search = plain.search();
    if let Some(order) = rank(&clause) {
        search.arguments.insert("order".into(), order);
    }
    (Ask { clause, calls: vec![search], goal: Goal::Book(order) }, message)
}

/// Asks to book a trip without these parts, and without a word that stands for one of them. How the order is said may hold
/// such a word, whatever the wording.
fn without(s: &mut Scene<'_, '_>, trip: &Trip, unsaid: Unsaid) -> (Ask, bool) {
    let mut drawn = trip.book(s, unsaid);
    for _ in 0..DRAWS_MAX {
        if !["there", "那边", "过去"].iter().any(|word| drawn.0.clause.contains(word)) {
            break;
        }
        drawn = trip.book(s, unsaid);
    }
    drawn
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
fn city(s: &mut Scene<'_, '_>) {
    let lower = s.lower;
    let city = slots::city(s.d, lower);
    let day = info::weather_day(s);
    let rule = if day.is_empty() { "miss_city_now" } else { "miss_city" };
    let on_day = slots::on_day(s.d, &day);
    let said = phrase(s.d, rule, &[("d", &on_day)]);
    let asked = call("weather", &[("city", text(&city)), ("day", text(&day))]);
    asked_for(s, &said, "ask_city", &city, asked);
}

/// An event without a time, or without a day as well.
fn time(s: &mut Scene<'_, '_>) {
    if s.d.chance(50) {
        return event_at_no_time(s);
    }
    let (today, lower) = (s.today(), s.lower);
    let day = slots::day(s.d, today, 20, lower);
    let on_day = slots::on_day(s.d, &day);
    let time = slots::time(s.d, 8, 19);
    let (rule, title) =
        if s.d.chance(40) { ("event_remind", info::errand(s.d)) } else { ("event_add", info::title(s.d)) };
    let slots: &[(&str, &str)] = &[("title", title.as_str()), ("day", day.as_str()), ("on_day", &on_day)];
    let clause = phrase(s.d, rule, slots);
    let asked = call("add_event", &[("title", text(&title)), ("day", text(&day)), ("time", text(&time))]);
    asked_for(s, &clause, "ask_time", &time, asked);
}

fn event_at_no_time(s: &mut Scene<'_, '_>) {
    let (day, time, title) = (whole_day(s), slots::time(s.d, 8, 19), info::title(s.d));
    let on_day = slots::on_day(s.d, &day);
    let slots: &[(&str, &str)] = &[("title", &title), ("day", &day), ("on_day", &on_day), ("time", &time)];
    let said = phrase(s.d, "miss_event_when", slots);
    let reply = phrase(s.d, "reply_event_when", slots);
    let asked = call("add_event", &[("title", text(&title)), ("day", text(&day)), ("time", text(&time))]);
    answered(
        s,
        &said,
        "ask_event_when",
        reply,
        Ask { clause: String::new(), calls: vec![asked], goal: Goal::Tell },
    );
}

/// Says it, hears the question, answers it, and the call is made.
fn asked_for(s: &mut Scene<'_, '_>, said: &str, rule: &str, value: &str, asked: Call) {
    let reply = phrase(s.d, "reply_one", &[("v", value)]);
    let goal = if asked.name.starts_with("search") { wanted(said) } else { Goal::Tell };
    answered(s, said, rule, reply, Ask { clause: String::new(), calls: vec![asked], goal });
}

/// What was to be booked is booked once it is known.
fn wanted(said: &str) -> Goal {
    let books =
        ["book", "reserv", "table", "订", "桌", "约"].iter().any(|word| said.to_lowercase().contains(word));
    if books { Goal::Book(Order { pays: true, ..Order::default() }) } else { Goal::Tell }
}

/// Says it, hears the question of a rule, replies, and what was asked for is done.
fn answered(s: &mut Scene<'_, '_>, said: &str, rule: &str, reply: String, ask: Ask) {
    let message = ask::remark(s.d, said);
    s.talk.mark("missing");
    s.talk.user(message);
    let question = phrase(s.d, rule, &[]);
    s.talk.say(question);
    s.talk.user(reply);
    s.fulfil(vec![ask]);
}

/// The order that a wording of its own asks for.
fn rank(said: &str) -> Option<Value> {
    const RANKS: [(&str, &str); 8] = [
        ("cheapest", "cheapest"),
        ("最便宜", "cheapest"),
        ("earliest", "earliest"),
        ("最早", "earliest"),
        ("fastest", "fastest"),
        ("最快", "fastest"),
        ("best", "best"),
        ("评分最高", "best"),
    ];
    RANKS.iter().find(|(words, _)| said.contains(words)).map(|(_, order)| Value::from(*order))
}

/// A day that names no part of it, so that a time can follow.
fn whole_day(s: &mut Scene<'_, '_>) -> String {
    let (today, lower) = (s.today(), s.lower);
    loop {
        let day = slots::day(s.d, today, 20, lower);
        if !slots::names_part(&day) {
            return day;
        }
    }
}

/// An event of which only the time is said.
fn title(s: &mut Scene<'_, '_>) {
    let day = whole_day(s);
    let on_day = slots::on_day(s.d, &day);
    let (time, title) = (slots::time(s.d, 8, 19), info::title(s.d));
    let said = phrase(s.d, "miss_event_title", &[("on_day", &on_day), ("day", &day), ("time", &time)]);
    let asked = call("add_event", &[("title", text(&title)), ("day", text(&day)), ("time", text(&time))]);
    asked_for(s, &said, "ask_what_event", &title, asked);
}

/// A hotel, without the city or the day of arrival, or without both.
fn hotel(s: &mut Scene<'_, '_>) {
    if s.d.chance(25) {
        return any_hotel(s);
    }
    let (today, lower) = (s.today(), s.lower);
    let (city, day) = (slots::city(s.d, lower), slots::day(s.d, today, 40, lower));
    let (on_day, in_city) = (slots::on_day(s.d, &day), slots::in_city(s.d, &city));
    let (count, word) = slots::few(s.d, 7);
    let nights = stay::night_words(s.d, count, &word);
    let (rule, question, value) = if s.d.chance(60) {
        ("miss_hotel_city", "ask_city", &city)
    } else {
        ("miss_hotel_day", "ask_hotel_day", &day)
    };
    let slots: &[(&str, &str)] =
        &[("city", &city), ("in_city", &in_city), ("day", &day), ("on_day", &on_day), ("nights", &nights)];
    let said = phrase(s.d, rule, slots);
    let count = said.contains(&nights).then(|| count.into());
    let asked = call(
        "search_hotels",
        &[("city", text(&city)), ("day", text(&day)), ("nights", count), ("order", rank(&said))],
    );
    asked_for(s, &said, question, value, asked);
}

fn any_hotel(s: &mut Scene<'_, '_>) {
    let (today, lower) = (s.today(), s.lower);
    let (city, day) = (slots::city(s.d, lower), slots::day(s.d, today, 40, lower));
    let on_day = slots::on_day(s.d, &day);
    let said = phrase(s.d, "miss_hotel_all", &[]);
    let reply = phrase(s.d, "reply_hotel_all", &[("city", &city), ("day", &day), ("on_day", &on_day)]);
    let asked = call("search_hotels", &[("city", text(&city)), ("day", text(&day)), ("order", rank(&said))]);
    let ask = Ask { clause: String::new(), calls: vec![asked], goal: wanted(&said) };
    answered(s, &said, "ask_hotel_all", reply, ask);
}

/// A table, without the city, or without saying when and for how many, or without all of it.
fn table(s: &mut Scene<'_, '_>) {
    match s.d.rng.below(100) {
        0..40 => return table_at_no_time(s, true),
        40..55 => return table_at_no_time(s, false),
        _ => {}
    }
    let (lower, day) = (s.lower, whole_day(s));
    let city = slots::city(s.d, lower);
    let (on_day, time) = (slots::on_day(s.d, &day), slots::time(s.d, 11, 20));
    let count = slots::people(s.d);
    let people = if s.d.zh() { phrase(s.d, "people", &[("n", &count)]) } else { format!("{count} people") };
    let slots: &[(&str, &str)] = &[("day", &day), ("on_day", &on_day), ("time", &time), ("people", &people)];
    let said = phrase(s.d, "miss_food_city", slots);
    let told = |value: &str, of: &str| said.contains(of).then(|| value.into());
    let asked = call(
        "search_restaurants",
        &[
            ("city", text(&city)),
            ("cuisine", stay::cuisine_in(&said).and_then(text)),
            ("day", told(&day, &day)),
            ("time", told(&time, &time)),
            ("people", told(&count, &people)),
            ("order", rank(&said)),
        ],
    );
    asked_for(s, &said, "ask_city", &city, asked);
}

fn table_at_no_time(s: &mut Scene<'_, '_>, in_known_city: bool) {
    let (lower, day) = (s.lower, whole_day(s));
    let city = slots::city(s.d, lower);
    let (said_rule, question, answer) = if in_known_city {
        ("miss_food_when", "ask_food_when", "reply_food_when")
    } else {
        ("miss_food_all", "ask_food_all", "reply_food_all")
    };
    let on_day = slots::on_day(s.d, &day);
    let (in_city, time) = (slots::in_city(s.d, &city), slots::time(s.d, 11, 20));
    let people = slots::people(s.d);
    let cuisine = stay::cuisine(s.d, lower);
    let known: &[(&str, &str)] = &[("city", &city), ("in_city", &in_city), ("cuisine", &cuisine)];
    let said = phrase(s.d, said_rule, known);
    let told: &[(&str, &str)] =
        &[("city", &city), ("day", &day), ("on_day", &on_day), ("time", &time), ("people", &people)];
    let reply = phrase(s.d, answer, told);
    let asked = call(
        "search_restaurants",
        &[
            ("city", text(&city)),
            ("cuisine", if said.contains(&cuisine) { text(&cuisine) } else { None }),
            ("day", text(&day)),
            ("time", text(&time)),
            ("people", text(&people)),
            ("order", rank(&said)),
        ],
    );
    let goal =
        if in_known_city { Goal::Book(Order { pays: true, ..Order::default() }) } else { wanted(&said) };
    answered(s, &said, question, reply, Ask { clause: String::new(), calls: vec![asked], goal });
}

/// Something to be done with a booking of which nothing is known.
fn booking(s: &mut Scene<'_, '_>) {
    let (rule, tool) = *s.d.rng.one(&[("miss_pay", "pay"), ("miss_cancel", "cancel_booking")]);
    let said = phrase(s.d, rule, &[]);
    let reference = super::follow::reference(s.d);
    asked_for(s, &said, "ask_which_booking", &reference, call(tool, &[("booking", text(&reference))]));
}

/// A sum without numbers; the person leaves it at that.
fn numbers(s: &mut Scene<'_, '_>) {
    let said = phrase(s.d, "miss_calc", &[]);
    let message = ask::remark(s.d, &said);
    s.talk.mark("missing");
    s.talk.user(message);
    let question = phrase(s.d, "ask_numbers", &[]);
    s.talk.say(question);
}
