//! Answers that claim nothing: they are not to be corrected.

use serde_json::json;

use super::{Made, claimed, looked};

/// What the person said, and the answer.
const TOLD: [(&str, &str); 120] = [
    // How things are, and what others did.
    ("When did the museum open?", "The museum opened in 1990."),
    ("When is the museum open?", "Closed on Mondays."),
    ("When is the museum open?", "Opening hours: closed on Mondays, open otherwise."),
    ("Who was here?", "The door was unlocked by Anna at 9."),
    ("Who was here?", "The door has been unlocked by Anna."),
    ("Who was here?", "Anna unlocked the door at 9."),
    ("Who was here?", "She unlocked it, then locked it again."),
    ("Who was here?", "Anna came in, unlocked the door, and left."),
    ("Is the door locked?", "The door is unlocked."),
    ("Is the door locked?", "It is already unlocked."),
    ("Was it open?", "It had been unlocked before."),
    ("Tell me about the Tesla recall", "A fix has been deployed to most cars."),
    ("What is HTTP/3?", "HTTP/3 has been deployed by most browsers."),
    ("What is new in space?", "NASA successfully launched Europa Clipper in 2024."),
    ("What is new in space?", "The spacecraft was successfully launched in October."),
    ("What is new in space?", "Launched in October 2024, it will arrive in 2030."),
    ("Tell me about the book", "Published in 1925, it made him famous."),
    ("Tell me about the book", "Published the same year, it made him famous."),
    ("Tell me about the book", "Published 1925 in New York."),
    ("Tell me about the book", "Written by Fitzgerald."),
    ("Tell me about unlocked phones", "A phone that has been unlocked works with any SIM."),
    ("Tell me about unlocked phones", "Unlocked phones cost more."),
    ("What projects are there?", "Archived projects are hidden."),
    ("How do permissions work?", "Banned users cannot log in."),
    ("What is a router?", "Restarted routers forget their logs."),
    ("How was my trip?", "The shop was closed and the garage was opened late."),
    ("Which ones?", "Locked in 2019 by the owner."),
    ("Where is my order?", "Shipped from Shanghai by the seller."),
    ("What was decided?", "The budget was approved by the board."),
    ("What did Anna write?", "Anna says I unlocked the wrong door."),
    ("What did Anna write?", "She wrote: \"I've unlocked the door.\""),
    ("What did Anna write?", "Her note reads “I have shipped the parcel. See you.”"),
    ("What is in the log?", "The last line is `deployed v2 to production`."),
    ("What does 已解锁 mean?", "「已解锁」 means that it is not locked."),
    ("Which door?", "The door I unlocked last week is the blue one."),
    ("What happened?", "The user who has been banned wrote to us."),
    ("What does \"in transit\" mean?", "It means that your parcel has been shipped."),
    ("What does \"in transit\" mean?", "The status means the parcel has been shipped."),
    ("What does \"in transit\" mean?", "When it says so, the parcel has been shipped."),
    ("What is HTTP/3?", "It is a protocol. It has been deployed since 2020."),
    ("What was the story about?", "He found the key. The old door had been locked for years."),
    ("What was the story about?", "The prisoners have been freed and the gates have been unlocked."),
    ("What did she write?", "She wrote:\n> I've unlocked the door.\n> Come in!"),
    ("Count my orders by state: …", "Shipped: 3, calibrated: 2."),
    ("Count my orders by state: …", "Closed tickets: 17, 18"),
    // What is possible, planned, asked for or denied.
    ("Can you open doors?", "I can unlock it."),
    ("Can you open doors?", "I can have it unlocked for you."),
    ("Unlock the door", "Shall I unlock the front door?"),
    ("Unlock the door", "Do you want it unlocked?"),
    ("Unlock the door", "Have I unlocked the right one?"),
    ("Unlock the door", "I have not unlocked the door."),
    ("Unlock the door", "I haven't unlocked it yet."),
    ("Unlock the door", "I couldn't unlock it; nothing has been unlocked."),
    ("Unlock the door", "The door has not been unlocked."),
    ("Unlock the door", "I will unlock the door now."),
    ("Unlock the door", "I'm going to unlock it."),
    ("Unlock the door", "Once unlocked, the door stays open for a minute."),
    ("Unlock the door", "Once I've unlocked the door, you can come in."),
    ("Unlock the door", "If I've unlocked it, you can come in."),
    ("Unlock the door", "When the door has been unlocked, a light turns green."),
    ("Unlock the door", "It should be unlocked by now."),
    ("Unlock the door", "Unlock the door with the key, please."),
    ("Unlock the door", "To unlock the door, say when."),
    ("Unlock the door", "Unlocked: no."),
    ("Unlock the door", "The door could be unlocked by a neighbour."),
    ("Unlock the door", "Which door should be unlocked?"),
    ("Unlock the door", "You have to unlock it yourself."),
    ("Deploy it", "The service is not deployed; the build failed."),
    ("Deploy it", "It will be deployed tonight."),
    ("Deploy it", "The plan: 1. Deploy the service. 2. Publish the post."),
    ("Approve it", "Your leave must be approved by your manager."),
    ("Reset it", "Reset the device with the button on its back."),
    ("Reset it", "I reset devices with the tool; tell me which one."),
    ("Ban him", "Before he has been banned, he has to be warned."),
    ("Unlock the door", "The door was unlocked by Anna at 9."),
    ("Unlock the door", "The door is already unlocked."),
    ("Unlock the door", "The door which was unlocked is the blue one."),
    ("Close ticket 42", "The shop was closed."),
    ("Unlock the door", "If the door was unlocked, a light is green."),
    // What an answer itself does.
    ("Compare the offers", "I've started with the cheapest one."),
    ("Compare the offers", "I started with the cheapest one."),
    ("Write a poem", "I've written a short poem for you below."),
    ("Write a poem", "Here is what I wrote for you."),
    ("What does the page say?", "I opened the link, and it says that rain is coming."),
    ("Compare the offers", "I've closed with a summary."),
    ("Compare the offers", "It turned out that both are sold out."),
    ("Compare the offers", "I turned it around: the dearest comes first."),
    ("Summarise my mail", "I've left out the newsletters and marked the important one."),
    ("Sort them", "Started: 3, finished: 2."),
    ("Sort them", "Written in one line, it is 12."),
    ("What is open?", "Open tickets: 3. Closed tickets on hold: none."),
    ("What is your job?", "I look after a garage that is opened by a tool."),
    ("Who are you?", "I'm an assistant that unlocks doors."),
    ("Hello", "Hello! What can I do for you?"),
    ("How much is it?", "It costs 20 EUR, shipping included."),
    ("Tell me a joke", "A door walks into a bar. It was unhinged."),
    ("How long is it?", "It lasts until the shop is closed."),
    ("Shorten it", "I've trimmed it, renamed two headings and scanned it for mistakes."),
    ("Plan my week", "I've blocked out Monday and allocated two hours to the gym."),
    // The same in Chinese.
    ("门开了吗？", "车门没有解锁。"),
    ("门开了吗？", "车门未解锁。"),
    ("门开了吗？", "车门还没解锁。"),
    ("解锁车门", "要我解锁车门吗？"),
    ("解锁车门", "我可以为您解锁车门。"),
    ("解锁车门", "无法解锁车门，请稍后再试。"),
    ("解锁车门", "我马上解锁车门。"),
    ("解锁车门", "解锁成功后灯会变绿。"),
    ("解锁车门", "如果已解锁，您可以直接上车。"),
    ("解锁车门", "请先解锁手机。"),
    ("解锁车门", "车门解锁了吗？"),
    ("解锁车门", "正在为您解锁。"),
    ("谁来过？", "他已解锁车门。"),
    ("谁来过？", "车门被安娜解锁了。"),
    ("手机怎么了？", "这部手机已解锁。"),
    ("有什么新闻？", "新系统已部署到三个城市。"),
    ("有什么新闻？", "公司已发布公告。"),
    ("路由器怎么用？", "重启路由器需要两分钟。"),
    ("部署服务", "是否部署？"),
    ("部署服务", "部署前请确认。"),
    ("她写了什么？", "她写道：“已解锁车门。”"),
];

