//! A mail server that keeps what it gets, and misbehaves where it is told to.

use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use rcgen::{CertifiedKey, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;

/// What is answered in place of the usual.
#[derive(Debug, Clone, Copy)]
pub(super) enum Answer {
    Say(&'static str),
    Hang,
    Drop,
    Flood,
}

/// What came in.
#[derive(Default)]
struct Heard {
    lines: Vec<String>,
    mails: Vec<Vec<u8>>,
}

pub(super) struct Server {
    pub(super) port: u16,
    heard: Arc<Mutex<Heard>>,
}

type Instead = dyn Fn(&str) -> Option<Answer> + Send + Sync;

/// How it behaves: its extensions, and what it answers a line with instead; the greeting answers the empty line, and the
/// end of a message is the line with a dot.
#[derive(Clone)]
struct Manners {
    extensions: Vec<String>,
    instead: Arc<Instead>,
    heard: Arc<Mutex<Heard>>,
}

/// A certificate for `localhost` that nobody vouches for, and its key.
pub(super) fn certificate() -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
    static MADE: LazyLock<CertifiedKey<KeyPair>> =
        LazyLock::new(|| rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap());
    let key = PrivateKeyDer::Pkcs8(MADE.signing_key.serialize_der().into());
    (MADE.cert.der().clone(), key)
}

impl Server {
    pub(super) async fn start(
        implicit: bool,
        extensions: &[&str],
        instead: impl Fn(&str) -> Option<Answer> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Heard::default()));
        let manners = Manners {
            extensions: extensions.iter().map(|name| (*name).to_owned()).collect(),
            instead: Arc::new(instead),
            heard: Arc::clone(&heard),
        };
        let (certificate, key) = certificate();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (manners, acceptor) = (manners.clone(), acceptor.clone());
                tokio::spawn(async move {
                    if implicit {
                        let Ok(stream) = acceptor.accept(stream).await else { return };
                        manners.talk(stream, true).await;
                    } else if let Some(stream) = manners.talk(stream, true).await {
                        let Ok(stream) = acceptor.accept(stream).await else { return };
                        // What is encrypted is offered no encryption again.
                        let mut manners = manners;
                        manners.extensions.retain(|name| name != "STARTTLS");
                        manners.talk(stream, false).await;
                    }
                });
            }
        });
        Self { port, heard }
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.heard.lock().unwrap().lines.clone()
    }

    pub(super) fn mails(&self) -> Vec<Vec<u8>> {
        self.heard.lock().unwrap().mails.clone()
    }
}

impl Manners {
    /// Serves a connection; gives it back where TLS begins.
    async fn talk<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S, greets: bool) -> Option<S> {
        let mut stream = BufReader::new(stream);
        if greets && !self.answer(&mut stream, "", "220 ready").await {
            return None;
        }
        let mut line = String::new();
        loop {
            line.clear();
            if stream.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            let command = line.trim_end_matches("\r\n").to_owned();
            self.heard.lock().unwrap().lines.push(command.clone());
            let mut hello: Vec<String> = self.extensions.clone();
            hello.push("PIPELINING".to_owned());
            let usual = match command.split(' ').next().unwrap_or_default() {
                "EHLO" => format!("250-test\r\n250-{}", hello.join("\r\n250-"))
                    .replace("250-PIPELINING", "250 PIPELINING"),
                "AUTH" if command == "AUTH LOGIN" => "334 VXNlcm5hbWU6".to_owned(),
                "AUTH" => "235 yes".to_owned(),
                "MAIL" | "RCPT" => "250 fine".to_owned(),
                "DATA" => "354 go on".to_owned(),
                "STARTTLS" => "220 go on".to_owned(),
                "QUIT" => "221 bye".to_owned(),
                // The name and the password of AUTH LOGIN.
                "YW5uQGV4YW1wbGUub3Jn" => "334 UGFzc3dvcmQ6".to_owned(),
                "cGFzcyB3b3Jk" => "235 yes".to_owned(),
                _ => "500 what".to_owned(),
            };
            if !self.answer(&mut stream, &command, &usual).await {
                return None;
            }
            if command == "STARTTLS" {
                return Some(stream.into_inner());
            }
            if command == "DATA" && !self.take(&mut stream).await {
                return None;
            }
        }
    }

    /// Takes a message, and undoes what the protocol does to dots.
    async fn take<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: &mut BufReader<S>) -> bool {
        let mut mail = Vec::new();
        loop {
            let mut line = Vec::new();
            match stream.read_until(b'\n', &mut line).await {
                Ok(0) | Err(_) => return false,
                Ok(_) if line == b".\r\n" => break,
                Ok(_) => mail.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line)),
            }
        }
        self.heard.lock().unwrap().mails.push(mail);
        self.answer(stream, ".", "250 kept").await
    }

    /// Answers a line; false where the connection ends.
    async fn answer<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: &mut BufReader<S>,
        line: &str,
        usual: &str,
    ) -> bool {
        let said = match (self.instead)(line) {
            None => usual,
            Some(Answer::Say(text)) => text,
            Some(Answer::Drop) => return false,
            Some(Answer::Hang) => {
                sleep(Duration::from_secs(30)).await;
                return false;
            }
            Some(Answer::Flood) => {
                while stream.write_all(&b"250-more of it\r\n".repeat(100)).await.is_ok() {}
                return false;
            }
        };
        stream.write_all(format!("{said}\r\n").as_bytes()).await.is_ok() && stream.flush().await.is_ok()
    }
}
