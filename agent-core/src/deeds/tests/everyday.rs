//! Claims as people word them, with what is said beside them.

use proptest::proptest;

use super::claimed;

#[test]
fn what_is_said_beside_a_claim_does_not_hedge_it() {
    for (text, deed) in [
        ("I've booked the 8:15 train and you will receive a confirmation.", "booked"),
        ("Your room is booked and can be cancelled until Friday.", "booked"),
        ("I have paid the bill and the receipt should arrive shortly.", "paid"),
        ("Your hotel is booked: you can pay on arrival.", "booked"),
        ("Your hotel is booked (you can pay on arrival).", "booked"),
        ("Your hotel is booked — you can pay on arrival.", "booked"),
        ("Your hotel is booked - you can pay on arrival.", "booked"),
        ("I've booked the train without any problem.", "booked"),
        ("I've booked the train which will leave at 8:15.", "booked"),
        ("I booked the 9:30 because the 8:15 could not be booked.", "booked"),
        ("It will rain so I've booked a taxi.", "booked"),
        ("No problem, the train is booked.", "booked"),
        ("No problem I've booked the train.", "booked"),
        ("I've booked the train and shall I book the return?", "booked"),
        ("I've booked the train: anything else?", "booked"),
        ("Your car is booked until Friday.", "booked"),
        ("The bill is fully paid.", "paid"),
        ("1) Booked the train 2) paid it", "paid"),
        ("I've booked your train for 3 May.", "booked"),
        ("I've booked your train for May 3.", "booked"),
        ("I've booked the hotel in May.", "booked"),
        ("The flight on May 3 is booked.", "booked"),
        ("The flight on 3 may is booked.", "booked"),
        ("Your holiday is booked until late May.", "booked"),
    ] {
        assert!(claimed(text).contains(&deed), "{text}: {:?}", claimed(text));
    }
}

#[test]
fn a_hedge_where_it_counts_still_hedges() {
    for text in [
        "Without a card nothing is booked.",
        "Without your account the train cannot be booked.",
        "The room is booked once you have paid.",
        "It is paid if you agree.",
        "Is it booked (for two)?",
        "Is the hotel (Roma) booked?",
        "Is it booked — yes or no?",
        "Is it booked and paid?",
        "I could not get the hotel (Roma) booked.",
        "Booked: nothing.",
        "Booked: not yet.",
        "Booked: false.",
        "It may be booked.",
        "May I have it booked?",
        "The 8:15 may be booked.",
        "Your train in May may not be booked.",
        "Your Train On May 3 May Be Booked",
        "Paid: 0 EUR.",
        "Paid (not yet).",
        "Sent — no.",
        "A deposit is to be paid on arrival.",
        "Before it is paid, it stays open.",
        "The 8:15 is booked out.",
        "All rooms were fully booked.",
        "I made no changes.",
        "I placed the files in order.",
        "No changes were made.",
        "The booking is complete once you pay.",
        "Your payment was not successful.",
        "Is your booking complete?",
        "Complete your booking with a card.",
        "The payment is due on Friday.",
        "Anna made a reservation.",
        "At 8:15 it could not be booked.",
    ] {
        assert_eq!(claimed(text), [""; 0], "{text}");
    }
}

#[test]
fn an_act_that_is_complete_was_done() {
    for (text, deed) in [
        ("Booking complete.", "booked"),
        ("Your booking is complete.", "booked"),
        ("The booking of your room for Friday is now complete.", "booked"),
        ("Payment complete.", "paid"),
        ("Payment successful!", "paid"),
        ("Payment went through.", "paid"),
        ("Your payment has gone through.", "paid"),
        ("Your payment has been processed.", "paid"),
        ("Reservation made.", "booked"),
        ("I made the reservation.", "booked"),
        ("I've made a new hotel reservation for you.", "booked"),
        ("Your seat is secured.", "booked"),
        ("I secured a window seat.", "booked"),
        ("Your table is confirmed.", "booked"),
        ("The order was placed.", "booked"),
        ("The refund has been issued.", "refunded"),
        ("Your cancellation is confirmed.", "cancelled"),
        ("The changes have been made.", "changed"),
    ] {
        assert_eq!(claimed(text), [deed], "{text}");
    }
}

#[test]
fn to_let_somebody_know_is_to_send() {
    for text in
        ["I've notified Anna.", "I have told Anna that you're late.", "I mailed Anna.", "我已通知安娜。"]
    {
        assert_eq!(claimed(text), ["sent"], "{text}");
    }
    for text in
        ["As I've told you, it is late.", "I've informed you.", "Anna has been told.", "安娜收到通知了"]
    {
        assert_eq!(claimed(text), [""; 0], "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_is_too_odd(text in "([-a-z ’'(（)）:：—–.,?？!İß]|已|预订|成功|完成|了|给|被|无|booked| and i |made the booking|not only){0,40}") {
        let _ = claimed(&text);
        let _ = super::Deed::all().filter(|deed| deed.stated_in(&text) || deed.ordered_in(&text)).count();
    }
}
