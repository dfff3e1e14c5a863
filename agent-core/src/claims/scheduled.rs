//! Appointments, which are booked and put into a calendar by the same call: "I've booked the meeting" is true once
//! `create_event` has succeeded, and "I've scheduled the visit" once `book_visit` has.

use crate::deeds::Deed;
use crate::run::{Done, Run};
use crate::tool::ToolSpec;

use super::asked::Asked;
use super::backing::stands;

/// Words for what is put into a calendar.
const APPOINTMENTS: [&str; 13] = [
    "appointment",
    "appointments",
    "meeting",
    "meetings",
    "call",
    "event",
    "slot",
    "session",
    "lesson",
    "interview",
    "visit",
    "viewing",
    "dentist",
];
/// Words for what is booked with somebody who sells it: a calendar books none of it.
const BOOKABLE: [&str; 17] = [
    "hotel",
    "hotels",
    "room",
    "rooms",
    "table",
    "train",
    "trains",
    "flight",
    "flights",
    "ticket",
    "tickets",
    "seat",
    "seats",
    "taxi",
    "car",
    "bus",
    "restaurant",
];
/// The same in Chinese.
const APPOINTMENTS_ZH: [&str; 3] = ["会议", "日程", "预约"];
const BOOKABLE_ZH: [&str; 8] = ["酒店", "房", "票", "航班", "车", "餐", "桌", "座"];

/// Whether words that claim a deed say of an appointment what a call of this run has done of it in other words.
pub(super) fn is_scheduled(
    deed: Deed<'_>,
    words: &str,
    asked: &Asked<'_>,
    run: &Run,
    tools: &[ToolSpec],
) -> bool {
    let other = match deed.name(false) {
        "booked" if is_of_calendar(words, asked.request()) => "added",
        "added" if names(words, &["scheduled"]) && !names(words, &["calendar", "reminder"]) => "booked",
        _ => return false,
    };
    let does = |tool: &ToolSpec| Deed::of_tool(tool).is_some_and(|deed| deed.name(false) == other);
    let did = |done: &Done| {
        let is_of = |tool: &&ToolSpec| tool.name == done.call.tool;
        done.undoes.is_none() && stands(done, run, tools) && tools.iter().find(is_of).is_some_and(does)
    };
    run.done().iter().any(did)
}

/// Whether words speak of an appointment, or name nothing else that is booked where the person asked for one.
fn is_of_calendar(words: &str, request: &str) -> bool {
    let speaks = |text: &str| {
        names(text, &APPOINTMENTS) || APPOINTMENTS_ZH.iter().any(|appointment| text.contains(appointment))
    };
    let is_sold = |text: &str| names(text, &BOOKABLE) || BOOKABLE_ZH.iter().any(|thing| text.contains(thing));
    !is_sold(words) && (speaks(words) || speaks(request) && !is_sold(request))
}

/// Whether a text has one of these words.
fn names(text: &str, words: &[&str]) -> bool {
    let lower = text.to_lowercase();
    lower.split(|c: char| !c.is_alphanumeric()).any(|word| words.contains(&word))
}
