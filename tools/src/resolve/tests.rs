//! What people write and what it becomes, table by table. The run's day is Monday, 2026-11-23.

use handyman_core::ToolErrorKind;
use jiff::civil::{Date, Time, date, time as at};

use super::*;
use crate::Language;

const TODAY: Date = date(2026, 11, 23);

fn check_days(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        let found = day("day", text, TODAY).map(|when| when.date.to_string());
        assert_eq!(found.as_deref(), Ok(*expected), "{text}");
    }
}

#[test]
fn english_days() {
    check_days(&[
        ("today", "2026-11-23"),
        ("Today", "2026-11-23"),
        ("tonight", "2026-11-23"),
        ("this evening", "2026-11-23"),
        ("this afternoon", "2026-11-23"),
        ("tomorrow", "2026-11-24"),
        ("Tomorrow!", "2026-11-24"),
        ("tmr", "2026-11-24"),
        ("tomorrow morning", "2026-11-24"),
        ("tomorrow at 8am", "2026-11-24"),
        ("8am tomorrow", "2026-11-24"),
        ("the day after tomorrow", "2026-11-25"),
        ("day after tomorrow", "2026-11-25"),
        ("the day after Friday", "2026-11-28"),
        ("in 3 days", "2026-11-26"),
        ("in three days", "2026-11-26"),
        ("in a week", "2026-11-30"),
        ("in two weeks", "2026-12-07"),
        ("in a month", "2026-12-23"),
        ("3 days from now", "2026-11-26"),
        ("two days later", "2026-11-25"),
        ("a week from today", "2026-11-30"),
        ("a week from Friday", "2026-12-04"),
        ("two days after tomorrow", "2026-11-26"),
        ("in a couple of days", "2026-11-25"),
    ]);
}

#[test]
fn english_weekdays() {
    check_days(&[
        ("Friday", "2026-11-27"),
        ("on Friday", "2026-11-27"),
        ("this Friday", "2026-11-27"),
        ("this coming Friday", "2026-11-27"),
        ("fri", "2026-11-27"),
        ("Friday evening", "2026-11-27"),
        ("Fridays", "2026-11-27"),
        ("next Friday", "2026-12-04"),
        ("Friday next week", "2026-12-04"),
        ("next week Friday", "2026-12-04"),
        ("Monday", "2026-11-23"),
        ("next Monday", "2026-11-30"),
        ("Sunday", "2026-11-29"),
        ("next sun", "2026-12-06"),
        ("Wednesday this week", "2026-11-25"),
        ("tues", "2026-11-24"),
        ("thurs", "2026-11-26"),
        ("next week", "2026-11-30"),
        ("this weekend", "2026-11-28"),
        ("the weekend", "2026-11-28"),
        ("next weekend", "2026-12-05"),
    ]);
}

#[test]
fn english_dates() {
    check_days(&[
        ("Nov 30", "2026-11-30"),
        ("november 30", "2026-11-30"),
        ("November 30th", "2026-11-30"),
        ("30 November", "2026-11-30"),
        ("30th of November", "2026-11-30"),
        ("the 30th of November 2026", "2026-11-30"),
        ("Nov. 30, 2026", "2026-11-30"),
        ("November thirtieth", "2026-11-30"),
        ("December twenty fifth", "2026-12-25"),
        ("Dec 5", "2026-12-05"),
        ("5 Dec at noon", "2026-12-05"),
        ("March 3", "2027-03-03"),
        ("may 1st", "2027-05-01"),
        ("Nov 1", "2027-11-01"),
        ("the 30th", "2026-11-30"),
        ("the 5th", "2026-12-05"),
        ("the twenty fourth", "2026-11-24"),
        ("on the 1st of January", "2027-01-01"),
        ("end of the month", "2026-11-30"),
        ("end of next month", "2026-12-31"),
        ("Christmas", "2026-12-25"),
        ("christmas eve", "2026-12-24"),
        ("New Year's Eve", "2026-12-31"),
        ("New Year's Day", "2027-01-01"),
    ]);
}

