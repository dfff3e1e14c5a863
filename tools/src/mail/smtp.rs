//! A mail server, spoken to by SMTP (RFC 5321).
//!
//! SMTP knows no keys: whether a message was sent cannot be asked afterwards. Until the message's last line is written
//! the server must not send it (RFC 5321, 4.1.1.4), so what goes wrong before that had no effect and may be tried
//! again; from then on, only the server's answer tells, and without it the call is in doubt.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use handyman_core::{CallContext, ToolError, ToolErrorKind, ToolResult, tool};
use mail_send::smtp::AssertReply as _;
use mail_send::smtp::message::Parameters;
use mail_send::{Credentials, Error, SmtpClient};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use serde_json::Value;
use smtp_proto::{AUTH_LOGIN, AUTH_PLAIN, EXT_START_TLS};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::Url;

use super::compose::{Composed, Letter, Sender};
use crate::web::reach::is_public;
use crate::web::tls::tls;

/// The name we go by; a literal, for this machine's own name is nobody's business.
const OWN_NAME: &str = "[127.0.0.1]";
const SAID_CHARS_MAX: usize = 200;
const SUBMISSION_PORT: u16 = 587;
const SUBMISSIONS_PORT: u16 = 465;

/// How long a mail server may take.
#[derive(Debug, Clone, Copy)]
pub struct SmtpLimits {
    /// Until it is ready to take the message.
    pub ready: Duration,
    /// For the message and the answer to it.
    pub answer: Duration,
}

impl Default for SmtpLimits {
    /// Together less than what a tool call may take.
    fn default() -> Self {
        Self { ready: Duration::from_secs(25), answer: Duration::from_secs(25) }
    }
}

/// A mail server, and who mail is from.
#[derive(Clone)]
pub struct Smtp {
    host: String,
    port: u16,
    /// Whether TLS comes first, and not by `STARTTLS`.
    implicit: bool,
    login: Option<(String, String)>,
    tls: Arc<ClientConfig>,
    sender: Sender,
    limits: SmtpLimits,
}

/// What bytes go over, encrypted or not.
trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

type Client = SmtpClient<Box<dyn Wire>>;

