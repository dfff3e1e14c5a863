//! One conversation while it is being made: what was said, what the world answered, what was booked.

use jiff::civil::Date;
use serde_json::{Value, json};

use crate::conversation::{Call, Conversation, Role};
use crate::draw::Draw;

use super::answer;
use super::ask::{Ask, Goal, Order, call, text};
use super::desk::{Desk, World};

/// What a refused call looks like to the model.
const REFUSALS: [&str; 4] =
    ["the person said no", "the person said no", "denied by the person", "the person could not be asked"];

/// How often a call that reads goes wrong at first, in training.
const SLIPS_PERCENT: usize = 6;

/// One conversation while it is being made.
pub(super) struct Scene<'a, 'b> {
    pub d: &'a mut Draw,
    pub desk: Desk<'b>,
    pub talk: Conversation,
    /// The person writes English without capitals.
    pub lower: bool,
    /// The last booking, as `book` gave it, and its payment.
    pub booked: Option<Booked>,
    /// The last thing that was looked up.
    pub found: Option<(Call, Value)>,
}

/// A booking that stands.
#[derive(Debug, Clone)]
pub(super) struct Booked {
    /// The row it was made from.
    pub row: Value,
    /// Result of `book`.
    pub booking: Value,
    /// Result of `pay`, if it was paid.
    pub payment: Option<Value>,
}

impl Booked {
    /// Its reference.
    pub(super) fn reference(&self) -> &str {
        self.booking["booking"].as_str().unwrap_or_default()
    }
}

impl Scene<'_, '_> {
    /// The day of the conversation.
    pub(super) fn today(&self) -> Date {
        self.desk.today()
    }

    /// Makes one call in a turn of its own.
    pub(super) fn act(&mut self, call: Call) -> Value {
        let result = self.desk.call(&call);
        self.talk.act(vec![(call, result.clone())]);
        result
    }

    /// A call that the person does not allow: it is made, and does not run.
    fn denied(&mut self, call: Call) -> Value {
        self.talk.mark("denied");
        let result = json!({"error": self.d.rng.pick(&REFUSALS)});
        self.talk.act(vec![(call, result.clone())]);
        result
    }

    /// Does all that was asked for and tells what came of it. Calls that only read are made at once,
    /// in the order they were asked for; bookings follow one by one.
    pub(super) fn fulfil(&mut self, asks: Vec<Ask>) {
        let calls: Vec<Call> = asks.iter().flat_map(|a| a.calls.clone()).collect();
        let mut results = self.read(calls);
        let mut told = Vec::new();
        for ask in asks {
            let own: Vec<(Call, Value)> = results.drain(..ask.calls.len()).collect();
            let sentence = match &ask.goal {
                Goal::Tell => self.tell(&own),
                Goal::Book(order) => self.book_first(&own, order),
            };
            told.push(sentence);
        }
        let gap = if self.d.zh() { "" } else { " " };
        self.talk.say(told.join(gap));
    }

    /// Makes calls in one turn, and once more those whose result says what was meant.
    fn read(&mut self, calls: Vec<Call>) -> Vec<(Call, Value)> {
        let mut pairs: Vec<(Call, Value)> =
            calls.into_iter().map(|c| (c.clone(), self.desk.call(&c))).collect();
        if pairs.is_empty() {
            return pairs;
        }
        if let Some((at, wrong)) = self.slip(&pairs) {
            let mut tried = pairs.clone();
            tried[at] = wrong;
            self.talk.mark("slip");
            self.talk.slip(tried);
            self.talk.act(vec![pairs[at].clone()]);
            return pairs;
        }
        self.talk.act(pairs.clone());
        let better: Vec<Option<Call>> = pairs.iter().map(|(call, result)| corrected(call, result)).collect();
        if better.iter().all(Option::is_none) {
            return pairs;
        }
        self.talk.mark("corrected");
        let mut turn = Vec::new();
        for (pair, call) in pairs.iter_mut().zip(better) {
            if let Some(call) = call {
                *pair = (call.clone(), self.desk.call(&call));
                turn.push(pair.clone());
            }
        }
        self.talk.act(turn);
        pairs
    }

