//! The spans by their names, with all attributes that they may ever have: `tracing` takes no others later.

use handyman_core::{CallId, IdempotencyKey, SessionId, TokenUsage};
use tracing::Span;
use tracing::field::Empty;

/// What subscribers filter by.
pub(super) const TARGET: &str = "handyman";

/// Who serves the model, as far as is known here. Which model it is stands in `gen_ai.request.model`.
const PROVIDER: &str = "handyman";

/// What is known of a run when its span begins.
#[derive(Default)]
pub(super) struct Begins<'a> {
    pub(super) run: Option<&'a str>,
    pub(super) session: Option<&'a str>,
    pub(super) model: Option<&'a str>,
    pub(super) output: Option<&'a str>,
    pub(super) said: Option<String>,
    pub(super) resumed: bool,
}

/// The span of a run, below the one that the program is in.
pub(super) fn run(begins: &Begins<'_>) -> Span {
    tracing::info_span!(
        target: TARGET,
        "invoke_agent",
        "gen_ai.operation.name" = "invoke_agent",
        "gen_ai.provider.name" = PROVIDER,
        "gen_ai.conversation.id" = begins.session,
        "gen_ai.request.model" = begins.model,
        "gen_ai.output.type" = begins.output,
        "gen_ai.input.messages" = begins.said,
        "gen_ai.output.messages" = Empty,
        "gen_ai.usage.input_tokens" = Empty,
        "gen_ai.usage.cache_read.input_tokens" = Empty,
        "gen_ai.usage.output_tokens" = Empty,
        "handyman.run.id" = begins.run,
        "handyman.resumed" = begins.resumed,
        "handyman.outcome" = Empty,
        "handyman.limit" = Empty,
        "handyman.step" = Empty,
        "error.type" = Empty,
        "otel.status_code" = Empty,
    )
}

/// The span of a reply in a run.
pub(super) fn reply(run: &Span, session: Option<&SessionId>, model: Option<&str>) -> Span {
    let name = named("chat", model);
    let session = session.map(SessionId::as_str);
    tracing::info_span!(
        target: TARGET,
        parent: run,
        "chat",
        "otel.name" = name,
        "gen_ai.operation.name" = "chat",
        "gen_ai.provider.name" = PROVIDER,
        "gen_ai.conversation.id" = session,
        "gen_ai.request.model" = model,
        "gen_ai.response.finish_reasons" = Empty,
        "gen_ai.output.messages" = Empty,
        "gen_ai.usage.input_tokens" = Empty,
        "gen_ai.usage.cache_read.input_tokens" = Empty,
        "gen_ai.usage.output_tokens" = Empty,
        "handyman.turn" = Empty,
        "handyman.confidence" = Empty,
        "handyman.ms" = Empty,
        "error.type" = Empty,
        "otel.status_code" = Empty,
    )
}

/// The span of a call in a run.
pub(super) fn call(
    run: &Span,
    (id, key): (&CallId, &IdempotencyKey),
    tool: Option<&str>,
    arguments: Option<&str>,
) -> Span {
    let name = named("execute_tool", tool);
    let (id, key) = (id.as_str(), key.as_str());
    tracing::info_span!(
        target: TARGET,
        parent: run,
        "execute_tool",
        "otel.name" = name,
        "gen_ai.operation.name" = "execute_tool",
        "gen_ai.tool.name" = tool,
        "gen_ai.tool.type" = "function",
        "gen_ai.tool.call.id" = id,
        "gen_ai.tool.call.arguments" = arguments,
        "gen_ai.tool.call.result" = Empty,
        "handyman.call.key" = key,
        "handyman.outcome" = Empty,
        "handyman.ms" = Empty,
        "error.type" = Empty,
        "otel.status_code" = Empty,
    )
}

/// Marks what a span is of as failed.
pub(super) fn failed(span: &Span, error: &str) {
    span.record("error.type", error);
    span.record("otel.status_code", "error");
}

/// Prompt tokens count whether they were computed or found in the cache.
pub(super) fn record_tokens(span: &Span, usage: TokenUsage) {
    span.record("gen_ai.usage.input_tokens", usage.prefilled.saturating_add(usage.reused));
    span.record("gen_ai.usage.cache_read.input_tokens", usage.reused);
    span.record("gen_ai.usage.output_tokens", usage.decoded());
}

/// A span's name as it is shown: what is done, and with what.
fn named(what: &str, with: Option<&str>) -> String {
    with.map_or_else(|| what.to_owned(), |with| format!("{what} {with}"))
}
