//! Chooses the next token from the logits, under a grammar.
//!
//! What is drawn follows the distribution of masked sampling: the mask first, then temperature, top-k, min-p
//! and top-p over the tokens it allows. The mask is computed lazily where that is the same: a greedy choice
//! that is allowed is the greedy choice under the mask; and without truncation, drawing from all tokens and
//! drawing again under the mask when the token is refused gives each allowed token `t` the probability
//! `p(t) + (1 - Z) p(t) / Z = p(t) / Z`, where `Z` is what the allowed tokens sum to.
//!
//! Whether a reply calls at all is one choice, though there is one token to begin a call and many to begin a sentence. So where
//! the likeliest token is taken, a reply begins with a call only if that is likelier than all that begins otherwise together.

mod likeliest;

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

use handyman_core::{Fault, FaultKind, Sampling};
use llguidance::Matcher;
use toktrie::{SimpleVob, TokEnv};

use super::grammar_fault;
use super::guide::Guide;
use crate::llama::Token;
use likeliest::{agreement, highest_of, likeliest, likeliest_of, numbered};

/// Candidates that are put in order first, where only the likeliest that make up a share are wanted.
const FEW: usize = 256;
/// What is so far below the highest logit weighs nothing beside it, however many of its kind there are.
const NEGLIGIBLE: f32 = 20.0;
/// Weights that come to less than this, beside the likeliest token, are taken anew: among each other they would be rounded.
const WEIGHT_MIN: f64 = 1e-200;

/// When the mask over the whole vocabulary is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Masking {
    /// Only when the grammar refuses a token, where that does not change what is drawn.
    WhenRefused,
    /// For every token: what lazy masking is compared with.
    #[cfg(test)]
    Always,
}

/// Chooses tokens one after another.
#[derive(Debug, Clone)]
pub(crate) struct Chooser {
    sampling: Sampling,
    masking: Masking,
    random: u64,
    /// Tokens written lately, oldest first.
    lately: VecDeque<Token>,
    guide: Guide,
    /// What every token weighs in the draw under way.
    weights: Vec<f64>,
    /// Time of the grammar that nobody has asked for yet.
    spent: Duration,
}

impl Chooser {
    /// Chooses as asked.
    pub(crate) fn new(sampling: Sampling, masking: Masking) -> Self {
        let random = sampling.seed;
        Self {
            sampling,
            masking,
            random,
            lately: VecDeque::new(),
            guide: Guide::default(),
            weights: Vec::new(),
            spent: Duration::ZERO,
        }
    }

    /// The same chooser, following the reply by this guide.
    pub(crate) fn guided(self, guide: Guide) -> Self {
        Self { guide, ..self }
    }

    /// Time of the grammar, checking and masking, since this was last asked.
    pub(crate) fn take_spent(&mut self) -> Duration {
        std::mem::take(&mut self.spent)
    }

    /// Takes note of tokens that the reply now holds, chosen or forced.
    pub(crate) fn wrote(&mut self, tokens: &[Token]) {
        self.guide.wrote(tokens);
        if self.penalises() {
            self.lately.extend(tokens);
            while self.lately.len() > self.sampling.penalty_window {
                self.lately.pop_front();
            }
        }
    }

    /// How sure the model was of its least sure choice between a few given values, from 0 to 1.
    pub(crate) fn confidence(&self) -> Option<f32> {
        self.guide.confidence()
    }

    /// The next token.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Backend` when the grammar fails or allows nothing.
    pub(crate) fn choose(
        &mut self,
        logits: &[f32],
        matcher: &mut Matcher,
        vocabulary: &TokEnv,
    ) -> Result<Token, Fault> {
        // A model that has reasoned for as long as it may is led to the end of it.
        while let Some(token) = self.guide.led() {
            if allows(matcher, token, vocabulary)? {
                return Ok(token);
            }
        }
        let (token, mask) = self.chosen(logits, matcher, vocabulary)?;
        let token = token.ok_or_else(|| {
            Fault::new(FaultKind::Backend, "the grammar allows no token, or the logits are not numbers")
        })?;
        let opens_calls = self.sampling.temperature <= 0.0 && self.guide.opens_calls(token);
        if !(self.guide.at_branch() || opens_calls) {
            return Ok(token);
        }
        let mask = match mask {
            Some(mask) => mask,
            None => self.timed(|| masked(matcher))?,
        };
        if opens_calls {
            return Ok(self.call_or_not(logits, mask, token));
        }
        self.guide.chose(agreement(logits, &mask, token, vocabulary));
        Ok(token)
    }

