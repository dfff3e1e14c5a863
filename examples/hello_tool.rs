//! One tool, one question: the shortest agent there is.

use handyman::prelude::*;

/// What the weather will be.
#[derive(Serialize)]
struct Forecast {
    city: String,
    days_from_today: u8,
    condition: &'static str,
    high_celsius: i32,
}

/// Weather forecast for a city.
#[tool(read_only)]
async fn weather(
    /// City name, as the user wrote it
    #[arg(verbatim)]
    city: String,
    /// Days from today
    #[arg(range = 0..=7)]
    days: u8,
) -> ToolResult<Forecast> {
    // A real tool would ask a service here. This one knows a single kind of weather.
    Ok(Forecast { city, days_from_today: days, condition: "light rain", high_celsius: 27 })
}

#[tokio::main]
async fn main() -> Result<(), Fault> {
    let model = LocalModel::builtin().await?; // or LocalModel::load("path/to/model.gguf", ModelSettings::default())
    let agent = Agent::new(model).tool(weather);
    let run = agent.run("Will it rain in Lagos tomorrow?").await?;
    println!("{}", run.answer());
    Ok(())
}
