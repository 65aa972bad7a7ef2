//! The demo world's customers on the simulated networks: what the world tells is done there, and what
//! our accounts say there is answered by the world. Each person lives on one network for each company.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::hub;
use crate::item::{Item, ItemType, Visibility};
use crate::networks::station::Town;
use crate::world::{Answer, AnswerKind};

/// A company's account on a network, at which its customers write from now on.
#[derive(Debug, Clone)]
pub struct Residence {
    /// The company: `nordtal` or `lumenau`, or its full name.
    pub brand: String,
    pub network: String,
    /// What the account is called there.
    pub handle: String,
}

/// What people do on a network, and by which words it is ordered there.
struct Habit {
    network: &'static str,
    /// By which word people write in public of their own accord; none where they do not.
    begin: Option<&'static str>,
    /// By which words the company posts, and people write below.
    post: Option<(&'static str, &'static str)>,
    private: bool,
}

/// Networks on which the world's customers can live.
const HABITS: &[Habit] = &[
    Habit {
        network: "facebook",
        begin: None,
        post: Some(("native_post", "comment")),
        private: true,
    },
    Habit {
        network: "mastodon",
        begin: Some("post"),
        post: None,
        private: false,
    },
    Habit {
        network: "whatsapp",
        begin: None,
        post: None,
        private: true,
    },
];

struct Home {
    brand: usize,
    habit: &'static Habit,
    handle: String,
}

/// Where something of the world stands on a network.
#[derive(Clone)]
struct Place {
    home: usize,
    id: String,
}

