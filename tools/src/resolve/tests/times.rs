//! Times of day, and numbers of people.

use jiff::civil::time as at;

use crate::resolve::{Clock, people, time, window};

#[test]
fn times_of_day() {
    let cases = [
        ("8am", 8, 0),
        ("8 am", 8, 0),
        ("8 a.m.", 8, 0),
        ("8AM", 8, 0),
        ("12am", 0, 0),
        ("12pm", 12, 0),
        ("8:30", 8, 30),
        ("08:30", 8, 30),
        ("8.30", 8, 30),
        ("8:30pm", 20, 30),
        ("at 8:30 pm", 20, 30),
        ("20:00", 20, 0),
        ("19:00", 19, 0),
        ("half past eight", 8, 30),
        ("half past eight in the evening", 20, 30),
        ("quarter past nine", 9, 15),
        ("a quarter to nine", 8, 45),
        ("ten to nine", 8, 50),
        ("eight o'clock", 8, 0),
        ("eight thirty", 8, 30),
        ("8 in the morning", 8, 0),
        ("seven at night", 19, 0),
        ("three in the afternoon", 15, 0),
        ("noon", 12, 0),
        ("12 noon", 12, 0),
        ("midnight", 0, 0),
        ("after 3pm", 15, 0),
        ("around 10am", 10, 0),
        ("8点", 8, 0),
        ("早上8点", 8, 0),
        ("早上八点", 8, 0),
        ("上午九点半", 9, 30),
        ("下午三点半", 15, 30),
        ("下午3点", 15, 0),
        ("下午3:15", 15, 15),
        ("晚上八点一刻", 20, 15),
        ("晚上7点30分", 19, 30),
        ("晚上七点零五分", 19, 5),
        ("中午12点", 12, 0),
        ("中午一点", 13, 0),
        ("凌晨两点", 2, 0),
        ("凌晨12点", 0, 0),
        ("晚上12点", 0, 0),
        ("二十点", 20, 0),
        ("19点", 19, 0),
        ("15时", 15, 0),
        ("下午三点左右", 15, 0),
        ("下午三点以后", 15, 0),
        ("八点前", 8, 0),
        ("８：３０", 8, 30),
    ];
    for (text, hour, minute) in cases {
        match time("time", text) {
            Ok(Clock::At { time, .. }) => assert_eq!(time, at(hour, minute, 0, 0), "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn parts_of_the_day() {
    let cases = [
        ("morning", 6, 11),
        ("in the morning", 6, 11),
        ("afternoon", 12, 17),
        ("evening", 18, 22),
        ("上午", 6, 11),
        ("下午", 12, 17),
        ("晚上", 18, 23),
        ("中午", 11, 13),
        ("凌晨", 0, 5),
    ];
    for (text, from, to) in cases {
        match time("time", text) {
            Ok(Clock::Within(window)) => {
                assert_eq!((window.from.hour(), window.to.hour()), (from, to), "{text}")
            }
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn times_that_are_none() {
    for text in ["", "soon", "25:00", "8:75", "13pm pm", "一会儿", "tomorrow"] {
        assert!(time("time", text).is_err(), "{text}");
    }
    assert!(window(Some("8pm"), Some("9am")).is_err());
    assert_eq!(window(None, Some("noon")).unwrap().to, at(12, 0, 0, 0));
    assert_eq!(window(Some("evening"), None).unwrap().from, at(18, 0, 0, 0));
}

#[test]
fn numbers_of_people() {
    let cases = [
        ("2", 2),
        ("two", 2),
        ("two people", 2),
        ("for two", 2),
        ("for 4 people", 4),
        ("a table for six", 6),
        ("twelve of us", 12),
        ("just me", 1),
        ("both of us", 2),
        ("a couple", 2),
        ("one person", 1),
        ("my wife and I", 2),
        ("2人", 2),
        ("两人", 2),
        ("两位", 2),
        ("三个人", 3),
        ("我们三个", 3),
        ("一个人", 1),
        ("我一个人", 1),
        ("我们俩", 2),
        ("十二位", 12),
        ("二十人", 20),
        ("4位", 4),
        ("一家三口", 3),
    ];
    for (text, expected) in cases {
        assert_eq!(people("people", text), Ok(expected), "{text}");
    }
    for text in ["", "nobody", "0", "21", "一百个人", "很多人"] {
        assert!(people("people", text).is_err(), "{text}");
    }
}