    /// The token that opens a call, or the likeliest other one where not to call is likelier.
    fn call_or_not(&self, logits: &[f32], mut mask: SimpleVob, opening: Token) -> Token {
        let highest = logits[opening as usize];
        let (mut opens, mut total) = (0.0, 0.0);
        for token in mask.iter() {
            let Some(below) = logits.get(token as usize).map(|logit| highest - logit) else { continue };
            if below < NEGLIGIBLE {
                let weight = (-below).exp();
                total += weight;
                opens += if self.guide.opens_calls(token) { weight } else { 0.0 };
            }
        }
        if opens * 2.0 >= total {
            return opening;
        }
        while let Some(token) = likeliest_of(logits, &mask) {
            if !self.guide.opens_calls(token) {
                return token;
            }
            mask.disallow_token(token);
        }
        opening
    }

    /// The next token, with the mask where it had to be computed for that.
    fn chosen(
        &mut self,
        logits: &[f32],
        matcher: &mut Matcher,
        vocabulary: &TokEnv,
    ) -> Result<(Option<Token>, Option<SimpleVob>), Fault> {
        let in_call = self.guide.in_call() && !self.sampling.draw_calls;
        let penalised = if in_call || self.lately.is_empty() { None } else { Some(self.penalised(logits)) };
        let logits = penalised.as_deref().unwrap_or(logits);
        let draws = self.sampling.temperature > 0.0 && !in_call;
        if self.masking == Masking::WhenRefused && !(draws && self.truncates()) {
            let first = if draws { self.draw(logits) } else { likeliest(logits) };
            if let Some(token) = first
                && self.timed(|| allows(matcher, token, vocabulary))?
            {
                return Ok((Some(token), None));
            }
        }
        let mask = self.timed(|| masked(matcher))?;
        let token = match draws {
            true if self.truncates() => self.draw_truncated(logits, &mask),
            true => self.draw_under(logits, &mask),
            false => likeliest_of(logits, &mask),
        };
        Ok((token, Some(mask)))
    }

