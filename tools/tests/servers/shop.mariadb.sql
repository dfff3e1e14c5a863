CREATE TABLE customers (
    id integer AUTO_INCREMENT PRIMARY KEY, name varchar(200) NOT NULL UNIQUE, born date,
    active boolean NOT NULL DEFAULT true, balance decimal(24, 4) NOT NULL DEFAULT 0, feels enum('calm', 'angry'),
    photo blob, notes json
);
CREATE TABLE orders (
    id integer AUTO_INCREMENT PRIMARY KEY, customer_id integer NOT NULL, status varchar(20) NOT NULL,
    placed datetime NOT NULL, total double NOT NULL, FOREIGN KEY (customer_id) REFERENCES customers (id)
);
CREATE VIEW open_orders AS SELECT * FROM orders WHERE status = 'open';
CREATE TABLE `Odd `` name` (`a b` integer PRIMARY KEY, `select` text, lasts time);
CREATE TABLE careless (id integer PRIMARY KEY, word text) ENGINE=Aria;
INSERT INTO customers (name, born, balance, feels, photo, notes) VALUES
    ('Ann O''Neil', '1990-05-17', 12345678901234567890.1234, 'calm', x'0102ff', '{"x": 1}'),
    ('王小明', NULL, 10.5, NULL, NULL, NULL), ('x', '2001-01-01', 0, 'angry', NULL, NULL);
INSERT INTO orders (customer_id, status, placed, total) VALUES
    (1, 'open', '2026-11-20 08:00:00', 19.99), (1, 'paid', '2026-11-21 09:30:00', 5), (2, 'open', '2026-11-22 10:00:00', 7.25);
INSERT INTO `Odd `` name` VALUES (7, 'seven', '01:30:00');
INSERT INTO careless VALUES (1, 'one');
CREATE SEQUENCE numbers;
CREATE FUNCTION sneak() RETURNS integer MODIFIES SQL DATA
BEGIN
    INSERT INTO orders (customer_id, status, placed, total) VALUES (1, 'sneaked', now(), 0);
    RETURN 1;
END;
CREATE PROCEDURE sneak_in() DELETE FROM orders;
