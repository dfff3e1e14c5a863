//! Writes conversations as JSON lines to the standard output.

use std::io::{self, BufWriter, Write};
use std::thread;

use clap::{Parser, ValueEnum};
use handyman_model::draw::Lang;
use handyman_model::product::{About, Course, DeskError};
use handyman_model::{Generator, Kind, Plan};

/// Conversations made at once by one thread.
const BATCH: u64 = 256;

#[derive(Debug, Clone, Copy, ValueEnum)]
enum KindArg {
    Invented,
    Everyday,
    Product,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LangArg {
    En,
    Zh,
}

/// Generates training conversations, one JSON object a line.
#[derive(Debug, Parser)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
struct Args {
    /// Which tools the conversations are about.
    #[arg(long, value_enum, default_value = "invented")]
    kind: KindArg,
    /// Another seed gives other conversations.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many; 0 goes on for ever.
    #[arg(long, default_value_t = 10)]
    count: u64,
    /// Number of the first conversation.
    #[arg(long, default_value_t = 0)]
    start: u64,
    /// One language only.
    #[arg(long, value_enum)]
    lang: Option<LangArg>,
    /// Names and wordings kept out of training.
    #[arg(long)]
    held_out: bool,
    /// Invented tools: one or two, one call a request. Everyday tools: only which of them is called.
    #[arg(long)]
    short: bool,
    /// All of the product's tools in every conversation.
    #[arg(long)]
    full: bool,
    /// The product's tools by other names, with other descriptions and arguments.
    #[arg(long)]
    renamed: bool,
    /// So many conversations in a row have the same tools; the product's with `--full` and other names.
    #[arg(long, default_value_t = 1)]
    alike: u64,
    /// What requests to the product are about.
    #[arg(long, value_enum, default_value = "anything")]
    about: About,
    /// At most so many requests a conversation with the product's tools: short ones teach more in the same time.
    #[arg(long, default_value_t = 4)]
    requests: usize,
    /// Threads; 0 takes all cores.
    #[arg(long, default_value_t = 0)]
    threads: usize,
}

fn main() -> io::Result<()> {
    let args = Args::parse();
    let plan = Plan {
        kind: match args.kind {
            KindArg::Invented => Kind::Invented,
            KindArg::Everyday => Kind::Everyday,
            KindArg::Product => Kind::Product,
        },
        seed: args.seed,
        lang: args.lang.map(|lang| match lang {
            LangArg::En => Lang::En,
            LangArg::Zh => Lang::Zh,
        }),
        held_out: args.held_out,
        short: args.short,
        course: Course { full: args.full, about: args.about, requests: args.requests, renamed: args.renamed },
        alike: args.alike,
    };
    let threads = match args.threads {
        0 => thread::available_parallelism().map_or(1, usize::from),
        n => n,
    };
    let end = if args.count == 0 { u64::MAX } else { args.start.saturating_add(args.count) };
    match write_all(&plan, args.start, end, threads) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Writes conversations `start..end` in order, a batch a thread at a time.
fn write_all(plan: &Plan, start: u64, end: u64, threads: usize) -> io::Result<()> {
    let mut generators =
        (0..threads).map(|_| Generator::new(*plan)).collect::<Result<Vec<_>, _>>().map_err(fault)?;
    let mut out = BufWriter::new(io::stdout().lock());
    let mut next = start;
    while next < end {
        let mut batches = Vec::new();
        for _ in 0..threads {
            let upto = end.min(next.saturating_add(BATCH));
            batches.push(next..upto);
            next = upto;
        }
        let texts: Vec<io::Result<Vec<u8>>> = thread::scope(|scope| {
            let running: Vec<_> = generators
                .iter_mut()
                .zip(batches)
                .map(|(generator, batch)| scope.spawn(move || lines(generator, batch)))
                .collect();
            running
                .into_iter()
                .map(|handle| {
                    handle.join().unwrap_or_else(|_| Err(io::Error::other("a generating thread panicked")))
                })
                .collect()
        });
        for text in texts {
            out.write_all(&text?)?;
        }
    }
    out.flush()
}

fn lines(generator: &mut Generator, numbers: std::ops::Range<u64>) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    for number in numbers {
        let talk = generator.conversation(number).map_err(fault)?;
        serde_json::to_writer(&mut text, &talk)?;
        text.push(b'\n');
    }
    Ok(text)
}

fn fault(error: DeskError) -> io::Error {
    io::Error::other(error.0)
}
