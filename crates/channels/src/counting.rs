//! How each network counts the length of a text.

mod links;
mod mastodon;
pub mod sms;
mod x;

use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation;

pub(crate) use self::mastodon::without_hosts;

/// How a network counts the length of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Counting {
    /// Unicode code points.
    Characters,
    /// What a reader sees as one sign.
    Graphemes,
    /// UTF-8 bytes.
    Bytes,
    /// Graphemes, but every link counts 23, and of `@user@host` only `@user` counts.
    Weighted,
    /// By X's table of weights: most signs of ours 1, others and emoji 2, every link 23.
    WeightedWide,
    /// UTF-16 code units.
    Utf16,
    /// What fits into SMS: GSM-7 septets, or UTF-16 code units where a sign is not in GSM-7.
    Sms,
}

/// Counts the length of a text the way a network does.
pub fn count_length(text: &str, counting: Counting) -> usize {
    match counting {
        Counting::Characters => text.chars().count(),
        Counting::Graphemes => graphemes(text),
        Counting::Bytes => text.len(),
        Counting::Weighted => mastodon::length(text),
        Counting::WeightedWide => x::weight(text),
        Counting::Utf16 => text.encode_utf16().count(),
        Counting::Sms => sms::units(text),
    }
}

fn graphemes(text: &str) -> usize {
    text.graphemes(true).count()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    type Count = fn(&str) -> usize;

    #[test]
    fn texts_are_counted_as_the_network_counts() {
        let cases = [
            ("", Counting::Graphemes, 0),
            ("Grüße", Counting::Characters, 5),
            ("Grüße", Counting::Bytes, 7),
            ("Gru\u{308}ße", Counting::Characters, 6),
            ("Gru\u{308}ße", Counting::Graphemes, 5),
            ("👩‍👩‍👧 hi", Counting::Graphemes, 4),
            ("👩‍👩‍👧 hi", Counting::Characters, 8),
        ];
        for (text, counting, length) in cases {
            assert_eq!(
                count_length(text, counting),
                length,
                "{text:?} by {counting:?}"
            );
        }
    }

    /// The figures of `fixtures/lengths.json`: those of the networks' own libraries, and in the last
    /// column those of the networks themselves where they differ. `npm run lengths` in the desk,
    /// which is held to the same file, writes it and tells how.
    #[test]
    fn two_thousand_texts_are_as_long_as_the_networks_say() {
        let file: Value =
            serde_json::from_str(include_str!("counting/fixtures/lengths.json")).expect("JSON");
        let columns: Vec<String> =
            serde_json::from_value(file["columns"].clone()).expect("names of columns");
        let lines = file["texts"].as_array().expect("lines");
        assert_eq!(lines.len(), 2_000);
        let counts: [(&str, Count); 8] = [
            ("characters", |text| {
                count_length(text, Counting::Characters)
            }),
            ("utf16", |text| count_length(text, Counting::Utf16)),
            ("bytes", |text| count_length(text, Counting::Bytes)),
            ("graphemes", |text| count_length(text, Counting::Graphemes)),
            ("x", |text| count_length(text, Counting::WeightedWide)),
            ("mastodon", |text| count_length(text, Counting::Weighted)),
            ("sms", |text| count_length(text, Counting::Sms)),
            ("sms_parts", sms::parts),
        ];
        for (name, count) in counts {
            let column = columns.iter().position(|column| column == name);
            let column = column.unwrap_or_else(|| panic!("no column {name}"));
            let wrong: Vec<String> = lines
                .iter()
                .filter_map(|line| {
                    let text = line[0].as_str().expect("a text");
                    let network = line
                        .get(columns.len() - 1)
                        .and_then(|other| other.get(name));
                    let wanted = network.unwrap_or(&line[column]).as_u64().expect("a figure");
                    let ours = count(text) as u64;
                    (ours != wanted).then(|| format!("{text:?}: {ours} and not {wanted}"))
                })
                .collect();
            assert!(
                wrong.is_empty(),
                "{name}: {} wrong:\n{}",
                wrong.len(),
                wrong.join("\n")
            );
        }
    }
}
