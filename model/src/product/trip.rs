//! Asking for trains and flights.

use crate::draw::Draw;
use crate::grammar::phrase;

use super::ask::{self, Ask, Goal, Order, call, text};
use super::scene::Scene;
use super::{slots, spread, wish};

/// Ways to put rows in order: the argument, and the rule with how people say it.
const RANKS: [(&str, &str); 4] = [
    ("earliest", "rank_earliest"),
    ("latest", "rank_latest"),
    ("cheapest", "rank_cheapest"),
    ("fastest", "rank_fastest"),
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
    /// Or how the order is said in a clause of its own.
    pub wish: String,
    /// 1 unless more were said.
    /// How many travel, as it is written; nothing where one does.
    pub people: String,
}

/// Which parts the wording leaves out, because they are known or were forgotten.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Unsaid {
    pub from: bool,
    pub to: bool,
    pub day: bool,
}

impl Unsaid {
    fn is_any(self) -> bool {
        self.from || self.to || self.day
    }
}

impl Trip {
    /// A trip that somebody may want to make.
    pub(super) fn draw(s: &mut Scene<'_, '_>) -> Self {
        let (today, lower) = (s.today(), s.lower);
        let d = &mut *s.d;
        let train = d.chance(64);
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
        let (mut order, mut crit, mut crit_de, mut wish) = ("", String::new(), String::new(), String::new());
        if d.chance(68) {
            let (argument, rule) = *d.rng.one(&RANKS);
            order = argument;
            if d.chance(20) {
                wish = wish::draw(d, order);
            } else {
                crit = phrase(d, rule, &[]);
                // "The last bus" takes no particle in Chinese.
                let particle = if crit.ends_with('班') { "" } else { "的" };
                crit_de = if d.zh() { format!("{crit}{particle}") } else { String::new() };
            }
        }
        let people = if d.chance(20) { slots::people(d) } else { String::new() };
        Self { train, from, to, day, after, before, order, crit, crit_de, wish, people }
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
        let alone = Self { people: String::new(), ..self.clone() };
        let clause = if self.is_flown(s.d, unsaid) {
            alone.flown(s.d, "fly_find")
        } else {
            alone.phrase(s.d, "trip_find", unsaid)
        };
        let clause = wish::add(s.d, clause, &self.wish);
        self.found_by(s, clause)
    }

    /// The same, or else to book it, with each part in a clause of its own.
    pub(super) fn in_parts(&self, s: &mut Scene<'_, '_>, unsaid: Unsaid, book: bool) -> Ask {
        let clause = self.parts(s.d, unsaid, if book { "spread_book" } else { "spread_find" });
        let clause = wish::add(s.d, clause, &self.wish);
        if book { self.booked_by(s, clause) } else { self.found_by(s, clause) }
    }

    fn found_by(&self, s: &mut Scene<'_, '_>, mut clause: String) -> Ask {
        let calls = vec![self.said_in(&clause).search()];
        ask::only_asks(s.d, &mut clause);
        Ask { clause, calls, goal: Goal::Tell }
    }

    /// Asks to book it. The flag says whether the words are a command.
    pub(super) fn book(&self, s: &mut Scene<'_, '_>, unsaid: Unsaid) -> (Ask, bool) {
        if self.is_flown(s.d, unsaid) {
            let clause = self.flown(s.d, "fly_book");
            let clause = wish::add(s.d, clause, &self.wish);
            return (self.booked_by(s, clause), false);
        }
        let is_short = unsaid.is_any();
        let statement = !is_short && s.d.chance(35);
        let rule = match (statement, is_short && s.d.zh() && unsaid.day) {
            (true, _) => "trip_book_say",
            (_, true) => "trip_book_short",
            _ => "trip_book",
        };
        let mut clause = self.phrase(s.d, rule, unsaid);
        for _ in 0..20 {
            let tells = unsaid.from && clause.contains(&self.from) || unsaid.to && clause.contains(&self.to);
            if tells {
                clause = self.phrase(s.d, rule, unsaid);
            }
        }
        let clause = wish::add(s.d, clause, &self.wish);
        (self.booked_by(s, clause), !statement)
    }

    fn booked_by(&self, s: &mut Scene<'_, '_>, mut clause: String) -> Ask {
        let calls = vec![self.said_in(&clause).search()];
        let order = payment(s, &mut clause, (!self.people.is_empty()).then(|| self.people.clone()));
        Ask { clause, calls, goal: Goal::Book(order) }
    }

    /// The trip without what the wording chosen for it did not say.
    fn said_in(&self, clause: &str) -> Self {
        let said = |value: &str| if clause.contains(value) { value.to_owned() } else { String::new() };
        let order = if clause.contains(&self.crit) { self.order } else { "" };
        Self { order, after: said(&self.after), before: said(&self.before), ..self.clone() }
    }

