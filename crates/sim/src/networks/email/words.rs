//! The words of an IMAP command: atoms, quoted texts, literals and lists (RFC 9051, 4).

/// How deep lists may stand in lists.
const DEEPEST: usize = 8;

/// One word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    Plain(String),
    /// Quoted, or counted out.
    Text(Vec<u8>),
    List(Vec<Word>),
}

impl Word {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Self::List(_) => String::new(),
        }
    }

    /// Returns it in capitals, as names of commands and items are compared.
    pub(super) fn name(&self) -> String {
        self.text().to_ascii_uppercase()
    }
}

/// Returns how many bytes are to follow a line that ends in a count.
pub(super) fn counted(line: &[u8]) -> Option<usize> {
    let line = line.strip_suffix(b"\n")?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = line.strip_suffix(b"}")?;
    let begin = line.iter().rposition(|byte| *byte == b'{')?;
    std::str::from_utf8(&line[begin + 1..]).ok()?.parse().ok()
}

/// Reads the words of a whole command; none where it is not one.
pub(super) fn read(command: &[u8]) -> Option<Vec<Word>> {
    let mut rest = command;
    let words = list(&mut rest, 0)?;
    rest.is_empty().then_some(words)
}

fn list(rest: &mut &[u8], depth: usize) -> Option<Vec<Word>> {
    let mut words = Vec::new();
    loop {
        match rest.first() {
            None => return (depth == 0).then_some(words),
            Some(b' ' | b'\r' | b'\n') => *rest = &rest[1..],
            Some(b')') => {
                if depth == 0 {
                    return None;
                }
                *rest = &rest[1..];
                return Some(words);
            }
            Some(b'(') if depth < DEEPEST => {
                *rest = &rest[1..];
                words.push(Word::List(list(rest, depth + 1)?));
            }
            Some(b'(') => return None,
            Some(b'"') => words.push(Word::Text(quoted(rest)?)),
            Some(b'{') => words.push(Word::Text(literal(rest)?)),
            Some(_) => words.push(Word::Plain(atom(rest)?)),
        }
    }
}

fn quoted(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    let mut place = 1;
    loop {
        match rest.get(place)? {
            b'"' => {
                *rest = &rest[place + 1..];
                return Some(text);
            }
            b'\\' => {
                text.push(*rest.get(place + 1)?);
                place += 2;
            }
            b'\r' | b'\n' => return None,
            byte => {
                text.push(*byte);
                place += 1;
            }
        }
    }
}

fn literal(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let end = rest.iter().position(|byte| *byte == b'\n')? + 1;
    let count = counted(&rest[..end])?;
    let text = rest.get(end..end.checked_add(count)?)?.to_vec();
    *rest = &rest[end + count..];
    Some(text)
}

/// Reads up to the next blank or bracket; what stands in square brackets belongs to it.
fn atom(rest: &mut &[u8]) -> Option<String> {
    let mut inside = false;
    let mut end = 0;
    for byte in *rest {
        match byte {
            b'[' => inside = true,
            b']' => inside = false,
            b' ' | b'(' | b')' | b'\r' | b'\n' if !inside => break,
            _ => {}
        }
        end += 1;
    }
    let text = String::from_utf8(rest[..end].to_vec()).ok()?;
    *rest = &rest[end..];
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::{Word, counted, read};

    #[test]
    fn words_are_read_as_they_are_meant() {
        let command = b"A1 UID FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (DATE FROM)]<0.9>) \"a\\\"b\" {3}\r\nx)y\r\n";
        let words = read(command).expect("it is a command");
        assert_eq!(words[0], Word::Plain("A1".to_owned()));
        let items = ["UID", "BODY.PEEK[HEADER.FIELDS (DATE FROM)]<0.9>"];
        assert_eq!(
            words[4],
            Word::List(items.map(|item| Word::Plain(item.to_owned())).to_vec())
        );
        assert_eq!(words[5], Word::Text(b"a\"b".to_vec()));
        assert_eq!(words[6], Word::Text(b"x)y".to_vec()));
    }

    #[test]
    fn broken_commands_are_none() {
        for broken in ["A1 (a", "A1 a)", "A1 \"a", "A1 {9}\r\nx"] {
            assert_eq!(read(broken.as_bytes()), None, "{broken}");
        }
        let deep = "(".repeat(100_000);
        assert_eq!(read(deep.as_bytes()), None);
        assert_eq!(counted(b"A1 APPEND Sent {12}\r\n"), Some(12));
        assert_eq!(counted(b"A1 NOOP\r\n"), None);
    }
}
