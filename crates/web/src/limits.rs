//! What keeps one client from tiring the server: the longest body, the longest request, how often
//! one address may knock. Counters are in memory: they are about this process.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use kulant_care::Care;
use kulant_model::ids::AgentId;
use kulant_model::time::Timestamp;

use crate::App;
use crate::problem::Problem;

/// The longest body, where a route says nothing else.
pub const LONGEST_BODY: usize = 1024 * 1024;
/// What forms need around their files.
const FORM_FRAME: usize = 64 * 1024;
/// Files may take longer than words.
const SLOW_FACTOR: u32 = 4;
/// So many addresses are remembered before the rested ones are forgotten.
const REMEMBERED: usize = 10_000;

/// So many bytes of files are taken from one address in an hour: some forms with all they may carry.
const UPLOADED_AN_HOUR: u32 = 200 << 20;
const HOUR: Duration = Duration::from_hours(1);

/// So many live lines one person may hold, with every desk and program together.
const MOST_LINES: usize = 300;
/// When to ask again whether a line is free.
const LINE_FREE_SECONDS: u64 = 30;

/// The limits by address, and by person.
pub struct Limits {
    /// Guessing at passwords, invitations and private links.
    pub guesses: Rate,
    /// What strangers send through public forms.
    pub forms: Rate,
    /// Bytes of files that strangers send.
    pub uploads: Rate,
    /// Live lines that stand open.
    pub lines: Arc<Lines>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // A whole office behind one address signs in at eight.
            guesses: Rate::new(60, Duration::from_secs(1)),
            forms: Rate::new(10, Duration::from_secs(6)),
            uploads: Rate::new(UPLOADED_AN_HOUR, HOUR / UPLOADED_AN_HOUR),
            lines: Arc::default(),
        }
    }
}

/// How often one address may do something: some at once, then one every while.
pub struct Rate {
    at_once: u32,
    every: Duration,
    /// Until when each address has used up its share, had it come at the steady pace.
    used_until: Mutex<HashMap<IpAddr, Timestamp>>,
}

impl Rate {
    pub fn new(at_once: u32, every: Duration) -> Self {
        Self {
            at_once,
            every,
            used_until: Mutex::default(),
        }
    }

    /// Counts one try, or says how long to wait.
    pub fn take(&self, address: IpAddr, now: Timestamp) -> Result<(), Problem> {
        self.take_some(address, now, 1)
    }

    /// Counts some at once, or says how long to wait.
    pub fn take_some(&self, address: IpAddr, now: Timestamp, count: usize) -> Result<(), Problem> {
        let share = self.every * u32::try_from(count).unwrap_or(u32::MAX);
        let mut used_until = self
            .used_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if used_until.len() > REMEMBERED {
            used_until.retain(|_, until| *until > now);
        }
        let until = used_until.entry(network_of(address)).or_insert(now);
        let next = (*until).max(now).after(share);
        let allowed = now.after(self.every * self.at_once);
        if next > allowed {
            // Whoever waits as long as told is not told again.
            let wait = next.since(allowed);
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            return Err(Problem::rate_limited(seconds));
        }
        *until = next;
        Ok(())
    }
}

/// The live lines that stand open, by person.
#[derive(Default)]
pub struct Lines(Mutex<HashMap<AgentId, usize>>);

/// One of them; dropped, it is free again.
pub struct Line {
    lines: Arc<Lines>,
    agent: AgentId,
}

impl Lines {
    /// Takes a line, or says that the person holds enough.
    pub fn take(self: &Arc<Self>, agent: AgentId) -> Result<Line, Problem> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(agent).or_default();
        if *count >= MOST_LINES {
            return Err(Problem::rate_limited(LINE_FREE_SECONDS)
                .detail(format!("{MOST_LINES} live lines at once: close one")));
        }
        *count += 1;
        Ok(Line {
            lines: Arc::clone(self),
            agent,
        })
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let mut open = self.lines.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.agent) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.agent);
            }
        }
    }
}

