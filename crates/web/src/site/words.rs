//! The words of the public pages, from the catalogues that all of kulant shares. German has two
//! registers: a key that addresses the reader ends in `_sie` or `_du`.

use std::collections::HashMap;
use std::sync::LazyLock;

use kulant_model::brand::Voice;
use serde_json::Value as Json;

use crate::locale::Language;

static GERMAN: LazyLock<Catalogue> =
    LazyLock::new(|| Catalogue::read(include_str!("../../../../locales/de.json")));
static ENGLISH: LazyLock<Catalogue> =
    LazyLock::new(|| Catalogue::read(include_str!("../../../../locales/en.json")));

/// The prefix of the keys that the public pages use.
const PREFIX: &str = "site";

/// Who is spoken to, in which language and register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Speech {
    pub language: Language,
    pub voice: Voice,
}

struct Catalogue(HashMap<String, String>);

impl Catalogue {
    fn read(text: &str) -> Self {
        let whole: Json = serde_json::from_str(text).expect("the catalogues are JSON");
        let mut words = HashMap::new();
        gather(PREFIX, &whole[PREFIX], &mut words);
        Self(words)
    }
}

fn gather(key: &str, branch: &Json, words: &mut HashMap<String, String>) {
    match branch {
        Json::Object(branches) => {
            for (name, branch) in branches {
                gather(&format!("{key}.{name}"), branch, words);
            }
        }
        Json::String(text) => {
            words.insert(key.to_owned(), text.clone());
        }
        _ => {}
    }
}

impl Speech {
    pub fn new(language: Language, voice: Voice) -> Self {
        Self { language, voice }
    }

    /// Returns the words of a key, none where the catalogue has none.
    pub fn find(self, key: &str) -> Option<&'static str> {
        let catalogue: &Catalogue = match self.language {
            Language::German => &GERMAN,
            Language::English => &ENGLISH,
        };
        let of_voice = match self.language {
            Language::German => catalogue.0.get(&format!("{key}_{}", self.voice.word())),
            Language::English => None,
        };
        of_voice
            .or_else(|| catalogue.0.get(key))
            .map(String::as_str)
    }

    /// Says something; an unknown key stands for itself, so that a page with one is still read.
    pub fn say(self, key: &str, facts: &[(&str, &str)]) -> String {
        let mut text = self.find(key).unwrap_or(key).to_owned();
        for (name, value) in facts {
            text = text.replace(&format!("{{{{{name}}}}}"), value);
        }
        text
    }
}

/// Returns every key of a language, the registers of German as one.
pub fn keys(language: Language) -> Vec<String> {
    let catalogue: &Catalogue = match language {
        Language::German => &GERMAN,
        Language::English => &ENGLISH,
    };
    let mut keys: Vec<String> = catalogue
        .0
        .keys()
        .map(|key| {
            key.strip_suffix("_sie")
                .or_else(|| key.strip_suffix("_du"))
                .unwrap_or(key)
                .to_owned()
        })
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}
