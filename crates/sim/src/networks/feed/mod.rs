//! A blog with its feed: RSS as blogs write it, with conditional requests. Nobody can answer there but by
//! opening the page, so there is nothing to sign in to.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::kit::{Act, Answer, Call, Done, Kit, Limit, Network, Refused, Reply, Wish, kept, sign};
use crate::item::Millis;

/// How many posts the document holds.
const MOST: usize = 100;
const CALLS: Limit = Limit {
    name: "calls",
    most: 600,
    span: 3_600_000,
};

/// A post.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Item {
    id: String,
    author: String,
    text: String,
    at: Millis,
    /// Address, media type and size of what is enclosed.
    file: Option<(String, String, usize)>,
}

/// A blog, newest post last.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Blog {
    name: String,
    items: Vec<Item>,
}

/// All blogs, by handle.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Feed {
    blogs: BTreeMap<String, Blog>,
}

pub(super) fn new() -> Box<dyn Network> {
    Box::new(Feed::default())
}

impl Feed {
    fn blog(&mut self, wanted: Option<&str>) -> Result<&mut Blog, Refused> {
        self.blogs
            .iter_mut()
            .find(|(handle, _)| wanted.is_none_or(|wanted| *handle == wanted))
            .map(|(_, blog)| blog)
            .ok_or_else(|| Refused::not_found("the blog"))
    }
}

impl Blog {
    fn write(&self, base: &str) -> String {
        let mut feed = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" \
             xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n<channel>\n<title>{}</title>\n\
             <link>{base}/</link>\n<description>Ein Blog</description>\n",
            escaped(&self.name)
        );
        for item in self.items.iter().rev().take(MOST) {
            let at = Timestamp::from_millisecond(item.at).unwrap_or_default();
            let at = at
                .to_zoned(TimeZone::UTC)
                .strftime("%a, %d %b %Y %H:%M:%S %z");
            // Words are HTML, and HTML is written as text in a document of XML.
            let words = format!("<p>{}</p>", escaped(&item.text).replace('\n', "<br>"));
            let _ = write!(
                feed,
                "<item>\n<guid isPermaLink=\"false\">{}</guid>\n<link>{base}/{}</link>\n\
                 <dc:creator>{}</dc:creator>\n<pubDate>{at}</pubDate>\n<description>{}</description>\n",
                item.id,
                item.id,
                escaped(&item.author),
                escaped(&words),
            );
            if let Some((url, media_type, size)) = &item.file {
                let _ = writeln!(
                    feed,
                    "<enclosure url=\"{}\" length=\"{size}\" type=\"{media_type}\"/>",
                    escaped(url)
                );
            }
            feed.push_str("</item>\n");
        }
        feed.push_str("</channel>\n</rss>\n");
        feed
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

impl Network for Feed {
    fn answer(&mut self, call: &Call, kit: &Kit) -> Reply {
        let path = call.path();
        let ("GET", [handle, "feed.xml"]) = (call.method.as_str(), path.as_slice()) else {
            return Answer::html(404, "<html>not here</html>").into();
        };
        let Some(blog) = self.blogs.get(*handle) else {
            return Answer::html(404, "<html>no such blog</html>").into();
        };
        let standing = kit.limits.take(CALLS, handle, 1, kit.now());
        if !standing.allowed {
            let wait = standing.wait_seconds(kit.now());
            return self.failure(429, kit).with("retry-after", wait).into();
        }
        let document = blog.write(&format!("{}/{handle}", kit.base));
        let tag = format!("\"{}\"", &sign::digest_hex(document.as_bytes())[..16]);
        if call.header("if-none-match") == Some(tag.as_str()) {
            return Answer::text(304, "").with("etag", tag).into();
        }
        Answer::bytes(200, "application/rss+xml; charset=utf-8", document)
            .with("etag", tag)
            .into()
    }

    fn enrol(&mut self, wish: &Wish, kit: &Kit) -> Done {
        let blog = self.blogs.entry(wish.handle.clone()).or_default();
        wish.called().clone_into(&mut blog.name);
        Ok(json!({
            "id": wish.handle,
            "handle": wish.handle,
            "settings": {"url": format!("{}/{}/feed.xml", kit.base, wish.handle)},
            "secrets": {},
        }))
    }

    fn act(&mut self, act: &Act, kit: &Kit) -> Done {
        let blog = self.blog(act.to.as_deref())?;
        match act.what.as_str() {
            "post" => {
                let file = act.attachments.first().map(|file| {
                    let bytes = file.bytes();
                    let size = bytes.len();
                    let path = kit.keep_file(&file.name, &file.media_type, bytes);
                    (format!("{}{path}", kit.base), file.media_type.clone(), size)
                });
                let id = format!("post-{}", kit.ids.rising("post", 1_000));
                blog.items.push(Item {
                    id: id.clone(),
                    author: act.called().to_owned(),
                    text: act.text.clone(),
                    at: kit.now(),
                    file,
                });
                Ok(json!({"id": id}))
            }
            "edit" | "delete" => {
                let id = act.target()?;
                let place = blog.items.iter().position(|item| item.id == id);
                let place = place.ok_or_else(|| Refused::not_found("the post"))?;
                if act.what == "edit" {
                    act.text.clone_into(&mut blog.items[place].text);
                } else {
                    blog.items.remove(place);
                }
                Ok(json!({"id": id}))
            }
            _ => Err(act.unknown()),
        }
    }

    fn failure(&self, status: u16, _: &Kit) -> Answer {
        Answer::html(status, "<html><body>not now</body></html>")
    }

    fn written(&self) -> Value {
        kept::written(self)
    }

    fn resume(&mut self, written: Value, _: &Kit) -> bool {
        kept::read(self, written)
    }

    fn show(&self) -> Value {
        let count = |blog: &Blog| blog.items.len();
        json!({"posts": self.blogs.values().map(count).sum::<usize>()})
    }
}
