//! The demo world's customers on the simulated networks: what the world tells is done there, and what
//! our accounts say there is answered by the world. Each person lives on one network for each company.

mod habits;
mod orders;

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::sync::Arc;

use serde_json::json;

use crate::hub;
use crate::item::{Item, ItemType, Visibility};
use crate::networks::station::Town;
use crate::world::{Answer, AnswerKind};
use habits::{HABITS, Habit};

/// An account of a company at which its customers write from now on.
#[derive(Debug, Clone)]
pub struct Residence {
    /// The company: `nordtal` or `lumenau`, or its full name.
    pub brand: String,
    /// A simulated network, or `here` for the world's own one.
    pub network: String,
    /// What the account is called there.
    pub handle: String,
    /// Its id, as the network told it on opening the account.
    pub account: String,
}

/// Who stays on the world's own network.
const HERE: &str = "here";

struct Home {
    brand: usize,
    /// None for the world's own network, which takes everything.
    habit: Option<&'static Habit>,
    handle: String,
    account: String,
}

/// Where something of the world stands on a network.
#[derive(Clone)]
struct Place {
    home: usize,
    id: String,
}

/// A private thread on a network.
struct Correspondence {
    home: usize,
    /// The network's id of the newest word in it.
    last: String,
    handle: String,
    name: String,
}

/// Who lives where, and what stands where.
pub(crate) struct Residents {
    town: Arc<Town>,
    homes: Vec<Home>,
    /// By the world's ids.
    places: HashMap<String, Place>,
    /// The world's ids by the networks'.
    named: HashMap<(&'static str, String), String>,
    threads: HashMap<String, Correspondence>,
    /// The newest private word between an account and a person, by any name the network has for them.
    newest: HashMap<(usize, String), String>,
    /// What our accounts said and the world has not placed yet, and to whom in private.
    heard: HashMap<String, (Place, Option<String>)>,
    /// What a network did not take: what follows it stands nowhere either.
    lost: HashSet<String>,
    /// How often each company posted.
    posted: HashMap<usize, usize>,
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
            lost: HashSet::new(),
            posted: HashMap::new(),
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
            .find(|habit| habit.network == residence.network);
        if habit.is_none() && residence.network != HERE {
            return Err(unknown("network"));
        }
        self.homes.push(Home {
            brand,
            habit,
            handle: residence.handle.clone(),
            account: residence.account.clone(),
        });
        Ok(())
    }

    /// Does on the networks what happened in the past, at the time at which it happened; returns what
    /// happened on none of them.
    pub(crate) fn relive(&mut self, past: Vec<Item>) -> Vec<Item> {
        let clock = Arc::clone(&self.town.clock);
        let rest = past
            .into_iter()
            .filter(|item| {
                clock.play(Some(item.time));
                !self.carry(item)
            })
            .collect();
        clock.play(None);
        rest
    }

