//! What was typed about replies, and what it means.

use std::path::PathBuf;

use clap::{Args as Group, ValueEnum};
use handyman::{AnswerSchema, ReplyOptions, Sampling, ToolChoice};

/// How replies are written.
#[derive(Debug, Clone, Group)]
#[command(next_help_heading = "Replies")]
pub(crate) struct Replies {
    /// Which calls the first reply may or must hold: auto, required, none, or a tool's name
    #[arg(long, value_name = "CHOICE", default_value = "auto")]
    tool_choice: String,
    /// One call at a time
    #[arg(long)]
    one_call: bool,
    /// Draw tokens, the more varied the higher; 0 takes the likeliest
    #[arg(long, value_name = "T", value_parser = temperature)]
    temperature: Option<f32>,
    /// Draw the same tokens as another run with this seed
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Tokens of reasoning in one reply; 0 for none [default: no limit]
    #[arg(long, value_name = "N")]
    reasoning: Option<u32>,
    /// What is drawn
    #[arg(long, value_enum, default_value_t = Drawn::Text)]
    draw: Drawn,
    /// Whether an answer may state only times, prices, dates and references that were said or found [default: yes
    /// with the built-in model, no with others]
    #[arg(long, value_enum, value_name = "YES|NO")]
    grounded: Option<YesNo>,
    /// Answer with JSON of the schema in this file
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
    /// What is said; calls are the likeliest ones
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
        let sampling = (self.temperature.is_some() || self.seed.is_some()).then(|| Sampling {
            temperature: self.temperature.unwrap_or_default(),
            seed: self.seed.unwrap_or_default(),
            draw_calls: self.draw == Drawn::Calls,
            ..Sampling::default()
        });
        let (parallel_calls, reasoning_max) = (!self.one_call, self.reasoning);
        let grounded = self.grounded.map_or(is_builtin, |choice| choice == YesNo::Yes);
        ReplyOptions { tool_choice, parallel_calls, sampling, reasoning_max, answer, grounded }
    }
}

fn temperature(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(value) if (0.0..=5.0).contains(&value) => Ok(value),
        Ok(_) | Err(_) => Err("a number from 0 to 5".to_owned()),
    }
}