#[test]
fn numeric_dates() {
    check_days(&[
        ("2026-11-30", "2026-11-30"),
        ("2026/11/30", "2026-11-30"),
        ("2026.11.30", "2026-11-30"),
        ("20261130", "2026-11-30"),
        ("on 2026-12-01", "2026-12-01"),
        ("11/30", "2026-11-30"),
        ("12/5", "2026-12-05"),
        ("30/11", "2026-11-30"),
        ("12/5/2026", "2026-12-05"),
        ("30/11/2026", "2026-11-30"),
        ("12-05", "2026-12-05"),
        ("１２/５", "2026-12-05"),
    ]);
}

#[test]
fn chinese_days() {
    check_days(&[
        ("今天", "2026-11-23"),
        ("今日", "2026-11-23"),
        ("今晚", "2026-11-23"),
        ("今天下午", "2026-11-23"),
        ("明天", "2026-11-24"),
        ("明日", "2026-11-24"),
        ("明早", "2026-11-24"),
        ("明晚", "2026-11-24"),
        ("明天早上8点", "2026-11-24"),
        ("后天", "2026-11-25"),
        ("后天下午", "2026-11-25"),
        ("大后天", "2026-11-26"),
        ("大后天晚上", "2026-11-26"),
        ("三天后", "2026-11-26"),
        ("3天后", "2026-11-26"),
        ("三天以后", "2026-11-26"),
        ("过两天", "2026-11-25"),
        ("十天之后", "2026-12-03"),
        ("一周后", "2026-11-30"),
        ("两个星期后", "2026-12-07"),
        ("一个月后", "2026-12-23"),
        ("半个月后", "2026-12-08"),
    ]);
}

#[test]
fn chinese_weekdays() {
    check_days(&[
        ("周五", "2026-11-27"),
        ("星期五", "2026-11-27"),
        ("礼拜五", "2026-11-27"),
        ("这周五", "2026-11-27"),
        ("本周五", "2026-11-27"),
        ("这个星期五", "2026-11-27"),
        ("这周六", "2026-11-28"),
        ("周六下午", "2026-11-28"),
        ("周日", "2026-11-29"),
        ("星期天", "2026-11-29"),
        ("礼拜天", "2026-11-29"),
        ("周一", "2026-11-23"),
        ("下周五", "2026-12-04"),
        ("下星期五", "2026-12-04"),
        ("下个星期三", "2026-12-02"),
        ("下个礼拜一", "2026-11-30"),
        ("下周一上午", "2026-11-30"),
        ("下下周二", "2026-12-08"),
        ("下周", "2026-11-30"),
        ("周末", "2026-11-28"),
        ("这周末", "2026-11-28"),
        ("下周末", "2026-12-05"),
        ("周3", "2026-11-25"),
    ]);
}

#[test]
fn chinese_dates() {
    check_days(&[
        ("11月30日", "2026-11-30"),
        ("11月30号", "2026-11-30"),
        ("11月30", "2026-11-30"),
        ("十一月三十日", "2026-11-30"),
        ("十一月三十号", "2026-11-30"),
        ("11 月 30 日", "2026-11-30"),
        ("１１月３０日", "2026-11-30"),
        ("12月5号上午", "2026-12-05"),
        ("十二月二十五号", "2026-12-25"),
        ("2026年11月30日", "2026-11-30"),
        ("二〇二六年十二月一日", "2026-12-01"),
        ("明年3月1日", "2027-03-01"),
        ("今年12月31日", "2026-12-31"),
        ("3月1日", "2027-03-01"),
        ("30号", "2026-11-30"),
        ("三十号", "2026-11-30"),
        ("5号", "2026-12-05"),
        ("本月30号", "2026-11-30"),
        ("这个月28号", "2026-11-28"),
        ("下个月5号", "2026-12-05"),
        ("下月十五日", "2026-12-15"),
        ("月底", "2026-11-30"),
        ("下个月底", "2026-12-31"),
        ("12月底", "2026-12-31"),
        ("元旦", "2027-01-01"),
        ("圣诞节", "2026-12-25"),
        ("国庆节", "2027-10-01"),
        ("2026-11-30下午", "2026-11-30"),
    ]);
}