    /// Does on a network what happened in the world; no where it happens on none.
    pub(crate) fn carry(&mut self, item: &Item) -> bool {
        match item.what {
            ItemType::Post => self.say(item),
            ItemType::Edit | ItemType::Delete => {
                let edits = item.what == ItemType::Edit;
                let word = if edits { "edit" } else { "delete" };
                self.change(item, &item.id, word)
            }
            ItemType::Reaction | ItemType::Unreaction => {
                let adds = item.what == ItemType::Reaction;
                let word = if adds { "react" } else { "unreact" };
                item.of
                    .as_ref()
                    .is_some_and(|of| self.change(item, of, word))
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
                let speaks = |home: &Home| home.is_at(habit.network) && home.account == word.by;
                let Some(home) = self.homes.iter().position(speaks) else {
                    continue;
                };
                let by_id = word
                    .of
                    .and_then(|of| self.named.get(&(habit.network, of)).cloned());
                let to = word.to;
                let by_name = || self.newest.get(&(home, to.clone()?)).cloned();
                let Some(target) = by_id.or_else(by_name) else {
                    continue;
                };
                let message_id = format!("{}:{}", habit.network, word.id);
                let place = Place { home, id: word.id };
                self.heard.insert(message_id.clone(), (place, to));
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
        if let Some((place, to)) = heard {
            self.place_own(item, place, to);
            return true;
        }
        if self.is_lost(item.parent.as_ref()) {
            self.lost.insert(item.id.clone());
            return true;
        }
        let Some(number) = self.home_of(item) else {
            return false;
        };
        let Some(habit) = self.homes[number].habit else {
            return false;
        };
        let done = self
            .act_of(item, number, habit)
            .and_then(|act| self.order(number, habit, act));
        let id = done.as_ref().and_then(|done| done["id"].as_str());
        let (Some(done), Some(id)) = (&done, id) else {
            let begins = match item.visibility {
                Visibility::Public => item.parent.is_none(),
                Visibility::Private => !self.is_known_thread(item),
            };
            // What nobody answered yet can begin elsewhere.
            if !begins {
                self.lost.insert(item.id.clone());
            }
            return !begins;
        };
        if let Some(key) = item.thread.as_ref().filter(|_| is_private(item)) {
            let names = [
                Some(habit.name_of(&item.author.handle)),
                done["person"].as_str().map(str::to_owned),
            ];
            for name in names.into_iter().flatten().filter(|_| !item.author.own) {
                self.newest.insert((number, name), item.id.clone());
            }
            self.thread_goes_on(key, (number, id), item);
        }
        let place = Place {
            home: number,
            id: id.to_owned(),
        };
        self.keep(item, place, habit);
        true
    }

    /// Keeps where something stands that our account said, once the world has placed it.
    fn place_own(&mut self, item: &Item, place: Place, to: Option<String>) {
        if is_private(item) {
            if let Some(to) = to {
                self.newest.insert((place.home, to), item.id.clone());
            }
            if let Some(key) = &item.thread {
                self.thread_goes_on(key, (place.home, &place.id), item);
            }
        }
        if let Some(habit) = self.homes[place.home].habit {
            self.keep(item, place, habit);
        }
    }

    fn thread_goes_on(&mut self, key: &str, (home, last): (usize, &str), item: &Item) {
        let thread = self
            .threads
            .entry(key.to_owned())
            .or_insert(Correspondence {
                home,
                last: String::new(),
                handle: String::new(),
                name: String::new(),
            });
        thread.home = home;
        last.clone_into(&mut thread.last);
        if !item.author.own {
            thread.handle.clone_from(&item.author.handle);
            thread.name.clone_from(&item.author.name);
        }
    }

    /// Returns the account at which something is said: where what it answers stands, or where the
    /// person lives.
    fn home_of(&mut self, item: &Item) -> Option<usize> {
        if is_private(item) {
            let known = item.thread.as_ref().and_then(|key| self.threads.get(key));
            let lives = || {
                self.choose(item.brand, &item.author.id, |habit| {
                    habit.own_private.is_some()
                })
            };
            return known.map(|thread| thread.home).or_else(lives);
        }
        if let Some(parent) = &item.parent {
            return self.places.get(parent).map(|place| place.home);
        }
        if item.author.own {
            // A company posts on one network after the other.
            let homes = self.homes_of(item.brand, |habit| habit.below.is_some());
            let posted = self.posted.entry(item.brand).or_default();
            *posted += 1;
            return homes.get(*posted % homes.len().max(1)).copied();
        }
        self.choose(item.brand, &item.author.id, |habit| habit.begin.is_some())
    }

    fn homes_of(&self, brand: usize, fits: impl Fn(&Habit) -> bool) -> Vec<usize> {
        (0..self.homes.len())
            .filter(|number| {
                let home = &self.homes[*number];
                home.brand == brand && home.habit.is_none_or(&fits)
            })
            .collect()
    }

    /// Returns where somebody lives: always at the same place.
    fn choose(&self, brand: usize, key: &str, fits: impl Fn(&Habit) -> bool) -> Option<usize> {
        let homes = self.homes_of(brand, fits);
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let place = hasher.finish() as usize;
        homes.get(place % homes.len().max(1)).copied()
    }

    /// Changes what stands on a network, or reacts to it; no where it stands on none.
    fn change(&mut self, item: &Item, of: &str, word: &str) -> bool {
        let Some(place) = self.places.get(of).cloned() else {
            return self.lost.contains(of);
        };
        let home = &self.homes[place.home];
        // What our own accounts change they change on the network itself.
        let Some(habit) = home.habit.filter(|_| !item.author.own) else {
            return true;
        };
        let mut act = json!({
            "act": word,
            "by": habit.name_of(&item.author.handle),
            "name": item.author.name,
            "to": home.handle,
            "of": place.id,
            "text": item.text,
        });
        if let Some(kind) = &item.reaction {
            act["reaction"] = json!(habit.reaction(kind, is_private(item)));
        }
        let done = self.order(place.home, habit, act);
        // Where every version is a post of its own, the newest is what is answered.
        let moved = done.as_ref().and_then(|done| done["id"].as_str());
        if let Some(id) = moved.filter(|id| word == "edit" && *id != place.id) {
            let place = Place {
                home: place.home,
                id: id.to_owned(),
            };
            self.keep(item, place, habit);
        }
        true
    }

    fn keep(&mut self, item: &Item, place: Place, habit: &Habit) {
        self.named
            .insert((habit.network, place.id.clone()), item.id.clone());
        self.places.insert(item.id.clone(), place);
    }

    fn is_lost(&self, id: Option<&String>) -> bool {
        id.is_some_and(|id| self.lost.contains(id))
    }

    fn is_known_thread(&self, item: &Item) -> bool {
        let key = item.thread.as_ref();
        key.is_some_and(|key| self.threads.contains_key(key))
    }
}

impl Home {
    fn is_at(&self, network: &str) -> bool {
        self.habit.is_some_and(|habit| habit.network == network)
    }
}

fn is_private(item: &Item) -> bool {
    item.visibility == Visibility::Private
}
