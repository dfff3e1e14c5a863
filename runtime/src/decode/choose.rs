//! Chooses the next token from the logits, under a grammar.

use std::cmp::Ordering;

use handyman_core::{Fault, FaultKind};
use llguidance::Matcher;
use toktrie::{SimpleVob, TokEnv};

use super::grammar_fault;
use crate::llama::Token;

/// How tokens are drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// Zero always takes the likeliest token; one draws as the model says; more is more varied.
    pub temperature: f32,
    /// Draw from this many of the likeliest tokens; zero for all.
    pub top_k: usize,
    /// Draw from the likeliest tokens that together have this probability.
    pub top_p: f32,
    /// Leave out tokens less likely than this fraction of the likeliest.
    pub min_p: f32,
    /// The same seed draws the same tokens.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { temperature: 0.0, top_k: 40, top_p: 0.95, min_p: 0.05, seed: 0 }
    }
}

/// When the mask over the whole vocabulary is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Masking {
    /// Only when the grammar refuses the likeliest token.
    WhenRefused,
    /// For every token.
    Always,
}

/// Chooses tokens one after another.
#[derive(Debug, Clone)]
pub(crate) struct Chooser {
    sampling: Sampling,
    masking: Masking,
    random: u64,
}

impl Chooser {
    /// Chooses as asked. Drawing needs the mask at every token, so that what is drawn follows the
    /// model's distribution over the allowed tokens.
    pub(crate) fn new(sampling: Sampling, masking: Masking) -> Self {
        let masking = if sampling.temperature > 0.0 { Masking::Always } else { masking };
        let random = sampling.seed;
        Self { sampling, masking, random }
    }

    /// The next token.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Backend` when the grammar fails or allows nothing.
    pub(crate) fn choose(&mut self, logits: &[f32], matcher: &mut Matcher, vocabulary: &TokEnv) -> Result<Token, Fault> {
        if self.masking == Masking::WhenRefused
            && let Some(token) = likeliest(logits, |_| true)
            && allows(matcher, token, vocabulary)?
        {
            return Ok(token);
        }
        let mask = matcher.compute_mask_or_eos().map_err(|error| grammar_fault(&error.to_string()))?;
        let allowed = |token: Token| mask.is_allowed(token);
        let token = if self.sampling.temperature > 0.0 {
            self.draw(logits, &mask)
        } else {
            likeliest(logits, allowed)
        };
        token.ok_or_else(|| Fault::new(FaultKind::Backend, "the grammar allows no token, or the logits are not numbers"))
    }

    fn draw(&mut self, logits: &[f32], mask: &SimpleVob) -> Option<Token> {
        let mut candidates: Vec<(Token, f32)> = numbered(logits).filter(|(token, _)| mask.is_allowed(*token)).collect();
        candidates.sort_by(|a, b| descending(a.1, b.1));
        if self.sampling.top_k > 0 {
            candidates.truncate(self.sampling.top_k);
        }
        let highest = candidates.first()?.1;
        for (_, weight) in &mut candidates {
            *weight = ((*weight - highest) / self.sampling.temperature).exp();
        }
        candidates.retain(|(_, weight)| *weight >= self.sampling.min_p);
        let total: f32 = candidates.iter().map(|(_, weight)| weight).sum();
        let mut kept = 0.0;
        let enough = candidates.iter().position(|(_, weight)| {
            kept += weight;
            kept >= self.sampling.top_p * total
        });
        candidates.truncate(enough.map_or(candidates.len(), |index| index + 1));
        let mut left = self.random() * candidates.iter().map(|(_, weight)| weight).sum::<f32>();
        let drawn = candidates.iter().find(|(_, weight)| {
            left -= weight;
            left < 0.0
        });
        drawn.or(candidates.last()).map(|(token, _)| *token)
    }

    /// A number from 0 up to 1, by `SplitMix64` (Steele, Lea and Flood, 2014).
    #[expect(clippy::cast_precision_loss, reason = "24 bits are exact in an f32")]
    fn random(&mut self) -> f32 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.random;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^= bits >> 31;
        (bits >> 40) as f32 / (1_u32 << 24) as f32
    }
}

fn allows(matcher: &mut Matcher, token: Token, vocabulary: &TokEnv) -> Result<bool, Fault> {
    let answer = if vocabulary.tok_trie().eos_tokens().contains(&token) {
        matcher.is_accepting()
    } else {
        matcher.validate_tokens(&[token]).map(|valid| valid == 1)
    };
    answer.map_err(|error| grammar_fault(&error.to_string()))
}

fn likeliest(logits: &[f32], allowed: impl Fn(Token) -> bool) -> Option<Token> {
    // The first of several equal ones, so that the choice does not depend on the mask.
    numbered(logits)
        .filter(|(token, logit)| !logit.is_nan() && allowed(*token))
        .min_by(|a, b| descending(a.1, b.1))
        .map(|(token, _)| token)
}

fn numbered(logits: &[f32]) -> impl Iterator<Item = (Token, f32)> {
    (0..).zip(logits.iter().copied())
}

fn descending(a: f32, b: f32) -> Ordering {
    b.total_cmp(&a)
}

#[cfg(test)]
mod tests;
