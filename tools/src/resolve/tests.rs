//! What people write and what it becomes, table by table.

mod days;
mod places;
mod times;