    /// The parts that are said, and what is asked for.
    fn parts(&self, d: &mut Draw, unsaid: Unsaid, order: &str) -> String {
        let apart = !unsaid.to && !unsaid.day && d.chance(30);
        let facts = spread::said(&[
            (!unsaid.to, if unsaid.day || apart { "spread_to_open" } else { "spread_to" }),
            (!unsaid.from, "spread_from"),
            (!unsaid.day && (unsaid.to || apart), "spread_day"),
            (!self.after.is_empty(), "spread_after"),
            (!self.before.is_empty(), "spread_before"),
            (!self.crit.is_empty(), "spread_order"),
            (!self.people.is_empty(), "spread_people"),
        ]);
        let (one, several) = if self.train { ("train", "trains") } else { ("flight", "flights") };
        let vehicle = phrase(d, one, &[]);
        let (vehicles, bare) = if d.zh() {
            (vehicle.clone(), vehicle.clone())
        } else {
            (phrase(d, several, &[]), one.to_owned())
        };
        let on_day = slots::on_day(d, &self.day);
        let slots: &[(&str, &str)] = &[
            ("from", &self.from),
            ("to", &self.to),
            ("day", &self.day),
            ("on_day", &on_day),
            ("a", &self.after),
            ("b", &self.before),
            ("crit", &self.crit),
            ("crit_de", &self.crit_de),
            ("n", &self.people),
            ("vehicle", &vehicle),
            ("vehicles", &vehicles),
            ("vehicle_bare", &bare),
        ];
        spread::told(d, &facts, order, slots)
    }

    /// Whether it is asked for by a verb alone ("fly me to …"), with no word for the vehicle.
    fn is_flown(&self, d: &mut Draw, unsaid: Unsaid) -> bool {
        !self.train && !unsaid.is_any() && d.chance(40)
    }

    fn flown(&self, d: &mut Draw, rule: &str) -> String {
        let n = &self.people;
        let who = phrase(d, if n.is_empty() { "fly_who" } else { "fly_who_many" }, &[("n", n)]);
        let (on_day, limit) = (slots::on_day(d, &self.day), self.limit(d));
        let slots: &[(&str, &str)] = &[
            ("who", &who),
            ("from", &self.from),
            ("to", &self.to),
            ("day", &self.day),
            ("on_day", &on_day),
            ("limit", &limit),
        ];
        phrase(d, rule, slots)
    }

    fn phrase(&self, d: &mut Draw, rule: &str, unsaid: Unsaid) -> String {
        let slots = if d.zh() { self.slots_zh(d, unsaid) } else { self.slots_en(d, unsaid) };
        let borrowed: Vec<(&str, &str)> = slots.iter().map(|(name, value)| (*name, value.as_str())).collect();
        phrase(d, rule, &borrowed)
    }

    fn slots_en(&self, d: &mut Draw, unsaid: Unsaid) -> Vec<(&'static str, String)> {
        let route = self.route(d, unsaid);
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
        let n = &self.people;
        let bare = if self.train { "train" } else { "flight" };
        let (n_vehicle, n_tickets) = if n.is_empty() {
            (format!("{article} {crit} {kind}"), String::new())
        } else {
            let tickets = match d.rng.below(100) {
                0..60 => format!("{n} {crit} {bare} tickets"),
                60..85 => format!("{n} seats on {article} {crit} {bare}"),
                _ => format!("{n} tickets for {article} {crit} {bare}"),
            };
            (tickets, phrase(d, "tickets_for", &[("n", n)]))
        };
        let the_crit_one = if crit.is_empty() { String::new() } else { format!("the {crit} one") };
        vec![
            ("route", route),
            ("from", self.from.clone()),
            ("to", self.to.clone()),
            ("limit", self.limit(d)),
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

    /// From where to where, as far as it is said.
    fn route(&self, d: &mut Draw, unsaid: Unsaid) -> String {
        let rule = match (unsaid.from, unsaid.to) {
            (true, true) => return String::new(),
            (true, false) => "route_to",
            (false, true) => "route_from",
            (false, false) if !self.train && d.zh() => "route_fly",
            (false, false) => "route",
        };
        phrase(d, rule, &[("from", &self.from), ("to", &self.to)])
    }

    /// Between which times.
    fn limit(&self, d: &mut Draw) -> String {
        let rule = match (self.after.is_empty(), self.before.is_empty()) {
            (true, true) => return String::new(),
            (false, true) => "after",
            (true, false) => "before",
            (false, false) => "between",
        };
        phrase(d, rule, &[("a", &self.after), ("b", &self.before)])
    }

    fn slots_zh(&self, d: &mut Draw, unsaid: Unsaid) -> Vec<(&'static str, String)> {
        let (from, to) = (&self.from, &self.to);
        let route = self.route(d, unsaid);
        let limit = self.limit(d);
        let limit = if limit.is_empty() { limit } else { format!("{limit}的") };
        let comma = |text: &str| if text.is_empty() { String::new() } else { format!("，{text}") };
        let n = &self.people;
        let (n_one, n_comma) = if n.is_empty() {
            (d.rng.pick(&["一张", "一张", "张", "", "1张"]).to_owned(), String::new())
        } else {
            (format!("{n}张"), phrase(d, "tickets_for", &[("n", n)]))
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
    // What is not to be paid for is said to be so less often than it has to be learnt: a model that has seen few such
    // requests pays for them.
    if d.chance(if d.held_out { 13 } else { 35 }) {
        ask::add(d, clause, "pay_not", &[]);
        return Order { people, pays: false, account: None };
    }
    let (account, said) = if d.chance(14) { account(d) } else { (None, String::new()) };
    if account.is_some() || d.chance(22) {
        ask::add(d, clause, "pay_too", &[("account", &said)]);
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
