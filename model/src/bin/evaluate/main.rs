//! Measures a model through the product's own runtime: greedy, constrained, on the sandbox world.
//!
//! `evaluate [--model GGUF] --product FILE --amiss FILE --renamed FILE --everyday FILE --invented FILE --requests FILE` reads
//! generated conversations and hand-written requests (`model/eval/requests.jsonl`) and prints the tables of the model card. Every
//! task has a world of its own; speed is measured with the tables. `--failures` prints what went wrong; `--card FILE` writes the
//! tables between the marks in it.

mod cases;
mod first;
mod judge;
mod pairs;
mod score;
mod speed;
mod world;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Parser;
use handyman_core::{Limits, ReplyOptions};
use handyman_runtime::{Agent, AllowAll, LocalModel, ModelSettings};

use cases::Case;
use first::{Constraint, Counted};
use judge::{Verdict, judge};
use score::Table;
use world::World;

/// What stands before and after the tables in the model card.
const MARKS: (&str, &str) = ("<!-- measured -->\n", "<!-- end -->\n");

/// Measures a model on requests whose right calls are known.
#[derive(Debug, Parser)]
struct Args {
    /// Held-out conversations with the product's tools
    #[arg(long)]
    product: Option<PathBuf>,
    /// Held-out requests to the product that cannot be met as they are
    #[arg(long)]
    amiss: Option<PathBuf>,
    /// Held-out conversations with the product's tools by other names
    #[arg(long)]
    renamed: Option<PathBuf>,
    /// Held-out conversations with invented tools
    #[arg(long)]
    invented: Option<PathBuf>,
    /// Held-out conversations with everyday tools
    #[arg(long)]
    everyday: Option<PathBuf>,
    /// Hand-written requests
    #[arg(long)]
    requests: Option<PathBuf>,
    /// The model
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/handyman.gguf"))]
    model: PathBuf,
    /// At most so many cases of each file
    #[arg(long)]
    most: Option<usize>,
    /// Print the tasks that went wrong
    #[arg(long)]
    failures: bool,
    /// Write the calls the model gets wrong in the product's conversations, for the preference stage, and stop
    #[arg(long, requires = "product")]
    pairs: Option<PathBuf>,
    /// The model card to write the tables to
    #[arg(long)]
    card: Option<PathBuf>,
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the tables are this program's output")]
async fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let model = Arc::new(LocalModel::load(&args.model, ModelSettings::default()).await?);
    if let (Some(out), Some(file)) = (&args.pairs, &args.product) {
        let (turns, wrong) = pairs::write(&model, file, out).await?;
        println!("{wrong} of {turns} replies are wrong: {}", out.display());
        return Ok(());
    }
    let mut tables = Vec::new();
    let calls = first_replies(&model, &args).await?;
    for (table, heading) in [
        (&calls.exact, "the first reply's calls, exact"),
        (&calls.chosen, "the first reply's tools, whatever their arguments"),
        (&calls.sure, "the same as shipped, by the model's confidence"),
    ] {
        if !table.rows().is_empty() {
            tables.push(table.markdown(heading, &table.rows()));
        }
    }
    let (tasks, claims) = whole_tasks(&model, &args).await?;
    if !tasks.rows().is_empty() {
        tables.push(tasks.markdown("whole tasks", &tasks.rows()));
        tables.push(claims.markdown("answers with a false claim", &claims.rows()));
    }
    tables.push(speed::table(&model).await?);
    let text = tables.join("\n");
    println!("{text}");
    args.card.map_or(Ok(()), |card| write_card(&card, &text))
}

/// Exactness of the first reply, on the product's and on other tools.
#[expect(clippy::print_stdout, reason = "failures are printed")]
async fn first_replies(model: &LocalModel, args: &Args) -> Result<Counted, Box<dyn Error>> {
    let mut counted = Counted::default();
    let sets = [
        ("product's tools", &args.product),
        ("product's tools by other names", &args.renamed),
        ("everyday tools", &args.everyday),
        ("invented tools", &args.invented),
    ];
    for (set, file) in sets {
        let Some(file) = file else { continue };
        let mut talks = first::read(file)?;
        talks.truncate(args.most.unwrap_or(usize::MAX));
        for constraint in Constraint::ALL {
            first::measure(model, set, &talks, constraint, &mut counted).await?;
        }
        first::baselines(set, &talks, &mut counted.exact);
    }
    if args.failures {
        counted.wrong.iter().for_each(|wrong| println!("{wrong}"));
    }
    Ok(counted)
}

/// Whole tasks on the sandbox, and the false claims in their answers.
#[expect(clippy::print_stdout, reason = "failures are printed as they happen")]
async fn whole_tasks(model: &Arc<LocalModel>, args: &Args) -> Result<(Table, Table), Box<dyn Error>> {
    let (mut tasks, mut claims) = (Table::default(), Table::default());
    let sets =
        [("generated", &args.product), ("generated amiss", &args.amiss), ("hand-written", &args.requests)];
    for (set, file) in sets {
        let Some(file) = file else { continue };
        for case in cases::read(file)?.into_iter().take(args.most.unwrap_or(usize::MAX)) {
            let verdict = run(model, &case).await?;
            if args.failures
                && let Some(problem) = &verdict.problem
            {
                println!("✗ {} [{}] {}\n    {problem}", case.kind, case.lang, case.request);
                // A task that failed otherwise may claim something as well.
                for claim in verdict.false_claim.iter().filter(|claim| *claim != problem) {
                    println!("    false claim: {claim}");
                }
            }
            for row in ["all".to_owned(), case.class()] {
                tasks.count(&format!("{set}: {row}"), &case.lang, verdict.problem.is_none());
            }
            claims.count(set, &case.lang, verdict.false_claim.is_some());
        }
    }
    Ok((tasks, claims))
}

async fn run(model: &Arc<LocalModel>, case: &Case) -> Result<Verdict, Box<dyn Error>> {
    let now = case.today.at(9, 0, 0, 0);
    let world = World::open(now).await?;
    let agent = Agent::new(Arc::clone(model))
        .toolbox(world.toolbox.clone())
        .policy(AllowAll)
        .limits(Limits { turns_max: 8, ..Limits::default() })
        // As the command line has it for the built-in model.
        .options(ReplyOptions { grounded: true, ..ReplyOptions::default() })
        .now(now);
    let run = match agent.run(&case.request).await {
        Ok(run) => run,
        Err(fault) => return Ok(Verdict::failed(format!("{fault}"))),
    };
    let mut verdict = judge(case, &run);
    if case.whole {
        let right = World::open(now).await?;
        right.fulfil(&case.expect.calls).await;
        if verdict.problem.is_none() && right.state().await != world.state().await {
            verdict.problem = Some("the world is not as it should be".to_owned());
        }
    }
    Ok(verdict)
}

/// Puts the tables between the marks of the card.
fn write_card(card: &Path, tables: &str) -> Result<(), Box<dyn Error>> {
    let text = std::fs::read_to_string(card)?;
    let parts = text.split_once(MARKS.0).and_then(|(head, rest)| Some((head, rest.split_once(MARKS.1)?.1)));
    let (head, tail) = parts.ok_or_else(|| format!("{} has no place for the tables", card.display()))?;
    Ok(std::fs::write(card, format!("{head}{}\n{tables}\n{}{tail}", MARKS.0, MARKS.1))?)
}
