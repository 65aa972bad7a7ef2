//! What stretches of our own texts mean: links, hashtags and names, each from byte to byte, because
//! Bluesky shows as a link only what the record says is one.

use serde_json::{Value, json};

/// A stretch of text that means something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stretch<'a> {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) means: Meaning<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning<'a> {
    Link(&'a str),
    Tag(&'a str),
    /// A name, without its `@`; who that is, is for the network to say.
    Name(&'a str),
}

/// Finds what is a link, a hashtag or a name.
pub(super) fn stretches(text: &str) -> Vec<Stretch<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let start = at;
        at += word.len();
        let bare = word
            .trim_end()
            .trim_start_matches(['(', '"', '„', '“', '[']);
        let start = start + word.trim_end().len() - bare.len();
        let bare = bare.trim_end_matches(['.', ',', ';', ':', '!', '?', '"', '“', '”', ']', '\'']);
        let bare = if bare.contains('(') {
            bare
        } else {
            bare.trim_end_matches(')')
        };
        let means = if bare.starts_with("https://") || bare.starts_with("http://") {
            let host = bare.split("//").nth(1).unwrap_or_default();
            host.starts_with(char::is_alphanumeric)
                .then_some(Meaning::Link(bare))
        } else if let Some(tag) = bare.strip_prefix('#') {
            let named = tag.chars().any(|sign| !sign.is_ascii_digit());
            (named && !tag.is_empty() && tag.chars().count() <= 64).then_some(Meaning::Tag(tag))
        } else if let Some(name) = bare.strip_prefix('@') {
            is_handle(name).then_some(Meaning::Name(name))
        } else {
            None
        };
        if let Some(means) = means {
            found.push(Stretch {
                start,
                end: start + bare.len(),
                means,
            });
        }
    }
    found
}

/// Writes a stretch as the network wants it; a name needs its number.
pub(super) fn facet(stretch: &Stretch<'_>, did: Option<&str>) -> Option<Value> {
    let feature = match stretch.means {
        Meaning::Link(uri) => json!({"$type": "app.bsky.richtext.facet#link", "uri": uri}),
        Meaning::Tag(tag) => json!({"$type": "app.bsky.richtext.facet#tag", "tag": tag}),
        Meaning::Name(_) => json!({"$type": "app.bsky.richtext.facet#mention", "did": did?}),
    };
    Some(json!({
        "index": {"byteStart": stretch.start, "byteEnd": stretch.end},
        "features": [feature],
    }))
}

fn is_handle(name: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|sign| sign.is_ascii_alphanumeric() || sign == b'-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    name.contains('.') && name.len() <= 253 && name.split('.').all(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_tags_and_names_are_found_by_byte() {
        let text = "Grüße @anna.bsky.social: (siehe https://a.example/ü?x=1), #RE7! #1 @anna a@b.de http:// https://a.de/x_(y)";
        let found: Vec<(&str, Meaning<'_>)> = stretches(text)
            .iter()
            .map(|stretch| (&text[stretch.start..stretch.end], stretch.means))
            .collect();
        assert_eq!(
            found,
            [
                ("@anna.bsky.social", Meaning::Name("anna.bsky.social")),
                (
                    "https://a.example/ü?x=1",
                    Meaning::Link("https://a.example/ü?x=1")
                ),
                ("#RE7", Meaning::Tag("RE7")),
                ("https://a.de/x_(y)", Meaning::Link("https://a.de/x_(y)")),
            ]
        );
        assert_eq!(stretches(text)[0].start, 8, "ü and ß are two bytes each");
    }
}
