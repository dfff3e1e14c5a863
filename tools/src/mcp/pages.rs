//! Lists of a server's, page by page. A server says itself whether there is another page: it is not asked for ever.

use rmcp::model::PaginatedRequestParams;
use rmcp::service::ServiceError;
use serde::Serialize;

const PAGES_MAX: usize = 64;
const ITEMS_MAX: usize = 2_000;
const BYTES_MAX: usize = 8_000_000;

/// A list, as far as it was asked for.
#[derive(Debug)]
pub(super) struct Listed<T> {
    pub(super) items: Vec<T>,
    /// Why there may be more than that; nothing where it is all.
    pub(super) cut: Option<&'static str>,
}

/// The pages of a list together, up to so many, so many items and so many bytes, and up to a page that was there before.
///
/// # Errors
/// A page that is not answered.
pub(super) async fn all<T: Serialize, F>(
    mut page: impl FnMut(Option<PaginatedRequestParams>) -> F,
) -> Result<Listed<T>, ServiceError>
where
    F: Future<Output = Result<(Vec<T>, Option<String>), ServiceError>>,
{
    let mut items = Vec::new();
    let mut cursors: Vec<String> = Vec::new();
    let mut bytes = 0;
    let cut = loop {
        let params = PaginatedRequestParams::default().with_cursor(cursors.last().cloned());
        let (more, next) = page(Some(params)).await?;
        bytes += serde_json::to_vec(&more).map_or(0, |written| written.len());
        items.extend(more);
        if items.len() > ITEMS_MAX {
            break Some("its list holds more than 2,000 items");
        }
        if bytes > BYTES_MAX {
            break Some("its list is larger than 8 MB");
        }
        let Some(next) = next else { break None };
        if cursors.contains(&next) {
            break Some("its list has no end: a page comes again");
        }
        if cursors.len() + 1 == PAGES_MAX {
            break Some("its list has more than 64 pages");
        }
        cursors.push(next);
    };
    Ok(Listed { items, cut })
}

#[cfg(test)]
mod tests;