#[test]
fn days_that_are_none_or_past() {
    let cases = [
        ("yesterday", "2026-11-22 is in the past; today is 2026-11-23"),
        ("昨天", "2026-11-22 is in the past"),
        ("前天", "2026-11-21 is in the past"),
        ("last Friday", "2026-11-20 is in the past"),
        ("上周五", "2026-11-20 is in the past"),
        ("2026-11-01", "2026-11-01 is in the past"),
        ("2020年1月1日", "2020-01-01 is in the past"),
        ("Nov 31", "there is no day 31 in month 11"),
        ("2026-02-30", "there is no day 30 in month 2"),
        ("13月1日", "there is no day 1 in month 13"),
        ("2月30号", "there is no day 30 in month 2"),
        ("someday", "'someday' is not a day; write for example tomorrow"),
        ("", "'' is not a day"),
        ("哪天都行", "'哪天都行' is not a day"),
        ("8", "'8' is not a day"),
        ("2 people", "'2 people' is not a day"),
    ];
    for (text, expected) in cases {
        let error = day("day", text, TODAY).expect_err(text);
        assert!(error.to_string().starts_with(expected), "{text}: {error}");
        assert_eq!(*error.kind(), ToolErrorKind::InvalidArgument { path: "/day".to_owned() });
    }
}

#[test]
fn days_know_what_day_it_is() {
    // Sunday: next Monday is tomorrow, and so is the Monday of next week.
    let sunday = date(2026, 11, 29);
    let found = |text| day("day", text, sunday).map(|when| when.date);
    assert_eq!(found("next Monday"), Ok(date(2026, 11, 30)));
    assert_eq!(found("下周一"), Ok(date(2026, 11, 30)));
    assert_eq!(found("周日"), Ok(sunday));
    assert!(found("这周五").is_err());
    assert_eq!(day("day", "下个月31号", date(2026, 11, 30)).map(|when| when.date), Ok(date(2026, 12, 31)));
    assert_eq!(day("day", "Feb 29", date(2028, 1, 1)).map(|when| when.date), Ok(date(2028, 2, 29)));
}

#[test]
fn days_carry_the_part_of_the_day() {
    let cases = [
        ("后天下午", at(12, 0, 0, 0), at(17, 59, 0, 0)),
        ("tomorrow morning", at(6, 0, 0, 0), at(11, 59, 0, 0)),
        ("tonight", at(18, 0, 0, 0), at(23, 59, 0, 0)),
        ("今晚", at(18, 0, 0, 0), at(23, 59, 0, 0)),
        ("明早", at(6, 0, 0, 0), at(11, 59, 0, 0)),
        ("evening", at(18, 0, 0, 0), at(22, 59, 0, 0)),
        ("Friday", Time::MIN, at(23, 59, 59, 0)),
        ("明天早上8点", at(8, 0, 0, 0), at(23, 59, 59, 0)),
        ("tomorrow after 3pm", at(15, 0, 0, 0), at(23, 59, 59, 0)),
    ];
    for (text, from, to) in cases {
        assert_eq!(day("day", text, TODAY).unwrap().window(), Window { from, to }, "{text}");
    }
}

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
            Ok(Clock::Within(window)) => assert_eq!((window.from.hour(), window.to.hour()), (from, to), "{text}"),
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

