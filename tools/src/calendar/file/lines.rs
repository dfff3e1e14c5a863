//! The content lines of an iCalendar file and the components they make, with the place of each.
//!
//! Only what is needed to name a mistake by its line, and to put something in without touching the rest: what a
//! line says is read by a library.

use std::fmt;

use icalendar::parser::Property;

const BYTES_MAX: usize = 50_000_000;
const DEPTH_MAX: usize = 8;

/// What is wrong with a file, and in which line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Damage {
    pub(super) line: usize,
    pub(super) problem: String,
}

impl Damage {
    pub(super) fn at(line: usize, problem: impl Into<String>) -> Self {
        Self { line, problem: problem.into() }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

/// A content line, unfolded.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// The number of the first line of the file that it stands in.
    pub(super) number: usize,
    /// Where that begins in the file.
    offset: usize,
    pub(super) text: String,
}

impl Line {
    /// The property's name in capitals; without a colon, a line says nothing.
    pub(super) fn name(&self) -> Option<String> {
        let end = self.text.find([':', ';'])?;
        let name = &self.text[..end];
        let fits = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        (fits && self.text.contains(':')).then(|| name.to_ascii_uppercase())
    }

    /// The property.
    pub(super) fn property(&self) -> Result<Property<'_>, Damage> {
        Property::try_from(self.text.as_str())
            .map_err(|_| Damage::at(self.number, format!("'{}' cannot be read", shown(&self.text))))
    }
}

/// A component with its own lines and the components in it.
#[derive(Debug, Clone)]
pub(super) struct Component {
    pub(super) name: String,
    pub(super) number: usize,
    pub(super) lines: Vec<Line>,
    pub(super) parts: Vec<Component>,
}

impl Component {
    /// The first line of a property.
    pub(super) fn line(&self, name: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.name().as_deref() == Some(name))
    }

    /// A property's value; an empty text if it has none.
    pub(super) fn value(&self, name: &str) -> Result<String, Damage> {
        let property = self.line(name).map(Line::property).transpose()?;
        Ok(property.map(|property| property.val.as_str().trim().to_owned()).unwrap_or_default())
    }
}

/// A file's components, and where a new one goes.
#[derive(Debug)]
pub(super) struct Outline {
    pub(super) calendars: Vec<Component>,
    /// The place before the end of the last calendar.
    pub(super) insert_at: usize,
    /// How the file ends its lines.
    pub(super) line_end: &'static str,
}

/// Finds the components of a file.
pub(super) fn outline(bytes: &[u8]) -> Result<Outline, Damage> {
    if bytes.len() > BYTES_MAX {
        return Err(Damage::at(1, format!("the file has more than {BYTES_MAX} bytes")));
    }
    let mut open: Vec<Component> = Vec::new();
    let mut calendars = Vec::new();
    let mut insert_at = 0;
    let mut last = 1;
    for line in lines(bytes)? {
        last = line.number;
        let Some(name) = line.name() else {
            return Err(Damage::at(line.number, format!("'{}' is no property", shown(&line.text))));
        };
        let value = line.text.split_once(':').map(|(_, value)| value.trim().to_ascii_uppercase());
        let depth = open.len();
        match (name.as_str(), open.last_mut()) {
            ("BEGIN", None) if value.as_deref() != Some("VCALENDAR") => {
                return Err(Damage::at(line.number, "a calendar begins with BEGIN:VCALENDAR"));
            }
            ("BEGIN", _) if depth >= DEPTH_MAX => {
                return Err(Damage::at(line.number, "components are nested too deeply"));
            }
            ("BEGIN", _) => open.push(Component {
                name: value.unwrap_or_default(),
                number: line.number,
                lines: Vec::new(),
                parts: Vec::new(),
            }),
            ("END", Some(inner)) if value.as_deref() != Some(inner.name.as_str()) => {
                let (name, begin) = (&inner.name, inner.number);
                let problem = format!("'{}' where END:{name} was due, for line {begin}", shown(&line.text));
                return Err(Damage::at(line.number, problem));
            }
            ("END", Some(_)) => match (open.pop(), open.last_mut()) {
                (Some(done), Some(outer)) => outer.parts.push(done),
                (Some(done), None) => {
                    insert_at = line.offset;
                    calendars.push(done);
                }
                (None, _) => {}
            },
            (_, Some(inner)) => inner.lines.push(line),
            (_, None) => return Err(Damage::at(line.number, "a calendar begins with BEGIN:VCALENDAR")),
        }
    }
    if let Some(inner) = open.last() {
        let problem = format!("the file ends before END:{}, which line {} needs", inner.name, inner.number);
        return Err(Damage::at(last, problem));
    }
    if calendars.is_empty() {
        return Err(Damage::at(1, "a calendar begins with BEGIN:VCALENDAR"));
    }
    let line_end = if bytes.windows(2).any(|pair| pair == b"\r\n") { "\r\n" } else { "\n" };
    Ok(Outline { calendars, insert_at, line_end })
}

/// The content lines; a fold may stand in the middle of a character, so bytes are joined first.
fn lines(bytes: &[u8]) -> Result<Vec<Line>, Damage> {
    let (bytes, skipped) = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => (rest, 3),
        None => (bytes, 0),
    };
    let mut joined: Vec<(usize, usize, Vec<u8>)> = Vec::new();
    let mut offset = skipped;
    for (index, raw) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let text = raw.strip_suffix(b"\n").unwrap_or(raw);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        match (text.split_first(), joined.last_mut()) {
            (Some((b' ' | b'\t', rest)), Some((_, _, line))) => line.extend_from_slice(rest),
            (Some(_), _) => joined.push((index + 1, offset, text.to_vec())),
            (None, _) => {}
        }
        offset += raw.len();
    }
    joined
        .into_iter()
        .map(|(number, offset, bytes)| {
            let text = String::from_utf8(bytes).map_err(|_| Damage::at(number, "this is not UTF-8"))?;
            Ok(Line { number, offset, text })
        })
        .collect()
}

/// A line as far as a message shows it.
fn shown(text: &str) -> String {
    let short: String = text.chars().filter(|c| !c.is_control()).take(60).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}
