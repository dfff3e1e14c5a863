//! Typed answers of a real model, however few tokens it may have.

use handyman_core::{Limits, Outcome, tool};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::load;
use crate::{Agent, AllowAll};

/// Weather of a city.
#[tool(read_only)]
async fn weather(
    /// The city
    #[arg(verbatim)]
    city: String,
) -> handyman_core::ToolResult<String> {
    Ok(format!("rain in {city}"))
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Forecast {
    rain: bool,
    highs: Vec<i8>,
    sky: Sky,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
enum Sky {
    Clear,
    Clouds,
}

#[tokio::test]
async fn the_answer_has_the_shape_with_any_number_of_tokens() {
    let agent = Agent::new(load().await).tool(weather).policy(AllowAll);
    for tokens_max in [1, 5, 17, 40, 400] {
        let limits = Limits { tokens_max, turns_max: 4, ..Limits::default() };
        let answered =
            agent.clone().limits(limits).run_as::<Forecast>("Will it rain in Lagos?").await.unwrap();
        let run = &answered.run;
        assert!(answered.value.is_some(), "{tokens_max} tokens: {} {:?}", run.answer(), run.outcome());
        assert!(run.usage().tokens.decoded() <= tokens_max);
        let whole = run.outcome() == Some(&Outcome::Answered);
        assert!(!whole || run.incomplete().is_empty(), "{tokens_max} tokens: {:?}", run.incomplete());
    }
}
