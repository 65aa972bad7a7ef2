//! The demo world: customers who write, answer each other, thank and grow angry, by a seed and a clock handed in.
//! It knows no network and reads no clock: the same seed and the same calls give the same items.

mod agenda;
mod answers;
mod cast;
mod crowd;
mod network;
mod phrase;
mod plot;
mod tale;

use std::collections::{HashMap, HashSet};

use agenda::Agenda;
pub use answers::{Answer, AnswerKind, Placed, Refused};
pub use network::{Network, Standing};
use phrase::Blanks;

use crate::content::{CONTENT, Language, Story, Temper};
use crate::dice::Dice;
use crate::item::{Author, Item, ItemType, Millis, Visibility};

pub(crate) const SECOND: Millis = 1_000;
pub(crate) const MINUTE: Millis = 60 * SECOND;
pub(crate) const HOUR: Millis = 60 * MINUTE;
pub(crate) const DAY: Millis = 24 * HOUR;

/// What a person trying the demo writes as a customer.
#[derive(Debug, Clone)]
pub struct Guest {
    pub name: String,
    pub brand: usize,
    pub text: String,
    pub parent: Option<String>,
    pub private: bool,
}

/// The demo world.
#[derive(Debug)]
pub struct World {
    start: Millis,
    factor: i64,
    /// The time that was skipped by hand and therefore is no time of the wall.
    skipped: Millis,
    base_url: String,
    epoch: String,
    seed: u64,
    counter: u64,
    last_time: Millis,
    /// True while the past is played: the company answers by itself.
    past: bool,
    network: Network,
    agenda: Agenda,
    chance: Dice,
    decks: Vec<Vec<usize>>,
    matters: Vec<Matter>,
    matter_of: HashMap<String, usize>,
    answered: HashMap<String, String>,
    own_reactions: HashMap<String, String>,
    /// Comments that stand already, so that people do not repeat each other.
    said: HashSet<String>,
    newest_post: Vec<Option<String>>,
    launch_posts: Vec<Option<String>>,
    out: Vec<Item>,
}

/// One matter of one customer as the world follows it.
#[derive(Debug)]
struct Matter {
    brand: usize,
    story: Option<&'static Story>,
    lang: Language,
    temper: Temper,
    party: Author,
    visibility: Visibility,
    thread: Option<String>,
    first: String,
    last: String,
    rounds: u8,
    blanks: Blanks,
    dice: Dice,
}

impl World {
    /// Makes an empty world that starts at a time and runs `factor` times as fast as the wall's clock.
    pub fn new(seed: u64, start: Millis, factor: i64) -> Self {
        let brands = CONTENT.brands.len();
        Self {
            start,
            factor: factor.max(1),
            skipped: 0,
            base_url: String::new(),
            epoch: base36(u64::try_from(start / SECOND).unwrap_or_default()),
            seed,
            counter: 0,
            last_time: Millis::MIN,
            past: false,
            network: Network::default(),
            agenda: Agenda::default(),
            chance: Dice::from_parts(&[seed, 0]),
            decks: vec![Vec::new(); brands],
            matters: Vec::new(),
            matter_of: HashMap::new(),
            answered: HashMap::new(),
            own_reactions: HashMap::new(),
            said: HashSet::new(),
            newest_post: vec![None; brands],
            launch_posts: vec![None; CONTENT.launches.len()],
            out: Vec::new(),
        }
    }

    /// Says under which address the network's pages stand; items carry it from now on.
    pub fn set_base_url(&mut self, base_url: &str) {
        base_url
            .trim_end_matches('/')
            .clone_into(&mut self.base_url);
    }

    /// Plays the days before the start and returns what happened in them, oldest first.
    pub fn history(&mut self, days: u32) -> Vec<Item> {
        self.plan_past(days);
        self.past = true;
        let items = self.step(self.start - MINUTE);
        self.past = false;
        items
    }

    /// Lets customers write from the start on.
    pub fn enliven(&mut self) {
        self.plan_present();
    }

