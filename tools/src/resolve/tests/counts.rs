//! Numbers of people that are said in several words, and those that would be guessed.

use crate::resolve::people;

#[test]
fn those_who_come_are_added_up() {
    let cases = [
        ("me and my 3 friends", 4),
        ("myself and 2 friends", 3),
        ("3 friends and me", 4),
        ("me plus 3", 4),
        ("me and two others", 3),
        ("me and my wife", 2),
        ("me, my wife and two kids", 4),
        ("2 adults and 3 children", 5),
        ("2 adults, 1 child", 3),
        ("two adults and a baby", 3),
        ("adults: 2, children: 1", 3),
        ("a couple and 2 children", 4),
        ("half a dozen", 6),
        ("a dozen people", 12),
        ("a family of four", 4),
        ("a party of six", 6),
        ("we're six", 6),
        ("there'll be 4 of us", 4),
        ("three hungry people", 3),
        ("一家五口", 5),
        ("我们一家4口人", 4),
        ("三口之家", 3),
        ("我和三个朋友", 4),
        ("三个朋友和我", 4),
        ("我和老公", 2),
        ("我、老公、两个孩子", 4),
        ("夫妻和两个孩子", 4),
        ("夫妻俩带一个孩子", 3),
        ("两个大人和一个小孩", 3),
        ("大人两个小孩一个", 3),
        ("两大一小", 3),
        ("成人2位", 2),
        ("一共5个人", 5),
        ("连我三个", 3),
        ("我们仨", 3),
        ("两张票", 2),
        ("就我自己", 1),
        ("俩", 2),
    ];
    all_are(&cases);
}

#[test]
fn a_total_has_those_in_it_who_are_named_beside_it() {
    let cases = [
        ("我和朋友两个人", 2),
        ("我和同学三个人", 3),
        ("我和朋友一共三个人", 3),
        ("我、老婆、孩子三个人", 3),
        ("我跟我老婆孩子一家三口", 3),
        ("me and my friends 4 people", 4),
        ("me and my family, 4 people", 4),
        ("加上我三个人", 3),
        ("加上我一共四个人", 4),
        ("就加我三个", 3),
        ("带我两个人", 2),
        ("三个朋友加上我", 4),
        ("我和老婆两个人", 2),
        ("我和女朋友两个人", 2),
        ("两个人,我和老婆", 2),
        ("我跟老婆俩", 2),
        ("4 people (2 adults, 2 kids)", 4),
        ("4 people: 2 adults and 2 kids", 4),
        ("family of 3: 2 adults, 1 child", 3),
        ("two of us, me and my wife", 2),
        ("5 people, me, my wife and 3 kids", 5),
        ("4 including me", 4),
    ];
    all_are(&cases);
}

#[test]
fn people_are_counted_as_they_are_called() {
    let cases = [
        ("both my wife and I", 2),
        ("both me and my wife", 2),
        ("both my kids and me", 3),
        ("a group of 10 friends", 10),
        ("party of 6 adults", 6),
        ("a family of 2 adults and 2 kids", 4),
        ("me and a group of 3", 4),
        ("my family of 4", 4),
        ("I need a table for 4", 4),
        ("I want 2 seats", 2),
        ("I need a table for me and my wife", 2),
        ("I", 1),
        ("I and my wife", 2),
        ("make it 5", 5),
        ("the whole family, 5", 5),
        ("birthday brunch for 6", 6),
        ("2 adults, no children", 2),
        ("5 guys", 5),
        ("me and 3 co-workers", 4),
        ("2 grown-ups and 1 kid", 3),
        ("我家五口", 5),
        ("我们家三口人", 3),
        ("我要两张票", 2),
        ("三個人", 3),
        ("两張票", 2),
        ("两张机票", 2),
        ("3张高铁票", 3),
        ("六个人的包间", 6),
        ("一张桌子，四个人", 4),
        ("晚饭五位", 5),
        ("母女俩", 2),
        ("我们兄弟俩", 2),
        ("父子俩带一个孩子", 3),
    ];
    all_are(&cases);
}

fn all_are(cases: &[(&str, u32)]) {
    for (text, expected) in cases {
        assert_eq!(people("people", text), Ok(*expected), "{text}");
    }
}

#[test]
fn what_would_be_guessed_is_asked_for() {
    let texts = [
        "-2",
        "−2",
        "-2人",
        "2.5",
        "2.5个人",
        "2-3",
        "2 or 3",
        "2到3人",
        "三四个人",
        "一两个人",
        "十几个人",
        "a few people",
        "me and my friends",
        "me and my family",
        "me and my family of 4",
        "me, my kids and 3 people",
        "me, my kids and 3 others",
        "with my wife",
        "dinner with my wife",
        "plus one",
        "和女朋友",
        "带老婆",
        "I want a table",
        "I need a table for my wife",
        "2 people and 2 children",
        "2 people, 2 children",
        "me and my wife and 2 people",
        "5 people, 2 adults and 2 kids",
        "my friends and I",
        "me and",
        "2 others",
        "2 people and 3 children",
        "2 rooms",
        "4 people at 8pm",
        "about 4",
        "我和朋友",
        "我和他们俩",
        "我们一家",
        "我、老婆、孩子两个人",
        "我和老婆和两个人",
        "我要订位子",
        "要两个包间",
        "两张桌子",
        "我们两家",
        "大约4人",
    ];
    for text in texts {
        let error = people("people", text).expect_err(text).to_string();
        assert!(error.starts_with(&format!("'{text}' is not a number of people; write")), "{error}");
    }
}
