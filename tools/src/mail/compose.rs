//! A message from what a model wrote: addresses are checked, nothing can become a header, and the same call makes the
//! same bytes.

use email_address::{EmailAddress, Options};
use handyman_core::{CallContext, ToolError, ToolResult};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use mail_builder::MessageBuilder;
use mail_builder::headers::HeaderType;
use mail_builder::headers::address::Address;
use mail_builder::headers::raw::Raw;
use serde_json::{Value, json};
use url::Host;

use super::message;
use crate::durable::name_of;

/// People that one message may go to.
const PEOPLE_MAX: usize = 20;
const SUBJECT_CHARS_MAX: usize = 300;
const TEXT_CHARS_MAX: usize = 50_000;
/// RFC 5321, 4.5.3.1.
const ADDRESS_BYTES_MAX: usize = 254;

/// Who mail is from, and what clocks it is dated by.
#[derive(Debug, Clone)]
pub struct Sender {
    name: Option<String>,
    address: String,
    zone: TimeZone,
}

/// A message as it was asked for.
#[derive(Debug, Clone)]
pub(super) struct Letter {
    pub(super) to: Vec<String>,
    pub(super) cc: Vec<String>,
    pub(super) subject: String,
    pub(super) text: String,
}

/// A message as it is sent.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Composed {
    /// What people refer to it by; it follows from the call's key.
    pub(super) id: String,
    /// The addresses it goes to, each with the argument that named it.
    pub(super) to: Vec<(String, String)>,
    pub(super) from: String,
    pub(super) bytes: Vec<u8>,
}

impl Sender {
    /// A sender from `ann@example.org` or `Ann Example <ann@example.org>`, who lives in a time zone.
    ///
    /// # Errors
    /// What is wrong with the address.
    pub fn parse(text: &str, zone: TimeZone) -> ToolResult<Self> {
        let (name, address) = match text.trim().strip_suffix('>').and_then(|text| text.split_once('<')) {
            Some((name, address)) => (name.trim().trim_matches('"').trim(), address),
            None => ("", text),
        };
        if name.chars().any(char::is_control) {
            return Err(ToolError::argument("from", "the name is not one line"));
        }
        let name = (!name.is_empty()).then(|| name.to_owned());
        Ok(Self { name, address: checked("from", address)?, zone })
    }
}

impl Letter {
    /// The message that a call sends.
    pub(super) fn composed(&self, sender: &Sender, context: &CallContext) -> ToolResult<Composed> {
        let to = people("to", &self.to, &[])?;
        let cc = people("cc", &self.cc, &to)?;
        if to.is_empty() {
            return Err(ToolError::argument("to", "nobody; say who it goes to"));
        }
        if to.len() + cc.len() > PEOPLE_MAX {
            return Err(ToolError::argument("to", format!("more than {PEOPLE_MAX} people")));
        }
        let subject = self.subject.trim();
        if subject.is_empty() || subject.chars().any(char::is_control) {
            return Err(ToolError::argument("subject", "not one line of text"));
        }
        if subject.chars().count() > SUBJECT_CHARS_MAX {
            return Err(ToolError::argument("subject", format!("more than {SUBJECT_CHARS_MAX} characters")));
        }
        let text = self.text.replace("\r\n", "\n").replace('\r', "\n");
        let text = text.trim_end();
        if text.trim().is_empty() {
            return Err(ToolError::argument("text", "empty; say what the message is"));
        }
        if let Some(control) = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
            return Err(ToolError::argument("text", format!("has the control character {control:?}")));
        }
        if text.chars().count() > TEXT_CHARS_MAX {
            return Err(ToolError::argument("text", format!("more than {TEXT_CHARS_MAX} characters")));
        }
        let name = name_of(&context.key);
        let domain = sender.address.rsplit('@').next().unwrap_or_default();
        let mut message = MessageBuilder::new()
            .from(Address::new_address(sender.name.as_deref(), sender.address.as_str()))
            .to(addresses(&to));
        if !cc.is_empty() {
            message = message.cc(addresses(&cc));
        }
        let bytes = message
            .subject(subject)
            .header("Date", HeaderType::Raw(Raw::new(sender.date(context.now)?)))
            .message_id(format!("{name}@{domain}"))
            .text_body(text)
            .write_to_vec()
            .map_err(ToolError::internal)?;
        let id = format!("M{}", &name[..12]);
        let to = [to, cc].concat();
        Ok(Composed { id, to, from: sender.address.clone(), bytes })
    }
}

impl Composed {
    /// What whoever gets it will see, and by what way it goes: found by reading the very bytes.
    pub(super) fn shown(&self, by: &str) -> Value {
        let mut shown = json!({"id": self.id});
        if let Some(message) = message::read(&self.bytes) {
            for (field, value) in message.headers {
                shown[field] = value;
            }
            shown["text"] = message.text.into();
        }
        shown["by"] = by.into();
        shown
    }

    /// What the model is told.
    pub(super) fn result(&self, status: &str) -> Value {
        let to: Vec<&str> = self.to.iter().map(|(_, address)| address.as_str()).collect();
        json!({"id": self.id, "to": to, "status": status})
    }
}

impl Sender {
    fn date(&self, now: DateTime) -> ToolResult<String> {
        let now = self.zone.to_zoned_datetime(now).map_err(ToolError::internal)?;
        jiff::fmt::rfc2822::to_string(&now).map_err(ToolError::internal)
    }
}

fn addresses(people: &[(String, String)]) -> Address<'_> {
    Address::new_list(people.iter().map(|(_, address)| Address::from(address.as_str())).collect())
}

/// Addresses with the arguments that name them, each once, without those that others have named. Hardly any server tells
/// `Ann@` from `ann@`, and nobody means two people by them.
fn people(
    argument: &str,
    texts: &[String],
    others: &[(String, String)],
) -> ToolResult<Vec<(String, String)>> {
    let mut found: Vec<(String, String)> = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let at = format!("{argument}/{index}");
        let address = checked(&at, text)?;
        if !found.iter().chain(others).any(|(_, known)| known.eq_ignore_ascii_case(&address)) {
            found.push((at, address));
        }
    }
    Ok(found)
}

/// An address that can stand in a header and in a command: no quotation, no comment, its domain in ASCII.
fn checked(at: &str, text: &str) -> ToolResult<String> {
    let text = text.trim();
    let wrong = |problem: &str| {
        let shown: String = text.chars().filter(|c| !c.is_control()).take(60).collect();
        ToolError::argument(at, format!("'{shown}' {problem}"))
            .expecting("an address such as ann@example.org")
    };
    let plain = Options::default().without_display_text().without_domain_literal();
    let fits = text.len() <= ADDRESS_BYTES_MAX
        && !text.chars().any(|c| c.is_control() || c.is_whitespace() || "\"\\(),:;<>[]%".contains(c));
    if !fits || EmailAddress::parse_with_options(text, plain).is_err() {
        return Err(wrong("is no e-mail address"));
    }
    let Some((local, domain)) = text.rsplit_once('@') else { return Err(wrong("is no e-mail address")) };
    if !local.is_ascii() {
        return Err(wrong("has letters before the @ that mail servers do not take"));
    }
    match Host::parse(domain) {
        Ok(Host::Domain(domain)) => Ok(format!("{local}@{domain}")),
        Ok(Host::Ipv4(_) | Host::Ipv6(_)) | Err(_) => Err(wrong("names no domain")),
    }
}

#[cfg(test)]
pub(super) mod tests;
