//! A llama-server in a process of its own.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::Outcome;

/// Stops when dropped.
pub(crate) struct Server {
    child: Child,
    port: u16,
}

impl Server {
    /// Starts it with this model and waits until it answers; its log goes to the folder.
    pub(crate) async fn start(program: &Path, model: &Path, folder: &Path) -> Outcome<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let log = std::fs::File::create(folder.join("llama-server.log"))?;
        let child = Command::new(program)
            .args([
                "--jinja",
                "--parallel",
                "1",
                "--ctx-size",
                "2048",
                "--threads",
                "1",
                "--threads-http",
                "2",
            ])
            .args(["--host", "127.0.0.1", "--port", &port.to_string(), "--model"])
            .arg(model)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(|fault| format!("{}: {fault}", program.display()))?;
        let mut server = Self { child, port };
        for _ in 0..600 {
            if let Some(status) = server.child.try_wait()? {
                let log = std::fs::read_to_string(folder.join("llama-server.log")).unwrap_or_default();
                return Err(format!("llama-server ended at its start ({status}):\n{log}").into());
            }
            if server.is_ready().unwrap_or(false) {
                return Ok(server);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err("llama-server did not answer within a minute".into())
    }

    /// Whether the model is loaded.
    fn is_ready(&self) -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.write_all(b"GET /health HTTP/1.0\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.lines().next().is_some_and(|line| line.contains(" 200 ")))
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has no more than its own memory to lose.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
