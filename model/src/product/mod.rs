//! Conversations about the product's own tools: an oracle speaks for the person and the model, the real
//! toolbox answers.

mod answer;
mod ask;
mod desk;
mod follow;
pub(crate) mod info;
mod missing;
mod renamed;
mod scene;
mod slip;
pub(crate) mod slots;
mod spread;
mod stay;
mod trip;
mod trouble;
mod wish;

use std::collections::BTreeSet;

use crate::chat;
use crate::conversation::{Conversation, ToolSpec};
use crate::draw::Draw;
use crate::noise;

pub use desk::{Desk, DeskError, Desks, World};

use ask::{Ask, joined};
use scene::Scene;
use trip::{Trip, Unsaid};

/// Above this rough count of tokens no further request is added.
const ENOUGH_TOKENS: usize = 430;

/// Tools that some conversations do without, though the person asks for what they do.
const LEFT_OUT: [&str; 6] =
    ["weather", "search_trains", "search_flights", "search_hotels", "search_restaurants", "calculate"];

/// Sentences shown to the public as what the product can do. They are for trying it out, so that no
/// training conversation may contain them.
const DEMONSTRATIONS: [&str; 2] = [
    "明天上海天气怎么样，帮我订一张去北京最早的高铁票",
    "what's the weather in shanghai tomorrow, and book me the earliest train to beijing",
];

/// What the conversations about the product's tools are like.
#[derive(Debug, Clone, Copy)]
pub struct Course {
    /// All of the tools are on offer in every conversation, in the product's order.
    pub full: bool,
    /// What the requests are about.
    pub about: About,
    /// At most so many requests a conversation.
    pub requests: usize,
    /// Most tools have other names, descriptions and arguments than the product's.
    pub renamed: bool,
}

/// What requests to the product are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum About {
    /// All that the product does, and what it cannot do.
    Anything,
    /// Bookings, paid for or not, and questions that sound like them.
    Bookings,
    /// What only needs to be looked up or put down: documents, tables, sums, the calendar; also two things at once.
    Desk,
    /// What cannot be met as it is: something is missing or misspelt, or no tool does it.
    Amiss,
}

/// A conversation about the product's tools, all or some of them; the desk is one world during this conversation. Other names
/// are drawn from `common` where other conversations have the same.
pub fn conversation(d: &mut Draw, common: Option<Draw>, desk: Desk<'_>, course: Course) -> Conversation {
    let Course { full, about, requests, renamed } = course;
    let today = desk.today();
    let specs = desk.specs().to_vec();
    let lower = !d.zh() && d.chance(25);
    let left_out = (!full && d.chance(8)).then(|| d.rng.pick(&LEFT_OUT));
    let talk = Conversation::new(d.lang.code());
    let mut s = Scene { d, desk, talk, lower, booked: None, found: None };
    let most = 1 + s.d.rng.below(requests.max(1));
    for i in 0..most {
        match left_out {
            Some(tool) if i == 0 || s.d.chance(30) => trouble::tool_left_out(&mut s, tool),
            _ => match about {
                About::Anything => request(&mut s),
                About::Bookings => booking(&mut s),
                About::Desk => at_desk(&mut s),
                About::Amiss => amiss(&mut s),
            },
        }
        if s.talk.rough_tokens() > ENOUGH_TOKENS {
            break;
        }
    }
    let Scene { mut talk, d, .. } = s;
    // Where names have to be read, there are more to choose from.
    let beside = if renamed { 9 } else { 4 };
    talk.tools = if full { specs } else { offered(d, &specs, &talk, left_out, beside) };
    if renamed {
        match common {
            Some(mut common) => renamed::rename(&mut common, &mut talk),
            None => renamed::rename(d, &mut talk),
        }
    }
    noise::roughen(d, &mut talk);
    noise::follow_capitals(&mut talk);
    if let Some(first) = talk.messages.first_mut() {
        first.content.insert_str(0, &format!("(Today is {}, {today}.)\n", today.strftime("%A")));
    }
    talk
}

/// Whether a conversation may be trained on: no demonstration in it, and no call of a tool left out.
pub(crate) fn is_fit(talk: &Conversation) -> bool {
    let demonstrates = talk.messages.iter().any(|m| {
        let text = m.content.to_lowercase();
        DEMONSTRATIONS.iter().any(|demonstration| text.contains(demonstration))
    });
    let offers = |name: &str| talk.tools.iter().any(|t| t.name == name);
    !demonstrates && talk.messages.iter().flat_map(|m| &m.tool_calls).all(|c| offers(&c.name))
}

