//! What is found, and what comes first.

use serde_json::json;

use super::{COMMON, rank, stem, words};
use crate::tool::{Effect, Safety, ToolSpec};

fn tools(described: &[(&str, &str)]) -> Vec<ToolSpec> {
    let spec = |(name, description): &(&str, &str)| ToolSpec {
        name: (*name).to_owned(),
        description: (*description).to_owned(),
        parameters: json!({"type": "object", "properties": {"recipient_address": {"type": "string"}}}),
        effect: Effect::ReadOnly,
        safety: Safety::default(),
    };
    described.iter().map(spec).collect()
}

fn first<'a>(query: &str, tools: &'a [ToolSpec]) -> Option<&'a str> {
    rank(query, tools).first().map(|index| tools[*index].name.as_str())
}

#[test]
fn the_tool_that_is_asked_for_comes_first() {
    let tools = tools(&[
        ("list_invoices", "List invoices"),
        ("createInvoice", "Create an invoice for a customer"),
        ("refund_payment", "Give a customer their money back"),
        ("查询天气", "查询一个城市的天气预报"),
        ("HTTPRequest", "Fetch a page"),
        ("ticket.list_all", "List all tickets"),
        ("ticket.list", "Some tickets"),
    ]);
    for (query, wanted) in [
        ("Please create invoices for all customers", "createInvoice"),
        ("show me the invoice list", "list_invoices"),
        ("refunding", "refund_payment"),
        ("money back", "refund_payment"),
        ("明天的天气", "查询天气"),
        ("fetched pages", "HTTPRequest"),
        ("use refund_payment or create an invoice", "refund_payment"),
        ("list all tickets with ticket.list.", "ticket.list"),
        ("天儿怎么样", "查询天气"),
    ] {
        assert_eq!(first(query, &tools), Some(wanted), "{query}");
    }
    assert_eq!(rank("quantum chromodynamics", &tools), Vec::<usize>::new());
    assert_eq!(rank("to the of", &tools), Vec::<usize>::new(), "common words find nothing");
    assert_eq!(rank("address of a recipient", &tools).len(), tools.len(), "parameters count too");
    assert_eq!(rank("anything", &[]), Vec::<usize>::new());
}

#[test]
fn words_are_cut_and_reduced() {
    assert_eq!(words("listOpenOrders2024 a_b"), ["list", "open", "order-", "order", "2024", "b"]);
    assert_eq!(words("北京的天气 ok"), ["北京", "京的", "的天", "天气", "北", "京", "天", "气", "ok"]);
    assert_eq!(words("allocations"), ["alloc-", "allocation"]);
    for alike in [
        ["book", "books", "booked", "booking"],
        ["copy", "copies", "copied", "copying"],
        ["cancel", "cancels", "cancelled", "cancelling"],
        ["creates", "create", "created", "creating"],
        ["stop", "stops", "stopped", "stopping"],
        ["address", "addresses", "addressed", "addressing"],
        ["call", "calls", "called", "calling"],
    ] {
        let stems: Vec<String> = alike.iter().map(|word| stem((*word).to_owned())).collect();
        assert!(stems.iter().all(|one| *one == stems[1]), "{alike:?}: {stems:?}");
    }
}

#[test]
fn the_common_words_are_in_order() {
    assert!(COMMON.is_sorted(), "they are searched by halves");
}