    /// Now and then, in training: which of the calls goes wrong at first, and how.
    fn slip(&mut self, pairs: &[(Call, Value)]) -> Option<(usize, (Call, Value))> {
        let all_went_well = pairs.iter().all(|(_, result)| result.get("error").is_none());
        if self.d.held_out || !all_went_well || !self.d.chance(SLIPS_PERCENT) {
            return None;
        }
        let at = self.d.rng.below(pairs.len());
        let said = self.talk.messages.iter().rfind(|m| m.role == Role::User)?.content.clone();
        let wrong = super::slip::slipped(self.d, &said, &pairs[at].0)?;
        let result = self.desk.call(&wrong);
        result.get("error").is_some().then_some((at, (wrong, result)))
    }

    fn tell(&mut self, own: &[(Call, Value)]) -> String {
        let gap = if self.d.zh() { "" } else { " " };
        let told: Vec<String> = own.iter().map(|(call, result)| answer::tell(self.d, call, result)).collect();
        if let Some(last) = own.last().filter(|(_, result)| result.get("error").is_none()) {
            self.found = Some(last.clone());
        }
        told.join(gap)
    }

    /// Books the first row that is left, pays if asked to, and says so.
    fn book_first(&mut self, own: &[(Call, Value)], order: &Order) -> String {
        let Some((search, result)) = own.last() else { return String::new() };
        let rows = rows(result);
        if rows.is_empty() {
            self.talk.mark("nothing_found");
            return answer::tell(self.d, search, result);
        }
        let Some(row) = rows.iter().find(|row| left(row) > 0).cloned() else {
            self.talk.mark("sold_out");
            return answer::sold_out(self.d, search);
        };
        self.book(&row, order)
    }

    /// Books one row, pays if asked to, and says so.
    pub(super) fn book(&mut self, row: &Value, order: &Order) -> String {
        let people = order.people.as_deref().and_then(text);
        let booking = call("book", &[("id", Some(row["id"].clone())), ("people", people)]);
        if self.d.chance(3) {
            let refusal = self.denied(booking);
            return answer::not_booked(self.d, &refusal);
        }
        let booked = self.act(booking);
        if booked.get("error").is_some() {
            self.talk.mark("book_failed");
            return answer::failed(self.d, &booked);
        }
        let reference = booked["booking"].as_str().unwrap_or_default().to_owned();
        let mut record = Booked { row: row.clone(), booking: booked.clone(), payment: None };
        if !order.pays {
            self.booked = Some(record);
            return answer::booked(self.d, &booked);
        }
        let payment = call(
            "pay",
            &[("booking", text(&reference)), ("account", order.account.as_deref().and_then(text))],
        );
        if self.d.chance(3) {
            let refusal = self.denied(payment);
            self.booked = Some(record);
            return answer::booked_not_paid(self.d, &booked, &refusal);
        }
        let paid = self.act(payment);
        let failed = paid.get("error").is_some();
        record.payment = (!failed).then(|| paid.clone());
        self.booked = Some(record);
        if failed {
            self.talk.mark("pay_failed");
            return answer::booked_not_paid(self.d, &booked, &paid);
        }
        answer::booked_and_paid(self.d, &booked, &paid)
    }
}

/// The rows of a search.
pub(super) fn rows(result: &Value) -> Vec<Value> {
    let list = ["trains", "flights", "hotels", "restaurants"].iter().find_map(|key| result[*key].as_array());
    list.cloned().unwrap_or_default()
}

/// How many seats, rooms or tables a row has left.
pub(super) fn left(row: &Value) -> i64 {
    ["seats", "rooms", "tables"].iter().find_map(|key| row[*key].as_i64()).unwrap_or(0)
}

/// The call that an error of the form "unknown city 'X'; did you mean Y?" asks for.
fn corrected(call: &Call, result: &Value) -> Option<Call> {
    let error = result["error"].as_str()?;
    let (start, meant) = error.split_once("did you mean ")?;
    let meant = meant.trim_end_matches('?');
    let wrong = start.split('\'').nth(1)?;
    let key =
        call.arguments.iter().find(|(_, value)| value.as_str() == Some(wrong)).map(|(key, _)| key.clone())?;
    if meant.contains(" or ") {
        return None;
    }
    let mut better = call.clone();
    better.arguments.insert(key, Value::from(meant));
    Some(better)
}
