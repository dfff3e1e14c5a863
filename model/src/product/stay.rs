//! Asking for hotels and restaurants.

use serde_json::Value;

use crate::draw::Draw;
use crate::grammar::phrase;

use super::ask::{self, Ask, Goal, call, text};
use super::scene::Scene;
use super::trip::payment;
use super::{slots, spread, wish};

const CUISINES: &[(&str, &[&str])] = &[
    ("Sichuan", &["川菜", "四川菜"]),
    ("Cantonese", &["粤菜", "广东菜"]),
    ("Hunan", &["湘菜", "湖南菜"]),
    ("Japanese", &["日料", "日本料理", "寿司"]),
    ("Korean", &["韩餐", "韩国料理"]),
    ("Thai", &["泰国菜", "泰餐"]),
    ("Italian", &["意大利菜", "披萨"]),
    ("French", &["法餐", "法国菜"]),
    ("Indian", &["印度菜", "咖喱"]),
    ("Mexican", &["墨西哥菜"]),
    ("Vietnamese", &["海鲜", "越南菜"]),
    ("vegetarian", &["素食", "素菜"]),
    ("hotpot", &["火锅"]),
    ("sushi", &["日料"]),
    ("barbecue", &["烧烤", "烤肉"]),
    ("noodles", &["面馆", "拉面"]),
    ("dumplings", &["饺子"]),
    ("Western", &["西餐", "牛排"]),
];

/// Asks for a hotel: to see what there is, or to book it.
pub(super) fn hotel(s: &mut Scene<'_, '_>, book: bool, known_city: Option<&str>) -> Ask {
    let (today, lower) = (s.today(), s.lower);
    let d = &mut *s.d;
    let city = known_city.map_or_else(|| slots::city(d, lower), str::to_owned);
    let day = slots::day(d, today, 40, lower);
    let nights = d.chance(65).then(|| slots::few(d, 7)).or_else(|| d.chance(30).then(|| (1, one(d.zh()))));
    let under = d.chance(30).then(|| d.rng.between(3, 15) * *d.rng.one(&[50, 100]));
    let (order, crit, crit_de, wish) = crit(d);
    let night_text = nights.as_ref().map(|(n, word)| night_words(d, *n, word)).unwrap_or_default();
    let under_text = under.map(|n| phrase(d, "under", &[("n", &n.to_string())]));
    let comma = |text: &str| if text.is_empty() { String::new() } else { format!("，{text}") };
    let under_text = under_text.unwrap_or_default();
    let budget = under.map(|n| n.to_string()).unwrap_or_default();
    let on_day = slots::on_day(d, &day);
    let from_day = if on_day.starts_with("on ") && d.chance(60) {
        phrase(d, "from_day", &[("day", &day)])
    } else {
        on_day.clone()
    };
    let a_crit = if crit.is_empty() { "a".to_owned() } else { format!("the {crit}") };
    let for_nights = if night_text.is_empty() || d.zh() {
        String::new()
    } else {
        phrase(d, "for_nights", &[("nights", &night_text)])
    };
    let in_city = slots::in_city(d, &city);
    let suffix = if crit.is_empty() { String::new() } else { format!(", the {crit} one") };
    let slots: &[(&str, &str)] = &[
        ("city", &city),
        ("in_city", &in_city),
        ("day", &day),
        ("from_day", &from_day),
        ("on_day", &on_day),
        ("for_nights", &for_nights),
        ("nights", if night_text.is_empty() { "一晚" } else { &night_text }),
        ("nights_comma", &comma(&night_text)),
        ("under", &under_text),
        ("under_comma", &comma(&under_text)),
        ("budget", &budget),
        ("a_crit", &a_crit),
        ("the_crit_plain", if crit.is_empty() { "good" } else { &a_crit }),
        ("the_crit_one_comma", &suffix),
        ("crit", &crit),
        ("crit_de", &crit_de),
    ];
    let rule = if book { "hotel_book" } else { "hotel_find" };
    let mut clause = if spread::is_told_in_parts(d) {
        let facts = spread::said(&[
            (true, "spread_stay"),
            (nights.is_some(), "spread_nights"),
            (under.is_some(), "spread_budget"),
            (!crit.is_empty(), "spread_best"),
        ]);
        spread::told(d, &facts, if book { "spread_hotel_book" } else { "spread_hotel_find" }, slots)
    } else {
        phrase(d, rule, slots)
    };
    // The Chinese wording with a stay in it says one night when nothing else was said.
    let nights = nights.map(|(n, _)| n).or_else(|| clause.contains("住一晚").then_some(1));
    let search = call(
        "search_hotels",
        &[
            ("city", text(&city)),
            ("day", text(&day)),
            ("nights", nights.map(Value::from)),
            ("max_price", under.map(Value::from)),
            ("order", if clause.contains(&crit) { text(order) } else { None }),
        ],
    );
    clause = wish::add(s.d, clause, &wish);
    let goal = goal(s, book, &mut clause);
    Ask { clause, calls: vec![search], goal }
}

