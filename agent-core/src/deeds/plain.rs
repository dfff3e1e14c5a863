//! Orders that are plain though no word for the deed stands in them, or one that is said of much else: "merge it" and
//! "restart the router", by the words of a tool's name, and "reply to Anna", 回复安娜, of what lets somebody know.
//!
//! Only what a clause begins with counts, and what is done to something: "a summary of the file" writes no file.

use super::licences::{GLANCES, OPENINGS};
use super::orders::LOOKS;
use super::own::things;
use super::words::{DATA, Own, Words, has, positions};

/// What may stand before the verb of an order, beside what may stand before a wish.
const ALSO_BEFORE: [&str; 7] = ["let's", "let’s", "us", "help", "after", "that", "afterwards"];
/// Verbs that say little of what is done, and enough where it is done to "it".
const CLEAR: [&str; 5] = ["run", "submit", "execute", "apply", "trigger"];
/// Verbs of which "into" says what something is to become: "turn it into a list".
const BECOMES: [&str; 5] = ["turn", "change", "make", "break", "split"];
/// What an order may be given of without naming it.
const IT: [&str; 6] = ["it", "them", "this", "that", "these", "those"];
/// What may stand between that and the end of an order, beside words of the tool's name: "switch it off".
const PARTICLES: [&str; 5] = ["on", "off", "back", "all", "both"];
/// How an order goes on that says no more of what is done.
const GOES_ON: [&str; 20] = [
    "please",
    "now",
    "then",
    "today",
    "tomorrow",
    "tonight",
    "too",
    "again",
    "immediately",
    "right",
    "if",
    "when",
    "once",
    "after",
    "before",
    "because",
    "since",
    "thanks",
    "anyway",
    "at",
];
/// Words with which something begins that is not what the order is about.
pub(super) const ASIDE: [&str; 14] =
    ["of", "in", "from", "about", "by", "on", "for", "into", "to", "with", "as", "than", "via", "like"];
/// Words that say of no number of what it is one: "the first 3".
const NO_KINDS: [&str; 9] = ["the", "a", "my", "our", "your", "first", "last", "next", "top"];
/// How many words name what a number is of: "pull request number 12".
const KIND_MAX: usize = 4;
/// Those who speak, and who are not let know by mail.
const US: [&str; 5] = ["me", "us", "you", "myself", "yourself"];
/// Words after "tell" that are nobody's: "tell which one".
const NOBODY: [&str; 9] = ["a", "an", "which", "what", "how", "whether", "if", "when", "where"];
/// With what begins what somebody is told: "tell Anna that", "tell the team we're late".
const TOLD: [&str; 13] =
    ["that", "to", "i", "i'm", "i’m", "i'll", "i’ll", "i've", "i’ve", "we", "we're", "we’re", "we'll"];
/// With what begins what somebody is asked.
const ASKED: [&str; 5] = ["to", "whether", "if", "when", "where"];
/// How many words name those whom an order has told: "my sister and her husband" is longer.
const WHO_MAX: usize = 4;
/// What is sent.
const MAIL: [&str; 7] = ["mail", "mails", "email", "emails", "message", "messages", "letter"];
/// What of the person's is answered by the answer itself.
const OWN_WORDS: [&str; 8] =
    ["question", "questions", "prompt", "query", "request", "requests", "instructions", "following"];
/// Where texts are written to that nobody is sent.
const PLACES: [&str; 18] = [
    "file", "files", "disk", "log", "logs", "table", "database", "sheet", "document", "page", "folder",
    "console", "note", "notes", "txt", "md", "csv", "json",
];
/// Verbs of Chinese orders to let somebody know.
const TELLS_ZH: [&str; 3] = ["告诉", "通知", "转告"];
/// The same of answers to a message.
const REPLIES_ZH: [&str; 2] = ["回复", "答复"];
/// The same where those who get it are named before.
const WRITES_BACK_ZH: [&str; 11] = [
    "回复",
    "答复",
    "回信",
    "回邮件",
    "回消息",
    "回个信",
    "回个邮件",
    "回个消息",
    "回封信",
    "回封邮件",
    "回条消息",
];
/// How many characters name somebody at most.
const WHO_MAX_ZH: usize = 10;
/// How that goes on which speaks of the reply itself, or of who is replied to here: "回复简短一点", "回复我".
const NO_ONE_ZH: &str =
    "我咱您你用以要请时中里内下格字数长语简短精详尽必只不别控得是的即可就一越更都也吧呢吗了很太好说";
