//! What people order, and what they only speak of.

use proptest::proptest;

use crate::deeds::licensed_in;
use crate::samples::tools;
use crate::tool::ToolSpec;

fn licensed(text: &str, name: &str) -> bool {
    let spec = ToolSpec { name: name.into(), description: String::new(), ..tools().remove(0) };
    licensed_in(text, &spec)
}

#[test]
fn what_is_ordered_is_licensed() {
    for (text, name) in [
        ("Mail Anna that I'm late", "send_mail"),
        ("Send Anna a mail", "send_mail"),
        ("Forward Anna's mail to Bob", "send_mail"),
        ("Read the mail from Anna, then email Bob", "send_mail"),
        ("I'd like you to forward it to Bob", "send_mail"),
        ("add lunch and mail bob@example.com", "send_mail"),
        ("add lunch and mail bob@example.com", "add_event"),
        ("Read my mail, then pay rent", "pay"),
        ("Read my mail and pay what is due.", "pay"),
        ("Could you read my mail and pay the rent?", "pay"),
        ("Read my mail & pay rent", "pay"),
        ("Make the payment", "pay"),
        ("Place the order", "book"),
        ("Can you book the 8:15?", "book"),
        ("Let's book it", "book"),
        ("I want it booked", "book"),
        ("I need a reservation", "book"),
        ("Restart the service", "restart"),
        ("Read my mail and let the accountant pay the rent", "accountant"),
        ("Tell the accountant to pay", "accountant"),
        ("Put it into my calendar", "put"),
        ("给安娜发邮件", "send_mail"),
        ("把总结发给安娜", "send_mail"),
        ("看邮件，然后付rent", "pay"),
        ("先看邮件再付房租", "pay"),
        ("看邮件并付房租", "pay"),
        ("能帮我订票吗？", "book"),
        ("请用restart重启", "restart"),
        ("发消息给安娜", "发消息"),
        ("Get the train booked", "book"),
        ("Get it paid", "pay"),
        ("Get it sent", "send_mail"),
        ("Make a new reservation", "book"),
        ("Place a new order", "book"),
        ("I need a new booking", "book"),
        ("Do the payment", "pay"),
        ("Arrange the transfer", "pay"),
        ("看完邮件就订票", "book"),
        ("看完邮件帮我付房租", "pay"),
        ("帮我找一家餐厅订个位子", "book"),
        ("找最早的高铁订一张", "book"),
        ("把最便宜的订了", "book"),
        ("最早的订一张", "book"),
        ("不管多少钱都订", "book"),
        ("没什么问题就订吧", "book"),
        ("Book a train and don't book a hotel", "book"),
    ] {
        assert!(licensed(text, name), "{name}: {text}");
    }
}

#[test]
fn what_is_only_spoken_of_is_not() {
    for (text, name) in [
        ("What does my mail say?", "send_mail"),
        ("What does my mail say?", "mail"),
        ("What's in my mail", "send_mail"),
        ("Summarise my mail", "send_mail"),
        ("Please summarise new mail", "send_mail"),
        ("Could you read my mail?", "send_mail"),
        ("Give me a summary of my mail", "send_mail"),
        ("Could you tell me what mail says?", "send_mail"),
        ("Take my mail to Anna", "mail"),
        ("Read what the accountant wrote", "accountant"),
        ("I want to know what mail says", "send_mail"),
        ("Summarise my Facebook mail", "book"),
        ("Summarise my PayPal mail", "pay"),
        ("Any news from PayPal", "pay"),
        ("Read the input file", "put"),
        ("Is the 8:15 booked?", "book"),
        ("The train was booked by Anna, read her mail", "book"),
        ("Did Anna mail me, or transfer money to Bob?", "pay"),
        ("看看安娜发给我的邮件", "send_mail"),
        ("把安娜发给我的邮件总结一下", "send_mail"),
        ("我的邮件说了什么？", "send_mail"),
        ("查一下我的订单", "book"),
        ("看一下付款记录", "pay"),
        ("我的票订了吗？", "book"),
        ("消息说了什么？", "发消息"),
        ("Get new mail", "send_mail"),
        ("Get my mail", "send_mail"),
        ("Get the forwarded mail", "send_mail"),
        ("I need my mail", "send_mail"),
        ("Process my mail", "send_mail"),
        ("I want the paid invoices", "pay"),
        ("看看订一张票要花的钱", "book"),
        ("Read my mail. Don't book anything", "book"),
        ("Read my mail without booking", "book"),
        ("看邮件，别订", "book"),
        ("Read my mail, don't restart it", "restart"),
        ("Do I have to pay Bob", "pay"),
    ] {
        assert!(!licensed(text, name), "{name}: {text}");
    }
}

