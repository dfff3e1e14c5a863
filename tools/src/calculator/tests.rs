//! What people calculate.

use handyman_core::{CallContext, Tool};
use serde_json::json;

use super::*;

async fn answer(expression: &str) -> Result<String, String> {
    let arguments = serde_json::Map::from_iter([("expression".to_owned(), json!(expression))]);
    let now = jiff::civil::date(2026, 11, 23).at(10, 0, 0, 0);
    let context = CallContext::new(now);
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
        ("12 * 3 =", "36"),
        ("12 * 3 = ?", "36"),
        ("3乘5", "15"),
        ("3 乘以 5", "15"),
        ("10除以4", "2.5"),
        ("12,500 * 2", "25000"),
        ("1,234,567.5 + 1", "1234568.5"),
        ("20% of (1,200 + 300)", "300"),
        ("2026 - 12 - 25", "1989"),
        ("floor(7 / 2)", "3"),
        ("12 x 3", "36"),
        ("2x3x4", "24"),
        ("(2+3) X 4", "20"),
        ("0x10 + 1", "0x11"),
        ("12 times 3", "36"),
        ("20 Plus 5 minus 3", "22"),
        ("100 divided by 4", "25"),
        ("6 multiplied by 7", "42"),
        ("2 to the power of 10", "1024"),
        ("3 squared plus 2 cubed", "17"),
        ("square root of 144", "12"),
        ("15 per cent of 80", "12"),
        ("80的15%", "12"),
        ("2的10次方", "1024"),
        ("5的平方减3的立方", "-2"),
        ("80 * 15%", "12"),
        ("1200 * 8%", "96"),
        ("1,200的8%", "96"),
        ("18% of 240", "43.2"),
        ("200 + 10% of 200", "220"),
        ("200 + 10% * 200", "220"),
        ("1200 - 8% * 1200", "1104"),
        ("1200减8%乘1200", "1104"),
        ("(1 - 20%) * 100", "80"),
        ("50% / 2", "0.25"),
        ("15% + 5%", "20%"),
        ("15%", "15%"),
        ("0.15 to %", "15%"),
        ("3 / 12 as percent", "25 percent"),
    ];
    for (expression, expected) in cases {
        assert_eq!(answer(expression).await.as_deref(), Ok(expected), "{expression}");
    }
    let miles = answer("10 km to mi").await.unwrap();
    assert!(miles.starts_with("6.2137") && miles.ends_with("mi"), "{miles}");
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
async fn what_would_be_misread_is_refused() {
    let cases = [
        ("f = (x: f x); f 1", "cannot be defined"),
        ("f = x: f(x - 1) * x; f(5)", "cannot be defined"),
        ("(\\x. x x) (\\x. x x)", "cannot be defined"),
        ("(λx. x x) (λx. x x)", "cannot be defined"),
        ("f = x => f x; f 1", "cannot be defined"),
        ("sin = sin + 1; sin 1", "cannot be defined"),
        ("average(1,2,3)", "(1 + 2 + 3) / 3"),
        ("average(100,200)", "(1 + 2 + 3) / 3"),
        ("mean(3,5)", "(1 + 2 + 3) / 3"),
        ("1,5 + 1", "the comma in '1,5'"),
        ("12*12,50", "the comma in '12,50'"),
        ("0,500 * 2", "the comma in '0,500'"),
        ("1.234,50", "the comma in '1.234,50'"),
        ("1234,567", "the comma in '1234,567'"),
        ("min(100,200)", "without commas in a function"),
        ("max(a, b)", "the comma in ','"),
        ("7 // 2", "floor(7 / 2)"),
        ("7 / / 2", "floor(7 / 2)"),
        ("5除10", "write 除以 or ÷"),
        ("200 + 10%", "200 + 10% of 200"),
        ("100 - 20%", "200 * 1.1"),
        ("(50 + 50) - 20%", "read in two ways"),
        ("2026-12-25 - 2026-11-23", "dates are not calculated here"),
        ("2026-1-5", "dates are not calculated here"),
    ];
    for (expression, expected) in cases {
        let error = answer(expression).await.unwrap_err();
        assert!(error.starts_with("cannot calculate '") && error.contains(expected), "{expression}: {error}");
    }
}

#[tokio::test]
async fn a_number_is_never_cut() {
    for expression in ["2^700", "1e400", "3!!!", "sqrt(2)^50000"] {
        let error = answer(expression).await.unwrap_err();
        assert!(error.contains("too many digits"), "{expression}: {error}");
    }
    assert_eq!(answer("2^600").await.unwrap().len(), 181);
}

#[tokio::test]
async fn endless_calculations_end() {
    assert!(answer("9^9^9^9").await.is_err());
    let error = answer(&"1(".repeat(100)).await.unwrap_err();
    assert!(error.contains("too many parentheses"), "{error}");
}

#[tokio::test]
async fn deep_calculations_end_within_the_stack() {
    let cases = [
        (format!("{}1", "1+".repeat(199)), "200"),
        (format!("{}1", "-".repeat(399)), "-1"),
        (format!("1{}", ")".repeat(399)), "1"),
    ];
    for (expression, expected) in cases {
        assert_eq!(answer(&expression).await.as_deref(), Ok(expected));
    }
}
