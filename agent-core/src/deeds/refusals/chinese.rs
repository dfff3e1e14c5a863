//! What Chinese words say is not to be done.

use std::ops::Range;

use super::super::words::{DATA, Words};
use super::Said;

/// How much may stand between "把" and a verb, in characters.
const TAKEN_MAX: usize = 8;

/// A clause without the question that only asks whether one is understood: "先别订好吗？".
pub(super) fn untagged(clause: &str) -> &str {
    let bare = clause.trim_end_matches([' ', '?', '？', '!', '！', '。']);
    DATA.not_to.zh_tags.iter().find_map(|tag| bare.strip_suffix(tag.as_str())).unwrap_or(clause)
}

/// All that is said of a deed.
pub(super) fn said(lower: &str, deed: &Words, name: &str) -> Vec<Said> {
    if lower.ends_with(['吗', '呢']) {
        return Vec::new();
    }
    let spans = deed.refused(name).chain(&deed.verbs).filter(|span| !span.is_ascii());
    let mut places: Vec<Range<usize>> = spans
        .flat_map(|span| lower.match_indices(span.as_str()).map(|(at, _)| at..at + span.len()))
        .collect();
    // Of "预订" and "订", the longer.
    places.sort_by_key(|place| (place.start, std::cmp::Reverse(place.end)));
    places.dedup_by(|inner, outer| outer.start <= inner.start && inner.end <= outer.end);
    // "不要设置提醒" refuses no event.
    let is_other = |rest: &str| {
        let rest = rest.trim_start_matches(['个', '任', '何']);
        deed.beside.iter().any(|beside| rest.starts_with(beside.as_str()) && deed.is_beside(beside, name))
    };
    let at = |place: Range<usize>| {
        let (before, after) = (&lower[..place.start], &lower[place.end..]);
        let said = said_at(before, after);
        (!said.refuses() || !is_other(after)).then_some(said)
    };
    places.into_iter().filter_map(at).collect()
}

/// Whether a clause only has somebody told what they are not to do: "告诉安娜不用寄了".
pub(super) fn tells(lower: &str, deed: &Words) -> bool {
    let refuses = |text: &str| DATA.not_to.zh.iter().any(|no| text.contains(no.as_str()));
    let spans = deed.tells.iter().filter(|span| !span.is_ascii());
    spans.flat_map(|span| lower.match_indices(span.as_str())).any(|(at, span)| {
        let (before, after) = (&lower[..at], &lower[at + span.len()..]);
        !after.starts_with(['我', '你', '您', '咱']) && refuses(after) && !refuses(before)
    })
}

/// What is said of a verb that stands between these texts.
fn said_at(before: &str, after: &str) -> Said {
    let not_to = &DATA.not_to;
    // "不要把票订了": what is taken stands before the verb.
    let taken = before.rsplit_once('把').filter(|(_, taken)| taken.chars().count() <= TAKEN_MAX);
    let (mut head, taken) = taken.unwrap_or((before, ""));
    while let Some(rest) = not_to.zh_between.iter().find_map(|filler| head.strip_suffix(filler.as_str())) {
        head = rest;
    }
    let refused = not_to.zh.iter().find_map(|no| head.strip_suffix(no.as_str()).map(|rest| (rest, no)));
    let Some((head, no)) = refused else { return Said::Named };
    if is_other(head, no) || urges(head) {
        return Said::Named;
    }
    // "别订了太贵了": what follows says why.
    let rest = if after.starts_with('了') { "" } else { without_objects(after) };
    let has_any = |spans: &[String]| spans.iter().any(|span| rest.contains(span.as_str()));
    if head.ends_with('的') || has_any(&not_to.zh_bounds) {
        Said::Bounded
    } else if has_any(&not_to.again) || rest.contains(|c: char| c.is_ascii_digit()) {
        Said::OfOne
    } else if depends(head) || !without_objects(taken).is_empty() || rest.contains(char::is_alphanumeric) {
        Said::RefusedInPart
    } else {
        Said::Refused
    }
}

/// A text without what it may begin with and leaves a refusal whole.
fn without_objects(text: &str) -> &str {
    let mut rest = text.trim();
    while let Some(left) = DATA.not_to.zh_objects.iter().find_map(|object| rest.strip_prefix(object.as_str()))
    {
        rest = left.trim_start();
    }
    rest
}

/// Whether a word that denies belongs to another one: "要不要订" asks, "不得不订" must, "特别" is no "别".
fn is_other(head: &str, no: &str) -> bool {
    let others = if no.ends_with('别') {
        "特分区个性级类"
    } else {
        "要用订付买必需想得可舍恨巴由"
    };
    head.ends_with(|last: char| others.contains(last))
}

/// Whether what stands before a denial makes it an urging: "何不直接订", "怎么还不帮我订".
fn urges(head: &str) -> bool {
    let asks_why = DATA.not_to.zh_urges.iter().any(|why| head.contains(why.as_str()));
    // "不管怎么样都别订" refuses.
    head.ends_with('何') || asks_why && !head.ends_with('都')
}

/// Whether what stands before a denial is a condition of it: "太贵就别订了".
fn depends(head: &str) -> bool {
    head.ends_with('就') && !head.ends_with("那就") && !head.ends_with("我就")
}
