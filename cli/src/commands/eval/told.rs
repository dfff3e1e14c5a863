//! What is printed of cases that were tried.

use std::time::Duration;

use handyman::Usage;
use handyman::eval::{Report, Threshold, Tried};
use serde_json::json;

use crate::args::{RunOptions, options_here};
use crate::show;

/// Columns of a case's name.
const NAME: usize = 60;

/// Tells of one case.
pub(super) fn case(tried: &Tried, options: &RunOptions) {
    if options.json {
        let (case, passed, tries) = (&tried.case, tried.passed(), &tried.tries);
        show::record(&json!({"type": "case", "case": case, "passed": passed, "tries": tries}).to_string());
        return;
    }
    show::line(&line(tried));
    let failed = tried.tries.iter().find(|one| !one.passed());
    if let (Some(failed), Some(_)) = (failed, &options.record.journal) {
        for run in &failed.runs {
            show::note(&format!(
                "to look at it: handyman runs show {run}{}",
                options_here(&["runs", "show"])
            ));
        }
    }
}

/// A case in one line: that it has passed, or what was not as expected.
fn line(tried: &Tried) -> String {
    let name = named(tried);
    let of = tried.tries.len();
    let share = if of > 1 { format!(" ({} of {of})", tried.passes()) } else { String::new() };
    if tried.passed() {
        return format!("ok    {name}{share}");
    }
    let mut unmet: Vec<&str> = Vec::new();
    for one in tried.tries.iter().flat_map(|one| &one.unmet) {
        if !unmet.contains(&one.why.as_str()) {
            unmet.push(&one.why);
        }
    }
    format!("FAIL  {name}{share}: {}", unmet.join("; "))
}

/// Tells of the cases that were tried, if something has ended the evaluation before all of so many were.
pub(super) fn cut_short(report: &Report, of: usize, json: bool) {
    total(report, json);
    show::note(&format!("stopped early, after {} of {}", report.cases.len(), show::counted(of, "case")));
}

/// Tells of all cases: a table, and how many have passed.
pub(super) fn total(report: &Report, json: bool) {
    let (passed, of, usage, ms) = (report.passed(), report.of(), report.usage(), report.ms());
    let (low, high) = report.interval();
    if json {
        let interval = [low, high];
        let mut total = json!({"type": "total", "passed": passed, "of": of, "interval": interval, "usage": usage, "ms": ms});
        if let Some(threshold) = report.threshold() {
            total["threshold"] = json!(threshold);
        }
        show::record(&total.to_string());
        return;
    }
    if report.cases.is_empty() {
        show::line("stopped before a case had ended");
        return;
    }
    show::line("");
    show::line(&format!(
        "{:<12}{:>7}{:>11}{:>9}{:>11}  case",
        "passed", "turns", "prefilled", "decoded", "time"
    ));
    for tried in &report.cases {
        let passed = format!("{} of {}", tried.passes(), tried.tries.len());
        show::line(&row(&passed, &tried.usage(), tried.ms(), &named(tried)));
    }
    show::line(&row(&format!("{passed} of {of}"), &usage, ms, "all cases"));
    let share = 100.0 * f64::from(passed) / f64::from(of.max(1));
    show::line("");
    show::line(&format!(
        "{passed} of {} passed: {share:.0} % (95 % confidence interval {:.0} to {:.0} %)",
        show::counted(of, "case"),
        100.0 * low,
        100.0 * high
    ));
    if let Some(threshold) = report.threshold() {
        show::line(&confidence(threshold));
    }
}

/// What the model's confidence tells of what it got wrong.
fn confidence(threshold: Threshold) -> String {
    let Threshold { below, failed, failed_of, passed, passed_of } = threshold;
    format!(
        "below a confidence of {below:.2}: {failed} of {failed_of} tries that failed, {passed} of {passed_of} that passed \
         (--ask-below {below:.2} asks before their effects)"
    )
}

fn row(passed: &str, usage: &Usage, ms: u64, name: &str) -> String {
    let seconds = Duration::from_millis(ms).as_secs_f64();
    let tokens = usage.tokens;
    format!(
        "{passed:<12}{:>7}{:>11}{:>9}{seconds:>9.1} s  {name}",
        usage.turns,
        tokens.prefilled,
        tokens.decoded()
    )
}

/// What a case is called, in one line.
fn named(tried: &Tried) -> String {
    show::cut(&show::one_line(&tried.case), NAME).into_owned()
}

#[cfg(test)]
mod tests;
