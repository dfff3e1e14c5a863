//! One tool, one question: the shortest agent there is.

use handyman::prelude::*;

/// What the weather will be.
#[derive(Serialize)]
struct Forecast {
    city: String,
    date: handyman::jiff::civil::Date,
    condition: &'static str,
    high: i32,
    low: i32,
    unit: &'static str,
}

/// Weather forecast for a city.
#[tool(read_only)]
async fn weather(
    context: &CallContext,
    /// City name, as the user wrote it
    #[arg(verbatim)]
    city: String,
    /// Such as tomorrow
    #[arg(verbatim)]
    day: String,
) -> ToolResult<Forecast> {
    // A real tool would ask a service here. This one knows two days and a single kind of weather.
    let today = context.now.date();
    let date = match day.to_lowercase().as_str() {
        "today" => today,
        "tomorrow" => today.tomorrow().unwrap_or(today),
        _ => return Err(ToolError::argument("day", "only today and tomorrow are known")),
    };
    Ok(Forecast { city, date, condition: "light rain", high: 27, low: 22, unit: "°C" })
}

#[tokio::main]
async fn main() -> Result<(), Fault> {
    let model = LocalModel::builtin().await?; // or LocalModel::load("path/to/model.gguf", ModelSettings::default())
    let agent = Agent::new(model).tool(weather);
    let run = agent.run("Will it rain in Lagos tomorrow?").await?;
    println!("{}", run.answer());
    Ok(())
}
