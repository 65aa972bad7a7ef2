//! The bytes of a feed → items. The parser of feeds knows the formats; what it leaves out
//! (threads of Atom, hours of RSS, numbers as ids in JSON) is read here beside it.

use feed_rs::model::{Content, Entry, Link, LinkTarget, Person as FeedPerson, Text};
use feed_rs::parser;
use kulant_model::time::Timestamp;
use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use serde_json::{Value, json};
use url::Url;

use super::wire::{File, Item, Person, Words};
use crate::inbound::LONGEST_ID;
use crate::signature::sha256_hex;

/// The most items that are read of one document.
const MOST_ITEMS: usize = 1_000;
/// Parts of an address that only count readers.
const TRACKING: [&str; 3] = ["utm_", "fbclid", "gclid"];

/// A feed with its items and its sender's wishes.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) items: Vec<Item>,
    /// How long its sender wants to be left alone.
    pub(super) ttl_minutes: Option<u32>,
    pub(super) skip_hours: Vec<u8>,
}

/// Reads a feed; an address in it that is not whole belongs to `base`.
pub(super) fn parse(bytes: &[u8], base: &str) -> Result<Document, String> {
    let mended = mend_json(bytes);
    let bytes = mended.as_deref().unwrap_or(bytes);
    let feed = parser::Builder::new()
        .base_uri(Some(base))
        .sanitize_content(false)
        .id_generator(|_, _, _| String::new())
        .build()
        .parse(bytes)
        .map_err(|error| error.to_string())?;
    let beside = if mended.is_some() {
        Beside::default()
    } else {
        read_beside(bytes)
    };

    let name = feed.title.map(words).map(|title| shown(&title));
    let author = feed.authors.into_iter().next().and_then(person);
    let items = feed.entries.into_iter().take(MOST_ITEMS);
    let items = items
        .enumerate()
        .filter_map(|(index, entry)| {
            let mut item = item(entry, base)?;
            item.feed.clone_from(&name);
            item.author = item.author.or_else(|| author.clone());
            item.parent = beside.parents.get(index).cloned().flatten();
            Some(item)
        })
        .collect();
    Ok(Document {
        items,
        ttl_minutes: feed.ttl,
        skip_hours: beside.skip_hours,
    })
}

/// Finds the feed that an HTML page names, for operators who give the page's address.
pub(super) fn find_feed_in_page(bytes: &[u8], base: &str) -> Option<String> {
    let page = String::from_utf8_lossy(&bytes[..bytes.len().min(200_000)]);
    let lower = page.to_ascii_lowercase();
    let mut at = 0;
    while let Some(found) = lower[at..].find("<link") {
        let start = at + found;
        let end = start + lower[start..].find('>')?;
        let tag = &page[start + "<link".len()..end];
        at = end;
        let value = |name| crate::text::attribute(tag, name);
        let kind = value("type").unwrap_or_default().to_ascii_lowercase();
        let is_feed = [
            "application/rss+xml",
            "application/atom+xml",
            "application/feed+json",
        ]
        .contains(&kind.as_str());
        let is_alternate = value("rel").is_some_and(|rel| rel.eq_ignore_ascii_case("alternate"));
        if let (true, true, Some(address)) = (is_feed, is_alternate, value("href")) {
            return Url::parse(base).ok()?.join(&address).ok().map(String::from);
        }
    }
    None
}

/// Returns a short hash of an id or a version, as kept in cursors.
pub(super) fn short_hash(text: &str) -> String {
    sha256_hex(text.as_bytes())[..16].to_owned()
}

