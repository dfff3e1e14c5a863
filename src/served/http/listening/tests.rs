//! Clients that say nothing, little, or for ever the same. The clock is advanced where everybody waits.

use axum::body::Bytes;
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;

use super::*;

async fn serving() -> (std::net::SocketAddr, CancellationToken, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
    let router = Router::new()
        .route("/", get(|| async { "here" }))
        .route("/echo", post(|body: Bytes| async move { body }));
    let served = tokio::spawn(serve(listener, router, stop.clone().cancelled_owned()));
    (address, stop, served)
}

/// What the server says to this, until it closes the connection.
async fn said_to(address: std::net::SocketAddr, text: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut said = String::new();
    // A connection that is broken off is closed as well.
    let _ = stream.read_to_string(&mut said).await;
    said
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_or_half_a_question_is_let_go() {
    let (address, _stop, _served) = serving().await;
    let began = tokio::time::Instant::now();
    for half in ["", "GET / HT", "GET / HTTP/1.1\r\nHost: a\r\n"] {
        let said = said_to(address, half).await;
        assert!(!said.starts_with("HTTP/1.1 200"), "{half}: {said}");
    }
    assert!(began.elapsed() < 4 * HEADER_TIME);
    // After an answer, too: the connection is kept for another question, but not for ever.
    let said = said_to(address, "GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(said.starts_with("HTTP/1.1 200") && said.ends_with("here"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn silent_clients_keep_nobody_out() {
    let (address, _stop, _served) = serving().await;
    let mut silent = Vec::new();
    for _ in 0..CONNECTIONS_MAX {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    let said = said_to(address, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert!(said.ends_with("here"), "{said}");
}

#[tokio::test]
async fn a_stop_lets_the_last_answer_be_given_and_nobody_in() {
    let (address, stop, served) = serving().await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nh").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    stop.cancel();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(TcpStream::connect(address).await.is_err(), "nobody is let in");
    stream.write_all(b"i").await.unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).await.unwrap();
    assert!(said.ends_with("hi"), "{said}");
    served.await.unwrap();
}
