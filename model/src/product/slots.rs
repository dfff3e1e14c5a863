//! Cities, days, times and numbers as people write them in requests to the product.

mod counted;
mod unusual;

use std::sync::LazyLock;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::draw::Draw;
use crate::grammar::phrase;

/// A city that the tools know.
#[derive(Debug)]
pub(super) struct City {
    pub en: &'static str,
    pub zh: &'static str,
    pub country: &'static str,
    /// 1 to 3.
    pub size: u8,
    /// Other names, separated by `;`.
    aliases: &'static str,
}

static CITIES: LazyLock<Vec<City>> = LazyLock::new(|| {
    let row = |line: &'static str| {
        let mut fields = line.split(',');
        let (en, zh, country) = (fields.next()?, fields.next()?, fields.next()?);
        let size = fields.nth(6)?.parse().ok()?;
        let aliases = fields.next().unwrap_or_default();
        // Two cities share this name: asking for it is another matter.
        (en != "Taizhou").then_some(City { en, zh, country, size, aliases })
    };
    include_str!("../../../tools/data/cities.csv").lines().skip(1).filter_map(row).collect()
});

static PLACES: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
    let lines = include_str!("../../data/elsewhere.txt").lines();
    lines.filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('|')).collect()
});

/// A city, written in the language of the conversation more often than not.
pub(crate) fn city(d: &mut Draw, lower: bool) -> String {
    let country = if d.chance(50) { "CN" } else { "" };
    let city = draw(d, |c| country.is_empty() || c.country == country);
    written(d, city, lower)
}

/// Two different cities that a train (or else a flight) may run between.
pub(super) fn two_cities(d: &mut Draw, train: bool, lower: bool) -> (String, String) {
    let home = if train || d.chance(60) {
        if d.chance(88) { "CN" } else { d.rng.pick(&["JP", "DE", "FR", "GB", "IT"]) }
    } else {
        ""
    };
    loop {
        let first = draw(d, |c| home.is_empty() || c.country == home);
        let second = draw(d, |c| home.is_empty() || c.country == home);
        if first.zh != second.zh {
            return (written(d, first, lower), written(d, second, lower));
        }
    }
}

/// A place that the product's world does not have.
pub(super) fn elsewhere(d: &mut Draw, lower: bool) -> String {
    let (en, zh) = *d.rng.one(&PLACES);
    cased(if d.zh() { zh } else { en }, lower)
}

/// A name as somebody writes it who may leave out capitals.
fn cased(name: &str, lower: bool) -> String {
    if lower { name.to_lowercase() } else { name.to_owned() }
}

/// A city name with a slip of the pen.
pub(super) fn misspelt(d: &mut Draw, lower: bool) -> String {
    let name: Vec<char> = city(d, lower).chars().collect();
    let at = 1 + d.rng.below(name.len().saturating_sub(1).max(1));
    let mut wrong = name.clone();
    if wrong.iter().all(char::is_ascii) {
        match d.rng.below(3) {
            0 => wrong.insert(at, *name.get(at).unwrap_or(&'h')),
            1 if at < wrong.len() => {
                wrong.remove(at);
            }
            _ if at + 1 < wrong.len() => wrong.swap(at, at + 1),
            _ => wrong.push('e'),
        }
    } else if at < wrong.len() {
        wrong[at] = d.han(1, 1).chars().next().unwrap_or('镇');
    }
    wrong.into_iter().collect()
}

fn draw(d: &mut Draw, fits: impl Fn(&City) -> bool) -> &'static City {
    let big = d.chance(40);
    for _ in 0..400 {
        let city = d.rng.one(&CITIES);
        if fits(city) && (!big || city.size > 1) {
            return city;
        }
    }
    &CITIES[0]
}

fn written(d: &mut Draw, city: &City, lower: bool) -> String {
    let chinese = if d.zh() { d.chance(90) } else { d.chance(2) };
    let mut aliases =
        city.aliases.split(';').filter(|alias| !alias.is_empty() && alias.is_ascii() != chinese);
    if let Some(alias) = aliases.next().filter(|_| d.chance(6)) {
        return cased(alias, lower);
    }
    if chinese {
        return format!("{}{}", city.zh, if d.chance(3) && city.country == "CN" { "市" } else { "" });
    }
    cased(city.en, lower)
}

