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

use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fs, io};

use handyman_core::{ToolError, ToolErrorKind, ToolResult, tool};
use serde_json::{Value, json};

use crate::search::encoding;

#[cfg(feature = "mail")]
pub use compose::Sender;
#[cfg(feature = "mail")]
pub use outbox::Outbox;
#[cfg(feature = "mail")]
pub use smtp::Smtp;

const SHOWN_MAX: usize = 3;
const CHARS_MAX: usize = 1_500;
/// How much is shown of a long text before the words that were asked for.
const CHARS_BEFORE: usize = 300;
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
struct MailFile {
    path: PathBuf,
    name: String,
    came: SystemTime,
}

/// What such a file says.
struct Mail {
    name: String,
    /// What its headers say, by field; nothing in a text.
    headers: Vec<(&'static str, Value)>,
    text: String,
}

impl Mailbox {
    /// The mail in a folder.
    ///
    /// # Errors
    /// Not a folder, or one that cannot be read.
    pub fn open(folder: &Path) -> ToolResult<Self> {
        let mailbox = Self { folder: folder.to_path_buf() };
        match fs::read_dir(folder) {
            Ok(_) => Ok(mailbox),
            Err(error) => Err(mailbox.unreadable(&error)),
        }
    }

    fn unreadable(&self, error: &io::Error) -> ToolError {
        let place = self.folder.display();
        ToolError::new(ToolErrorKind::NotFound, format!("the mail in {place} cannot be read: {error}"))
    }

    /// The files that are mail, the newest first.
    fn files(&self) -> ToolResult<Vec<MailFile>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(|error| self.unreadable(&error))? {
            let path = entry.map_err(|error| self.unreadable(&error))?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let kind = kind(&path);
            let bytes_max = match kind.as_str() {
                "eml" => MESSAGE_BYTES_MAX,
                "txt" | "md" => FILE_BYTES_MAX,
                _ => continue,
            };
            if name.starts_with('.') {
                continue;
            }
            // It may go away while the folder is read, or be a link to nothing.
            let Ok(about) = path.metadata() else { continue };
            if about.is_file() && about.len() <= bytes_max {
                let written = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                let came = came(&path, &kind, written);
                files.push(MailFile { path, name, came });
            }
        }
        files.sort_by(|one, other| (other.came, &other.name).cmp(&(one.came, &one.name)));
        Ok(files)
    }

    /// The mail that contains some words, the newest first, as far as it is shown, and how much more there is.
    fn found(&self, wanted: &str) -> ToolResult<(Vec<Value>, usize)> {
        let (mut shown, mut more) = (Vec::new(), 0);
        for file in self.files()? {
            if shown.len() == SHOWN_MAX && wanted.is_empty() {
                more += 1;
                continue;
            }
            let bytes = match fs::read(&file.path) {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(self.unreadable_file(&file, &error)),
            };
            let mail = Mail::read(file.name, &kind(&file.path), &bytes);
            if !mail.contains(wanted) {
                continue;
            }
            if shown.len() < SHOWN_MAX {
                shown.push(mail.shown(wanted));
            } else {
                more += 1;
            }
        }
        Ok((shown, more))
    }

    fn unreadable_file(&self, file: &MailFile, error: &io::Error) -> ToolError {
        let message = format!("the mail {} in {} cannot be read: {error}", file.name, self.folder.display());
        ToolError::new(ToolErrorKind::NotFound, message)
    }
}

/// When mail came: as a message says itself, for files that were copied were written together. None came after its file
/// was written, whatever it says.
fn came(path: &Path, kind: &str, written: SystemTime) -> SystemTime {
    #[cfg(feature = "mail")]
    if kind == "eml"
        && let Some(sent) = message::sent(path)
    {
        return sent.min(written);
    }
    let _ = (path, kind);
    written
}

/// At most so many characters of a text, the last of which says where more was cut off.
fn cut(text: &str, chars_max: usize) -> String {
    match text.chars().nth(chars_max) {
        Some(_) => text.chars().take(chars_max.saturating_sub(1)).chain(['…']).collect(),
        None => text.to_owned(),
    }
}

/// What a file's ending says it is, however that is spelled.
fn kind(path: &Path) -> String {
    path.extension().and_then(|kind| kind.to_str()).unwrap_or_default().to_lowercase()
}

impl Mail {
    fn read(name: String, kind: &str, bytes: &[u8]) -> Self {
        #[cfg(feature = "mail")]
        if kind == "eml"
            && let Some(message::Message { headers, text }) = message::read(bytes)
        {
            return Self { name, headers, text };
        }
        let _ = kind;
        let text = encoding::text(bytes).unwrap_or_else(|| String::from_utf8_lossy(bytes));
        Self { name, headers: Vec::new(), text: text.into_owned() }
    }

    fn contains(&self, wanted: &str) -> bool {
        let headers = self.headers.iter().map(|(_, value)| value.to_string());
        [self.name.clone(), self.text.clone()]
            .into_iter()
            .chain(headers)
            .any(|text| text.to_lowercase().contains(wanted))
    }

    /// Its beginning, or the part with the words if that does not reach them.
    fn part_with(&self, wanted: &str) -> String {
        let lower = self.text.to_lowercase();
        let begins = lower.find(wanted).map_or(0, |at| lower[..at].chars().count());
        if begins + wanted.chars().count() < CHARS_MAX {
            return cut(&self.text, CHARS_MAX);
        }
        let part = self.text.chars().skip(begins.saturating_sub(CHARS_BEFORE));
        cut(&['…'].into_iter().chain(part).collect::<String>(), CHARS_MAX)
    }

    fn shown(&self, wanted: &str) -> Value {
        let mut shown = json!({"name": self.name});
        for (field, value) in &self.headers {
            shown[*field] = match value {
                Value::String(text) => cut(text, HEADER_CHARS_MAX).into(),
                other => other.clone(),
            };
        }
        shown["text"] = self.part_with(wanted).into();
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
    let mailbox = mailbox.clone();
    // On a thread of its own: much mail takes long to go through.
    let (shown, more) =
        tokio::task::spawn_blocking(move || mailbox.found(&wanted)).await.map_err(ToolError::internal)??;
    Ok(json!({"mails": shown, "more": more}))
}

#[cfg(test)]
mod tests;
