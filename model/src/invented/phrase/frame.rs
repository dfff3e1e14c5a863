//! The sentence itself: what is to be done to what.

use crate::draw::Draw;
use crate::fill::{fill, fill_apart};

use super::super::tool::Tool;
use super::word::{article, gerund, participle};
use super::{Clause, Forms, Mood};

/// `{v}` calibrate, `{g}` calibrating, `{p}` calibrated, `{n}` the loom.
const ORDER_EN: Forms = Forms {
    usual: &[
        "{v} {n}",
        "{v} {n}",
        "{v} {n}",
        "{v} {n} for me",
        "go ahead and {v} {n}",
        "get {n} {p}",
        "have {n} {p}",
        "take care of {g} {n}",
        "do some {g} on {n}",
        "see that {n} gets {p}",
        "help me {v} {n}",
        "help with {g} {n}",
        "make sure {n} is {p}",
        "try to {v} {n}",
        "do the {g} of {n}",
    ],
    kept: &["sort out {g} {n}", "deal with {g} {n}", "lend a hand and {v} {n}"],
};
const STATEMENT_EN: Forms = Forms {
    usual: &[
        "I need {n} {p}",
        "we need {n} {p}",
        "I want {n} {p}",
        "I'd like {n} {p}",
        "I'd like to have {n} {p}",
        "{n} needs {g}",
        "{n} needs to be {p}",
        "{n} should be {p}",
        "{n} has to be {p}",
        "{n} must be {p}",
        "{n} is to be {p}",
        "{n} is waiting to be {p}",
        "it's time to {v} {n}",
        "time to {v} {n}",
        "we have to {v} {n}",
        "I have to {v} {n}",
        "I must {v} {n}",
        "I'm trying to {v} {n}",
        "I'm here to {v} {n}",
        "I want to {v} {n}",
        "what I need is to {v} {n}",
        "what I want is {n} {p}",
        "let's {v} {n}",
        "let us {v} {n}",
        "next job: {v} {n}",
        "to do: {v} {n}",
        "task: {v} {n}",
        "request: {g} {n}",
        "{g} of {n}",
        "{n} - please {v} it",
        "{n}: {v}",
        "{n}, to be {p}",
        "someone has to {v} {n}",
        "my wish: {n} {p}",
        "the goal is to {v} {n}",
        "it would be good to {v} {n}",
        "I would be glad if you could {v} {n}",
        "the next thing is {g} {n}",
        "in order to go on I need {n} {p}",
        "you may {v} {n}",
        "{g} {n} is what I'm after",
    ],
    kept: &[
        "{n} is overdue for {g}",
        "I was hoping to {v} {n}",
        "this is about {g} {n}",
        "nothing left but to {v} {n}",
    ],
};
const QUESTION_EN: Forms = Forms {
    usual: &[
        "can {n} be {p}",
        "could {n} be {p}",
        "can we {v} {n}",
        "can I have {n} {p}",
        "could I get {n} {p}",
        "may I have {n} {p}",
        "how about {g} {n}",
        "would you mind {g} {n}",
        "is it possible to {v} {n}",
        "are you able to {v} {n}",
        "any chance you could {v} {n}",
        "will you {v} {n}",
        "who can {v} {n} for me",
        "shall we {v} {n}",
    ],
    kept: &["might I ask you to {v} {n}", "what would it take to {v} {n}"],
};

