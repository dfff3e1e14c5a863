//! The highest of many logits, in the time it takes to read them, and what others weigh beside it.

use toktrie::{SimpleVob, TokEnv};

use crate::llama::Token;

/// Logits compared side by side.
const LANES: usize = 16;
/// Logits of which only the highest is known until it turns out to matter which one that is.
const BLOCK: usize = 1_024;
/// Tokens in a word of a mask.
const WORD: usize = 32;

/// The probability of the tokens that begin as this one does, among those the grammar allows.
pub(super) fn agreement(logits: &[f32], mask: &SimpleVob, chosen: Token, vocabulary: &TokEnv) -> f32 {
    let trie = vocabulary.tok_trie();
    let written = trie.token(chosen);
    let logit_of = |token: Token| logits.get(token as usize).map(|logit| (token, *logit));
    let allowed: Vec<(Token, f32)> =
        mask.iter().filter_map(logit_of).filter(|(_, logit)| !logit.is_nan()).collect();
    let Some(highest) = allowed.iter().map(|(_, logit)| *logit).max_by(f32::total_cmp) else { return 1.0 };
    let (mut agreeing, mut total) = (0.0, 0.0);
    for (token, logit) in allowed {
        let weight = (logit - highest).exp();
        let bytes = trie.token(token);
        total += weight;
        if token == chosen
            || (!bytes.is_empty() && (written.starts_with(bytes) || bytes.starts_with(written)))
        {
            agreeing += weight;
        }
    }
    if total > 0.0 { agreeing / total } else { 1.0 }
}

/// The likeliest token: the first of several equal ones, so that the choice does not depend on the mask.
pub(super) fn likeliest(logits: &[f32]) -> Option<Token> {
    let mut best = (0, f32::NEG_INFINITY);
    for (block, logits) in logits.chunks(BLOCK).enumerate() {
        let highest = highest_of(logits);
        if highest > best.1 {
            best = (block * BLOCK, highest);
        }
    }
    let (from, highest) = best;
    #[expect(clippy::float_cmp, reason = "one of them is the highest")]
    let at = logits[from..].iter().position(|logit| *logit == highest)?;
    Token::try_from(from + at).ok()
}

/// The likeliest of the tokens under the mask: the first of several equal ones.
pub(super) fn likeliest_of(logits: &[f32], mask: &SimpleVob) -> Option<Token> {
    let mut best: Option<(Token, f32)> = None;
    for ((word, logits), first) in mask.as_slice().iter().zip(logits.chunks(WORD)).zip((0..).step_by(WORD)) {
        // Under a mask of a text hardly a word holds anything higher, and under others most are empty.
        if *word == 0 || best.is_some_and(|(_, highest)| highest_of(logits) <= highest) {
            continue;
        }
        for (token, &logit) in (first..).zip(logits) {
            let is_higher = best.map_or(!logit.is_nan(), |(_, highest)| logit > highest);
            if is_higher && word >> (token - first) & 1 == 1 {
                best = Some((token, logit));
            }
        }
    }
    best.map(|(token, _)| token)
}

/// The highest of some logits; negative infinity where none is a number.
pub(super) fn highest_of(logits: &[f32]) -> f32 {
    // Side by side, as vector instructions work. No comparison holds for what is no number.
    let higher = |a: f32, b: f32| if b > a { b } else { a };
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let chunks = logits.chunks_exact(LANES);
    let rest = chunks.remainder().iter().copied();
    for chunk in chunks {
        for (lane, &logit) in lanes.iter_mut().zip(chunk) {
            *lane = higher(*lane, logit);
        }
    }
    lanes.into_iter().chain(rest).fold(f32::NEG_INFINITY, higher)
}

pub(super) fn numbered(logits: &[f32]) -> impl Iterator<Item = (Token, f32)> {
    (0..).zip(logits.iter().copied())
}
