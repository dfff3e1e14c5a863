//! How much a document unpacks to, found out before a library unpacks it whole: a few kilobytes can be gigabytes.

use std::io::Read;

use flate2::read::DeflateDecoder;

const MEGABYTE: u64 = 1_000_000;
/// What one packed part may come to, and all that may be text together.
const BYTES_MAX: u64 = 64 * MEGABYTE;
/// What the pictures may come to together. They are not unpacked for their text, but what calls itself a picture may
/// be something else.
const PICTURE_BYTES_MAX: u64 = 512 * MEGABYTE;
/// What may be gone through to find that out: parts can lie in each other.
const READ_BYTES_MAX: u64 = 1_024 * MEGABYTE;
/// A part may be packed several times over.
const LAYERS_MAX: usize = 4;
/// How far before its data a part may say that it is a picture.
const HEAD_BYTES_MAX: usize = 1_000;
const KEYWORD: &[u8] = b"stream";

/// Whether a document can be unpacked.
///
/// # Errors
/// It comes to more than it may; the text says so.
pub(super) fn bounded(bytes: &[u8]) -> Result<(), String> {
    let (mut left, mut left_for_pictures, mut left_to_read) = (BYTES_MAX, PICTURE_BYTES_MAX, READ_BYTES_MAX);
    for (head, data) in parts(bytes) {
        let left = if is_picture(head) { &mut left_for_pictures } else { &mut left };
        let limit = BYTES_MAX.min(*left);
        let (unpacked, read) = unpack(data, limit);
        if unpacked > limit {
            return Err(format!("it unpacks to more than {} MB", BYTES_MAX / MEGABYTE));
        }
        *left -= unpacked;
        left_to_read = left_to_read.checked_sub(read).ok_or("its parts lie in each other")?;
    }
    Ok(())
}

/// What stands before each packed part, and what begins with it.
fn parts(bytes: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let keywords = bytes.windows(KEYWORD.len()).enumerate().filter(|(_, word)| *word == KEYWORD);
    keywords.filter_map(move |(at, _)| {
        let (head, rest) = (&bytes[..at], &bytes[at + KEYWORD.len()..]);
        let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let rest = &rest[blanks..];
        let data = rest
            .strip_prefix(b"\r\n")
            .or_else(|| rest.strip_prefix(b"\n"))
            .or_else(|| rest.strip_prefix(b"\r"))?;
        (!head.ends_with(b"end")).then_some((head, data))
    })
}

fn is_picture(head: &[u8]) -> bool {
    let head = &head[head.len().saturating_sub(HEAD_BYTES_MAX)..];
    let begin = head.windows(4).rposition(|word| word == b" obj").unwrap_or_default();
    head[begin..].windows(6).any(|word| word == b"/Image")
}

/// The bytes that a part unpacks to in all its layers, at most one more than a limit, and how many were read for that.
fn unpack(data: &[u8], limit: u64) -> (u64, u64) {
    let (mut inner, mut read) = inflated(data, limit + 1);
    let mut unpacked = inner.len() as u64;
    for _ in 1..LAYERS_MAX {
        if inner.is_empty() || unpacked > limit {
            break;
        }
        let (next, taken) = inflated(&inner, limit + 1 - unpacked);
        unpacked += next.len() as u64;
        read += taken;
        inner = next;
    }
    (unpacked, read)
}

/// What is packed once, at most so much, and how many bytes it was packed in.
fn inflated(packed: &[u8], bytes_max: u64) -> (Vec<u8>, u64) {
    let mut inner = Vec::new();
    // Past the two bytes with which zlib begins: readers make do where they are wrong.
    let mut decoder = DeflateDecoder::new(packed.get(2..).unwrap_or_default());
    // What is unpacked before a mistake counts too.
    let _ = decoder.by_ref().take(bytes_max).read_to_end(&mut inner);
    (inner, decoder.total_in())
}
