//! Times of day as Chinese says them.

use super::{Clock, PARTS, Said, Window, clock, part};
use crate::resolve::numbers;

/// What may follow a time without changing it, or make it a limit.
const TAILS: [&str; 11] = ["左右", "以前", "之前", "以后", "之后", "前", "后", "钟", "出发", "到", "的"];
/// What stands between the two ends of a stretch.
const JOINING: [char; 4] = ['到', '至', '-', '~'];

pub(super) fn said(text: &str) -> Option<Said> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let (text, is_last) = without_tails(&text);
    let text = text.trim_start_matches(['在', '大', '约', '从']);
    if let Some(window) = part(text) {
        return Some(Said::open(Clock::Within(window)));
    }
    stretch(text).or_else(|| Some(Said::time(time(text)?, is_last)))
}

/// A text without what may follow a time, and whether that makes the time the last of a stretch (`十点之前`).
fn without_tails(text: &str) -> (&str, bool) {
    let (mut text, mut is_last) = (text, false);
    while part(text).is_none() {
        let tail = TAILS.iter().find_map(|tail| Some((tail, text.strip_suffix(*tail)?)));
        let Some((tail, shorter)) = tail.filter(|(_, shorter)| !shorter.is_empty()) else { break };
        is_last |= tail.ends_with('前');
        text = shorter;
    }
    (text, is_last)
}

/// `下午2点到4点`, `8-10点`.
fn stretch(text: &str) -> Option<Said> {
    let (from, to) = text.split_once(JOINING)?;
    let from = time(from).or_else(|| time(&format!("{from}点")))?;
    Said::stretch(from, time(to)?)
}

fn time(text: &str) -> Option<Clock> {
    if text == "午夜" {
        return clock(0, 0, Some(Window::hours(0, 5)));
    }
    let (half, text) = PARTS
        .iter()
        .find_map(|(name, window)| text.strip_prefix(name).map(|rest| (Some(*window), rest)))
        .unwrap_or((None, text));
    let (hour, rest) = numbers::chinese(text)?;
    let rest = ["点钟", "点", "时", ":"].iter().find_map(|unit| rest.strip_prefix(unit))?;
    let minute = match rest {
        "" | "整" | "钟" => 0,
        "半" => 30,
        "一刻" => 15,
        "三刻" => 45,
        minutes => match numbers::chinese(minutes.trim_start_matches('零'))? {
            (minute, "" | "分") => minute,
            _ => return None,
        },
    };
    clock(hour, minute, half)
}
