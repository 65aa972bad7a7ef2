//! The bench's own HTTP client: one kept connection, plain HTTP/1.1, as little work as possible, so
//! that the generator leaves the machine to the server.

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection that is kept.
pub(super) struct Connection {
    stream: TcpStream,
    /// What was read and not yet used.
    buffer: Vec<u8>,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// A stream of server-sent events.
pub(super) struct Events {
    connection: Connection,
    text: String,
}

impl Connection {
    pub(super) async fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)
            .await
            .with_context(|| format!("no connection to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(16 * 1024),
        })
    }

    /// Asks for a path as somebody.
    pub(super) async fn get(&mut self, path: &str, token: &str) -> Result<Answer> {
        let head =
            format!("GET {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\n\r\n");
        self.exchange(head.as_bytes()).await
    }

    /// Sends a request, whole, and reads its answer.
    pub(super) async fn exchange(&mut self, request: &[u8]) -> Result<Answer> {
        self.stream.write_all(request).await?;
        let head = self.read_head().await?;
        let mut body = Vec::new();
        if head.chunked {
            while self.read_chunk(&mut body).await? {}
        } else {
            self.read_bytes(head.length, &mut body).await?;
        }
        Ok(Answer {
            status: head.status,
            body,
        })
    }

    /// Opens the live stream as somebody.
    pub(super) async fn listen(mut self, token: &str) -> Result<Events> {
        let head = format!(
            "GET /api/v1/live HTTP/1.1\r\nhost: bench\r\naccept: text/event-stream\r\nauthorization: Bearer {token}\r\n\r\n"
        );
        self.stream.write_all(head.as_bytes()).await?;
        let head = self.read_head().await?;
        if head.status != 200 || !head.chunked {
            bail!("the live stream answered {}", head.status);
        }
        Ok(Events {
            connection: self,
            text: String::new(),
        })
    }

    async fn read_head(&mut self) -> Result<Head> {
        let end = loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end;
            }
            self.fill().await?;
        };
        let text = std::str::from_utf8(&self.buffer[..end]).context("a head that is no text")?;
        let mut lines = text.split("\r\n");
        let status = lines
            .next()
            .and_then(|line| line.split(' ').nth(1))
            .and_then(|status| status.parse().ok())
            .context("a head without a status")?;
        let mut head = Head {
            status,
            length: 0,
            chunked: false,
        };
        for line in lines {
            let Some((name, value)) = line.split_once(':') else {
                continue;
            };
            if name.eq_ignore_ascii_case("content-length") {
                head.length = value.trim().parse()?;
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                head.chunked = true;
            }
        }
        self.buffer.drain(..end + 4);
        Ok(head)
    }

    async fn read_bytes(&mut self, count: usize, into: &mut Vec<u8>) -> Result<()> {
        while self.buffer.len() < count {
            self.fill().await?;
        }
        into.extend(self.buffer.drain(..count));
        Ok(())
    }

    /// Reads one chunk; false after the last.
    async fn read_chunk(&mut self, into: &mut Vec<u8>) -> Result<bool> {
        let end = loop {
            if let Some(end) = find(&self.buffer, b"\r\n") {
                break end;
            }
            self.fill().await?;
        };
        let size = std::str::from_utf8(&self.buffer[..end])?;
        let size = usize::from_str_radix(size.trim(), 16)?;
        self.buffer.drain(..end + 2);
        self.read_bytes(size, into).await?;
        self.read_bytes(2, &mut Vec::new()).await?;
        Ok(size > 0)
    }

    async fn fill(&mut self) -> Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }
}

impl Events {
    /// Reads the next event with its data; comments and other fields are passed over.
    pub(super) async fn next(&mut self) -> Result<(String, String)> {
        loop {
            while let Some(end) = self.text.find("\n\n") {
                let block: String = self.text.drain(..end + 2).collect();
                let field = |name: &str| {
                    let line = block.lines().find_map(|line| line.strip_prefix(name));
                    line.map(|line| line.trim_start().to_owned())
                };
                if let Some(data) = field("data:") {
                    return Ok((field("event:").unwrap_or_default(), data));
                }
            }
            let mut chunk = Vec::new();
            if !self.connection.read_chunk(&mut chunk).await? {
                bail!("the live stream ended");
            }
            self.text.push_str(&String::from_utf8_lossy(&chunk));
        }
    }
}

struct Head {
    status: u16,
    length: usize,
    chunked: bool,
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}
