//! What one conversation is drawn from: the random source, the language and the part of the word
//! lists that may be used.

use crate::lexicon::{self, HAN, RARE_HAN, WORDS};
use crate::rng::Rng;

const SYLLABLES: &[&str] = &[
    "ba", "be", "bi", "bo", "bra", "cal", "cor", "da", "del", "dor", "el", "en", "fa", "fin", "ga", "gor",
    "hal", "ir", "jo", "ka", "kel", "lan", "lu", "ma", "mir", "na", "nor", "or", "pa", "pen", "qui", "ra",
    "ren", "sa", "sol", "ta", "tor", "ul", "va", "ven", "wil", "xan", "yo", "zan", "zor", "plin", "drex",
    "mont", "berg", "ton", "ville", "stead", "wick", "ford", "mar", "lin", "vik", "shu", "thi", "cha", "gra",
    "fro", "sti", "pu", "ky",
];
const FIRST_NAMES: &[&str] = &[
    "Alice", "Bob", "Carol", "David", "Emma", "Frank", "Grace", "Henry", "Iris", "Jack", "Karen", "Leo",
    "Mia", "Noah", "Olivia", "Peter", "Quinn", "Rachel", "Sam", "Tina", "Uma", "Victor", "Wendy", "Xavier",
    "Yara", "Zoe", "Lucas", "Nina", "Oscar", "Paula", "Anna", "Ben", "Clara", "Dan", "Ella", "Finn", "Hugo",
    "Ivan", "Julia", "Kofi", "Lena", "Maria", "Omar", "Priya", "Rosa", "Sven", "Tom", "Vera", "Yuki",
    "Ahmed", "Chloe", "Diego",
];
const SURNAMES_ZH: &str = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文";

/// The language of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    /// English.
    En,
    /// Chinese.
    Zh,
}

impl Lang {
    /// `en` or `zh`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh",
        }
    }
}

/// What a conversation is drawn from.
#[derive(Debug, Clone)]
pub struct Draw {
    /// The random source.
    pub rng: Rng,
    /// The language of the conversation.
    pub lang: Lang,
    /// Whether names and wordings kept out of training are used, and only those.
    pub held_out: bool,
}

impl Draw {
    /// A draw for conversation number `index` under `seed`; half English, half Chinese unless `lang` says.
    #[must_use]
    pub fn new(seed: u64, index: u64, lang: Option<Lang>, held_out: bool) -> Self {
        let mixed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ index.wrapping_mul(0xD1B5_4A32_D192_ED03);
        let mut rng = Rng::new(mixed ^ u64::from(held_out) << 63);
        let drawn = if rng.chance(50) { Lang::Zh } else { Lang::En };
        Self { rng, lang: lang.unwrap_or(drawn), held_out }
    }

    /// Whether the conversation is in Chinese.
    #[must_use]
    pub fn zh(&self) -> bool {
        self.lang == Lang::Zh
    }

    /// One of the wordings of the conversation's language.
    pub fn say<'a>(&mut self, en: &[&'a str], zh: &[&'a str]) -> &'a str {
        if self.zh() { self.rng.pick(zh) } else { self.rng.pick(en) }
    }

    /// True in `percent` of 100 cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.rng.chance(percent)
    }

    /// An item whose name, given by `name`, is on the right side of the held-out split.
    pub fn term<'a, T>(&mut self, items: &'a [T], name: fn(&T) -> &str) -> &'a T {
        loop {
            let item = self.rng.one(items);
            if lexicon::held_out(name(item)) == self.held_out {
                return item;
            }
        }
    }

    /// An English word, the common ones more often.
    pub fn english(&mut self) -> &'static str {
        let upto = if self.chance(40) { WORDS.len() / 6 } else { WORDS.len() };
        WORDS[self.rng.below(upto)]
    }

    /// A word nobody has seen: syllables, or two words run together.
    pub fn coined(&mut self) -> String {
        if self.chance(25) {
            let head = self.english();
            let tail = self.english();
            return format!("{head}{}", &tail[..tail.len().min(4)]);
        }
        let n = 2 + self.rng.below(2);
        (0..n).map(|_| self.rng.pick(SYLLABLES)).collect()
    }

    /// A few Han characters.
    pub fn han(&mut self, from: usize, to: usize) -> String {
        let n = from + self.rng.below(to - from + 1);
        let pool: &[char] = if self.chance(8) { &RARE_HAN } else { &HAN };
        (0..n).map(|_| *self.rng.one(pool)).collect()
    }

    /// A proper name or word of the conversation's language.
    pub fn name(&mut self) -> String {
        if self.zh() && self.chance(75) {
            return self.han(2, 4);
        }
        let word = if self.chance(60) { self.english().to_owned() } else { self.coined() };
        if self.chance(55) { capitalize(&word) } else { word }
    }

    /// The name of a person.
    pub fn person(&mut self) -> String {
        if self.zh() && self.chance(80) {
            let surnames: Vec<char> = SURNAMES_ZH.chars().collect();
            let surname = *self.rng.one(&surnames);
            return format!("{surname}{}", self.han(1, 2));
        }
        let first = *self.rng.one(FIRST_NAMES);
        match self.rng.below(3) {
            0 => first.to_owned(),
            1 => format!("{first} {}", capitalize(&self.coined())),
            _ => format!("{first} {}", capitalize(self.english())),
        }
    }
}

/// `word` with its first letter in upper case.
#[must_use]
pub fn capitalize(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
