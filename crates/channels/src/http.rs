//! The only HTTP client of kulant: time-outs, a limit on every body, redirects checked hop by hop,
//! and the guard against inner networks. Knows no network; tells a request that never left from an
//! answer that was lost, because only the first may be tried again by itself.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use kulant_model::time::Timestamp;
use reqwest::redirect::Policy;
use reqwest::retry;
use serde_json::Value;
use tokio::net::TcpStream;
use url::{Host, Url};

use crate::delivery::header;
use crate::guard::{Blocked, Guard, GuardedResolver};
use crate::outbound::{OutboundAttachment, SendError};

/// How many redirects are followed.
const REDIRECTS: usize = 5;
/// What may be asked of another host after a redirect; everything else could be a secret.
const HEADERS_FOR_STRANGERS: [&str; 3] = ["accept", "if-none-match", "if-modified-since"];

/// What the operator allows, and the limits of every request.
#[derive(Debug, Clone)]
pub struct HttpPolicy {
    /// Whether private networks and this machine may be reached.
    pub allow_private: bool,
    /// Hosts that may be reached wherever they are.
    pub allowed_hosts: Vec<String>,
    pub connect_timeout: Duration,
    /// For the whole request with its answer.
    pub timeout: Duration,
    /// For a server that speaks no HTTP and looks through what it was given before it answers.
    pub patience: Duration,
    /// The most bytes read of an answer, after decompression.
    pub body_limit: usize,
    pub user_agent: String,
}

