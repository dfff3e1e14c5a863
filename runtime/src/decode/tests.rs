//! The decode loop over a model of noise: whatever it would like to write, the grammar holds.

use handyman_core::{FaultKind, ReplyMode};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::choose::{Chooser, Masking, Sampling};
use super::sequences::Sequences;
use super::{Decoder, Generated, Generation, Progress, Stop};
use crate::constrain::sources::Sources;
use crate::dialect::hermes::{Hermes, Thinking};
use crate::dialect::{Dialect, Turn};
use crate::tiny::{Noise, constrainer, person, result, trip_tools, vocabulary};

const WINDOW: usize = 4_000;

fn decoder(noise: Noise) -> Decoder<Noise> {
    Decoder::new(noise, Sequences::new(2, WINDOW), vocabulary(), WINDOW)
}

struct Ask<'a> {
    session: &'a str,
    prompt: &'a [u32],
    grammar: &'a str,
    tokens_max: usize,
    masking: Masking,
}

const ASK: Ask<'static> =
    Ask { session: "s", prompt: &[1, 2, 3], grammar: "", tokens_max: 1_000, masking: Masking::WhenRefused };

fn serve(decoder: &mut Decoder<Noise>, ask: &Ask<'_>) -> (String, Result<Generated, handyman_core::Fault>) {
    let (progress, mut reports) = mpsc::unbounded_channel();
    decoder.serve(Generation {
        session: ask.session.to_owned(),
        prompt: ask.prompt.to_vec(),
        matcher: constrainer().matcher(ask.grammar).unwrap(),
        chooser: Chooser::new(Sampling::default(), ask.masking),
        tokens_max: ask.tokens_max,
        progress,
    });
    let mut bytes = Vec::new();
    loop {
        match reports.try_recv().expect("the generation reports its end") {
            Progress::Piece(piece) => bytes.extend(piece),
            Progress::Done(result) => return (String::from_utf8(bytes).unwrap(), result),
        }
    }
}

#[test]
fn forced_tokens_are_not_sampled() {
    let ask = Ask { grammar: "start: \"{\\\"answer\\\": \" (\"true\" | \"false\") \"}\"", ..ASK };
    let (text, generated) = serve(&mut decoder(Noise::new(1)), &ask);
    let Generated { usage, stop, tokens } = generated.unwrap();
    assert!(matches!(text.as_str(), "{\"answer\": true}" | "{\"answer\": false}"));
    assert_eq!((usage.sampled, stop), (1, Stop::Complete));
    assert_eq!(usage.forced + usage.sampled, tokens.len() as u64);
    assert_eq!((usage.prefilled, usage.reused, usage.drafted), (3, 0, 0));
}

#[test]
fn limits_stop_a_reply() {
    let endless = Ask { grammar: "start: /[ab]{5000,}/", tokens_max: 17, ..ASK };
    let mut decoder = decoder(Noise::new(1));
    let (text, generated) = serve(&mut decoder, &endless);
    assert_eq!((text.len(), generated.unwrap().stop), (17, Stop::TokensMax));
    let (text, generated) = serve(&mut decoder, &Ask { tokens_max: usize::MAX, ..endless });
    assert_eq!((text.len(), generated.unwrap().stop), (WINDOW - 3, Stop::WindowFull));
    let long = vec![1; WINDOW];
    let (_, generated) = serve(&mut decoder, &Ask { prompt: &long, ..endless });
    assert_eq!(generated.unwrap_err().kind(), FaultKind::Window);
}

