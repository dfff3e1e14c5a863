//! What people say is not to be done, and what only sounds so.

use proptest::proptest;

use crate::deeds::{declined_in, refused_in};
use crate::samples::tools;
use crate::tool::ToolSpec;

fn tool(name: &str) -> ToolSpec {
    ToolSpec { name: name.into(), description: String::new(), ..tools().remove(0) }
}

/// How a tool is refused: `Some(true)` plainly.
fn refused(text: &str, name: &str) -> Option<bool> {
    refused_in(text, &tool(name)).map(|refusal| refusal.is_plain)
}

#[test]
fn a_plain_refusal_is_of_all_that_the_tool_does() {
    for (text, name) in [
        ("Find me a train to Hangzhou, but don't book it yet.", "book"),
        ("Find me a train to Hangzhou. Do not book anything.", "book"),
        ("What trains are there tomorrow? No need to book.", "book"),
        ("Show me a room in Lyon, no booking please", "book"),
        ("just looking, not booking yet", "book"),
        ("Look for a table without making a reservation.", "book"),
        ("Please don't go ahead and book it", "book"),
        ("I don’t want you to buy the ticket", "book"),
        ("I don't want it booked.", "book"),
        ("Never pay for me", "pay"),
        ("Book the 8:15 and don't pay yet", "pay"),
        ("DON'T DELETE ANYTHING", "delete_file"),
        ("Look at the service but do not restart it", "restart"),
        ("看看后天苏州到上海最便宜的车，不用订", "book"),
        ("看看后天苏州到上海最便宜的车不用订票", "book"),
        ("先别预订，告诉我有哪些酒店", "book"),
        ("查一下车票，不要帮我下单。", "book"),
        ("只看看，暂时不买", "book"),
        ("无需预定", "book"),
        ("订一张票，先不付款", "pay"),
        ("帮我订最早的高铁，不要付钱", "pay"),
        ("看看我的文件，别删", "delete_file"),
        ("别取消", "cancel_booking"),
        ("There is no need to book", "book"),
        ("Don't add anything", "add_event"),
        ("那就不订了", "book"),
        ("Actually, don't book it after all", "book"),
        ("Don't book it because it's too expensive", "book"),
        ("Please don't book yet I will decide later", "book"),
        ("别订了太贵了", "book"),
        ("先别订晚点再说", "book"),
        ("Look it up but don't place the order yet", "book"),
        ("Don't complete the booking", "book"),
        ("Don't proceed with the booking", "book"),
        ("Don't confirm the booking", "book"),
        ("Do not process the payment", "pay"),
        ("I'm not ready to book yet", "book"),
        ("不要把票订了", "book"),
        ("别把钱付了", "pay"),
        ("别把文件删了", "delete_file"),
        ("别把邮件发出去", "send_mail"),
        ("不要自行付款", "pay"),
        ("不要立即付款", "pay"),
        ("禁止付款", "pay"),
        ("没打算买", "book"),
        ("Can you find trains to Lyon without booking?", "book"),
        ("Could you look for a table, but not book it?", "book"),
        ("帮我看看明天的票，先别订好吗？", "book"),
        ("Don't remind me", "remind"),
        ("Don't remind me", "set_reminder"),
        ("不管怎么样都别订", "book"),
        ("我告诉你别寄", "send_mail"),
        ("What does Anna want? Don't reply yet", "send_mail"),
        ("安娜说了什么？先别回复", "send_mail"),
    ] {
        assert_eq!(refused(text, name), Some(true), "{text}");
    }
}

#[test]
fn a_refusal_in_part_or_under_a_condition_is_not_plain() {
    for (text, name) in [
        ("Book the train but don't book a hotel.", "book"),
        ("I'll take the 8:15; don't book a hotel", "book"),
        ("Don't book it if it is over 500", "book"),
        ("Book me the 8:15. If it rains, don't book.", "book"),
        ("Don't book it until I say so.", "book"),
        ("订高铁，不订酒店", "book"),
        ("如果下雨就不要订了", "book"),
        ("帮我订高铁。没有二等座的话就别订了", "book"),
        ("Let Bob know he is invited, no need to send flowers", "send_mail"),
        ("Don't send it to Bob, send it to Anna", "send_mail"),
        ("没有直达就不订了", "book"),
        ("太贵就别订了", "book"),
        ("Don't just book it, check the price first", "book"),
        ("Don't pay before I say so", "pay"),
        ("Don't book anything before checking with me", "book"),
        ("Don't transfer 500 to Bob", "pay"),
        ("Show me the bill, don't pay the 300 EUR yet", "pay"),
        ("Don't cancel booking 4711", "cancel_booking"),
        ("Did my payment go through? Don't pay again.", "pay"),
        ("Don't book the one I saw yesterday", "book"),
        ("Don't book it without asking me", "book"),
        ("不要把酒店订了", "book"),
    ] {
        assert_eq!(refused(text, name), Some(false), "{text}");
    }
}

