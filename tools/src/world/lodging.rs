//! Hotels and restaurants: invented ones in every city, made from name parts and the seed.

use handyman_core::{ToolError, ToolResult};
use jiff::Span;
use jiff::civil::{Date, Time};
use serde_json::{Value, json};

use super::chance::Chance;
use super::offers::{Draft, Kind};
use super::{CURRENCY, World, failed};
use crate::atlas::{Atlas, City, Cuisine};
use crate::resolve::hm;

const HOTELS_PER_CITY: usize = 6;
const CUISINES_IN_SMALL_CITIES: u64 = 60;
const HOTEL_PARTS: [(&str, &str); 12] = [
    ("Garden", "花园"),
    ("Riverside", "江畔"),
    ("Station", "站前"),
    ("Skyline", "云天"),
    ("Old Town", "古城"),
    ("Lakeside", "湖畔"),
    ("Harbour", "海港"),
    ("Bamboo", "竹园"),
    ("Central", "中央"),
    ("Maple", "枫叶"),
    ("Lantern", "灯笼"),
    ("Sunrise", "日出"),
];
const RESTAURANT_PARTS: [(&str, &str); 16] = [
    ("Lotus", "荷香"),
    ("Red Lantern", "红灯笼"),
    ("Copper Pot", "铜锅"),
    ("Jade", "翡翠"),
    ("Old Well", "老井"),
    ("Seven Steps", "七步"),
    ("Moonlight", "月光"),
    ("Ginger", "姜园"),
    ("Blue Door", "蓝门"),
    ("Olive Tree", "橄榄树"),
    ("Two Rivers", "双江"),
    ("Plum", "梅园"),
    ("Salt & Pine", "盐松"),
    ("Corner", "街角"),
    ("Golden Ox", "金牛"),
    ("Terrace", "露台"),
];

/// A hotel as a search shows it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Hotel {
    /// `H204`.
    pub id: String,
    /// English name.
    pub name: String,
    /// Chinese name.
    pub name_zh: String,
    /// One to five.
    pub stars: i64,
    /// Out of five.
    pub rating: f64,
    /// How many rooms it has.
    pub rooms: i64,
    /// Price of a room and night in fen.
    pub price_minor: i64,
}

/// A restaurant as a search shows it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Restaurant {
    /// `R0031`.
    pub id: String,
    /// English name.
    pub name: String,
    /// Chinese name.
    pub name_zh: String,
    /// English name of its cuisine.
    pub cuisine: String,
    /// Chinese name of its cuisine.
    pub cuisine_zh: String,
    /// Out of five.
    pub rating: f64,
    /// How many tables it has.
    pub tables: i64,
    /// Price of a set meal a head in fen.
    pub price_minor: i64,
}

impl Hotel {
    /// The offer of its rooms for some nights.
    #[must_use]
    pub fn draft(&self, seed: u64, name: &str, date: Date, nights: i64) -> Draft {
        let stock = (0..nights)
            // Up to where the calendar ends.
            .map_while(|night| date.checked_add(Span::new().try_days(night).ok()?).ok())
            .map(|night| {
                let mut chance = Chance::of(seed, &["rooms", &self.id, &night.to_string()]);
                (night, self.rooms, if chance.percent(6) { 0 } else { chance.between(1, self.rooms) })
            })
            .collect();
        Draft {
            id: format!("{}-{}-{nights}", self.id, date.strftime("%m%d")),
            kind: Kind::Hotel,
            item: name.to_owned(),
            date,
            // A room can be booked until late on the day of arrival.
            departs: "23:59".to_owned(),
            nights,
            people: 1,
            resource: self.id.clone(),
            price_minor: self.price_minor,
            stock,
        }
    }
}

impl Restaurant {
    /// The offer of a table at a time.
    #[must_use]
    pub fn draft(&self, seed: u64, name: &str, (date, time): (Date, Time), people: i64) -> Draft {
        let mut chance = Chance::of(seed, &["tables", &self.id, &date.to_string(), &hm(time)]);
        let available = if chance.percent(10) { 0 } else { chance.between(1, self.tables) };
        Draft {
            // Another number of people is another offer.
            id: format!("{}-{}-{}-{people}", self.id, date.strftime("%m%d"), time.strftime("%H%M")),
            kind: Kind::Restaurant,
            item: format!("{name} {}", hm(time)),
            date,
            departs: hm(time),
            nights: 1,
            people,
            resource: format!("{} {}", self.id, hm(time)),
            price_minor: self.price_minor,
            stock: vec![(date, self.tables, available)],
        }
    }
}

