//! What is said beside a day: the date of a weekday, the time, and words that would make it another day.

use jiff::civil::{Time, time as at};

use super::days::{TODAY, check_days};
use crate::resolve::{Window, day};

#[test]
fn days_named_twice() {
    check_days(&[
        ("Tuesday, December 1st", "2026-12-01"),
        ("Tue 1 Dec", "2026-12-01"),
        ("Friday, Dec 11, 2026", "2026-12-11"),
        ("Friday 2026-12-11", "2026-12-11"),
        ("Friday — Dec 11", "2026-12-11"),
        ("Dec 11 at 8pm, Friday", "2026-12-11"),
        ("Friday 12-04", "2026-12-04"),
        ("Friday the 27th", "2026-11-27"),
        ("Friday, Christmas day", "2026-12-25"),
        ("next week, Dec 2", "2026-12-02"),
        ("tomorrow, Nov 24", "2026-11-24"),
        ("周二12月1日", "2026-12-01"),
        ("星期六12月5号", "2026-12-05"),
        ("12月4日周五", "2026-12-04"),
        ("周三十二月二日", "2026-12-02"),
        ("明天（周二）", "2026-11-24"),
        ("周末周日", "2026-11-29"),
    ]);
}

#[test]
fn days_that_would_be_guessed() {
    let cases = [
        ("Friday, Dec 12", "2026-12-12 is a Saturday, not a Friday; write only the date"),
        ("周五12月5日", "2026-12-05 is a Saturday, not a Friday"),
        ("明天周五", "2026-11-24 is a Tuesday, not a Friday"),
        ("tomorrow, Nov 25", "2026-11-24 and 2026-11-25 are two days; write only one of them"),
        ("next week, Dec 9", "2026-12-09 is not in the week of 2026-11-30"),
        (
            "Friday before Christmas",
            "what 'before' means in 'Friday before Christmas' is not understood; write a",
        ),
        ("before Friday", "what 'before' means in 'before Friday' is not understood"),
        ("Friday in December", "what 'in december' means in 'Friday in December' is not understood"),
        ("two Fridays from now", "what 'two from now' means"),
        ("Friday week", "what 'week' means"),
        ("圣诞节前夕", "what '前夕' means in '圣诞节前夕' is not understood"),
        ("周五之前", "what '之前' means"),
        ("12月的周五", "what '12月的' means"),
        ("周五第二天", "what '第二天' means"),
    ];
    for (text, expected) in cases {
        let error = day("day", text, TODAY).expect_err(text);
        assert!(error.to_string().starts_with(expected), "{text}: {error}");
    }
    assert!(day("day", &"the day after ".repeat(9999), TODAY).is_err());
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
        ("tonight at 8", at(20, 0, 0, 0), at(23, 59, 59, 0)),
        ("8pm tonight", at(20, 0, 0, 0), at(23, 59, 59, 0)),
        ("今晚8点", at(20, 0, 0, 0), at(23, 59, 59, 0)),
        ("this afternoon after 3", at(15, 0, 0, 0), at(23, 59, 59, 0)),
        ("tomorrow not before 9", at(9, 0, 0, 0), at(23, 59, 59, 0)),
        ("tomorrow before 10am", Time::MIN, at(10, 0, 0, 0)),
        ("before 10am on Friday", Time::MIN, at(10, 0, 0, 0)),
        ("no later than 10am tomorrow", Time::MIN, at(10, 0, 0, 0)),
        ("明天10点之前", Time::MIN, at(10, 0, 0, 0)),
        ("明天10点之前出发", Time::MIN, at(10, 0, 0, 0)),
        ("tomorrow before midnight", Time::MIN, at(23, 59, 59, 0)),
        ("tomorrow afternoon before 5", at(12, 0, 0, 0), at(17, 0, 0, 0)),
        ("tomorrow 2 to 4pm", at(14, 0, 0, 0), at(16, 0, 0, 0)),
        ("Friday 2-4pm", at(14, 0, 0, 0), at(16, 0, 0, 0)),
        ("8-10 tomorrow", at(8, 0, 0, 0), at(10, 0, 0, 0)),
        ("明天下午2点到4点", at(14, 0, 0, 0), at(16, 0, 0, 0)),
        ("Friday evening, Dec 11", at(18, 0, 0, 0), at(22, 59, 0, 0)),
        ("12月4日（周五）下午", at(12, 0, 0, 0), at(17, 59, 0, 0)),
        ("周五晚上8点12月4日", at(20, 0, 0, 0), at(23, 59, 59, 0)),
        ("Dec 11 - 8pm", at(20, 0, 0, 0), at(23, 59, 59, 0)),
    ];
    for (text, from, to) in cases {
        assert_eq!(day("day", text, TODAY).unwrap().window(), Window { from, to }, "{text}");
    }
}
