//! One value with the name of what it is: "speed 40", "a speed of 40", "速度设为40".

use crate::draw::{Draw, capitalize};
use crate::fill::{fill, fill_apart};
use crate::value::{Kind, Said};

use super::super::tool::Field;
use super::word::article;
use super::{Forms, Open, form};

/// `{l}` the name, `{v}` the value. These may follow "with" or a comma.
const NOUN_EN: Forms = Forms {
    usual: &[
        "{l} {v}",
        "{l} {v}",
        "{l} = {v}",
        "{l}={v}",
        "{l}: {v}",
        "{l} of {v}",
        "the {l} {v}",
        "the {l} at {v}",
        "the {l} set to {v}",
        "{l} set to {v}",
        "{v} as the {l}",
        "{v} as {l}",
        "{v} for {l}",
        "{v} for the {l}",
        "{v} ({l})",
        "{l} ({v})",
        "{l} -> {v}",
        "{l} → {v}",
        "{l} being {v}",
        "{v} being the {l}",
        "{l} [{v}]",
    ],
    kept: &["{l} := {v}", "{v} in the way of {l}", "{l} => {v}"],
};
/// These follow a comma only.
const LOOSE_EN: Forms = Forms {
    usual: &[
        "the {l} is {v}",
        "{l} is {v}",
        "{l} should be {v}",
        "the {l} must be {v}",
        "whose {l} is {v}",
        "its {l} is {v}",
        "using {v} as the {l}",
        "where the {l} is {v}",
        "and for the {l} take {v}",
        "which has {v} as its {l}",
        "(the {l} is {v})",
        "({l}: {v})",
    ],
    kept: &["{v} being what I want for the {l}", "the {l}, that's {v}"],
};
const SENTENCE_EN: Forms = Forms {
    usual: &[
        "the {l} is {v}",
        "the {l} should be {v}",
        "the {l} must be {v}",
        "make it {v} for the {l}",
        "make the {l} {v}",
        "use {v} as the {l}",
        "use {v} for the {l}",
        "take {v} as the {l}",
        "{v} is the {l}",
        "it has {v} as its {l}",
        "its {l} is {v}",
        "for the {l}, take {v}",
        "as for the {l}: {v}",
        "for {l} I'd say {v}",
        "put {v} under {l}",
        "{l}: {v}",
        "{l} = {v}",
        "I want {v} as the {l}",
        "the {l} I have in mind is {v}",
        "let the {l} be {v}",
    ],
    kept: &["I'd go for {v} as the {l}", "when it comes to the {l}, it's {v}"],
};
const LINE_EN: Forms = Forms {
    usual: &["{l}: {v}", "{l}: {v}", "{l} = {v}", "{l} {v}", "{l} - {v}", "{l} -> {v}", "{v} ({l})"],
    kept: &["{l} | {v}"],
};
const NOUN_ZH: Forms = Forms {
    usual: &[
        "{l}{v}",
        "{l}{v}",
        "{l}是{v}",
        "{l}为{v}",
        "{l}：{v}",
        "{l}:{v}",
        "{l}={v}",
        "{l}用{v}",
        "{l}设为{v}",
        "{l}设成{v}",
        "{l}定为{v}",
        "{l}选{v}",
        "{l}填{v}",
        "{l}写{v}",
        "{l}取{v}",
        "{l}按{v}",
        "{l}（{v}）",
        "{l}→{v}",
        "以{v}为{l}",
        "用{v}作为{l}",
        "{v}作为{l}",
        "{v}当{l}",
    ],
    kept: &["{l}就{v}", "{l}暂定{v}", "{l}【{v}】"],
};
const LOOSE_ZH: Forms = Forms {
    usual: &[
        "其{l}是{v}",
        "它的{l}是{v}",
        "{l}应该是{v}",
        "{l}要{v}",
        "{l}要用{v}",
        "{l}得是{v}",
        "{l}那里填{v}",
        "{l}一栏写{v}",
        "（{l}：{v}）",
        "（{l}是{v}）",
        "{l}的话用{v}",
        "至于{l}，{v}",
    ],
    kept: &["{l}嘛，{v}", "{l}我看{v}就行"],
};
const SENTENCE_ZH: Forms = Forms {
    usual: &[
        "{l}是{v}",
        "{l}为{v}",
        "{l}：{v}",
        "{l}用{v}",
        "{l}要{v}",
        "{l}设为{v}",
        "{l}定成{v}",
        "{l}应该是{v}",
        "{v}是它的{l}",
        "它的{l}是{v}",
        "{l}就用{v}吧",
        "{l}请填{v}",
        "用{v}做{l}",
        "{l}我想用{v}",
        "{l}方面，{v}",
        "关于{l}，用{v}",
        "{l}一项填{v}",
        "以{v}为{l}",
    ],
    kept: &["{l}就照{v}来", "{l}这块儿是{v}"],
};
const LINE_ZH: Forms = Forms {
    usual: &["{l}：{v}", "{l}：{v}", "{l}:{v}", "{l}={v}", "{l} {v}", "{l}→{v}", "{v}（{l}）", "【{l}】{v}"],
    kept: &["{l}｜{v}"],
};
const AMOUNT_EN: &[&str] = &["{a} {l} of {v}", "{a} {l} of {v}", "{a} {l} of exactly {v}", "{l} at {v}"];
const CHOICE_EN: &[&str] = &["{v} {l}", "the {v} {l}", "{v} as {l}", "{l} {v}"];
const YES_EN: &[&str] = &[
    "{l} on",
    "{l} enabled",
    "{l} true",
    "{l}: yes",
    "{l} = true",
    "{l} switched on",
    "{l} = yes",
    "{l} turned on",
    "{l}",
];
const NO_EN: &[&str] = &[
    "{l} off",
    "no {l}",
    "{l} disabled",
    "{l} false",
    "{l}: no",
    "{l} = false",
    "{l} switched off",
    "{l} = no",
    "{l} turned off",
];
const YES_ZH: &[&str] =
    &["要{l}", "需要{l}", "开启{l}", "{l}：是", "{l}选是", "{l}打勾", "带上{l}", "{l}要开", "{l}=true"];
