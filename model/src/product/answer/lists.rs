//! Lists in one or two sentences.

use serde_json::Value;

use crate::conversation::Call;
use crate::draw::Draw;
use crate::fill::fill;

use super::super::scene::rows;
use super::{from, plain};

/// How many rows an answer names.
const NAMED_MAX: usize = 3;

/// The number of a train or flight, without the date that makes its id unique.
pub(crate) fn number(row: &Value) -> String {
    let id = plain(&row["id"]);
    id.split('-').next().unwrap_or_default().to_owned()
}

/// Trains or flights: the one that was asked for, or the first few.
pub(super) fn departures(d: &mut Draw, call: &Call, result: &Value) -> String {
    let found = rows(result);
    let train = call.name == "search_trains";
    let mut told = Vec::new();
    let ordered = call.arguments.contains_key("order");
    for row in found.iter().take(if ordered { 1 } else { NAMED_MAX }) {
        let mut shown = row.clone();
        shown["number"] = Value::from(number(row));
        let zh = if train {
            "{number}次{departs}出发{arrives}到，{price}"
        } else {
            "{number}航班{departs}出发{arrives}到，{price}"
        };
        told.push(from(d, &shown, &["{number} {departs} to {arrives}, {price}"], &[zh]));
    }
    let Some(first) = told.first() else { return String::new() };
    let order = call.arguments.get("order").and_then(Value::as_str).unwrap_or_default();
    if ordered {
        let seats = if found[0]["seats"] == 0 { d.say(&[", sold out"], &["，已售完"]) } else { "" };
        let zh = match order {
            "earliest" => "最早的",
            "latest" => "最晚的",
            "cheapest" => "最便宜的",
            _ => "最快的",
        };
        let kind = match (train, d.zh()) {
            (true, false) => "train",
            (false, false) => "flight",
            (true, true) => "车次",
            (false, true) => "航班",
        };
        return if d.zh() {
            format!("{zh}{kind}是{first}{seats}。")
        } else {
            format!("The {order} {kind} is {first}{seats}.")
        };
    }
    let total = found.len() + usize::try_from(result["more"].as_u64().unwrap_or(0)).unwrap_or(0);
    listed(d, &told, total)
}

/// Hotels or restaurants.
pub(super) fn stays(d: &mut Draw, call: &Call, result: &Value) -> String {
    let found = rows(result);
    let hotel = call.name == "search_hotels";
    let ordered = call.arguments.contains_key("order");
    let (en, zh): (&[&str], &[&str]) = if hotel {
        (&["{name}, {price} a night, rating {rating}"], &["{name}，每晚{price}，评分{rating}"])
    } else {
        (
            &["{name}, {cuisine}, {price} a head, rating {rating}"],
            &["{name}，{cuisine}，人均{price}，评分{rating}"],
        )
    };
    let told: Vec<String> =
        found.iter().take(if ordered { 1 } else { NAMED_MAX }).map(|row| from(d, row, en, zh)).collect();
    let Some(first) = told.first() else { return String::new() };
    if ordered {
        let cheapest = call.arguments["order"] == "cheapest";
        return match (d.zh(), cheapest) {
            (true, true) => format!("最便宜的是{first}。"),
            (true, false) => format!("评分最高的是{first}。"),
            (false, true) => format!("The cheapest is {first}."),
            (false, false) => format!("The best is {first}."),
        };
    }
    let total = found.len() + usize::try_from(result["more"].as_u64().unwrap_or(0)).unwrap_or(0);
    listed(d, &told, total)
}

/// Bookings with their state.
pub(super) fn bookings(d: &mut Draw, result: &Value) -> String {
    let Some(found) = result["bookings"].as_array().filter(|f| !f.is_empty()) else {
        return d.say(&["You have no bookings."], &["你还没有任何预订。"]).to_owned();
    };
    let told: Vec<String> = found
        .iter()
        .take(NAMED_MAX)
        .map(|row| {
            let mut shown = row.clone();
            if d.zh() {
                let status = match row["status"].as_str().unwrap_or_default() {
                    "paid" => "已付款",
                    "unpaid" => "未付款",
                    "cancelled" => "已取消",
                    _ => "已退款",
                };
                shown["status"] = Value::from(status);
            }
            from(
                d,
                &shown,
                &["{booking} {item} on {date} ({status})"],
                &["{booking} {item}，{date}（{status}）"],
            )
        })
        .collect();
    let head = d.say(&["Your bookings: "], &["你的预订："]).to_owned();
    ended(d, &format!("{head}{}", told.join(if d.zh() { "；" } else { "; " })))
}

