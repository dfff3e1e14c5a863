//! Numbers in words are those that people say.

use super::in_words;

#[test]
fn numbers_are_said_as_people_say_them() {
    let english = [2, 12, 20, 25, 100, 215, 900].map(|n| in_words(n, false));
    let said =
        ["two", "twelve", "twenty", "twenty-five", "one hundred", "two hundred and fifteen", "nine hundred"];
    assert_eq!(english, said);
    let chinese = [2, 3, 10, 12, 20, 25, 100, 105, 112, 220, 900].map(|n| in_words(n, true));
    let said =
        ["两", "三", "十", "十二", "二十", "二十五", "一百", "一百零五", "一百一十二", "两百二十", "九百"];
    assert_eq!(chinese, said);
}
