//! Days and times of day as people write them. Nothing is resolved here: tools do that.

use crate::draw::Draw;

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const WEEKDAYS_ZH: [&str; 7] = ["一", "二", "三", "四", "五", "六", "日"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS_IN_MONTH: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// A day in the years 2024 to 2029: weekday and ISO date.
pub fn today(d: &mut Draw) -> (&'static str, String) {
    let days = d.rng.between(0, 365 * 6);
    let (mut year, mut rest) = (2024, days);
    loop {
        let length = if year % 4 == 0 { 366 } else { 365 };
        if rest < length {
            break;
        }
        rest -= length;
        year += 1;
    }
    let mut month = 0;
    loop {
        let length = DAYS_IN_MONTH[month] + i64::from(month == 1 && year % 4 == 0);
        if rest < length {
            break;
        }
        rest -= length;
        month += 1;
    }
    // The first of January 2024 was a Monday.
    let weekday = WEEKDAYS[usize::try_from(days % 7).unwrap_or(0)];
    (weekday, format!("{year}-{:02}-{:02}", month + 1, rest + 1))
}

/// A day as people write it.
pub fn date(d: &mut Draw) -> String {
    let (month, day) = (d.rng.below(12), d.rng.between(1, 28));
    let weekday = d.rng.below(7);
    let n = d.rng.between(2, 9);
    if d.zh() {
        let w = WEEKDAYS_ZH[weekday];
        return match d.rng.below(12) {
            0 => "今天".into(),
            1 | 2 => "明天".into(),
            3 => "后天".into(),
            4 => format!("下周{w}"),
            5 => format!("周{w}"),
            6 => format!("这周{w}"),
            7 => format!("星期{w}"),
            8 => format!("{}月{day}号", month + 1),
            9 => format!("{}月{day}日", month + 1),
            10 => format!("{n}天后"),
            _ => format!("2026-{:02}-{day:02}", month + 1),
        };
    }
    let (w, m) = (WEEKDAYS[weekday], MONTHS[month]);
    match d.rng.below(13) {
        0 => "today".into(),
        1 | 2 => "tomorrow".into(),
        3 => "the day after tomorrow".into(),
        4 => format!("next {w}"),
        5 => w.into(),
        6 => format!("this {w}"),
        7 => format!("{m} {day}"),
        8 => format!("{day} {m}"),
        9 => format!("in {n} days"),
        10 => w.to_lowercase(),
        11 => format!("{} {day}", &m[..3]),
        _ => format!("2026-{:02}-{day:02}", month + 1),
    }
}

/// A time of day as people write it.
pub fn time(d: &mut Draw) -> String {
    let (hour, minute) = (d.rng.between(6, 22), *d.rng.one(&[0, 0, 0, 30, 15, 45, 20, 5]));
    let twelve = (hour - 1) % 12 + 1;
    if d.chance(30) {
        return if d.chance(80) { format!("{hour:02}:{minute:02}") } else { format!("{hour}:{minute:02}") };
    }
    if d.zh() {
        let part = match hour {
            ..9 => "早上",
            9..12 => "上午",
            12 => "中午",
            13..18 => "下午",
            _ => "晚上",
        };
        let part = if d.chance(20) { "" } else { part };
        return match minute {
            0 => format!("{part}{twelve}点"),
            30 => format!("{part}{twelve}点半"),
            _ => format!("{part}{twelve}点{minute}分"),
        };
    }
    let half = if hour < 12 { "am" } else { "pm" };
    let space = d.rng.pick(&["", "", " "]);
    match minute {
        0 if d.chance(15) && hour == 12 => "noon".into(),
        0 => format!("{twelve}{space}{half}"),
        _ => format!("{twelve}:{minute:02}{space}{half}"),
    }
}

/// A time as a result gives it.
pub fn clock(d: &mut Draw) -> String {
    format!("{:02}:{:02}", d.rng.between(5, 23), d.rng.below(60))
}