    /// Lets time pass until `until` and returns what happened, in order.
    pub fn step(&mut self, until: Millis) -> Vec<Item> {
        while let Some((at, event)) = self.agenda.take_due(until) {
            self.happen(at, event);
        }
        std::mem::take(&mut self.out)
    }

    /// Returns when something happens next.
    pub fn next_at(&self) -> Option<Millis> {
        self.agenda.next_at()
    }

    /// Skips time by hand.
    pub fn skip(&mut self, time: Millis) {
        self.skipped += time;
    }

    /// What stands on the network now.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Publishes what a guest writes and returns the id of the new item.
    pub fn write(&mut self, guest: Guest, now: Millis) -> String {
        let slug: String = guest
            .name
            .to_lowercase()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        let author = Author {
            id: format!("guest-{slug}"),
            name: guest.name,
            handle: slug,
            own: false,
        };
        let mut item = self.new_item(guest.brand, author, guest.text, now);
        if guest.private {
            item.visibility = Visibility::Private;
            item.thread = Some(private_thread(&item.author.id, guest.brand));
        } else {
            item.mentions_us = guest.parent.is_none();
            item.parent = guest.parent;
        }
        self.publish(item)
    }

    /// The time that kulant is told: the wall's, however fast the world runs.
    fn told_time(&mut self, at: Millis) -> Millis {
        let after = at - self.start - self.skipped;
        let told = if at <= self.start {
            at
        } else {
            self.start + after.max(0) / self.factor
        };
        // Two things never happen in the same millisecond, so every order of reading is the same.
        self.last_time = told.max(self.last_time + 1);
        self.last_time
    }

    fn new_id(&mut self) -> String {
        self.counter += 1;
        format!("{}-{}", self.epoch, base36(self.counter))
    }

    fn new_item(&mut self, brand: usize, author: Author, text: String, at: Millis) -> Item {
        Item {
            brand,
            what: ItemType::Post,
            id: self.new_id(),
            text,
            author,
            time: self.told_time(at),
            parent: None,
            thread: None,
            visibility: Visibility::Public,
            url: None,
            title: None,
            mentions_us: false,
            echo_of: None,
            reaction: None,
            of: None,
        }
    }

    fn own_author(brand: usize) -> Author {
        let brand = &CONTENT.brands[brand];
        Author {
            id: brand.slug.clone(),
            name: brand.name.clone(),
            handle: brand.handle.clone(),
            own: true,
        }
    }

    /// Keeps an item, gives it its address and tells it.
    fn publish(&mut self, mut item: Item) -> String {
        let id = item.id.clone();
        self.network.take(&item);
        if !self.base_url.is_empty() && item.visibility == Visibility::Public {
            let root = self.network.root_of(item.of.as_deref().unwrap_or(&id));
            item.url = Some(format!("{}/post/{root}#{id}", self.base_url));
        }
        self.out.push(item);
        id
    }

    fn react(&mut self, author: Author, of: &str, kind: &str, at: Millis) -> Option<String> {
        let target = self.network.find(of).filter(|target| !target.deleted)?;
        let brand = target.item.brand;
        let (visibility, thread) = (target.item.visibility, target.item.thread.clone());
        let mut item = self.new_item(brand, author, String::new(), at);
        item.what = ItemType::Reaction;
        item.visibility = visibility;
        item.thread = thread;
        item.of = Some(of.to_owned());
        item.reaction = Some(kind.to_owned());
        Some(self.publish(item))
    }
}

fn private_thread(author: &str, brand: usize) -> String {
    format!("dm-{author}-{}", CONTENT.brands[brand].slug)
}

fn base36(mut number: u64) -> String {
    let mut digits = Vec::new();
    loop {
        let digit = u32::try_from(number % 36).unwrap_or_default();
        digits.push(char::from_digit(digit, 36).unwrap_or('0'));
        number /= 36;
        if number == 0 {
            return digits.into_iter().rev().collect();
        }
    }
}

#[cfg(test)]
mod tests;