/// The address a request comes from.
#[derive(Debug, Clone, Copy)]
pub struct Address(pub IpAddr);

impl FromRequestParts<App> for Address {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |peer| peer.0.ip());
        let told = app
            .settings
            .behind_proxy
            .then(|| forwarded_for(&parts.headers))
            .flatten();
        Ok(Self(told.unwrap_or(peer)))
    }
}

/// Ends a request that takes too long; what it began stands or falls by its transaction.
pub async fn in_time(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut longest = app.settings.longest_request;
    if is_form(request.headers()) {
        longest *= SLOW_FACTOR;
    }
    match tokio::time::timeout(longest, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::unavailable("the request took too long").into_response(),
    }
}

/// Returns how long a body may be: words, or a form with files.
pub fn longest_body(care: &Care, headers: &HeaderMap) -> usize {
    if is_form(headers) {
        usize::try_from(care.settings.largest_file_bytes)
            .unwrap_or(usize::MAX)
            .saturating_add(FORM_FRAME)
    } else {
        LONGEST_BODY
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|kind| kind.starts_with("multipart/form-data"))
}

/// The address that the server before us saw: the last one, which no client can make up.
fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let value = headers.get_all("x-forwarded-for").iter().next_back()?;
    let last = value.to_str().ok()?.rsplit(',').next()?.trim();
    // Some servers tell the port too.
    let with_port = || last.parse().ok().map(|address: SocketAddr| address.ip());
    last.parse().ok().or_else(with_port)
}

/// One subscriber of IPv6 holds a whole /64.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let network = u128::from(address) & (u128::MAX << 64);
            IpAddr::V6(network.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_knock_some_times_at_once_then_at_a_pace() {
        let rate = Rate::new(3, Duration::from_secs(10));
        let start = Timestamp::from_seconds(1_000);
        let at = |seconds| start.after(Duration::from_secs(seconds));
        let one: IpAddr = "192.0.2.1".parse().expect("an address");
        for _ in 0..3 {
            assert!(rate.take(one, start).is_ok());
        }
        assert!(rate.take(one, start).is_err());
        assert!(rate.take(one, at(9)).is_err());
        assert!(rate.take(one, at(10)).is_ok());
        assert!(rate.take(one, at(10)).is_err());
        assert!(rate.take(one, at(1_000)).is_ok());
        // Half a second too early is too early: whole seconds are told, and never too few.
        assert!(rate.take(one, at(1_001)).is_ok());
        assert!(rate.take(one, at(1_001)).is_ok());
        let soon = at(1_002).after(Duration::from_millis(500));
        let answer = rate.take(one, soon).expect_err("too often").into_response();
        assert_eq!(answer.headers()["retry-after"], "8");
        assert!(rate.take(one, soon.after(Duration::from_secs(8))).is_ok());
        let other: IpAddr = "192.0.2.2".parse().expect("an address");
        assert!(rate.take(other, start).is_ok());
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one() {
        let network = |text: &str| network_of(text.parse().expect("an address"));
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:1"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
    }

    #[test]
    fn only_the_last_forwarded_address_is_believed() {
        let mut headers = HeaderMap::new();
        headers.insert(
            "x-forwarded-for",
            "6.6.6.6, 192.0.2.7".parse().expect("a header"),
        );
        assert_eq!(forwarded_for(&headers), "192.0.2.7".parse().ok());
        for (told, address) in [
            ("6.6.6.6, 192.0.2.7:4711", "192.0.2.7"),
            ("[2001:db8::7]:4711", "2001:db8::7"),
        ] {
            headers.insert("x-forwarded-for", told.parse().expect("a header"));
            assert_eq!(forwarded_for(&headers), address.parse().ok(), "{told}");
        }
        headers.insert("x-forwarded-for", "nonsense".parse().expect("a header"));
        assert_eq!(forwarded_for(&headers), None);
    }
}
