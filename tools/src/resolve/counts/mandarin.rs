//! Numbers of people as Chinese says them.

use super::Token;
use crate::resolve::numbers;

/// Some of those who come, of whom a number has to be said.
const SEVERAL: Token = Token::Part { alone: None, each: 1 };
/// One of them, where no number is said.
const ONE: Token = Token::Part { alone: Some(1), each: 1 };
/// Two of them, named together.
const TWO: Token = Token::Part { alone: Some(1), each: 2 };

/// Words and what they say.
const WORDS: [(&str, Token); 10] = [
    (
        "夫妻 夫妇 两口子 小两口 老两口 情侣 爸妈 父母 母女俩 母子俩 父子俩 父女俩 姐妹俩 兄弟俩 哥俩 姐俩 娘俩 爷俩",
        TWO,
    ),
    (
        "大人 成人 成年人 大 小孩 小孩子 孩子 儿童 小朋友 婴儿 宝宝 小 老人 朋友 同事 同学 客户 客人 亲戚 家人 学生",
        SEVERAL,
    ),
    (
        "老公 老婆 妻子 丈夫 爱人 太太 先生 男朋友 女朋友 男友 女友 对象 妈妈 爸爸 妈 爸 儿子 女儿 哥哥 弟弟 姐姐 妹妹 \
         你 您 他 她",
        ONE,
    ),
    (
        "人 口 张 張 票 机票 车票 火车票 高铁票 门票 座 座位 乘客 旅客 份 人份 人数 人头 一家 一家子 全家 我家 我们家 \
         咱家 咱们家",
        Token::All,
    ),
    ("我 自己 本人", Token::Me),
    ("我要 我需要 我想 我想要 我订 我定", Token::Asker),
    ("和 跟 与 同 加 加上 外加 还有 以及 带 带着 带上 + &", Token::And),
    (", 、 ; 。 ( ) !", Token::Pause),
    ("另外 其他 别的", Token::Others),
    (
        "个 個 位 名 对 我们 咱们 咱 一共 总共 共 合计 共计 有 是 就 要 来 需要 订 定 给 去 吃 坐 的 吧 了 呢 啊 哦 嗯 请 \
         谢谢 麻烦 都 一起 一同 同行 出行 一行 一桌 桌 连我 算上我 包括我 在内 只 只有 只是 仅 正好 之家 用餐 吃饭 聚餐 \
         早餐 午餐 午饭 晚餐 晚饭 位子 位置 桌子 包间 包厢 包房 一张桌子 一个包间 一个包厢 一个包房 出发 到店 :",
        Token::Word,
    ),
];
/// What says of two once more that they are two.
const AGAIN: [&str; 7] = ["俩", "两个人", "二人", "两人", "两个", "两位", "2人"];
/// What is counted by itself, and has a number of its own then: `两个包间`.
const PLACES: [&str; 5] = ["个桌子", "张桌子", "个包间", "个包厢", "个包房"];
const POWERS: [char; 5] = ['十', '百', '千', '廿', '卅'];

/// What the words of a text say; nothing if one of them is not understood.
pub(super) fn tokens(text: &str) -> Option<Vec<Token>> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let (mut rest, mut tokens) = (text.as_str(), Vec::new());
    while !rest.is_empty() {
        if PLACES.iter().any(|places| rest.starts_with(places)) {
            return None;
        }
        let (token, behind) = word(rest).or_else(|| number(rest))?;
        tokens.push(token);
        rest = behind;
    }
    Some(tokens)
}

/// The longest word that a text begins with, and the text behind it.
fn word(text: &str) -> Option<(Token, &str)> {
    let known =
        WORDS.iter().flat_map(|(words, token)| words.split_whitespace().map(move |word| (word, *token)));
    let found = known.filter_map(|(word, token)| Some((token, text.strip_prefix(word)?)));
    let (token, behind) = found.min_by_key(|(_, behind)| behind.len())?;
    let again = AGAIN.iter().find_map(|again| behind.strip_prefix(*again));
    match token {
        Token::Part { each: 2, .. } => Some((token, again.unwrap_or(behind))),
        token => Some((token, behind)),
    }
}

/// The number that a text begins with, and the text behind it. Digits in words side by side are none: `一两` is one
/// or two.
fn number(text: &str) -> Option<(Token, &str)> {
    let (number, behind) = numbers::chinese(text)?;
    let said = text.strip_suffix(behind)?;
    let is_plain =
        said.chars().count() == 1 || said.contains(POWERS) || said.chars().all(|c| c.is_ascii_digit());
    is_plain.then_some((Token::Number(number), behind))
}
