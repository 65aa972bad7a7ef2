//! Looking for mails in a folder by what mail programs ask for.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, fmt::strtime};

use super::folder::{Folder, Mail};
use super::words::Word;

/// Whether a mail is one of those that are looked for.
type Criterion = Box<dyn Fn(usize, &Mail) -> bool>;

/// Returns the numbers or places of the mails that meet all criteria; none where one is not understood.
pub(super) fn search(folder: &Folder, criteria: &[Word], by_uid: bool) -> Option<Vec<u32>> {
    let mut rest = criteria;
    let mut all = Vec::new();
    while !rest.is_empty() {
        all.push(criterion(folder, &mut rest)?);
    }
    let found = folder
        .mails
        .iter()
        .enumerate()
        .filter(|(place, mail)| all.iter().all(|criterion| criterion(*place, mail)))
        .map(|(place, mail)| if by_uid { mail.uid } else { place as u32 + 1 });
    Some(found.collect())
}

fn criterion(folder: &Folder, rest: &mut &[Word]) -> Option<Criterion> {
    let (first, after) = rest.split_first()?;
    *rest = after;
    if let Word::List(inner) = first {
        let mut inner = inner.as_slice();
        let mut all = Vec::new();
        while !inner.is_empty() {
            all.push(criterion(folder, &mut inner)?);
        }
        return Some(Box::new(move |place, mail| {
            all.iter().all(|criterion| criterion(place, mail))
        }));
    }
    let mut next = || {
        let (word, after) = rest.split_first()?;
        *rest = after;
        Some(word.text())
    };
    let name = first.name();
    Some(match name.as_str() {
        "ALL" => Box::new(|_, _| true),
        "CHARSET" => {
            next()?;
            Box::new(|_, _| true)
        }
        "SEEN" => Box::new(|_, mail| mail.flags.contains("\\Seen")),
        "UNSEEN" => Box::new(|_, mail| !mail.flags.contains("\\Seen")),
        "SINCE" | "BEFORE" | "ON" => {
            let wanted = day(&next()?)?;
            Box::new(move |_, mail| {
                let arrived = arrived(mail);
                match name.as_str() {
                    "SINCE" => arrived >= wanted,
                    "BEFORE" => arrived < wanted,
                    _ => arrived == wanted,
                }
            })
        }
        "HEADER" => field(next()?, &next()?),
        "FROM" | "TO" | "CC" | "SUBJECT" => field(name, &next()?),
        "TEXT" | "BODY" => {
            let wanted = next()?.to_lowercase();
            Box::new(move |_, mail| {
                let text = String::from_utf8_lossy(&mail.bytes).to_lowercase();
                text.contains(&wanted)
            })
        }
        "UID" => places(folder.named(&next()?, true)?),
        "NOT" => {
            let inner = criterion(folder, rest)?;
            Box::new(move |place, mail| !inner(place, mail))
        }
        "OR" => {
            let (one, other) = (criterion(folder, rest)?, criterion(folder, rest)?);
            Box::new(move |place, mail| one(place, mail) || other(place, mail))
        }
        _ => places(folder.named(&first.text(), false)?),
    })
}

fn places(places: Vec<usize>) -> Criterion {
    Box::new(move |place, _| places.contains(&place))
}

fn field(name: String, wanted: &str) -> Criterion {
    let wanted = wanted.to_lowercase();
    Box::new(move |_, mail| {
        let fields = mail.fields(&name);
        fields
            .iter()
            .any(|value| value.to_lowercase().contains(&wanted))
    })
}

/// Reads a day as IMAP writes days, such as `3-Nov-2026`.
fn day(text: &str) -> Option<Date> {
    strtime::parse("%d-%b-%Y", text).ok()?.to_date().ok()
}

fn arrived(mail: &Mail) -> Date {
    let at = Timestamp::from_millisecond(mail.at).unwrap_or_default();
    at.to_zoned(TimeZone::UTC).date()
}

#[cfg(test)]
mod tests {
    use super::super::words;
    use super::*;

    #[test]
    fn mails_are_found_by_every_criterion() {
        let day = 86_400_000;
        let mut folder = Folder::default();
        let base = 1_795_323_600_000;
        folder.add(
            b"Message-ID: <kulant.1.x@a>\r\nSubject: Bus\r\n\r\nEins",
            base,
        );
        folder.add(b"Message-ID: <b@a>\r\n\r\nZwei", base + day);
        folder.add(b"Message-ID: <c@a>\r\n\r\nDrei", base + 2 * day);
        folder.mails.remove(1);
        let cases: [(&str, Option<&[u32]>); 12] = [
            ("ALL", Some(&[1, 3])),
            ("SINCE 23-Nov-2026", Some(&[3])),
            ("SINCE 4-Nov-2026", Some(&[1, 3])),
            ("BEFORE 23-Nov-2026", Some(&[1])),
            ("ON 24-Nov-2026", Some(&[3])),
            ("UID 2:*", Some(&[3])),
            ("UID 9:*", Some(&[3])),
            ("HEADER Message-ID \"KULANT.1.\"", Some(&[1])),
            ("OR SUBJECT bus TEXT drei", Some(&[1, 3])),
            ("NOT (UNSEEN SUBJECT bus)", Some(&[3])),
            ("SINCE gestern", None),
            ("FLYING", None),
        ];
        for (query, expected) in cases {
            let criteria = words::read(query.as_bytes()).expect("they are words");
            let found = search(&folder, &criteria, true);
            assert_eq!(found.as_deref(), expected, "{query}");
        }
    }
}
