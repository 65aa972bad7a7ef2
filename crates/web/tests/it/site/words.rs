//! The words of the public pages: every key that is used stands in both languages, and in both
//! registers where German needs them.

use std::collections::BTreeSet;
use std::path::Path;

use kulant_care::people::preferences::Language;
use kulant_model::brand::Voice;
use kulant_web::site::page::TEMPLATES;
use kulant_web::site::words::{Speech, keys};

/// Every text in quotes that looks like a key, in the templates and in the code of the pages.
fn used() -> BTreeSet<String> {
    let mut texts: Vec<String> = TEMPLATES
        .iter()
        .map(|(_, text)| (*text).to_owned())
        .collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/site");
    for entry in std::fs::read_dir(folder).expect("the folder").flatten() {
        texts.push(std::fs::read_to_string(entry.path()).expect("a source file"));
    }
    let mut used = BTreeSet::new();
    for text in texts {
        for quote in ['"', '\''] {
            for part in text.split(quote) {
                let plain = part.bytes().all(|byte| {
                    byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._".contains(&byte)
                });
                if part.starts_with("site.") && plain {
                    used.insert(part.to_owned());
                }
            }
        }
    }
    used
}

fn speeches() -> [Speech; 3] {
    [
        Speech::new(Language::German, Voice::Sie),
        Speech::new(Language::German, Voice::Du),
        Speech::new(Language::English, Voice::Sie),
    ]
}

#[test]
fn every_key_in_use_is_there_for_everybody() {
    let used = used();
    assert!(used.len() > 50, "{}", used.len());
    for key in used {
        for speech in speeches() {
            // What ends in a dot is put together: one of its branches must be there.
            let there = speech.find(&key).is_some()
                || keys(speech.language)
                    .iter()
                    .any(|known| known.starts_with(&key) && key.ends_with('.'));
            assert!(there, "{key} is missing in {speech:?}");
        }
    }
}

#[test]
fn both_languages_have_the_same_keys_and_the_same_facts() {
    assert_eq!(keys(Language::German), keys(Language::English));
    let facts = |text: &str| -> BTreeSet<String> {
        text.split("{{")
            .skip(1)
            .filter_map(|rest| rest.split_once("}}"))
            .map(|(name, _)| name.to_owned())
            .collect()
    };
    for key in keys(Language::English) {
        let [sie, du, english] =
            speeches().map(|speech| speech.find(&key).expect("both registers"));
        assert_eq!(facts(sie), facts(english), "{key}");
        assert_eq!(facts(du), facts(english), "{key}");
    }
}

#[test]
fn no_key_is_there_for_nothing() {
    let used = used();
    for key in keys(Language::English) {
        let direct = used.contains(&key);
        let by_branch = used
            .iter()
            .any(|one| one.ends_with('.') && key.starts_with(one.as_str()));
        // Faults are named by field and code, both of which come from `care`.
        let fault = key.starts_with("site.fault.");
        assert!(
            direct || by_branch || fault || counted(&key),
            "{key} is used nowhere"
        );
    }
}

/// Keys whose last part is counted: days of the week, months.
fn counted(key: &str) -> bool {
    key.starts_with("site.weekday.d") || key.starts_with("site.month.m")
}
