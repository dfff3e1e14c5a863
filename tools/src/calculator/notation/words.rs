//! Operators that people write as words or letters: `12 x 3`, `2 to the power of 10`, `80的15%`.

/// Words between numbers, and the signs they stand for; a longer one before the one that it begins with.
const WORDS: [(&str, &str); 10] = [
    ("to the power of", "^"),
    ("multiplied by", "*"),
    ("divided by", "/"),
    ("square root of", "sqrt "),
    ("squared", "^2"),
    ("cubed", "^3"),
    ("times", "*"),
    ("plus", "+"),
    ("minus", "-"),
    ("per cent", "%"),
];

/// The text with signs where words or letters stand for them.
pub(super) fn as_signs(text: &str) -> String {
    let text = WORDS.iter().fold(text.to_owned(), |text, (word, sign)| replaced(&text, word, sign));
    of(&crosses(&text))
}

/// The text with a sign for every place where a word stands alone, in letters of either size.
fn replaced(text: &str, word: &str, sign: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let alone = !kept.ends_with(char::is_alphabetic);
        match rest.get(..word.len()).filter(|found| alone && found.eq_ignore_ascii_case(word)) {
            Some(_) if !rest[word.len()..].starts_with(char::is_alphabetic) => {
                kept.push_str(sign);
                rest = &rest[word.len()..];
            }
            Some(_) | None => {
                kept.push(character);
                rest = &rest[character.len_utf8()..];
            }
        }
    }
    kept
}

/// `12 x 3` is a product. `0x1F` stays a number.
fn crosses(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        let (before, after) = (text[..at].trim_end(), text[at + character.len_utf8()..].trim_start());
        let number = |text: &str| text.rsplit(|c: char| !c.is_ascii_alphanumeric()).next() == Some("0");
        let between = before.ends_with(|c: char| c.is_ascii_digit() || c == ')' || c == '%')
            && after.starts_with(|c: char| c.is_ascii_digit() || c == '(' || c == '.');
        let hexadecimal = number(&text[..at]) && !after.is_empty();
        kept.push(if matches!(character, 'x' | 'X') && between && !hexadecimal { '*' } else { character });
    }
    kept
}

/// `80的15%` is a share of 80, `2的10次方` a power of 2.
fn of(text: &str) -> String {
    let mut pieces = text.split('的');
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |kept, piece| match applied(piece.trim_start()) {
        Some(applied) => kept + &applied,
        None => format!("{kept}的{piece}"),
    })
}

/// What is done with the number before a `的`, as signs; the rest of the text after it.
fn applied(after: &str) -> Option<String> {
    for (word, power) in [("平方", "^2"), ("立方", "^3")] {
        if let Some(rest) = after.strip_prefix(word).filter(|rest| !rest.starts_with('根')) {
            return Some(format!("{power}{rest}"));
        }
    }
    let end = after.find(|c: char| !c.is_ascii_digit() && c != '.').filter(|end| *end > 0)?;
    let (number, rest) = after.split_at(end);
    let rest = rest.trim_start();
    match rest.strip_prefix("次方") {
        Some(rest) => Some(format!("^{number}{rest}")),
        None => rest.starts_with('%').then(|| format!("*{number}{rest}")),
    }
}
