//! Asking for one fact of a thing: "what is the weight of sensor X12".

use crate::draw::Draw;
use crate::fill::{fill, fill_apart};

use super::{Clause, Forms, Mood, form};

/// `{o}` the thing, `{l}` what is asked of it, `{v}` the verb.
const ORDER_EN: Forms = Forms {
    usual: &[
        "tell me the {l} of {o}",
        "look up the {l} for {o}",
        "check the {l} of the {o}",
        "{v} the {l} of {o}",
        "{v} {o} and tell me the {l}",
        "find out {o}'s {l}",
        "let me know the {l} of {o}",
        "give me the {l} of {o}",
        "have a look at {o} and tell me its {l}",
        "read me the {l} of {o}",
        "see what {l} {o} has",
        "find the {l} that belongs to {o}",
        "pull up the {l} of {o}",
        "get me {o}'s {l}",
    ],
    kept: &["dig out the {l} of {o}", "fill me in on {o}'s {l}"],
};
const STATEMENT_EN: Forms = Forms {
    usual: &[
        "I need the {l} of {o}",
        "I'd like to know {o}'s {l}",
        "I'm looking for the {l} of {o}",
        "I want to know what {l} {o} has",
        "the {l} of {o} is what I need",
        "{o}: {l}",
        "someone wants to know the {l} of {o}",
        "I've forgotten the {l} of {o}",
        "this is about {o}, I need its {l}",
    ],
    kept: &["I'm curious about {o}'s {l}"],
};
const QUESTION_EN: Forms = Forms {
    usual: &[
        "what is the {l} of {o}",
        "what's {o}'s {l}",
        "what {l} does {o} have",
        "do you know the {l} of {o}",
        "which {l} has {o} got",
        "{o} - what is its {l}",
        "what do we have as the {l} of {o}",
        "may I know the {l} of {o}",
        "what about the {l} of {o}",
        "{l} of {o}",
        "what does it say about the {l} of {o}",
    ],
    kept: &["any idea what the {l} of {o} is", "{o}, remind me, what {l}"],
};
const ORDER_ZH: Forms = Forms {
    usual: &[
        "查一下{o}的{l}",
        "告诉我{o}的{l}",
        "看看{o}{l}",
        "看一下{o}的{l}",
        "{v}{o}的{l}",
        "{v}{o}，我要{l}",
        "查查{o}的{l}是多少",
        "说一下{o}的{l}",
        "找出{o}的{l}",
        "看看{o}的{l}是什么",
        "把{o}的{l}告诉我",
        "给个{o}的{l}",
        "查{o}，告诉我{l}",
    ],
    kept: &["瞧瞧{o}的{l}", "把{o}的{l}报给我"],
};
const STATEMENT_ZH: Forms = Forms {
    usual: &[
        "我想知道{o}的{l}",
        "需要{o}的{l}",
        "我在找{o}的{l}",
        "想了解{o}的{l}",
        "{o}：{l}",
        "有人问{o}的{l}",
        "忘了{o}的{l}是多少了",
        "说的是{o}，我要它的{l}",
    ],
    kept: &["好奇{o}的{l}"],
};
const QUESTION_ZH: Forms = Forms {
    usual: &[
        "{o}的{l}是多少",
        "{o}的{l}是什么",
        "{o}{l}多少",
        "{o}现在的{l}是多少",
        "知道{o}的{l}吗",
        "{o}，{l}是多少",
        "{o}的{l}呢",
        "能看到{o}的{l}吗",
        "{l}是多少，{o}的",
        "{o}有什么{l}",
    ],
    kept: &["{o}的{l}到底是多少", "{o}那个{l}怎么样"],
};

/// A question about the fact that is called `label`, of the thing called `of`.
pub(in super::super) fn question(d: &mut Draw, verb: &str, of: &str, label: &str) -> Clause {
    let (mood, template) = match d.rng.below(100) {
        0..45 => (Mood::Order, form(d, &ORDER_EN, &ORDER_ZH)),
        45..60 => (Mood::Statement, form(d, &STATEMENT_EN, &STATEMENT_ZH)),
        _ => (Mood::Question, form(d, &QUESTION_EN, &QUESTION_ZH)),
    };
    let slots = [("o", of), ("l", label), ("v", verb)];
    let text = if d.zh() { fill_apart(template, &slots) } else { fill(template, &slots) };
    Clause::new(mood, text)
}