/// Events of a calendar.
pub(super) fn events(d: &mut Draw, result: &Value) -> String {
    let Some(found) = result["events"].as_array().filter(|f| !f.is_empty()) else {
        return from(
            d,
            result,
            &["Nothing is planned from {from} on.", "There are no events on {from}."],
            &["{from}没有安排。"],
        );
    };
    let told: Vec<String> = found
        .iter()
        .take(NAMED_MAX)
        .map(|row| {
            from(d, row, &["{title} on {date}, {starts} to {ends}"], &["{title}，{date} {starts}到{ends}"])
        })
        .collect();
    let head = d.say(&["You have: ", "On your calendar: "], &["你的安排：", "日程有："]).to_owned();
    ended(d, &format!("{head}{}", told.join(if d.zh() { "；" } else { "; " })))
}

/// Free stretches of a day.
pub(super) fn free(d: &mut Draw, result: &Value) -> String {
    let gaps: Vec<String> = result["free"]
        .as_array()
        .into_iter()
        .flatten()
        .take(NAMED_MAX)
        .map(|row| from(d, row, &["{from} to {to}"], &["{from}到{to}"]))
        .collect();
    let list = gaps.join(if d.zh() { "、" } else { ", " });
    let head = from(
        d,
        result,
        &["You are free on {date}: ", "Free on {date}: "],
        &["{date}有空的时间：", "{date}你有空："],
    );
    ended(d, &format!("{head}{list}"))
}

/// The document that fits best.
pub(super) fn documents(d: &mut Draw, result: &Value) -> String {
    let Some(best) = result["results"].get(0) else {
        return from(d, result, &["I found nothing about {query}."], &["没有找到关于{query}的内容。"]);
    };
    let text = plain(&best["text"]);
    let end = text.find(['。', '；']).or_else(|| text.find(". ")).unwrap_or(text.len());
    let first = text[..end].trim_end_matches(['.', '…']);
    let title = plain(&best["title"]);
    if d.zh() { format!("《{title}》：{first}。") } else { format!("{title}: {first}.") }
}

/// Names of tables.
pub(super) fn tables(d: &mut Draw, result: &Value) -> String {
    let list = strings(&result["tables"], 30).join(if d.zh() { "、" } else { ", " });
    if d.zh() { format!("数据库里有这些表：{list}。") } else { format!("The tables are {list}.") }
}

/// Columns of a table.
pub(super) fn columns(d: &mut Draw, result: &Value) -> String {
    let names: Vec<String> = strings(&result["columns"], 30)
        .into_iter()
        .map(|c| c.split(' ').next().unwrap_or_default().to_owned())
        .collect();
    let list = names.join(if d.zh() { "、" } else { ", " });
    let table = plain(&result["table"]);
    if d.zh() { format!("{table}的列有{list}。") } else { format!("{table} has the columns {list}.") }
}

/// Rows of a query: two or three cells of each.
pub(super) fn records(d: &mut Draw, result: &Value) -> String {
    let found = result["rows"].as_array().cloned().unwrap_or_default();
    if found.is_empty() {
        return d.say(&["No rows match."], &["没有符合条件的记录。"]).to_owned();
    }
    if let Some(count) = found[0]["count(*)"].as_i64().filter(|_| found.len() == 1) {
        let form = d.say(
            &["There are {n}.", "The count is {n}.", "That makes {n}."],
            &["共{n}条。", "一共{n}个。", "有{n}条。"],
        );
        return fill(form, &[("n", &count.to_string())]);
    }
    let told: Vec<String> = found
        .iter()
        .take(NAMED_MAX)
        .map(|row| {
            let cells = row.as_object().into_iter().flatten().filter(|(key, _)| key.as_str() != "name_zh");
            let texts: Vec<String> =
                cells.take(3).map(|(key, value)| format!("{key} {}", plain(value))).collect();
            texts.join(", ")
        })
        .collect();
    let total = found.len();
    listed(d, &told, total)
}

fn strings(list: &Value, most: usize) -> Vec<String> {
    list.as_array().into_iter().flatten().take(most).map(plain).collect()
}

/// "There are 7: a; b; c."
fn listed(d: &mut Draw, told: &[String], total: usize) -> String {
    let list = told.join(if d.zh() { "；" } else { "; " });
    let head = match (d.zh(), total > told.len()) {
        (true, true) => format!("共{total}个，前{}个是：", told.len()),
        (true, false) => d.say(&[], &["有：", "找到："]).to_owned(),
        (false, true) => format!("There are {total}; the first {} are: ", told.len()),
        (false, false) => d.say(&["I found: ", "There is: "], &[]).to_owned(),
    };
    ended(d, &format!("{head}{list}"))
}

fn ended(d: &Draw, text: &str) -> String {
    if d.zh() { format!("{text}。") } else { format!("{text}.") }
}
