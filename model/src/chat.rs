//! Small talk: things people say that need no tool.

use crate::conversation::ToolSpec;
use crate::draw::Draw;

const EN: &[(&str, &str)] = &[
    ("hello", "Hello! What can I do for you?"),
    ("hi", "Hello! What can I do for you?"),
    ("hi there!", "Hello! What can I do for you?"),
    ("good morning", "Good morning! What can I do for you?"),
    ("hey, are you there?", "Yes. What can I do for you?"),
    ("thanks", "You are welcome."),
    ("thank you so much!", "You are welcome."),
    ("great, thanks", "You are welcome."),
    ("ok", "All right. Is there anything else?"),
    ("never mind", "All right."),
    ("bye", "Goodbye!"),
    ("see you later", "Goodbye!"),
    ("who are you?", "I am a small assistant that works with tools."),
    ("are you a human", "No, I am a small assistant that works with tools."),
    ("you're great", "Thank you! Is there anything else?"),
];

const ZH: &[(&str, &str)] = &[
    ("你好", "你好！有什么可以帮你？"),
    ("您好！", "你好！有什么可以帮你？"),
    ("在吗", "在的，有什么可以帮你？"),
    ("早上好", "早上好！有什么可以帮你？"),
    ("谢谢", "不客气。"),
    ("太好了，谢谢你", "不客气。"),
    ("多谢", "不客气。"),
    ("好的", "好的，还需要别的吗？"),
    ("算了", "好的。"),
    ("不用了", "好的。"),
    ("再见", "再见！"),
    ("拜拜", "再见！"),
    ("你是谁？", "我是一个会用工具办事的小助手。"),
    ("你是真人吗", "不是，我是一个会用工具办事的小助手。"),
    ("你真棒", "谢谢！还需要别的吗？"),
];

/// Something that needs no tool, and what to say to it.
pub fn small_talk(d: &mut Draw, tools: &[ToolSpec]) -> (String, String) {
    let described: Vec<&str> =
        tools.iter().map(|t| t.description.as_str()).filter(|t| !t.is_empty()).take(4).collect();
    if !described.is_empty() && d.chance(25) {
        let list = described.join(if d.zh() { "；" } else { "; " });
        let said = d.say(
            &["what can you do?", "how can you help me", "what are you able to do?"],
            &["你能做什么？", "你会干什么", "你有什么功能？"],
        );
        let answer =
            if d.zh() { format!("我可以：{list}。") } else { format!("I can do this: {list}.") };
        return (said.to_owned(), answer);
    }
    let (said, answer) = *d.rng.one(if d.zh() { ZH } else { EN });
    (said.to_owned(), answer.to_owned())
}
