//! Mail from a folder of text files. Strangers write mail, so what it says licenses no effect.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use handyman_core::{ToolError, ToolErrorKind, ToolResult, tool};
use serde_json::{Value, json};

const SHOWN_MAX: usize = 3;
const CHARS_MAX: usize = 1_500;
const FILE_BYTES_MAX: u64 = 2_000_000;

/// A folder of mail, one text file (`.txt`, `.eml` or `.md`) each. It is read anew at each call.
#[derive(Debug, Clone)]
pub struct Mailbox {
    folder: PathBuf,
}

/// A file of the folder.
struct Mail {
    name: String,
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
            if !about.is_file() || !["txt", "eml", "md"].contains(&kind) || about.len() > FILE_BYTES_MAX {
                continue;
            }
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let text = String::from_utf8_lossy(&fs::read(&path).map_err(unreadable)?).into_owned();
            mails.push(Mail { name, text, written: about.modified().unwrap_or(SystemTime::UNIX_EPOCH) });
        }
        mails.sort_by(|one, other| (other.written, &other.name).cmp(&(one.written, &one.name)));
        Ok(mails)
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
    mails.retain(|mail| format!("{}\n{}", mail.name, mail.text).to_lowercase().contains(&wanted));
    let shown: Vec<Value> = mails
        .iter()
        .take(SHOWN_MAX)
        .map(|mail| json!({"name": mail.name, "text": mail.text.chars().take(CHARS_MAX).collect::<String>()}))
        .collect();
    Ok(json!({"mails": shown, "more": mails.len().saturating_sub(SHOWN_MAX)}))
}

#[cfg(test)]
mod tests;
