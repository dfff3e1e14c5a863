//! Days as Chinese says them.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use super::days::{Found, after, end_of_month, in_month, in_week, in_year, next_weekday, numeric};
use super::numbers;
use super::text::folded;

const NEAR: [(&str, i32); 19] = [
    ("大后天", 3),
    ("大前天", -3),
    ("今天", 0),
    ("今日", 0),
    ("今儿", 0),
    ("当天", 0),
    ("明天", 1),
    ("明日", 1),
    ("明儿", 1),
    ("后天", 2),
    ("后日", 2),
    ("后儿", 2),
    ("昨天", -1),
    ("昨日", -1),
    ("前天", -2),
    ("今", 0),
    ("明", 1),
    ("后", 2),
    ("昨", -1),
];
/// What may follow the one-character forms of [`NEAR`], as in `今晚`.
const NEAR_SHORT_NEXT: [char; 4] = ['早', '晚', '晨', '夜'];
const WEEKS: [(&str, i32); 5] = [("下下", 2), ("下", 1), ("这", 0), ("本", 0), ("上", -1)];
const MONTHS: [(&str, i32); 6] =
    [("下个月", 1), ("下月", 1), ("这个月", 0), ("本月", 0), ("当月", 0), ("月", 0)];
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

/// A day that a text begins with, and the text after it.
type Match<'a> = (Result<Date, String>, &'a str);

/// Finds the first day in a text.
pub(super) fn find(text: &str, today: Date) -> Option<Found> {
    let text: String = folded(text).chars().filter(|c| !c.is_whitespace()).collect();
    text.char_indices().find_map(|(start, _)| {
        let (date, rest) = day_at(&text[start..], today)?;
        let rest =
            format!("{}{}", &text[..start], rest.trim_start_matches(['的', '节', ',', '，', '那', '当']));
        Some(Found { date, rest })
    })
}

fn day_at(text: &str, today: Date) -> Option<Match<'_>> {
    near(text, today)
        .or_else(|| of_week(text, today))
        .or_else(|| of_this_month(text, today))
        .or_else(|| counted(text, today))
        .or_else(|| of_year(text, today))
        .or_else(|| holiday(text, today))
        .or_else(|| numeric_prefix(text, today))
}

fn near(text: &str, today: Date) -> Option<Match<'_>> {
    NEAR.iter().find_map(|(name, days)| {
        let rest = text.strip_prefix(name)?;
        let is_short = name.chars().count() == 1;
        (!is_short || rest.starts_with(NEAR_SHORT_NEXT)).then(|| (after(today, days.days()), rest))
    })
}

/// `下周五`, `这周六`, `周五`, `星期天`, `周末`.
fn of_week(text: &str, today: Date) -> Option<Match<'_>> {
    let (weeks, rest) = WEEKS
        .iter()
        .find_map(|(name, weeks)| {
            let rest = text.strip_prefix(name)?.trim_start_matches('个');
            rest.starts_with(['周', '星', '礼']).then_some((Some(*weeks), rest))
        })
        .unwrap_or((None, text));
    let rest = ["周", "星期", "礼拜"].iter().find_map(|week| rest.strip_prefix(week))?;
    let named = rest.chars().next().and_then(|c| Some((weekday(c)?, &rest[c.len_utf8()..])));
    let (weekday, rest) = match (named, weeks) {
        (Some(named), _) => named,
        // `下周` alone means its first day.
        (None, Some(1..)) => (Weekday::Monday, rest),
        (None, _) => return None,
    };
    let date = match weeks {
        Some(weeks) => in_week(weekday, weeks, today),
        None => next_weekday(weekday, today),
    };
    Some((date, rest))
}

fn weekday(c: char) -> Option<Weekday> {
    match c {
        '一' | '1' => Some(Weekday::Monday),
        '二' | '2' => Some(Weekday::Tuesday),
        '三' | '3' => Some(Weekday::Wednesday),
        '四' | '4' => Some(Weekday::Thursday),
        '五' | '5' => Some(Weekday::Friday),
        '六' | '6' | '末' => Some(Weekday::Saturday),
        '日' | '天' | '7' => Some(Weekday::Sunday),
        _ => None,
    }
}

