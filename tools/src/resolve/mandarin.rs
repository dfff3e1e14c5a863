//! Days as Chinese says them.

mod dates;
mod rest;

use jiff::Unit;
use jiff::civil::{Date, Weekday};

use super::days::{When, after, in_week, is_pair, next_weekday, weekend, when};
use super::meant::{Meant, Named};
use super::numbers;
use super::text::folded;

const NEAR: [(&str, i64); 19] = [
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
const WEEKS: [(&str, i64); 5] = [("下下", 2), ("下", 1), ("这", 0), ("本", 0), ("上", -1)];
/// What comes before another day that is not asked for: `周五到周日`.
const JOINING: [char; 8] = ['到', '至', '-', '~', '—', '–', '或', '和'];
/// What says nothing between a day and what follows it.
const LINKING: [char; 6] = ['的', '节', ',', '，', '那', '当'];
const PUNCTUATION: [char; 7] = [',', '(', ')', '。', '、', '!', '?'];
const SIDES: [(&str, i64); 6] = [("之前", -1), ("以前", -1), ("前", -1), ("之后", 1), ("以后", 1), ("后", 1)];

/// A day that a text begins with, and the text after it.
struct Match<'a> {
    meant: Result<Meant, String>,
    rest: &'a str,
}

impl<'a> Match<'a> {
    fn new(named: Named, date: Result<Date, String>, rest: &'a str) -> Self {
        Self { meant: date.map(|date| Meant { named, date }), rest }
    }

    fn day((date, rest): dates::Dated<'a>) -> Self {
        Self::new(Named::Day, date, rest)
    }
}

/// Finds the first day in a text, with what the text around it says of it and of the time.
pub(super) fn find(text: &str, today: Date) -> Option<Result<When, String>> {
    let said = compact(text);
    let (start, found) = said
        .char_indices()
        .filter(|(start, c)| !is_inside_number(&said[..*start], *c))
        .find_map(|(start, _)| Some((start, day_at(&said[start..], today)?)))?;
    Some(settled(found, &said[..start], text, today))
}

/// A text without its blanks; between digits a comma stays, for they are two numbers.
fn compact(text: &str) -> String {
    let digit = |c: char| c.is_ascii_digit();
    let mut compact = String::with_capacity(text.len());
    for word in folded(text).split_whitespace() {
        if compact.ends_with(digit) && word.starts_with(digit) {
            compact.push(',');
        }
        compact.push_str(word);
    }
    compact
}

/// The day that a text means where one was found in it, from what is ahead of that one and behind it.
fn settled(found: Match<'_>, ahead: &str, text: &str, today: Date) -> Result<When, String> {
    let (meant, behind) = beside(found.meant?, found.rest, today)?;
    let plain = |text: &str| text.replace(PUNCTUATION, "");
    let (ahead, behind) = (plain(ahead), plain(&behind));
    let is_about_days = rest::is_about_days(&ahead, &behind);
    when(meant.date, &format!("{ahead}{behind}"), is_about_days, text, today)
}

/// What a date or a weekday in the text behind a day makes of it, and the text that is left then.
fn beside(mut meant: Meant, text: &str, today: Date) -> Result<(Meant, String), String> {
    let mut text = text.trim_start_matches(LINKING);
    let mut left = String::new();
    while let Some(c) = text.chars().next() {
        if JOINING.contains(&c) {
            break;
        }
        if !is_inside_number(&left, c)
            && let Some(second) = second_at(text, today)
        {
            match second.meant.and_then(|other| meant.with(other)) {
                Ok(both) => {
                    meant = both;
                    text = second.rest.trim_start_matches(LINKING);
                    continue;
                }
                // Hours, then.
                Err(_) if is_pair(&text[..text.len() - second.rest.len()]) => {}
                Err(wrong) => return Err(wrong),
            }
        }
        left.push(c);
        text = &text[c.len_utf8()..];
    }
    left.push_str(text);
    Ok((meant, left))
}

/// Whether a character goes on with a number (`12月`) or with what is counted (`三周`), where no day begins.
fn is_inside_number(before: &str, c: char) -> bool {
    let Some(previous) = before.chars().next_back().filter(|c| numbers::is_numeral(*c)) else { return false };
    numbers::is_numeral(c) || c == '周' && !previous.is_ascii_digit()
}

fn day_at(text: &str, today: Date) -> Option<Match<'_>> {
    let found = near(text, today)
        .or_else(|| of_week(text, today))
        .or_else(|| counted(text, today))
        .or_else(|| dates::date_at(text, today).map(Match::day))?;
    Some(moved(found))
}

/// What may stand behind a day to say the same, or more exactly which one is meant.
fn second_at(text: &str, today: Date) -> Option<Match<'_>> {
    of_week(text, today).or_else(|| dates::date_at(text, today).map(Match::day))
}

