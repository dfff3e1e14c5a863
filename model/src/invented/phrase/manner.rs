//! The manners of a person around what is asked.

use crate::draw::{Draw, capitalize};

use super::{Clause, Forms, Mood, form};

/// Before an order; what follows `|` comes after it.
const ORDER_EN: Forms = Forms {
    usual: &[
        "|",
        "|",
        "|.",
        "|.",
        "Please |.",
        "please |",
        "Can you |?",
        "Could you |?",
        "could you please |",
        "Can you please |?",
        "I need you to |.",
        "I'd like you to |.",
        "I want you to |.",
        "hey, |",
        "Hi! |, please.",
        "Hello, please |.",
        "|, please.",
        "|, would you?",
        "Would you |?",
        "would you kindly |",
        "I want to |.",
        "I have to |.",
        "ok now |",
        "OK, |.",
        "|, thanks",
        "|. Thanks!",
        "|. Thank you very much.",
        "I'd be grateful if you could |.",
        "Do me a favour: |.",
        "Your job: |.",
        "Quick one: |.",
        "Here is what I need: |.",
        "You should |.",
        "We need to |.",
        "Let's |.",
        "Will you |?",
        "may I ask you to |",
        "Is it possible for you to |?",
        "Right, |!",
        "Well, |.",
        "It would help me if you could |.",
        "So, |.",
        "pls |",
        "Kindly |.",
        "I wonder if you could |.",
        "You there? |.",
        "My boss asked me to |.",
    ],
    kept: &[
        "Be so kind as to |.",
        "Mind helping me out? |.",
        "One more favour, if I may: |.",
        "Alright then, |.",
    ],
};
/// Around a statement.
const STATEMENT_EN: Forms = Forms {
    usual: &[
        "|",
        "|",
        "|.",
        "|.",
        "|.",
        "Hi, |.",
        "hey, |",
        "Hello! |.",
        "ok, |.",
        "So, |.",
        "|, please.",
        "|, thanks",
        "|. Thank you!",
        "|. Can you do that?",
        "|. Could you help?",
        "|. Please do it for me.",
        "|!",
        "Look, |.",
        "Listen: |.",
        "Here's the thing: |.",
    ],
    kept: &["Good to see you. |.", "|, if you'd be so kind.", "|. Over to you."],
};
/// Around a question.
const QUESTION_EN: Forms = Forms {
    usual: &[
        "|?",
        "|?",
        "|?",
        "|",
        "Hi, |?",
        "Hello, |?",
        "Excuse me, |?",
        "please, |?",
        "|, please?",
        "|? Thanks.",
        "hey, |",
        "Tell me, |?",
        "So |?",
    ],
    kept: &["Sorry to bother you, |?", "|? Much obliged."],
};
const ORDER_ZH: Forms = Forms {
    usual: &[
        "|",
        "|",
        "|",
        "|。",
        "|。",
        "|，谢谢",
        "|吧",
        "|！",
        "|，谢了。",
        "请|",
        "请|。",
        "帮我|",
        "帮我|。",
        "帮忙|，谢谢",
        "麻烦|",
        "麻烦你|，谢谢。",
        "请帮我|。",
        "请你|",
        "我想|",
        "我想要你|。",
        "你能不能|？",
        "你能|吗？",
        "能不能帮我|",
        "给我|",
        "能帮我|吗？",
        "可以帮我|吗",
        "可以|吗？",
        "可不可以|？",
        "劳驾|",
        "劳驾，|。",
        "拜托|",
        "拜托你|。",
        "你好，|。",
        "您好，请|，谢谢！",
        "嗨，|",
        "好，|。",
        "那个，|",
        "那就|吧",
        "我要你|。",
        "有劳|。",
        "辛苦你|。",
        "辛苦你去|。",
        "需要你|。",
        "要|",
        "我们得|。",
        "咱们|吧。",
        "领导让我|。",
        "想请你|。",
        "就|吧。",
        "听好了，|。",
        "任务来了：|。",
    ],
    kept: &["烦请|。", "可否|？", "不好意思，还得请你|。", "行，那你|吧。"],
};
const STATEMENT_ZH: Forms = Forms {
    usual: &[
        "|",
        "|",
        "|",
        "|。",
        "|。",
        "|，谢谢",
        "|，麻烦了。",
        "|，帮个忙。",
        "|，拜托了",
        "|！",
        "你好，|。",
        "您好，|，谢谢。",
        "嗨，|",
        "是这样，|。",
        "情况是这样：|。",
        "|。你来办吧。",
        "|，你看着办。",
        "|，可以吗？",
        "|，行吗",
        "那个，|。",
        "跟你说，|。",
    ],
    kept: &["打扰一下，|。", "|，有劳您了。", "事情是这么回事：|。"],
};
const QUESTION_ZH: Forms = Forms {
    usual: &[
        "|？",
        "|？",
        "|",
        "你好，|？",
        "请问|？",
        "请问|",
        "麻烦问下，|？",
        "|？谢谢。",
        "|呀？",
        "嗨，|？",
        "|呢",
    ],
    kept: &["冒昧问一句，|？", "|？有劳。"],
};

