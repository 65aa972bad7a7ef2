//! What a folder gives of its mails, and the marks that are put on them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::folder::{Folder, Mail};
use super::words::Word;

/// Gives the asked items of the named mails; none where something is not understood.
pub(super) fn fetch(
    folder: &mut Folder,
    (set, by_uid): (&str, bool),
    items: &Word,
    rest: &[Word],
    read_only: bool,
    told: &mut Vec<u8>,
) -> Option<()> {
    let mut items: Vec<String> = match items {
        Word::List(items) => items.iter().map(Word::text).collect(),
        item => vec![item.text()],
    };
    let mut since = 0;
    if let Some(Word::List(modifiers)) = rest.first()
        && let [name, count] = modifiers.as_slice()
        && name.name() == "CHANGEDSINCE"
    {
        since = count.text().parse().ok()?;
        items.push("MODSEQ".to_owned());
    }
    if by_uid && !items.iter().any(|item| item.eq_ignore_ascii_case("UID")) {
        items.insert(0, "UID".to_owned());
    }
    let marks = !read_only && items.iter().any(|item| reads(item));
    for place in folder.named(set, by_uid)? {
        let changes = folder.changes + 1;
        let mail = &mut folder.mails[place];
        if mail.changed <= since {
            continue;
        }
        if marks && mail.flags.insert("\\Seen".to_owned()) {
            mail.changed = changes;
            folder.changes = changes;
        }
        told.extend(format!("* {} FETCH (", place + 1).bytes());
        for (number, item) in items.iter().enumerate() {
            if number > 0 {
                told.push(b' ');
            }
            told.extend(given(mail, item)?);
        }
        told.extend(b")\r\n");
    }
    Some(())
}

/// Whether asking for this marks a mail as read.
fn reads(item: &str) -> bool {
    let item = item.to_ascii_uppercase();
    item.starts_with("BODY[") || item == "RFC822" || item == "RFC822.TEXT"
}

fn given(mail: &Mail, item: &str) -> Option<Vec<u8>> {
    let name = item.to_ascii_uppercase();
    let text = match name.as_str() {
        "UID" => format!("UID {}", mail.uid),
        "RFC822.SIZE" => format!("RFC822.SIZE {}", mail.bytes.len()),
        "INTERNALDATE" => format!("INTERNALDATE \"{}\"", date_of(mail)),
        "FLAGS" => format!("FLAGS ({})", flags_of(mail)),
        "MODSEQ" => format!("MODSEQ ({})", mail.changed),
        "RFC822" => return Some(counted_out("RFC822", &mail.bytes)),
        "RFC822.HEADER" => {
            return Some(counted_out(
                "RFC822.HEADER",
                &mail.bytes[..mail.header_end()],
            ));
        }
        _ => return section(mail, &name),
    };
    Some(text.into_bytes())
}

/// Gives a section such as `BODY.PEEK[HEADER]<0.100>`.
fn section(mail: &Mail, name: &str) -> Option<Vec<u8>> {
    let rest = name
        .strip_prefix("BODY.PEEK[")
        .or_else(|| name.strip_prefix("BODY["))?;
    let (section, part) = rest.split_once(']')?;
    let header_end = mail.header_end();
    let bytes = match section {
        "" => mail.bytes.clone(),
        "HEADER" => mail.bytes[..header_end].to_vec(),
        "TEXT" => mail.bytes[header_end..].to_vec(),
        _ => {
            let fields = section.strip_prefix("HEADER.FIELDS (")?.strip_suffix(')')?;
            let mut header = String::new();
            for field in fields.split(' ') {
                for value in mail.fields(field) {
                    header.extend([field, ": ", &value, "\r\n"]);
                }
            }
            (header + "\r\n").into_bytes()
        }
    };
    if part.is_empty() {
        return Some(counted_out(&format!("BODY[{section}]"), &bytes));
    }
    let (from, most) = part.strip_prefix('<')?.strip_suffix('>')?.split_once('.')?;
    let from = from.parse::<usize>().ok()?.min(bytes.len());
    let end = from.saturating_add(most.parse().ok()?).min(bytes.len());
    Some(counted_out(
        &format!("BODY[{section}]<{from}>"),
        &bytes[from..end],
    ))
}

fn counted_out(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut told = format!("{name} {{{}}}\r\n", bytes.len()).into_bytes();
    told.extend_from_slice(bytes);
    told
}

fn flags_of(mail: &Mail) -> String {
    let flags: Vec<&str> = mail.flags.iter().map(String::as_str).collect();
    flags.join(" ")
}