#[test]
fn over_twenty_turns_only_new_tokens_are_computed() {
    let mut decoder = decoder(Noise::new(3));
    decoder.compute.end_bias = 0.9;
    let mut prompt: Vec<u32> = vec![1; 50];
    for turn in 0..20 {
        let (computed, held) = (decoder.compute.computed, decoder.sequences.tokens(0).len());
        let (_, generated) = serve(&mut decoder, &Ask { prompt: &prompt, grammar: "start: /[a-z]{1,40}/", ..ASK });
        let Generated { tokens, usage, .. } = generated.unwrap();
        assert_eq!(usage.reused as usize, held, "turn {turn}");
        assert_eq!((usage.prefilled + usage.reused) as usize, prompt.len());
        assert_eq!(decoder.compute.computed - computed, usage.prefilled as usize + tokens.len());
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
    let alone = serve(&mut decoder(Noise::new(5)), &Ask { grammar, ..ASK }).0;
    let mut shared = decoder(Noise::new(5));
    for (session, prompt) in [("x", [9; 40]), ("y", [8; 40]), ("z", [7; 40])] {
        serve(&mut shared, &Ask { session, prompt: &prompt, grammar, ..ASK }).1.unwrap();
    }
    assert_eq!(serve(&mut shared, &Ask { grammar, ..ASK }).0, alone);
}

#[test]
fn nobody_listening_ends_the_generation_and_the_next_one_works() {
    let mut decoder = decoder(Noise::new(1));
    let grammar = "start: /[ab]{500}/";
    let wanted = serve(&mut decoder, &Ask { grammar, ..ASK }).0;
    let (progress, reports) = mpsc::unbounded_channel();
    drop(reports);
    let computed = decoder.compute.computed;
    decoder.serve(Generation {
        session: "s".to_owned(),
        prompt: vec![1, 2, 4],
        matcher: constrainer().matcher(grammar).unwrap(),
        chooser: Chooser::new(Sampling::default(), Masking::WhenRefused),
        tokens_max: 1_000,
        progress,
    });
    assert_eq!(decoder.compute.computed, computed, "nothing is computed for nobody");
    assert_eq!(serve(&mut decoder, &Ask { grammar, ..ASK }).0, wanted);
}

/// A conversation in which everything can be called.
fn history() -> [handyman_core::Message; 3] {
    [
        person("明天从上海 to New York, HM77"),
        result("search", json!({"rows": [{"id": "G2-1124"}, {"id": "G4-1124"}]})),
        result("book", json!({"booking": "HM2K"})),
    ]
}

fn reply_of_noise(seed: u64, masking: Masking) -> (Hermes, String, Generated) {
    let (history, tools) = (history(), trip_tools());
    let dialect = Hermes::new(|_| None, "\n".to_owned(), Thinking::Never);
    let turn = Turn { tools: &tools, mode: ReplyMode::Free, sources: Sources::new(&history) };
    let call = dialect.grammar(&turn).unwrap();
    // Noise would write text for ever: only what follows `<tool_call>` is of interest here.
    let start = call.lines().find(|line| line.starts_with("start:")).unwrap();
    let rule = start.split(' ').find(|word| word.starts_with('r') && !call.contains(&format!("{word}[lazy]"))).unwrap();
    let grammar = call.replace(start, &format!("start: \"<tool_call>\" {rule}"));
    let mut decoder = decoder(Noise::new(seed));
    let (text, generated) = serve(&mut decoder, &Ask { grammar: &grammar, masking, ..ASK });
    (dialect, text, generated.unwrap())
}

#[test]
fn copied_arguments_hold_under_a_model_that_knows_nothing() {
    let said = history().iter().flat_map(|message| [message.text()]).collect::<String>();
    let mut called = std::collections::BTreeSet::new();
    for seed in 0..60 {
        let (dialect, text, generated) = reply_of_noise(seed, Masking::WhenRefused);
        assert_eq!(generated.stop, Stop::Complete);
        let reply = dialect.parse(&text).unwrap();
        let call = &reply.calls[0];
        let text_of = |name: &str| call.arguments.get(name).and_then(Value::as_str).unwrap_or_default();
        match call.tool.as_str() {
            "search" => {
                for name in ["from", "to", "day"] {
                    let value = text_of(name);
                    let copied = said.contains(value) || ["G2-1124", "G4-1124", "HM2K"].iter().any(|id| id.contains(value));
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
        assert_eq!((lazy, lazily), (eager, eagerly));
    }
}
