-- The sandbox world: invented inventory and prices in real places. Money is in the smallest unit.
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE cities (
    name TEXT NOT NULL, name_zh TEXT PRIMARY KEY, country TEXT NOT NULL, latitude REAL NOT NULL, longitude REAL NOT NULL
) STRICT;
CREATE TABLE stations (
    name TEXT NOT NULL, name_zh TEXT PRIMARY KEY, city TEXT NOT NULL, city_zh TEXT NOT NULL REFERENCES cities
) STRICT;
CREATE TABLE airports (
    code TEXT PRIMARY KEY, name TEXT NOT NULL, name_zh TEXT NOT NULL, city TEXT NOT NULL,
    city_zh TEXT NOT NULL REFERENCES cities
) STRICT;
CREATE TABLE hotels (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, name_zh TEXT NOT NULL, city TEXT NOT NULL,
    city_zh TEXT NOT NULL REFERENCES cities, stars INTEGER NOT NULL, rating REAL NOT NULL, rooms INTEGER NOT NULL,
    price_minor INTEGER NOT NULL, currency TEXT NOT NULL
) STRICT;
CREATE INDEX hotels_by_city ON hotels (city_zh);
CREATE TABLE restaurants (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, name_zh TEXT NOT NULL, city TEXT NOT NULL,
    city_zh TEXT NOT NULL REFERENCES cities, cuisine TEXT NOT NULL, cuisine_zh TEXT NOT NULL, rating REAL NOT NULL,
    tables INTEGER NOT NULL, price_minor INTEGER NOT NULL, currency TEXT NOT NULL
) STRICT;
CREATE INDEX restaurants_by_city ON restaurants (city_zh);

CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL, joined TEXT NOT NULL) STRICT;
CREATE TABLE products (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, name_zh TEXT NOT NULL, category TEXT NOT NULL,
    price_minor INTEGER NOT NULL, currency TEXT NOT NULL, stock INTEGER NOT NULL
) STRICT;
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer INTEGER NOT NULL REFERENCES customers, product INTEGER NOT NULL REFERENCES products,
    quantity INTEGER NOT NULL, total_minor INTEGER NOT NULL, currency TEXT NOT NULL, status TEXT NOT NULL,
    ordered TEXT NOT NULL
) STRICT;

-- What searches have offered; booking is by the id of an offer.
CREATE TABLE offers (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, item TEXT NOT NULL, date TEXT NOT NULL, departs TEXT NOT NULL,
    nights INTEGER NOT NULL, people INTEGER NOT NULL, resource TEXT NOT NULL, price_minor INTEGER NOT NULL,
    currency TEXT NOT NULL
) STRICT;
-- How much of a resource is left on a day.
CREATE TABLE stock (
    resource TEXT NOT NULL, date TEXT NOT NULL, capacity INTEGER NOT NULL, available INTEGER NOT NULL,
    PRIMARY KEY (resource, date), CHECK (available BETWEEN 0 AND capacity)
) STRICT, WITHOUT ROWID;
CREATE TABLE bookings (
    booking TEXT PRIMARY KEY, kind TEXT NOT NULL, item TEXT NOT NULL, offer TEXT NOT NULL, resource TEXT NOT NULL,
    date TEXT NOT NULL, nights INTEGER NOT NULL, people INTEGER NOT NULL, units INTEGER NOT NULL,
    total_minor INTEGER NOT NULL, currency TEXT NOT NULL, account TEXT REFERENCES accounts,
    status TEXT NOT NULL CHECK (status IN ('unpaid', 'paid', 'cancelled', 'refunded'))
) STRICT;

CREATE TABLE accounts (
    name TEXT PRIMARY KEY, name_zh TEXT NOT NULL, balance_minor INTEGER NOT NULL CHECK (balance_minor >= 0),
    currency TEXT NOT NULL
) STRICT;
-- Every movement of money; an account's balance is the sum of its rows.
CREATE TABLE ledger (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts, booking TEXT REFERENCES bookings,
    kind TEXT NOT NULL CHECK (kind IN ('opening', 'payment', 'refund')), amount_minor INTEGER NOT NULL,
    receipt TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE events (
    id INTEGER PRIMARY KEY, title TEXT NOT NULL, date TEXT NOT NULL, starts TEXT NOT NULL, ends TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_date ON events (date, starts);

-- What was done under which idempotency key, with the result that was given.
CREATE TABLE effects (key TEXT PRIMARY KEY, tool TEXT NOT NULL, result TEXT NOT NULL) STRICT, WITHOUT ROWID;

PRAGMA user_version = 1;
