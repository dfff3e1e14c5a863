//! Connections of clients that may be slow, silent or many: none keeps others out for good.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Connections at the same time; others wait until one ends.
const CONNECTIONS_MAX: usize = 512;
/// How long a client may take to say what it asks, and be silent between two requests.
const HEADER_TIME: Duration = Duration::from_secs(10);
/// How long to wait where nobody can be let in, such as for want of files.
const PAUSE: Duration = Duration::from_secs(1);

/// Serves until `stop` is done, and then until the last connection has ended.
pub(super) async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let (room, stopped) = (Arc::new(Semaphore::new(CONNECTIONS_MAX)), CancellationToken::new());
    let mut connections = JoinSet::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(_) = connections.join_next() => {}
            accepted = accept(&listener, &room) => {
                if let Some((stream, place)) = accepted {
                    connections.spawn(attend(stream, router.clone(), stopped.clone(), place));
                }
            }
        }
    }
    drop(listener);
    stopped.cancel();
    while connections.join_next().await.is_some() {}
}

/// The next connection, once there is room for it.
async fn accept(listener: &TcpListener, room: &Arc<Semaphore>) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(room).acquire_owned().await.ok()?;
    let Ok((stream, _)) = listener.accept().await else {
        tokio::time::sleep(PAUSE).await;
        return None;
    };
    Some((stream, place))
}

/// Answers the requests of one connection. When the server stops, the one that is being answered is the last.
async fn attend(stream: TcpStream, router: Router, stopped: CancellationToken, place: OwnedSemaphorePermit) {
    let service = TowerToHyperService::new(router);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    // What goes wrong with a connection concerns its client alone.
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended.is_ok()),
        () = stopped.cancelled() => None,
    };
    if ended.is_none() {
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
    }
    drop(place);
}

#[cfg(test)]
mod tests;
