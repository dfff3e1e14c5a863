//! English verbs in the forms that sentences need.

/// Verbs whose past participle is not made by rule.
const IRREGULAR: &[(&str, &str)] = &[
    ("bend", "bent"),
    ("bring", "brought"),
    ("build", "built"),
    ("buy", "bought"),
    ("cut", "cut"),
    ("find", "found"),
    ("freeze", "frozen"),
    ("get", "gotten"),
    ("give", "given"),
    ("hold", "held"),
    ("lend", "lent"),
    ("make", "made"),
    ("pay", "paid"),
    ("put", "put"),
    ("read", "read"),
    ("sell", "sold"),
    ("send", "sent"),
    ("set", "set"),
    ("shrink", "shrunk"),
    ("shut", "shut"),
    ("split", "split"),
    ("take", "taken"),
    ("write", "written"),
];

/// Verbs that double their last letter.
const DOUBLING: &[&str] = &[
    "bar", "cancel", "cut", "drop", "get", "label", "model", "plan", "put", "scan", "set", "ship", "shut",
    "split", "stop", "swap", "tag", "transfer", "trim", "wrap",
];

/// Last words after which a thing has to follow.
const NEEDS_OBJECT: &[&str] = &["of", "me", "for", "on", "to"];

/// "calibrating", "rolling out".
pub(super) fn gerund(verb: &str) -> Option<String> {
    inflect(verb, |head| match head.strip_suffix('e') {
        Some(stem) if !head.ends_with("ee") => format!("{stem}ing"),
        _ => format!("{}ing", doubled(head)),
    })
}

/// "calibrated", "rolled out".
pub(super) fn participle(verb: &str) -> Option<String> {
    inflect(verb, |head| {
        if let Some((_, form)) = IRREGULAR.iter().find(|(base, _)| *base == head) {
            return (*form).to_owned();
        }
        if head.ends_with('e') {
            return format!("{head}d");
        }
        match head.strip_suffix('y') {
            Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ied"),
            _ => format!("{}ed", doubled(head)),
        }
    })
}

/// "an invoice", "a loom".
pub(super) fn article(word: &str) -> &'static str {
    let vowel = word.starts_with(['a', 'e', 'i', 'o', 'u', 'A', 'E', 'I', 'O']);
    if vowel && !word.starts_with("uni") { "an" } else { "a" }
}

/// The verb with its first word changed; none where its other words ask for an object.
fn inflect(verb: &str, change: impl Fn(&str) -> String) -> Option<String> {
    let (head, rest) = verb.split_once(' ').unwrap_or((verb, ""));
    let last = rest.rsplit(' ').next().unwrap_or_default();
    // "put on hold" ends well, "pass on" does not need an object either.
    if NEEDS_OBJECT.contains(&last) && rest != "on" || !head.is_ascii() {
        return None;
    }
    let head = change(head);
    Some(if rest.is_empty() { head } else { format!("{head} {rest}") })
}

fn doubled(head: &str) -> String {
    match head.chars().last() {
        Some(last) if DOUBLING.contains(&head) => format!("{head}{last}"),
        _ => head.to_owned(),
    }
}