#[test]
fn what_only_sounds_like_a_refusal_is_none() {
    for (text, name) in [
        ("Book me the earliest train to Beijing.", "book"),
        ("Don't forget to book the train", "book"),
        ("Please don't hesitate to book it", "book"),
        ("Why don't you book it?", "book"),
        ("Didn't you book it?", "book"),
        ("It is not booked yet, please do it", "book"),
        ("I have not booked a hotel", "book"),
        ("Book a table, but don't pay more than 50", "pay"),
        ("Book it, but don't book it twice", "book"),
        ("If not, book the next one", "book"),
        ("I don't know how to book a train", "book"),
        ("No, book the later one", "book"),
        ("Don't book it", "pay"),
        ("Don't look at my mail", "book"),
        ("要不要订？", "book"),
        ("要不订一张吧", "book"),
        ("不得不订一张", "book"),
        ("特别订一张靠窗的", "book"),
        ("不知道订哪一张", "book"),
        ("帮我订高铁，不要订太早的", "book"),
        ("订票，贵的不要买", "book"),
        ("我还没订，帮我订一张", "book"),
        ("别忘了付款", "pay"),
        ("订单不对", "book"),
        ("明天上海天气怎么样，帮我订一张去北京最早的高铁票", "book"),
    ] {
        assert_eq!(refused(text, name), None, "{text}");
    }
}

#[test]
fn an_order_beside_a_dont_is_kept() {
    for (text, name) in [
        ("I don't have a reservation. I'll take the 8pm table.", "book"),
        ("I don't have a booking yet, please get me a room", "book"),
        ("I've no reservation. Get me a table", "book"),
        ("There is no booking for tonight, make one", "book"),
        ("Book a flight to Lyon with no transfers", "pay"),
        ("订高铁，不要转车", "pay"),
        ("Book a train without transfers and pay for it", "pay"),
        ("帮我找不要订金的酒店，订一间", "book"),
        ("Tell Bob not to send it", "send_mail"),
        ("Write to Bob not to email me", "send_mail"),
        ("告诉安娜不用寄了", "send_mail"),
        ("给安娜写信，让她不用寄了", "send_mail"),
        ("Tell Bob not to send the invoice", "send_mail"),
        ("Meeting with Bob tomorrow at 3, don't remind me", "add_event"),
        ("明天下午三点开会，不用提醒", "add_event"),
        ("Add lunch tomorrow, don't remind me", "add_event"),
        ("Put lunch into my calendar, no reminder", "add_event"),
        ("何不直接订", "book"),
        ("为什么不直接订", "book"),
        ("怎么还不帮我订", "book"),
        ("Don't ask just book it", "book"),
        ("No need to ask me just book it", "book"),
        ("No, don't ask me book it", "book"),
        ("帮我订G7，别订G9", "book"),
        ("don't book anything over 500", "book"),
        ("付款，别付错了", "pay"),
        ("别订错了，订二等座", "book"),
        ("别买错了，买二等座", "book"),
        ("不要订错，要二等座", "book"),
        ("Find a hotel with no booking fee and reserve it", "book"),
        ("Book me a train, don't book one before evening", "book"),
        ("You did not place the order, please try again", "book"),
        ("恨不得马上订", "book"),
        ("Create an event for Friday, don't set a reminder", "create_event"),
        ("周五十点开会，不用设置提醒", "add_event"),
        ("I do not want to pay the bill late, so pay it today", "pay"),
        ("Pay the bill, I don't want to pay a late fee", "pay"),
        ("要不要把票订了", "book"),
        ("别忘了把票订了", "book"),
    ] {
        assert_eq!(refused(text, name), None, "{text}");
    }
}

#[test]
fn a_no_to_an_offer_refuses_what_is_offered() {
    let declined = |question: &str, text: &str, name: &str| {
        declined_in(question, text, &tool(name)).map(|refusal| refusal.is_plain)
    };
    for (question, text, name) in [
        ("Shall I book it?", "No thanks", "book"),
        ("Shall I book it for you now?", "not yet", "book"),
        ("要我帮你订吗？", "不用了", "book"),
        ("要不要预订？", "不用，谢谢", "book"),
        ("Shall I pay?", "No.", "pay"),
    ] {
        assert_eq!(declined(question, text, name), Some(true), "{question} {text}");
    }
    for (question, text, name) in
        [("Shall I cancel the booking?", "No", "book"), ("Shall I book a return as well?", "No", "book")]
    {
        assert_eq!(declined(question, text, name), Some(false), "{question} {text}");
    }
    for (question, text, name) in [
        ("Shall I book it?", "No, the later one", "book"),
        ("Shall I book it?", "Yes", "book"),
        ("Which one?", "No", "book"),
        ("Shall I book it?", "No", "pay"),
    ] {
        assert_eq!(declined(question, text, name), None, "{question} {text}");
    }
}

#[test]
fn the_words_are_kept() {
    let refusal = refused_in("Find me a train. Please don't book it, thanks.", &tool("book")).unwrap();
    assert_eq!(refusal.words, "Please don't book it");
    assert_eq!(refused_in("看看车，不用订。", &tool("book")).unwrap().words, "不用订");
}

proptest! {
    #[test]
    fn no_text_is_too_odd(text in "([-a-z ’'(（:—.,?？İß]|不用|不要|别|预订|订|付款|的|吗|don't |book |not |pay |it ){0,40}") {
        for name in ["book", "pay", "", "İ", "note"] {
            let _ = refused_in(&text, &tool(name));
        }
    }
}
