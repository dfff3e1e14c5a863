//! Slips of the keyboard in what the person says, never inside a value that a call carries.

use serde_json::Value;

use crate::conversation::{Conversation, Role};
use crate::draw::{Draw, capitalize};

/// Makes the person's messages a little less tidy.
pub fn roughen(d: &mut Draw, talk: &mut Conversation) {
    let values: Vec<String> =
        talk.messages.iter().flat_map(|m| &m.tool_calls).flat_map(|c| strings(&c.arguments)).collect();
    for message in talk.messages.iter_mut().filter(|m| m.role == Role::User) {
        if d.zh() {
            if d.chance(12) {
                message.content = punctuate(d, &message.content, &values);
            }
        } else if d.chance(16) {
            message.content = mistype(d, &message.content, &values);
        }
    }
}

/// A value at the beginning of a sentence has its capital there: calls copy it as it stands.
pub fn follow_capitals(talk: &mut Conversation) {
    let mut said = String::new();
    for message in &mut talk.messages {
        if message.role != Role::Assistant {
            said.push_str(&message.content);
        }
        for call in &mut message.tool_calls {
            let Some(tool) = talk.tools.iter().find(|tool| tool.name == call.name) else { continue };
            for (name, value) in &mut call.arguments {
                let copied = tool.parameters["properties"][name]["x-verbatim"] == true;
                let Value::String(text) = value else { continue };
                let capital = capitalize(text);
                if copied && !said.contains(text.as_str()) && said.contains(&capital) {
                    *text = capital;
                }
            }
        }
    }
}

fn strings(arguments: &serde_json::Map<String, Value>) -> Vec<String> {
    arguments.values().filter_map(Value::as_str).map(str::to_lowercase).collect()
}

/// Half-width punctuation, a space or nothing where a full-width comma was.
fn punctuate(d: &mut Draw, text: &str, values: &[String]) -> String {
    let changed = match d.rng.below(3) {
        0 => text.replace('，', ",").replace('？', "?").replace('。', "."),
        1 => text.replace('，', " ").replace(['？', '。'], ""),
        _ => text.replace('，', ""),
    };
    let carried = |text: &str| values.iter().filter(|v| text.contains(v.as_str())).count();
    if carried(&changed) == carried(text) { changed } else { text.to_owned() }
}

/// One English word with two letters swapped, one dropped or one doubled.
fn mistype(d: &mut Draw, text: &str, values: &[String]) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let plain = |word: &str| {
        let lower = word.to_lowercase();
        word.len() > 3
            && word.bytes().all(|b| b.is_ascii_alphabetic())
            && !values.iter().any(|v| v.contains(&lower))
    };
    let open: Vec<usize> = (0..words.len()).filter(|i| plain(words[*i])).collect();
    if open.is_empty() {
        return text.to_owned();
    }
    let at = *d.rng.one(&open);
    let mut letters: Vec<char> = words[at].chars().collect();
    let i = 1 + d.rng.below(letters.len() - 2);
    match d.rng.below(3) {
        0 => letters.swap(i, i + 1),
        1 => {
            letters.remove(i);
        }
        _ => letters.insert(i, letters[i]),
    }
    let wrong: String = letters.into_iter().collect();
    let mut words: Vec<&str> = words;
    words[at] = &wrong;
    words.join(" ")
}