/// Puts clauses into one message.
pub(in super::super) fn sentence(d: &mut Draw, clauses: &[Clause]) -> String {
    if let [clause] = clauses {
        let said = mannerly(d, clause);
        return match &clause.aside {
            Some(aside) => beside(d, clause, &said, aside),
            None => said,
        };
    }
    if clauses.iter().all(Clause::plain) && d.chance(80) {
        let texts: Vec<&str> = clauses.iter().map(|c| c.text.as_str()).collect();
        let joint = d.say(
            &[
                " and then ",
                ", then ",
                " and ",
                "; also ",
                ", and ",
                ". Then ",
                " plus ",
                "; ",
                ", after that ",
            ],
            &[
                "，然后",
                "，再",
                "，并且",
                "；另外",
                "，顺便",
                "，还有",
                "。",
                "；",
                "，接着",
                "，同时",
                "，完了再",
            ],
        );
        return mannerly(d, &Clause::order(texts.join(joint)));
    }
    one_by_one(d, clauses)
}

/// Every clause is a sentence, or a point of a list.
fn one_by_one(d: &mut Draw, clauses: &[Clause]) -> String {
    let zh = d.zh();
    let between = d.say(
        &[" ", " ", "\n", "\n", " Also: ", " And another thing: "],
        &["", "", "\n", "\n", "另外，", "还有，"],
    );
    let points = between == "\n" && d.chance(50);
    let mut said = Vec::new();
    for clause in clauses {
        let mut one = String::new();
        if points {
            one.push_str("- ");
        }
        one.push_str(&clause.lead);
        one.push_str(&clause.text);
        one.push_str(if clause.mood == Mood::Question {
            d.say(&["?"], &["？"])
        } else {
            d.say(&["."], &["。"])
        });
        if !clause.tail.is_empty() {
            one.push_str(&clause.tail);
            let listed = clause.tail.starts_with('\n');
            one.push_str(if listed { "\n" } else { d.say(&["."], &["。"]) });
        }
        said.push(if zh || points || clause.keeps_case { one } else { capitalize(&one) });
    }
    said.join(between).trim_end().to_owned()
}

/// One clause with an opening and a closing.
fn mannerly(d: &mut Draw, clause: &Clause) -> String {
    let around = match clause.mood {
        Mood::Order => form(d, &ORDER_EN, &ORDER_ZH),
        Mood::Statement => form(d, &STATEMENT_EN, &STATEMENT_ZH),
        Mood::Question => form(d, &QUESTION_EN, &QUESTION_ZH),
    };
    let (mut open, mut close) = around.split_once('|').unwrap_or((around, ""));
    // A particle does not go behind a value.
    if d.zh() && !clause.plain() && !close.starts_with(['。', '，', '？', '！']) {
        close = "";
    }
    let apart = open.trim_end().ends_with([',', ':', '.', '!', '，', '：', '。']);
    if !clause.lead.is_empty() && !apart {
        open = "";
    }
    let first = format!("{open}{}{}", clause.lead, clause.text);
    let bare = open.is_empty() && clause.keeps_case;
    let first = if !bare && d.chance(55) { capitalize(&first) } else { first };
    if clause.tail.is_empty() {
        return format!("{first}{close}");
    }
    if clause.tail.starts_with('\n') {
        let colon = d.say(&[":", ":", "", "."], &["：", "：", "", "。"]);
        let end = if close.contains(['?', '？']) { close } else { colon };
        return format!("{first}{end}{}", clause.tail);
    }
    let end = if close.ends_with(['.', '?', '!', '。', '？', '！']) {
        close
    } else {
        d.say(&[".", ";"], &["。", "，"])
    };
    let stop = d.say(&[".", ".", "", " please."], &["。", "。", "", "，谢谢。"]);
    format!("{first}{end}{}{stop}", clause.tail)
}

/// The message with something beside the point, before it or after it.
fn beside(d: &mut Draw, clause: &Clause, said: &str, aside: &str) -> String {
    let listed = clause.tail.starts_with('\n');
    let ended = said.ends_with(['.', '?', '!', '。', '？', '！', ';', '；']);
    if d.zh() {
        return match d.rng.below(if listed { 3 } else { 6 }) {
            0 => format!("{aside}，{said}"),
            1 => format!("{aside}。{said}"),
            2 => format!("{aside}，所以{said}"),
            3 if ended => format!("{said}{aside}。"),
            3 => format!("{said}，{aside}"),
            4 => format!("{said}（{aside}）"),
            _ if ended => format!("{said}因为{aside}。"),
            _ => format!("{said}，因为{aside}"),
        };
    }
    match d.rng.below(if listed { 3 } else { 6 }) {
        0 => format!("{}. {said}", capitalize(aside)),
        1 => format!("{aside}. {said}"),
        2 => format!("{aside} - {said}"),
        3 if ended => format!("{said} {}.", capitalize(aside)),
        3 => format!("{said}, {aside}"),
        4 => format!("{said} ({aside})"),
        _ if ended => format!("{said} That's because {aside}."),
        _ => format!("{said}, because {aside}"),
    }
}
