//! How a person asks for what an invented tool does.

use crate::draw::{Draw, capitalize};
use crate::fill::fill;
use crate::value::{Kind, Said};

use super::tool::{Field, Tool};

/// A request as a clause, without politeness around it: "calibrate the loom, speed 40".
pub(super) fn clause(d: &mut Draw, tool: &Tool, values: &[(usize, Said)]) -> String {
    if d.chance(4) {
        return by_name(d, tool, values);
    }
    let mut before = String::new();
    let mut after: Vec<String> = Vec::new();
    let mut object = String::new();
    for (i, said) in values {
        let field = &tool.fields[*i];
        match bare(d, tool, field, said) {
            Some(Place::Before(text)) => before.push_str(&text),
            Some(Place::Object(text)) => object = text,
            Some(Place::After(text)) => after.insert(0, text),
            None => after.push(mention(d, field, said)),
        }
    }
    let core = core(d, tool, &object);
    if d.zh() {
        after.insert(0, core);
        return format!("{before}{}", after.join("，"));
    }
    let joint = d.rng.pick(&[", ", ", ", " with ", " "]);
    let rest = after.join(d.rng.pick(&[", ", ", ", " and ", "; "]));
    let core = format!("{core}{before}");
    if rest.is_empty() { core } else { format!("{core}{joint}{rest}") }
}

/// Puts clauses into one sentence with the manners of a person.
pub(super) fn sentence(d: &mut Draw, clauses: &[String]) -> String {
    if d.zh() {
        let joint = d.rng.pick(&["，然后", "，再", "，并且", "；另外", "，顺便", "，还有", "。"]);
        let text = clauses.join(joint);
        let open = d.rng.pick(&[
            "",
            "",
            "",
            "请",
            "帮我",
            "麻烦",
            "请帮我",
            "我想",
            "你能不能",
            "给我",
            "能帮我",
            "劳驾",
        ]);
        let close = d.rng.pick(&["", "", "。", "。", "，谢谢", "吧", "！", "，谢了。"]);
        return format!("{open}{text}{close}");
    }
    let joint = d.rng.pick(&[" and then ", ", then ", " and ", "; also ", ", and ", ". Then ", " plus "]);
    let text = clauses.join(joint);
    let (open, close) = *d.rng.one(&[
        ("", ""),
        ("", "."),
        ("Please ", "."),
        ("please ", ""),
        ("Can you ", "?"),
        ("Could you ", "?"),
        ("could you please ", ""),
        ("I need you to ", "."),
        ("I'd like you to ", "."),
        ("hey, ", ""),
        ("", ", please."),
        ("Would you ", "?"),
        ("I want to ", ""),
        ("ok now ", ""),
        ("", ", thanks"),
    ]);
    let text = format!("{open}{text}{close}");
    if d.chance(55) { capitalize(&text) } else { text }
}

/// One value with the name of what it is: "speed 40", "速度设为40".
pub(super) fn mention(d: &mut Draw, field: &Field, said: &Said) -> String {
    let (label, text) = (&field.label, &said.text);
    if field.kind == Kind::Boolean {
        let yes = said.json == true;
        return match (d.zh(), yes) {
            (true, true) => format!("{}{label}", d.rng.pick(&["要", "需要", "开启"])),
            (true, false) => format!("{}{label}", d.rng.pick(&["不要", "不用", "关闭"])),
            (false, true) => {
                fill(d.rng.pick(&["{l} on", "with {l}", "{l} true", "{l} yes"]), &[("l", label)])
            }
            (false, false) => {
                fill(d.rng.pick(&["{l} off", "without {l}", "{l} false", "no {l}"]), &[("l", label)])
            }
        };
    }
    let quoted = field.kind == Kind::Text && d.chance(50);
    let text = match (quoted, d.zh()) {
        (false, _) => text.clone(),
        (true, true) => format!("“{text}”"),
        (true, false) => format!("\"{text}\""),
    };
    if d.zh() {
        let gap = if label.is_ascii() && text.is_ascii() { " " } else { "" };
        return match d.rng.below(7) {
            0 | 1 => format!("{label}{gap}{text}"),
            2 => format!("{label}是{text}"),
            3 => format!("{label}为{text}"),
            4 => format!("{label}：{text}"),
            5 => format!("{label}用{text}"),
            _ => format!("{label}设为{text}"),
        };
    }
    match d.rng.below(8) {
        0 | 1 => format!("{label} {text}"),
        2 => format!("{label} = {text}"),
        3 => format!("{label}: {text}"),
        4 => format!("{text} as the {label}"),
        5 => format!("{text} for {label}"),
        6 => format!("the {label} is {text}"),
        _ => format!("{label} set to {text}"),
    }
}

enum Place {
    Before(String),
    Object(String),
    After(String),
}

/// A value that needs no name because nothing else of its kind is there.
fn bare(d: &mut Draw, tool: &Tool, field: &Field, said: &Said) -> Option<Place> {
    let alone = tool.fields.iter().filter(|f| f.kind == field.kind).count() == 1;
    if !alone || !d.chance(45) {
        return None;
    }
    let text = &said.text;
    let zh = d.zh();
    match field.kind {
        Kind::Date if zh => Some(Place::Before(text.clone())),
        Kind::Date => Some(Place::Before(format!(" {text}"))),
        Kind::Time if zh => Some(Place::After(text.clone())),
        Kind::Time => Some(Place::Before(format!(" at {text}"))),
        Kind::Code => Some(Place::Object(text.clone())),
        Kind::Place if zh => Some(Place::After(format!("在{text}"))),
        Kind::Place => Some(Place::Before(format!(" in {text}"))),
        Kind::Person if zh => Some(Place::After(format!("给{text}"))),
        Kind::Person => Some(Place::Before(format!(" for {text}"))),
        Kind::Choice(_) if !zh => Some(Place::After(text.clone())),
        _ => None,
    }
}

fn core(d: &mut Draw, tool: &Tool, object: &str) -> String {
    let (verb, noun) = (&tool.verb.said, &tool.noun.said);
    if d.zh() {
        let gap = if noun.is_ascii() && object.is_ascii() && !object.is_empty() { " " } else { "" };
        let what = format!("{noun}{gap}{object}");
        if verb.is_ascii() {
            return format!("{verb}一下{what}");
        }
        return match d.rng.below(6) {
            0 => format!("把{what}{verb}一下"),
            1 => format!("把{what}{verb}了"),
            2 => format!("{verb}一下{what}"),
            3 if object.is_empty() => format!("{verb}这个{what}"),
            4 => format!("{what}要{verb}"),
            _ => format!("{verb}{what}"),
        };
    }
    let what = if object.is_empty() { noun.clone() } else { format!("{noun} {object}") };
    let article = d.rng.pick(&["the ", "the ", "", "a ", "our ", "my ", "that "]);
    format!("{verb} {article}{what}")
}

fn by_name(d: &mut Draw, tool: &Tool, values: &[(usize, Said)]) -> String {
    let parts: Vec<String> =
        values.iter().map(|(i, said)| format!("{}={}", tool.fields[*i].key, said.text)).collect();
    let verb = d.say(&["call", "use", "run"], &["调用", "用", "运行"]);
    let with = d.say(&[" with ", ": "], &["，", "："]);
    if parts.is_empty() {
        return format!("{verb} {}", tool.spec.name);
    }
    format!("{verb} {}{with}{}", tool.spec.name, parts.join(", "))
}
