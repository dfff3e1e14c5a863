//! Days and times in words that are met less often. The product's tools read all of them.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::draw::Draw;

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const WEEKDAYS_ZH: [&str; 7] = ["一", "二", "三", "四", "五", "六", "日"];
const NUMBERS: [&str; 12] =
    ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
const NUMBERS_ZH: [&str; 12] = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"];

/// A day within `reach` days of `today`.
pub(super) fn day(d: &mut Draw, today: Date, reach: i64) -> String {
    let ahead = d.rng.between(2, reach.clamp(3, 60));
    let date = today.saturating_add(i32::try_from(ahead).unwrap_or(2).days());
    let weekday = d.rng.below(7);
    let far = reach > 14;
    if d.zh() { chinese_day(d, date, weekday, far) } else { english_day(d, date, weekday, far) }
}

fn english_day(d: &mut Draw, date: Date, weekday: usize, far: bool) -> String {
    let (name, month, nth) = (WEEKDAYS[weekday], date.strftime("%B"), super::ordinal(date.day()));
    match d.rng.below(if far { 16 } else { 9 }) {
        0..3 => "tonight".into(),
        3 => "this evening".into(),
        4 => "this afternoon".into(),
        5 => format!("this coming {name}"),
        6 => format!("{name} night"),
        7 => format!("in {} days", NUMBERS[d.rng.below(5) + 1]),
        8 => "in a week".into(),
        9 => format!("{name} next week"),
        10 => d.rng.pick(&["next weekend", "in two weeks", "a week from today"]).into(),
        11 => format!("{}/{}", date.month(), date.day()),
        12 => format!("{month} {nth}"),
        13 => format!("the {nth} of {month}"),
        14 => format!("{nth} of {month}"),
        _ => format!("next {name} {}", d.rng.pick(&["morning", "afternoon", "evening"])),
    }
}

fn chinese_day(d: &mut Draw, date: Date, weekday: usize, far: bool) -> String {
    let name = WEEKDAYS_ZH[weekday];
    let part = d.rng.pick(&["早上", "上午", "下午", "晚上"]);
    match d.rng.below(if far { 14 } else { 8 }) {
        0..3 => "今晚".into(),
        3 => d.rng.pick(&["今天下午", "今天晚上", "今日"]).into(),
        4 => format!("{}天{}", d.rng.pick(&["两", "三", "四", "五"]), d.rng.pick(&["后", "以后", "之后"])),
        5 => format!("{}{part}", d.rng.pick(&["后天", "大后天"])),
        6 => "这周末".into(),
        7 => d.rng.pick(&["一周后", "过两天", "明日"]).into(),
        8 => format!("下周{name}{part}"),
        9 => format!("下个礼拜{name}"),
        10 => {
            format!("{}月{}号", NUMBERS_ZH[usize::from(date.month().unsigned_abs() - 1)], counted(date.day()))
        }
        11 => format!("{}月{}{}{part}", date.month(), date.day(), d.rng.pick(&["号", "日"])),
        12 => d.rng.pick(&["下周末", "两周后", "半个月后"]).into(),
        _ => format!("{}-{:02}-{:02}{part}", date.year(), date.month(), date.day()),
    }
}

/// A day of a month in Chinese numerals.
fn counted(day: i8) -> String {
    let (tens, ones) = (day / 10, usize::from((day % 10).unsigned_abs()));
    let tens = ["", "十", "二十", "三十"][usize::from(tens.unsigned_abs())];
    let ones = if ones == 0 { "" } else { NUMBERS_ZH[ones - 1] };
    format!("{tens}{ones}")
}

/// The time of day at this hour, and a quarter, a half or none past it.
pub(super) fn time(d: &mut Draw, hour: i64, minute: i64) -> String {
    let twelve = usize::try_from((hour - 1).rem_euclid(12)).unwrap_or(0);
    if d.zh() {
        let said = if d.chance(50) { hour.to_string() } else { NUMBERS_ZH[twelve].to_owned() };
        let half = if minute == 30 { "半" } else { "" };
        // Without a part of the day only where the hour alone says which is meant.
        let part = match hour {
            ..12 => "",
            12 => "中午",
            13..18 => "午后",
            18 | 19 => "傍晚",
            _ => "晚上",
        };
        let part = if said == hour.to_string() { "" } else { part };
        return format!("{part}{said}点{half}");
    }
    let name = NUMBERS[twelve];
    let part = match hour {
        ..12 => "in the morning",
        12..18 => "in the afternoon",
        _ => "in the evening",
    };
    match (minute, d.rng.below(3)) {
        (30, 0) => format!("half past {name} {part}"),
        (15, _) => format!("quarter past {name} {part}"),
        (45, _) => format!("quarter to {} {part}", NUMBERS[(twelve + 1) % 12]),
        (30, _) => format!("{name} thirty {part}"),
        (_, 0) if hour < 12 => format!("{name} o'clock"),
        (_, 1) => format!("{} {part}", twelve + 1),
        _ => format!("{name} {part}"),
    }
}
