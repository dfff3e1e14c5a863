//! What the bytes of a file or an answer stand for: UTF-8, or an older encoding where something tells which.

use std::borrow::Cow;

use encoding_rs::{Encoding, GB18030, WINDOWS_1252};

use crate::language::is_han;

/// How far into a page it may say how it is written, in bytes: as far as browsers look.
#[cfg(feature = "web")]
const HEAD_BYTES: usize = 1_024;

/// The text of a file. Nothing where its encoding is not known.
pub(crate) fn text(bytes: &[u8]) -> Option<Cow<'_, str>> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return Some(encoding.decode_without_bom_handling(&bytes[mark..]).0);
    }
    unicode(bytes).or_else(|| chinese(bytes)).or_else(|| western(bytes))
}

/// The text of a page, which may say how it is written. Nothing where its encoding is not known.
#[cfg(feature = "web")]
pub(super) fn page(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let speaks_for_itself = Encoding::for_bom(bytes).is_some() || std::str::from_utf8(bytes).is_ok();
    let declared = declared(bytes).filter(|encoding| !speaks_for_itself && encoding.is_ascii_compatible());
    declared
        .and_then(|encoding| encoding.decode_without_bom_handling_and_without_replacement(bytes))
        .or_else(|| text(bytes))
}

/// The text of an answer of this content type, which may name the encoding. Where nothing tells it, the text is taken for
/// UTF-8, with a mark for what is none.
#[cfg(feature = "web")]
pub(crate) fn answered<'b>(bytes: &'b [u8], kind: &str) -> Cow<'b, str> {
    let mut parameters = kind.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let label = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    let named = label.and_then(|(_, label)| {
        Encoding::for_label_no_replacement(label.trim().trim_matches(['"', '\'']).as_bytes())
    });
    // Servers that were set up for Latin-1 say so of pages in UTF-8 too.
    let named = named.filter(|named| *named != WINDOWS_1252 || std::str::from_utf8(bytes).is_err());
    match named {
        Some(encoding) => encoding.decode(bytes).0,
        None => page(bytes).unwrap_or_else(|| String::from_utf8_lossy(bytes)),
    }
}

/// The encoding that a page names: `<meta charset="gbk">`, or as XML `<?xml version="1.0" encoding="gbk"?>`.
#[cfg(feature = "web")]
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes[..bytes.len().min(HEAD_BYTES)].to_ascii_lowercase();
    let after = |name: &[u8]| Some(head.windows(name.len()).position(|word| word == name)? + name.len());
    let by_xml = if head.starts_with(b"<?xml") { after(b"encoding=") } else { None };
    let at = by_xml.or_else(|| after(b"charset="))?;
    let is_quote = |byte: &u8| matches!(byte, b'"' | b'\'' | b' ');
    let is_label = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':' | b'.');
    let label: Vec<u8> = head[at..].iter().copied().skip_while(is_quote).take_while(is_label).collect();
    Encoding::for_label(&label)
}

/// UTF-8. Bytes of another encoding hardly ever make characters of it by chance, so a few that are wrong among many that
/// are right are damage. Where many are zero, it is something else: UTF-16 without its mark, or no text.
fn unicode(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let (mut right, mut wrong, mut zeros) = (0, 0, 0);
    for chunk in bytes.utf8_chunks() {
        right += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        wrong += usize::from(!chunk.invalid().is_empty());
        zeros += chunk.valid().matches('\0').count();
    }
    let is_unicode = (wrong == 0 || right > wrong) && zeros <= bytes.len() / 3;
    is_unicode.then(|| String::from_utf8_lossy(bytes))
}

/// GB 18030, which GBK and GB 2312 are part of. Other bytes can make Chinese characters of it too: letters of Windows-1252
/// some amid Latin words (`für`), Shift JIS rare ones, EUC-JP more kana, and Big5 some that are nobody's. In Chinese they
/// keep to themselves, and many are among the 6,763 of GB 2312. (EUC-KR looks the same and is taken for it.)
fn chinese(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let text = GB18030.decode_without_bom_handling_and_without_replacement(bytes)?;
    let (mut han, mut amid_latin, mut others, mut before) = (0, 0, 0, ' ');
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if matches!(c, '\u{e000}'..='\u{f8ff}') {
            return None;
        }
        if is_han(c) {
            let beside = [before, rest.peek().copied().unwrap_or(' ')];
            han += 1;
            amid_latin += usize::from(beside.iter().any(char::is_ascii_alphabetic));
        } else {
            others += usize::from(!c.is_ascii() && c.is_alphabetic());
        }
        before = c;
    }
    let (common, all) = pairs(bytes);
    (han > others && 2 * amid_latin < han && 4 * common > all).then_some(text)
}

/// How many of the characters of two bytes in GB 18030 are those of GB 2312, and how many there are.
fn pairs(bytes: &[u8]) -> (usize, usize) {
    let (mut common, mut all, mut at) = (0, 0, 0);
    while let Some(&first) = bytes.get(at) {
        let second = bytes.get(at + 1).copied().unwrap_or_default();
        at += match (first, second) {
            (..=0x80, _) => 1,
            (_, b'0'..=b'9') => 4,
            (_, _) => {
                all += 1;
                common += usize::from(first >= 0xa1 && second >= 0xa1);
                2
            }
        };
    }
    (common, all)
}

/// Windows-1252, which has all of Latin-1's letters, if it can be that: no text has its control characters, and in Latin
/// letters most are those of ASCII.
fn western(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(bytes);
    let is_odd = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}' | '\u{1b}');
    let plain = text.chars().filter(char::is_ascii_alphanumeric).count();
    let others = text.chars().filter(|c| !c.is_ascii()).count();
    (others <= plain && !text.chars().any(is_odd)).then_some(text)
}

#[cfg(test)]
mod tests;
