//! Whole numbers in words.

const UP_TO_TWENTY: [&str; 20] = [
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] =
    ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const DIGITS: [&str; 10] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];

/// A number of things below a thousand: "twenty-five", 两百.
pub(super) fn in_words(n: usize, zh: bool) -> String {
    match (zh, n / 100, n % 100) {
        (false, 0, n) => english(n),
        (false, hundreds, 0) => format!("{} hundred", english(hundreds)),
        (false, hundreds, rest) => format!("{} hundred and {}", english(hundreds), english(rest)),
        (true, 0, 2) => "两".to_owned(),
        (true, 0, n) => chinese(n, false),
        (true, hundreds, rest) => {
            let hundreds = if hundreds == 2 { "两" } else { DIGITS[hundreds % 10] };
            let rest = if rest == 0 { String::new() } else { chinese(rest, true) };
            format!("{hundreds}百{rest}")
        }
    }
}

/// Below a hundred.
fn english(n: usize) -> String {
    match (n / 10, n % 10) {
        (0 | 1, _) => UP_TO_TWENTY[n].to_owned(),
        (tens, 0) => TENS[tens].to_owned(),
        (tens, ones) => format!("{}-{}", TENS[tens], UP_TO_TWENTY[ones]),
    }
}

/// Below a hundred, from 1 on; `after` hundreds a missing ten is said, and a single one too.
fn chinese(n: usize, after: bool) -> String {
    let ones = if n.is_multiple_of(10) { "" } else { DIGITS[n % 10] };
    match (n / 10, after) {
        (0, true) => format!("零{ones}"),
        (0, false) => ones.to_owned(),
        (1, false) => format!("十{ones}"),
        (tens, _) => format!("{}十{ones}", DIGITS[tens]),
    }
}

#[cfg(test)]
mod tests;
