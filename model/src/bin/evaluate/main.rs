//! Measures a model through the product's own runtime: greedy, constrained, on the sandbox world.
//!
//! `evaluate [--model GGUF] FILE…` reads hand-written requests (`model/eval/requests.jsonl`) or generated
//! conversations, of which it takes the first request, and prints a table. Every case has a world of its
//! own. `--failures` prints what went wrong.

mod cases;
mod judge;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser;
use handyman_core::{Limits, Toolbox};
use handyman_runtime::{Agent, AllowAll, LocalModel, ModelSettings};
use handyman_tools::{Sandbox, Settings};

use cases::Case;
use judge::{Verdict, judge};

/// Measures a model on requests whose right calls are known.
#[derive(Debug, Parser)]
struct Args {
    /// Requests or conversations, one JSON object a line
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The model
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/handyman.gguf"))]
    model: PathBuf,
    /// At most so many cases of each file
    #[arg(long)]
    most: Option<usize>,
    /// Print the cases that went wrong
    #[arg(long)]
    failures: bool,
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the table is this program's output")]
async fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let model = Arc::new(LocalModel::load(&args.model, ModelSettings::default()).await?);
    println!("| cases | language | n | right | 95 % interval | false claims |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for file in &args.files {
        let mut scores: BTreeMap<(String, String), Score> = BTreeMap::new();
        for case in cases::read(file)?.into_iter().take(args.most.unwrap_or(usize::MAX)) {
            let verdict = run(&model, &case).await?;
            if args.failures && let Some(problem) = &verdict.problem {
                println!("✗ {} [{}] {}\n    {problem}", case.kind, case.lang, case.request);
            }
            for kind in ["all", &case.kind] {
                let score = scores.entry((kind.to_owned(), case.lang.clone())).or_default();
                score.count(&verdict);
            }
        }
        let set = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        for ((kind, lang), score) in scores {
            println!("| {set}: {kind} | {lang} | {} |", score.row());
        }
    }
    Ok(())
}

async fn run(model: &Arc<LocalModel>, case: &Case) -> Result<Verdict, Box<dyn Error>> {
    let sandbox = Sandbox::open(&Settings::new(case.today)).await?;
    let agent = Agent::new(Arc::clone(model))
        .toolbox(Toolbox::new().with_all(sandbox.tools())?)
        .policy(AllowAll)
        .limits(Limits { turns_max: 8, ..Limits::default() })
        .now(case.today.at(9, 0, 0, 0));
    match agent.run(&case.request).await {
        Ok(run) => Ok(judge(case, &run)),
        Err(fault) => Ok(Verdict::failed(format!("{fault}"))),
    }
}

/// What came of the cases of one kind.
#[derive(Debug, Default)]
struct Score {
    cases: u32,
    right: u32,
    false_claims: u32,
}

impl Score {
    fn count(&mut self, verdict: &Verdict) {
        self.cases += 1;
        self.right += u32::from(verdict.problem.is_none());
        self.false_claims += u32::from(verdict.false_claim);
    }

    fn row(&self) -> String {
        let (low, high) = wilson(self.right, self.cases);
        let share = 100.0 * f64::from(self.right) / f64::from(self.cases.max(1));
        format!("{} | {share:.0} % | {low:.0}–{high:.0} % | {}", self.cases, self.false_claims)
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
    (100.0 * (middle - spread) / scale, 100.0 * (middle + spread) / scale)
}
