//! Networks that are spoken to line by line over TCP, at doors of their own beside HTTP: what is said
//! at such a door, what is answered, and how the next words are to be read.

/// How the next words of somebody at a door are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Want {
    /// Up to the end of the line.
    Line,
    /// So many bytes, whatever they are.
    Bytes(usize),
    /// Up to a line that holds nothing but a dot.
    Dot,
}

/// What somebody at a door asks for, as faults meet it and transcripts name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// The protocol, in the place of a method of HTTP.
    pub(crate) method: &'static str,
    /// The command, in the place of a path.
    pub(crate) path: String,
    /// What is noted of it: passwords are not.
    pub(crate) body: Vec<u8>,
}

/// What a network says at a door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) text: Vec<u8>,
    /// How it went, as transcripts tell it: in a number of the protocol's own, or of HTTP.
    pub(crate) status: u16,
    pub(crate) want: Want,
    /// Whether this was the last word.
    pub(crate) ends: bool,
}

impl Said {
    pub(crate) fn new(status: u16, text: impl Into<Vec<u8>>) -> Self {
        Self {
            text: text.into(),
            status,
            want: Want::Line,
            ends: false,
        }
    }

    /// Returns silence: more is to be heard before there is an answer.
    pub(crate) fn nothing() -> Self {
        Self::new(200, Vec::new())
    }

    pub(crate) const fn wanting(mut self, want: Want) -> Self {
        self.want = want;
        self
    }

    pub(crate) const fn last(mut self) -> Self {
        self.ends = true;
        self
    }
}

impl Want {
    /// Takes what is wanted off the front of what was heard; none where not all of it is there.
    pub(crate) fn take(self, heard: &mut Vec<u8>) -> Option<Vec<u8>> {
        let end = match self {
            Self::Line => heard.iter().position(|byte| *byte == b'\n')? + 1,
            Self::Bytes(count) => (heard.len() >= count).then_some(count)?,
            Self::Dot => {
                if heard.starts_with(b".\r\n") {
                    3
                } else {
                    heard.windows(5).position(|five| five == b"\r\n.\r\n")? + 5
                }
            }
        };
        Some(heard.drain(..end).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::Want;

    #[test]
    fn words_are_taken_whole_or_not_at_all() {
        let mut heard = b"EHLO a\r\nrest".to_vec();
        assert_eq!(Want::Line.take(&mut heard).unwrap(), b"EHLO a\r\n");
        assert_eq!(Want::Line.take(&mut heard), None);
        assert_eq!(Want::Bytes(5).take(&mut heard), None);
        assert_eq!(Want::Bytes(4).take(&mut heard).unwrap(), b"rest");
        let mut mail = b"a\r\n..\r\n.\r\nQUIT\r\n".to_vec();
        assert_eq!(Want::Dot.take(&mut mail).unwrap(), b"a\r\n..\r\n.\r\n");
        assert_eq!(Want::Dot.take(&mut mail), None);
        let mut empty = b".\r\n".to_vec();
        assert_eq!(Want::Dot.take(&mut empty).unwrap(), b".\r\n");
    }
}