/// The tools that are used and fewer than so many others.
fn offered(
    d: &mut Draw,
    specs: &[ToolSpec],
    talk: &Conversation,
    left_out: Option<&str>,
    beside: usize,
) -> Vec<ToolSpec> {
    let used: BTreeSet<&str> =
        talk.messages.iter().flat_map(|m| &m.tool_calls).map(|c| c.name.as_str()).collect();
    let extra = d.rng.below(beside);
    let mut others: Vec<usize> =
        (0..specs.len()).filter(|i| !used.contains(specs[*i].name.as_str())).collect();
    d.rng.shuffle(&mut others);
    others.retain(|i| Some(specs[*i].name.as_str()) != left_out);
    others.truncate(extra);
    let kept = |i: usize| {
        used.contains(specs[i].name.as_str()) && Some(specs[i].name.as_str()) != left_out
            || others.contains(&i)
    };
    let mut tools: Vec<ToolSpec> = (0..specs.len()).filter(|i| kept(*i)).map(|i| specs[i].clone()).collect();
    if d.chance(60) {
        d.rng.shuffle(&mut tools);
    }
    tools
}

/// One request of the person and all that it leads to.
fn request(s: &mut Scene<'_, '_>) {
    match s.d.rng.below(100) {
        0..13 => book_trip(s),
        13..24 => weather_and_trip(s),
        24..34 => find_trip(s),
        34..41 => weather(s),
        41..44 => tell(s, "weather_two", info::weather_two),
        44..49 => stay(s, |s| stay::hotel(s, true, None), "hotel_book"),
        49..52 => stay(s, |s| stay::hotel(s, false, None), "hotel_find"),
        52..56 => stay(s, |s| stay::restaurant(s, true), "food_book"),
        56..59 => stay(s, |s| stay::restaurant(s, false), "food_find"),
        59..65 => several(s),
        65..70 => tell(s, "calculate", info::sum),
        70..77 => tell(s, "calendar", info::calendar),
        77..80 => tell(s, "documents", info::documents),
        80..84 => tell(s, "database", info::database),
        84..87 => follow::list(s),
        87..89 => follow::unknown_booking(s),
        _ => amiss(s),
    }
}

/// A request that books something, and now and then one that looks much the same and books nothing.
fn booking(s: &mut Scene<'_, '_>) {
    match s.d.rng.below(100) {
        0..35 => book_trip(s),
        35..50 => find_trip(s),
        50..70 => weather_and_trip(s),
        70..85 => stay(s, |s| stay::hotel(s, true, None), "hotel_book"),
        _ => stay(s, |s| stay::restaurant(s, true), "food_book"),
    }
}

/// A request that looks something up or puts it down, or two of any kind at once.
fn at_desk(s: &mut Scene<'_, '_>) {
    match s.d.rng.below(100) {
        0..36 => several(s),
        36..52 => tell(s, "documents", info::documents),
        52..69 => tell(s, "calendar", info::calendar),
        69..78 => tell(s, "calculate", info::sum),
        78..87 => tell(s, "database", info::database),
        87..94 => tell(s, "weather_two", info::weather_two),
        94..97 => stay(s, |s| stay::hotel(s, false, None), "hotel_find"),
        _ => stay(s, |s| stay::restaurant(s, false), "food_find"),
    }
}

/// A request that cannot be met as it is.
fn amiss(s: &mut Scene<'_, '_>) {
    match s.d.rng.below(100) {
        0..40 => missing::missing(s),
        40..55 => trouble::misspelt(s),
        55..60 => trouble::at_night(s),
        60..93 => trouble::no_tool(s),
        _ => {
            let (said, answer) = chat::small_talk(s.d, &[]);
            s.talk.mark("chat");
            s.talk.user(said);
            s.talk.say(answer);
        }
    }
}

fn book_trip(s: &mut Scene<'_, '_>) {
    let trip = Trip::draw(s);
    let (ask, command) = if spread::is_told_in_parts(s.d) {
        (trip.in_parts(s, Unsaid::default(), true), false)
    } else {
        trip.book(s, Unsaid::default())
    };
    let message = trip::message(s, &ask, command);
    s.talk.mark(if trip.train { "train_book" } else { "flight_book" });
    s.talk.user(message);
    s.fulfil(vec![ask]);
    after_booking(s);
}

fn after_booking(s: &mut Scene<'_, '_>) {
    if s.booked.is_none() {
        return;
    }
    match s.d.rng.below(100) {
        0..25 => follow::about_booking(s),
        25..45 => follow::with_booking(s),
        45..50 => follow::list(s),
        _ => {}
    }
}