/// Returns a title or a name as it is shown.
pub(super) fn shown(words: &Words) -> String {
    let text = if words.html {
        crate::text::html_to_text(&words.text)
    } else {
        // Many senders write references into plain titles, one layer too many.
        crate::text::decode_entities(&words.text).into_owned()
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Item {
    /// Returns what tells one version of this item from another.
    pub(super) fn version(&self) -> String {
        let text = |words: &Option<Words>| {
            words
                .as_ref()
                .map_or("", |words| words.text.as_str())
                .to_owned()
        };
        short_hash(&format!("{}\n{}", text(&self.title), text(&self.content)))
    }
}

fn item(entry: Entry, base: &str) -> Option<Item> {
    let url = page_link(&entry.links).and_then(|link| whole(link, base));
    let title = entry.title.map(words).filter(says_something);
    let content = entry
        .content
        .and_then(content)
        .or_else(|| entry.summary.map(words).filter(says_something));
    let published = entry.published.or(entry.updated);
    let id = identity(
        &entry.id,
        url.as_deref(),
        title.as_ref(),
        published.map(|at| at.timestamp_micros()),
    )?;
    let mut files: Vec<File> = entry
        .media
        .iter()
        .flat_map(|media| &media.content)
        .filter_map(|content| {
            Some(File {
                url: content.url.as_ref()?.to_string(),
                media_type: content.content_type.as_ref().map(ToString::to_string),
                size: content.size,
            })
        })
        .collect();
    files.extend(
        entry
            .links
            .iter()
            .filter(|link| is_file(link))
            .map(|link| File {
                url: link.href.clone(),
                media_type: link.media_type.clone(),
                size: link.length,
            }),
    );
    files.truncate(20);
    Some(Item {
        id,
        title,
        content,
        author: entry.authors.into_iter().next().and_then(person),
        published: published.map(|at| Timestamp(at.timestamp_micros())),
        updated: entry.updated.map(|at| Timestamp(at.timestamp_micros())),
        parent: None,
        files,
        feed: None,
        comments: comment_feed(&entry.links).and_then(|link| whole(link, base)),
        url,
    })
}

/// Returns what an item is known by: its id, else its address, else title and date.
fn identity(
    id: &str,
    url: Option<&str>,
    title: Option<&Words>,
    published: Option<i64>,
) -> Option<String> {
    let id = id.trim();
    let known = if !id.is_empty() {
        id.to_owned()
    } else if let Some(url) = url {
        canonical(url)
    } else {
        let title = title?;
        let at = published.unwrap_or_default();
        format!("hash:{}", short_hash(&format!("{}\n{at}", title.text)))
    };
    if known.chars().count() > LONGEST_ID {
        return Some(format!("hash:{}", sha256_hex(known.as_bytes())));
    }
    Some(known)
}

/// Returns an address without its fragment and without what only counts readers.
fn canonical(address: &str) -> String {
    let Ok(mut url) = Url::parse(address) else {
        return address.to_owned();
    };
    url.set_fragment(None);
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| !TRACKING.iter().any(|tracking| name.starts_with(tracking)))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    if kept.is_empty() {
        url.set_query(None);
    } else {
        url.query_pairs_mut().clear().extend_pairs(kept);
    }
    url.into()
}

fn page_link(links: &[Link]) -> Option<&Link> {
    let mut pages = links
        .iter()
        .filter(|link| link.target.is_none() && !is_file(link));
    let is_page = |link: &&Link| matches!(link.rel.as_deref(), None | Some("alternate"));
    pages
        .clone()
        .find(is_page)
        .or_else(|| pages.find(|link| link.rel.as_deref() != Some("self")))
}

fn is_file(link: &Link) -> bool {
    // Links of JSON attachments have a media type and no relation.
    link.rel.as_deref() == Some("enclosure") || (link.rel.is_none() && link.media_type.is_some())
}

fn comment_feed(links: &[Link]) -> Option<&Link> {
    links
        .iter()
        .find(|link| link.target == Some(LinkTarget::CommentsFeed))
        .or_else(|| {
            links.iter().find(|link| {
                link.rel.as_deref() == Some("replies")
                    && link
                        .media_type
                        .as_deref()
                        .is_some_and(|kind| kind.contains("xml"))
            })
        })
}

fn whole(link: &Link, base: &str) -> Option<String> {
    let url = Url::parse(&link.href)
        .or_else(|_| Url::parse(base)?.join(&link.href))
        .ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.into())
}