impl World {
    /// The hotels of a city whose rooms cost at most so many fen a night.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn hotels(&self, city: &City, price_max_minor: i64) -> ToolResult<Vec<Hotel>> {
        sqlx::query_as("SELECT * FROM hotels WHERE city_zh = ? AND price_minor <= ? ORDER BY price_minor, id")
            .bind(&city.zh)
            .bind(price_max_minor)
            .fetch_all(self.pool())
            .await
            .map_err(failed)
    }

    /// The restaurants of a city, of one cuisine if that is given.
    ///
    /// # Errors
    /// No such restaurant there, with what there is; or the database cannot be read.
    pub async fn restaurants(&self, city: &City, cuisine: Option<&Cuisine>) -> ToolResult<Vec<Restaurant>> {
        let all: Vec<Restaurant> =
            sqlx::query_as("SELECT * FROM restaurants WHERE city_zh = ? ORDER BY rating DESC, id")
                .bind(&city.zh)
                .fetch_all(self.pool())
                .await
                .map_err(failed)?;
        let Some(cuisine) = cuisine else { return Ok(all) };
        let (fitting, others): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|known| known.cuisine == cuisine.en);
        if fitting.is_empty() {
            let known: Vec<&str> = others.iter().map(|known| known.cuisine.as_str()).take(6).collect();
            let message =
                format!("no {} restaurant in {}; there are {}", cuisine.en, city.en, known.join(", "));
            return Err(ToolError::argument("cuisine", message));
        }
        Ok(fitting)
    }
}

/// Rows for the table of hotels.
pub(super) fn hotel_rows(seed: u64) -> Vec<Value> {
    let cities = &Atlas::get().cities;
    let rows = cities.iter().enumerate().flat_map(|(index, city)| {
        let mut chance = Chance::of(seed, &["hotels", &city.zh]);
        let first = usize::try_from(chance.between(0, 11)).unwrap_or_default();
        (0..HOTELS_PER_CITY).map(move |turn| {
            let (part, part_zh) = HOTEL_PARTS[(first + turn * 5) % HOTEL_PARTS.len()];
            let stars = chance.between(2, 5);
            let price = (stars * stars * chance.between(28, 46) + chance.between(40, 90)) * 100;
            json!([
                format!("H{:03}", index * HOTELS_PER_CITY + turn + 1),
                format!("Sandbox {part} Hotel"),
                format!("沙盒{part_zh}酒店"),
                city.en,
                city.zh,
                stars,
                rating(&mut chance),
                chance.between(8, 40),
                price,
                CURRENCY,
            ])
        })
    });
    rows.collect()
}

/// Rows for the table of restaurants: every cuisine in large cities, some in small ones.
pub(super) fn restaurant_rows(seed: u64) -> Vec<Value> {
    let atlas = Atlas::get();
    let mut rows = Vec::new();
    for city in &atlas.cities {
        let mut chance = Chance::of(seed, &["restaurants", &city.zh]);
        for cuisine in &atlas.cuisines {
            let present = if city.size == 1 {
                u64::from(chance.percent(CUISINES_IN_SMALL_CITIES))
            } else {
                u64::from(city.size) - 1
            };
            for _ in 0..present {
                let (part, part_zh) = chance.pick(&RESTAURANT_PARTS).copied().unwrap_or_default();
                rows.push(json!([
                    format!("R{:04}", rows.len() + 1),
                    format!("Sandbox {part}"),
                    format!("沙盒{part_zh}"),
                    city.en,
                    city.zh,
                    cuisine.en,
                    cuisine.zh,
                    rating(&mut chance),
                    chance.between(4, 16),
                    chance.between(cuisine.min_price, cuisine.max_price) * 100,
                    CURRENCY,
                ]));
            }
        }
    }
    rows
}

fn rating(chance: &mut Chance) -> f64 {
    let tenths = u8::try_from(chance.between(32, 49)).unwrap_or(40);
    f64::from(tenths) / 10.0
}
