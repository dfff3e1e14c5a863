//! Dates as Chinese says them: `11月30日`, `下个月5号`, `12月的第二个周六`, `明年元旦`, `2026-11-30`.

use jiff::civil::{Date, Weekday};

use super::{week, weekday_at};
use crate::resolve::days::{end_of_month, in_month, in_other_month, in_year, is_pair, nth_weekday, numeric};
use crate::resolve::numbers;

const MONTHS: [(&str, i64); 6] =
    [("下个月", 1), ("下月", 1), ("这个月", 0), ("本月", 0), ("当月", 0), ("月", 0)];
const YEARS: [(&str, i16); 7] =
    [("大后年", 3), ("前年", -2), ("去年", -1), ("今年", 0), ("明年", 1), ("来年", 1), ("后年", 2)];
const HOLIDAYS: [(&str, i8, i8); 10] = [
    ("元旦", 1, 1),
    ("情人节", 2, 14),
    ("妇女节", 3, 8),
    ("劳动节", 5, 1),
    ("五一", 5, 1),
    ("儿童节", 6, 1),
    ("国庆", 10, 1),
    ("平安夜", 12, 24),
    ("圣诞", 12, 25),
    ("跨年夜", 12, 31),
];
/// What makes `5号` before it a number of something else.
const NUMBERED: [char; 10] = ['线', '楼', '厅', '车', '门', '桌', '馆', '口', '店', '院'];

/// A date that a text begins with, and the text after it.
pub(super) type Dated<'a> = (Result<Date, String>, &'a str);

/// A date that a text begins with.
pub(super) fn date_at(text: &str, today: Date) -> Option<Dated<'_>> {
    of_near_month(text, today).or_else(|| of_year(text, today)).or_else(|| written(text, today))
}

/// `下个月5号`, `本月三十号`, `月底`.
fn of_near_month(text: &str, today: Date) -> Option<Dated<'_>> {
    let (months, rest) =
        MONTHS.iter().find_map(|(name, months)| text.strip_prefix(name).map(|rest| (*months, rest)))?;
    if let Some(rest) = rest.strip_prefix(['底', '末']) {
        return Some((end_of_month(months, today), rest));
    }
    let rest = rest.trim_start_matches('的');
    if let Some((nth, weekday, rest)) = nth(rest) {
        let date = in_other_month(1, months, today)
            .and_then(|month| nth_weekday(nth, weekday, (Some(month.year()), month.month()), today));
        return Some((date, rest));
    }
    let (day, rest) = numbers::chinese(rest)?;
    let day = i8::try_from(day).ok()?;
    Some((in_other_month(day, months, today), day_sign(rest)?))
}

/// `11月30日`, `十一月三十号`, `明年3月1日`, `2026年11月30日`, `30号`, `明年元旦`.
fn of_year(text: &str, today: Date) -> Option<Dated<'_>> {
    let (year, rest) = year(text, today);
    if let Some(dated) = holiday(rest, year, today) {
        return Some(dated);
    }
    let (number, rest) = numbers::chinese(rest)?;
    let number = i8::try_from(number).ok()?;
    let Some(rest) = rest.strip_prefix('月') else {
        let rest = day_sign(rest).filter(|_| year.is_none())?;
        return Some((in_month(number, today), rest));
    };
    if let Some(rest) = rest.strip_prefix(['底', '末']) {
        let last = (28..=31).rev().find_map(|day| Date::new(year.unwrap_or(today.year()), number, day).ok());
        let day = last.map_or(1, Date::day);
        return Some((in_year(year, number, day, today), rest));
    }
    let rest = rest.trim_start_matches('的');
    if let Some((nth, weekday, rest)) = nth(rest) {
        return Some((nth_weekday(nth, weekday, (year, number), today), rest));
    }
    let (day, rest) = numbers::chinese(rest)?;
    let date = in_year(year, number, i8::try_from(day).ok()?, today);
    Some((date, day_sign(rest).unwrap_or(rest)))
}

/// The year that a text begins with, if it does, and the text after it.
fn year(text: &str, today: Date) -> (Option<i16>, &str) {
    let near = YEARS.iter().find_map(|(name, years)| Some((today.year() + years, text.strip_prefix(name)?)));
    let counted = || {
        let (year, rest) = numbers::chinese(text)?;
        let year = match year {
            // The last two digits alone: `26年`.
            20..=99 => i16::try_from(2000 + year).ok()?,
            1901.. => i16::try_from(year).unwrap_or(i16::MAX),
            _ => return None,
        };
        Some((year, rest.strip_prefix('年')?))
    };
    match near.or_else(counted) {
        Some((year, rest)) => (Some(year), rest.trim_start_matches('的')),
        None => (None, text),
    }
}

/// The number and the day of the week in `第二个周六`, and the text after it; the last one has number -1.
fn nth(text: &str) -> Option<(i8, Weekday, &str)> {
    let (nth, rest) = if let Some(rest) = text.strip_prefix("最后一个") {
        (-1, rest)
    } else {
        let (nth, rest) = numbers::chinese(text.strip_prefix('第')?)?;
        (i8::try_from(nth).ok().filter(|nth| (1..=5).contains(nth))?, rest.trim_start_matches('个'))
    };
    let (weekday, rest) = weekday_at(week(rest)?)?;
    Some((nth, weekday?, rest))
}

/// The text after the sign of a day of a month.
fn day_sign(text: &str) -> Option<&str> {
    let rest = text.strip_prefix(['号', '日'])?;
    (!rest.starts_with(NUMBERED)).then_some(rest)
}

fn holiday(text: &str, year: Option<i16>, today: Date) -> Option<Dated<'_>> {
    HOLIDAYS.iter().find_map(|(name, month, day)| {
        text.strip_prefix(name).map(|rest| (in_year(year, *month, *day, today), rest))
    })
}

/// `2026-11-30下午`, but not the hours of `8-10点`.
fn written(text: &str, today: Date) -> Option<Dated<'_>> {
    let end = text.find(|c: char| !c.is_ascii_digit() && !"-/.".contains(c)).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    if is_pair(word) && rest.starts_with(['点', '时', ':']) {
        return None;
    }
    numeric(word, today).map(|date| (date, rest))
}
