//! What happens when the company answers: the answer is placed once, and the customer takes it one way or another.

use crate::content::{Language, Story};
use crate::dice::Dice;
use crate::item::{Item, ItemType, Millis, Visibility};
use crate::world::agenda::{Event, Mood};
use crate::world::{MINUTE, Matter, SECOND, World, private_thread};

/// The longest text the network takes.
const LONGEST: usize = 5_000;

/// What an answer wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerKind {
    Reply,
    Edit,
    Delete,
    Reaction,
    Unreaction,
}

/// An answer of the company as it came in.
#[derive(Debug, Clone)]
pub struct Answer {
    pub kind: AnswerKind,
    /// The sender's id of the message: the same id is placed once.
    pub message_id: String,
    pub body: String,
    pub private: bool,
    pub in_reply_to: Option<String>,
    pub thread: Option<String>,
    /// Whom a private message is for, where it begins a thread.
    pub recipient: Option<String>,
    /// The id of the item to edit, to delete or to react to.
    pub of: Option<String>,
    pub reaction: Option<String>,
}

/// Where an answer stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    pub id: String,
    pub time: Millis,
    /// False where it stood there already.
    pub new: bool,
}

/// Why the network does not take an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// Nobody and nothing to answer to.
    Gone,
    /// The text cannot be taken.
    Text(&'static str),
}

impl World {
    /// Finds the item that an answer became.
    pub fn find_answer(&self, message_id: &str) -> Option<Placed> {
        let id = self.answered.get(message_id)?;
        Some(Placed {
            id: id.clone(),
            time: self
                .network
                .find(id)
                .map_or(self.start, |standing| standing.item.time),
            new: false,
        })
    }

    /// Places an answer of the company; the customer will react in a while.
    pub fn answer(
        &mut self,
        brand: usize,
        answer: &Answer,
        now: Millis,
    ) -> Result<Placed, Refused> {
        // An edit carries the id of the message it changes, so only new texts are looked up.
        let is_reply = answer.kind == AnswerKind::Reply;
        if let Some(placed) = self.find_answer(&answer.message_id).filter(|_| is_reply) {
            return Ok(placed);
        }
        if matches!(answer.kind, AnswerKind::Reply | AnswerKind::Edit) {
            check_text(&answer.body)?;
        }

        match answer.kind {
            AnswerKind::Reply => self.place_reply(brand, answer, now),
            AnswerKind::Edit | AnswerKind::Delete => self.change_own(brand, answer, now),
            AnswerKind::Reaction | AnswerKind::Unreaction => {
                self.place_reaction(brand, answer, now)
            }
        }
    }

    fn place_reply(
        &mut self,
        brand: usize,
        answer: &Answer,
        now: Millis,
    ) -> Result<Placed, Refused> {
        let target = answer.in_reply_to.as_deref();
        let known = target.and_then(|id| self.network.find(id));
        if known.is_some_and(|standing| standing.deleted) {
            return Err(Refused::Gone);
        }
        // What an earlier run of the world published is forgotten, but may still be answered.
        let ours = target.is_some_and(|id| id.starts_with(&format!("{}-", self.epoch)));
        let addressed = answer.thread.is_some() || answer.recipient.is_some();
        if known.is_none() && (ours || target.is_none()) && !addressed {
            return Err(Refused::Gone);
        }
        // A private word to somebody who wrote in public begins a thread of its own.
        let party = known
            .map(|standing| standing.item.author.id.clone())
            .or_else(|| answer.recipient.clone());
        let thread = known
            .and_then(|standing| standing.item.thread.clone())
            .or_else(|| answer.thread.clone())
            .or_else(|| party.map(|party| private_thread(&party, brand)));

        let author = Self::own_author(brand);
        let mut item = self.new_item(brand, author, answer.body.clone(), now);
        if answer.private {
            item.visibility = Visibility::Private;
            item.thread.clone_from(&thread);
        } else {
            item.parent.clone_from(&answer.in_reply_to);
        }
        item.echo_of = Some(answer.message_id.clone());
        let time = item.time;
        let id = self.publish(item);
        self.answered.insert(answer.message_id.clone(), id.clone());

        let by_item = target.and_then(|id| self.matter_of.get(id)).copied();
        let matter = by_item.or_else(|| {
            let in_thread =
                |matter: &Matter| answer.private && thread.is_some() && matter.thread == thread;
            self.matters.iter().rposition(in_thread)
        });
        if let Some(matter) = matter {
            // Who is answered in private goes on in private.
            if answer.private {
                self.matters[matter].visibility = Visibility::Private;
                self.matters[matter].thread = thread;
            }
            self.plan_taking(matter, &id, &answer.body, now);
        }
        Ok(Placed {
            id,
            time,
            new: true,
        })
    }

    fn change_own(
        &mut self,
        brand: usize,
        answer: &Answer,
        now: Millis,
    ) -> Result<Placed, Refused> {
        let id = answer
            .of
            .clone()
            .or_else(|| self.answered.get(&answer.message_id).cloned())
            .or_else(|| answer.in_reply_to.clone())
            .ok_or(Refused::Gone)?;
        let old = self
            .network
            .find(&id)
            .filter(|standing| standing.item.author.own && !standing.deleted);
        let (visibility, thread) = old
            .map(|standing| (standing.item.visibility, standing.item.thread.clone()))
            .ok_or(Refused::Gone)?;

        let author = Self::own_author(brand);
        let edit = answer.kind == AnswerKind::Edit;
        let text = if edit {
            answer.body.clone()
        } else {
            String::new()
        };
        let time = self.told_time(now);
        let item = Item {
            what: if edit {
                ItemType::Edit
            } else {
                ItemType::Delete
            },
            id: id.clone(),
            visibility,
            thread,
            time,
            ..blank_item(brand, author, text)
        };
        self.publish(item);
        Ok(Placed {
            id,
            time,
            new: true,
        })
    }

