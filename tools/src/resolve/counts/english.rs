//! Numbers of people as English says them.

use super::Token;
use crate::resolve::numbers;
use crate::resolve::text::words;

const PAUSES: [char; 4] = [',', ';', '(', ')'];
const JOINS: [char; 2] = ['+', '&'];
/// Words that are written with a hyphen and without.
const HYPHENATED: [(&str, &str); 2] = [("co-worker", "coworker"), ("grown-up", "grownup")];

/// Those of whom a number has to be said.
const SEVERAL: &str = "adults attendees babies boys brothers buddies children clients colleagues cousins coworkers \
     daughters employees folks friends gentlemen girls grandchildren grandparents grownups guys infants \
     kids ladies mates members men neighbours participants relatives roommates seniors sisters sons \
     students teenagers teens toddlers women";
/// Those of whom there is one where no number is said.
const ONE: &str = "adult baby boss boy boyfriend brother child client colleague companion cousin coworker dad daughter \
     father friend gentleman girl girlfriend grownup husband infant kid lady man mate mom mother mum \
     partner relative senior sister son spouse student teen teenager toddler wife woman";
/// All who come, and groups of them.
const ALL: &str = "chairs covers diners family group guest guests heads number party passenger passengers pax people \
     person persons places ppl seat seats team ticket tickets traveler travelers traveller travellers";
/// What says nothing of the number.
const WORDS: &str = "a all altogether an are be birthday book booking breakfast brunch by coming dining dinner \
     drinks eating entire exactly for going hungry im in including instead is it its just lunch make meal my need now \
     of ok okay only our please pls reservation reserve room size so space supper table tables \
     thanks the there therell together total traveling travelling us want we wed well were whole will would yes";

/// What the words of a text say; nothing if one of them is not understood.
pub(super) fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut said: Vec<String> = Vec::new();
    for clause in text.split(PAUSES) {
        if !said.is_empty() {
            said.push(",".to_owned());
        }
        let clause = HYPHENATED.iter().fold(clause.replace(JOINS, " and "), |clause, (hyphenated, word)| {
            clause.replace(hyphenated, word)
        });
        said.extend(words(&clause));
    }
    let said: Vec<&str> = said.iter().map(String::as_str).collect();
    let (mut rest, mut tokens) = (said.as_slice(), Vec::new());
    while !rest.is_empty() {
        let (token, taken) = token(rest)?;
        tokens.push(token);
        rest = rest.get(taken..)?;
    }
    Some(tokens)
}

/// What a list of words begins with, and how many of them say it.
fn token(words: &[&str]) -> Option<(Token, usize)> {
    let one = |token: Token| Some((token, 1));
    let part = |alone: Option<u32>, each: u32| Some((Token::Part { alone, each }, 1));
    match words {
        ["half", "a", "dozen", ..] => Some((Token::Number(6), 3)),
        ["half", "dozen", ..] => Some((Token::Number(6), 2)),
        ["dozen", ..] => one(Token::Dozen),
        ["couple" | "pair", "of", ..] => Some((Token::Number(2), 2)),
        ["couple" | "pair", ..] => part(Some(1), 2),
        ["couples" | "pairs", ..] => part(None, 2),
        ["parents", ..] => part(Some(2), 1),
        ["both", "me" | "myself", ..] => one(Token::Word),
        ["both", "my", next, ..] if has(ONE, next) => one(Token::Word),
        ["both", ..] => one(Token::Number(2)),
        ["no", next, ..] if has(SEVERAL, next) => one(Token::Number(0)),
        ["other" | "others" | "more", ..] => one(Token::Others),
        ["and" | "plus" | "with", ..] => one(Token::And),
        [",", ..] => one(Token::Pause),
        ["me" | "myself" | "alone", ..] | ["i"] | ["i", "and" | "plus" | "with" | ",", ..] => one(Token::Me),
        ["i", ..] => one(Token::Asker),
        // A few are how many?
        ["few", ..] => None,
        [word, ..] if has(SEVERAL, word) => part(None, 1),
        [word, ..] if has(ONE, word) => part(Some(1), 1),
        // Who speaks is one of them.
        ["my", word, "of", ..] if has(ALL, word) => Some((Token::All, 3)),
        [word, "of", ..] if has(ALL, word) => Some((Token::Word, 2)),
        [word, ..] if has(ALL, word) => one(Token::All),
        [word, ..] if has(WORDS, word) => one(Token::Word),
        words => numbers::english(words).map(|(number, taken)| (Token::Number(number), taken)),
    }
}

fn has(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|known| known == word)
}
