//! One reply at a time: what the grammar costs, and what the loop costs.

use std::path::Path;
use std::time::{Duration, Instant};

use handyman::prelude::*;
use handyman::{
    Discard, Effect, Message, Model, ModelRequest, ReplyMode, ReplyOptions, Role, SessionId, Shortcuts,
    ToolChoice, ToolSpec,
};
use serde_json::json;

use crate::gguf::{Architecture, Shape, write};
use crate::graft::graft;
use crate::rows::{median, ratio, row};
use crate::{Outcome, ask};

/// Time of the grammar for each token that is chosen, over a vocabulary of 151,936 tokens: random words, or those of
/// the tokenizer in the file that `HANDYMAN_VOCABULARY` names.
pub(crate) async fn constraint(folder: &Path) -> Outcome<()> {
    let file = folder.join("many-words.gguf");
    write(&file, &Shape { vocabulary: 151_936, ..Shape::tiny(Architecture::Attention) })?;
    let words = match std::env::var_os("HANDYMAN_VOCABULARY") {
        Some(tokenizer) => {
            graft(&file, Path::new(&tokenizer))?;
            Path::new(&tokenizer)
                .file_stem()
                .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
        }
        None => "random words".to_owned(),
    };
    let model = LocalModel::load(&file, ModelSettings::default()).await?;
    let tools = tools();
    for index in 0..24 {
        let session = SessionId::from(format!("s{index}"));
        let history = [Message::text_of(
            Role::User,
            format!("Number {index}: a flight to Lagos, an event, the weather"),
        )];
        // Every other reply has to call: left alone, random weights seldom do.
        let tool_choice = if index % 2 == 0 { ToolChoice::Auto } else { ToolChoice::Required };
        let options = &ReplyOptions { tool_choice, ..ReplyOptions::default() };
        let request =
            ModelRequest { tools: &tools, mode: ReplyMode::Free, options, ..ask(&session, &history, 60) };
        model.reply(request, &Discard).await?;
    }
    let spent = model.figures().constraint;
    let micros = |time: Duration| format!("{:.0} us", time.as_secs_f64() * 1e6);
    row(
        "grammar for each chosen token, 151,936 words: mean",
        &micros(spent.mean()),
        "60 us",
        &format!("{} tokens, {words}", spent.count()),
    );
    row("the same, 99th percentile", &micros(spent.quantile(0.99)), "300 us", "");
    Ok(())
}

fn tools() -> Vec<ToolSpec> {
    let text = json!({"type": "string"});
    let tool = |name: &str, properties: serde_json::Value| ToolSpec {
        name: name.to_owned(),
        description: String::new(),
        parameters: json!({"type": "object", "required": properties.as_object().map(|all| all.keys().cloned().collect::<Vec<_>>()), "properties": properties}),
        effect: Effect::ReadOnly,
        safety: handyman::core::Safety::default(),
    };
    vec![
        tool(
            "get_weather",
            json!({"city": text, "unit": {"enum": ["celsius", "fahrenheit"]}, "days": {"type": "integer", "minimum": 0, "maximum": 7}}),
        ),
        tool(
            "search_flights",
            json!({"from": text, "to": text, "date": text, "cabin": {"enum": ["economy", "business"]}}),
        ),
        tool(
            "create_event",
            json!({"title": text, "start": text, "guests": {"type": "array", "items": text}}),
        ),
        tool("sql_query", json!({"query": text, "limit": {"type": "integer", "minimum": 1, "maximum": 100}})),
    ]
}

/// Our loop at one reply against a bare one over the same weights, with the same kernels.
pub(crate) async fn decode_loop(file: &Path) -> Outcome<()> {
    const TOKENS: u64 = 24;
    let off = Shortcuts { forcing: false, drafting: false, ..Shortcuts::default() };
    let model = LocalModel::load(file, ModelSettings { shortcuts: off, ..ModelSettings::default() }).await?;
    let session = SessionId::from("s");
    let history = [Message::text_of(Role::User, "What is there to say?")];
    model.reply(ask(&session, &history, 1), &Discard).await?;
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let started = Instant::now();
        // The prompt is known: its first token needs no pass, the others one each.
        let decoded = model.reply(ask(&session, &history, TOKENS), &Discard).await?.usage.decoded();
        ours.push(started.elapsed() / u32::try_from(decoded.max(2) - 1)?);
        bare.push(model.bare_loop(usize::try_from(TOKENS)?, 1)? / u32::try_from(TOKENS)?);
    }
    let (ours, bare) = (median(ours), median(bare));
    let rate = |time: Duration| 1.0 / time.as_secs_f64();
    let from = format!("{:.1} / {:.1} tokens/s", rate(ours), rate(bare));
    row(
        "our loop / a bare one, same kernels, one reply: tokens/s",
        &ratio(rate(ours), rate(bare)),
        "0.97",
        &from,
    );
    Ok(())
}
