//! What was typed about replies, and what it means.

use std::path::PathBuf;

use clap::{Args as Group, ValueEnum};
use handyman::{AnswerSchema, ReplyOptions, Sampling, ToolChoice};

use crate::args::REPLIES;

/// How replies are written.
#[derive(Debug, Clone, Group)]
#[command(next_help_heading = REPLIES)]
pub(crate) struct Replies {
    /// Whether the first reply may or must call tools: auto, required, none, or a tool's name
    #[arg(long, value_name = "CHOICE", default_value = "auto")]
    tool_choice: String,
    /// At most one call in a reply
    #[arg(long)]
    one_call: bool,
    /// Sampling temperature: higher is more varied, 0 always takes the likeliest token
    #[arg(long, value_name = "T", value_parser = temperature)]
    temperature: Option<f32>,
    /// Sample only from the N likeliest tokens, 0 for all; with --temperature [default: 40]
    #[arg(long, value_name = "N", requires = "temperature")]
    top_k: Option<usize>,
    /// Sample only from the likeliest tokens whose probabilities add up to this; with --temperature [default: 0.95]
    #[arg(long, value_name = "P", value_parser = share, requires = "temperature")]
    top_p: Option<f32>,
    /// Never sample a token less likely than this fraction of the likeliest; with --temperature [default: 0.05]
    #[arg(long, value_name = "P", value_parser = share, requires = "temperature")]
    min_p: Option<f32>,
    /// Penalty on recently written tokens, outside of calls; 1 for none [default: 1]
    #[arg(long, value_name = "X", value_parser = penalty)]
    repeat_penalty: Option<f32>,
    /// Seed: the same seed samples the same tokens
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Most tokens of reasoning in one reply, 0 for none [default: no limit]
    #[arg(long, value_name = "N")]
    reasoning: Option<u32>,
    /// What --temperature applies to
    #[arg(long, value_enum, default_value_t = Drawn::Text)]
    draw: Drawn,
    /// Whether answers may state only times, prices, dates and references that were said to the model or found by its
    /// tools [default: yes with the built-in model, no with others]
    #[arg(long, value_enum, value_name = "YES|NO")]
    grounded: Option<YesNo>,
    /// Answer with JSON that fits the JSON schema in this file
    #[arg(long, value_name = "FILE")]
    pub(crate) answer_schema: Option<PathBuf>,
}

/// A choice that has a default of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum YesNo {
    Yes,
    No,
}

/// What a temperature applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Drawn {
    /// What is said; calls stay the likeliest ones
    Text,
    /// Calls as well
    Calls,
}

impl Replies {
    /// What is asked of every reply of the built-in model or another, with an answer of this shape.
    pub(crate) fn options(&self, answer: Option<AnswerSchema>, is_builtin: bool) -> ReplyOptions {
        let tool_choice = match self.tool_choice.as_str() {
            "auto" => ToolChoice::Auto,
            "required" => ToolChoice::Required,
            "none" => ToolChoice::None,
            tool => ToolChoice::Tool(tool.to_owned()),
        };
        let (parallel_calls, reasoning_max) = (!self.one_call, self.reasoning);
        let grounded = self.grounded.map_or(is_builtin, |choice| choice == YesNo::Yes);
        let sampling = self.sampling();
        ReplyOptions {
            tool_choice,
            parallel_calls,
            sampling,
            reasoning_max,
            answer,
            grounded,
            ..ReplyOptions::default()
        }
    }

    /// How tokens are sampled, if anything was said of it.
    fn sampling(&self) -> Option<Sampling> {
        let numbers = [self.temperature, self.top_p, self.min_p, self.repeat_penalty];
        let is_said = numbers.iter().any(Option::is_some) || self.top_k.is_some() || self.seed.is_some();
        let usual = Sampling::default();
        is_said.then(|| Sampling {
            temperature: self.temperature.unwrap_or(usual.temperature),
            top_k: self.top_k.unwrap_or(usual.top_k),
            top_p: self.top_p.unwrap_or(usual.top_p),
            min_p: self.min_p.unwrap_or(usual.min_p),
            repeat_penalty: self.repeat_penalty.unwrap_or(usual.repeat_penalty),
            draw_calls: self.draw == Drawn::Calls,
            seed: self.seed.unwrap_or(usual.seed),
            ..usual
        })
    }

    /// The same for another try, the `number`-th from 0: where tokens are sampled, others are.
    pub(crate) fn drawn_anew(&self, number: u32) -> Self {
        let seed = self.sampling().map(|sampling| sampling.seed.wrapping_add(u64::from(number)));
        Self { seed, ..self.clone() }
    }

    /// The first option that was given of those that endpoints are not told of.
    pub(crate) fn given_for_here(&self) -> Option<&'static str> {
        let all = [
            ("--top-k", self.top_k.is_some()),
            ("--min-p", self.min_p.is_some()),
            ("--repeat-penalty", self.repeat_penalty.is_some()),
        ];
        all.into_iter().find(|(_, is_given)| *is_given).map(|(option, _)| option)
    }
}

fn temperature(text: &str) -> Result<f32, String> {
    within((0.0, 5.0), text)
}

/// A share of what there is.
pub(crate) fn share(text: &str) -> Result<f32, String> {
    within((0.0, 1.0), text)
}

fn penalty(text: &str) -> Result<f32, String> {
    within((1.0, 5.0), text)
}

/// A number from one to another.
fn within((least, most): (f32, f32), text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(value) if (least..=most).contains(&value) => Ok(value),
        Ok(_) | Err(_) => Err(format!("a number from {least} to {most}")),
    }
}
