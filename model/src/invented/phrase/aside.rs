//! Things people say beside the point: reasons, other people, numbers that no call takes.

use crate::draw::Draw;
use crate::fill::{fill, fill_apart};
use crate::value::{Kind, Said, date};

use super::super::tool::Tool;
use super::{Forms, form};

/// What an aside holds that could be taken for a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    Nothing,
    Number,
    Person,
    Place,
    Day,
}

const NOTHING_EN: Forms = Forms {
    usual: &[
        "I meant to do it myself",
        "the manager asked about it",
        "I keep forgetting",
        "we talked about it before",
        "it has been on my mind",
        "visitors are coming",
        "my colleague could not do it",
        "nobody else is here",
        "I don't want to forget it again",
        "I promised somebody",
        "the old one is gone",
        "things have been busy here",
        "I tried and gave up",
        "I'm new to this",
        "it went wrong the last time",
        "the neighbours complained",
        "my hands are full",
        "I can't do it from here",
        "everyone is counting on me",
        "we had trouble with it before",
        "it's raining and I'm stuck at home",
        "the phone keeps ringing",
        "the coffee machine is broken too",
        "I just got back from lunch",
    ],
    kept: &["it slipped my mind", "the rest of us are tied up", "I owe somebody that much"],
};
const NUMBER_EN: Forms = Forms {
    usual: &[
        "I have asked {x} times already",
        "we did {x} of these last year",
        "{x} people are waiting",
        "there are {x} of us in the office",
        "I've been on the phone for {x} minutes",
        "my last {x} attempts failed",
        "there were {x} complaints",
        "we have {x} others like it",
        "I had to walk {x} blocks to get here",
        "I am {x} messages behind",
        "my cat had {x} kittens",
        "this is one of {x} things on my desk",
    ],
    kept: &["I've seen {x} of those go wrong", "some {x} colleagues keep asking"],
};
const PERSON_EN: Forms = Forms {
    usual: &[
        "{x} reminded me of it",
        "{x} asked me to",
        "I told {x} I would see to it",
        "{x} did it the last time",
        "{x} is away on leave",
        "{x} said it would be easy",
        "{x} used to do that",
        "I just talked with {x}",
        "{x} keeps asking me about it",
        "even {x} noticed",
    ],
    kept: &["{x} brought it up at lunch", "{x} won't stop talking about it"],
};
const PLACE_EN: Forms = Forms {
    usual: &[
        "I'm calling from {x}",
        "I just came back from {x}",
        "my cousin lives in {x}",
        "I used to work in {x}",
        "we had the same thing in {x}",
        "I'm still on the train from {x}",
    ],
    kept: &["back in {x} they did it for me"],
};
const DAY_EN: Forms = Forms {
    usual: &[
        "I heard about it on {x}",
        "it was forgotten on {x}",
        "I've been at it since last week",
        "I noticed it yesterday",
        "it broke down the other day",
        "my holiday begins {x}",
    ],
    kept: &["it came up the night before last"],
};
const NOTHING_ZH: Forms = Forms {
    usual: &[
        "我本来想自己弄",
        "经理问起过",
        "我老是忘记",
        "之前说好的",
        "这事一直惦记着",
        "有客人要来",
        "同事弄不了",
        "这里没有别人了",
        "免得我又忘了",
        "答应过人家的",
        "旧的已经没了",
        "最近这边很忙",
        "我试过不行",
        "我刚来不太熟",
        "上回没弄好",
        "邻居有意见",
        "我腾不出手",
        "我在外面不方便",
        "大家都等着呢",
        "以前出过毛病",
        "外面下雨我出不去",
        "电话一直响个不停",
        "咖啡机也坏了",
        "我刚吃完饭回来",
    ],
    kept: &["这事差点给忘了", "别人都脱不开身", "不弄好我睡不着"],
};
const NUMBER_ZH: Forms = Forms {
    usual: &[
        "我已经问过{x}次了",
        "去年我们弄过{x}个",
        "有{x}个人在等",
        "办公室里有{x}个人",
        "我打了{x}分钟电话",
        "前{x}次都没成",
        "收到过{x}次投诉",
        "这样的我们还有{x}个",
        "我走了{x}条街才到",
        "我还有{x}条消息没看",
        "我家猫生了{x}只小猫",
        "手头还有{x}件别的事",
    ],
    kept: &["这种事我见过{x}回了", "有{x}个同事在催"],
};
const PERSON_ZH: Forms = Forms {
    usual: &[
        "是{x}提醒我的",
        "{x}叫我办的",
        "我跟{x}说过我来办",
        "上次是{x}弄的",
        "{x}休假去了",
        "{x}说这很简单",
        "以前都是{x}做",
        "我刚和{x}聊过",
        "{x}老问我这事",
        "连{x}都看出来了",
    ],
    kept: &["吃饭时{x}提起过", "{x}念叨好久了"],
};
const PLACE_ZH: Forms = Forms {
    usual: &[
        "我刚从{x}回来",
        "我表哥住在{x}",
        "我以前在{x}上班",
        "在{x}也碰到过",
        "我还在从{x}来的车上",
        "我人在{x}打的电话",
    ],
    kept: &["当初在{x}人家都给办"],
};
const DAY_ZH: Forms = Forms {
    usual: &[
        "我{x}才听说的",
        "{x}给忘了",
        "从上个礼拜就开始弄了",
        "昨天才发现",
        "前几天坏过",
        "我{x}开始放假",
    ],
    kept: &["前天晚上才想起来"],
};

/// Something beside the point that cannot be taken for a value the request leaves out.
pub(super) fn draw(d: &mut Draw, tool: &Tool, values: &[(usize, Said)]) -> Option<String> {
    if !d.chance(22) {
        return None;
    }
    let holds =
        *d.rng.one(&[Holds::Nothing, Holds::Nothing, Holds::Number, Holds::Person, Holds::Place, Holds::Day]);
    let unset = |i: usize| values.iter().all(|(at, _)| *at != i);
    let mistaken = |(i, field): (usize, &super::Field)| unset(i) && fits(&field.kind, holds);
    if tool.fields.iter().enumerate().any(mistaken) {
        return None;
    }
    let (template, x) = match holds {
        Holds::Nothing => (form(d, &NOTHING_EN, &NOTHING_ZH), String::new()),
        Holds::Number => (form(d, &NUMBER_EN, &NUMBER_ZH), d.rng.between(3, 60).to_string()),
        Holds::Person => (form(d, &PERSON_EN, &PERSON_ZH), d.person()),
        Holds::Place => {
            let place = Kind::Place.draw(d).text;
            (form(d, &PLACE_EN, &PLACE_ZH), place)
        }
        Holds::Day => {
            let day = date(d);
            (form(d, &DAY_EN, &DAY_ZH), day)
        }
    };
    let slots = [("x", x.as_str())];
    Some(if d.zh() { fill_apart(template, &slots) } else { fill(template, &slots) })
}

/// Whether a field of this kind could take what the aside holds. Free text could take anything.
fn fits(kind: &Kind, holds: Holds) -> bool {
    match kind {
        Kind::Text => true,
        Kind::Word => matches!(holds, Holds::Person | Holds::Place),
        Kind::Person => holds == Holds::Person,
        Kind::Place => holds == Holds::Place,
        Kind::Date | Kind::Time => matches!(holds, Holds::Day | Holds::Number),
        Kind::Integer | Kind::Number | Kind::Code | Kind::Phone | Kind::Version => holds == Holds::Number,
        Kind::List(of) => fits(of, holds),
        Kind::Email | Kind::Url | Kind::Path | Kind::Boolean | Kind::Choice(_) => false,
    }
}
