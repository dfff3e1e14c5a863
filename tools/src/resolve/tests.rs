//! What people write and what it becomes, table by table.

mod beside;
mod days;
mod places;
mod times;
