//! What the model is told in the runtime's words, beside what was said and what calls came to.

use jiff::civil::{Date, Weekday};

use crate::ids::CallId;
use crate::message::{CallOutcome, CallResult};

/// What the model is told of a person's no.
pub(super) fn refusal(why: Option<&str>) -> String {
    why.map_or_else(|| "a person said no".to_owned(), |why| format!("a person said no: {why}"))
}

/// What the model is told of a call that was to take back another.
pub(super) fn undo_note(result: &CallResult, undone: &CallId) -> String {
    let (tool, told) = (&result.tool, &result.result);
    if result.outcome == CallOutcome::Succeeded {
        format!(
            "What should have completed {tool} ({undone}) failed, so it was undone: {told}. Tell the person."
        )
    } else {
        format!(
            "What should have completed {tool} ({undone}) failed, and it could not be undone: {told}. Tell the person."
        )
    }
}

/// The line that tells the model today's date. It stands in a message, not in the system prompt, so
/// that the prompt's prefix is the same every day.
pub(super) fn date_note(date: Date) -> String {
    let weekday = match date.weekday() {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    };
    format!("(Today is {weekday}, {date}.)")
}
