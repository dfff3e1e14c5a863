//! What counts as a claim in English and Chinese, and what does not.

mod everyday;
mod licences;
mod mandarin;
mod refusals;

use crate::samples::tools;
use crate::tool::ToolSpec;

use super::{Deed, is_chinese};

fn claimed(text: &str) -> Vec<&'static str> {
    Deed::all().filter(|deed| deed.claimed_in(text).is_some()).map(|deed| deed.name(false)).collect()
}

fn deed(name: &str) -> Deed<'static> {
    Deed::all().find(|deed| deed.name(false) == name).unwrap()
}

#[test]
fn the_data_is_read() {
    let names: Vec<&str> = Deed::all().map(|deed| deed.name(false)).collect();
    assert_eq!(
        names,
        ["cancelled", "refunded", "deleted", "changed", "paid", "sent", "booked", "saved", "added"]
    );
    let backing = Deed::all().flat_map(|deed| &deed.0.backed_by);
    assert!(backing.into_iter().all(|name| names.contains(&name.as_str())));
    let lower = |word: &String| *word == word.to_lowercase();
    let words = |deed: Deed<'static>| {
        deed.0.asks.iter().chain(&deed.0.claims).chain(&deed.0.orders).chain(&deed.0.idioms)
    };
    assert!(Deed::all().flat_map(words).all(lower));
}

#[test]
fn what_is_said_to_be_done_is_a_claim() {
    for (text, deeds) in [
        ("I've booked the 07:00 train.", vec!["booked"]),
        ("Booked: G1, two people.", vec!["booked"]),
        ("Your table is reserved and paid.", vec!["paid", "booked"]),
        ("The e-mail has been sent.", vec!["sent"]),
        ("The booking is cancelled and 553 CNY were refunded.", vec!["cancelled", "refunded"]),
        ("I could not pay, but I booked the train.", vec!["booked"]),
        ("Added Dentist on 2026-11-24, 14:00 to 15:00.", vec!["added"]),
        ("OK, I've added it to your calendar.", vec!["added"]),
        ("The meeting has been moved to Friday.", vec!["changed"]),
        ("The file was deleted.", vec!["deleted"]),
        ("Your note has been saved.", vec!["saved"]),
        ("I ordered two pizzas.", vec!["booked"]),
        ("Your order has been placed.", vec!["booked"]),
        ("300 CNY were transferred to Mei.", vec!["paid"]),
        ("订好了。", vec!["booked"]),
        ("已为您预订明天最早的高铁，并已付款。", vec!["paid", "booked"]),
        ("订单已取消，退款成功。", vec!["cancelled", "refunded"]),
        ("邮件已发送。", vec!["sent"]),
        ("已下单，请等待送达。", vec!["booked"]),
        ("已改签到G7次。", vec!["changed"]),
        ("文件已删除。", vec!["deleted"]),
        ("已添加：理发，16:30到17:30。", vec!["added"]),
        ("偏好已保存。", vec!["saved"]),
        ("已向王芳转账，转账成功。", vec!["paid"]),
        ("E-mail sent to Anna.", vec!["sent"]),
        ("I successfully paid the rent.", vec!["paid"]),
        ("OK, booked the table for you.", vec!["booked"]),
        ("I have already sent you the list.", vec!["sent"]),
        ("Ticket booked: the 07:00 to Beijing.", vec!["booked"]),
        ("Total paid 568.50 CNY.", vec!["paid"]),
        ("The amount paid 40 EUR.", vec!["paid"]),
        ("568.50 CNY paid, balance 9,431.50 CNY.", vec!["paid"]),
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
        "The train is scheduled to leave at 07:00.",
        "The results are ordered by price.",
        "With a card you saved 20 CNY.",
        "There is an added fee of 5 CNY.",
        "An e-mail cannot be deleted here.",
        "还没有付款。",
        "无法预订成功。",
        "要不要订好了再告诉您？",
        "G1还可以订，08:00出发。",
        "无法删除，没有添加任何日程。",
        "It will rain tomorrow.",
        "明天有小雨。",
        "你的安排：理发，16:30到17:30。",
        "Anna Li sent you an email about the budget: it is 500.00 EUR.",
        "Your landlord transferred the deposit on Monday.",
        "She has paid 40 EUR.",
        "If 12.50 EUR is paid, it ships.",
    ] {
        assert_eq!(claimed(text), [""; 0], "{text}");
    }
}

