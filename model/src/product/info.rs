//! Asking what only needs to be looked up or worked out: weather, sums, documents, tables, the calendar.

use serde_json::{Value, json};

use crate::draw::{Draw, capitalize};
use crate::grammar::phrase;
use crate::lexicon::{NOUNS, VERBS};

use super::ask::{Ask, Goal, add, call, text};
use super::scene::Scene;
use super::slots;

/// Tables with a column that rows can be asked for by, values of it, and a column to rank by.
const TABLES: &[(&str, &str, &[&str], &str)] = &[
    ("products", "category", &["travel", "home", "kitchen", "electronics", "books", "office"], "price_minor"),
    ("orders", "status", &["open", "sent", "delivered", "returned"], "total_minor"),
    ("customers", "city", &["Berlin", "London", "Shanghai", "Tokyo", "Paris", "Lagos", "Seoul"], "joined"),
    ("hotels", "city", &["Beijing", "Paris", "Tokyo", "Rome", "Berlin"], "price_minor"),
    ("restaurants", "cuisine", &["Sichuan", "Thai", "Italian", "Indian", "Hotpot"], "rating"),
    ("airports", "city", &["Beijing", "London", "New York", "Shanghai"], "code"),
    ("stations", "city", &["Beijing", "Wuhan", "Shanghai", "Guangzhou"], "name"),
    ("accounts", "currency", &["CNY", "EUR"], "balance_minor"),
];

/// Asks for the weather; `known` is a city and day that the words need not say again.
pub(super) fn weather(s: &mut Scene<'_, '_>, city: &str, day: &str) -> Ask {
    let d = &mut *s.d;
    let unit = d.chance(8).then(|| d.rng.pick(&["celsius", "fahrenheit"]));
    let said = match (d.zh(), unit) {
        (true, Some("celsius")) => "摄氏".to_owned(),
        (true, _) => "华氏".to_owned(),
        (false, Some(unit)) if d.chance(50) => capitalize(unit),
        (false, _) => unit.unwrap_or_default().to_owned(),
    };
    let (in_city, on_day) = (slots::in_city(d, city), slots::on_day(d, day));
    let slots: &[(&str, &str)] =
        &[("city", city), ("in_city", &in_city), ("day", day), ("on_day", &on_day), ("unit", &said)];
    let whole = unit.is_some() && !day.is_empty() && d.chance(50);
    let mut clause = phrase(d, if whole { "weather_unit" } else { "weather" }, slots);
    if unit.is_some() && !whole {
        add(d, &mut clause, "unit", slots);
    }
    let call = call("weather", &[("city", text(city)), ("day", text(day)), ("unit", unit.map(Value::from))]);
    Ask { clause, calls: vec![call], goal: Goal::Tell }
}

/// A day for weather; nothing means today.
pub(super) fn weather_day(s: &mut Scene<'_, '_>) -> String {
    let (today, lower) = (s.today(), s.lower);
    if s.d.chance(12) { String::new() } else { slots::day(s.d, today, 9, lower) }
}

/// Asks for the weather in two cities.
pub(super) fn weather_two(s: &mut Scene<'_, '_>) -> Ask {
    let lower = s.lower;
    let day = weather_day(s);
    let d = &mut *s.d;
    let (city, city2) = slots::two_cities(d, false, lower);
    let on_day = slots::on_day(d, &day);
    let slots: &[(&str, &str)] = &[
        ("city", city.as_str()),
        ("city2", &city2),
        ("in_city", &format!("in {city}")),
        ("in_city2", &format!("in {city2}")),
        ("day", &day),
        ("on_day", &on_day),
    ];
    let clause = phrase(d, "weather_two", slots);
    let one = |city: &str| call("weather", &[("city", text(city)), ("day", text(&day))]);
    Ask { clause, calls: vec![one(&city), one(&city2)], goal: Goal::Tell }
}