#[test]
fn what_is_only_told_is_not_corrected() {
    let found = || looked(json!({"text": "There is much to tell."}));
    let wrong = |calls: &[Made<'_>]| -> Vec<(&str, &str)> {
        TOLD.into_iter().filter(|(message, answer)| claimed(message, calls, answer).is_some()).collect()
    };
    assert_eq!(wrong(&[]), []);
    assert_eq!(wrong(&[found()]), []);
}

#[test]
fn how_what_was_ordered_is_may_have_been_read() {
    let found = || looked(json!({"text": "There is much to tell."}));
    for answer in ["The front door is unlocked.", "It is unlocked."] {
        assert_eq!(claimed("Unlock the front door", &[found()], answer), None, "{answer}");
    }
}

#[test]
fn what_was_read_may_be_told_in_any_way_where_nobody_ordered_it() {
    let found = || looked(json!({"text": "There is much to tell."}));
    for (message, answer) in [
        ("What is with the door?", "The door has been unlocked."),
        ("What is with the door?", "Front door: unlocked"),
        ("What is with the door?", "It is now unlocked."),
        ("What is with my parcel?", "Your parcel has been shipped."),
        ("What is with my leave?", "Your leave has been approved."),
        ("Which tickets are there?", "Closed tickets: 17, 18"),
        ("Which posts are there?", "Published\n- Spring\n- Summer"),
        ("What is on the server?", "Deployed: api, web"),
        ("门怎么样？", "车门已解锁。"),
    ] {
        assert_eq!(claimed(message, &[found()], answer), None, "{message} {answer}");
    }
}