fn words(text: Text) -> Words {
    Words {
        html: text.content_type.subty().as_str().contains("html"),
        text: text.content,
    }
}

fn content(content: Content) -> Option<Words> {
    let kind = content.content_type.subty();
    let words = Words {
        html: kind.as_str().contains("html") || kind.as_str().contains("xml"),
        text: content.body?,
    };
    Some(words).filter(says_something)
}

fn says_something(words: &Words) -> bool {
    !words.text.trim().is_empty()
}

fn person(person: FeedPerson) -> Option<Person> {
    let said = |text: Option<String>| {
        text.map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty())
    };
    let person = Person {
        name: said(person.name),
        url: said(person.uri),
        email: said(person.email),
    };
    (person != Person::default()).then_some(person)
}

/// Makes a JSON feed as strict as the parser wants it; none where it is no JSON.
fn mend_json(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if text.trim_ascii_start().first() != Some(&b'{') {
        return None;
    }
    let mut feed: Value = serde_json::from_slice(text).ok()?;
    let object = feed.as_object_mut()?;
    if !object.get("title").is_some_and(Value::is_string) {
        object.insert("title".to_owned(), json!(""));
    }
    let items = object.get_mut("items").and_then(Value::as_array_mut);
    for item in items.into_iter().flatten().filter_map(Value::as_object_mut) {
        if let Some(Value::Number(number)) = item.get("id") {
            let id = number.to_string();
            item.insert("id".to_owned(), Value::String(id));
        }
        let attachments = item.get_mut("attachments").and_then(Value::as_array_mut);
        for attachment in attachments
            .into_iter()
            .flatten()
            .filter_map(Value::as_object_mut)
        {
            attachment
                .entry("mime_type")
                .or_insert_with(|| json!("application/octet-stream"));
        }
    }
    serde_json::to_vec(&feed).ok()
}

/// What is read beside the parser of feeds.
#[derive(Debug, Default)]
struct Beside {
    /// For every item in its order, the id of what it answers.
    parents: Vec<Option<String>>,
    skip_hours: Vec<u8>,
}

/// Reads threads and hours from XML; stops without complaint where it is broken.
fn read_beside(bytes: &[u8]) -> Beside {
    let text = String::from_utf8_lossy(bytes);
    let mut reader = Reader::from_str(&text);
    let mut beside = Beside::default();
    let (mut in_item, mut in_hour) = (false, false);
    while let Ok(event) = reader.read_event() {
        let is_empty = matches!(event, Event::Empty(_));
        match event {
            Event::Eof => break,
            Event::Start(start) | Event::Empty(start) => match start.local_name().as_ref() {
                "item" | "entry" if !in_item => {
                    in_item = !is_empty;
                    beside.parents.push(None);
                }
                "in-reply-to" if in_item => {
                    if let Some(parent) = beside.parents.last_mut() {
                        *parent = parent.take().or_else(|| answered(&start));
                    }
                }
                "hour" => in_hour = !in_item && !is_empty,
                _ => {}
            },
            Event::Text(text) if in_hour => {
                let hour = text.trim().parse::<u8>().ok();
                beside.skip_hours.extend(hour.map(|hour| hour % 24));
            }
            Event::End(end) => match end.local_name().as_ref() {
                "item" | "entry" => in_item = false,
                "hour" => in_hour = false,
                _ => {}
            },
            _ => {}
        }
    }
    // Who wants to be asked at no hour at all has made a mistake.
    if beside.skip_hours.len() >= 24 {
        beside.skip_hours.clear();
    }
    beside
}

fn answered(start: &BytesStart<'_>) -> Option<String> {
    let value = |name: &str| {
        let attribute = start.try_get_attribute(name).ok()??;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    };
    let parent = value("ref").or_else(|| value("href").map(|address| canonical(&address)))?;
    identity(&parent, None, None, None)
}