const NO_ZH: &[&str] =
    &["不要{l}", "不用{l}", "关闭{l}", "{l}：否", "{l}选否", "不需要{l}", "{l}不开", "{l}=false", "别{l}"];

/// Where a mention stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// After "with" or a comma.
    Noun,
    /// After a comma.
    Loose,
    /// By itself.
    Sentence,
    /// On a line of a list.
    Line,
}

/// One value with its name, to follow a comma.
pub(in super::super) fn mention(d: &mut Draw, field: &Field, said: &Said) -> String {
    let shape = if d.chance(25) { Shape::Loose } else { Shape::Noun };
    shaped(d, (field, said), shape)
}

/// One value with its name, to stand anywhere in a sentence.
pub(in super::super) fn named(d: &mut Draw, field: &Field, said: &Said) -> String {
    shaped(d, (field, said), Shape::Noun)
}

/// One value with its name.
pub(super) fn shaped(d: &mut Draw, value: Open<'_>, shape: Shape) -> String {
    let template = template(d, value, shape);
    filled(d, value, template, shape)
}

/// A template for this value.
pub(super) fn template(d: &mut Draw, value: Open<'_>, shape: Shape) -> &'static str {
    let zh = d.zh();
    match (&value.0.kind, shape) {
        (Kind::Boolean, Shape::Line) => d.say(&["{l}: {v}", "{l} = {v}"], &["{l}：{v}", "{l}={v}"]),
        (Kind::Boolean, _) if value.1.json == true => d.say(YES_EN, YES_ZH),
        (Kind::Boolean, _) => d.say(NO_EN, NO_ZH),
        (Kind::Integer | Kind::Number, Shape::Noun) if !zh && d.chance(25) => d.rng.pick(AMOUNT_EN),
        (Kind::Choice(_), Shape::Noun) if !zh && d.chance(35) => d.rng.pick(CHOICE_EN),
        (_, Shape::Noun) => form(d, &NOUN_EN, &NOUN_ZH),
        (_, Shape::Loose) => form(d, &LOOSE_EN, &LOOSE_ZH),
        (_, Shape::Sentence) => form(d, &SENTENCE_EN, &SENTENCE_ZH),
        (_, Shape::Line) => form(d, &LINE_EN, &LINE_ZH),
    }
}

/// The template with the value and its name; a sentence gets a capital, unless a value stands there.
pub(super) fn filled(d: &mut Draw, (field, said): Open<'_>, template: &str, shape: Shape) -> String {
    let label = field.label.as_str();
    let text = quoted(d, &field.kind, &said.text);
    let text = if field.kind == Kind::Boolean { truth(d, said) } else { text };
    let slots = [("l", label), ("v", text.as_str()), ("a", article(label))];
    if d.zh() {
        // Where the comma before it is left out, a number must not run into the one before.
        let runs = template.starts_with("{v}") && text.starts_with(|c: char| c.is_ascii_alphanumeric());
        let template = if runs && shape != Shape::Line { "以{v}为{l}" } else { template };
        return fill_apart(template, &slots);
    }
    let filled = fill(template, &slots);
    let begins = shape == Shape::Sentence && !template.starts_with("{v}");
    if begins && d.chance(75) { capitalize(&filled) } else { filled }
}

fn truth(d: &mut Draw, said: &Said) -> String {
    if said.json == true {
        d.say(&["yes", "true", "on"], &["是", "要", "开"])
    } else {
        d.say(&["no", "false", "off"], &["否", "不要", "不开"])
    }
    .to_owned()
}

/// The value, in quotation marks where people use them.
fn quoted(d: &mut Draw, kind: &Kind, text: &str) -> String {
    const EN: Forms =
        Forms { usual: &["\"{v}\"", "\"{v}\"", "'{v}'", "“{v}”", "`{v}`"], kept: &["«{v}»"] };
    const ZH: Forms = Forms {
        usual: &["“{v}”", "“{v}”", "「{v}」", "『{v}』", "\"{v}\"", "‘{v}’", "《{v}》"],
        kept: &["【{v}】"],
    };
    let often = match kind {
        Kind::Text => 50,
        Kind::Word => 25,
        Kind::Code | Kind::Person | Kind::Place | Kind::Choice(_) | Kind::Path | Kind::Url => 8,
        _ => 0,
    };
    if d.chance(often) { fill(form(d, &EN, &ZH), &[("v", text)]) } else { text.to_owned() }
}