/// A day from `today` on as people write it, within `reach` days.
pub(crate) fn day(d: &mut Draw, today: Date, reach: i64, lower: bool) -> String {
    const EN: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    const ZH: [&str; 7] = ["一", "二", "三", "四", "五", "六", "日"];
    if d.chance(14) {
        let text = unusual::day(d, today, reach);
        return if lower { text.to_lowercase() } else { text };
    }
    let ahead = d.rng.between(2, reach.clamp(3, 60));
    let date = today.saturating_add(i32::try_from(ahead).unwrap_or(2).days());
    let soon = d.rng.between(2, 6);
    let near = today.saturating_add(i32::try_from(soon).unwrap_or(2).days());
    let weekday = |date: Date| usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0);
    let (w, next) = (weekday(near), d.rng.below(7));
    let roll = d.rng.below(100);
    let text = if d.zh() {
        let (m, day) = (date.month(), date.day());
        match roll {
            0..9 => "今天".into(),
            9..38 => "明天".into(),
            38..50 => "后天".into(),
            50..53 => "大后天".into(),
            53..60 => format!("{}{}", d.rng.pick(&["周", "星期", "礼拜"]), ZH[w]),
            // The week ends on Sunday: later days of it only.
            60..64 if w > weekday(today) => format!("这周{}", ZH[w]),
            64..72 if reach > 13 => format!("下{}{}", d.rng.pick(&["周", "周", "星期", "个星期"]), ZH[next]),
            72..80 => format!("{m}月{day}{}", d.rng.pick(&["号", "日"])),
            80..82 => format!("{soon}天后"),
            82..84 => date.to_string(),
            84..86 => "周末".into(),
            86..88 => format!("{day}号"),
            88..94 => format!("明天{}", d.rng.pick(&["上午", "下午", "晚上", "早上", "中午"])),
            94..96 => d.rng.pick(&["明晚", "明早", "后天下午", "后天上午"]).into(),
            _ => format!("周{}{}", ZH[w], d.rng.pick(&["上午", "下午", "晚上", ""])),
        }
    } else {
        let (month, day) = (date.strftime("%B").to_string(), date.day());
        let short = &month[..3];
        match roll {
            0..9 => "today".into(),
            9..38 => "tomorrow".into(),
            38..41 => d.rng.pick(&["tmr", "tmrw", "tomorow"]).into(),
            41..47 => "the day after tomorrow".into(),
            47..56 => EN[w].into(),
            56..60 => format!("this {}", EN[w]),
            60..68 if reach > 13 => format!("next {}", EN[next]),
            68..73 => format!("{month} {day}"),
            73..77 => format!("{short} {day}"),
            77..80 => format!("{day} {month}"),
            80..82 => format!("the {}", ordinal(day)),
            82..84 => date.to_string(),
            84..86 => format!("in {soon} days"),
            86..88 => "this weekend".into(),
            88..95 => format!("tomorrow {}", d.rng.pick(&["morning", "afternoon", "evening", "night"])),
            _ => format!("{} {}", EN[w], d.rng.pick(&["morning", "afternoon", "evening"])),
        }
    };
    if lower { text.to_lowercase() } else { text }
}

/// Whether a day says which part of it is meant.
pub(super) fn names_part(day: &str) -> bool {
    ["午", "晚", "早", "morning", "afternoon", "evening", "night"].iter().any(|part| day.contains(part))
}

/// A day with the preposition it takes: "on Friday", "tomorrow".
pub(super) fn on_day(d: &mut Draw, day: &str) -> String {
    if d.zh() || day.is_empty() {
        return day.to_owned();
    }
    let first = day.split(' ').next().unwrap_or_default().to_lowercase();
    let plain = ["today", "tonight", "tomorrow", "tmr", "tmrw", "tomorow", "this", "next", "in", "a"]
        .contains(&first.as_str());
    if plain || day.starts_with("the day") {
        return if d.chance(8) { format!("for {day}") } else { day.to_owned() };
    }
    match d.rng.below(10) {
        0 => day.to_owned(),
        1 => format!("for {day}"),
        _ => format!("on {day}"),
    }
}

/// A city with the preposition it takes.
pub(super) fn in_city(d: &mut Draw, city: &str) -> String {
    if d.zh() { city.to_owned() } else { phrase(d, "in_city", &[("city", city)]) }
}

/// A time of day between two hours.
pub(crate) fn time(d: &mut Draw, from: i64, to: i64) -> String {
    let (hour, minute) = (d.rng.between(from, to), *d.rng.one(&[0, 0, 0, 30, 30, 15, 45]));
    if d.chance(10) {
        return unusual::time(d, hour, minute);
    }
    let twelve = (hour - 1) % 12 + 1;
    if d.chance(25) {
        return if d.chance(70) { format!("{hour:02}:{minute:02}") } else { format!("{hour}:{minute:02}") };
    }
    if d.zh() {
        let part = match hour {
            ..9 => "早上",
            9..12 => "上午",
            12 => "中午",
            13..18 => "下午",
            _ => "晚上",
        };
        let chinese = ["一", "两", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"];
        let index = usize::try_from(twelve - 1).unwrap_or(0);
        let hour = if d.chance(35) { chinese[index].to_owned() } else { twelve.to_string() };
        return match minute {
            0 => format!("{part}{hour}点"),
            30 => format!("{part}{hour}点半"),
            15 if d.chance(40) => format!("{part}{hour}点一刻"),
            _ => format!("{part}{hour}点{minute}分"),
        };
    }
    let half = if hour < 12 { "am" } else { "pm" };
    let gap = d.rng.pick(&["", "", " "]);
    match minute {
        0 if hour == 12 && d.chance(60) => "noon".into(),
        0 => format!("{twelve}{gap}{half}"),
        30 if d.chance(10) => format!("half past {twelve}"),
        _ => format!("{twelve}:{minute:02}{gap}{half}"),
    }
}

/// A number from 2 on, and as it is written.
pub(super) fn few(d: &mut Draw, most: i64) -> (i64, String) {
    let n = d.rng.between(2, most);
    // Long words are rarer.
    let text = match usize::try_from(n).ok().filter(|n| d.chance(if *n > 12 { 35 } else { 55 })) {
        Some(n) => counted::in_words(n, d.zh()),
        None => n.to_string(),
    };
    (n, text)
}

/// A number of people from 2 on, as it is written: now and then a large party, or far more than can be booked at once.
pub(super) fn people(d: &mut Draw) -> String {
    match d.rng.below(100) {
        0..72 => few(d, 6),
        72..91 => few(d, 20),
        91..96 => few(d, 60),
        _ => few(d, 999),
    }
    .1
}

fn ordinal(n: i8) -> String {
    let suffix = match (n % 10, n / 10) {
        (_, 1) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{n}{suffix}")
}
