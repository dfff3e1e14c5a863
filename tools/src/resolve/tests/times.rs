//! Times of day, and numbers of people.

use jiff::civil::time as at;

use crate::resolve::{Clock, Window, people, time, window};

fn check_times(cases: &[(&str, i8, i8)]) {
    for (text, hour, minute) in cases {
        match time("time", text) {
            Ok(Clock::At { time, .. }) => assert_eq!(time, at(*hour, *minute, 0, 0), "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn times_of_day() {
    check_times(&[
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
    ]);
}

#[test]
fn small_hours_and_minutes_in_words() {
    check_times(&[
        ("夜里2点", 2, 0),
        ("晚上1点", 1, 0),
        ("晚上5点", 17, 0),
        ("2 at night", 2, 0),
        ("半夜2点", 2, 0),
        ("twenty-five past seven", 7, 25),
        ("twenty five to eight", 7, 35),
        ("five past noon", 12, 5),
        ("ten to midnight", 23, 50),
        ("eight o five", 8, 5),
        ("evening at 8", 20, 0),
        ("8pm tonight", 20, 0),
        ("24:00", 0, 0),
    ]);
}

#[test]
fn small_hours_of_a_night_are_of_the_day_after() {
    let cases = [
        ("晚上12点", true),
        ("晚上1点", true),
        ("夜里2点", true),
        ("12 at night", true),
        ("2 at night", true),
        ("tonight at 1am", true),
        ("24:00", true),
        ("二十四点", true),
        ("凌晨1点", false),
        ("1am", false),
        ("midnight", false),
        ("00:00", false),
        ("晚上8点", false),
        ("ten to 12 at night", false),
    ];
    for (text, expected) in cases {
        match time("time", text) {
            Ok(Clock::At { next_day, .. }) => assert_eq!(next_day, expected, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn a_stretch_is_its_beginning() {
    check_times(&[
        ("2 to 4pm", 14, 0),
        ("7 to 8 pm", 19, 0),
        ("3 - 4 pm", 15, 0),
        ("3-4pm", 15, 0),
        ("3pm–4pm", 15, 0),
        ("11 to 1pm", 11, 0),
        ("10pm to midnight", 22, 0),
        ("two to four pm", 14, 0),
        ("between 2 and 4pm", 14, 0),
        ("10 to 9", 10, 0),
        ("下午2点到4点", 14, 0),
        ("下午2-4点", 14, 0),
    ]);
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
    for text in ["", "soon", "25:00", "8:75", "13pm pm", "8 5", "a", "一会儿", "tomorrow"] {
        assert!(time("time", text).is_err(), "{text}");
    }
}

#[test]
fn stretches_between_limits() {
    assert!(window(Some("8pm"), Some("9am"), None).is_err());
    assert_eq!(window(None, Some("noon"), None).unwrap().to, at(12, 0, 0, 0));
    assert_eq!(window(Some("evening"), None, None).unwrap().from, at(18, 0, 0, 0));
    for midnight in ["midnight", "24:00", "晚上12点"] {
        assert_eq!(window(None, Some(midnight), None).unwrap(), Window::DAY, "{midnight}");
    }
    let tonight = Some(time("time", "tonight").unwrap());
    assert_eq!(window(None, Some("12"), tonight).unwrap(), Window::DAY, "and not noon");
    let afternoon = Some(time("time", "afternoon").unwrap());
    for (after, before) in [("3", "5"), ("三点以后", "五点前"), ("3pm", "5pm"), ("15:00", "17:00")] {
        let found = window(Some(after), Some(before), afternoon).unwrap();
        assert_eq!(found, Window { from: at(15, 0, 0, 0), to: at(17, 0, 0, 0) }, "{after} {before}");
    }
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