/// The same in more than one character.
const OURS_ZH: [&str; 3] = ["问题", "这个问题", "上面"];

/// Whether a clause orders a tool by the words of its name: "restart the router", "merge it", "close ticket 17".
pub(super) fn by_name(clause: &[&str], name: &str) -> bool {
    let words: Vec<&str> = name.split_whitespace().collect();
    let ([verb, others @ ..], [first, rest @ ..]) = (words.as_slice(), from_verb(clause)) else {
        return false;
    };
    let things = things(name).filter(|thing| thing != verb).collect();
    first == verb && is_ordered((*first, rest), others, &Own { things, ..Own::default() })
}

/// Whether a clause orders the deed of a tool of this name by a verb that is said of much else, too: it begins with it.
pub(super) fn by_verb(clause: &[&str], deed: &Words, name: &str) -> bool {
    let words: Vec<&str> = name.split_whitespace().collect();
    match (&deed.own, from_verb(clause)) {
        (Some(own), [verb, rest @ ..]) => has(&deed.asks, verb) && is_ordered((*verb, rest), &words, own),
        (_, _) => false,
    }
}

/// Whether a clause begins with other words that order the deed and nothing else: "buy a ticket".
pub(super) fn in_other_words(clause: &[&str], deed: &Words) -> bool {
    let words = from_verb(clause);
    deed.licenses.iter().any(|phrase| positions(words, phrase).any(|at| at == 0))
}

/// Whether a clause has somebody else told something, where the deed lets somebody know: "reply to Anna".
pub(super) fn informs(clause: &[&str], deed: &Words) -> bool {
    let says = |rest: &[&str], begins: &[&str]| {
        let at = rest.iter().take(WHO_MAX + 1).position(|word| begins.contains(word));
        at.is_some_and(|at| at > 0) && is_other(rest)
    };
    let is_about = |rest: &[&str], things: &[&str]| {
        rest.iter().take_while(|word| !ASIDE.contains(word)).any(|word| things.contains(word))
    };
    !deed.tells.is_empty()
        && match from_verb(clause) {
            ["let", rest @ ..] => says(rest, &["know"]),
            ["tell", rest @ ..] => says(rest, &TOLD),
            ["text" | "message", rest @ ..] => says(rest, &TOLD[2..]),
            ["ask", rest @ ..] => says(rest, &ASKED),
            ["notify" | "inform", rest @ ..] => is_other(rest),
            ["reply" | "respond" | "answer", "that", who, ..] => TOLD[2..].contains(who),
            ["reply" | "write", "back"] | ["reply" | "write", "back", "that" | "saying", ..] => true,
            ["write", "to", rest @ ..] | ["write", "back", "to", rest @ ..] => {
                is_other(rest) && !is_about(rest, &PLACES)
            }
            ["reply" | "respond", "to", rest @ ..] | ["get" | "reply", "back", "to", rest @ ..] => {
                is_other(rest) && !is_ours(rest)
            }
            ["answer", rest @ ..] => is_about(rest, &MAIL) && is_other(rest) && !is_ours(rest),
            _ => false,
        }
}

/// The same of Chinese words, from the verb on: "回复安娜", "把总结告诉安娜".
pub(super) fn informs_in_chinese(wants: &str, deed: &Words) -> bool {
    let behind = |prefixes: [char; 2]| prefixes.into_iter().find_map(|prefix| wants.strip_prefix(prefix));
    let is_named = |who: &str| who.trim_start().chars().next().is_some_and(|c| !"我咱您你".contains(c));
    let is_told =
        |who: &str| is_named(who) && !who.starts_with(['的', '里', '内', '上', '中', '书', '栏', '说', '显']);
    let is_replied_to = |who: &str| {
        let who = who.strip_prefix("一下").unwrap_or(who).trim_start();
        let is_name = who.chars().next().is_some_and(|c| c.is_alphabetic() && !NO_ONE_ZH.contains(c));
        is_name && !OURS_ZH.iter().any(|ours| who.starts_with(ours)) || who.starts_with("说我")
    };
    let handed_on = || {
        let what = behind(['把', '将'])?;
        TELLS_ZH.iter().find_map(|verb| what.split_once(verb)).map(|(_, who)| who)
    };
    let told = || TELLS_ZH.iter().find_map(|verb| wants.strip_prefix(verb)).or_else(handed_on);
    let replied = || REPLIES_ZH.iter().find_map(|verb| wants.strip_prefix(verb));
    let written_to = || {
        let whom = behind(['给', '向'])?;
        WRITES_BACK_ZH.iter().find_map(|verb| whom.split_once(verb)).map(|(who, _)| who)
    };
    !deed.tells.is_empty()
        && (replied().is_some_and(is_replied_to)
            || told().is_some_and(is_told)
            || written_to().is_some_and(|who| is_named(who) && who.chars().count() <= WHO_MAX_ZH))
}

