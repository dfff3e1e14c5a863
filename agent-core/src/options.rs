//! What a run asks of its replies, beside the history and the tools.

use crate::answer::AnswerSchema;

/// Which calls a reply may or must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ToolChoice {
    /// Calls or an answer, as the model sees fit.
    #[default]
    Auto,
    /// At least one call.
    Required,
    /// No call.
    None,
    /// A call of this tool.
    Tool(String),
}

/// How tokens are drawn.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Sampling {
    /// Zero always takes the likeliest token; one draws as the model says; more is more varied.
    pub temperature: f32,
    /// Draw from this many of the likeliest tokens; zero for all.
    pub top_k: usize,
    /// Draw from the likeliest tokens that together have this probability.
    pub top_p: f32,
    /// Leave out tokens less likely than this fraction of the likeliest.
    pub min_p: f32,
    /// Divides the logits of tokens that were written lately where they are positive, and multiplies them
    /// where they are negative; one leaves them as they are (Keskar et al., 2019).
    pub repeat_penalty: f32,
    /// Taken from a token's logit for each time it was written lately.
    pub frequency_penalty: f32,
    /// Taken from a token's logit if it was written lately.
    pub presence_penalty: f32,
    /// How many tokens back is lately.
    pub penalty_window: usize,
    /// Whether calls are drawn as well. By default they are the likeliest ones, whatever the temperature:
    /// variety is for what is said, not for what is done. Penalties never apply to calls.
    pub draw_calls: bool,
    /// The same seed draws the same tokens.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 0.0,
            top_k: 40,
            top_p: 0.95,
            min_p: 0.05,
            repeat_penalty: 1.0,
            frequency_penalty: 0.0,
            presence_penalty: 0.0,
            penalty_window: 64,
            draw_calls: false,
            seed: 0,
        }
    }
}

/// What a run asks of its replies.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplyOptions {
    /// Which calls the first reply may or must hold. Once a call has been made the model chooses, so that a
    /// run can end.
    pub tool_choice: ToolChoice,
    /// Whether one reply may hold several calls.
    pub parallel_calls: bool,
    /// How tokens are drawn; `None` leaves it to the model's own settings.
    pub sampling: Option<Sampling>,
    /// Tokens of reasoning in one reply; zero for none, `None` for as many as the model likes.
    pub reasoning_max: Option<u32>,
    /// The shape that the answer has to have; `None` for a text.
    pub answer: Option<AnswerSchema>,
    /// Whether what is said may state only figures (times, prices, dates, references) that the person, the system or
    /// a result has said. A local model can then write no other; what a remote one says is checked. For models that
    /// only tell results: one that works out a sum in its answer could not tell it.
    pub grounded: bool,
    /// Names of tools that the reply cannot call, though its prompt describes them.
    pub ruled_out: Vec<String>,
}

static USUAL: ReplyOptions = ReplyOptions {
    tool_choice: ToolChoice::Auto,
    parallel_calls: true,
    sampling: None,
    reasoning_max: None,
    answer: None,
    grounded: false,
    ruled_out: Vec::new(),
};

impl ReplyOptions {
    /// The options that ask for nothing.
    #[must_use]
    pub fn usual() -> &'static Self {
        &USUAL
    }

    /// The same, with these tools ruled out as well. A call that was required is then the model's to make or not: what
    /// could be called may be all that is ruled out.
    #[must_use]
    pub fn without(mut self, ruled_out: Vec<String>) -> Self {
        let is_ruled_out = |name: &String| ruled_out.contains(name);
        self.tool_choice = match self.tool_choice {
            ToolChoice::Tool(name) if is_ruled_out(&name) => ToolChoice::Auto,
            ToolChoice::Required if !ruled_out.is_empty() => ToolChoice::Auto,
            choice @ (ToolChoice::Auto | ToolChoice::Required | ToolChoice::None | ToolChoice::Tool(_)) => {
                choice
            }
        };
        self.ruled_out.extend(ruled_out);
        self
    }
}

impl Default for ReplyOptions {
    fn default() -> Self {
        USUAL.clone()
    }
}
