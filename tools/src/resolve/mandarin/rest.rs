//! Whether the text that is left around a Chinese day means another day than that one.

use super::{JOINING, SIDES};
use crate::resolve::numbers;

/// What moves a day, or names what a day lies in. `之` and `以` are left out of the text before it is compared.
const MOVING: [&str; 25] = [
    "去年", "前年", "明年", "后年", "年前", "年后", "上月", "下月", "上个", "下个", "上周", "下周", "那周",
    "月前", "月后", "周前", "周后", "期前", "期后", "拜前", "拜后", "天前", "天后", "农历", "腊月",
];
/// What begins like one of the [`SIDES`] of a day and is none.
const NO_SIDES: [&str; 6] = ["前往", "前去", "前天", "后天", "后日", "后半夜"];

/// Whether the text around a day speaks of days as well.
pub(super) fn is_about_days(ahead: &str, behind: &str) -> bool {
    // What comes after `到` or `或` is another day, which is not asked for.
    let behind = behind.split(JOINING).next().unwrap_or_default();
    is_beyond(behind) || [ahead, behind].into_iter().any(|text| names_days(text) || counts_days(text))
}

/// Whether a text right behind a day means what is before or after that day: `周五之前`.
fn is_beyond(behind: &str) -> bool {
    SIDES.iter().any(|(side, _)| behind.starts_with(side))
        && !NO_SIDES.iter().any(|word| behind.starts_with(word))
}

fn names_days(text: &str) -> bool {
    let text = text.replace(['之', '以'], "");
    let mut previous = ' ';
    let is_month = text.chars().any(|c| {
        let is_counted = c == '月' && numbers::is_numeral(previous);
        previous = c;
        is_counted
    });
    is_month || MOVING.iter().any(|word| text.contains(word))
}

/// Whether a text counts days or weeks: `第二天`, `第一个周`, and the days of the old calendar, `初八`.
fn counts_days(text: &str) -> bool {
    let is_counted = |rest: &str| {
        numbers::chinese(rest).is_some_and(|(_, rest)| {
            rest.trim_start_matches('个').starts_with(['天', '日', '周', '星', '礼', '月'])
        })
    };
    text.split('第').skip(1).any(is_counted)
        || text.split('初').skip(1).any(|rest| rest.starts_with(numbers::is_numeral))
}
