//! What `deeds.json` says.

use std::sync::LazyLock;

use serde::Deserialize;

/// All that `deeds.json` says.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Data {
    pub(super) hedges: Hedges,
    /// Words with which a clause goes on to something else: what comes after them hedges no claim before them.
    pub(super) joins: Both,
    /// Words that deny what stands before a colon, a bracket or a dash: "Booked: nothing".
    pub(super) denials: Both,
    /// First words of a clause that is a condition of what follows.
    pub(super) conditions: Vec<String>,
    /// Words that contain a hedge and are none.
    pub(super) overlooked: Vec<String>,
    /// Words with which a person wants to hear something.
    pub(super) hearing: Both,
    /// With what a person accepts an offer.
    pub(super) accepts: Both,
    /// With what a person refuses one.
    pub(super) refusals: Both,
    /// What a person says who refuses one and says no more.
    pub(super) declines: Vec<String>,
    /// With what a person says that something is not to be done.
    pub(super) not_to: NotTo,
    /// First words of the names of tools that only look.
    pub(super) reads: Vec<String>,
    /// What says of an act that it was done: "Booking complete".
    pub(super) completions: Vec<String>,
    /// What says before an act that it was done: "I made the booking".
    pub(super) makers: Vec<String>,
    pub(super) chinese: Chinese,
    pub(super) own: Verbs,
    /// In the order in which a tool's name is judged: `cancel_booking` cancels.
    pub(super) deeds: Vec<Words>,
}

/// Words of two languages: whole words in English, spans in Chinese.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Both {
    pub(super) en: Vec<String>,
    pub(super) zh: Vec<String>,
}

/// Words that make a claim none: whole words in English, spans in Chinese.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Hedges {
    pub(super) en: Vec<String>,
    /// English ones that count only where they stand before the claim.
    pub(super) before: Vec<String>,
    pub(super) zh: Vec<String>,
}

/// Of what "don't do it" is made: whole words in English, spans in Chinese.
#[derive(Debug, Default, Deserialize)]
pub(super) struct NotTo {
    /// "Don't".
    pub(super) en: Vec<String>,
    /// What makes of it something else, before it: "if not".
    pub(super) not_behind: Vec<String>,
    /// What may stand between it and what is not to be done: "don't go ahead and".
    pub(super) between: Vec<String>,
    /// Of those, what makes a participle a wish: "I don't want it booked".
    pub(super) wishes: Vec<String>,
    /// What may follow without saying that only some of it is not to be done.
    pub(super) objects: Vec<String>,
    /// What may follow and only says how much or when.
    pub(super) bounds: Vec<String>,
    /// What may follow in either language and says that it was done once.
    pub(super) again: Vec<String>,
    /// How what follows begins where it only says why.
    pub(super) reasons: Vec<String>,
    /// What makes a Chinese sentence conditional.
    pub(super) conditions: Vec<String>,
    /// What looks like a deed and is none.
    pub(super) idioms: Vec<String>,
    /// The same in Chinese: "不要".
    pub(super) zh: Vec<String>,
    pub(super) zh_between: Vec<String>,
    pub(super) zh_objects: Vec<String>,
    pub(super) zh_bounds: Vec<String>,
    /// What makes an urging of it, before it: "怎么还不订".
    pub(super) zh_urges: Vec<String>,
    /// What ends a clause as a question and asks nothing: "先别订好吗".
    pub(super) zh_tags: Vec<String>,
}

/// Of what Chinese claims are made around a verb.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Chinese {
    /// Before the verb: it was done.
    pub(super) done: Vec<String>,
    /// Before the verb: by us, or for the person; it was done where a suffix follows.
    pub(super) helpers: Vec<String>,
    /// What may stand between those and the verb.
    pub(super) between: Vec<String>,
    /// After the verb: it was done, where somebody is said to have done it.
    pub(super) suffixes: Vec<String>,
    /// After the verb: it was done, whoever did it.
    pub(super) ends: Vec<String>,
    /// What begins a phrase between all those and the verb: "已经给安娜发了邮件".
    pub(super) prepositions: Vec<String>,
    /// Words of such a phrase that say something else: what was done is to look, and the verb is none.
    pub(super) looks: Vec<String>,
    /// How words begin that make the verb part of a noun: "付款链接".
    pub(super) nouns: Vec<String>,
    /// What makes of a claim the time or the condition of something else: "付款成功后".
    pub(super) not_after: Vec<String>,
    /// Things that begin as those do, directly after the verb: "前门".
    pub(super) things_after: Vec<String>,
}

