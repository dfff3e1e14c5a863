//! The decode loop over a model of noise: whatever it would like to write, the grammar holds.

use handyman_core::{Fault, FaultKind, ReplyMode, Sampling, ToolChoice};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::choose::{Chooser, Masking};
use super::scheduler::{Rules, Scheduler};
use super::sequences::Sequences;
use super::{Generated, Generation, Priority, Progress, Shortcuts, Stop};
use crate::constrain::sources::Sources;
use crate::dialect::native::Native;
use crate::dialect::{Dialect, Turn};
use crate::tiny::{Noise, constrainer, person, result, trip_tools, vocabulary};

pub(crate) const WINDOW: usize = 4_000;

/// A loop over noise, in a cache of this size.
pub(crate) fn scheduler_of(noise: Noise, sequences: Sequences, shortcuts: Shortcuts) -> Scheduler<Noise> {
    Scheduler::new(noise, sequences, vocabulary(), Rules { window: WINDOW, shortcuts })
}

pub(crate) fn scheduler(noise: Noise) -> Scheduler<Noise> {
    scheduler_of(noise, Sequences::new(2, WINDOW, 0), Shortcuts::default())
}

#[derive(Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub(crate) session: &'a str,
    pub(crate) prompt: &'a [u32],
    pub(crate) grammar: &'a str,
    pub(crate) tokens_max: usize,
    pub(crate) masking: Masking,
    pub(crate) priority: Priority,
}

pub(crate) const ASK: Ask<'static> = Ask {
    session: "s",
    prompt: &[1, 2, 3],
    grammar: "",
    tokens_max: 1_000,
    masking: Masking::WhenRefused,
    priority: Priority::Normal,
};

pub(crate) type Reports = mpsc::UnboundedReceiver<Progress>;

impl Ask<'_> {
    /// The request, and where its progress can be read.
    pub(crate) fn generation(&self) -> (Generation, Reports) {
        let (progress, reports) = mpsc::unbounded_channel();
        let generation = Generation {
            session: self.session.to_owned(),
            prompt: self.prompt.to_vec(),
            shared: 0,
            matcher: constrainer().matcher(self.grammar).unwrap(),
            chooser: Chooser::new(Sampling::default(), self.masking),
            tokens_max: self.tokens_max,
            priority: self.priority,
            restored: None,
            keeper: None,
            progress,
        };
        (generation, reports)
    }
}

/// What has been reported so far: the text, and the end if there was one.
pub(crate) fn read(reports: &mut Reports) -> (String, Option<Result<Generated, Fault>>) {
    let mut bytes = Vec::new();
    while let Ok(report) = reports.try_recv() {
        match report {
            Progress::Piece(piece) => bytes.extend(piece),
            Progress::Done(result) => return (String::from_utf8(bytes).unwrap(), Some(result)),
        }
    }
    (String::from_utf8(bytes).unwrap(), None)
}

/// Computes until nothing is left to do.
pub(crate) fn settle(scheduler: &mut Scheduler<Noise>) {
    for _ in 0..100_000 {
        if scheduler.is_idle() {
            return;
        }
        scheduler.step();
    }
    panic!("the scheduler goes round in circles");
}

pub(crate) fn serve(scheduler: &mut Scheduler<Noise>, ask: &Ask<'_>) -> (String, Result<Generated, Fault>) {
    let (generation, mut reports) = ask.generation();
    scheduler.add(generation);
    settle(scheduler);
    let (text, result) = read(&mut reports);
    (text, result.expect("the generation reports its end"))
}

#[test]
fn forced_tokens_are_not_sampled() {
    let ask = Ask { grammar: "start: \"{\\\"answer\\\": \" (\"true\" | \"false\") \"}\"", ..ASK };
    let (text, generated) = serve(&mut scheduler(Noise::new(1)), &ask);
    let Generated { usage, stop, tokens, .. } = generated.unwrap();
    assert!(matches!(text.as_str(), "{\"answer\": true}" | "{\"answer\": false}"));
    assert_eq!((usage.sampled, stop), (1, Stop::Complete));
    assert_eq!(usage.forced + usage.sampled, tokens.len() as u64);
    assert_eq!((usage.prefilled, usage.reused, usage.drafted), (3, 0, 0));
}

#[test]
fn limits_stop_a_reply() {
    let endless = Ask { grammar: "start: /[ab]{5000,}/", tokens_max: 17, ..ASK };
    let mut scheduler = scheduler(Noise::new(1));
    let (text, generated) = serve(&mut scheduler, &endless);
    assert_eq!((text.len(), generated.unwrap().stop), (17, Stop::TokensMax));
    let (text, generated) = serve(&mut scheduler, &Ask { tokens_max: usize::MAX, ..endless });
    assert_eq!((text.len(), generated.unwrap().stop), (WINDOW - 3, Stop::WindowFull));
    let long = vec![1; WINDOW];
    let (_, generated) = serve(&mut scheduler, &Ask { prompt: &long, ..endless });
    assert_eq!(generated.unwrap_err().kind(), FaultKind::Window);
}

#[test]
fn a_reply_that_only_repeats_itself_is_ended() {
    let mut noise = Noise::new(1);
    noise.end_bias = -100.0;
    let mut scheduler = scheduler(noise);
    let (text, generated) = serve(&mut scheduler, &Ask { grammar: "start: /b{9}a+/", ..ASK });
    assert_eq!((text.len(), generated.unwrap().stop), (9 + 512, Stop::Circling), "{text}");
    let (text, generated) = serve(&mut scheduler, &Ask { grammar: "start: /[ab]+/", ..ASK });
    assert_eq!((text.len(), generated.unwrap().stop), (1_000, Stop::TokensMax), "what varies goes on");
}

