//! Whether an answer says a thing: in a clause of its own that neither denies it nor asks.
//!
//! A denial counts where it stands before what is said, in the same clause, or directly after it: "Booked: nothing". One in
//! another clause denies something else: "没问题，已预订".

/// English words that deny, beside those that end in "n't".
const DENIALS: [&str; 10] =
    ["not", "cannot", "unable", "never", "no", "none", "nothing", "nobody", "neither", "nor"];
const DENIALS_ZH: [&str; 4] = ["没", "未", "无", "不"];
/// What contains a denial and denies nothing.
const OVERLOOKED: [&str; 18] = [
    "no problem",
    "no worries",
    "no doubt",
    "not only",
    "没问题",
    "没关系",
    "没事",
    "不用担心",
    "不用谢",
    "不客气",
    "不好意思",
    "不过",
    "不但",
    "不仅",
    "不久",
    "不错",
    "未来",
    "无论",
];
/// With what a sentence goes on to something else, and that with a comma before it.
const TURNS: [(&str, &str); 8] = [
    (" but ", ", "),
    (" so ", ", "),
    (" then ", ", "),
    (" and i ", ", i "),
    (" and i'", ", i'"),
    (" and we ", ", we "),
    (" and we'", ", we'"),
    ("但", "，"),
];
/// First words of a question.
const OPENINGS: [&str; 20] = [
    "is", "are", "was", "were", "has", "have", "had", "did", "do", "does", "should", "shall", "can", "could",
    "will", "would", "may", "what", "which", "how",
];
const OPENINGS_ZH: [&str; 4] = ["是否", "要不要", "需要", "吗"];

/// Whether a clause of the answer says one of these things.
pub(crate) fn says(answer: &str, things: &[String]) -> bool {
    let mut text = answer.to_lowercase().replace('’', "'");
    for overlooked in OVERLOOKED {
        text = text.replace(overlooked, " ");
    }
    for (turn, apart) in TURNS {
        text = text.replace(turn, apart);
    }
    text.split_inclusive(['.', '!', '?', '。', '！', '？', '\n', ';', '；']).any(|sentence| {
        let clauses: Vec<&str> = sentence.split_inclusive([',', '，']).collect();
        let is_question = sentence.trim_end().ends_with(['?', '？']);
        clauses.iter().enumerate().any(|(at, clause)| {
            let asks = is_question && (at + 1 == clauses.len() || opens_question(clause));
            !asks && things.iter().any(|thing| is_said(clause, thing))
        })
    })
}

fn opens_question(clause: &str) -> bool {
    words(clause).first().is_some_and(|first| OPENINGS.contains(first))
        || OPENINGS_ZH.iter().any(|opening| clause.contains(opening))
}

/// Whether a clause says this somewhere without denying it.
fn is_said(clause: &str, thing: &str) -> bool {
    if thing.is_ascii() {
        let (all, thing) = (words(clause), words(thing));
        let denies = |word: &&str| DENIALS.contains(word) || word.ends_with("n't");
        return all.windows(thing.len()).enumerate().any(|(at, window)| {
            let end = at + thing.len();
            window == thing && !all[..end].iter().any(denies) && !all.get(end).is_some_and(denies)
        });
    }
    clause.match_indices(thing).any(|(at, _)| {
        let (before, after) = (&clause[..at], &clause[at + thing.len()..]);
        let after = after.trim_start_matches(|c: char| !c.is_alphanumeric());
        !DENIALS_ZH.iter().any(|denial| before.contains(denial) || after.starts_with(denial))
    })
}

/// The words of a text; an apostrophe belongs to its word.
fn words(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty()).collect()
}