impl Default for HttpPolicy {
    fn default() -> Self {
        Self {
            allow_private: false,
            allowed_hosts: Vec::new(),
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(30),
            patience: Duration::from_secs(300),
            body_limit: 5 << 20,
            user_agent: concat!("kulant/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

/// The client; cheap to clone, one for the whole process.
#[derive(Clone)]
pub struct Http {
    client: reqwest::Client,
    guard: Arc<Guard>,
    body_limit: usize,
    connect_timeout: Duration,
    patience: Duration,
}

/// A request to a network.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: Method,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The most bytes read of the answer, where it is not the policy's limit.
    pub body_limit: Option<usize>,
}

/// What is to be done; only `Get` follows redirects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// A network's answer, whole.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Where the answer came from, after redirects.
    pub url: String,
    /// The new address, where every redirect on the way was a permanent one.
    pub moved_to: Option<String>,
}

/// An answer that is read piece by piece.
pub struct Download {
    pub status: u16,
    response: reqwest::Response,
    left: usize,
    limit: usize,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    #[error("the address cannot be used: {0}")]
    BadAddress(String),
    #[error("{0}")]
    Blocked(String),
    #[error("no connection: {0}")]
    NotSent(String),
    #[error("the answer did not arrive whole: {0}")]
    Lost(String),
    #[error("the answer is larger than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("more than {REDIRECTS} redirects")]
    TooManyRedirects,
}

impl Http {
    /// Makes the client; fails only where no cryptography is to be had.
    pub fn new(policy: &HttpPolicy) -> Result<Self, HttpError> {
        let guard = Guard::new(policy.allow_private, policy.allowed_hosts.clone());
        Self::with_guard(guard, policy)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is the client that everybody else is told to use"
    )]
    pub(crate) fn with_guard(guard: Guard, policy: &HttpPolicy) -> Result<Self, HttpError> {
        // Whoever came first has installed the same provider.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let guard = Arc::new(guard);
        let builder = || {
            reqwest::Client::builder()
                .dns_resolver(Arc::new(GuardedResolver(Arc::clone(&guard))))
                .no_proxy()
                .redirect(Policy::none())
                .retry(retry::never())
                .referer(false)
                .connect_timeout(policy.connect_timeout)
                .timeout(policy.timeout)
                .pool_idle_timeout(Duration::from_secs(20))
                .user_agent(policy.user_agent.clone())
        };
        let client = builder().build().or_else(|error| {
            // A machine without root certificates can still reach what needs none.
            tracing::warn!(error = %chain(&error), "no root certificates; https will not work");
            builder().tls_certs_only([]).build()
        });
        Ok(Self {
            client: client.map_err(|error| HttpError::NotSent(chain(&error)))?,
            body_limit: policy.body_limit,
            connect_timeout: policy.connect_timeout,
            patience: policy.patience,
            guard,
        })
    }

    /// Makes a request and reads the whole answer.
    pub async fn send(&self, request: Request) -> Result<Answer, HttpError> {
        let limit = request.body_limit.unwrap_or(self.body_limit);
        let (response, url, moved) = self.follow(request, None).await?;
        let mut answer = read(response, limit).await?;
        answer.moved_to = moved.then(|| url.to_string());
        answer.url = url.to_string();
        Ok(answer)
    }

    /// Makes a request whose answer is read piece by piece, for files; it may take so long.
    pub async fn download(
        &self,
        request: Request,
        longest: Duration,
    ) -> Result<Download, HttpError> {
        let limit = request.body_limit.unwrap_or(self.body_limit);
        let (response, _, _) = self.follow(request, Some(longest)).await?;
        Ok(Download {
            status: response.status().as_u16(),
            response,
            left: limit,
            limit,
        })
    }

    /// Makes a request and follows redirects, each checked like the first address; returns the answer
    /// unread, where it came from, and whether that is where to ask from now on.
    async fn follow(
        &self,
        request: Request,
        longest: Option<Duration>,
    ) -> Result<(reqwest::Response, Url, bool), HttpError> {
        let mut url = self.checked(&request.url)?;
        let mut headers = request.headers;
        let mut permanent = true;
        for hop in 0..=REDIRECTS {
            let mut asking = self
                .client
                .request(request.method.into(), url.clone())
                .headers(header_map(&headers)?)
                .body(request.body.clone());
            if let Some(longest) = longest {
                asking = asking.timeout(longest);
            }
            let response = asking.send().await.map_err(|error| failure(&error))?;

            let status = response.status().as_u16();
            let target = response
                .headers()
                .get("location")
                .and_then(|location| location.to_str().ok());
            let followed =
                request.method == Method::Get && matches!(status, 301 | 302 | 303 | 307 | 308);
            let (true, Some(target)) = (followed, target) else {
                return Ok((response, url, hop > 0 && permanent));
            };

            let next = url
                .join(target)
                .map_err(|error| HttpError::BadAddress(error.to_string()))?;
            let next = self.checked(next.as_str())?;
            if next.origin() != url.origin() {
                headers.retain(|(name, _)| {
                    HEADERS_FOR_STRANGERS.contains(&name.to_ascii_lowercase().as_str())
                });
            }
            permanent &= matches!(status, 301 | 308);
            url = next;
        }
        Err(HttpError::TooManyRedirects)
    }

    /// Makes a request that wishes for another protocol on the same connection; gives the connection
    /// where the other side agrees, else its answer.
    pub(crate) async fn upgrade(
        &self,
        request: Request,
    ) -> Result<(Answer, Option<reqwest::Upgraded>), HttpError> {
        let url = self.checked(&request.url)?;
        let response = self
            .client
            .request(request.method.into(), url)
            .headers(header_map(&request.headers)?)
            .send()
            .await
            .map_err(|error| failure(&error))?;
        if response.status().as_u16() != 101 {
            return Ok((read(response, self.body_limit).await?, None));
        }
        let answer = Answer {
            status: 101,
            headers: header_list(&response),
            body: Vec::new(),
            url: String::new(),
            moved_to: None,
        };
        let upgraded = response.upgrade().await;
        Ok((answer, Some(upgraded.map_err(|error| failure(&error))?)))
    }

    /// Returns how many bytes of an answer are read at most.
    pub(crate) const fn body_limit(&self) -> usize {
        self.body_limit
    }

    /// Returns how long a server that speaks no HTTP may look through what it was given.
    pub const fn patience(&self) -> Duration {
        self.patience
    }

    /// Opens a connection for what does not speak HTTP, through the same guard.
    pub async fn dial(&self, host: &str, port: u16) -> Result<TcpStream, HttpError> {
        let opening = async {
            let addresses = self.guard.resolve(host).await.map_err(|error| {
                match error.downcast_ref::<Blocked>() {
                    Some(blocked) => HttpError::Blocked(blocked.to_string()),
                    None => HttpError::NotSent(error.to_string()),
                }
            })?;
            let mut failure = HttpError::NotSent(format!("{host} has no address"));
            for mut address in addresses {
                address.set_port(port);
                match TcpStream::connect(address).await {
                    Ok(stream) => return Ok(stream),
                    Err(error) => failure = HttpError::NotSent(error.to_string()),
                }
            }
            Err(failure)
        };
        tokio::time::timeout(self.connect_timeout, opening)
            .await
            .unwrap_or_else(|_| Err(HttpError::NotSent("timed out".to_owned())))
    }

    /// Returns why a request to this address would be refused, as far as the address itself tells.
    pub fn check(&self, url: &str) -> Result<(), HttpError> {
        self.checked(url).map(|_| ())
    }

    /// As `check`, with the name of the host looked up; one without an address is refused by nobody.
    pub async fn check_resolved(&self, url: &str) -> Result<(), HttpError> {
        let url = self.checked(url)?;
        let Some(Host::Domain(name)) = url.host() else {
            return Ok(());
        };
        let checked = self.guard.check_name(name).await;
        checked.map_err(|blocked| HttpError::Blocked(blocked.to_string()))
    }

    fn checked(&self, url: &str) -> Result<Url, HttpError> {
        let url = Url::parse(url).map_err(|error| HttpError::BadAddress(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(HttpError::BadAddress(format!(
                "{} is not http",
                url.scheme()
            )));
        }
        let host = url
            .host()
            .ok_or_else(|| HttpError::BadAddress("no host".to_owned()))?;
        self.guard
            .check_host(&host)
            .map_err(|blocked| HttpError::Blocked(blocked.to_string()))?;
        Ok(url)
    }
}

impl Request {
    /// Makes a request for reading.
    pub fn get(url: impl Into<String>) -> Self {
        Self {
            method: Method::Get,
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            body_limit: None,
        }
    }

    /// Makes a request that carries JSON.
    pub fn post_json(url: impl Into<String>, body: Vec<u8>) -> Self {
        Self {
            method: Method::Post,
            url: url.into(),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body,
            body_limit: None,
        }
    }

    /// Makes a request that carries a form.
    pub fn post_form(url: impl Into<String>, fields: &[(&str, &str)]) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let form = ("content-type", "application/x-www-form-urlencoded");
        Self {
            method: Method::Post,
            body: body.into_bytes(),
            ..Self::get(url)
        }
        .header(form.0, form.1)
    }

    /// Makes a request that carries fields and one file; `mark` is a text that stands in neither.
    pub fn post_file(
        url: impl Into<String>,
        fields: &[(&str, &str)],
        file: (&str, &OutboundAttachment),
        mark: &str,
    ) -> Self {
        Self::post_files(url, fields, &[file], mark)
    }

    /// Makes a request that carries fields and files, each under its field's name.
    pub fn post_files(
        url: impl Into<String>,
        fields: &[(&str, &str)],
        files: &[(&str, &OutboundAttachment)],
        mark: &str,
    ) -> Self {
        let mut body = Vec::new();
        for (name, value) in fields {
            let head =
                format!("--{mark}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(value.as_bytes());
            body.extend_from_slice(b"\r\n");
        }
        for (field, file) in files {
            let head = format!(
                "--{mark}\r\ncontent-disposition: form-data; name=\"{field}\"; filename=\"{}\"\r\ncontent-type: {}\r\n\r\n",
                quotable(&file.name),
                quotable(&file.media_type)
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(&file.bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{mark}--\r\n").as_bytes());
        Self {
            method: Method::Post,
            body,
            ..Self::get(url)
        }
        .header(
            "content-type",
            format!("multipart/form-data; boundary={mark}"),
        )
    }

    /// Adds the token by which the network knows the account.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Sets how much of the answer is read at most, for files.
    #[must_use]
    pub const fn limit(mut self, bytes: usize) -> Self {
        self.body_limit = Some(bytes);
        self
    }
}

impl Answer {
    /// Returns the first header of this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// Reads the body as JSON.
    pub fn json(&self) -> Result<Value, SendError> {
        serde_json::from_slice(&self.body)
            .map_err(|error| SendError::Unreadable(format!("status {}: {error}", self.status)))
    }

    /// Returns how long the network asks to wait, at most a day.
    pub fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        let text = self.header("retry-after")?.trim();
        let seconds = if let Ok(seconds) = text.parse::<u64>() {
            seconds
        } else {
            let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
            u64::try_from(at.as_second() - now.as_seconds()).unwrap_or(0)
        };
        Some(Duration::from_secs(seconds.min(86_400)))
    }

    /// Returns the beginning of the body for people, with white space made narrow.
    pub fn excerpt(&self) -> String {
        let text = String::from_utf8_lossy(&self.body[..self.body.len().min(2_000)]);
        let words: Vec<&str> = text.split_whitespace().collect();
        words.join(" ").chars().take(200).collect()
    }
}

impl Download {
    /// Returns the next piece, none at the end; refuses to read more than the request allowed.
    pub async fn piece(&mut self) -> Result<Option<Vec<u8>>, HttpError> {
        let piece = self.response.chunk().await;
        let Some(piece) = piece.map_err(|error| HttpError::Lost(chain(&error)))? else {
            return Ok(None);
        };
        self.left = self
            .left
            .checked_sub(piece.len())
            .ok_or(HttpError::TooLarge { limit: self.limit })?;
        Ok(Some(piece.to_vec()))
    }
}

impl From<HttpError> for SendError {
    /// Reads a missing answer as that of a request which changes something.
    fn from(error: HttpError) -> Self {
        let detail = error.to_string();
        match error {
            HttpError::BadAddress(_) | HttpError::Blocked(_) | HttpError::TooManyRedirects => {
                Self::Forbidden(detail)
            }
            HttpError::NotSent(_) => Self::RetryBackoff(detail),
            HttpError::Lost(_) | HttpError::TooLarge { .. } => Self::Uncertain(detail),
        }
    }
}

impl HttpError {
    /// Reads a missing answer as that of a request which only asked.
    pub fn when_asking(self) -> SendError {
        match self {
            Self::Lost(_) | Self::TooLarge { .. } => SendError::RetryBackoff(self.to_string()),
            other => other.into(),
        }
    }
}

impl From<Method> for reqwest::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Post => Self::POST,
            Method::Put => Self::PUT,
            Method::Patch => Self::PATCH,
            Method::Delete => Self::DELETE,
        }
    }
}

/// Takes out of a name what would end it inside a header.
fn quotable(name: &str) -> String {
    name.chars()
        .map(|sign| match sign {
            '"' | '\\' => '_',
            sign if sign.is_control() => '_',
            sign => sign,
        })
        .collect()
}

/// Reads an answer up to the limit; where it came from is for the caller to say.
async fn read(mut response: reqwest::Response, limit: usize) -> Result<Answer, HttpError> {
    let status = response.status().as_u16();
    let headers = header_list(&response);
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| HttpError::Lost(chain(&error)))?
    {
        if body.len() + chunk.len() > limit {
            return Err(HttpError::TooLarge { limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer {
        status,
        headers,
        body,
        url: String::new(),
        moved_to: None,
    })
}

fn header_list(response: &reqwest::Response) -> Vec<(String, String)> {
    response
        .headers()
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        })
        .collect()
}

fn header_map(headers: &[(String, String)]) -> Result<reqwest::header::HeaderMap, HttpError> {
    let mut map = reqwest::header::HeaderMap::new();
    for (name, value) in headers {
        let name = reqwest::header::HeaderName::from_bytes(name.as_bytes())
            .map_err(|error| HttpError::BadAddress(error.to_string()))?;
        let value = reqwest::header::HeaderValue::from_bytes(value.as_bytes())
            .map_err(|error| HttpError::BadAddress(error.to_string()))?;
        map.append(name, value);
    }
    Ok(map)
}

fn failure(error: &reqwest::Error) -> HttpError {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(blocked) = cause.downcast_ref::<Blocked>() {
            return HttpError::Blocked(blocked.to_string());
        }
        source = cause.source();
    }
    // `is_connect` covers names, connections and TLS: none of the request has left by then.
    if error.is_connect() || error.is_builder() {
        HttpError::NotSent(chain(error))
    } else {
        HttpError::Lost(chain(error))
    }
}

/// Writes an error with its causes, without the address, which may hold a secret.
fn chain(error: &reqwest::Error) -> String {
    let mut text = if error.is_timeout() {
        "timed out"
    } else {
        "failed"
    }
    .to_owned();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests;
