//! What counts as a claim in English and Chinese, and what does not.

use crate::samples::tools;
use crate::tool::ToolSpec;

use super::{Deed, is_chinese};

fn claimed(text: &str) -> Vec<Deed> {
    Deed::ALL.into_iter().filter(|deed| deed.claimed_in(text).is_some()).collect()
}

#[test]
fn what_is_said_to_be_done_is_a_claim() {
    use Deed::{Booked, Cancelled, Paid, Refunded, Sent};
    for (text, deeds) in [
        ("I've booked the 07:00 train.", vec![Booked]),
        ("Booked: G1, two people.", vec![Booked]),
        ("Your table is reserved and paid.", vec![Paid, Booked]),
        ("The e-mail has been sent.", vec![Sent]),
        ("The booking is cancelled and 553 CNY were refunded.", vec![Cancelled, Refunded]),
        ("I could not pay, but I booked the train.", vec![Booked]),
        ("订好了。", vec![Booked]),
        ("已为您预订明天最早的高铁，并已付款。", vec![Paid, Booked]),
        ("订单已取消，退款成功。", vec![Cancelled, Refunded]),
        ("邮件已发送。", vec![Sent]),
    ] {
        assert_eq!(claimed(text), deeds, "{text}");
    }
}

#[test]
fn what_is_asked_denied_or_possible_is_not() {
    for text in [
        "Not booked.",
        "I couldn't book it; nothing was paid.",
        "The booking is unpaid.",
        "Shall I have it booked?",
        "It can be booked until noon.",
        "The hotel is fully booked.",
        "If it was paid, tell me.",
        "还没有付款。",
        "无法预订成功。",
        "要不要订好了再告诉您？",
        "G1还可以订，08:00出发。",
        "It will rain tomorrow.",
        "明天有小雨。",
    ] {
        assert_eq!(claimed(text), [], "{text}");
    }
}

#[test]
fn a_tool_does_what_its_name_says_first() {
    let spec = |name: &str, description: &str| ToolSpec {
        name: name.into(),
        description: description.into(),
        ..tools().remove(0)
    };
    assert_eq!(Deed::of_tool(&spec("cancel_booking", "Cancel a booking")), Some(Deed::Cancelled));
    assert_eq!(Deed::of_tool(&spec("book", "")), Some(Deed::Booked));
    assert_eq!(Deed::of_tool(&spec("make-reservation", "")), Some(Deed::Booked));
    assert_eq!(Deed::of_tool(&spec("transfer", "Pay a bill")), Some(Deed::Paid));
    assert_eq!(Deed::of_tool(&spec("weather", "Forecast for a city")), None);
}

#[test]
fn a_request_asks_in_its_own_words() {
    assert!(Deed::Booked.asked_in("Book me a train"));
    assert!(Deed::Booked.asked_in("帮我订票"));
    assert!(!Deed::Paid.asked_in("Summarise my mails"));
    assert!(is_chinese("OK，好") && !is_chinese("OK"));
}