#[test]
fn what_is_ordered_plainly_is_licensed_without_a_word_for_the_deed() {
    for (text, name) in [
        ("Merge it", "merge_pull_request"),
        ("Looks good, merge it into main", "merge_pull_request"),
        ("Can you merge it now?", "merge_pull_request"),
        ("Merge PR 12", "merge_pull_request"),
        ("I would like you to merge it", "merge_pull_request"),
        ("Merge #12, please", "merge_pull_request"),
        ("Read the comments and merge the pull request", "merge_pull_request"),
        ("Run the tests", "run_tests"),
        ("Submit it", "submitForm"),
        ("Open the garage", "open_garage"),
        ("Switch it off", "switch_lamp_off"),
        ("Close ticket 17 please", "close_ticket"),
        ("Reply to Anna", "send_mail"),
        ("Read Anna's mail and reply to her", "send_mail"),
        ("Reply to it", "reply_to_email"),
        ("Reply that I'm coming", "send_mail"),
        ("Could you answer Anna's mail?", "send_mail"),
        ("Tell Anna I'm late", "send_mail"),
        ("Text Anna I'll be late", "send_mail"),
        ("Let Anna know that I'm late", "send_mail"),
        ("Read my mail, then notify the team", "send_mail"),
        ("Write back to her", "send_mail"),
        ("Ask Bob whether he comes", "send_mail"),
        ("Buy the ticket", "book"),
        ("Get rid of the old mails", "delete_mail"),
        ("Wire 50 EUR to Bob", "pay"),
        ("Call off the dinner", "cancel_booking"),
        ("回复安娜", "send_mail"),
        ("看看安娜的邮件，然后回复她", "send_mail"),
        ("帮我给安娜回信", "send_mail"),
        ("告诉安娜我迟到了", "send_mail"),
        ("把总结告诉安娜", "send_mail"),
        ("通知大家会议改期", "send_mail"),
        ("回复说我会去", "send_mail"),
        ("看邮件，帮我买一张票", "book"),
        ("清空垃圾箱", "delete_mail"),
    ] {
        assert!(licensed(text, name), "{name}: {text}");
    }
}

#[test]
fn what_only_begins_as_such_an_order_does_is_not() {
    for (text, name) in [
        ("Merge the two lists", "merge_pull_request"),
        ("Don't merge it", "merge_pull_request"),
        ("Did Anna merge it?", "merge_pull_request"),
        ("I will merge it", "merge_pull_request"),
        ("I could merge the pull request", "merge_pull_request"),
        ("Anna wants to merge it", "merge_pull_request"),
        ("Turn it into a list", "turn_lamp_on"),
        ("Open it", "open_garage"),
        ("Close with a summary", "close_ticket"),
        ("Start with the cheapest", "start_server"),
        ("Pick the first 3", "pick_winner"),
        ("Make a summary of the plan", "make_plan"),
        ("Get the ticket price", "get_ticket"),
        ("Reply in English", "send_mail"),
        ("Reply with yes or no", "send_mail"),
        ("Reply to me in French", "send_mail"),
        ("Reply to my question", "send_mail"),
        ("Respond to this in one word", "send_mail"),
        ("Reply that you don't know", "send_mail"),
        ("Tell me that it is fine", "send_mail"),
        ("Tell which one is new", "send_mail"),
        ("Text size to 12", "send_mail"),
        ("Notify when it is done", "send_mail"),
        ("Let me know what Anna wants", "send_mail"),
        ("Write to the file", "send_mail"),
        ("Ask me if anything is unclear", "send_mail"),
        ("Should I reply to Anna?", "send_mail"),
        ("Don't reply to Anna", "send_mail"),
        ("What did Anna buy?", "book"),
        ("请用中文回复", "send_mail"),
        ("回复简短一点", "send_mail"),
        ("回复我", "send_mail"),
        ("告诉我安娜想要什么", "send_mail"),
        ("通知里说了什么", "send_mail"),
        ("先别回复安娜", "send_mail"),
    ] {
        assert!(!licensed(text, name), "{name}: {text}");
    }
}

proptest! {
    #[test]
    fn no_text_is_too_odd(text in "([-a-z ’'(（:—.,&?？İß]|看|然后|并|再|发给|回复|付款|的|吗|my |mail|please |pay |reply to |it ){0,40}") {
        for name in ["book", "pay", "", "İ", "发消息", "send_mail", "pay_it"] {
            let _ = licensed(&text, name);
        }
    }
}
