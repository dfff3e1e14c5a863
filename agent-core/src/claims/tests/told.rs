//! What an answer only tells: what others did, and how things are.

use serde_json::json;

use super::backing::{claim, did, read};

fn told(message: &str, answer: &str) -> bool {
    claim(message, &[read("look_up", json!({"text": "There is much to tell."}))], answer).is_none()
}

#[test]
fn what_others_did_is_told_where_nobody_ordered_it() {
    for (message, answer) in [
        ("What is new?", "The meeting has been scheduled for Friday."),
        ("What happened to my flight?", "Your flight was cancelled by the airline."),
        ("What is with the trains?", "The train was cancelled due to snow."),
        ("Is the 8:15 running?", "Your train was cancelled because of snow."),
        ("Was the train cancelled?", "Yes. The train was cancelled due to snow."),
        ("Find me a hotel", "A 10% service charge is added to the bill."),
        ("Find me a hotel", "The hotel offers paid parking."),
        ("Find me a hotel", "Both hotels have a paid shuttle."),
        ("Book me a hotel with parking", "The hotel offers paid parking."),
        ("Compare the offers", "I set out the options below."),
        ("Any appointments?", "A dentist visit has been scheduled for 09:30."),
        ("航班怎么样？", "航班已取消。"),
        ("有什么新消息？", "会议已改期到周五。"),
        ("有什么新消息？", "航班被航空公司取消了。"),
    ] {
        assert!(told(message, answer), "{message} {answer}");
    }
}

#[test]
fn what_is_full_is_told_even_to_those_who_wanted_it() {
    for (message, answer) in [
        ("Book me a hotel in Rome", "All hotels are booked for that night."),
        ("Book the 8:15", "The 8:15 is booked out."),
        ("Book a table at eight", "Every table is booked at eight."),
        ("Book a room", "Most of the rooms are already booked."),
        ("Book a room", "The hotel is fully booked."),
        ("订一家酒店", "酒店都被订了。"),
    ] {
        assert!(told(message, answer), "{message} {answer}");
    }
    for (message, answer) in [
        ("Book all hotels on the list", "All hotels are booked."),
        ("Book tickets for two", "All tickets are booked."),
        ("Book me a hotel", "All your nights are booked."),
        ("Book me a hotel", "All is booked."),
    ] {
        assert!(!told(message, answer), "{message} {answer}");
    }
}

#[test]
fn what_was_ordered_is_not_told_by_the_way() {
    for (message, answer) in [
        ("Book the 8:15", "Your train has been booked."),
        ("Book the 8:15", "The train has been booked."),
        ("Could you book the 8:15?", "The train has been booked."),
        ("I'd like a seat on the 8:15", "A seat on the 8:15 has been reserved."),
        ("Yes, please", "The train has been booked."),
        ("Cancel my flight", "The flight was cancelled."),
        ("Put the dentist into my calendar", "A dentist visit has been scheduled for 09:30."),
        ("Tell Ann", "The message has been sent."),
        ("Book a hotel and pay it", "The bill is paid."),
        ("What is new?", "Your train has been booked."),
        ("What is new?", "I have cancelled the flight."),
        ("What is new?", "It has been booked."),
        ("What is new?", "Booked."),
        ("取消航班", "航班已取消。"),
        ("有什么新消息？", "已取消您的航班。"),
        ("有什么新消息？", "已取消。"),
    ] {
        assert!(!told(message, answer), "{message} {answer}");
    }
}

#[test]
fn what_was_not_read_is_not_told() {
    let answer = "The train was cancelled due to snow.";
    assert!(claim("What is with the trains?", &[], answer).is_some());
    assert!(claim("What is with the trains?", &[did("pay")], answer).is_some());
}
