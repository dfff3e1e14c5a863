//! The part of a text that says most about a query.

use std::collections::BTreeSet;

use tantivy::tokenizer::Token;

/// Cuts the stretch of at most `chars_max` characters that holds most of the terms, on word borders.
pub(super) fn cut(text: &str, tokens: &[Token], terms: &BTreeSet<String>, chars_max: usize) -> String {
    let hits: Vec<&Token> = tokens.iter().filter(|token| terms.contains(&token.text)).collect();
    let distinct_from = |start: usize| {
        let end = offset_after(text, start, chars_max);
        // Hits are in order: of a long text with many, only those of the stretch are looked at.
        let first = hits.partition_point(|hit| hit.offset_from < start);
        let inside = hits[first..].iter().take_while(|hit| hit.offset_to <= end);
        inside.map(|hit| &hit.text).collect::<BTreeSet<_>>().len()
    };
    let mut starts: Vec<usize> =
        hits.iter().map(|hit| sentence_start(text, hit.offset_from, chars_max / 2)).collect();
    starts.dedup();
    let start = starts.into_iter().rev().max_by_key(|start| distinct_from(*start)).unwrap_or(0);
    let end = offset_after(text, start, chars_max);
    let cut = text[start..end].split_whitespace().collect::<Vec<_>>().join(" ");
    if end == text.len() {
        return cut;
    }
    let whole = cut.rfind([' ', '。', '，', '；']).filter(|space| *space > cut.len() / 2);
    format!("{}…", &cut[..whole.unwrap_or(cut.len())])
}

/// The byte offset `chars` characters after another.
fn offset_after(text: &str, start: usize, chars: usize) -> usize {
    text[start..].char_indices().nth(chars).map_or(text.len(), |(offset, _)| start + offset)
}

/// Where the sentence around an offset begins, if that is not too far before it.
fn sentence_start(text: &str, offset: usize, chars_back_max: usize) -> usize {
    let before = &text[..offset];
    let end = before.char_indices().rev().take(chars_back_max).find(|(_, c)| ".!?。！？\n".contains(*c));
    match end {
        Some((index, character)) => {
            let start = index + character.len_utf8();
            start + text[start..].len() - text[start..].trim_start().len()
        }
        None if before.chars().rev().nth(chars_back_max).is_none() => 0,
        None => offset,
    }
}