#[test]
fn over_twenty_turns_only_new_tokens_are_computed() {
    let mut noise = Noise::new(3);
    noise.end_bias = 0.9;
    let plain = Shortcuts { drafting: false, ..Shortcuts::default() };
    let mut scheduler = scheduler_of(noise, Sequences::new(2, WINDOW, 0), plain);
    let mut prompt: Vec<u32> = vec![1; 50];
    for turn in 0..20 {
        let (computed, held) = (scheduler.compute.computed, scheduler.sequences.tokens(0).len());
        let (_, generated) =
            serve(&mut scheduler, &Ask { prompt: &prompt, grammar: "start: /[a-z]{1,40}/", ..ASK });
        let Generated { tokens, usage, .. } = generated.unwrap();
        assert_eq!(usage.reused as usize, held, "turn {turn}");
        assert_eq!((usage.prefilled + usage.reused) as usize, prompt.len());
        assert_eq!(scheduler.compute.computed - computed, usage.prefilled as usize + tokens.len());
        prompt.extend(tokens);
        prompt.extend([2; 10]);
        if turn > 0 {
            assert_eq!(usage.prefilled, 10);
        }
    }
}

#[test]
fn sessions_do_not_disturb_each_other() {
    let grammar = "start: /[a-z]{30}/";
    let alone = serve(&mut scheduler(Noise::new(5)), &Ask { grammar, ..ASK }).0;
    let mut shared = scheduler(Noise::new(5));
    for (session, prompt) in [("x", [9; 40]), ("y", [8; 40]), ("z", [7; 40])] {
        serve(&mut shared, &Ask { session, prompt: &prompt, grammar, ..ASK }).1.unwrap();
    }
    assert_eq!(serve(&mut shared, &Ask { grammar, ..ASK }).0, alone);
}

#[test]
fn nobody_listening_ends_the_generation_and_the_next_one_works() {
    let mut scheduler = scheduler(Noise::new(1));
    let grammar = "start: /[ab]{500}/";
    let wanted = serve(&mut scheduler, &Ask { grammar, ..ASK }).0;
    let (generation, reports) = Ask { grammar, prompt: &[1, 2, 4], ..ASK }.generation();
    drop(reports);
    let computed = scheduler.compute.computed;
    scheduler.add(generation);
    settle(&mut scheduler);
    assert_eq!(scheduler.compute.computed, computed, "nothing is computed for nobody");
    assert_eq!(serve(&mut scheduler, &Ask { grammar, ..ASK }).0, wanted);
}

/// A conversation in which everything can be called.
fn history() -> [handyman_core::Message; 3] {
    [
        person("明天从上海 to New York, HM77"),
        result("search", json!({"rows": [{"id": "G2-1124"}, {"id": "G4-1124"}]})),
        result("book", json!({"booking": "HM2K"})),
    ]
}

fn reply_of_noise(seed: u64, masking: Masking) -> (Native, String, Generated) {
    let (history, tools) = (history(), trip_tools());
    let dialect = Native::of("hermes");
    // Noise would write text for ever: only calls are of interest here.
    let turn = Turn::new(&tools, ReplyMode::Free, Sources::new(&history));
    let turn = Turn { choice: &ToolChoice::Required, parallel: false, ..turn };
    let grammar = dialect.grammar(&turn).unwrap();
    let mut scheduler = scheduler(Noise::new(seed));
    let (text, generated) = serve(&mut scheduler, &Ask { grammar: &grammar, masking, ..ASK });
    (dialect, text, generated.unwrap())
}

#[test]
fn copied_arguments_hold_under_a_model_that_knows_nothing() {
    let said = history().iter().flat_map(|message| [message.text()]).collect::<String>();
    let mut called = std::collections::BTreeSet::new();
    for seed in 0..60 {
        let (dialect, text, generated) = reply_of_noise(seed, Masking::WhenRefused);
        assert_eq!(generated.stop, Stop::Complete);
        let reply = dialect.parse(&text, &trip_tools()).unwrap();
        let call = &reply.calls[0];
        let text_of = |name: &str| call.arguments.get(name).and_then(Value::as_str).unwrap_or_default();
        match call.tool.as_str() {
            "search" => {
                for name in ["from", "to", "day"] {
                    let value = text_of(name);
                    let copied = said.contains(value)
                        || ["G2-1124", "G4-1124", "HM2K"].iter().any(|id| id.contains(value));
                    assert!(!value.is_empty() && copied, "{name}: {value} in {text}");
                }
            }
            "book" => assert!(["G2-1124", "G4-1124"].contains(&text_of("id"))),
            "cancel" => assert!(!text_of("booking").is_empty()),
            _ => assert!(call.arguments.is_empty()),
        }
        called.insert(call.tool.clone());
    }
    assert_eq!(called.len(), 4);
}

#[test]
fn masking_only_after_a_refusal_changes_nothing() {
    for seed in 0..20 {
        let (_, lazy, lazily) = reply_of_noise(seed, Masking::WhenRefused);
        let (_, eager, eagerly) = reply_of_noise(seed, Masking::Always);
        // Where tokens came from depends on what passes cost; what they are does not.
        assert_eq!((lazy, lazily.tokens, lazily.stop), (eager, eagerly.tokens, eagerly.stop));
    }
}
