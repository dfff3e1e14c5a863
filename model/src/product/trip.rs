//! Asking for trains and flights.

use crate::draw::Draw;
use crate::grammar::phrase;

use super::ask::{self, Ask, Goal, Order, call, text};
use super::scene::Scene;
use super::slots;

/// A way to put rows in order: the argument, then how people say it.
type Rank = (&'static str, &'static [&'static str], &'static [(&'static str, &'static str)]);

const RANKS: [Rank; 4] = [
    (
        "earliest",
        &["earliest", "earliest", "first"],
        &[("最早", "最早的"), ("最早", "最早的"), ("最早一班", "最早一班"), ("第一班", "第一班")],
    ),
    (
        "latest",
        &["latest", "latest", "last"],
        &[("最晚", "最晚的"), ("最晚", "最晚的"), ("最后一班", "最后一班"), ("末班", "末班")],
    ),
    (
        "cheapest",
        &["cheapest", "cheapest", "lowest priced"],
        &[("最便宜", "最便宜的"), ("最便宜", "最便宜的"), ("价格最低", "价格最低的")],
    ),
    (
        "fastest",
        &["fastest", "quickest"],
        &[("最快", "最快的"), ("最快", "最快的"), ("用时最短", "用时最短的")],
    ),
];

/// Where, when and how somebody wants to go.
#[derive(Debug, Clone)]
pub(super) struct Trip {
    pub train: bool,
    pub from: String,
    pub to: String,
    pub day: String,
    pub after: String,
    pub before: String,
    /// The argument, or nothing.
    pub order: &'static str,
    /// How the order is said.
    pub crit: String,
    /// In Chinese, with the particle it takes.
    pub crit_de: String,
    /// 1 unless more were said.
    pub people: i64,
    pub people_text: String,
}

/// Which parts the wording leaves out, because they are known or were forgotten.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Unsaid {
    pub from: bool,
    pub to: bool,
    pub day: bool,
}

impl Trip {
    /// A trip that somebody may want to make.
    pub(super) fn draw(s: &mut Scene<'_, '_>) -> Self {
        let (today, lower) = (s.today(), s.lower);
        let d = &mut *s.d;
        let train = d.chance(72);
        let (from, to) = slots::two_cities(d, train, lower);
        let day = slots::day(d, today, 40, lower);
        let (mut after, mut before) = (String::new(), String::new());
        let limited = if slots::names_part(&day) { 100 } else { d.rng.below(100) };
        match limited {
            0..12 => after = slots::time(d, 7, 17),
            12..20 => before = slots::time(d, 10, 20),
            20..22 => (after, before) = (slots::time(d, 7, 11), slots::time(d, 14, 20)),
            _ => {}
        }
        let (mut order, mut crit, mut crit_de) = ("", String::new(), String::new());
        if d.chance(68) {
            let rank = d.rng.one(&RANKS);
            order = rank.0;
            (crit, crit_de) = if d.zh() {
                let (crit, de) = *d.rng.one(rank.2);
                (crit.to_owned(), de.to_owned())
            } else {
                (d.rng.pick(rank.1).to_owned(), String::new())
            };
        }
        let (people, people_text) = if d.chance(18) { slots::people(d, 6) } else { (1, String::new()) };
        Self { train, from, to, day, after, before, order, crit, crit_de, people, people_text }
    }

    /// The search for it.
    pub(super) fn search(&self) -> crate::conversation::Call {
        call(
            if self.train { "search_trains" } else { "search_flights" },
            &[
                ("from", text(&self.from)),
                ("to", text(&self.to)),
                ("day", text(&self.day)),
                ("after", text(&self.after)),
                ("before", text(&self.before)),
                ("order", text(self.order)),
            ],
        )
    }

    /// Asks what there is.
    pub(super) fn find(&self, s: &mut Scene<'_, '_>, unsaid: Unsaid) -> Ask {
        let alone = Self { people: 1, people_text: String::new(), ..self.clone() };
        let clause = alone.phrase(s.d, "trip_find", unsaid);
        Ask { calls: vec![self.said_in(&clause).search()], clause, goal: Goal::Tell }
    }

    /// Asks to book it. The flag says whether the words are a command.
    pub(super) fn book(&self, s: &mut Scene<'_, '_>, unsaid: Unsaid) -> (Ask, bool) {
        let is_short = unsaid.from || unsaid.to || unsaid.day;
        let statement = !is_short && s.d.chance(25);
        let rule = match (statement, is_short && s.d.zh() && unsaid.day) {
            (true, _) => "trip_book_say",
            (_, true) => "trip_book_short",
            _ => "trip_book",
        };
        let mut clause = self.phrase(s.d, rule, unsaid);
        let calls = vec![self.said_in(&clause).search()];
        let order = payment(s, &mut clause, (self.people > 1).then(|| self.people_text.clone()));
        (Ask { clause, calls, goal: Goal::Book(order) }, !statement)
    }