/// The words of a clause from its verb on, where it is an order: "can you now merge it" from "merge".
fn from_verb<'c, 'w>(clause: &'c [&'w str]) -> &'c [&'w str] {
    let opens = |word: &&&str| {
        **word != "let" && OPENINGS.contains(word)
            || has(&DATA.own.openings, word)
            || ALSO_BEFORE.contains(word)
    };
    let (lead, verb) = clause.split_at(clause.iter().take_while(opens).count());
    // "I will merge it" says what the person does.
    let is_own = lead.windows(2).any(|two| matches!(two, ["i", "can" | "could" | "will"]));
    if is_own && !lead.contains(&"you") { &[] } else { verb }
}

/// Whether what follows a verb makes an order of it: one of the tool's things, one thing by its number, or "it".
fn is_ordered((verb, rest): (&str, &[&str]), name: &[&str], own: &Own) -> bool {
    let ends = |word: &str| ASIDE.contains(&word) && !name.contains(&word) || GOES_ON.contains(&word);
    let object: Vec<&str> = rest.iter().copied().take_while(|word| !ends(word)).collect();
    let is_vague = has(&DATA.own.vague, verb);
    let looks = LOOKS.contains(&verb) || has(&DATA.reads, verb) || GLANCES.contains(&verb);
    // "Open it" may speak of a mail, "open the garage" speaks of none.
    let says_enough = !looks && (!is_vague || CLEAR.contains(&verb));
    let names_thing = (!looks || !is_vague && !has(&DATA.reads, verb)) && own.names_thing(&object);
    names_thing || says_enough && (is_it(verb, rest, name) || is_numbered(&object))
}

/// Whether an order is given of "it" and says no more: "merge it into main", and not "merge this list".
fn is_it(verb: &str, rest: &[&str], name: &[&str]) -> bool {
    let [it, tail @ ..] = rest else { return false };
    let is_part = |word: &&&str| PARTICLES.contains(word) || name.contains(word);
    let mut tail = tail.iter().skip_while(is_part);
    let ends = |next: &&str| GOES_ON.contains(next) || *next == "into" && !BECOMES.contains(&verb);
    IT.contains(it) && tail.next().is_none_or(ends)
}

/// Whether words name one thing by its number: "ticket 17".
fn is_numbered(object: &[&str]) -> bool {
    let Some((last, kind)) = object.split_last() else { return false };
    let is_kind = |word: &&str| !NO_KINDS.contains(word) && word.starts_with(char::is_alphabetic);
    last.contains(|c: char| c.is_ascii_digit()) && kind.len() < KIND_MAX && kind.iter().any(is_kind)
}

/// Whether words begin with somebody else than those who speak.
fn is_other(who: &[&str]) -> bool {
    let is_nobody = |who: &&str| US.contains(who) || NOBODY.contains(who) || ASIDE.contains(who);
    who.first().is_some_and(|who| !is_nobody(who))
}

/// Whether words speak of what the person says here: "my question", "this in French".
fn is_ours(words: &[&str]) -> bool {
    match words {
        ["this" | "that", next, ..] => !MAIL.contains(next),
        ["this" | "that"] => true,
        ["my", next, ..] if MAIL.contains(next) => true,
        ["my" | "the" | "these" | "all", rest @ ..] => {
            rest.iter().take(WHO_MAX).any(|word| OWN_WORDS.contains(word))
        }
        _ => false,
    }
}