/// Asks for a sum.
pub(super) fn sum(s: &mut Scene<'_, '_>) -> Ask {
    let d = &mut *s.d;
    let (a, b, c) = (d.rng.between(2, 999), d.rng.between(2, 99), d.rng.between(2, 20));
    let money = if d.chance(40) { format!("{a}.{}", d.rng.between(10, 99)) } else { a.to_string() };
    let (p, n) = (b.to_string(), money);
    let (rule, expression) = match d.rng.below(5) {
        0 => ("calc_percent", format!("{n} * {p} / 100")),
        1 => ("calc_split", format!("{n} / {p}")),
        2 => ("calc_times", format!("{p} * {n}")),
        _ => {
            let written = match d.rng.below(9) {
                0 => format!("{n} + {b}"),
                1 => format!("{a} * {b}"),
                2 => format!("({a} + {b}) * {c}"),
                3 => format!("{n} / {b}"),
                4 => format!("{a} - {b} * {c}"),
                5 => format!("{c} * ({a} - {b})"),
                6 => format!("({n} + {b}) / {c}"),
                7 => format!("{n} * {b} + {c}"),
                _ => format!("{b}^{}", 2 + c % 2),
            };
            ("calc", if d.chance(50) { written.replace(' ', "") } else { written })
        }
    };
    let clause = phrase(d, rule, &[("p", &p), ("n", &n), ("expr", &expression)]);
    Ask { clause, calls: vec![call("calculate", &[("expression", text(&expression))])], goal: Goal::Tell }
}

/// Asks the documents.
pub(super) fn documents(s: &mut Scene<'_, '_>) -> Ask {
    let d = &mut *s.d;
    let (rule, topic) = match d.rng.below(20) {
        0..8 => ("docs", invented(d, "topic")),
        8..14 => ("docs", phrase(d, "topic_usual", &[])),
        _ => ("docs_how", phrase(d, "doing", &[])),
    };
    let clause = phrase(d, rule, &[("query", &topic)]);
    Ask { clause, calls: vec![call("search", &[("query", text(&topic))])], goal: Goal::Tell }
}

/// Asks the database.
pub(super) fn database(s: &mut Scene<'_, '_>) -> Ask {
    let d = &mut *s.d;
    let (table, column, values, rank) = *d.rng.one(TABLES);
    let value = d.rng.pick(values).to_owned();
    let k = d.rng.between(2, 8).to_string();
    let rule = d.rng.pick(&[
        "db_tables",
        "db_where",
        "db_top",
        "db_all",
        "db_describe",
        "db_sql",
        "db_where",
        "db_count",
        "db_count_where",
    ]);
    let sql = match rule {
        "db_count" => format!("SELECT count(*) FROM {table}"),
        "db_count_where" => format!("SELECT count(*) FROM {table} WHERE {column} = '{value}'"),
        _ => sql(d, table, column, &value),
    };
    let limit = k.parse::<i64>().ok().map(Value::from);
    let (column, call) = match rule {
        "db_tables" => (column, call("list_tables", &[])),
        "db_describe" => (column, call("describe_table", &[("table", text(table))])),
        "db_sql" | "db_count" | "db_count_where" => (column, call("run_sql", &[("select", text(&sql))])),
        "db_where" => {
            let wanted = json!([{"column": column, "op": "=", "value": value}]);
            (column, call("query_table", &[("table", text(table)), ("where", Some(wanted))]))
        }
        "db_top" => {
            let arguments = [
                ("table", text(table)),
                ("order_by", text(rank)),
                ("descending", Some(json!(true))),
                ("limit", limit),
            ];
            (rank, call("query_table", &arguments))
        }
        _ => (column, call("query_table", &[("table", text(table)), ("limit", limit)])),
    };
    let clause =
        phrase(d, rule, &[("table", table), ("column", column), ("value", &value), ("k", &k), ("sql", &sql)]);
    Ask { clause, calls: vec![call], goal: Goal::Tell }
}

fn sql(d: &mut Draw, table: &str, column: &str, value: &str) -> String {
    match d.rng.below(4) {
        0 => format!("SELECT count(*) FROM {table}"),
        1 => format!("SELECT count(*) FROM {table} WHERE {column} = '{value}'"),
        2 => format!("SELECT {column}, count(*) FROM {table} GROUP BY {column} LIMIT 3"),
        _ => format!("select * from {table} limit {}", d.rng.between(1, 4)),
    }
}

