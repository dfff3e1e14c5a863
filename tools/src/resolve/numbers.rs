//! Small whole numbers in words: English up to ninety-nine, Chinese up to nine thousand.

const UNITS: [&str; 20] = [
    "zero",
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
const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const ORDINALS: [(&str, u32); 22] = [
    ("first", 1),
    ("second", 2),
    ("third", 3),
    ("fourth", 4),
    ("fifth", 5),
    ("sixth", 6),
    ("seventh", 7),
    ("eighth", 8),
    ("ninth", 9),
    ("tenth", 10),
    ("eleventh", 11),
    ("twelfth", 12),
    ("thirteenth", 13),
    ("fourteenth", 14),
    ("fifteenth", 15),
    ("sixteenth", 16),
    ("seventeenth", 17),
    ("eighteenth", 18),
    ("nineteenth", 19),
    ("twentieth", 20),
    ("thirtieth", 30),
    ("thirty-first", 31),
];
const LOOSE: [(&str, u32); 5] = [("a", 1), ("an", 1), ("couple", 2), ("few", 3), ("dozen", 12)];

/// The number that a list of words begins with, and how many words it took.
pub(super) fn english<S: AsRef<str>>(words: &[S]) -> Option<(u32, usize)> {
    let word = |index: usize| words.get(index).map(AsRef::as_ref);
    let first = word(0)?;
    if let Ok(number) = first.parse() {
        return Some((number, 1));
    }
    if first == "a" && matches!(word(1), Some("couple" | "few" | "dozen")) {
        let taken = if word(2) == Some("of") { 3 } else { 2 };
        return english(&words[1..]).map(|(number, _)| (number, taken));
    }
    if let Some(tens) = TENS.iter().position(|tens| *tens == first) {
        let tens = 10 * (u32::try_from(tens).unwrap_or_default() + 2);
        return match word(1).and_then(unit).filter(|unit| (1..10).contains(unit)) {
            Some(unit) => Some((tens + unit, 2)),
            None => Some((tens, 1)),
        };
    }
    let loose = LOOSE.iter().find(|(name, _)| *name == first).map(|(_, number)| *number);
    unit(first).or(loose).map(|number| (number, 1))
}

fn unit(word: &str) -> Option<u32> {
    UNITS.iter().position(|unit| *unit == word).and_then(|index| u32::try_from(index).ok())
}

/// The day of a month that a list of words begins with (`30`, `30 th`, `thirtieth`), and its length.
pub(super) fn ordinal<S: AsRef<str>>(words: &[S]) -> Option<(u32, usize, bool)> {
    let first = words.first()?.as_ref();
    if let Ok(number) = first.parse() {
        let suffixed = words.get(1).is_some_and(|next| matches!(next.as_ref(), "st" | "nd" | "rd" | "th"));
        return Some((number, if suffixed { 2 } else { 1 }, suffixed));
    }
    if let (Some(tens), Some(next)) =
        (["twenty", "thirty"].iter().position(|tens| *tens == first), words.get(1))
    {
        let unit = ORDINALS[..9].iter().find(|(name, _)| *name == next.as_ref())?.1;
        return Some((10 * (u32::try_from(tens).unwrap_or_default() + 2) + unit, 2, true));
    }
    ORDINALS.iter().find(|(name, _)| *name == first).map(|(_, number)| (*number, 1, true))
}

/// The number that a Chinese text begins with (`12`, `三十`, `两`), and the rest of the text.
pub(super) fn chinese(text: &str) -> Option<(u32, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    if digits > 0 {
        return text[..digits].parse().ok().map(|number| (number, &text[digits..]));
    }
    let end = text.find(|c| character(c).is_none()).unwrap_or(text.len());
    let (numeral, rest) = text.split_at(end);
    chinese_numeral(numeral).map(|number| (number, rest))
}

/// Whether a character is part of a number as Chinese writes it: a digit or a numeral.
pub(super) fn is_numeral(c: char) -> bool {
    c.is_ascii_digit() || character(c).is_some()
}

fn character(c: char) -> Option<(u32, bool)> {
    let digits = "〇一二三四五六七八九";
    match c {
        '零' => Some((0, false)),
        '两' | '俩' => Some((2, false)),
        '仨' => Some((3, false)),
        '十' => Some((10, true)),
        '廿' => Some((20, true)),
        '卅' => Some((30, true)),
        '百' => Some((100, true)),
        '千' => Some((1000, true)),
        _ => {
            let index = digits.chars().position(|digit| digit == c)?;
            u32::try_from(index).ok().map(|digit| (digit, false))
        }
    }
}

fn chinese_numeral(numeral: &str) -> Option<u32> {
    let places: Vec<(u32, bool)> = numeral.chars().filter_map(character).collect();
    if places.is_empty() {
        return None;
    }
    if places.len() > 1 && places.iter().all(|(_, power)| !power) {
        return places.iter().try_fold(0_u32, |sum, (digit, _)| sum.checked_mul(10)?.checked_add(*digit));
    }
    let (mut sum, mut pending) = (0_u32, None);
    for (value, is_power) in places {
        if is_power {
            sum += pending.take().unwrap_or(1) * value;
        } else {
            pending = Some(value);
        }
    }
    Some(sum + pending.unwrap_or_default())
}