/// `下个月5号`, `本月三十号`, `月底`.
fn of_this_month(text: &str, today: Date) -> Option<Match<'_>> {
    let (months, rest) =
        MONTHS.iter().find_map(|(name, months)| text.strip_prefix(name).map(|rest| (*months, rest)))?;
    if let Some(rest) = rest.strip_prefix('底').or_else(|| rest.strip_prefix('末')) {
        return Some((end_of_month(months, today), rest));
    }
    let (day, rest) = day_of_month(rest)?;
    let date = after(today.first_of_month(), months.months()).and_then(|month| {
        Date::new(month.year(), month.month(), day)
            .map_err(|_| format!("there is no day {day} in {}", month.strftime("%Y-%m")))
    });
    Some((date, rest))
}

fn day_of_month(text: &str) -> Option<(i8, &str)> {
    let (day, rest) = numbers::chinese(text)?;
    let rest = rest.strip_prefix('号').or_else(|| rest.strip_prefix('日'))?;
    Some((i8::try_from(day).ok()?, rest))
}

/// `三天后`, `过两天`, `两周以后`, `半个月后`.
fn counted(text: &str, today: Date) -> Option<Match<'_>> {
    let (passes, text) = text.strip_prefix('过').map_or((false, text), |rest| (true, rest));
    let (span, rest) = if let Some(rest) = text.strip_prefix("半个月") {
        (15.days(), rest)
    } else {
        let (number, rest) = numbers::chinese(text)?;
        let number = i32::try_from(number).ok()?;
        let rest = rest.trim_start_matches('个');
        if let Some(rest) = rest.strip_prefix('天').or_else(|| rest.strip_prefix('日')) {
            (number.days(), rest)
        } else if let Some(rest) = ["周", "星期", "礼拜"].iter().find_map(|week| rest.strip_prefix(week))
        {
            (number.weeks(), rest)
        } else {
            (number.months(), rest.strip_prefix('月')?)
        }
    };
    let later = ["以后", "之后", "后"].iter().find_map(|word| rest.strip_prefix(word));
    match later {
        Some(rest) => Some((after(today, span), rest)),
        None if passes => Some((after(today, span), rest)),
        None => None,
    }
}

/// `11月30日`, `十一月三十号`, `明年3月1日`, `2026年11月30日`, `30号`.
fn of_year(text: &str, today: Date) -> Option<Match<'_>> {
    let (year, rest) = match text {
        _ if text.starts_with("今年") => (Some(today.year()), &text["今年".len()..]),
        _ if text.starts_with("明年") => (Some(today.year() + 1), &text["明年".len()..]),
        _ => match numbers::chinese(text) {
            Some((year, rest)) if rest.starts_with('年') && year > 1900 => {
                (i16::try_from(year).ok(), &rest['年'.len_utf8()..])
            }
            _ => (None, text),
        },
    };
    let (number, rest) = numbers::chinese(rest)?;
    let number = i8::try_from(number).ok()?;
    if let Some(rest) = rest.strip_prefix('月') {
        if let Some(rest) = rest.strip_prefix('底') {
            let last =
                (28..=31).rev().find_map(|day| Date::new(year.unwrap_or(today.year()), number, day).ok());
            let day = last.map_or(1, Date::day);
            return Some((in_year(year, number, day, today), rest));
        }
        let (day, rest) = numbers::chinese(rest)?;
        let rest = rest.strip_prefix('号').or_else(|| rest.strip_prefix('日')).unwrap_or(rest);
        return Some((in_year(year, number, i8::try_from(day).ok()?, today), rest));
    }
    let rest = rest.strip_prefix('号').or_else(|| rest.strip_prefix('日'))?;
    Some((in_month(number, today), rest))
}

fn holiday(text: &str, today: Date) -> Option<Match<'_>> {
    HOLIDAYS.iter().find_map(|(name, month, day)| {
        text.strip_prefix(name).map(|rest| (in_year(None, *month, *day, today), rest))
    })
}

/// `2026-11-30下午`.
fn numeric_prefix(text: &str, today: Date) -> Option<Match<'_>> {
    let end = text.find(|c: char| !c.is_ascii_digit() && !"-/.".contains(c)).unwrap_or(text.len());
    numeric(&text[..end], today).map(|date| (date, &text[end..]))
}
