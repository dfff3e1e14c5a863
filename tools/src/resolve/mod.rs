//! From what people write to values, in English and Chinese: days, times, counts, places, cuisines.
//!
//! Each function takes the name of the parameter that the text came in, so that the error it gives
//! says where the mistake is, what is wrong with it, and what would be right. Relative words are
//! resolved against the run's date; nothing here reads a clock.

mod counts;
mod cuisines;
mod days;
mod english;
mod mandarin;
mod meant;
mod numbers;
mod places;
mod text;
mod times;

pub use counts::people;
pub use cuisines::cuisine;
pub use days::{When, any_day, day};
pub use places::{Place, city, place};
pub use text::key;
pub use times::{Clock, Window, time, window};
pub(crate) use times::{hm, in_part_of_day, minute_of_day};

#[cfg(test)]
mod tests;