    fn place_reaction(
        &mut self,
        brand: usize,
        answer: &Answer,
        now: Millis,
    ) -> Result<Placed, Refused> {
        let named = answer.of.clone().or_else(|| answer.in_reply_to.clone());
        let of = named.ok_or(Refused::Gone)?;
        let kind = answer.reaction.as_deref().unwrap_or("like");
        if self.network.find(&of).is_none() {
            return Err(Refused::Gone);
        }
        let adds = answer.kind == AnswerKind::Reaction;
        let key = format!("{of}/{kind}");
        let known = self.own_reactions.get(&key).cloned();
        let placed = |id: String, time: Millis, new: bool| Placed { id, time, new };
        if let Some(id) = known.clone().filter(|_| adds) {
            return Ok(placed(id, self.last_time, false));
        }

        let author = Self::own_author(brand);
        if adds {
            let id = self.react(author, &of, kind, now).ok_or(Refused::Gone)?;
            self.own_reactions.insert(key, id.clone());
            return Ok(placed(id, self.last_time, true));
        }
        let Some(id) = known else {
            return Ok(placed(of, self.last_time, false));
        };
        self.own_reactions.remove(&key);
        let time = self.told_time(now);
        let item = Item {
            what: ItemType::Unreaction,
            id: id.clone(),
            of: Some(of),
            reaction: Some(kind.to_owned()),
            time,
            ..blank_item(brand, author, String::new())
        };
        self.publish(item);
        Ok(placed(id, time, true))
    }

    /// Decides how the customer takes an answer, and when they say so.
    pub(super) fn plan_taking(&mut self, index: usize, answer: &str, body: &str, now: Millis) {
        self.matter_of.insert(answer.to_owned(), index);
        let past = self.past;
        let matter = &mut self.matters[index];
        matter.rounds = matter.rounds.saturating_add(1);
        let round = matter.rounds;
        let dice = &mut matter.dice;

        let content = matter.temper.contentment() + impression(body) + 0.2 * f64::from(round - 1);
        let mood = match round {
            1..=3 if dice.chance(content) => Mood::Thanks,
            1..=2 => Mood::Still,
            _ => Mood::Like,
        };
        let speaks = mood == Mood::Like || dice.chance(if round == 1 { 0.85 } else { 0.65 });
        let wait = if past {
            dice.between(3 * MINUTE, 90 * MINUTE)
        } else {
            dice.between(6 * SECOND, 40 * SECOND)
        };
        if speaks {
            let event = Event::Take {
                matter: index,
                answer: answer.to_owned(),
                mood,
            };
            self.agenda.plan(now + wait, event);
        }
        if promises_a_call(body) {
            let later = now + self.matters[index].dice.between(4 * MINUTE, 9 * MINUTE);
            self.agenda.plan(
                later,
                Event::Promise {
                    matter: index,
                    round,
                },
            );
        }
    }
}

/// The words a customer uses for a mood: the story's own, or anybody's.
pub(super) fn words_for(
    story: Option<&'static Story>,
    lang: Language,
    mood: Mood,
    dice: &mut Dice,
) -> &'static str {
    let moods = &crate::content::CONTENT.moods;
    let (own, common) = match mood {
        Mood::Thanks | Mood::Like => (story.map(|story| &story.thanks), &moods.thanks),
        Mood::Still => (story.map(|story| &story.still), &moods.still),
    };
    let own = own.filter(|texts| !texts.is_empty());
    let texts = own.or_else(|| common.get(&lang));
    texts
        .and_then(|texts| dice.pick(texts))
        .map_or("", String::as_str)
}

fn check_text(body: &str) -> Result<(), Refused> {
    if body.trim().is_empty() {
        return Err(Refused::Text("an answer needs a text"));
    }
    if body.chars().count() > LONGEST {
        return Err(Refused::Text("an answer has at most 5000 characters"));
    }
    Ok(())
}

/// How an answer reads at first sight: an apology and some care help, a form letter does not.
fn impression(body: &str) -> f64 {
    let lower = body.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let mut impression = 0.0;
    if says(&[
        "tut uns leid",
        "tut mir leid",
        "entschuldig",
        "sorry",
        "apolog",
        "verzeihung",
    ]) {
        impression += 0.12;
    }
    if says(&[
        "kontaktformular",
        "hotline",
        "wenden sie sich",
        "contact form",
        "please call",
        "faq",
    ]) {
        impression -= 0.3;
    }
    match body.chars().count() {
        0..=24 => impression - 0.3,
        120.. => impression + 0.08,
        _ => impression,
    }
}

fn promises_a_call(body: &str) -> bool {
    let lower = body.to_lowercase();
    [
        "rufen wir",
        "rufe ich",
        "wir rufen",
        "ich rufe",
        "rückruf",
        "rufen sie an",
        "rufen dich an",
        "call you",
        "call back",
        "ring you",
    ]
    .iter()
    .any(|words| lower.contains(words))
}

fn blank_item(brand: usize, author: crate::item::Author, text: String) -> Item {
    Item {
        brand,
        what: ItemType::Post,
        id: String::new(),
        text,
        author,
        time: 0,
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
