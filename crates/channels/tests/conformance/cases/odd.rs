//! Payloads that nobody has seen: what a network really sent, with more, less and something else in it.

use kulant_channels::Channel;
use kulant_channels::delivery::{Account, RawDelivery};
use serde_json::{Value, json};

use crate::facts::SENDS;
use crate::stand::{Stand, Told, ensure};

/// Everything that this network sends here of what people do, as it came.
async fn recorded(stand: &mut Stand<'_>) -> Result<Vec<RawDelivery>, String> {
    let side = stand.side();
    let post = stand
        .hear(side, "anna", "Eine Frage, die aufgehoben wird.")
        .await?;
    if stand.misses(&[SENDS]).is_none() {
        let answer = stand.answer(&post, "Eine Antwort, die aufgehoben wird.");
        let sent = stand.send(&answer).await;
        sent.map_err(|error| error.to_string())?;
        stand.news().await;
    }
    ensure(!stand.raw.is_empty(), || "nothing came".to_owned())?;
    Ok(stand.raw.clone())
}

/// Reading again gives the same, so that it can be done any time.
pub async fn read_again(stand: &mut Stand<'_>) -> Told {
    let account = stand.inbox.account();
    for raw in recorded(stand).await? {
        let first = stand.channel().translate(&account, &raw);
        let mut later = account.clone();
        later.now = later.now.after(std::time::Duration::from_secs(86_400 * 30));
        let again = stand.channel().translate(&later, &raw);
        ensure(first == again, || {
            format!("a delivery of kind {} reads differently later", raw.kind)
        })?;
    }
    Ok(())
}

/// Puts something unknown into every object.
fn grow(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.values_mut().for_each(grow);
            fields.insert(
                "zzz_new".to_owned(),
                json!({"deep": [null, 1.5, "neu", {}]}),
            );
        }
        Value::Array(items) => items.iter_mut().for_each(grow),
        _ => {}
    }
}

pub async fn unknown_fields(stand: &mut Stand<'_>) -> Told {
    let account = stand.inbox.account();
    for mut raw in recorded(stand).await? {
        let Ok(mut body) = serde_json::from_slice::<Value>(&raw.body) else {
            if begins_with_a_header(&raw.body) {
                let before = stand.channel().translate(&account, &raw);
                let mut more = b"Zzz-New: neu\r\nZzz-Deep: a;\r\n b=\"\xC3\x28\"\r\n".to_vec();
                more.append(&mut raw.body);
                raw.body = more;
                let after = stand.channel().translate(&account, &raw);
                ensure(before == after, || {
                    format!("unknown headers change what {} says", raw.kind)
                })?;
                continue;
            }
            raw.body.extend_from_slice(b"&ZzzNew=1&ZzzNew%5B%5D=%C3%28");
            let read = stand.channel().translate(&account, &raw);
            ensure(read.is_ok_and(|read| read.unread.is_empty()), || {
                format!("an unknown field makes {} unreadable", raw.kind)
            })?;
            continue;
        };
        let before = stand.channel().translate(&account, &raw);
        grow(&mut body);
        raw.body = body.to_string().into_bytes();
        let after = stand.channel().translate(&account, &raw);
        ensure(before == after, || {
            format!(
                "unknown fields change what {} says: {before:?} and {after:?}",
                raw.kind
            )
        })?;
    }
    Ok(())
}

/// Whether the first line is a name and a value, as those of mails are.
fn begins_with_a_header(body: &[u8]) -> bool {
    let line = body.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    name.len() < line.len() && !name.is_empty() && name.iter().all(plain)
}

/// Makes every line in turn another one, or none.
fn with_other_lines(body: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let lines: Vec<&[u8]> = body.split_inclusive(|byte| *byte == b'\n').collect();
    let others: [&[u8]; 5] = [
        b"",
        b"\r\n",
        b"\0\r\n",
        b": ;=,<@>\r\n",
        b"\xff\xfe =?x?B?=\r\n",
    ];
    (0..lines.len().min(200)).flat_map(move |place| {
        let lines = lines.clone();
        others.into_iter().map(move |other| {
            let (before, after) = (&lines[..place], &lines[place + 1..]);
            [&before.concat(), other, &after.concat()].concat()
        })
    })
}

/// Returns the ways to every value of a document.
fn ways(value: &Value, way: &str, all: &mut Vec<String>) {
    all.push(way.to_owned());
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                ways(field, &format!("{way}/{name}"), all);
            }
        }
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                ways(item, &format!("{way}/{place}"), all);
            }
        }
        _ => {}
    }
}

/// Reads what was changed; what of it is not read must be kept.
fn read(whole: &(&'static dyn Channel, Account), raw: &RawDelivery) -> Told {
    let (channel, account) = whole;
    let _ = channel.verify(account, raw);
    let Ok(read) = channel.translate(account, raw) else {
        return Ok(());
    };
    let kept = read.unread.iter().all(|unread| !unread.body.is_empty());
    ensure(kept, || "what was not read is not kept".to_owned())
}

/// Every value in turn is of another type; what is then not read is kept apart with its reason.
pub async fn other_types(stand: &mut Stand<'_>) -> Told {
    let whole = (stand.channel(), stand.inbox.account());
    let mut deliveries = recorded(stand).await?;
    deliveries.truncate(4);
    // Reading keeps a core busy, and the networks want to be heard meanwhile.
    tokio::task::block_in_place(|| {
        for raw in &deliveries {
            let Ok(body) = serde_json::from_slice::<Value>(&raw.body) else {
                for body in with_other_lines(&raw.body) {
                    let mut raw = raw.clone();
                    raw.body = body;
                    read(&whole, &raw)?;
                }
                continue;
            };
            let mut all = Vec::new();
            ways(&body, "", &mut all);
            for way in all.iter().take(200) {
                for other in [
                    json!(null),
                    json!(-1),
                    json!("\u{0}"),
                    json!([]),
                    json!({}),
                    json!(true),
                ] {
                    let mut changed = body.clone();
                    if let Some(place) = changed.pointer_mut(way) {
                        *place = other;
                    }
                    let mut raw = raw.clone();
                    raw.body = changed.to_string().into_bytes();
                    read(&whole, &raw)?;
                }
            }
        }
        Ok(())
    })
}

/// Half of it, none of it, five megabytes of it, deep within itself, and in other encodings.
pub async fn broken_bytes(stand: &mut Stand<'_>) -> Told {
    let whole = (stand.channel(), stand.inbox.account());
    let deliveries = recorded(stand).await?;
    let Some(raw) = deliveries.last() else {
        return Ok(());
    };
    tokio::task::block_in_place(|| {
        let text = String::from_utf8_lossy(&raw.body).into_owned();
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let bodies = [
            Vec::new(),
            raw.body[..raw.body.len() / 2].to_vec(),
            b"\xff\xfe\xfd".to_vec(),
            utf16,
            [b"\xef\xbb\xbf", raw.body.as_slice()].concat(),
            "[".repeat(100_000).into_bytes(),
            "{\"a\":".repeat(100_000).into_bytes(),
            text.replace("aufgehoben", &"x".repeat(5 << 20))
                .into_bytes(),
            vec![b'a'; 5 << 20],
        ];
        for body in bodies {
            let mut raw = raw.clone();
            raw.body = body;
            read(&whole, &raw)?;
        }
        Ok(())
    })
}
