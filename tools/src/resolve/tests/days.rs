//! Days. The run's day is Monday, 2026-11-23.

use handyman_core::ToolErrorKind;
use jiff::civil::{Date, Time, date, time as at};

use crate::resolve::{Window, day};

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
        ("11月底", "2026-11-30"),
        ("明年2月底", "2027-02-28"),
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