impl Smtp {
    /// The server at `smtps://user@host`, or at `smtp://user@host`, where encryption (`STARTTLS`) is used if it is
    /// offered, and demanded of a host that is not in a private network.
    ///
    /// # Errors
    /// Another scheme, no host, a password in the address, or a user without a password.
    pub fn at(url: &Url, password: Option<String>, sender: Sender) -> ToolResult<Self> {
        let wrong = |problem: &str| ToolError::argument("smtp", problem);
        let (implicit, usual) = match url.scheme() {
            "smtps" => (true, SUBMISSIONS_PORT),
            "smtp" => (false, SUBMISSION_PORT),
            _ => return Err(wrong("an address of a mail server begins with smtp:// or smtps://")),
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| wrong("it names no host"))?;
        if url.password().is_some() {
            return Err(wrong("the address has a password in it, where others could see it"));
        }
        let user = percent_encoding::percent_decode_str(url.username()).decode_utf8_lossy().into_owned();
        let login = match (user.is_empty(), password) {
            (true, _) => None,
            (false, Some(password)) => Some((user, password)),
            (false, None) => return Err(wrong("there is a user and no password")),
        };
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port().unwrap_or(usual),
            implicit,
            login,
            tls: Arc::new(tls()?),
            sender,
            limits: SmtpLimits::default(),
        })
    }

    /// Waits so long.
    #[must_use]
    pub fn within(mut self, limits: SmtpLimits) -> Self {
        self.limits = limits;
        self
    }

    async fn send(&self, letter: &Letter, context: &CallContext) -> ToolResult<Value> {
        let composed = letter.composed(&self.sender, context)?;
        let plan = composed.shown(&self.by());
        if context.allowed.as_ref().is_some_and(|allowed| *allowed != plan) {
            return Err(ToolError::changed(plan));
        }
        let mut client = match timeout(self.limits.ready, self.ready(&composed)).await {
            Ok(client) => client?,
            Err(_) => return Err(self.unavailable("it takes too long")),
        };
        let answer = timeout(self.limits.answer, async {
            client.write_message(&composed.bytes).await?;
            client.read().await
        });
        let answer = match answer.await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(self.in_doubt(&words(&error))),
            Err(_) => return Err(self.in_doubt("it takes too long")),
        };
        match answer.code() {
            200..300 => {
                // The message is the server's now, whatever becomes of the farewell.
                let _ = timeout(Duration::from_secs(1), client.quit()).await;
                Ok(composed.result("sent"))
            }
            400..500 => Err(self.unavailable(&said(&answer))),
            500..600 => Err(self.refused(&said(&answer))),
            _ => Err(self.in_doubt(&said(&answer))),
        }
    }

    /// A connection on which the server waits for the message.
    async fn ready(&self, composed: &Composed) -> ToolResult<Client> {
        let mut client = self.connected().await?;
        let parameters = Parameters::new();
        self.before(client.mail_from(&composed.from, &parameters)).await?;
        for (at, address) in &composed.to {
            match client.rcpt_to(address, &parameters).await {
                Err(Error::UnexpectedReply(reply)) if (500..600).contains(&reply.code()) => {
                    let problem = format!("{} takes no mail for {address}: {}", self.host, said(&reply));
                    return Err(ToolError::argument(at, problem));
                }
                taken => self.before(async { taken }).await?,
            }
        }
        self.before(async { client.cmd(b"DATA\r\n").await?.assert_code(354) }).await?;
        Ok(client)
    }

    /// A connection that is encrypted where it has to be, on which we are who we say.
    async fn connected(&self) -> ToolResult<Client> {
        let stream = TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(|error| self.unavailable(&error.to_string()))?;
        let peer = stream.peer_addr().map_err(|error| self.unavailable(&error.to_string()))?;
        let mut client = if self.implicit {
            let mut client = self.encrypted(stream).await?;
            self.greeted(&mut client).await?;
            client
        } else {
            self.started(stream, peer).await?
        };
        let mut capabilities = self.before(client.ehlo(OWN_NAME)).await?;
        if let Some((user, password)) = &self.login {
            // Those that we know; one that is begun and cannot be gone on with would be in the way of the next.
            capabilities.auth_mechanisms &= AUTH_LOGIN | AUTH_PLAIN;
            let login = Credentials::new(user.as_str(), password.as_str());
            self.before(async { client.authenticate(&login, &capabilities).await.map(|_| ()) }).await?;
        }
        Ok(client)
    }

    /// A connection that began in the clear.
    async fn started(&self, stream: TcpStream, peer: SocketAddr) -> ToolResult<Client> {
        let mut plain = SmtpClient { stream, timeout: self.limits.ready };
        self.greeted(&mut plain).await?;
        let capabilities = self.before(plain.ehlo(OWN_NAME)).await?;
        if capabilities.has_capability(EXT_START_TLS) {
            self.before(async { plain.cmd(b"STARTTLS\r\n").await?.assert_positive_completion() }).await?;
            // What came after that answer, unencrypted, is gone with the reader's buffer.
            return self.encrypted(plain.stream).await;
        }
        if is_public(peer.ip()) {
            return Err(self.refused(
                "it offers no encryption (STARTTLS), and mail would cross the Internet in the clear",
            ));
        }
        Ok(SmtpClient { stream: Box::new(plain.stream), timeout: self.limits.ready })
    }

    async fn greeted<T: AsyncRead + AsyncWrite + Unpin>(&self, client: &mut SmtpClient<T>) -> ToolResult<()> {
        self.before(async { client.read().await?.assert_positive_completion() }).await
    }

    async fn encrypted(&self, stream: TcpStream) -> ToolResult<Client> {
        let name =
            ServerName::try_from(self.host.clone()).map_err(|_| self.refused("its name is no host"))?;
        let connector = TlsConnector::from(Arc::clone(&self.tls));
        match connector.connect(name, stream).await {
            Ok(stream) => Ok(SmtpClient { stream: Box::new(stream), timeout: self.limits.ready }),
            // What rustls refuses, such as a certificate, it refuses again; the network may be back later.
            Err(error) if matches!(error.get_ref(), Some(inner) if inner.is::<rustls::Error>()) => {
                Err(self.refused(&format!("no encrypted connection: {error}")))
            }
            Err(error) => Err(self.unavailable(&error.to_string())),
        }
    }

    /// A step before the message; what fails here had no effect.
    async fn before<T>(&self, step: impl Future<Output = mail_send::Result<T>>) -> ToolResult<T> {
        step.await.map_err(|error| match error {
            Error::UnexpectedReply(reply) if (500..600).contains(&reply.code()) => {
                self.refused(&said(&reply))
            }
            Error::UnexpectedReply(reply) => self.unavailable(&said(&reply)),
            Error::AuthenticationFailed(reply) if reply.code() < 500 => self.unavailable(&said(&reply)),
            Error::AuthenticationFailed(reply) => {
                self.refused(&format!("it does not accept user and password: {}", said(&reply)))
            }
            Error::UnsupportedAuthMechanism => self.refused("it offers no way to show a password"),
            other => self.unavailable(&words(&other)),
        })
    }

    fn problem(&self, kind: ToolErrorKind, what: &str, said: &str) -> ToolError {
        ToolError::new(kind, format!("{what} by {}: {said}", self.by()))
    }

    fn unavailable(&self, said: &str) -> ToolError {
        self.problem(ToolErrorKind::Unavailable, "the mail was not sent", said)
    }

    fn refused(&self, said: &str) -> ToolError {
        self.problem(ToolErrorKind::Refused, "the mail was not sent", said)
    }

    fn in_doubt(&self, said: &str) -> ToolError {
        self.problem(ToolErrorKind::InDoubt, "it is not known whether the mail was sent", said)
    }

    fn by(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Smtp({})", self.by())
    }
}

