//! Texts that a person wants to have written, and questions: what stands in the one, and what answers the other, claims
//! less than what is said of an order.

use super::Deed;
use super::clauses::{asks_you, coarse, is_question, opens_question};
use super::words::{DATA, has, words_of};

/// Words before the verb of a request.
const OPENINGS: [&str; 9] = ["please", "can", "could", "will", "would", "you", "me", "help", "to"];
/// Verbs with which one wants a text in other words, whatever it says.
const REWORDS: [&str; 5] = ["translate", "rephrase", "paraphrase", "proofread", "reword"];
/// Verbs with which one wants a text.
const WRITES: [&str; 3] = ["write", "draft", "compose"];
/// Kinds of texts in which nobody speaks to the person.
const TALES: [&str; 11] =
    ["story", "poem", "joke", "tale", "song", "limerick", "haiku", "dialogue", "stories", "poems", "jokes"];
/// Chinese words of such requests.
const REWORDS_ZH: [&str; 4] = ["翻译", "润色", "改写", "校对"];
const WRITES_ZH: [&str; 4] = ["写", "起草", "草拟", "讲"];
const TALES_ZH: [&str; 4] = ["故事", "诗", "笑话", "小说"];
/// With what a request goes on to something else.
const TURNS: [&str; 5] = [" and ", " then ", "并", "再", "然后"];
/// How a mail begins that is shown as it is.
const HEADERS: [&str; 6] = ["subject:", "from:", "主题：", "主题:", "发件人：", "发件人:"];
/// How a letter begins.
const SALUTES: [&str; 3] = ["dear ", "亲爱的", "尊敬的"];
/// How a letter or an answer begins.
const GREETINGS: [&str; 3] = ["hi ", "hello ", "hey "];
/// Deeds that are done to texts, too: who wants one written may want it kept.
const KEEPING: [&str; 4] = ["saved", "added", "changed", "deleted"];
/// First words of questions for how things go.
const GENERAL: [&str; 7] = ["how", "what", "what's", "why", "explain", "describe", "define"];
/// Words of those who ask about what is theirs.
const MINE: [&str; 8] = ["my", "our", "mine", "ours", "i", "we", "me", "us"];

/// What text a person wants, where they do not order a deed beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// None, or the deed is ordered, too.
    Nothing,
    /// One that may speak of a deed, as a letter does: the rest of an answer may claim it all the same.
    Letter,
    /// One that is the whole answer.
    Text,
}

/// The text that a person wants: "draft a mail to my boss", "translate this".
pub(crate) fn wanted_text(asked: &str, deed: Deed<'_>) -> Wanted {
    let (lower, mut wanted) = (asked.to_lowercase(), Wanted::Nothing);
    let mut parts = coarse(&lower);
    for turn in TURNS {
        parts = parts.into_iter().flat_map(|part| part.split(turn)).collect();
    }
    for part in parts {
        match wanted_in(part) {
            Wanted::Nothing if deed.ordered_in(part) => return Wanted::Nothing,
            Wanted::Text if deed.is_own() || KEEPING.contains(&deed.name(false)) => return Wanted::Nothing,
            Wanted::Text => wanted = Wanted::Text,
            Wanted::Letter if wanted == Wanted::Nothing => wanted = Wanted::Letter,
            Wanted::Nothing | Wanted::Letter => {}
        }
    }
    wanted
}

fn wanted_in(part: &str) -> Wanted {
    let words = words_of(part);
    let first = words.iter().find(|word| !OPENINGS.contains(word)).copied().unwrap_or_default();
    let contains = |spans: &[&str]| spans.iter().any(|span| part.contains(span));
    let writes = WRITES.contains(&first) || contains(&WRITES_ZH);
    let rewords = REWORDS.contains(&first) || words.iter().any(|word| ["grammar", "spelling"].contains(word));
    let is_tale = words.iter().any(|word| TALES.contains(word)) || contains(&TALES_ZH);
    // "Tell me a joke", and not "tell Anna a joke".
    let tells = contains(&["tell me", "tell us", "make up"]);
    if rewords || contains(&REWORDS_ZH) || is_tale && (writes || tells) {
        Wanted::Text
    } else if writes {
        Wanted::Letter
    } else {
        Wanted::Nothing
    }
}

/// An answer up to the letter in it: a line that salutes somebody, and all that follows.
pub(crate) fn without_letter(answer: &str) -> &str {
    // "Hi Tom, I've sent it" speaks to the person.
    let greets = |line: &str| starts(line, &GREETINGS) && line.ends_with([',', '!', ':']);
    up_to(answer, |line| starts(line, &HEADERS) || starts(line, &SALUTES) || greets(line))
}

/// An answer up to a mail in it that is shown as it is.
pub(crate) fn without_mail(answer: &str) -> &str {
    up_to(answer, |line| starts(line, &HEADERS))
}

/// A text up to the first line like this, in small letters and without marks.
fn up_to(text: &str, ends: impl Fn(&str) -> bool) -> &str {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if ends(&line.trim_start_matches(['*', '#', ' ', '>', '-']).trim_end().to_lowercase()) {
            return &text[..at];
        }
        at += line.len();
    }
    text
}

fn starts(line: &str, begins: &[&str]) -> bool {
    begins.iter().any(|begin| line.starts_with(begin))
}

/// Whether a person asks how things go, and not about what is theirs: "how do refunds work?"
pub(crate) fn asks_in_general(text: &str) -> bool {
    let lower = text.to_lowercase();
    let words = words_of(&lower);
    let mut words = words.iter().skip_while(|word| has(&DATA.own.openings, word) || OPENINGS.contains(word));
    words.next().is_some_and(|first| GENERAL.contains(first)) && !words.any(|word| MINE.contains(word))
}

/// Whether a person asks about a deed, and not for it: "did my refund go through?"
pub(crate) fn asks_whether(text: &str, deed: Deed<'_>) -> bool {
    coarse(text).into_iter().any(|clause| {
        let lower = clause.to_lowercase();
        let words = words_of(&lower);
        let asks = is_question(clause) || words.first().is_some_and(|first| opens_question(first));
        asks && !asks_you(&words) && deed.asked_in(&lower)
    })
}