/// `{v}` 校准, `{n}` 织机. Any verb fits these.
const ORDER_ZH: Forms = Forms {
    usual: &[
        "{v}{n}",
        "{v}{n}",
        "把{n}{v}",
        "将{n}{v}",
        "把{n}给我{v}",
        "先把{n}{v}",
        "替我{v}{n}",
        "动手{v}{n}",
        "负责{v}{n}",
        "想办法把{n}{v}",
        "去{v}{n}",
    ],
    kept: &["抽空把{n}{v}", "代我{v}{n}"],
};
/// For verbs of two characters that are not colloquial.
const ORDER_ZH_FORMAL: Forms = Forms {
    usual: &[
        "{v}一下{n}",
        "把{n}{v}一下",
        "把{n}{v}了",
        "把{n}{v}好",
        "把这个{n}{v}一下",
        "对{n}进行{v}",
        "对{n}做一次{v}",
        "给{n}做个{v}",
        "完成{n}的{v}",
        "做一下{n}的{v}",
        "{v}我的{n}",
        "{v}这个{n}",
    ],
    kept: &["对{n}加以{v}", "着手{v}{n}"],
};
const STATEMENT_ZH: Forms = Forms {
    usual: &[
        "{n}要{v}",
        "{n}该{v}了",
        "{n}得{v}",
        "需要{v}{n}",
        "我需要{v}{n}",
        "我们需要{v}{n}",
        "我要{v}{n}",
        "我想{v}{n}",
        "我想把{n}{v}",
        "打算{v}{n}",
        "该{v}{n}了",
        "轮到{v}{n}了",
        "是时候{v}{n}了",
        "接下来{v}{n}",
        "下一步是{v}{n}",
        "任务：{v}{n}",
        "待办：{v}{n}",
        "{n}：{v}",
        "{n}，{v}",
        "这边要{v}{n}",
        "目的是{v}{n}",
        "有个{n}要{v}",
        "有{n}等着{v}",
        "希望能{v}{n}",
        "得有人{v}{n}",
        "我这次来是想{v}{n}",
        "必须{v}{n}",
        "为了后面的工作，要{v}{n}",
        "应该{v}{n}了",
        "就是想{v}{n}",
    ],
    kept: &["眼下要紧的是{v}{n}", "本来早就该{v}{n}了", "这回想请你{v}{n}"],
};
const STATEMENT_ZH_FORMAL: Forms = Forms {
    usual: &[
        "{n}需要{v}",
        "{n}应当{v}了",
        "{n}还没{v}，要{v}",
        "需要对{n}进行{v}",
        "要对{n}做一次{v}",
        "{n}等待{v}",
        "申请{v}{n}",
        "要求：{n}{v}",
        "{n}{v}一下",
        "想做{n}的{v}",
        "{n}的{v}",
        "{n}要被{v}",
        "{n}必须得到{v}",
    ],
    kept: &["{n}有待{v}", "有关{n}的{v}"],
};
const QUESTION_ZH: Forms = Forms {
    usual: &[
        "能不能{v}{n}",
        "可以{v}{n}吗",
        "能{v}{n}吗",
        "能把{n}{v}吗",
        "可不可以把{n}{v}",
        "{n}能{v}吗",
        "要不{v}{n}",
        "是不是可以{v}{n}",
        "有没有办法{v}{n}",
        "方便{v}{n}吗",
        "谁能{v}{n}",
        "会不会{v}{n}",
    ],
    kept: &["可否{v}{n}", "不知能否把{n}{v}"],
};
/// For verbs of Latin letters.
const FOREIGN_ZH: Forms = Forms {
    usual: &["{v}一下{n}", "把{n} {v} 一下", "对{n}做 {v}", "对{n}执行 {v}", "{v}这个{n}", "给{n}来一次 {v}"],
    kept: &["让{n} {v} 一回"],
};

/// The sentence without the values that are still to be said.
pub(super) fn core(d: &mut Draw, tool: &Tool, object: &str) -> Clause {
    if d.zh() { core_zh(d, tool, object) } else { core_en(d, tool, object) }
}

fn core_en(d: &mut Draw, tool: &Tool, object: &str) -> Clause {
    let verb = tool.verb.said.as_str();
    let what =
        if object.is_empty() { tool.noun.said.clone() } else { format!("{} {object}", tool.noun.said) };
    let before = match d.rng.pick(&["the", "the", "the", "", "a", "our", "my", "that", "this"]) {
        "a" => article(&what),
        other => other,
    };
    let thing = if before.is_empty() { what } else { format!("{before} {what}") };
    let (mood, forms) = match d.rng.below(100) {
        0..52 => (Mood::Order, &ORDER_EN),
        52..86 => (Mood::Statement, &STATEMENT_EN),
        _ => (Mood::Question, &QUESTION_EN),
    };
    let template = forms.pick(d);
    let (going, done) = (gerund(verb), participle(verb));
    let lacks = going.is_none() && template.contains("{g}") || done.is_none() && template.contains("{p}");
    let (mood, template) = if lacks { (Mood::Order, "{v} {n}") } else { (mood, template) };
    let (going, done) = (going.unwrap_or_default(), done.unwrap_or_default());
    Clause::new(mood, fill(template, &[("v", verb), ("g", &going), ("p", &done), ("n", &thing)]))
}

fn core_zh(d: &mut Draw, tool: &Tool, object: &str) -> Clause {
    let (verb, noun) = (tool.verb.said.as_str(), tool.noun.said.as_str());
    let thing = fill_apart("{n}{o}", &[("n", noun), ("o", object)]);
    let formal = verb.chars().count() == 2 && !verb.ends_with(['来', '去', '上', '下', '掉']);
    let (mood, forms) = match (verb.is_ascii(), formal, d.rng.below(100)) {
        (true, ..) => (Mood::Order, &FOREIGN_ZH),
        (_, true, 0..34) => (Mood::Order, &ORDER_ZH_FORMAL),
        (_, _, 0..54) => (Mood::Order, &ORDER_ZH),
        (_, true, 54..68) => (Mood::Statement, &STATEMENT_ZH_FORMAL),
        (_, _, 54..88) => (Mood::Statement, &STATEMENT_ZH),
        _ => (Mood::Question, &QUESTION_ZH),
    };
    let template = forms.pick(d);
    Clause::new(mood, fill_apart(template, &[("v", verb), ("n", &thing)]))
}