fn date_of(mail: &Mail) -> String {
    let at = Timestamp::from_millisecond(mail.at).unwrap_or_default();
    let at = at.to_zoned(TimeZone::UTC);
    at.strftime("%e-%b-%Y %H:%M:%S %z").to_string()
}

/// Puts marks on mails or takes them off; none where something is not understood.
pub(super) fn store(
    folder: &mut Folder,
    (set, by_uid): (&str, bool),
    how: &str,
    flags: &Word,
    told: &mut Vec<u8>,
) -> Option<()> {
    let (how, silent) = match how.strip_suffix(".SILENT") {
        Some(how) => (how, true),
        None => (how, false),
    };
    let wanted: Vec<String> = match flags {
        Word::List(flags) => flags.iter().map(Word::text).collect(),
        flag => vec![flag.text()],
    };
    for place in folder.named(set, by_uid)? {
        folder.changes += 1;
        let mail = &mut folder.mails[place];
        match how {
            "FLAGS" => mail.flags = wanted.iter().cloned().collect(),
            "+FLAGS" => mail.flags.extend(wanted.iter().cloned()),
            "-FLAGS" => mail.flags.retain(|flag| !wanted.contains(flag)),
            _ => return None,
        }
        mail.changed = folder.changes;
        let changed = if silent {
            String::new()
        } else {
            format!("FLAGS ({}) ", flags_of(mail))
        };
        let line = format!(
            "* {} FETCH (UID {} {changed}MODSEQ ({}))\r\n",
            place + 1,
            mail.uid,
            mail.changed,
        );
        told.extend(line.bytes());
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::super::words;
    use super::*;

    fn asked(folder: &mut Folder, items: &str, rest: &str, read_only: bool) -> Option<String> {
        let words = words::read(format!("{items} {rest}").as_bytes()).expect("they are words");
        let mut told = Vec::new();
        fetch(
            folder,
            ("1:*", true),
            &words[0],
            &words[1..],
            read_only,
            &mut told,
        )?;
        Some(String::from_utf8(told).expect("it is text"))
    }

    #[test]
    fn mails_are_given_in_the_parts_that_are_asked_for() {
        let mut folder = Folder::default();
        folder.add(
            b"From: a@b\r\nX-Long: one\r\n two\r\n\r\nHallo",
            1_795_323_600_000,
        );
        let told = asked(&mut folder, "(RFC822.SIZE INTERNALDATE)", "", true);
        let expected =
            "* 1 FETCH (UID 1 RFC822.SIZE 37 INTERNALDATE \"22-Nov-2026 05:00:00 +0000\")\r\n";
        assert_eq!(told.as_deref(), Some(expected));
        let told = asked(&mut folder, "BODY.PEEK[TEXT]<1.3>", "", false);
        assert_eq!(
            told.as_deref(),
            Some("* 1 FETCH (UID 1 BODY[TEXT]<1> {3}\r\nall)\r\n")
        );
        let told = asked(&mut folder, "BODY.PEEK[HEADER.FIELDS (X-Long)]", "", false);
        let expected =
            "* 1 FETCH (UID 1 BODY[HEADER.FIELDS (X-LONG)] {19}\r\nX-LONG: one two\r\n\r\n)\r\n";
        assert_eq!(told.as_deref(), Some(expected));
        assert_eq!(folder.mails[0].flags.len(), 0, "looking marks nothing");
        asked(&mut folder, "BODY[]", "", false).expect("it is given");
        assert!(folder.mails[0].flags.contains("\\Seen"));
        assert_eq!(asked(&mut folder, "BODY[9.9]", "", false), None);
    }

    #[test]
    fn only_what_changed_is_told_where_that_is_wished_for() {
        let mut folder = Folder::default();
        folder.add(b"a", 0);
        folder.add(b"b", 0);
        let before = folder.changes;
        let mut told = Vec::new();
        let flags = words::read(b"(\\Seen)").expect("they are words");
        store(
            &mut folder,
            ("2", true),
            "+FLAGS.SILENT",
            &flags[0],
            &mut told,
        )
        .expect("it is put");
        let told = asked(
            &mut folder,
            "(FLAGS)",
            &format!("(CHANGEDSINCE {before})"),
            true,
        );
        let expected = format!(
            "* 2 FETCH (UID 2 FLAGS (\\Seen) MODSEQ ({}))\r\n",
            before + 1
        );
        assert_eq!(told, Some(expected));
    }
}