/// The weather somewhere and a trip: from there, to there, or elsewhere.
fn weather_and_trip(s: &mut Scene<'_, '_>) {
    let mut trip = Trip::draw(s);
    let (today, lower) = (s.today(), s.lower);
    trip.day = slots::day(s.d, today, 12, lower);
    let from_there = s.d.chance(50);
    let city = if from_there { trip.from.clone() } else { trip.to.clone() };
    let shares_day = s.d.chance(75);
    let weather_day = if shares_day { trip.day.clone() } else { info::weather_day(s) };
    let forecast = info::weather(s, &city, &weather_day);
    let unsaid = match s.d.rng.below(10) {
        0..6 if from_there => Unsaid { from: true, day: shares_day, ..Unsaid::default() },
        0..4 => Unsaid { to: true, day: shares_day, ..Unsaid::default() },
        _ => Unsaid { day: shares_day && s.d.chance(50), ..Unsaid::default() },
    };
    let (travel, _) = if s.d.chance(70) { trip.book(s, unsaid) } else { (trip.find(s, unsaid), true) };
    s.talk.mark("weather_trip");
    if s.d.chance(25) {
        return trip_then_weather(s, &trip, forecast);
    }
    let text = joined(s.d, &forecast.clause, &travel.clause);
    let message = ask::remark(s.d, &text);
    s.talk.user(message);
    s.fulfil(vec![forecast, travel]);
    after_booking(s);
}

/// The trip first, then "and what is the weather like there".
fn trip_then_weather(s: &mut Scene<'_, '_>, trip: &Trip, forecast: Ask) {
    let (travel, _) = trip.book(s, Unsaid::default());
    let there = s.d.chance(60);
    let second =
        if there { crate::grammar::phrase(s.d, "weather_there", &[]) } else { forecast.clause.clone() };
    let mut forecast = forecast;
    if there {
        forecast.calls[0].arguments.insert("city".into(), trip.to.clone().into());
        forecast.calls[0].arguments.insert("day".into(), trip.day.clone().into());
        forecast.calls[0].arguments.shift_remove("unit");
    }
    let text = joined(s.d, &travel.clause, &second);
    let message = ask::command(s.d, &text);
    s.talk.user(message);
    s.fulfil(vec![travel, forecast]);
    after_booking(s);
}

fn find_trip(s: &mut Scene<'_, '_>) {
    let trip = Trip::draw(s);
    let in_parts = spread::is_told_in_parts(s.d);
    tell(s, "trip_find", |s| {
        if in_parts { trip.in_parts(s, Unsaid::default(), false) } else { trip.find(s, Unsaid::default()) }
    });
    if s.d.chance(60) {
        follow::about_list(s);
    }
}

fn weather(s: &mut Scene<'_, '_>) {
    let day = info::weather_day(s);
    let lower = s.lower;
    let city = slots::city(s.d, lower);
    tell(s, "weather", |s| info::weather(s, &city, &day));
    if s.d.chance(40) {
        follow::about_weather(s);
    }
}

fn stay(s: &mut Scene<'_, '_>, build: impl FnOnce(&mut Scene<'_, '_>) -> Ask, kind: &str) {
    let ask = build(s);
    let books = matches!(ask.goal, ask::Goal::Book(_));
    let message = if books { ask::command(s.d, &ask.clause) } else { ask::remark(s.d, &ask.clause) };
    s.talk.mark(kind);
    s.talk.user(message);
    s.fulfil(vec![ask]);
    if books {
        after_booking(s);
    } else if s.d.chance(55) {
        follow::about_list(s);
    }
}

/// Two things at once that have nothing to do with each other.
fn several(s: &mut Scene<'_, '_>) {
    let one = |s: &mut Scene<'_, '_>, which: usize| match which {
        0 => info::sum(s),
        1 => info::calendar(s),
        2 => stay::hotel(s, false, None),
        3 => {
            let (lower, day) = (s.lower, info::weather_day(s));
            let city = slots::city(s.d, lower);
            info::weather(s, &city, &day)
        }
        4 => stay::restaurant(s, false),
        5 => info::database(s),
        6 => info::documents(s),
        _ => {
            let trip = Trip::draw(s);
            trip.find(s, Unsaid::default())
        }
    };
    let first = s.d.rng.below(8);
    let second = (first + 1 + s.d.rng.below(7)) % 8;
    let asks = vec![one(s, first), one(s, second)];
    let text = joined(s.d, &asks[0].clause, &asks[1].clause);
    let message = ask::remark(s.d, &text);
    s.talk.mark("several");
    s.talk.user(message);
    s.fulfil(asks);
}

fn tell(s: &mut Scene<'_, '_>, kind: &str, build: impl FnOnce(&mut Scene<'_, '_>) -> Ask) {
    let ask = build(s);
    let message = ask::remark(s.d, &ask.clause);
    s.talk.mark(kind);
    s.talk.user(message);
    s.fulfil(vec![ask]);
}