/// What went wrong with a connection.
fn words(error: &Error) -> String {
    match error {
        Error::UnparseableReply => "it ended the connection or said what is no SMTP".to_owned(),
        Error::Timeout => "it takes too long".to_owned(),
        other => other.to_string(),
    }
}

/// A server's words, short and on one line.
fn said(reply: &smtp_proto::Response<String>) -> String {
    let words: Vec<&str> = reply.message().split_whitespace().collect();
    let words: String = words.join(" ").chars().filter(|c| !c.is_control()).take(SAID_CHARS_MAX).collect();
    format!("{} {words}", reply.code()).trim_end().to_owned()
}

/// Send an e-mail
#[tool(once, plan = planned)]
pub async fn send_mail(
    #[state] smtp: &Smtp,
    context: &CallContext,
    /// E-mail addresses
    #[arg(verbatim)]
    to: Vec<String>,
    #[arg(verbatim)] cc: Option<Vec<String>>,
    subject: String,
    text: String,
) -> ToolResult<Value> {
    smtp.send(&Letter { to, cc: cc.unwrap_or_default(), subject, text }, context).await
}

/// What would be sent.
#[expect(clippy::too_many_arguments, reason = "they are those of the tool")]
#[expect(clippy::unused_async, reason = "the tool awaits it")]
async fn planned(
    smtp: &Smtp,
    context: &CallContext,
    to: Vec<String>,
    cc: Option<Vec<String>>,
    subject: String,
    text: String,
) -> ToolResult<Value> {
    let letter = Letter { to, cc: cc.unwrap_or_default(), subject, text };
    Ok(letter.composed(&smtp.sender, context)?.shown(&smtp.by()))
}

#[cfg(test)]
mod tests;