/// Of what the deeds of people's own tools are made.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Verbs {
    /// Verbs that say too little of what is done, or name what an answer does itself: "I've compared them".
    pub(super) vague: Vec<String>,
    /// Verbs that are said of much else, too: "I've started with the cheapest".
    pub(super) broad: Vec<String>,
    /// Words of a tool's name that name no thing.
    pub(super) fillers: Vec<String>,
    /// What may stand before a claim at the beginning of its clause: "OK".
    pub(super) openings: Vec<String>,
    /// What makes a claim of a past; `^` alone is the beginning of a clause.
    pub(super) before_past: Vec<String>,
    /// The same of a participle.
    pub(super) before_participle: Vec<String>,
    /// What may stand between those and the verb.
    pub(super) adverbs: Vec<String>,
    /// What makes a claim of a participle that directly follows.
    pub(super) passives: Vec<String>,
    /// Verbs of more than one syllable whose last letter is doubled.
    pub(super) doubled: Vec<String>,
    /// Verbs that are the same when done.
    pub(super) unchanging: Vec<String>,
    /// Verbs with their pasts and participles.
    pub(super) irregular: Vec<[String; 3]>,
}

/// The words of one deed. English ones are whole words, with `*` words that begin so; `^` stands at the
/// beginning of a clause. Chinese ones are spans.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Words {
    /// What was done, in English and Chinese.
    pub(super) name: [String; 2],
    /// What asks for it or names a tool that does it.
    pub(super) asks: Vec<String>,
    /// What else a person orders it with; it names no tool and licenses none.
    #[serde(default)]
    pub(super) orders: Vec<String>,
    /// What else licenses it where an order begins with it, though it names no tool: "buy a ticket".
    #[serde(default)]
    pub(super) licenses: Vec<String>,
    /// What else refuses it, behind a "don't".
    #[serde(default)]
    pub(super) refused: Vec<String>,
    /// What asks for it and is only beside it where it is refused, unless a tool is named so: "don't remind me" of what is
    /// to be added.
    #[serde(default)]
    pub(super) beside: Vec<String>,
    /// What lets somebody else know: what they are not to do is no refusal of it.
    #[serde(default)]
    pub(super) tells: Vec<String>,
    /// What says that it was done.
    pub(super) claims: Vec<String>,
    /// Nouns for it, which claim it with what says that it was done.
    #[serde(default)]
    pub(super) acts: Vec<Acts>,
    /// Chinese verbs for it, which claim it with what says that it was done.
    #[serde(default)]
    pub(super) verbs: Vec<String>,
    /// What looks like it and is something else.
    #[serde(default)]
    pub(super) idioms: Vec<String>,
    /// Fields of results that show it as done.
    #[serde(default)]
    pub(super) shown_by: Vec<String>,
    /// What a tool creates that does it: a message.
    #[serde(default)]
    pub(super) created: Vec<String>,
    /// Deeds that make the same claim true.
    #[serde(default)]
    pub(super) backed_by: Vec<String>,
    /// Whether taking something back does it.
    #[serde(default)]
    pub(super) undoes: bool,
    /// More about it, if it is the deed of somebody's own tool.
    #[serde(skip)]
    pub(super) own: Option<Own>,
}

/// What keeps the deed of a tool of somebody's own from being read into everything.
#[derive(Debug, Default)]
pub(super) struct Own {
    /// The deed as done, in a word: enough where a result or the person says it.
    pub(super) done: Vec<String>,
    /// What the tool's name speaks of: "door" of `unlock_door`.
    pub(super) things: Vec<String>,
    /// Whether its verb is said of much else, too: it counts beside one of those things only.
    pub(super) is_broad: bool,
}