/// Asks the calendar: to add something, or what there is.
pub(super) fn calendar(s: &mut Scene<'_, '_>) -> Ask {
    let (today, lower) = (s.today(), s.lower);
    let d = &mut *s.d;
    let day = slots::day(d, today, 20, lower);
    let on_day = slots::on_day(d, &day);
    let rule = match d.rng.below(20) {
        0..9 => "event_add",
        9..12 => "event_remind",
        12..16 => "event_list",
        _ => "event_free",
    };
    let minutes =
        (rule == "event_free" || d.chance(35)).then(|| *d.rng.one(&[15_i64, 20, 30, 45, 60, 90, 120]));
    let said = minutes.map(|n| duration(d, n)).unwrap_or_default();
    let (for_minutes, comma) = if said.is_empty() {
        (String::new(), String::new())
    } else {
        (format!("for {said}"), format!("，{said}"))
    };
    let time = slots::time(d, 8, 19);
    let title = if rule == "event_remind" { errand(d) } else { title(d) };
    let title = if lower { title.to_lowercase() } else { title };
    let slots: &[(&str, &str)] = &[
        ("title", title.as_str()),
        ("day", &day),
        ("on_day", &on_day),
        ("time", &time),
        ("at_time", &format!("at {time}")),
        ("minutes", if d.zh() { &said } else { &for_minutes }),
        ("minutes_bare", &said),
        ("minutes_comma", &comma),
    ];
    let wanted = minutes.map(Value::from);
    let mut call = match rule {
        "event_add" | "event_remind" => {
            let arguments =
                [("title", text(&title)), ("day", text(&day)), ("time", text(&time)), ("minutes", wanted)];
            call("add_event", &arguments)
        }
        "event_list" => call("list_events", &[("day", text(&day))]),
        _ => call("find_free_slot", &[("day", text(&day)), ("minutes", wanted)]),
    };
    let clause = phrase(d, rule, slots);
    if !clause.contains(said.as_str()) {
        call.arguments.shift_remove("minutes");
    }
    Ask { clause, calls: vec![call], goal: Goal::Tell }
}

/// What an event is called.
pub(crate) fn title(d: &mut Draw) -> String {
    if d.chance(50) {
        return invented(d, "event_title");
    }
    let usual = phrase(d, "event_usual", &[]);
    if d.chance(30) { capitalize(&usual) } else { usual }
}

/// What somebody has to do.
pub(crate) fn errand(d: &mut Draw) -> String {
    invented(d, "errand")
}

/// A phrase with words of any kind in it, so that what is copied is not what is known.
fn invented(d: &mut Draw, rule: &str) -> String {
    let (name, person) = (d.name(), d.person());
    let (verb, noun) = (d.term(&VERBS, |verb| verb.en), d.term(&NOUNS, |noun| noun.en));
    let (verb, noun) = if d.zh() { (verb.zh, noun.zh) } else { (verb.en, noun.en) };
    phrase(d, rule, &[("name", &name), ("person", &person), ("verb", verb), ("noun", noun)])
}

fn duration(d: &mut Draw, minutes: i64) -> String {
    match (d.zh(), minutes) {
        (true, 60) => d.rng.pick(&["一个小时", "1小时", "60分钟"]).to_owned(),
        (true, 30) => d.rng.pick(&["半小时", "30分钟", "半个小时"]).to_owned(),
        (true, 90) => d.rng.pick(&["一个半小时", "90分钟"]).to_owned(),
        (true, 120) => d.rng.pick(&["两小时", "两个小时", "120分钟"]).to_owned(),
        (true, n) => format!("{n}分钟"),
        (false, 60) => d.rng.pick(&["an hour", "one hour", "60 minutes", "1 hour"]).to_owned(),
        (false, 30) => d.rng.pick(&["half an hour", "30 minutes", "30 min"]).to_owned(),
        (false, 90) => d.rng.pick(&["an hour and a half", "90 minutes"]).to_owned(),
        (false, 120) => d.rng.pick(&["two hours", "2 hours"]).to_owned(),
        (false, n) => format!("{n} {}", d.rng.pick(&["minutes", "min", "mins"])),
    }
}
