//! Texts as X writes them: its short links opened, its escapes undone; and compared with what we sent.

use super::wire::Link;

/// Returns a text as people read it: links in full, those to the post's own pictures left out.
pub(super) fn readable(text: &str, links: &[Link]) -> String {
    let mut text = text.to_owned();
    for link in links.iter().filter(|link| !link.url.is_empty()) {
        let to = match (&link.media_key, &link.expanded_url) {
            (Some(_), _) => "",
            (None, Some(expanded)) => expanded,
            (None, None) => continue,
        };
        text = text.replacen(&link.url, to, 1);
    }
    // Only these three are escaped.
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
        .trim()
        .to_owned()
}

/// Returns whether what stands at the network is what we sent: names that X put before an answer,
/// white space and how a link is written do not matter.
pub(super) fn same(theirs: &str, ours: &str) -> bool {
    let (theirs, ours) = (comparable(theirs), comparable(ours));
    let behind_names = theirs
        .iter()
        .position(|word| !word.starts_with('@'))
        .unwrap_or(theirs.len());
    theirs == ours || (0..=behind_names).any(|start| theirs[start..] == ours[..])
}

/// Counts the shares that a text names, as in `$ABC`.
pub(super) fn cashtags(text: &str) -> usize {
    text.split(|sign: char| !sign.is_alphanumeric() && sign != '$')
        .filter_map(|word| word.strip_prefix('$'))
        .filter(|name| (1..=6).contains(&name.len()))
        .filter(|name| name.bytes().all(|sign| sign.is_ascii_alphabetic()))
        .count()
}

fn comparable(text: &str) -> Vec<String> {
    text.split_whitespace()
        .map(|word| {
            let bare = word
                .strip_prefix("https://")
                .or_else(|| word.strip_prefix("http://"))
                .unwrap_or(word);
            bare.trim_end_matches('/').to_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_told_from_prices() {
        assert_eq!(cashtags("$ABC und $xyz. ($DB)"), 3);
        assert_eq!(cashtags("50$, $5, US$ und $"), 0);
    }

    #[test]
    fn links_are_opened_and_escapes_undone() {
        let link = |url: &str, to: Option<&str>, media: bool| Link {
            url: url.to_owned(),
            expanded_url: to.map(str::to_owned),
            media_key: media.then(|| "3_1".to_owned()),
        };
        let links = [
            link("https://t.co/a", Some("https://nordbahn.example/s1"), false),
            link(
                "https://t.co/b",
                Some("https://x.com/n/status/1/photo/1"),
                true,
            ),
            link("https://t.co/c", None, false),
        ];
        assert_eq!(
            readable(
                "S1 &lt;heute&gt; &amp;amp; https://t.co/a https://t.co/c https://t.co/b",
                &links
            ),
            "S1 <heute> &amp; https://nordbahn.example/s1 https://t.co/c"
        );
    }

    #[test]
    fn an_answer_is_known_again() {
        let cases = [
            ("@anna Guten Tag", "Guten Tag", true),
            ("@anna @ben Guten  Tag", "Guten\nTag", true),
            ("@anna Guten Tag", "@anna Guten Tag", true),
            ("Siehe http://example.de/", "Siehe example.de", true),
            ("@anna Guten Tag!", "Guten Tag", false),
            ("Guten Tag, Anna", "Tag, Anna", false),
        ];
        for (theirs, ours, expected) in cases {
            assert_eq!(same(theirs, ours), expected, "{theirs:?} and {ours:?}");
        }
    }
}
