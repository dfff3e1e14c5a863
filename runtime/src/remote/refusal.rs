//! What is read from an answer that is no reply: what a service says of it, and how long it asks to wait.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{HeaderMap, LOCATION, RETRY_AFTER};
use serde_json::Value;

/// Characters that are told of what a service says.
pub(super) const SAID_MAX: usize = 500;

/// What a service says that does not say it in JSON, or in none that is known. Pages are for browsers.
pub(super) fn plain(text: &str) -> Option<String> {
    Some(text.trim()).filter(|text| !text.is_empty() && !text.starts_with('<')).map(str::to_owned)
}

/// Where an answer redirects to, without a query, which may hold a secret.
pub(super) fn place_of(headers: &HeaderMap) -> String {
    let place = headers.get(LOCATION).and_then(|place| place.to_str().ok()).unwrap_or_default();
    place.split('?').next().unwrap_or_default().chars().take(SAID_MAX).collect()
}

/// Whether what a service says is that the window is too small. That some text or number is too long is another mistake,
/// and the contexts that are cancelled and have deadlines are those of services written in Go.
pub(super) fn tells_of_window(said: &str) -> bool {
    let said = said.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let sizes = ["length", "size", "window", "exceed", "limit", "overflow", "shift", "token", "long", "full"];
    has(&["context"]) && has(&sizes) && !has(&["context canceled", "context deadline"])
        || has(&["prompt is too long", "input is too long", "token count"])
        || has(&["maximum prompt length", "maximum model length"])
        || has(&["`inputs`"]) && has(&["token"])
}

/// How long an answer asks to wait: in seconds or until a date (RFC 9110), or in milliseconds, as Azure does as well.
pub(super) fn wait_of(headers: &HeaderMap) -> Option<Duration> {
    let ms = headers.get("retry-after-ms").and_then(|wait| wait.to_str().ok());
    let ms = ms.and_then(|ms| ms.trim().parse::<f64>().ok()).map(|ms| ms / 1_000.0);
    let wait = headers.get(RETRY_AFTER).and_then(|wait| wait.to_str().ok()).unwrap_or_default().trim();
    if let Some(seconds) = ms.or_else(|| wait.parse::<f64>().ok()) {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let until = rfc2822::DateTimeParser::new().parse_timestamp(wait).ok()?;
    // A moment that is over asks for no wait.
    Some(Duration::try_from(Timestamp::now().duration_until(until)).unwrap_or_default())
}

/// How long the body of an error asks to wait, as Gemini says it: `"retryDelay": "37s"`.
pub(super) fn delay_of(body: &Value) -> Option<Duration> {
    let details = body.get(0).unwrap_or(body)["error"]["details"].as_array()?;
    let delay = details.iter().find_map(|detail| detail["retryDelay"].as_str())?;
    Duration::try_from_secs_f64(delay.strip_suffix('s')?.parse().ok()?).ok()
}
