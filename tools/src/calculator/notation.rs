//! What people write, as the evaluator reads it. Where it would read something else than is meant, or never end, the
//! text is refused.

mod words;

/// Signs people write, and what they are called here; a longer one before the one that it begins with.
const SIGNS: [(&str, &str); 13] = [
    ("×", "*"),
    ("÷", "/"),
    ("−", "-"),
    ("（", "("),
    ("）", ")"),
    ("，", ","),
    ("＋", "+"),
    ("％", "%"),
    ("加", "+"),
    ("减", "-"),
    ("乘以", "*"),
    ("乘", "*"),
    ("除以", "/"),
];

/// Parentheses within parentheses. The evaluator may read what is inside of each one twice, so its time doubles.
const NESTED_MAX: usize = 12;

/// The expression in the evaluator's signs, or why it is not calculated.
pub(super) fn plain(expression: &str) -> Result<String, String> {
    let text = SIGNS.iter().fold(expression.to_owned(), |text, (sign, plain)| text.replace(sign, plain));
    let text = words::as_signs(text.trim().trim_end_matches(['=', '?', ' ']));
    match misread(&text) {
        Some(problem) => Err(problem.to_owned()),
        None => without_commas(&text),
    }
}

/// What is wrong with a text that would be read as something else than is meant.
fn misread(text: &str) -> Option<&'static str> {
    let spaceless: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    // A function that calls itself ends the process, and a name that is given to a sum of functions can be one.
    let compared = text.replace("==", "").replace("!=", "");
    if text.contains([':', '\\', 'λ']) || compared.contains('=') {
        return Some("names and functions cannot be defined here; write the calculation out");
    }
    if spaceless.contains("//") {
        return Some("'//' is not known here; write floor(7 / 2) to leave the fraction out");
    }
    if added_percentage(text) {
        return Some(
            "a percentage that is added or taken off is read in two ways; write 200 * 1.1, or 200 + 10% of 200",
        );
    }
    if text.contains('除') {
        return Some("'除' alone is read in two ways; write 除以 or ÷");
    }
    let mut words = text.split(|character: char| !character.is_alphabetic());
    if words.any(|word| ["average", "mean"].contains(&word.to_lowercase().as_str())) {
        return Some("there is no function for averages; write for example (1 + 2 + 3) / 3");
    }
    if names_date(text) {
        return Some("dates are not calculated here; for a subtraction, put spaces around each minus sign");
    }
    (nested(text) > NESTED_MAX)
        .then_some("there are too many parentheses within each other; calculate a part of it first")
}

/// What is wrong with a percentage that is added to or taken from a number: a calculator with keys takes it of that number,
/// an evaluator does not. Of one, and of another percentage, both are the same; one that is multiplied says what it is of.
fn added_percentage(text: &str) -> bool {
    let spaceless: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    let is_number = |character: char| character.is_ascii_digit() || matches!(character, '.' | ',' | '_');
    spaceless.match_indices(['+', '-']).any(|(at, _)| {
        let (before, after) = (&spaceless[..at], &spaceless[at + 1..]);
        let (number, rest) = after.split_at(after.find(|c| !is_number(c)).unwrap_or(after.len()));
        let is_alone = |rest: &str| !rest.starts_with("of") && !rest.starts_with(['*', '/']);
        let adds = !number.is_empty() && rest.strip_prefix('%').is_some_and(is_alone);
        let base = before.rsplit(|c| !is_number(c)).next().unwrap_or_default();
        let is_one = base.parse() == Ok(1.0);
        adds && !is_one && !before.is_empty() && !before.ends_with(['%', '(', '*', '/', '^', '+', '-'])
    })
}

/// Whether a text asks for its result as a percentage: `0.15 to %`.
pub(super) fn wants_percent(text: &str) -> bool {
    let mut before = ["%", "percent"].iter().filter_map(|unit| text.trim_end().strip_suffix(unit));
    before.any(|before| [" to", " in", " as"].iter().any(|word| before.trim_end().ends_with(word)))
}

/// Whether every number of a text is a percentage.
pub(super) fn is_all_percentages(text: &str) -> bool {
    let is_number = |character: char| character.is_ascii_digit() || matches!(character, '.' | ',' | '_');
    let mut rest = text;
    while let Some(start) = rest.find(|character: char| character.is_ascii_digit()) {
        let from = &rest[start..];
        rest = from.trim_start_matches(is_number);
        if !rest.trim_start().starts_with('%') {
            return false;
        }
    }
    true
}

/// Whether there is a date such as `2026-11-23`, which would be read as two subtractions.
fn names_date(text: &str) -> bool {
    let within = |number: &str, most: u32| {
        number.len() <= 2 && number.parse::<u32>().is_ok_and(|number| (1..=most).contains(&number))
    };
    let mut runs = text.split(|character: char| !character.is_ascii_digit() && character != '-');
    runs.any(|run| {
        let numbers: Vec<&str> = run.split('-').collect();
        numbers.windows(3).any(|three| {
            matches!(three, [year, month, day] if year.len() == 4 && within(month, 12) && within(day, 31))
        })
    })
}

/// How many parentheses are open at once.
fn nested(text: &str) -> usize {
    let (mut open, mut most) = (0_usize, 0);
    for character in text.chars() {
        match character {
            '(' => open += 1,
            ')' => open = open.saturating_sub(1),
            _ => {}
        }
        most = most.max(open);
    }
    most
}

/// The text without the commas between groups of three digits. Any other comma is a decimal point or stands between
/// two numbers, and the evaluator would make one long number of it.
fn without_commas(text: &str) -> Result<String, String> {
    let of_number = |character: char| character.is_ascii_digit() || matches!(character, ',' | '.' | '_');
    let mut kept = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(of_number) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|character: char| !of_number(character)).unwrap_or(from.len());
        let (number, after) = from.split_at(end);
        kept.push_str(before);
        if number.contains(',') && (!is_grouped(number) || ends_in_function(&kept)) {
            return Err(format!(
                "the comma in '{number}' can be read in two ways; write 1.5 for one and a half, 12,500 or 12500 for \
                 thousands, and one number without commas in a function"
            ));
        }
        kept.push_str(&number.replace(',', ""));
        rest = after;
    }
    kept.push_str(rest);
    Ok(kept)
}

/// Whether the commas of a number stand between groups of three digits.
fn is_grouped(number: &str) -> bool {
    let are_digits = |group: &str| group.chars().all(|character| character.is_ascii_digit());
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    (1..=3).contains(&first.len())
        && !first.starts_with('0')
        && are_digits(first)
        && groups.all(|group| group.len() == 3 && are_digits(group))
        && !decimals.contains(',')
}

/// Whether a text ends inside the parentheses of a function.
fn ends_in_function(text: &str) -> bool {
    let mut open = Vec::new();
    for (at, character) in text.char_indices() {
        match character {
            '(' => {
                let before = text.get(..at).unwrap_or_default().trim_end();
                open.push(before.ends_with(char::is_alphabetic) && !before.ends_with(" of"));
            }
            ')' => {
                open.pop();
            }
            _ => {}
        }
    }
    open.contains(&true)
}
