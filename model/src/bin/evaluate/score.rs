//! Counts, and how sure they are.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Shares by row and column; both are kept in the order of their names.
#[derive(Debug, Default)]
pub(crate) struct Table {
    cells: BTreeMap<(String, String), Share>,
}

impl Table {
    pub(crate) fn count(&mut self, row: &str, column: &str, right: bool) {
        let share = self.cells.entry((row.to_owned(), column.to_owned())).or_default();
        share.cases += 1;
        share.right += u32::from(right);
    }

    /// Markdown; the rows in the order they are asked for, the columns `en` and `zh`.
    pub(crate) fn markdown(&self, heading: &str, rows: &[String]) -> String {
        let mut text =
            format!("| {heading} | English | n | Chinese | n |\n| --- | --- | --- | --- | --- |\n");
        for row in rows {
            let cell = |column: &str| {
                self.cells
                    .get(&(row.clone(), column.to_owned()))
                    .map_or_else(|| "– | 0".to_owned(), Share::cell)
            };
            let _ = writeln!(text, "| {row} | {} | {} |", cell("en"), cell("zh"));
        }
        text
    }

    /// All rows there are.
    pub(crate) fn rows(&self) -> Vec<String> {
        let mut rows: Vec<String> = self.cells.keys().map(|(row, _)| row.clone()).collect();
        rows.dedup();
        rows
    }
}

/// How many of how many.
#[derive(Debug, Default)]
struct Share {
    cases: u32,
    right: u32,
}

impl Share {
    fn cell(&self) -> String {
        let (low, high) = wilson(self.right, self.cases);
        let share = 100.0 * f64::from(self.right) / f64::from(self.cases.max(1));
        format!("{share:.0} % ({low:.0}–{high:.0}) | {}", self.cases)
    }
}

/// The Wilson score interval of a share, in per cent, at 95 %.
/// E. B. Wilson, Probable inference, the law of succession, and statistical inference, 1927.
fn wilson(right: u32, cases: u32) -> (f64, f64) {
    const Z: f64 = 1.96;
    let n = f64::from(cases.max(1));
    let share = f64::from(right) / n;
    let middle = share + Z * Z / (2.0 * n);
    let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    (100.0 * (middle - spread).max(0.0) / scale, 100.0 * (middle + spread) / scale)
}
