//! Claims in Chinese words: a verb and what says that it was done.

use std::ops::Range;

use super::words::{Chinese, DATA, Words};

/// How far before a verb a phrase with a preposition may begin, in characters.
const PHRASE_MAX: usize = 12;
/// How far before a verb the one who suffers it is said to do so, in characters.
const SUFFERED_MAX: usize = 8;

/// Where a text says that the deed was done, by its bytes.
pub(super) fn places(deed: &Words, text: &str) -> Vec<Range<usize>> {
    let spans = deed.claims.iter().filter(|claim| !claim.is_ascii());
    let said = spans.flat_map(|span| text.match_indices(span.as_str()).map(|(at, _)| at..at + span.len()));
    let verbs = deed.verbs.iter().flat_map(|verb| text.match_indices(verb.as_str()));
    let done = verbs.filter(|(at, verb)| is_done(&text[..*at], &text[at + verb.len()..]));
    let mut places: Vec<Range<usize>> = said.chain(done.map(|(at, verb)| at..at + verb.len())).collect();
    places.retain(|place| !is_condition(&text[place.end..]));
    places
}

/// Whether what stands at a place is said of the past, and is no order: "票买了" and "订好酒店" may be either.
pub(super) fn is_statement(text: &str, place: &Range<usize>) -> bool {
    let (head, tail) = (&text[..place.start], &text[place.end..]);
    let complete = |text: &str| ["完成", "完毕", "成功"].iter().any(|end| text.contains(end));
    let by_me = || {
        let mut before = head.trim_end_matches(['已', '经', '刚', '都', '也']).chars().rev();
        before.next() == Some('我') && !before.next().is_some_and(|c| "帮给替为让叫请".contains(c))
    };
    head.contains('已')
        || text[place.start..place.end].contains('已')
        || complete(head)
        || complete(tail)
        || by_me()
}

/// What stands directly before a verb.
struct Before<'a> {
    /// What stands before all that.
    rest: &'a str,
    /// Whether it says that something was done.
    done: bool,
    /// Whether it says by whom, or for whom.
    helped: bool,
}

fn before<'a>(text: &'a str) -> Before<'a> {
    let Chinese { done, helpers, between, .. } = &DATA.chinese;
    let strip =
        |rest: &'a str, list: &[String]| list.iter().find_map(|word| rest.strip_suffix(word.as_str()));
    let mut found = Before { rest: text, done: false, helped: false };
    loop {
        if let Some(rest) = strip(found.rest, done) {
            (found.rest, found.done) = (rest, true);
        } else if let Some(rest) = strip(found.rest, helpers) {
            (found.rest, found.helped) = (rest, true);
        } else if let Some(rest) = strip(found.rest, between) {
            found.rest = rest;
        } else {
            return found;
        }
    }
}

/// Whether what surrounds a verb says that it was done.
fn is_done(head: &str, tail: &str) -> bool {
    let Chinese { suffixes, ends, nouns, prepositions, .. } = &DATA.chinese;
    let starts = |list: &[String], text: &str| list.iter().any(|word| text.starts_with(word.as_str()));
    let direct = before(head);
    let is_suffixed = starts(suffixes, tail);
    let is_ended = starts(ends, tail.trim_start_matches(['已', '经']));
    if direct.done || direct.helped && is_suffixed || is_ended {
        return true;
    }
    // "酒店订了。" What the person did is theirs: "您预订了".
    let closes = matches!(tail.trim_end_matches(is_sign), "了" | "啦" | "了哦" | "了哈");
    if closes && !head.is_empty() && !head.ends_with(['您', '你']) {
        return true;
    }
    prepositions.iter().flat_map(|word| head.match_indices(word.as_str())).any(|(at, word)| {
        let phrase = &head[at + word.len()..];
        let is_phrase = (1..=PHRASE_MAX).contains(&phrase.chars().count());
        let looks = DATA.chinese.looks.iter().any(|look| phrase.contains(look.as_str()));
        let before = before(&head[..at]);
        let says = before.done && !starts(nouns, tail) || before.helped && is_suffixed;
        is_phrase && !looks && says
    })
}

fn is_sign(character: char) -> bool {
    !character.is_alphanumeric()
}

/// Whether what follows a claim makes it the time or the condition of something else: "付款成功后".
fn is_condition(tail: &str) -> bool {
    let Chinese { suffixes, ends, not_after, things_after, .. } = &DATA.chinese;
    // "已解锁前门" speaks of a door.
    if things_after.iter().any(|thing| tail.starts_with(thing.as_str())) {
        return false;
    }
    let mut rest = tail.trim_start_matches(['已', '经', '款']);
    while let Some(shorter) = suffixes
        .iter()
        .chain(ends)
        .find_map(|word| rest.strip_prefix(word.as_str()))
        .filter(|s| s.len() < rest.len())
    {
        rest = shorter;
    }
    not_after.iter().any(|word| rest.starts_with(word.as_str()))
}

/// Whether a word of the clause keeps what stands at a place from claiming anything.
pub(super) fn is_hedged(text: &str, place: &Range<usize>, asks: bool) -> bool {
    let (head, tail) = (&text[..place.start], &text[place.end..]);
    let scope = DATA.joins.zh.iter().filter_map(|join| tail.find(join.as_str())).min();
    let hedges = |text: &str| DATA.hedges.zh.iter().any(|hedge| text.contains(hedge.as_str()));
    // "已预订：无"
    let is_denied = tail.split_once(is_sign).is_some_and(|(_, rest)| {
        DATA.denials.zh.iter().any(|denial| rest.trim_start().starts_with(denial.as_str()))
    });
    // A hedge may reach into the claim: "取消了吗".
    asks || is_denied || hedges(head) || hedges(&text[place.start..place.end + scope.unwrap_or(tail.len())])
}

/// Whether somebody else did what stands at a place, or something suffered it: "被取消".
pub(super) fn is_others(text: &str, place: &Range<usize>) -> bool {
    let head = &text[..place.start];
    let suffered = head.rfind('被').is_some_and(|at| head[at..].chars().count() <= SUFFERED_MAX + 1);
    let by_others = ["他", "她", "对方"]
        .iter()
        .any(|other| head.trim_start().strip_prefix(other).is_some_and(|rest| !rest.starts_with('的')));
    suffered || by_others || ["有人", "别人"].iter().any(|other| head.contains(other))
}

/// Whether what stands at a place only tells how things are: it has a subject, and is about neither of those who speak.
pub(super) fn reports(text: &str, place: &Range<usize>) -> bool {
    let head = before(&text[..place.start]).rest.trim();
    let is_named = !["它", "这", "那", "都", "全部"].contains(&head) && head.chars().count() > 1;
    is_named && is_aside(text)
}

/// Whether a text is about neither of those who speak.
pub(super) fn is_aside(text: &str) -> bool {
    !text.contains(['我', '您', '你', '咱'])
}
