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

proptest! {
    #[test]
    fn no_text_is_too_odd(text in "([-a-z ’'(（:—.,&?？İß]|看|然后|并|再|发给|付款|的|吗|my |mail|please |pay ){0,40}") {
        for name in ["book", "pay", "", "İ", "发消息"] {
            let _ = licensed(&text, name);
        }
    }
}
