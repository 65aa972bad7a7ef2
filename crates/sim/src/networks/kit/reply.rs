//! What a network does with a call: answers, keeps the caller waiting, opens a stream, or asks the
//! caller's own hook something first.

use std::time::Duration;

use serde_json::Value;

/// What becomes of a call.
pub(crate) enum Reply {
    Answer(Answer),
    /// Nothing yet: the network looks again whenever something happened, for this long at most.
    Wait(Duration),
    /// A websocket; the network knows it by this mark.
    Socket(String),
    /// An endless body; the network knows it by this mark.
    Stream {
        mark: String,
        media_type: &'static str,
        heartbeat: &'static str,
    },
    /// Something is asked of somebody else first, and the network answers when it has heard.
    Ask {
        mark: String,
        ask: Ask,
    },
}

/// An answer, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// A request that the network makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ask {
    pub(crate) method: &'static str,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The header that holds the signature, where there is one.
    pub(crate) signed_by: Option<&'static str>,
}

/// What became of a request that the network made; no status where nobody answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) status: Option<u16>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::bytes(status, "application/json; charset=utf-8", body.to_string())
    }

    pub(crate) fn text(status: u16, body: &str) -> Self {
        Self::bytes(status, "text/plain; charset=utf-8", body)
    }

    pub(crate) fn html(status: u16, body: &str) -> Self {
        Self::bytes(status, "text/html; charset=utf-8", body)
    }

    pub(crate) fn bytes(status: u16, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), media_type.to_owned())],
            body: body.into(),
        }
    }

    /// Adds a header.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "numbers and texts are written alike"
    )]
    pub(crate) fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    /// Adds headers.
    pub(crate) fn with_all(mut self, headers: Vec<(String, String)>) -> Self {
        self.headers.extend(headers);
        self
    }
}

impl Ask {
    pub(crate) fn get(url: impl Into<String>) -> Self {
        Self {
            method: "GET",
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            signed_by: None,
        }
    }

    pub(crate) fn post(url: impl Into<String>, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            method: "POST",
            body: body.into(),
            ..Self::get(url)
        }
        .with("content-type", media_type)
    }

    /// Adds a header.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "numbers and texts are written alike"
    )]
    pub(crate) fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    /// Adds the header that holds the signature.
    pub(crate) fn signed(mut self, name: &'static str, signature: impl ToString) -> Self {
        self.signed_by = Some(name);
        self.with(name, signature)
    }

    /// Returns the same request as somebody would make it who does not know the secret.
    pub(crate) fn forged(&self) -> Self {
        let mut forged = self.clone();
        for (name, value) in &mut forged.headers {
            if Some(name.as_str()) == self.signed_by {
                *value = value
                    .chars()
                    .rev()
                    .map(|sign| match sign {
                        'a' => 'b',
                        'A' => 'B',
                        '1' => '2',
                        other => other,
                    })
                    .collect();
            }
        }
        forged
    }
}

impl Heard {
    pub(crate) fn is_success(&self) -> bool {
        self.status
            .is_some_and(|status| (200..300).contains(&status))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self::Answer(answer)
    }
}
