//! A message (RFC 5322 and MIME) as what it says: headers decoded, and the text from whatever it is packed in.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, SystemTime};

use mail_parser::{Addr, Address, MessageParser, MessagePart, MimeHeaders, PartType};
use serde_json::Value;

use crate::web::readable;

const ATTACHMENTS_MAX: usize = 10;
/// How far into a message its date is looked for.
const HEAD_BYTES_MAX: u64 = 64_000;

/// What a message says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Message {
    /// Sender, recipients, subject, date and attachments, as far as it has them.
    pub(crate) headers: Vec<(&'static str, Value)>,
    pub(crate) text: String,
}

/// Reads a message; `None` for bytes without the headers of one.
pub(crate) fn read(bytes: &[u8]) -> Option<Message> {
    let message = MessageParser::default().parse(bytes)?;
    let mut headers = Vec::new();
    let mut add = |field, value: Option<Value>| headers.extend(value.map(|value| (field, value)));
    add("from", message.from().and_then(people));
    add("to", message.to().and_then(people));
    add("cc", message.cc().and_then(people));
    add("subject", message.subject().map(|subject| one_line(subject).into()));
    add("date", message.date().map(|date| date.to_rfc3339().into()));
    if headers.is_empty() {
        return None;
    }
    let attached = |part: &&MessagePart<'_>| part.attachment_name().is_some() || text(part).is_none();
    let names: Vec<Value> =
        message.attachments().filter(attached).take(ATTACHMENTS_MAX).map(attachment).collect();
    if !names.is_empty() {
        headers.push(("attachments", names.into()));
    }
    // Plain text, else HTML, else what is text though the message is cut off before it says so.
    let ways: [Vec<&MessagePart<'_>>; 3] = [
        message.text_bodies().collect(),
        message.html_bodies().collect(),
        message.attachments().filter(|part| !attached(part)).collect(),
    ];
    let joined = |parts: Vec<&MessagePart<'_>>| {
        let texts: Vec<String> = parts.into_iter().filter_map(text).filter(|text| !text.is_empty()).collect();
        texts.join("\n\n")
    };
    let said = ways.into_iter().map(joined).find(|text| !text.is_empty()).unwrap_or_default();
    Some(Message { headers, text: said })
}

/// When the message in a file was sent, as it says itself.
pub(crate) fn sent(path: &Path) -> Option<SystemTime> {
    let mut head = Vec::new();
    File::open(path).ok()?.take(HEAD_BYTES_MAX).read_to_end(&mut head).ok()?;
    let message = MessageParser::default().parse_headers(&head)?;
    let seconds = u64::try_from(message.date()?.to_timestamp()).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

/// The text of a part, without carriage returns.
fn text(part: &MessagePart<'_>) -> Option<String> {
    match &part.body {
        PartType::Text(text) => Some(text.replace('\r', "").trim().to_owned()),
        PartType::Html(html) => Some(match readable(html) {
            Ok((_, text)) => text,
            // Nested beyond what a tree is made of: the words alone.
            Err(_) => mail_parser::decoders::html::html_to_text(html).trim().to_owned(),
        }),
        PartType::Binary(_) | PartType::InlineBinary(_) | PartType::Message(_) | PartType::Multipart(_) => {
            None
        }
    }
}

fn attachment(part: &MessagePart<'_>) -> Value {
    let kind = || {
        part.content_type().map(|kind| match kind.subtype() {
            Some(subtype) => format!("{}/{subtype}", kind.ctype()),
            None => kind.ctype().to_owned(),
        })
    };
    let name = part.attachment_name().map(str::to_owned).or_else(kind);
    one_line(&name.unwrap_or_else(|| "without a name".to_owned())).into()
}

/// Names and addresses, separated by commas.
fn people(address: &Address<'_>) -> Option<Value> {
    let shown = |person: &Addr<'_>| match (person.name(), person.address()) {
        (Some(name), Some(address)) => Some(format!("{name} <{address}>")),
        (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
        (None, None) => None,
    };
    let all: Vec<String> = address.iter().filter_map(shown).collect();
    (!all.is_empty()).then(|| one_line(&all.join(", ")).into())
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
