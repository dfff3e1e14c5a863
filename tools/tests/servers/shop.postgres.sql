CREATE TYPE mood AS ENUM ('calm', 'angry');
CREATE TABLE customers (
    id serial PRIMARY KEY, name text NOT NULL UNIQUE, born date, active boolean NOT NULL DEFAULT true,
    balance numeric(24, 4) NOT NULL DEFAULT 0, feels mood, photo bytea, tags text[], notes jsonb
);
CREATE TABLE orders (
    id serial PRIMARY KEY, customer_id integer NOT NULL REFERENCES customers, status varchar(20) NOT NULL,
    placed timestamp NOT NULL, total double precision NOT NULL
);
CREATE VIEW open_orders AS SELECT * FROM orders WHERE status = 'open';
CREATE SCHEMA back_office;
CREATE TABLE back_office."Odd "" name" ("a b" integer PRIMARY KEY, "select" text);
INSERT INTO customers (name, born, balance, feels, photo, tags, notes) VALUES
    ('Ann O''Neil', '1990-05-17', 12345678901234567890.1234, 'calm', '\x0102ff', '{a,b}', '{"x": 1}'),
    ('王小明', NULL, 10.5, NULL, NULL, NULL, NULL), ('x', '2001-01-01', 0, 'angry', NULL, '{}', NULL);
INSERT INTO orders (customer_id, status, placed, total) VALUES
    (1, 'open', '2026-11-20 08:00:00', 19.99), (1, 'paid', '2026-11-21 09:30:00', 5), (2, 'open', '2026-11-22 10:00:00', 7.25);
INSERT INTO back_office."Odd "" name" VALUES (7, 'seven');
CREATE FUNCTION sneak() RETURNS integer LANGUAGE sql SECURITY DEFINER
    AS $$ INSERT INTO orders (customer_id, status, placed, total) VALUES (1, 'sneaked', now(), 0) RETURNING 1 $$;
CREATE PROCEDURE sneak_in() LANGUAGE sql AS $$ DELETE FROM orders $$;