/// Asks for a restaurant: to see what there is, or to book a table.
pub(super) fn restaurant(s: &mut Scene<'_, '_>, book: bool) -> Ask {
    let (today, lower) = (s.today(), s.lower);
    let d = &mut *s.d;
    let city = slots::city(d, lower);
    let day = if book || d.chance(90) { slots::day(d, today, 20, lower) } else { String::new() };
    let has_part = slots::names_part(&day);
    let earliest = if d.chance(70) { 17 } else { 11 };
    let time = if !has_part && d.chance(75) { slots::time(d, earliest, 20) } else { String::new() };
    let people = slots::people(d);
    let said_people = d.chance(80);
    let cuisine = if d.chance(80) { cuisine(d, lower) } else { String::new() };
    let (order, crit, crit_de, wish) = crit(d);
    let people_text = match (said_people, d.zh()) {
        (false, _) => String::new(),
        (true, zh) => phrase(d, if zh { "people" } else { "table_for" }, &[("n", &people)]),
    };
    let in_city = slots::in_city(d, &city);
    let on_day = slots::on_day(d, &day);
    let at_time = if time.is_empty() { String::new() } else { format!("at {time}") };
    let a_crit = if crit.is_empty() { "a".to_owned() } else { format!("the {crit}") };
    let slots: &[(&str, &str)] = &[
        ("city", &city),
        ("in_city", &in_city),
        ("day", &day),
        ("on_day", &on_day),
        ("time", &time),
        ("at_time", &at_time),
        ("for_people", &people_text),
        ("people", &people_text),
        ("n", &people),
        ("cuisine", &cuisine),
        ("a_crit", &a_crit),
        ("the_crit_plain", if crit.is_empty() { "good" } else { &a_crit }),
        ("crit", if crit.is_empty() && !d.zh() { "good" } else { &crit }),
        ("crit_de", &crit_de),
    ];
    let rule = if book { "food_book" } else { "food_find" };
    let in_parts = !day.is_empty() && spread::is_told_in_parts(d);
    let mut clause = if in_parts {
        let facts = spread::said(&[
            (true, "spread_eat"),
            (!time.is_empty(), "spread_time"),
            (said_people, "spread_party"),
            (!cuisine.is_empty(), "spread_cuisine"),
            (!crit.is_empty(), "spread_best"),
        ]);
        spread::told(d, &facts, if book { "spread_food_book" } else { "spread_food_find" }, slots)
    } else {
        phrase(d, rule, slots)
    };
    if d.zh() && !in_parts {
        clause = clause.replace("，，", "，").replace("要，", "").replace("要的", "");
    }
    let told = |value: &str| if clause.contains(value) { text(value) } else { None };
    let said_as = if in_parts { &people } else { &people_text };
    let search = call(
        "search_restaurants",
        &[
            ("city", text(&city)),
            ("cuisine", told(&cuisine)),
            ("day", told(&day)),
            ("time", told(&time)),
            ("people", if said_people { told(said_as).and(text(&people)) } else { None }),
            ("order", if clause.contains(&crit) { text(order) } else { None }),
        ],
    );
    clause = wish::add(s.d, clause, &wish);
    let goal = goal(s, book, &mut clause);
    Ask { clause, calls: vec![search], goal }
}

/// A kind of food as people write it.
pub(super) fn cuisine(d: &mut Draw, lower: bool) -> String {
    let (en, zh) = *d.rng.one(CUISINES);
    match (d.zh(), lower) {
        (true, _) => d.rng.pick(zh).to_owned(),
        (false, true) => en.to_lowercase(),
        (false, false) => en.to_owned(),
    }
}

/// What comes after the search, said at the end of the request.
fn goal(s: &mut Scene<'_, '_>, book: bool, clause: &mut String) -> Goal {
    if book {
        return Goal::Book(payment(s, clause, None));
    }
    ask::only_asks(s.d, clause);
    Goal::Tell
}

/// The cuisine that a wording of its own names, as it is written there.
pub(super) fn cuisine_in(said: &str) -> Option<&'static str> {
    let chinese = CUISINES.iter().flat_map(|(_, zh)| zh.iter()).find(|name| said.contains(**name));
    let english = || {
        let written = ["sushi", "indian", "mexican", "french", "korean", "italian", "thai"];
        written.into_iter().find(|name| said.contains(name))
    };
    chinese.copied().or_else(english)
}

fn one(zh: bool) -> String {
    if zh { "一".into() } else { "one".into() }
}

/// A number of nights in words.
pub(super) fn night_words(d: &mut Draw, n: i64, word: &str) -> String {
    match (d.zh(), n) {
        (true, _) => phrase(d, "nights", &[("word", word)]),
        (false, 1) => format!("{word} night"),
        (false, _) => format!("{word} nights"),
    }
}

/// An order, how it is said, and with its Chinese particle; or a clause of its own that says it.
fn crit(d: &mut Draw) -> (&'static str, String, String, String) {
    let (order, rule) = match d.rng.below(10) {
        0..4 => ("cheapest", "rank_cheapest"),
        4..7 => ("best", "rank_best"),
        _ => return ("", String::new(), String::new(), String::new()),
    };
    if d.chance(20) {
        return (order, String::new(), String::new(), wish::draw(d, order));
    }
    let said = phrase(d, rule, &[]);
    let with_particle = format!("{said}的");
    (order, said, with_particle, String::new())
}