impl Own {
    /// Whether words name a thing that the tool's name speaks of.
    pub(super) fn names_thing(&self, words: &[&str]) -> bool {
        let is_same = |word: &str, thing: &str| {
            let (short, long) = if word.len() < thing.len() { (word, thing) } else { (thing, word) };
            long.strip_prefix(short).is_some_and(|rest| ["", "s", "es", "'s", "’s"].contains(&rest))
        };
        words.iter().any(|word| self.things.iter().any(|thing| is_same(word, thing)))
    }
}

impl Words {
    /// Whether words may be about the deed, as far as that takes a thing.
    pub(super) fn is_about(&self, words: &[&str]) -> bool {
        self.own.as_ref().is_none_or(|own| !own.is_broad || own.names_thing(words))
    }

    /// Words for it that a "don't" may stand before, where a tool of this name does it.
    pub(super) fn refused(&self, name: &str) -> impl Iterator<Item = &String> {
        let counts = move |ask: &&String| !has(&self.beside, ask) || is_in_name(name, ask);
        self.asks.iter().chain(&self.refused).filter(counts)
    }

    /// Whether a word is for what is only beside the deed, where a tool of this name does it.
    pub(super) fn is_beside(&self, word: &str, name: &str) -> bool {
        self.beside.iter().any(|beside| is_like(word, beside) && !is_in_name(name, beside))
    }
}

/// English nouns, and what says that they were done where that differs from what does so of most.
#[derive(Debug, Deserialize)]
pub(super) struct Acts {
    pub(super) nouns: Vec<String>,
    pub(super) done: Option<Vec<String>>,
    pub(super) makers: Option<Vec<String>>,
}

pub(super) static DATA: LazyLock<Data> =
    LazyLock::new(|| serde_json::from_str(include_str!("../deeds.json")).unwrap_or_default());

/// Whether a word is the one given, or begins so where that ends with `*`.
pub(super) fn is_like(word: &str, given: &str) -> bool {
    match given.strip_suffix('*') {
        Some(stem) => word.starts_with(stem),
        None => word == given,
    }
}

/// Whether a tool's name has a word, or a Chinese span.
fn is_in_name(name: &str, given: &str) -> bool {
    if given.is_ascii() { name.split(' ').any(|word| is_like(word, given)) } else { name.contains(given) }
}

/// Whether a list has a word.
pub(super) fn has(list: &[String], word: &str) -> bool {
    list.iter().any(|listed| listed == word)
}

/// The words of a text; an apostrophe belongs to its word.
pub(super) fn words_of(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’')
        .filter(|word| !word.is_empty())
        .collect()
}

/// Where a phrase stands among words. Its own are parted by single spaces; one that ends with `*` is any that begins so.
pub(super) fn positions<'a>(words: &'a [&str], phrase: &'a str) -> impl Iterator<Item = usize> + 'a {
    (0..words.len()).filter(move |at| {
        phrase
            .split(' ')
            .zip(*at..)
            .all(|(word, place)| words.get(place).is_some_and(|said| is_like(said, word)))
    })
}

/// How many words a phrase has.
pub(super) fn length(phrase: &str) -> usize {
    phrase.split(' ').count()
}

/// A text with spans blanked out: English ones where they are whole words, in any case.
pub(super) fn without<'a>(text: &str, spans: impl IntoIterator<Item = &'a String>) -> String {
    let (mut left, mut lower) = (text.to_owned(), text.to_ascii_lowercase());
    for span in spans {
        let mut from = 0;
        while let Some(at) = lower[from..].find(span.as_str()) {
            let (start, end) = (from + at, from + at + span.len());
            let is_inner = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
            let is_cut = span.is_ascii()
                && (is_inner(left[..start].chars().next_back()) || is_inner(left[end..].chars().next()));
            if !is_cut {
                let blank = " ".repeat(span.len());
                left.replace_range(start..end, &blank);
                lower.replace_range(start..end, &blank);
            }
            from = end;
        }
    }
    left
}
