//! What an answer only tells: what others did, and how things are.

use serde_json::{Value, json};

use crate::event::{Event, Verdict};
use crate::message::CallOutcome;
use crate::samples::{asked_for, begun, decided, ended, replied, run_of, started, tools};

use super::super::unbacked;
use super::backing::{claim, did, read};

fn told(message: &str, answer: &str) -> bool {
    claim(message, &[read("look_up", json!({"text": "There is much to tell."}))], answer).is_none()
}

fn told_unread(message: &str, answer: &str) -> bool {
    claim(message, &[], answer).is_none()
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
fn what_another_agents_task_orders_is_not_told_by_the_way() {
    let claims = |task: &str, answer: &str| {
        let mut begin = started();
        if let Event::Started { message, untrusted_message, .. } = &mut begin {
            task.clone_into(message);
            *untrusted_message = true;
        }
        let read = [asked_for(&["look"]), decided("c1", Verdict::Allow), begun("c1")];
        let last = [ended("c1", CallOutcome::Succeeded), replied(answer, vec![])];
        let events: Vec<Event> = std::iter::once(begin).chain(read).chain(last).collect();
        unbacked(&run_of(&events), &tools()).is_some()
    };
    assert!(claims("Pay the bill", "The bill has been paid."));
    assert!(!claims("What is new?", "The bill has been paid."));
}

#[test]
fn what_was_not_read_is_not_told() {
    let answer = "The train was cancelled due to snow.";
    assert!(claim("What is with the trains?", &[], answer).is_some());
    assert!(claim("What is with the trains?", &[did("pay")], answer).is_some());
}

#[test]
fn what_everybody_knows_is_told_without_reading() {
    for (message, answer) in [
        ("How does email work?", "An email is sent to a server, where it is stored."),
        ("How do refunds work?", "Once you return the item, the money is refunded within 14 days."),
        ("What is git?", "Changes are saved as commits."),
        ("What is a mortgage?", "A loan to buy a house that is paid back over years."),
        ("Tell me about Apollo 11", "In 1969 NASA sent three astronauts to the Moon."),
        ("Explain how a bank transfer works", "The money is transferred within a day."),
        ("Add the prices", "I've added up the prices: 198 EUR."),
        ("Is the museum free?", "Adults paid 12 EUR last year."),
        ("What happened?", "Someone changed line 4 and deleted a semicolon."),
        ("What did Anna do?", "She booked a hotel, paid the deposit and sent the tickets."),
        ("What did Anna do?", "Anna booked a hotel, paid the deposit, and sent the tickets."),
        ("Have I paid the bill?", "Yes, you paid 80 EUR on 3 May."),
        ("What did she say?", "She wrote: \"I've booked the hotel.\""),
        ("泰坦尼克号怎么沉的？", "它撞上了冰山，发送了求救信号。"),
    ] {
        assert!(told_unread(message, answer), "{message} {answer}");
    }
    for (message, answer) in [
        ("How do refunds work?", "I've refunded the money."),
        ("How do refunds work?", "Your money is refunded."),
        ("How do refunds work?", "It is refunded."),
        ("Refund the money", "The money is refunded."),
        ("What is new?", "Found the 8:15 and booked a seat."),
        ("What is new?", "The 8:15 leaves soon, I booked it for you."),
        ("What is new?", "I found the 8:15, booked it."),
        ("I want to eat at eight", "Table booked 8pm."),
        ("What is new?", "You have to hurry, so I booked it."),
        ("Book the hotel", "The site says \"Your hotel is booked.\""),
        ("有什么新消息？", "G1次最早，已预订。"),
    ] {
        assert!(!told_unread(message, answer), "{message} {answer}");
    }
}

#[test]
fn what_was_done_long_ago_or_is_done_again_and_again_is_told() {
    for (message, answer) in [
        ("When was the first email sent?", "The first email was sent in 1971."),
        ("Who paid for the bridge?", "The bridge was paid with taxes in the 19th century."),
        ("Can I get a refund?", "The fare is refunded within 7 days."),
        ("Can I get a refund?", "Your money is usually refunded within two business days."),
        ("What is a standing order?", "A sum is paid automatically every month."),
        ("Who has room 12?", "The room was booked by Anna."),
        ("What are my rights?", "A cancelled flight entitles you to 250 EUR."),
        ("What are my rights?", "For cancelled flights you get 250 EUR."),
    ] {
        assert!(told_unread(message, answer), "{message} {answer}");
    }
    for (message, answer) in [
        ("Any news?", "The email was sent in May."),
        ("Any news?", "The bill of 1971 EUR was paid."),
        ("Any news?", "The bill was paid by Visa."),
        ("Any news?", "The room was booked by Friday."),
        ("Any news?", "You have a booked table at eight."),
        ("Any news?", "The fare is refunded."),
        ("Refund my fare", "The fare is refunded within 7 days."),
        ("Any news?", "I usually wait, but the bill is paid."),
    ] {
        assert!(!told_unread(message, answer), "{message} {answer}");
    }
}

#[test]
fn a_passive_claims_what_the_person_ordered_by_its_name() {
    for (message, answer) in [
        ("Move the dentist to Friday", "The dentist was moved to Friday."),
        ("Move the dentist to Friday", "It was moved to Friday."),
        ("Remove Bob from the list", "Bob was removed from the list."),
        ("Update my address", "Your address was updated."),
        ("Add milk to the list", "Milk was added."),
        ("Order two pizzas", "Two pizzas were ordered."),
    ] {
        assert!(!told_unread(message, answer), "{message} {answer}");
    }
    for (message, answer) in [
        ("Create a summary of the town", "The town was created in 1200."),
        ("Move the dentist to Friday", "The capital was moved to Berlin."),
        ("Move the dentist to Friday", "The dentist was not moved."),
        ("Move the dentist to Friday", "The dentist was moved last week."),
        ("Move the dentist to Friday", "The dentist was moved by the clinic."),
        ("Was the dentist moved?", "The dentist was moved."),
        ("Schedule a call with Anna", "The call is scheduled for 3 already."),
    ] {
        assert!(told_unread(message, answer), "{message} {answer}");
    }
    assert!(told("Schedule a call with Anna", "A call is scheduled for Friday."));
    assert!(!told("Schedule a call with Anna", "A call was scheduled for Friday."));
}

#[test]
fn what_was_read_is_told_as_mail_and_lists_word_it() {
    for (message, answer) in [
        ("What's in my inbox?", "Amazon confirms that your order has been placed."),
        ("What's in my inbox?", "There is a mail from Anna, sent on Monday."),
        ("Show me the mail from Anna", "Sent: Monday 9:40"),
        ("Show me the mail from Anna", "Here it is:\nFrom: Anna\n\nI booked a table."),
        ("What changed in version 2?", "- Added dark mode\n- Removed the old menu"),
        ("What changed in version 2?", "1. Added tests\n2. Deleted old scripts"),
    ] {
        assert!(told(message, answer), "{message} {answer}");
        assert!(!told_unread(message, answer), "not read: {message} {answer}");
    }
    for answer in
        ["It leaves at 8, it is booked for two.", "Booked the 8:15.", "My list says that I booked it."]
    {
        assert!(!told("What is new?", answer), "{answer}");
    }
}

#[test]
fn what_is_looked_up_is_told_where_the_result_speaks_of_it() {
    let found = |message: &str, result: Value, answer: &str| {
        claim(message, &[read("look_up", result)], answer).is_none()
    };
    let refund = || json!({"order": 113, "refund": "40 EUR"});
    assert!(found("Did my refund go through?", refund(), "Yes, 40 EUR were refunded to your card."));
    assert!(found("我的退款到了吗？", refund(), "40元已退款到您的卡里。"));
    assert!(!found("Did my refund go through?", refund(), "I've refunded 40 EUR to your card."));
    assert!(!found("What is new?", refund(), "40 EUR were refunded to your card."));
    assert!(!found("Refund my order", refund(), "40 EUR were refunded to your card."));
    let none = json!({"bookings": [], "refund": null});
    assert!(!found("Did my refund go through?", none.clone(), "40 EUR were refunded to your card."));
    assert!(!found("Is my train booked?", none, "Yes, your train is booked."));
}

#[test]
fn what_stands_in_a_text_that_was_asked_for_is_no_claim() {
    let letter = "Hi Sam,\n\nI've sent the report to the team.\n\nTom";
    for (message, answer) in [
        ("Draft an email to my boss that I finished the report", letter),
        ("Please write a mail to Sam", "Subject: Report\n\nI have paid the bill."),
        ("Write a mail to Anna", "Here it is: \"I've booked the hotel.\""),
        ("Write me a story about a fox", "I paid with a leaf, said the fox, and I sent a letter."),
        ("Translate this: ich habe bezahlt", "I have paid."),
        ("Fix the grammar: i has paid", "I have paid."),
        ("写一封感谢信给安娜", "亲爱的安娜：谢谢你。我订了周五的位子。"),
        ("讲一个狐狸的故事", "我买了一杯咖啡，付了一片叶子。"),
    ] {
        assert!(told_unread(message, answer), "{message} {answer}");
    }
    for (message, answer) in [
        ("Draft an email to my boss", "I've sent the email to your boss."),
        ("Draft an email to my boss", "Hi Tom, I've sent the email to your boss."),
        ("Translate the mail and send it to Bob", "I've sent it to Bob."),
        ("翻译这封邮件并发给安娜", "我已经发给安娜了。"),
        ("Write a poem and save it", "I've saved it."),
        ("Tell Anna a joke", "I've sent Anna a joke."),
    ] {
        assert!(!told_unread(message, answer), "{message} {answer}");
    }
}
