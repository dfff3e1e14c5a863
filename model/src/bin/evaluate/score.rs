//! Counts, and how sure they are.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use handyman_runtime::eval::wilson;

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
        format!("{share:.0} % ({:.0}–{:.0}) | {}", 100.0 * low, 100.0 * high, self.cases)
    }
}
