//! A list ends, whatever its server says.

use std::cell::RefCell;

use rmcp::model::PaginatedRequestParams;
use rmcp::service::ServiceError;

use super::{Listed, all};

type Page = (Vec<String>, Option<String>);

/// The list of a server that answers each cursor like this, and how often it was asked.
async fn listed(answer: impl Fn(usize, Option<String>) -> Page) -> (Listed<String>, usize) {
    let asked = RefCell::new(0);
    let page = async |params: Option<PaginatedRequestParams>| {
        *asked.borrow_mut() += 1;
        let page = answer(*asked.borrow(), params.and_then(|params| params.cursor));
        Ok::<_, ServiceError>(page)
    };
    let listed = all(page).await.unwrap();
    (listed, asked.into_inner())
}

fn items(count: usize) -> Vec<String> {
    vec!["x".to_owned(); count]
}

#[tokio::test]
async fn a_list_of_a_few_pages_is_whole() {
    let (whole, asked) = listed(|page, cursor| {
        assert_eq!(cursor, (page > 1).then(|| (page - 1).to_string()));
        (items(30), (page < 64).then(|| page.to_string()))
    })
    .await;
    assert_eq!((whole.items.len(), whole.cut, asked), (1_920, None, 64));
}

#[tokio::test]
async fn a_list_without_an_end_is_cut() {
    let (cut, asked) = listed(|page, _| (items(1), Some(page.to_string()))).await;
    assert_eq!((cut.cut, asked), (Some("its list has more than 64 pages"), 64));
    let (cut, asked) = listed(|_, _| (items(1), Some("same".to_owned()))).await;
    assert_eq!((cut.cut, asked), (Some("its list has no end: a page comes again"), 2));
    let (cut, asked) = listed(|page, _| (items(0), Some((page % 3).to_string()))).await;
    assert_eq!((cut.cut, asked), (Some("its list has no end: a page comes again"), 4));
    let (cut, asked) = listed(|page, _| (items(500), Some(page.to_string()))).await;
    assert_eq!((cut.cut, asked), (Some("its list holds more than 2,000 items"), 5));
    let (cut, asked) = listed(|page, _| (vec!["x".repeat(3_000_000)], Some(page.to_string()))).await;
    assert_eq!((cut.cut, asked), (Some("its list is larger than 8 MB"), 3));
    let (cut, _) = listed(|_, _| (items(2_001), None)).await;
    assert!(cut.cut.is_some(), "one page may be too long, too");
}