#[test]
fn cities() {
    let cases = [
        ("Shanghai", "上海"),
        ("shanghai", "上海"),
        ("SHANGHAI", "上海"),
        (" Shanghai ", "上海"),
        ("上海", "上海"),
        ("上海市", "上海"),
        ("Shang Hai", "上海"),
        ("PVG", "上海"),
        ("pvg", "上海"),
        ("上海虹桥", "上海"),
        ("上海虹桥站", "上海"),
        ("Shanghai Hongqiao", "上海"),
        ("Pudong Airport", "上海"),
        ("浦东机场", "上海"),
        ("首都机场", "北京"),
        ("Heathrow", "伦敦"),
        ("Peking", "北京"),
        ("Beijing South Station", "北京"),
        ("北京南", "北京"),
        ("北京南站", "北京"),
        ("Xi'an", "西安"),
        ("Xian", "西安"),
        ("xi an", "西安"),
        ("São Paulo", "圣保罗"),
        ("sao paulo", "圣保罗"),
        ("Zürich", "苏黎世"),
        ("Zuerich", "苏黎世"),
        ("München", "慕尼黑"),
        ("Köln", "科隆"),
        ("New York", "纽约"),
        ("NYC", "纽约"),
        ("New York City", "纽约"),
        ("JFK", "纽约"),
        ("London Heathrow", "伦敦"),
        ("Paris, France", "巴黎"),
        ("東京", "东京"),
        ("东京", "东京"),
        ("Hong Kong", "香港"),
        ("HongKong", "香港"),
        ("Canton", "广州"),
        ("Saigon", "胡志明市"),
        ("胡志明", "胡志明市"),
        ("新加坡", "新加坡"),
        ("拉各斯", "拉各斯"),
        ("Lagos", "拉各斯"),
        ("中国上海", "上海"),
        ("San Jose, US", "圣何塞"),
        ("San Jose, CR", "圣约瑟"),
        ("台州", "台州"),
    ];
    for (text, expected) in cases {
        let found = city("city", text).map(|(city, _)| city.zh.as_str());
        assert_eq!(found, Ok(expected), "{text}");
    }
    assert_eq!(city("city", "上海").unwrap().1, Language::Chinese);
    assert_eq!(city("city", "Shanghai").unwrap().1, Language::English);
}

#[test]
fn stations_and_airports_are_kept() {
    assert_eq!(place("from", "上海虹桥").unwrap().station.unwrap().en, "Shanghai Hongqiao");
    assert_eq!(place("from", "Gare du Nord").unwrap().city.en, "Paris");
    assert_eq!(place("from", "LHR").unwrap().airport.unwrap().en, "London Heathrow");
    assert_eq!(place("from", "Beijing Capital Airport").unwrap().airport.unwrap().iata, "PEK");
    assert!(place("from", "Beijing").unwrap().station.is_none());
}

#[test]
fn cities_that_are_none_or_two() {
    let cases = [
        ("Shanghi", "unknown city 'Shanghi'; did you mean Shanghai?"),
        ("Bejing", "unknown city 'Bejing'; did you mean Beijing?"),
        ("Londn", "unknown city 'Londn'; did you mean London?"),
        ("乌鲁木", "unknown city '乌鲁木'; did you mean 乌鲁木齐?"),
        ("Atlantis", "unknown city 'Atlantis'"),
        ("", "unknown city ''"),
        ("Taizhou", "'Taizhou' may be 台州 (CN) or 泰州 (CN); say which"),
        ("San Jose", "'San Jose' may be 圣何塞 (US) or 圣约瑟 (CR); say which"),
    ];
    for (text, expected) in cases {
        let error = city("city", text).expect_err(text);
        assert!(error.to_string().starts_with(expected), "{error}");
        assert_eq!(*error.kind(), ToolErrorKind::InvalidArgument { path: "/city".to_owned() });
    }
}

#[test]
fn cuisines() {
    let cases = [
        ("Sichuan", "Sichuan"),
        ("sichuan food", "Sichuan"),
        ("川菜", "Sichuan"),
        ("川菜馆子", "Sichuan"),
        ("spicy", "Sichuan"),
        ("sushi", "Japanese"),
        ("Japanese restaurant", "Japanese"),
        ("日本料理", "Japanese"),
        ("火锅", "Hotpot"),
        ("hot pot", "Hotpot"),
        ("Italian cuisine", "Italian"),
        ("披萨", "Italian"),
        ("dim sum", "Cantonese"),
        ("vegan", "Vegetarian"),
        ("coffee", "Cafe"),
        ("四川火锅", "Hotpot"),
    ];
    for (text, expected) in cases {
        assert_eq!(cuisine("cuisine", text).map(|cuisine| cuisine.en.as_str()), Ok(expected), "{text}");
    }
    let error = cuisine("cuisine", "Klingon").expect_err("unknown");
    assert!(error.to_string().starts_with("unknown cuisine 'Klingon'; known are Sichuan"), "{error}");
}

#[test]
fn keys_fold_what_does_not_matter() {
    assert_eq!(key("Xi'an"), "xian");
    assert_eq!(key("Genève"), "geneve");
    assert_eq!(key("ＮＹＣ"), "nyc");
}