#[test]
fn a_tool_does_what_its_name_says_first() {
    let spec = |name: &str, description: &str| ToolSpec {
        name: name.into(),
        description: description.into(),
        ..tools().remove(0)
    };
    assert_eq!(Deed::of_tool(&spec("cancel_booking", "Cancel a booking")), Some(deed("cancelled")));
    assert_eq!(Deed::of_tool(&spec("book", "")), Some(deed("booked")));
    assert_eq!(Deed::of_tool(&spec("make-reservation", "")), Some(deed("booked")));
    assert_eq!(Deed::of_tool(&spec("transfer", "Pay a bill")), Some(deed("paid")));
    assert_eq!(Deed::of_tool(&spec("add_event", "Add to the calendar")), Some(deed("added")));
    assert_eq!(Deed::of_tool(&spec("delete_file", "")), Some(deed("deleted")));
    assert_eq!(Deed::of_tool(&spec("send_mail", "")), Some(deed("sent")));
    assert_eq!(Deed::of_tool(&spec("address_list", "")), None);
    assert_eq!(Deed::of_tool(&spec("weather", "Forecast for a city")), None);
}

#[test]
fn what_a_person_wants_to_hear_is_not_what_they_state() {
    let paid = deed("paid");
    for text in [
        "I have paid the bill.",
        "The rent is paid; what else is due?",
        "房租已付，还要付什么？",
        "我付了房租。",
    ] {
        assert!(paid.stated_in(text), "{text}");
    }
    for text in [
        "Pay it and tell me that it is paid.",
        "Answer in one word: paid.",
        "Just say: paid",
        "确认已付款。",
        "已付了吗？",
        "订了付了",
        "把账单付了。",
        "帮我付了房租",
        "Get it paid.",
    ] {
        assert!(!paid.stated_in(text), "{text}");
    }
}

#[test]
fn a_request_asks_in_its_own_words() {
    assert!(deed("booked").asked_in("Book me a train"));
    assert!(deed("booked").asked_in("帮我订票"));
    assert!(!deed("paid").asked_in("Summarise my mails"));
    assert!(is_chinese("OK，好") && !is_chinese("OK"));
}

#[test]
fn what_a_person_has_done_they_do_not_order() {
    for (text, name) in [
        ("I have paid the deposit; pay the rest of 300 now.", "paid"),
        ("I have paid the deposit and now pay the rest", "paid"),
        ("我付了押金，再付300。", "paid"),
        ("I'd like it cancelled", "cancelled"),
        ("Get the train booked", "booked"),
        ("I have booked the train, book a hotel, too", "booked"),
    ] {
        assert!(deed(name).ordered_in(text), "{text}");
    }
    for (text, name) in [
        ("The rent is paid; what else is due?", "paid"),
        ("我付了房租。", "paid"),
        ("I have booked the train.", "booked"),
        ("My flight is cancelled. What now?", "cancelled"),
    ] {
        assert!(!deed(name).ordered_in(text), "{text}");
    }
}

#[test]
fn who_wants_to_be_told_something_has_nothing_sent() {
    let (sent, saved) = (deed("sent"), deed("saved"));
    for text in ["Tell Ann that I'm late", "Let Ann know", "Write to Ann", "告诉安娜我晚到", "发消息给安娜"]
    {
        assert!(sent.ordered_in(text), "{text}");
    }
    for text in [
        "Tell me about the Titanic",
        "Let me know what it costs",
        "Write me a poem",
        "告诉我明天的天气",
        "讲讲最近发生的事",
    ] {
        assert!(!sent.ordered_in(text) && !saved.ordered_in(text), "{text}");
    }
}