/// Who lives where, and what stands where.
pub(crate) struct Residents {
    town: Arc<Town>,
    homes: Vec<Home>,
    /// By the world's ids.
    places: HashMap<String, Place>,
    /// The world's ids by the networks'.
    named: HashMap<(&'static str, String), String>,
    /// On which account private threads lie.
    threads: HashMap<String, usize>,
    /// The newest private word of a person, by any name that the network has for them.
    newest: HashMap<(&'static str, String), String>,
    /// What our accounts said and the world has not placed yet.
    heard: HashMap<String, Place>,
}

impl Residents {
    pub(crate) fn new(town: Arc<Town>) -> Self {
        Self {
            town,
            homes: Vec::new(),
            places: HashMap::new(),
            named: HashMap::new(),
            threads: HashMap::new(),
            newest: HashMap::new(),
            heard: HashMap::new(),
        }
    }

    pub(crate) fn add(&mut self, residence: &Residence) -> io::Result<()> {
        let unknown = |what: &str| {
            let words = format!("no {what} is called like one of {residence:?}");
            io::Error::new(io::ErrorKind::InvalidInput, words)
        };
        let brand = hub::find_brand(&residence.brand).ok_or_else(|| unknown("company"))?;
        let habit = HABITS
            .iter()
            .find(|habit| habit.network == residence.network)
            .ok_or_else(|| unknown("network"))?;
        self.homes.push(Home {
            brand,
            habit,
            handle: residence.handle.clone(),
        });
        Ok(())
    }

    /// Does on a network what happened in the world; no where it happens on none.
    pub(crate) fn carry(&mut self, item: &Item) -> bool {
        match item.what {
            ItemType::Post => self.say(item),
            ItemType::Edit | ItemType::Delete => {
                let Some(place) = self.places.get(&item.id).cloned() else {
                    return false;
                };
                let edits = item.what == ItemType::Edit;
                self.change(item, &place, if edits { "edit" } else { "delete" });
                true
            }
            ItemType::Reaction | ItemType::Unreaction => {
                let of = item.of.as_ref().and_then(|of| self.places.get(of));
                let Some(place) = of.cloned() else {
                    return false;
                };
                let adds = item.what == ItemType::Reaction;
                self.change(item, &place, if adds { "react" } else { "unreact" });
                true
            }
        }
    }

    /// Returns what our accounts said since the last time to somebody who lives here.
    pub(crate) fn hear(&mut self) -> Vec<(usize, Answer)> {
        let mut answers = Vec::new();
        for habit in HABITS {
            let Some(station) = self.town.stations.get(habit.network) else {
                continue;
            };
            for word in station.kit.own_words.take() {
                let by_id = word
                    .of
                    .and_then(|of| self.named.get(&(habit.network, of)).cloned());
                let target = by_id.or_else(|| {
                    let to = word.to?;
                    self.newest.get(&(habit.network, to)).cloned()
                });
                let Some(target) = target else {
                    continue;
                };
                let Some(home) = self.places.get(&target).map(|place| place.home) else {
                    continue;
                };
                let message_id = format!("{}:{}", habit.network, word.id);
                let place = Place { home, id: word.id };
                self.heard.insert(message_id.clone(), place);
                let answer = Answer {
                    kind: AnswerKind::Reply,
                    message_id,
                    body: word.text,
                    private: word.private,
                    in_reply_to: Some(target),
                    thread: None,
                    recipient: None,
                    of: None,
                    reaction: None,
                };
                answers.push((self.homes[home].brand, answer));
            }
        }
        answers
    }

    fn say(&mut self, item: &Item) -> bool {
        let heard = item.echo_of.as_ref().and_then(|id| self.heard.remove(id));
        if let Some(place) = heard {
            if let Some(thread) = &item.thread {
                self.threads.insert(thread.clone(), place.home);
            }
            self.keep(item, place);
            return true;
        }
        let Some(number) = self.home_of(item) else {
            return false;
        };
        let home = &self.homes[number];
        let is_private = item.visibility == Visibility::Private;
        let (begin, post) = (home.habit.begin, home.habit.post);
        let word = match (item.author.own, is_private) {
            (true, false) if item.parent.is_none() => post.map(|(own, _)| own),
            (true, _) => Some("native_reply"),
            (false, true) => Some("dm"),
            (false, false) => post.map(|(_, below)| below).or(begin),
        };
        let Some(word) = word else {
            return false;
        };
        let mut act = json!({"act": word, "to": home.handle, "text": item.text});
        if !item.author.own {
            act["by"] = json!(item.author.handle);
            act["name"] = json!(item.author.name);
        }
        let above = item
            .parent
            .as_ref()
            .and_then(|above| self.places.get(above));
        if let Some(above) = above.filter(|_| !is_private) {
            act["of"] = json!(above.id);
        }
        let Some(done) = self.order(number, act) else {
            // Below something that stands on a network nothing can stand elsewhere.
            return item.parent.is_some();
        };
        let network = self.homes[number].habit.network;
        if is_private {
            if let Some(thread) = &item.thread {
                self.threads.insert(thread.clone(), number);
            }
            let names = [Some(item.author.handle.as_str()), done["person"].as_str()];
            for name in names.into_iter().flatten() {
                let key = (network, name.to_owned());
                self.newest.insert(key, item.id.clone());
            }
        }
        if let Some(id) = done["id"].as_str() {
            let id = id.to_owned();
            self.keep(item, Place { home: number, id });
        }
        true
    }

    /// Returns the account at which something is said: where what it answers stands, or where the
    /// person lives.
    fn home_of(&self, item: &Item) -> Option<usize> {
        if item.visibility == Visibility::Private {
            let known = item.thread.as_ref().and_then(|key| self.threads.get(key));
            let lives = || self.choose(item.brand, &item.author.id, |habit| habit.private);
            return known.copied().or_else(lives);
        }
        if let Some(parent) = &item.parent {
            return self.places.get(parent).map(|place| place.home);
        }
        if item.author.own {
            return self.choose(item.brand, &item.id, |habit| habit.post.is_some());
        }
        self.choose(item.brand, &item.author.id, |habit| habit.begin.is_some())
    }

    fn choose(&self, brand: usize, key: &str, fits: impl Fn(&Habit) -> bool) -> Option<usize> {
        let homes: Vec<usize> = (0..self.homes.len())
            .filter(|number| self.homes[*number].brand == brand && fits(self.homes[*number].habit))
            .collect();
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let place = hasher.finish() as usize;
        homes.get(place % homes.len().max(1)).copied()
    }

    fn change(&self, item: &Item, place: &Place, word: &str) {
        // What our own accounts change they change on the network itself.
        if item.author.own {
            return;
        }
        let mut act = json!({
            "act": word,
            "by": item.author.handle,
            "to": self.homes[place.home].handle,
            "of": place.id,
            "text": item.text,
        });
        if let Some(kind) = &item.reaction {
            act["reaction"] = json!(kind);
        }
        self.order(place.home, act);
    }

    fn order(&self, home: usize, act: Value) -> Option<Value> {
        let network = self.homes[home].habit.network;
        let done = self.town.stations.get(network)?.act(act);
        done.inspect_err(|refused| {
            tracing::debug!(network, reason = %refused.1, "a customer could not do something");
        })
        .ok()
    }

    fn keep(&mut self, item: &Item, place: Place) {
        let network = self.homes[place.home].habit.network;
        self.named
            .insert((network, place.id.clone()), item.id.clone());
        self.places.insert(item.id.clone(), place);
    }
}