/// A day with what moves it: `圣诞节前一天`.
fn moved(found: Match<'_>) -> Match<'_> {
    let behind = found.rest.trim_start_matches(['的', '节']);
    let side = SIDES.iter().find_map(|(name, sign)| Some((*sign, behind.strip_prefix(name)?)));
    let moves = side.and_then(|(sign, rest)| {
        let (count, unit, rest) = length(rest)?;
        Some((sign * count, unit, rest))
    });
    let base = found.meant.as_ref().ok().map(|base| base.date);
    match (base, moves) {
        (Some(base), Some((count, unit, rest))) => Match::day((after(base, count, unit), rest)),
        _ => found,
    }
}

fn near(text: &str, today: Date) -> Option<Match<'_>> {
    NEAR.iter().find_map(|(name, days)| {
        let rest = text.strip_prefix(name)?;
        let is_short = name.chars().count() == 1;
        (!is_short || rest.starts_with(NEAR_SHORT_NEXT))
            .then(|| Match::day((after(today, *days, Unit::Day), rest)))
    })
}

/// `下周五`, `这周六`, `下周的周五`, `周五`, `星期天`, `周末`.
fn of_week(text: &str, today: Date) -> Option<Match<'_>> {
    let (weeks, rest) = WEEKS
        .iter()
        .find_map(|(name, weeks)| {
            let rest = text.strip_prefix(name)?.trim_start_matches('个');
            rest.starts_with(['周', '星', '礼']).then_some((Some(*weeks), rest))
        })
        .unwrap_or((None, text));
    let rest = week(rest)?;
    let again = week(rest.trim_start_matches('的')).filter(|_| weeks.is_some());
    let (weekday, rest) = match (again.and_then(weekday_at).or_else(|| weekday_at(rest)), weeks) {
        (Some(named), _) => named,
        // `下周` alone means its first day, until more is said.
        (None, Some(weeks @ 1..)) => {
            return Some(Match::new(Named::Week, in_week(Weekday::Monday, weeks, today), rest));
        }
        (None, _) => return None,
    };
    let Some(weekday) = weekday else {
        let date = match weeks {
            Some(weeks @ (1.. | ..=-1)) => in_week(Weekday::Saturday, weeks, today),
            _ => weekend(today),
        };
        return Some(Match::new(Named::Week, date, rest));
    };
    let date = match weeks {
        Some(weeks) => in_week(weekday, weeks, today),
        None => next_weekday(weekday, today),
    };
    Some(Match::new(Named::Weekday, date, rest))
}

/// The text behind a word for week.
fn week(text: &str) -> Option<&str> {
    ["周", "星期", "礼拜"].iter().find_map(|week| text.strip_prefix(week))
}

/// The day of the week that a text begins with after `周`, or none of them for the weekend, and the text behind it.
fn weekday_at(text: &str) -> Option<(Option<Weekday>, &str)> {
    let first = text.chars().next()?;
    let weekday = match first {
        '一' | '1' => Some(Weekday::Monday),
        '二' | '2' => Some(Weekday::Tuesday),
        '三' | '3' => Some(Weekday::Wednesday),
        '四' | '4' => Some(Weekday::Thursday),
        '五' | '5' => Some(Weekday::Friday),
        '六' | '6' => Some(Weekday::Saturday),
        '日' | '天' | '7' => Some(Weekday::Sunday),
        '末' => None,
        _ => return None,
    };
    Some((weekday, &text[first.len_utf8()..]))
}

/// `三天后`, `过两天`, `两周以后`, `半个月后`.
fn counted(text: &str, today: Date) -> Option<Match<'_>> {
    let (passes, text) = text.strip_prefix('过').map_or((false, text), |rest| (true, rest));
    let (count, unit, rest) = length(text)?;
    let later = ["以后", "之后", "后"].iter().find_map(|word| rest.strip_prefix(word));
    let rest = later.or_else(|| passes.then_some(rest))?;
    // A weekday behind a number of weeks tells the day of that week.
    let named = if unit == Unit::Week { Named::Week } else { Named::Day };
    Some(Match::new(named, after(today, count, unit), rest))
}

/// `三天`, `两周`, `一个月`, `半个月`.
fn length(text: &str) -> Option<(i64, Unit, &str)> {
    if let Some(rest) = text.strip_prefix("半个月") {
        return Some((15, Unit::Day, rest));
    }
    let (number, rest) = numbers::chinese(text)?;
    let rest = rest.trim_start_matches('个');
    let (unit, rest) = if let Some(rest) = rest.strip_prefix(['天', '日']) {
        (Unit::Day, rest)
    } else if let Some(rest) = week(rest) {
        (Unit::Week, rest)
    } else {
        (Unit::Month, rest.strip_prefix('月')?)
    };
    Some((i64::from(number), unit, rest))
}