    fn timed<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let done = work();
        self.spent += started.elapsed();
        done
    }

    fn truncates(&self) -> bool {
        self.sampling.top_k > 0 || self.sampling.top_p < 1.0 || self.sampling.min_p > 0.0
    }

    fn penalises(&self) -> bool {
        let sampling = &self.sampling;
        #[expect(clippy::float_cmp, reason = "exactly one means none")]
        let repeats = sampling.repeat_penalty != 1.0;
        repeats || sampling.frequency_penalty != 0.0 || sampling.presence_penalty != 0.0
    }

    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    fn penalised(&self, logits: &[f32]) -> Vec<f32> {
        let sampling = &self.sampling;
        let mut penalised = logits.to_vec();
        let mut seen: Vec<Token> = self.lately.iter().copied().collect();
        seen.sort_unstable();
        for same in seen.chunk_by(|a, b| a == b) {
            let Some(logit) = penalised.get_mut(same[0] as usize) else { continue };
            *logit = if *logit > 0.0 {
                *logit / sampling.repeat_penalty
            } else {
                *logit * sampling.repeat_penalty
            };
            *logit -= sampling.frequency_penalty * same.len() as f32 + sampling.presence_penalty;
        }
        penalised
    }

    /// Draws from all tokens. What they weigh is kept, for a draw under the mask if the grammar refuses this one.
    fn draw(&mut self, logits: &[f32]) -> Option<Token> {
        self.weigh(logits, highest_of(logits));
        let mut left = random(&mut self.random) * self.weights.iter().sum::<f64>();
        let drawn = self.weights.iter().position(|weight| {
            left -= weight;
            left < 0.0
        });
        let drawn = drawn.or_else(|| logits.iter().rposition(|logit| !logit.is_nan()))?;
        Token::try_from(drawn).ok()
    }

    /// Draws from the tokens under the mask, by what they weigh.
    fn draw_under(&mut self, logits: &[f32], mask: &SimpleVob) -> Option<Token> {
        if self.masking != Masking::WhenRefused {
            self.weigh(logits, highest_of(logits));
        }
        let is_number = |at: &usize| logits.get(*at).is_some_and(|logit| !logit.is_nan());
        let allowed = || mask.iter().map(|token| token as usize).filter(is_number);
        let mut total: f64 = allowed().map(|at| self.weights[at]).sum();
        if total.is_nan() || total < WEIGHT_MIN {
            self.weigh(logits, allowed().map(|at| logits[at]).max_by(f32::total_cmp)?);
            total = allowed().map(|at| self.weights[at]).sum();
        }
        let mut left = random(&mut self.random) * total;
        let drawn = allowed().find(|at| {
            left -= self.weights[*at];
            left < 0.0
        });
        Token::try_from(drawn.or_else(|| allowed().last())?).ok()
    }

    /// Notes what every token weighs beside one with this logit. What is no number weighs nothing.
    fn weigh(&mut self, logits: &[f32], highest: f32) {
        let temperature = self.sampling.temperature;
        let weight = |logit: f32| f64::from((logit - highest) / temperature).exp();
        self.weights.clear();
        self.weights.extend(logits.iter().map(|logit| if logit.is_nan() { 0.0 } else { weight(*logit) }));
    }

    /// Draws from the likelier of the tokens under the mask.
    fn draw_truncated(&mut self, logits: &[f32], mask: &SimpleVob) -> Option<Token> {
        let sampling = &self.sampling;
        let allowed = numbered(logits).filter(|(token, logit)| !logit.is_nan() && mask.is_allowed(*token));
        let mut candidates: Vec<(Token, f64)> =
            allowed.map(|(token, logit)| (token, f64::from(logit))).collect();
        if sampling.top_k > 0 && sampling.top_k < candidates.len() {
            candidates.select_nth_unstable_by(sampling.top_k - 1, likelier);
            candidates.truncate(sampling.top_k);
        }
        let highest = candidates.iter().map(|(_, logit)| *logit).max_by(f64::total_cmp)?;
        let temperature = f64::from(sampling.temperature);
        if sampling.min_p > 0.0 {
            // Most are far below it, and need no exponential; those near it are looked at exactly.
            let least = f64::from(sampling.min_p).ln() - 1e-6;
            candidates.retain(|(_, logit)| (logit - highest) / temperature >= least);
        }
        for (_, weight) in &mut candidates {
            *weight = ((*weight - highest) / temperature).exp();
        }
        candidates.retain(|(_, weight)| *weight >= f64::from(sampling.min_p));
        keep_share(&mut candidates, f64::from(sampling.top_p));
        let mut left = random(&mut self.random) * candidates.iter().map(|(_, weight)| weight).sum::<f64>();
        let drawn = candidates.iter().find(|(_, weight)| {
            left -= weight;
            left < 0.0
        });
        drawn.or(candidates.last()).map(|(token, _)| *token)
    }
}

/// Keeps the likeliest that make up a share of all weights, in order. As a rule these are few, and nothing else has to
/// be put in order to find them.
fn keep_share(candidates: &mut Vec<(Token, f64)>, share: f64) {
    let wanted = share * candidates.iter().map(|(_, weight)| weight).sum::<f64>();
    let (mut kept, mut ordered, mut more) = (0.0, 0, FEW);
    while ordered < candidates.len() {
        let rest = &mut candidates[ordered..];
        let next = more.min(rest.len());
        if next < rest.len() {
            rest.select_nth_unstable_by(next - 1, likelier);
        }
        rest[..next].sort_unstable_by(likelier);
        let enough = rest[..next].iter().position(|(_, weight)| {
            kept += weight;
            kept >= wanted
        });
        if let Some(last) = enough {
            return candidates.truncate(ordered + last + 1);
        }
        ordered += next;
        more *= 8;
    }
}

/// The likelier first, and of equal ones the first.
fn likelier(a: &(Token, f64), b: &(Token, f64)) -> Ordering {
    b.1.total_cmp(&a.1).then(a.0.cmp(&b.0))
}

/// A number from 0 up to 1, by `SplitMix64` (Steele, Lea and Flood, 2014).
#[expect(clippy::cast_precision_loss, reason = "53 bits are exact in an f64")]
fn random(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut bits = *state;
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^= bits >> 31;
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

fn masked(matcher: &mut Matcher) -> Result<SimpleVob, Fault> {
    matcher.compute_mask_or_eos().map_err(|error| grammar_fault(&error.to_string()))
}

fn allows(matcher: &mut Matcher, token: Token, vocabulary: &TokEnv) -> Result<bool, Fault> {
    let answer = if vocabulary.tok_trie().eos_tokens().contains(&token) {
        matcher.is_accepting()
    } else {
        matcher.validate_tokens(&[token]).map(|valid| valid == 1)
    };
    answer.map_err(|error| grammar_fault(&error.to_string()))
}

#[cfg(test)]
mod tests;
