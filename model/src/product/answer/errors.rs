//! What the model says when something did not work: what happened, and that it was not done.

use serde_json::Value;

use crate::conversation::Call;
use crate::draw::Draw;
use crate::fill::fill;

use super::from;

/// A booking that was refused.
pub(crate) fn not_booked(d: &mut Draw, refusal: &Value) -> String {
    from(
        d,
        refusal,
        &["Nothing was booked: {error}.", "I did not book it: {error}."],
        &["没有预订：{error}。", "什么都没有订：{error}。"],
    )
}

/// Everything that was found is sold out.
pub(crate) fn sold_out(d: &mut Draw, search: &Call) -> String {
    let (en, zh) = match search.name.as_str() {
        "search_trains" => ("trains", "车次"),
        "search_flights" => ("flights", "航班"),
        "search_hotels" => ("hotels", "酒店"),
        _ => ("restaurants", "餐厅"),
    };
    if d.zh() {
        format!("{zh}都已售完，没有订。")
    } else {
        format!("All {en} are sold out, so nothing was booked.")
    }
}

/// The error as it is.
pub(crate) fn failed(d: &mut Draw, result: &Value) -> String {
    from(
        d,
        result,
        &["That did not work: {error}.", "Sorry, it failed: {error}."],
        &["没有成功：{error}。", "抱歉，没有办成：{error}。"],
    )
}

/// What an error of a call that reads says, in words of its own where it is a common one.
pub(super) fn told(d: &mut Draw, call: &Call, result: &Value) -> String {
    let error = result["error"].as_str().unwrap_or_default();
    if error.starts_with("unknown city") {
        return city(d, error);
    }
    if error.starts_with("no trains from") || error.starts_with("no direct flights from") {
        return no_way(d, call);
    }
    none_leaves(d, error).unwrap_or_else(|| failed(d, result))
}

/// "None leaves between 10:00 and 11:00; on that day the first leaves at 12:05, the last at 18:40".
fn none_leaves(d: &mut Draw, error: &str) -> Option<String> {
    let (from, rest) = error.strip_prefix("none leaves between ")?.split_once(" and ")?;
    let (to, rest) = rest.split_once("; on that day the first leaves at ")?;
    let (first, last) = rest.split_once(", the last at ")?;
    let form = d.say(
        &["None leaves between {a} and {b}; that day the first leaves at {f}, the last at {l}."],
        &["{a}到{b}之间没有班次，当天最早{f}，最晚{l}。"],
    );
    Some(fill(form, &[("a", from), ("b", to), ("f", first), ("l", last)]))
}

fn city(d: &mut Draw, error: &str) -> String {
    let name = error.split('\'').nth(1).unwrap_or_default();
    if let Some((_, meant)) = error.split_once("did you mean ") {
        let meant = meant.trim_end_matches('?');
        let listed = if d.zh() { meant.replace(" or ", "还是") } else { meant.to_owned() };
        let form =
            d.say(&["I don't know the city {n}. Did you mean {m}?"], &["没有找到城市{n}，你是说{m}吗？"]);
        return fill(form, &[("n", name), ("m", &listed)]);
    }
    let form = d.say(
        &["I could not find a city called {n}.", "I don't know the city {n}."],
        &["没有找到城市{n}。", "抱歉，不认识城市{n}。"],
    );
    fill(form, &[("n", name)])
}

fn no_way(d: &mut Draw, call: &Call) -> String {
    let said = |key: &str| call.arguments.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let train = call.name == "search_trains";
    let form = match (train, d.zh()) {
        (true, false) => "There are no trains from {from} to {to}; you could try flights.",
        (false, false) => "There are no direct flights from {from} to {to}; you could try trains.",
        (true, true) => "{from}到{to}没有火车，可以看看航班。",
        (false, true) => "{from}到{to}没有直飞航班，可以看看火车。",
    };
    fill(form, &[("from", &said("from")), ("to", &said("to"))])
}
