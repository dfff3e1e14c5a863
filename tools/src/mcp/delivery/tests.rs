//! What is known of a call when its connection ends: that it went out, that it did not, or that it never will.

use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rmcp::model::{CallToolRequest, CallToolRequestParams, RequestId, RequestParamsMeta, ServerResult};
use serde_json::json;

use super::*;

/// The other end: counts what it reads, and says this before it ends.
struct End {
    reads: bool,
    read: Arc<AtomicU32>,
    says: Option<RxJsonRpcMessage<RoleClient>>,
}

impl Transport<RoleClient> for End {
    type Error = io::Error;

    fn send(
        &mut self,
        _item: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        let (reads, read) = (self.reads, Arc::clone(&self.read));
        async move {
            if !reads {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            read.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
        self.says.take()
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

fn a_call(key: &str) -> TxJsonRpcMessage<RoleClient> {
    let mut parameters = CallToolRequestParams::new("pay");
    parameters.meta_mut().get_or_insert_default().0.0.insert(KEY.to_owned(), key.into());
    let request = ClientRequest::CallToolRequest(CallToolRequest::new(parameters));
    JsonRpcMessage::request(request, RequestId::Number(1))
}

fn connection(reads: bool) -> (Watched<End>, Arc<Delivery>, Arc<AtomicU32>) {
    let (delivery, read) = (Arc::new(Delivery::default()), Arc::new(AtomicU32::new(0)));
    let end = End { reads, read: Arc::clone(&read), says: None };
    (Watched::new(end, Arc::clone(&delivery)), delivery, read)
}

#[tokio::test]
async fn what_went_out_may_have_been_done() {
    let (mut connection, delivery, read) = connection(true);
    connection.send(a_call("k1")).await.unwrap();
    connection.send(a_call("k2")).await.unwrap();
    assert!(!delivery.never_had("k3"), "it may yet go out");
    delivery.forget("k2");
    assert!(connection.receive().await.is_none());
    assert_eq!(read.load(Ordering::SeqCst), 2);
    assert!(delivery.is_over() && !delivery.never_had("k1") && delivery.never_had("k3"));
}

#[tokio::test]
async fn what_was_not_read_was_not_done() {
    let (mut connection, delivery, _) = connection(false);
    assert!(connection.send(a_call("k1")).await.is_err_and(|error| was_not_read(&error)));
    assert!(connection.receive().await.is_none());
    assert!(delivery.never_had("k1"));
}

#[tokio::test]
async fn nothing_goes_out_after_the_end() {
    let (mut connection, delivery, read) = connection(true);
    // It was begun before the end, and comes to be sent after it.
    let late: Pin<Box<dyn Future<Output = io::Result<()>> + Send>> = Box::pin(connection.send(a_call("k1")));
    assert!(connection.receive().await.is_none());
    assert!(delivery.never_had("k1"));
    assert!(tokio::time::timeout(Duration::from_millis(20), late).await.is_err());
    assert_eq!(read.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn what_is_said_is_read_as_far_as_it_can_be() {
    let odd = json!({"jsonrpc": "2.0", "id": 1, "result": {"tools": [{"name": "bare"}]}});
    let says = Some(serde_json::from_value(odd).unwrap());
    let end = End { reads: true, read: Arc::default(), says };
    let said = Watched::new(end, Arc::default()).receive().await.unwrap();
    let JsonRpcMessage::Response(response) = said else { panic!("{said:?}") };
    assert!(matches!(response.result, ServerResult::ListToolsResult(_)), "{response:?}");
}
