//! What a grammar holds by construction, checked after decoding where there is none.

mod copied;

use async_trait::async_trait;
use handyman_core::{
    CallRequest, DeltaSink, Fault, Model, ModelInfo, ModelReply, ModelRequest, ReplyBody, ReplyMode,
    StopReason, ToolChoice, ToolSpec,
};
use serde_json::json;

use crate::figures;
use crate::sources::Sources;

/// A model whose replies are checked as those of endpoints are: for a model of one's own, which no grammar holds.
///
/// A reply that could not have been written under one is malformed. None of its calls is made; the model is told
/// what is wrong and asked again, as often in a row as
/// [`Limits::malformed_max`](handyman_core::Limits::malformed_max) says. That is so of a reply
///
/// - that says and calls nothing, calls where an answer was asked for, or answers where a call was
///   ([`ToolChoice`]), calls another tool than was asked for, or several at once where one was;
/// - that calls a tool that is ruled out ([`ReplyOptions::ruled_out`](handyman_core::ReplyOptions::ruled_out));
/// - with an argument that is not copied from where its schema says (`x-from`, `x-verbatim`);
/// - that states a figure which nobody has said, where its run is
///   [grounded](handyman_core::ReplyOptions::grounded).
///
/// What is checked of every model is left to those who do so: a tool that is not there, or has not been shown, is
/// what its call comes to; arguments are held against the tool's schema before it runs, and an answer against the
/// shape that was asked for. What the model says is shown as it comes, also of a reply that turns out malformed.
///
/// ```
/// use async_trait::async_trait;
/// use handyman_core::{
///     DeltaSink, Fault, Model, ModelInfo, ModelReply, ModelRequest, ReplyBody, ReplyOptions, Role, TokenUsage,
/// };
/// use handyman_runtime::{Agent, Checked};
///
/// /// Makes something up, and takes it back once it is told.
/// struct Guess;
///
/// #[async_trait]
/// impl Model for Guess {
///     fn info(&self) -> ModelInfo {
///         ModelInfo { name: "guess".to_owned(), ..ModelInfo::default() }
///     }
///
///     async fn reply(&self, request: ModelRequest<'_>, _: &dyn DeltaSink) -> Result<ModelReply, Fault> {
///         let told = request.history.iter().any(|message| message.role == Role::Assistant);
///         let text = if told { "I cannot know." } else { "It is the G999." };
///         let body = ReplyBody::Said { reasoning: String::new(), text: text.to_owned(), calls: Vec::new() };
///         Ok(ModelReply::new(body, TokenUsage::default()))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Fault> {
/// let grounded = ReplyOptions { grounded: true, ..ReplyOptions::default() };
/// let agent = Agent::new(Checked::new(Guess)).options(grounded);
/// let run = agent.run("Which train do I take?").await?;
/// assert_eq!(run.answer(), "I cannot know.");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Checked<M> {
    model: M,
}

impl<M> Checked<M> {
    /// Checks every reply of `model`.
    pub fn new(model: M) -> Self {
        Self { model }
    }
}

#[async_trait]
impl<M: Model> Model for Checked<M> {
    fn info(&self) -> ModelInfo {
        self.model.info()
    }

    fn window(&self) -> Option<u64> {
        self.model.window()
    }

    fn tokens(&self, text: &str) -> u64 {
        self.model.tokens(text)
    }

    fn describing(&self, tools: &[ToolSpec]) -> u64 {
        self.model.describing(tools)
    }

    async fn reply(&self, request: ModelRequest<'_>, sink: &dyn DeltaSink) -> Result<ModelReply, Fault> {
        let reply = self.model.reply(request, sink).await?;
        Ok(ModelReply { body: hold(reply.body, reply.stop, &request), ..reply })
    }
}

/// A reply that ended like this, held against its request: as it is, or malformed.
pub(crate) fn hold(body: ReplyBody, stop: StopReason, request: &ModelRequest<'_>) -> ReplyBody {
    match body {
        ReplyBody::Said { text, calls, .. } if calls.is_empty() && text.trim().is_empty() => {
            let problem = if stop.is_ended() {
                "nothing was said and nothing called"
            } else {
                "it was cut off before it was whole: nothing was said yet"
            };
            ReplyBody::Malformed { text: String::new(), problem: problem.to_owned() }
        }
        ReplyBody::Said { reasoning, text, calls } => match check(&text, &calls, request) {
            Ok(()) => ReplyBody::Said { reasoning, text, calls },
            Err(problem) => ReplyBody::Malformed { text: as_text(&text, &calls), problem },
        },
        malformed @ ReplyBody::Malformed { .. } => malformed,
    }
}

/// Whether a reply could be said, and its calls made.
///
/// # Errors
/// What is wrong with it, for the model to hear.
fn check(text: &str, calls: &[CallRequest], request: &ModelRequest<'_>) -> Result<(), String> {
    if request.options.grounded && request.options.answer.is_none() {
        figures::check(text, request.history)?;
    }
    let choice = &request.options.tool_choice;
    let none = request.mode == ReplyMode::AnswerOnly || *choice == ToolChoice::None;
    if none && !calls.is_empty() {
        return Err("no call could be made now; an answer was asked for".to_owned());
    }
    if !none && calls.is_empty() && matches!(choice, ToolChoice::Required | ToolChoice::Tool(_)) {
        return Err("a call was asked for".to_owned());
    }
    if !request.options.parallel_calls && calls.len() > 1 {
        return Err("only one call at a time was asked for".to_owned());
    }
    let (sources, tools) = (Sources::new(request.history), request.callable());
    for call in calls {
        if let ToolChoice::Tool(name) = choice
            && call.tool != *name
        {
            return Err(format!("a call of {name} was asked for, not of {}", call.tool));
        }
        if request.options.ruled_out.contains(&call.tool) {
            return Err(format!("{} cannot be called now", call.tool));
        }
        // A tool that is not there, or not yet shown, the planner tells of.
        if let Some(spec) = tools.iter().find(|tool| tool.name == call.tool) {
            copied::check(call, spec, sources)?;
        }
    }
    Ok(())
}

/// A reply with calls as text, for a history that can hold no calls in its place.
fn as_text(text: &str, calls: &[CallRequest]) -> String {
    let calls = calls.iter().map(|call| json!({"name": call.tool, "arguments": call.arguments}).to_string());
    let parts: Vec<String> =
        std::iter::once(text.to_owned()).chain(calls).filter(|part| !part.is_empty()).collect();
    parts.join("\n")
}

#[cfg(test)]
mod tests;
