//! Mail: reading it from a folder, and sending it. Strangers write mail, so what it says licenses no effect.
//!
//! Map: [`Mailbox`] and [`read_mail`] a folder of mail · with the feature `mail`: [`compose`] a message from what a
//! model wrote · [`outbox`] a folder that messages are put into · [`smtp`] a mail server.

#[cfg(feature = "mail")]
pub mod compose;
#[cfg(feature = "mail")]
mod message;
#[cfg(feature = "mail")]
pub mod outbox;
#[cfg(feature = "mail")]
pub mod smtp;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use handyman_core::{ToolError, ToolErrorKind, ToolResult, tool};
use serde_json::{Value, json};

#[cfg(feature = "mail")]
pub use compose::Sender;
#[cfg(feature = "mail")]
pub use outbox::Outbox;
#[cfg(feature = "mail")]
pub use smtp::Smtp;

const SHOWN_MAX: usize = 3;
const CHARS_MAX: usize = 1_500;
const HEADER_CHARS_MAX: usize = 200;
const FILE_BYTES_MAX: u64 = 2_000_000;
/// Messages have their attachments in them.
#[cfg(feature = "mail")]
const MESSAGE_BYTES_MAX: u64 = 30_000_000;
#[cfg(not(feature = "mail"))]
const MESSAGE_BYTES_MAX: u64 = FILE_BYTES_MAX;

/// A folder of mail, one file each: messages (`.eml`) and texts (`.txt`, `.md`). It is read anew at each call.
///
/// With the feature `mail`, messages are read as what they say: their headers, and their text from whatever it is
/// packed in. Without it they are texts.
#[derive(Debug, Clone)]
pub struct Mailbox {
    folder: PathBuf,
}

/// A file of the folder.
struct Mail {
    name: String,
    /// What its headers say, by field; nothing in a text.
    headers: Vec<(&'static str, Value)>,
    text: String,
    written: SystemTime,
}

impl Mailbox {
    /// The mail in a folder.
    ///
    /// # Errors
    /// Not a folder, or one that cannot be read.
    pub fn open(folder: &Path) -> ToolResult<Self> {
        let mailbox = Self { folder: folder.to_path_buf() };
        mailbox.mails().map(|_| mailbox)
    }

    /// All mail, the newest first.
    fn mails(&self) -> ToolResult<Vec<Mail>> {
        let place = self.folder.display();
        let unreadable = |error: std::io::Error| {
            ToolError::new(ToolErrorKind::NotFound, format!("the mail in {place} cannot be read: {error}"))
        };
        let mut mails = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let about = path.metadata().map_err(unreadable)?;
            let kind = path.extension().and_then(|kind| kind.to_str()).unwrap_or_default();
            let bytes_max = match kind {
                "eml" => MESSAGE_BYTES_MAX,
                "txt" | "md" => FILE_BYTES_MAX,
                _ => 0,
            };
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if !about.is_file() || about.len() > bytes_max || name.starts_with('.') {
                continue;
            }
            let written = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            let bytes = fs::read(&path).map_err(unreadable)?;
            mails.push(Mail::read(name, kind, &bytes, written));
        }
        mails.sort_by(|one, other| (other.written, &other.name).cmp(&(one.written, &one.name)));
        Ok(mails)
    }
}

impl Mail {
    fn read(name: String, kind: &str, bytes: &[u8], written: SystemTime) -> Self {
        #[cfg(feature = "mail")]
        if kind == "eml"
            && let Some(message::Message { headers, text }) = message::read(bytes)
        {
            return Self { name, headers, text, written };
        }
        let _ = kind;
        Self { name, headers: Vec::new(), text: String::from_utf8_lossy(bytes).into_owned(), written }
    }

    fn contains(&self, wanted: &str) -> bool {
        let headers = self.headers.iter().map(|(_, value)| value.to_string());
        [self.name.clone(), self.text.clone()]
            .into_iter()
            .chain(headers)
            .any(|text| text.to_lowercase().contains(wanted))
    }

    fn shown(&self) -> Value {
        let mut shown = json!({"name": self.name});
        for (field, value) in &self.headers {
            shown[*field] = match value {
                Value::String(text) => text.chars().take(HEADER_CHARS_MAX).collect::<String>().into(),
                other => other.clone(),
            };
        }
        shown["text"] = self.text.chars().take(CHARS_MAX).collect::<String>().into();
        shown
    }
}

/// Read my mail
#[tool(read_only, untrusted)]
pub async fn read_mail(
    #[state] mailbox: &Mailbox,
    /// Only mail that contains this
    #[arg(verbatim)]
    about: Option<String>,
) -> ToolResult<Value> {
    let wanted = about.unwrap_or_default().trim().to_lowercase();
    let mut mails = mailbox.mails()?;
    mails.retain(|mail| mail.contains(&wanted));
    let shown: Vec<Value> = mails.iter().take(SHOWN_MAX).map(Mail::shown).collect();
    Ok(json!({"mails": shown, "more": mails.len().saturating_sub(SHOWN_MAX)}))
}

#[cfg(test)]
mod tests;
