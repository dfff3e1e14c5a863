//! Drafts: tokens that probably come next because the window already says so.
//!
//! What a model copies (a city, an id, a sentence of a result) stands in the window. The last tokens
//! written are looked up there; what followed them is proposed, and the model checks all of it in one pass:
//! prompt look-up decoding. A proposal is worth what it saves on average, and costs what it adds to a pass;
//! both are measured, and where it loses nothing is proposed.

use std::time::Duration;

use crate::llama::Token;

/// Tokens proposed at once at most.
pub(crate) const DRAFT_MAX: usize = 12;
/// Tokens that are looked up at most; more do not make a match more telling.
const MATCH_MAX: usize = 4;
/// Tokens of a pass that a draft could be part of.
const SMALL: usize = 2 * DRAFT_MAX;
/// How a match of one token, two, … turns out before there is experience.
const ODDS: [f32; MATCH_MAX] = [0.4, 0.6, 0.75, 0.85];
/// Weight of one more token of experience.
const LEARNING: f32 = 0.06;
/// How fast bad experience is forgotten while nothing is proposed.
const FORGETTING: f32 = 0.004;
/// Weight of one more pass in what passes cost.
const COST_MEMORY: f64 = 0.98;

/// What followed the last time the window said the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found<'t> {
    /// Tokens that match.
    pub(crate) matched: usize,
    /// What followed them.
    pub(crate) follows: &'t [Token],
}

/// Looks the last tokens up in what came before them: the longest match, the latest of equal ones.
pub(crate) fn look_up(text: &[Token]) -> Option<Found<'_>> {
    let (&last, before) = text.split_last()?;
    let mut best = (0, 0);
    for at in (0..before.len()).rev().filter(|&at| before[at] == last) {
        let matched =
            (1..MATCH_MAX).take_while(|&back| at >= back && text[at - back] == text[text.len() - 1 - back]);
        let length = 1 + matched.count();
        if length > best.0 {
            best = (length, at + 1);
        }
        if length == MATCH_MAX {
            break;
        }
    }
    let (matched, from) = best;
    (matched > 0).then(|| Found { matched, follows: &text[from..(from + DRAFT_MAX).min(text.len())] })
}

/// Experience with drafts: how often they hold, and what they cost.
#[derive(Debug)]
pub(crate) struct Drafting {
    odds: [f32; MATCH_MAX],
    cost: Cost,
}

impl Default for Drafting {
    fn default() -> Self {
        Self { odds: ODDS, cost: Cost::default() }
    }
}

impl Drafting {
    /// How many tokens of a proposal are worth checking while this many replies are being written: as
    /// many as save more time than they cost.
    pub(crate) fn worth(&mut self, matched: usize, available: usize, writing: usize) -> usize {
        let class = matched.clamp(1, MATCH_MAX) - 1;
        let (pass, token) = self.cost.parts();
        // A pass that is not needed is only saved if nobody else needs it.
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        let saved = pass / writing.max(1) as f64 + token;
        let (mut gain, mut best, mut holds) = (0.0, (0.0, 0), 1.0);
        for length in 1..=available.min(DRAFT_MAX) {
            holds *= f64::from(self.odds[class]);
            gain += holds * saved - token;
            if gain > best.0 {
                best = (gain, length);
            }
        }
        if best.1 == 0 {
            self.odds[class] += FORGETTING * (ODDS[class] - self.odds[class]).max(0.0);
        }
        best.1
    }

    /// Learns how a proposal turned out.
    pub(crate) fn learn(&mut self, matched: usize, proposed: usize, held: usize) {
        let odds = &mut self.odds[matched.clamp(1, MATCH_MAX) - 1];
        for _ in 0..held {
            *odds += LEARNING * (1.0 - *odds);
        }
        if held < proposed {
            *odds -= LEARNING * *odds;
        }
    }

    /// Learns what a pass of so many tokens took. A prompt's passes say nothing here: in a large batch a token
    /// costs a fraction of what it costs in a small one.
    pub(crate) fn took(&mut self, tokens: usize, time: Duration) {
        if tokens <= SMALL {
            self.cost.add(tokens, time);
        }
    }
}

/// What a pass costs: a part for itself and a part for each token, by least squares over recent passes.
#[derive(Debug, Default)]
struct Cost {
    weight: f64,
    tokens: f64,
    time: f64,
    squares: f64,
    products: f64,
}

impl Cost {
    fn add(&mut self, tokens: usize, time: Duration) {
        #[expect(clippy::cast_precision_loss, reason = "at most a batch")]
        let (tokens, time) = (tokens as f64, time.as_secs_f64());
        for sum in [&mut self.weight, &mut self.tokens, &mut self.time, &mut self.squares, &mut self.products]
        {
            *sum *= COST_MEMORY;
        }
        self.weight += 1.0;
        self.tokens += tokens;
        self.time += time;
        self.squares += tokens * tokens;
        self.products += tokens * time;
    }

    /// Seconds of a pass, and of each token in it. Without experience a pass costs as much as four tokens.
    fn parts(&self) -> (f64, f64) {
        let spread = self.weight * self.squares - self.tokens * self.tokens;
        if self.weight < 4.0 || spread < 1e-3 * self.squares {
            return (4.0, 1.0);
        }
        let token = (self.weight * self.products - self.tokens * self.time) / spread;
        let pass = (self.time - token * self.tokens) / self.weight;
        (pass.max(0.0), token.max(1e-9))
    }
}

#[cfg(test)]
mod tests;