    /// The trip without what the wording chosen for it did not say.
    fn said_in(&self, clause: &str) -> Self {
        let said = |value: &str| if clause.contains(value) { value.to_owned() } else { String::new() };
        let order = if clause.contains(&self.crit) { self.order } else { "" };
        Self { order, after: said(&self.after), before: said(&self.before), ..self.clone() }
    }

    fn phrase(&self, d: &mut Draw, rule: &str, unsaid: Unsaid) -> String {
        let slots = if d.zh() { self.slots_zh(d, unsaid) } else { self.slots_en(d, unsaid) };
        let borrowed: Vec<(&str, &str)> = slots.iter().map(|(name, value)| (*name, value.as_str())).collect();
        phrase(d, rule, &borrowed)
    }

    fn slots_en(&self, d: &mut Draw, unsaid: Unsaid) -> Vec<(&'static str, String)> {
        let (from, to) = (&self.from, &self.to);
        let route = match (unsaid.from, unsaid.to) {
            (true, true) => String::new(),
            (true, false) => format!("to {to}"),
            (false, true) => d.rng.pick(&["there from X", "from X"]).replace('X', from),
            (false, false) => match d.rng.below(10) {
                0..7 => format!("from {from} to {to}"),
                7..9 => format!("to {to} from {from}"),
                _ => format!("{from} to {to}"),
            },
        };
        let day = if unsaid.day { String::new() } else { self.day.clone() };
        let on_day = slots::on_day(d, &day);
        let kind = phrase(d, if self.train { "train" } else { "flight" }, &[]);
        let kinds = phrase(d, if self.train { "trains" } else { "flights" }, &[]);
        let crit = self.crit.clone();
        let article =
            if crit.is_empty() { if kind.starts_with(['a', 'e']) { "an" } else { "a" } } else { "the" };
        let one = if crit.is_empty() {
            d.rng.pick(&["one", "any one", "the first one that fits"]).to_owned()
        } else {
            format!("the {crit} one")
        };
        let n = &self.people_text;
        let bare = if self.train { "train" } else { "flight" };
        let (n_vehicle, n_tickets) = if self.people == 1 {
            (format!("{article} {crit} {kind}"), String::new())
        } else {
            let form =
                *d.rng.one(&["for {n} people", "for {n}", ", {n} tickets", "for {n} of us", ", {n} people"]);
            (format!("{n} {crit} {bare} tickets"), crate::fill::fill(form, &[("n", n)]))
        };
        let the_crit_one = if crit.is_empty() { String::new() } else { format!("the {crit} one") };
        vec![
            ("route", route),
            ("limit", self.limit_en(d)),
            ("on_day", on_day),
            ("day", day),
            ("the_crit", format!("{article} {crit}")),
            ("vehicle", kind),
            ("vehicles", kinds),
            ("vehicle_plain", if self.train { "train" } else { "plane" }.to_owned()),
            ("vehicle_bare", bare.to_owned()),
            ("a_ticket", if self.train { "a train ticket" } else { "a flight" }.to_owned()),
            ("n_vehicle", n_vehicle),
            ("n_tickets", n_tickets),
            ("the_one", one),
            ("the_crit_one", the_crit_one),
            ("crit", crit),
        ]
    }

    fn limit_en(&self, d: &mut Draw) -> String {
        let (a, b) = (&self.after, &self.before);
        match (a.is_empty(), b.is_empty()) {
            (true, true) => String::new(),
            (false, true) => {
                format!("{} {a}", d.rng.pick(&["after", "leaving after", "departing after", "after"]))
            }
            (true, false) => {
                format!("{} {b}", d.rng.pick(&["before", "leaving before", "departing before", "before"]))
            }
            (false, false) => format!("between {a} and {b}"),
        }
    }

