//! The stories, people and companies of the demo world, read from `demo/*.json` (built into the binary).
//! Only data and its shape; what happens with it is in `world`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// A language of the demo world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    De,
    En,
}

/// How somebody takes things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Temper {
    Warm,
    Calm,
    Anxious,
    Brisk,
    Ironic,
    Angry,
}

impl Temper {
    /// The chance that a decent answer is enough.
    pub(crate) fn contentment(self) -> f64 {
        match self {
            Self::Warm => 0.88,
            Self::Calm => 0.78,
            Self::Anxious => 0.68,
            Self::Brisk => 0.6,
            Self::Ironic => 0.55,
            Self::Angry => 0.38,
        }
    }
}

/// An invented company.
#[derive(Debug, Deserialize)]
pub struct Brand {
    /// Short name in addresses.
    pub slug: String,
    pub name: String,
    pub handle: String,
    pub about: BTreeMap<Language, String>,
    pub colour: String,
    /// What stands for `{place}`, `{line}` and so on.
    pub words: BTreeMap<String, Vec<String>>,
    /// What the company posts by itself on ordinary days.
    pub posts: Vec<String>,
}

/// An invented customer.
#[derive(Debug, Clone, Deserialize)]
pub struct Person {
    pub id: String,
    pub name: String,
    pub handle: String,
    pub lang: Language,
    pub temper: Temper,
}

#[derive(Debug, Deserialize)]
pub(crate) struct People {
    pub(crate) persons: Vec<Person>,
    /// Names for the many who comment once.
    pub(crate) first: Vec<String>,
    pub(crate) last: Vec<String>,
}

/// Where a story begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Place {
    /// On the customer's own page, naming the company.
    Mention,
    /// Under the company's newest post.
    Comment,
    Private,
}

/// Something that happens after the beginning whether the company answers or not.
#[derive(Debug, Deserialize)]
pub(crate) struct Beat {
    /// Seconds after what happened before.
    pub(crate) after: i64,
    #[serde(default)]
    pub(crate) by: By,
    #[serde(default, rename = "do")]
    pub(crate) act: Act,
    #[serde(default)]
    pub(crate) say: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub(crate) enum By {
    #[default]
    Party,
    /// Somebody else who reads along.
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Act {
    #[default]
    Say,
    Edit,
    Delete,
    Like,
    Love,
    Thanks,
    Laugh,
    Sad,
    Angry,
}

/// One story line: a beginning, what follows by itself, and how answers are taken.
#[derive(Debug, Deserialize)]
pub(crate) struct Story {
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "names the story to those who edit it")
    )]
    pub(crate) id: String,
    pub(crate) brand: String,
    pub(crate) lang: Language,
    pub(crate) kind: String,
    pub(crate) at: Place,
    #[serde(default)]
    pub(crate) temper: Option<Temper>,
    pub(crate) open: Vec<String>,
    #[serde(default)]
    pub(crate) then: Vec<Beat>,
    /// How the company answered when this happened in the past.
    #[serde(default)]
    pub(crate) reply: Vec<String>,
    #[serde(default)]
    pub(crate) thanks: Vec<String>,
    #[serde(default)]
    pub(crate) still: Vec<String>,
    /// What is said when a promised call did not come.
    #[serde(default)]
    pub(crate) promise: Vec<String>,
    #[serde(default)]
    pub(crate) silent: Vec<String>,
}

/// Phrases put together from parts, one of each.
pub(crate) type Phrase = Vec<Vec<String>>;
pub(crate) type Choir = BTreeMap<Language, Vec<Phrase>>;

/// What is said where a story has no words of its own.
#[derive(Debug, Deserialize)]
pub(crate) struct Moods {
    pub(crate) reply: BTreeMap<Language, Vec<String>>,
    pub(crate) thanks: BTreeMap<Language, Vec<String>>,
    pub(crate) still: BTreeMap<Language, Vec<String>>,
    pub(crate) promise: BTreeMap<Language, Vec<String>>,
    pub(crate) silent: BTreeMap<Language, Vec<String>>,
    /// What customers say to each other under comments.
    pub(crate) aside: BTreeMap<Language, Vec<String>>,
    /// Comments under ordinary posts.
    pub(crate) daily: Choir,
}

