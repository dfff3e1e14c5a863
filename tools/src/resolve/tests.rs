//! What people write and what it becomes, table by table.

mod beside;
mod counts;
mod days;
mod places;
mod times;
