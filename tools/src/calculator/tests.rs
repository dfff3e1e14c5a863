//! What people calculate.

use handyman_core::{CallContext, Tool};
use serde_json::json;

use super::*;

async fn answer(expression: &str) -> Result<String, String> {
    let arguments = serde_json::Map::from_iter([("expression".to_owned(), json!(expression))]);
    let now = jiff::civil::date(2026, 11, 23).at(10, 0, 0, 0);
    let context = CallContext { run: "r".into(), call: "c".into(), key: "r.c".into(), now, allowed: None };
    match calculate.call(arguments, &context).await {
        Ok(result) => Ok(result["result"].as_str().unwrap().to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

#[tokio::test]
async fn arithmetic() {
    let cases = [
        ("1 + 2 * 3", "7"),
        ("(1+2)*3", "9"),
        ("553 * 2", "1106"),
        ("553.00 × 2", "1106"),
        ("10 ÷ 4", "2.5"),
        ("（1＋2）×3", "9"),
        ("2^10", "1024"),
        ("sqrt 144", "12"),
        ("15% of 80", "12"),
        ("10 km to mi", "6.2137"),
        ("12 * 3 =", "36"),
    ];
    for (expression, expected) in cases {
        let found = answer(expression).await.unwrap();
        assert!(found.starts_with(expected), "{expression}: {found}");
    }
}

#[tokio::test]
async fn what_cannot_be_calculated_says_why() {
    for (expression, expected) in
        [("", "empty"), ("1 / 0", "cannot calculate '1 / 0': division by zero"), ("two plus", "cannot")]
    {
        let error = answer(expression).await.unwrap_err();
        assert!(error.starts_with(expected), "{expression}: {error}");
    }
    assert!(answer(&"1+".repeat(300)).await.unwrap_err().contains("longer"));
}

#[tokio::test]
async fn endless_calculations_end() {
    assert!(answer("9^9^9^9").await.is_err());
}