    fn slots_zh(&self, d: &mut Draw, unsaid: Unsaid) -> Vec<(&'static str, String)> {
        let (from, to) = (&self.from, &self.to);
        let form = match (unsaid.from, unsaid.to) {
            (true, true) => "",
            (true, false) => d.rng.pick(&["去{to}", "去{to}", "到{to}"]),
            (false, true) => d.rng.pick(&["从{from}过去", "从{from}出发", "从{from}去那边"]),
            (false, false) if self.train => d.rng.pick(&[
                "从{from}到{to}",
                "从{from}到{to}",
                "{from}到{to}",
                "{from}去{to}",
                "从{from}去{to}",
                "{from}-{to}",
            ]),
            (false, false) => d.rng.pick(&[
                "从{from}到{to}",
                "{from}到{to}",
                "从{from}飞{to}",
                "{from}飞{to}",
                "从{from}飞往{to}",
                "{from}去{to}",
            ]),
        };
        let route = crate::fill::fill(form, &[("from", from), ("to", to)]);
        let after = if self.after.is_empty() {
            String::new()
        } else {
            format!("{}{}", self.after, d.rng.pick(&["以后", "之后", "后"]))
        };
        let before = if self.before.is_empty() {
            String::new()
        } else {
            format!("{}{}", self.before, d.rng.pick(&["以前", "之前", "前"]))
        };
        let limit = if self.after.is_empty() && self.before.is_empty() {
            String::new()
        } else {
            format!("{after}{before}的")
        };
        let comma = |text: &str| if text.is_empty() { String::new() } else { format!("，{text}") };
        let n = &self.people_text;
        let (n_one, n_comma) = if self.people == 1 {
            (d.rng.pick(&["一张", "一张", "张", "", "1张"]).to_owned(), String::new())
        } else {
            (format!("{n}张"), format!("，{n}{}", d.rng.pick(&["张", "个人", "位"])))
        };
        let ticket = phrase(d, if self.train { "ticket" } else { "plane" }, &[]);
        let bare = phrase(d, if self.train { "train" } else { "flight" }, &[]);
        let crit_one = match (self.crit.is_empty(), self.crit_de.ends_with('班')) {
            (true, _) => "一张".to_owned(),
            (false, true) => self.crit_de.clone(),
            (false, false) => format!("{}那班", self.crit_de),
        };
        vec![
            ("route", route),
            ("from", from.clone()),
            ("to", to.clone()),
            ("day", if unsaid.day { String::new() } else { self.day.clone() }),
            ("limit_comma", comma(&limit)),
            ("limit", limit),
            ("crit", self.crit.clone()),
            ("crit_de", self.crit_de.clone()),
            ("crit_one", crit_one),
            ("n_one", n_one),
            ("n_comma", n_comma),
            ("ticket", ticket),
            ("ticket_bare", bare.clone()),
            ("vehicle", if self.train { bare } else { "飞机".to_owned() }),
        ]
    }
}

/// Whether and how the person wants to pay, said at the end of a request to book.
pub(super) fn payment(s: &mut Scene<'_, '_>, clause: &mut String, people: Option<String>) -> Order {
    let d = &mut *s.d;
    let gap = if d.zh() { "" } else { " " };
    if d.chance(13) {
        let later = phrase(d, "pay_not", &[]);
        *clause = crate::grammar::tidy(&format!("{}{gap}{later}", clause.trim_end_matches(['?', '.', '。'])));
        return Order { people, pays: false, account: None };
    }
    let (account, said) = if d.chance(14) { account(d) } else { (None, String::new()) };
    if account.is_some() || d.chance(22) {
        let too = phrase(d, "pay_too", &[("account", &said)]);
        *clause = crate::grammar::tidy(&format!("{}{gap}{too}", clause.trim_end_matches(['?', '.', '。'])));
    }
    Order { people, pays: true, account }
}

/// An account, and how it is named in a request.
pub(super) fn account(d: &mut Draw) -> (Option<String>, String) {
    let name = if d.zh() {
        d.rng.pick(&["储蓄", "储蓄", "旅行", "主"])
    } else {
        d.rng.pick(&["savings", "savings", "travel", "main"])
    };
    let form = d.say(
        &[
            "from my {a} account",
            "with the {a} account",
            "from {a}",
            "using my {a} account",
            "from the {a} account",
        ],
        &["从{a}账户扣", "用{a}账户付", "用我的{a}账户", "走{a}账户"],
    );
    (Some(name.to_owned()), crate::fill::fill(form, &[("a", name)]))
}

/// A city that the person may have mistyped, in place of the trip's destination.
pub(super) fn mistype(s: &mut Scene<'_, '_>, trip: &mut Trip) {
    let lower = s.lower;
    trip.to = slots::misspelt(s.d, lower);
}

/// A booking request as a whole message.
pub(super) fn message(s: &mut Scene<'_, '_>, ask: &Ask, command: bool) -> String {
    if command { ask::command(s.d, &ask.clause) } else { ask::remark(s.d, &ask.clause) }
}
