//! Cities, stations and airports by the names people write: any case, accents or none, pinyin,
//! Chinese with or without `市`, airport codes; near misses are suggested, never guessed.

mod regions;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use handyman_core::{ToolError, ToolResult};

use self::regions::Fit;
use super::text::key;
use crate::Language;
use crate::atlas::{Airport, Atlas, City, Station};

const SUFFIXES: [&str; 13] = [
    "internationalairport",
    "airport",
    "trainstation",
    "railwaystation",
    "station",
    "city",
    "国际机场",
    "机场",
    "火车站",
    "高铁站",
    "站",
    "市",
    "那边",
];
const LEADING: [&str; 7] = ["the", "in", "to", "from", "near", "downtown", "central"];
const SIMILAR_ENOUGH: f64 = 0.72;
const SUGGESTIONS_MAX: usize = 2;

/// A place as written: always a city, perhaps one station or airport of it.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The city.
    pub city: &'static City,
    /// The station, if one was named.
    pub station: Option<&'static Station>,
    /// The airport, if one was named.
    pub airport: Option<&'static Airport>,
    /// The language it was written in.
    pub language: Language,
}

#[derive(Clone, Copy)]
enum Entry {
    City(&'static City),
    Station(&'static Station),
    Airport(&'static Airport),
}

static NAMES: LazyLock<BTreeMap<String, Vec<Entry>>> = LazyLock::new(|| {
    let atlas = Atlas::get();
    let mut names: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for city in &atlas.cities {
        add(
            &mut names,
            [city.en.as_str(), &city.zh].into_iter().chain(city.aliases.split(';')),
            Entry::City(city),
        );
    }
    for station in &atlas.stations {
        add(&mut names, [station.en.as_str(), &station.zh].into_iter(), Entry::Station(station));
    }
    for airport in &atlas.airports {
        let city = atlas.city(&airport.city).map_or("", |city| city.en.as_str());
        let short =
            [airport.zh.strip_prefix(&airport.city), airport.en.strip_prefix(city)].into_iter().flatten();
        let short = short.filter(|name| !["机场", " Airport"].contains(name));
        let full = [airport.iata.as_str(), &airport.en, &airport.zh].into_iter();
        add(&mut names, full.chain(short), Entry::Airport(airport));
    }
    names
});

fn add<'a>(names: &mut BTreeMap<String, Vec<Entry>>, written: impl Iterator<Item = &'a str>, entry: Entry) {
    for name in written.map(key).filter(|name| !name.is_empty()) {
        let known = names.entry(name).or_default();
        if known.iter().all(|other| other.city().map(|city| &city.zh) != entry.city().map(|city| &city.zh)) {
            known.push(entry);
        }
    }
}

impl Entry {
    fn city(self) -> Option<&'static City> {
        match self {
            Self::City(city) => Some(city),
            Self::Station(station) => Atlas::get().city(&station.city),
            Self::Airport(airport) => Atlas::get().city(&airport.city),
        }
    }
}

/// The city a text names, directly or by a station or airport of it.
///
/// # Errors
/// As [`place`].
pub fn city(parameter: &str, text: &str) -> ToolResult<(&'static City, Language)> {
    place(parameter, text).map(|place| (place.city, place.language))
}

/// The place a text names.
///
/// # Errors
/// A wrong argument: unknown, with what may have been meant, or ambiguous, with the choices.
pub fn place(parameter: &str, text: &str) -> ToolResult<Place> {
    let entries =
        spellings(text).into_iter().find_map(|name| NAMES.get(&name)).map_or(&[][..], Vec::as_slice);
    let entry = match entries {
        [] => return Err(ToolError::argument(parameter, unknown(text))),
        [entry] => *entry,
        several => of_country(several, text)
            .ok_or_else(|| ToolError::argument(parameter, ambiguous(text, several)))?,
    };
    let Some(city) = entry.city() else {
        return Err(ToolError::argument(parameter, unknown(text)));
    };
    if let Some((_, said)) = after_name(text)
        && !NAMES.contains_key(&key(text))
        && regions::fit(city, said) == Fit::Elsewhere
    {
        return Err(ToolError::argument(parameter, elsewhere(text, city)));
    }
    let (station, airport) = match entry {
        Entry::City(_) => (None, None),
        Entry::Station(station) => (Some(station), None),
        Entry::Airport(airport) => (None, Some(airport)),
    };
    Ok(Place { city, station, airport, language: Language::of(text) })
}

/// The forms of a name to look up, the most literal first.
fn spellings(text: &str) -> Vec<String> {
    let mut forms = vec![key(text)];
    if let Some((before_comma, _)) = after_name(text) {
        forms.push(key(before_comma));
    }
    let leading =
        text.trim().split_once(' ').filter(|(first, _)| LEADING.contains(&first.to_lowercase().as_str()));
    if let Some((_, rest)) = leading {
        forms.push(key(rest));
    }
    if let Some(rest) = key(text).strip_prefix("中国") {
        forms.push(rest.to_owned());
    }
    let shorter: Vec<String> = forms
        .iter()
        .flat_map(|form| SUFFIXES.iter().filter_map(|suffix| form.strip_suffix(suffix)).map(str::to_owned))
        .collect();
    forms.extend(shorter);
    forms
}

/// A name and what is said after it about where that is: `Paris, France`, `Taizhou (Zhejiang)`.
fn after_name(text: &str) -> Option<(&str, &str)> {
    text.split_once([',', '，', '(', '（'])
}

/// The one of several cities that lies where the text says (`San Jose, US`).
fn of_country(several: &[Entry], text: &str) -> Option<Entry> {
    let (_, said) = after_name(text).or_else(|| text.rsplit_once(' '))?;
    let lies_there = |entry: &Entry| entry.city().is_some_and(|city| regions::fit(city, said) == Fit::Here);
    let mut there = several.iter().copied().filter(lies_there);
    // Two cities of one country are still two.
    there.next().filter(|_| there.next().is_none())
}

/// A city whose name is known, though not where the text says it is.
fn elsewhere(text: &str, city: &City) -> String {
    let name = city.name(Language::of(text));
    format!("'{}': known is {name} ({}); write only the city if that is meant", text.trim(), city.country)
}

fn ambiguous(text: &str, several: &[Entry]) -> String {
    let choices: Vec<String> = several
        .iter()
        .filter_map(|entry| entry.city())
        .map(|city| choice(city, several, Language::of(text)))
        .collect();
    format!("'{text}' may be {}; say which", choices.join(" or "))
}

/// A city as a choice among several: by a name that tells it from the others.
fn choice(city: &City, several: &[Entry], language: Language) -> String {
    let name = city.name(language);
    let mut others = several.iter().filter_map(|entry| entry.city()).filter(|other| other.zh != city.zh);
    let is_told_apart = others.all(|other| other.country != city.country);
    let own = city.aliases.split(';').find(|alias| Language::of(alias) == language && !alias.is_empty());
    let name = own.filter(|_| !is_told_apart).unwrap_or(name);
    format!("{name} ({})", city.country)
}

fn unknown(text: &str) -> String {
    let wanted = key(text);
    let mut scored: Vec<(f64, &str)> = Atlas::get()
        .cities
        .iter()
        .map(|city| (likeness(&wanted, city), city.name(Language::of(text))))
        .filter(|(score, _)| *score >= SIMILAR_ENOUGH)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let meant: Vec<&str> = scored.iter().take(SUGGESTIONS_MAX).map(|(_, name)| *name).collect();
    if meant.is_empty() {
        format!("unknown city '{text}'; the sandbox knows about {} large cities", Atlas::get().cities.len())
    } else {
        format!("unknown city '{text}'; did you mean {}?", meant.join(" or "))
    }
}

fn likeness(wanted: &str, city: &City) -> f64 {
    let english = strsim::normalized_damerau_levenshtein(wanted, &key(&city.en));
    // Chinese names are short: one wrong character of three is a near miss.
    let chinese = strsim::normalized_damerau_levenshtein(wanted, &city.zh) + 0.1;
    english.max(if wanted.is_ascii() { 0.0 } else { chinese })
}
