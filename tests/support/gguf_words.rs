//! The vocabulary of a random model, and how a GGUF file spells values.

use std::io::{Result, Write};

use super::{MARKERS, Random};

/// Markers, the 256 bytes, and pairs of earlier tokens as a BPE tokenizer would have merged them: words of
/// syllables, with and without a space before.
pub(crate) fn vocabulary(count: usize) -> (Vec<String>, Vec<String>) {
    let mut words: Vec<String> = MARKERS.iter().map(|&marker| marker.to_owned()).collect();
    words.extend((0..=255).map(|byte| spelled(byte).to_string()));
    let (mut merges, mut known) =
        (Vec::new(), words.iter().cloned().collect::<std::collections::HashSet<_>>());
    let mut parts: Vec<String> = ('a'..='z').map(String::from).collect();
    parts.extend(
        ["Ġ".to_owned(), "-".to_owned(), "é".to_owned()].into_iter().filter(|part| known.contains(part)),
    );
    parts.extend(('0'..='9').map(String::from));
    let mut random = Random(7);
    while words.len() < count {
        let pick = |random: &mut Random| {
            // Earlier tokens are merged more often, as frequent ones are.
            let share = (random.next() >> 11) as f64 / (1_u64 << 53) as f64;
            (share * share * parts.len() as f64) as usize
        };
        let (left, right) = (parts[pick(&mut random)].clone(), parts[pick(&mut random)].clone());
        let merged = format!("{left}{right}");
        if merged.chars().count() <= 14 && !right.contains('Ġ') && known.insert(merged.clone()) {
            merges.push(format!("{left} {right}"));
            words.push(merged.clone());
            parts.push(merged);
        }
    }
    (words, merges)
}

/// A byte as byte-level tokenizers spell it: printable ones as themselves, the others from U+0100 on.
fn spelled(byte: u8) -> char {
    let printable = |byte: u8| matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    if printable(byte) {
        return char::from(byte);
    }
    let before = (0..byte).filter(|&other| !printable(other)).count() as u32;
    char::from_u32(0x100 + before).unwrap_or('?')
}

pub(crate) fn text(out: &mut impl Write, text: &str) -> Result<()> {
    out.write_all(&(text.len() as u64).to_le_bytes())?;
    out.write_all(text.as_bytes())
}

pub(crate) fn number(value: u32) -> Vec<u8> {
    [4_u32.to_le_bytes(), value.to_le_bytes()].concat()
}

pub(crate) fn float(value: f32) -> Vec<u8> {
    [6_u32.to_le_bytes(), value.to_le_bytes()].concat()
}

pub(crate) fn numbers(values: &[u32]) -> Vec<u8> {
    let head = [9_u32.to_le_bytes(), 4_u32.to_le_bytes()].concat();
    [
        head,
        (values.len() as u64).to_le_bytes().to_vec(),
        values.iter().flat_map(|value| value.to_le_bytes()).collect(),
    ]
    .concat()
}

pub(crate) fn string(value: &str) -> Vec<u8> {
    let mut bytes = 8_u32.to_le_bytes().to_vec();
    // Writing to memory cannot fail.
    let _ = text(&mut bytes, value);
    bytes
}

pub(crate) fn strings(values: &[String]) -> Vec<u8> {
    let mut bytes = [9_u32.to_le_bytes(), 8_u32.to_le_bytes()].concat();
    bytes.extend((values.len() as u64).to_le_bytes());
    for value in values {
        let _ = text(&mut bytes, value);
    }
    bytes
}
