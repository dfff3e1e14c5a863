//! Shares by row and language, and how sure they are.

use std::fmt::Write as _;

/// Rows in the order in which they first come.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<(String, [Share; 2])>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Share {
    cases: u32,
    hits: u32,
}

impl Table {
    /// Counts a case; `lang` is `en` or `zh`.
    pub(crate) fn count(&mut self, row: &str, lang: &str, hit: bool) {
        let at = self.rows.iter().position(|(name, _)| name == row).unwrap_or_else(|| {
            self.rows.push((row.to_owned(), <[Share; 2]>::default()));
            self.rows.len() - 1
        });
        let share = &mut self.rows[at].1[usize::from(lang == "zh")];
        share.cases += 1;
        share.hits += u32::from(hit);
    }

    /// Markdown: per cent with the 95 % interval, and of how many.
    pub(crate) fn markdown(&self, heading: &str) -> String {
        let mut text = format!(
            "| {heading} | English | n | Chinese | n | both | n |\n| --- | --- | --- | --- | --- | --- | --- |\n"
        );
        for (row, [en, zh]) in &self.rows {
            let both = Share { cases: en.cases + zh.cases, hits: en.hits + zh.hits };
            let _ = writeln!(text, "| {row} | {} | {} | {} |", en.cell(), zh.cell(), both.cell());
        }
        text
    }
}

impl Share {
    fn cell(self) -> String {
        let (low, high) = wilson(self.hits, self.cases);
        let share = 100.0 * f64::from(self.hits) / f64::from(self.cases.max(1));
        format!("{share:.1} % ({low:.1}–{high:.1}) | {}", self.cases)
    }
}

/// The Wilson score interval of a share, in per cent, at 95 %.
/// E. B. Wilson, Probable inference, the law of succession, and statistical inference, 1927.
fn wilson(hits: u32, cases: u32) -> (f64, f64) {
    const Z: f64 = 1.96;
    let n = f64::from(cases.max(1));
    let share = f64::from(hits) / n;
    let middle = share + Z * Z / (2.0 * n);
    let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    (100.0 * ((middle - spread) / scale).max(0.0), 100.0 * ((middle + spread) / scale).min(1.0))
}
