//! The deeds people care about most, in the words of English and Chinese: what a request asks for, what
//! an answer claims, and which tools do them.

use crate::tool::ToolSpec;

/// Something that was done to the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    Cancelled,
    Refunded,
    Paid,
    Sent,
    Booked,
}

/// Stems of the words that ask for a deed or name a tool that does it.
struct Words {
    asks: &'static [&'static str],
    claims: &'static [&'static str],
    claims_zh: &'static [&'static str],
}

/// Words that make a clause no claim, in English; whole words.
const HEDGES: &[&str] = &[
    "not", "cannot", "unable", "failed", "fails", "could", "would", "should", "will", "can", "may", "might",
    "if", "unless", "unpaid", "please", "shall", "never", "no", "nothing", "nobody", "without", "fully",
    "before", "until", "must", "want", "whether", "once", "when",
];
const HEDGES_ZH: &[&str] = &[
    "没",
    "未",
    "无法",
    "不能",
    "不会",
    "不可",
    "失败",
    "是否",
    "吗",
    "如果",
    "若",
    "需要",
    "才能",
    "可以",
    "请",
    "要不要",
    "还要",
    "订满",
    "约满",
];

impl Deed {
    /// In the order in which a tool's name is judged: `cancel_booking` cancels.
    pub(crate) const ALL: [Self; 5] = [Self::Cancelled, Self::Refunded, Self::Paid, Self::Sent, Self::Booked];

    fn words(self) -> Words {
        match self {
            Self::Cancelled => Words {
                asks: &["cancel", "取消", "退订"],
                claims: &["cancelled", "canceled"],
                claims_zh: &["已取消", "已经取消", "取消成功", "取消了", "取消好", "已退订", "退订成功"],
            },
            Self::Refunded => Words {
                asks: &["refund", "退款", "退钱"],
                claims: &["refunded"],
                claims_zh: &["已退款", "已经退款", "退款成功", "退了款"],
            },
            Self::Paid => Words {
                asks: &["pay", "purchase", "buy", "付", "支付", "买"],
                claims: &["paid"],
                claims_zh: &[
                    "已付",
                    "已经付",
                    "已支付",
                    "已经支付",
                    "付款成功",
                    "支付成功",
                    "付好",
                    "付了款",
                    "付清",
                ],
            },
            Self::Sent => Words {
                asks: &["send", "mail", "发送", "发给", "发邮件", "寄"],
                claims: &["sent", "emailed"],
                claims_zh: &["已发送", "已经发送", "发送成功", "已发给", "已经发给", "发出去了", "已寄"],
            },
            Self::Booked => Words {
                asks: &["book", "reserv", "order", "订", "预约"],
                claims: &["booked", "reserved"],
                claims_zh: &[
                    "已订",
                    "已经订",
                    "已预订",
                    "已经预订",
                    "订好",
                    "订上了",
                    "订到了",
                    "预订成功",
                    "订票成功",
                    "已预约",
                    "预约成功",
                    "已为您订",
                    "已为您预订",
                    "已帮您订",
                    "已帮你订",
                    "帮您订了",
                    "帮你订了",
                ],
            },
        }
    }

    /// The deed a tool does, by the words of its name, else of its description.
    pub(crate) fn of_tool(spec: &ToolSpec) -> Option<Self> {
        let by = |text: &str| Self::ALL.into_iter().find(|deed| deed.asked_in(text));
        by(&spec.name.replace(['_', '-'], " ")).or_else(|| by(&spec.description))
    }

    /// Whether a text asks for the deed.
    pub(crate) fn asked_in(self, text: &str) -> bool {
        let text = text.to_lowercase();
        let words = words_of(&text);
        self.words().asks.iter().any(|stem| {
            if stem.is_ascii() {
                words.iter().any(|word| word.starts_with(stem))
            } else {
                text.contains(stem)
            }
        })
    }

    /// Whether a text names the deed as done, hedged or not.
    pub(crate) fn named_in(self, text: &str) -> bool {
        let text = text.to_lowercase();
        let words = words_of(&text);
        let Words { claims, claims_zh, .. } = self.words();
        claims.iter().any(|claim| words.contains(claim)) || claims_zh.iter().any(|claim| text.contains(claim))
    }

    /// The clause of a text that claims the deed was done, if one does.
    pub(crate) fn claimed_in(self, text: &str) -> Option<String> {
        clauses(text).into_iter().find(|clause| self.named_in(clause) && !hedged(clause)).map(str::to_owned)
    }

    /// The deed as done, in English or Chinese.
    pub(crate) fn name(self, chinese: bool) -> &'static str {
        match (self, chinese) {
            (Self::Cancelled, false) => "cancelled",
            (Self::Refunded, false) => "refunded",
            (Self::Paid, false) => "paid",
            (Self::Sent, false) => "sent",
            (Self::Booked, false) => "booked",
            (Self::Cancelled, true) => "取消",
            (Self::Refunded, true) => "退款",
            (Self::Paid, true) => "付款",
            (Self::Sent, true) => "发送",
            (Self::Booked, true) => "预订",
        }
    }
}

/// Whether a text is written in Chinese characters.
pub(crate) fn is_chinese(text: &str) -> bool {
    text.chars().any(|character| matches!(character, '\u{4E00}'..='\u{9FFF}'))
}

/// The words of a lower-case text; an apostrophe belongs to its word.
fn words_of(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’')
        .filter(|word| !word.is_empty())
        .collect()
}

/// The clauses of a text, each with the sign it ends with.
fn clauses(text: &str) -> Vec<&str> {
    text.split_inclusive(['.', '!', '?', ';', ',', '\n', '。', '！', '？', '；', '，'])
        .flat_map(|clause| clause.split(" but "))
        .map(str::trim)
        .filter(|clause| !clause.is_empty())
        .collect()
}

fn hedged(clause: &str) -> bool {
    let lower = clause.to_lowercase();
    let negated = |word: &&str| HEDGES.contains(word) || word.ends_with("n't") || word.ends_with("n’t");
    clause.ends_with(['?', '？'])
        || words_of(&lower).iter().any(negated)
        || HEDGES_ZH.iter().any(|hedge| lower.contains(hedge))
}

#[cfg(test)]
mod tests;