/// A post that draws hundreds of comments.
#[derive(Debug, Deserialize)]
pub(crate) struct Launch {
    pub(crate) brand: String,
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) comments: Choir,
}

/// A disturbance: anger rises from one stage to the next, relief comes last.
#[derive(Debug, Deserialize)]
pub(crate) struct Outage {
    pub(crate) brand: String,
    /// Own posts of the company about it, in the past only: minute and text.
    pub(crate) notices: Vec<(i64, String)>,
    pub(crate) stages: Vec<Stage>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Stage {
    pub(crate) minutes: i64,
    /// Mean seconds between two posts.
    pub(crate) gap_seconds: i64,
    pub(crate) say: Choir,
}

#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) brands: Vec<Brand>,
    pub(crate) people: People,
    pub(crate) stories: Vec<Story>,
    pub(crate) moods: Moods,
    pub(crate) launches: Vec<Launch>,
    pub(crate) outages: Vec<Outage>,
}

/// Everything, read once.
pub(crate) static CONTENT: LazyLock<Content> = LazyLock::new(|| Content {
    brands: read(include_str!("../../../demo/brands.json")),
    people: read(include_str!("../../../demo/people.json")),
    stories: [
        include_str!("../../../demo/stories_nordtal_de.json"),
        include_str!("../../../demo/stories_nordtal_en.json"),
        include_str!("../../../demo/stories_lumenau_de.json"),
        include_str!("../../../demo/stories_lumenau_en.json"),
    ]
    .into_iter()
    .flat_map(read::<Vec<Story>>)
    .collect(),
    moods: read(include_str!("../../../demo/moods.json")),
    launches: read(include_str!("../../../demo/launches.json")),
    outages: read(include_str!("../../../demo/outages.json")),
});

fn read<T: for<'de> Deserialize<'de>>(text: &str) -> T {
    serde_json::from_str(text)
        .expect("the built-in demo content is well-formed; a test reads all of it")
}

/// The invented companies.
pub fn brands() -> &'static [Brand] {
    &CONTENT.brands
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{CONTENT, Language, Place};

    #[test]
    fn the_world_is_populated() {
        let content = &*CONTENT;
        assert_eq!(content.brands.len(), 2);
        assert!(content.people.persons.len() >= 40);
        assert!(content.stories.len() >= 120, "{}", content.stories.len());
        for lang in [Language::De, Language::En] {
            assert!(
                content
                    .people
                    .persons
                    .iter()
                    .any(|person| person.lang == lang)
            );
            for brand in &content.brands {
                let own = |story: &&super::Story| story.lang == lang && story.brand == brand.slug;
                assert!(
                    content.stories.iter().filter(own).count() >= 15,
                    "{} {lang:?}",
                    brand.slug
                );
            }
            assert!(content.moods.thanks[&lang].len() >= 5);
        }
        for place in [Place::Mention, Place::Comment, Place::Private] {
            assert!(content.stories.iter().any(|story| story.at == place));
        }
    }

    #[test]
    fn stories_are_whole() {
        let content = &*CONTENT;
        let kinds = [
            "request",
            "question",
            "complaint",
            "suggestion",
            "praise",
            "interest",
            "spam",
            "other",
        ];
        let mut ids = BTreeSet::new();
        let mut openings = BTreeSet::new();
        for story in &content.stories {
            assert!(ids.insert(&story.id), "{} twice", story.id);
            assert!(kinds.contains(&story.kind.as_str()), "{}", story.id);
            assert!(
                content.brands.iter().any(|brand| brand.slug == story.brand),
                "{}",
                story.id
            );
            assert!(!story.open.is_empty(), "{}", story.id);
            for open in &story.open {
                assert!(openings.insert(open), "{} repeats a text", story.id);
            }
            let takes_answers = !matches!(story.kind.as_str(), "spam" | "other");
            assert!(
                !takes_answers || !story.thanks.is_empty(),
                "{} thanks",
                story.id
            );
        }
        let answered = content
            .stories
            .iter()
            .filter(|story| !story.still.is_empty());
        assert!(answered.count() >= 60);
        assert!(content.launches.iter().all(|launch| {
            content
                .brands
                .iter()
                .any(|brand| brand.slug == launch.brand)
        }));
        assert!(content.outages.iter().all(|outage| {
            content
                .brands
                .iter()
                .any(|brand| brand.slug == outage.brand)
        }));
    }
}
