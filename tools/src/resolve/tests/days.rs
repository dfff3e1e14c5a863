//! Days. The run's day is Monday, 2026-11-23.

use handyman_core::ToolErrorKind;
use jiff::civil::{Date, date};

use crate::resolve::day;

pub(super) const TODAY: Date = date(2026, 11, 23);

pub(super) fn check_days(cases: &[(&str, &str)]) {
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
        ("the day before Christmas", "2026-12-24"),
        ("the day before tomorrow", "2026-11-23"),
        ("two days before Christmas", "2026-12-23"),
        ("a week before Christmas", "2026-12-18"),
        ("a week on Friday", "2026-12-04"),
        ("a week tomorrow", "2026-12-01"),
        ("a week today", "2026-11-30"),
        ("a fortnight on Friday", "2026-12-11"),
        ("in two weeks from Monday", "2026-12-07"),
        ("first thing tomorrow", "2026-11-24"),
        ("tomorrow, early", "2026-11-24"),
        ("tomorrow after work", "2026-11-24"),
        ("tomorrow or the day after", "2026-11-24"),
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
        ("Friday after next", "2026-12-11"),
        ("the week after next", "2026-12-07"),
        ("this coming Friday please", "2026-11-27"),
        ("this week Friday", "2026-11-27"),
        ("Friday evening this week", "2026-11-27"),
        ("Sunday this weekend", "2026-11-29"),
        ("next week on Wednesday", "2026-12-02"),
        ("in two weeks on Friday", "2026-12-11"),
        ("from Friday to Sunday", "2026-11-27"),
        ("Friday or Saturday", "2026-11-27"),
        ("Friday for a week", "2026-11-27"),
    ]);
}

#[test]
fn english_dates() {
    check_days(&[
        ("on the 24th", "2026-11-24"),
        ("the 5th of next month", "2026-12-05"),
        ("next month on the 5th", "2026-12-05"),
        ("Dec 1 next year", "2027-12-01"),
        ("Christmas next year", "2027-12-25"),
        ("first Monday of December", "2026-12-07"),
        ("the last Friday in December", "2026-12-25"),
        ("second Tuesday of next month", "2026-12-08"),
        ("first Friday of March 2027", "2027-03-05"),
        ("Nov 30 - Dec 2", "2026-11-30"),
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
        ("两周后的周五", "2026-12-11"),
        ("圣诞节前一天", "2026-12-24"),
        ("圣诞前三天", "2026-12-22"),
        ("下周五前两天", "2026-12-02"),
        ("周五后一天", "2026-11-28"),
        ("明天一早", "2026-11-24"),
        ("明天提前", "2026-11-24"),
        ("明天后天都行", "2026-11-24"),
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
        ("下周三上午", "2026-12-02"),
        ("下周的周五", "2026-12-04"),
        ("下周末的周日", "2026-12-06"),
        ("周五到周日", "2026-11-27"),
        ("周五下班后", "2026-11-27"),
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
        ("后年1月1日", "2028-01-01"),
        ("26年12月1日", "2026-12-01"),
        ("明年圣诞", "2027-12-25"),
        ("廿八号", "2026-11-28"),
        ("卅一号", "2026-12-31"),
        ("下个月的5号", "2026-12-05"),
        ("12月的第二个周六", "2026-12-12"),
        ("12月最后一个周五", "2026-12-25"),
        ("下个月第一个周五", "2026-12-04"),
        ("12月1日到5日", "2026-12-01"),
        ("12月1 8点", "2026-12-01"),
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
        ("128号", "'128号' is not a day"),
        ("in 9999999 days", "that day is too far away; name a nearer one"),
        ("in 4294967295 fortnights", "that day is too far away"),
        ("9999999天后", "that day is too far away"),
        ("99999999个月后", "that day is too far away"),
        ("去年12月1日", "2025-12-01 is in the past"),
        ("今年国庆", "2026-10-01 is in the past"),
        ("fifth Friday of December", "month 12 of 2026 has no Friday number 5"),
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
    for weekend in ["this weekend", "the weekend", "周末", "这周末"] {
        assert_eq!(found(weekend), Ok(sunday), "{weekend}");
    }
    assert_eq!(found("next weekend"), Ok(date(2026, 12, 5)));
    assert!(found("这周五").is_err());
    assert_eq!(day("day", "下个月31号", date(2026, 11, 30)).map(|when| when.date), Ok(date(2026, 12, 31)));
    assert_eq!(day("day", "Feb 29", date(2028, 1, 1)).map(|when| when.date), Ok(date(2028, 2, 29)));
}
