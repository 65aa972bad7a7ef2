//! How one matter goes on: its beginning, what follows by itself, how answers and silence are taken.

use crate::content::{Act, By, CONTENT, Place, Story};
use crate::item::{Author, Item, ItemType, Millis, Visibility};
use crate::world::agenda::{Event, Mood};
use crate::world::cast::author_of;
use crate::world::{DAY, HOUR, MINUTE, SECOND, World, answers, phrase, private_thread};

impl World {
    pub(super) fn tell_story(&mut self, brand: usize, at: Millis) {
        let wait = if self.past {
            self.chance.wait(150.0 * MINUTE as f64) * night_factor(at)
        } else {
            SECOND + self.chance.wait(45.0 * SECOND as f64)
        };
        let next = at + wait;
        // The present starts its own chain.
        if !self.past || next < self.start {
            self.agenda.plan(next, Event::Story { brand });
        }
        let story = self.draw_story(brand);
        let person = if story.kind == "spam" {
            self.draw_passer_by(story.lang)
        } else {
            self.draw_person(story.lang, story.temper)
        };
        let matter = self.open_matter(brand, Some(story), &person);
        self.tell_opening(matter, story, at);
    }

    pub(super) fn tell_opening(&mut self, index: usize, story: &'static Story, at: Millis) {
        let brand = self.matters[index].brand;
        let private = story.at == Place::Private;
        let post = (story.at == Place::Comment)
            .then(|| self.newest_post[brand].clone())
            .flatten();
        let text = self.say(index, &story.open);

        let author = self.matters[index].party.clone();
        let mut item = self.new_item(brand, author, text, at);
        if private {
            item.visibility = Visibility::Private;
            item.thread = Some(private_thread(&item.author.id, brand));
        } else if let Some(post) = post {
            item.parent = Some(post);
        } else {
            mention(&mut item, &CONTENT.brands[brand].handle);
        }
        self.publish_for(index, item);
        self.plan_after_opening(index, at);
    }

    /// Publishes what belongs to a matter, so that answers to it are known to be about it.
    pub(super) fn publish_for(&mut self, index: usize, item: Item) -> String {
        let (visibility, thread) = (item.visibility, item.thread.clone());
        let id = self.publish(item);
        let matter = &mut self.matters[index];
        if matter.first.is_empty() {
            matter.first.clone_from(&id);
            matter.visibility = visibility;
            matter.thread = thread;
        }
        matter.last.clone_from(&id);
        self.matter_of.insert(id.clone(), index);
        id
    }

    pub(super) fn plan_after_opening(&mut self, index: usize, at: Millis) {
        let past = self.past;
        let start = self.start;
        let matter = &mut self.matters[index];
        let story = matter.story;
        let no_answer = story.is_some_and(|story| matches!(story.kind.as_str(), "spam" | "other"));

        if let Some(beat) = story.and_then(|story| story.then.first()) {
            let wait = beat.after * SECOND + matter.dice.between(0, 20 * SECOND);
            self.agenda.plan(
                at + wait,
                Event::Beat {
                    matter: index,
                    beat: 0,
                },
            );
        }
        if no_answer {
            return;
        }
        if past {
            let recent = start - at < 3 * HOUR;
            let chance = match (story.is_some(), recent) {
                (true, true) => 0.35,
                (true, false) => 0.94,
                (false, true) => 0.08,
                (false, false) => 0.13,
            };
            if matter.dice.chance(chance) {
                let answered_at =
                    next_service_time(at) + matter.dice.between(4 * MINUTE, 95 * MINUTE);
                self.agenda
                    .plan(answered_at, Event::OwnAnswer { matter: index });
            }
        } else if story.is_some() && matter.dice.chance(0.4) {
            let wait = matter.dice.between(9 * MINUTE, 25 * MINUTE);
            self.agenda
                .plan(at + wait, Event::Silence { matter: index });
        }
    }

    pub(super) fn tell_beat(&mut self, index: usize, number: usize, at: Millis) {
        let Some(story) = self.matters[index].story else {
            return;
        };
        let Some(beat) = story.then.get(number) else {
            return;
        };
        if let Some(next) = story.then.get(number + 1) {
            let wait = next.after * SECOND;
            self.agenda.plan(
                at + wait,
                Event::Beat {
                    matter: index,
                    beat: number + 1,
                },
            );
        }
        let (brand, lang) = (self.matters[index].brand, self.matters[index].lang);
        let author = match beat.by {
            By::Party => self.matters[index].party.clone(),
            By::Other => author_of(&self.draw_other(index, lang)),
        };
        let target = self.matters[index].last.clone();
        match beat.act {
            Act::Say => {
                let text = self.say(index, &beat.say);
                self.speak_in(index, author, text, at);
            }
            Act::Edit | Act::Delete => {
                let edit = beat.act == Act::Edit;
                let text = if edit {
                    self.say(index, &beat.say)
                } else {
                    String::new()
                };
                let matter = &self.matters[index];
                let (visibility, thread, first) = (
                    matter.visibility,
                    matter.thread.clone(),
                    matter.first.clone(),
                );
                let mut item = self.new_item(brand, author, text, at);
                item.what = if edit {
                    ItemType::Edit
                } else {
                    ItemType::Delete
                };
                item.id = first;
                item.visibility = visibility;
                item.thread = thread;
                self.publish(item);
            }
            act => {
                self.react(author, &target, reaction_name(act), at);
            }
        }
    }

    /// Says something in a matter: under its newest item, or in its private thread.
    pub(super) fn speak_in(
        &mut self,
        index: usize,
        author: Author,
        text: String,
        at: Millis,
    ) -> Option<String> {
        if text.is_empty() {
            return None;
        }
        let matter = &self.matters[index];
        let (brand, visibility, thread) = (matter.brand, matter.visibility, matter.thread.clone());
        let alive = |id: &String| {
            self.network
                .find(id)
                .is_some_and(|standing| !standing.deleted)
        };
        let parent = Some(matter.last.clone())
            .filter(alive)
            .or_else(|| Some(matter.first.clone()).filter(alive));
        if visibility == Visibility::Public && parent.is_none() {
            return None;
        }
        let is_party = author.id == matter.party.id;
        let mut item = self.new_item(brand, author, text, at);
        item.visibility = visibility;
        item.thread = thread;
        item.parent = parent.filter(|_| visibility == Visibility::Public);
        if is_party {
            return Some(self.publish_for(index, item));
        }
        // A bystander's words do not become what the party is answered under.
        let id = self.publish(item);
        self.matter_of.insert(id.clone(), index);
        Some(id)
    }

    pub(super) fn break_silence(&mut self, index: usize, at: Millis) {
        let matter = &mut self.matters[index];
        if matter.rounds > 0 {
            return;
        }
        let own = matter
            .story
            .map(|story| &story.silent)
            .filter(|texts| !texts.is_empty());
        let common = CONTENT.moods.silent.get(&matter.lang);
        let Some(texts) = own.or(common) else {
            return;
        };
        let text = self.say(index, texts);
        let author = self.matters[index].party.clone();
        self.speak_in(index, author, text, at);
    }

    pub(super) fn answer_in_the_past(&mut self, index: usize, at: Millis) {
        if !self.past {
            return;
        }
        let matter = &self.matters[index];
        let own = matter
            .story
            .map(|story| &story.reply)
            .filter(|texts| !texts.is_empty());
        let Some(texts) = own.or_else(|| CONTENT.moods.reply.get(&matter.lang)) else {
            return;
        };
        let deleted = self
            .network
            .find(&matter.last)
            .is_none_or(|standing| standing.deleted);
        if deleted {
            return;
        }
        let text = self.say(index, texts);
        let author = Self::own_author(self.matters[index].brand);
        if let Some(id) = self.speak_in(index, author, text.clone(), at) {
            self.plan_taking(index, &id, &text, at);
        }
    }

    pub(super) fn take_answer(&mut self, index: usize, answer: &str, mood: Mood, at: Millis) {
        let brand = self.matters[index].brand;
        let author = self.matters[index].party.clone();
        let matter = &mut self.matters[index];
        let likes = mood == Mood::Like || (mood == Mood::Thanks && matter.dice.chance(0.45));
        let kind = if matter.dice.chance(0.4) {
            "thanks"
        } else {
            "like"
        };
        let seen_by_others = mood == Mood::Thanks
            && matter.visibility == Visibility::Public
            && matter.dice.chance(0.3);
        let text = answers::words_for(matter.story, matter.lang, mood, &mut matter.dice);
        let text = phrase::fill(
            text,
            &CONTENT.brands[brand],
            matter.lang,
            &mut matter.blanks,
            &mut matter.dice,
        );

        if likes {
            self.react(author.clone(), answer, kind, at);
        }
        if seen_by_others {
            let lang = self.matters[index].lang;
            let other = author_of(&self.draw_other(index, lang));
            self.react(other, answer, "like", at + SECOND);
        }
        if mood == Mood::Like {
            return;
        }
        // The words stand under the answer they take.
        answer.clone_into(&mut self.matters[index].last);
        self.speak_in(index, author, text, at);
        if mood == Mood::Still && self.past {
            let matter = &mut self.matters[index];
            if self.start - at > 2 * HOUR || matter.dice.chance(0.3) {
                let answered_at =
                    next_service_time(at) + matter.dice.between(5 * MINUTE, 60 * MINUTE);
                self.agenda
                    .plan(answered_at, Event::OwnAnswer { matter: index });
            }
        }
    }

    pub(super) fn ask_for_promise(&mut self, index: usize, round: u8, at: Millis) {
        let matter = &self.matters[index];
        // A newer answer has overtaken the promise.
        if matter.rounds != round {
            return;
        }
        let own = matter
            .story
            .map(|story| &story.promise)
            .filter(|texts| !texts.is_empty());
        let Some(texts) = own.or_else(|| CONTENT.moods.promise.get(&matter.lang)) else {
            return;
        };
        let text = self.say(index, texts);
        let author = self.matters[index].party.clone();
        self.speak_in(index, author, text, at);
    }

    pub(super) fn say(&mut self, index: usize, texts: &[String]) -> String {
        let matter = &mut self.matters[index];
        let text = matter.dice.pick(texts).map_or("", String::as_str);
        let brand = &CONTENT.brands[matter.brand];
        phrase::fill(
            text,
            brand,
            matter.lang,
            &mut matter.blanks,
            &mut matter.dice,
        )
    }
}

pub(super) fn mention(item: &mut Item, handle: &str) {
    item.mentions_us = true;
    if !item.text.contains('@') {
        item.text = format!("@{handle} {}", item.text);
    }
}

fn reaction_name(act: Act) -> &'static str {
    match act {
        Act::Love => "love",
        Act::Thanks => "thanks",
        Act::Laugh => "laugh",
        Act::Sad => "sad",
        Act::Angry => "angry",
        Act::Like | Act::Say | Act::Edit | Act::Delete => "like",
    }
}

/// The hour of the day where these people live; summer time does not matter to a story.
fn hour_of(at: Millis) -> i64 {
    (at + HOUR).rem_euclid(DAY) / HOUR
}

fn night_factor(at: Millis) -> i64 {
    match hour_of(at) {
        0..=5 => 6,
        6..=7 | 22..=23 => 2,
        _ => 1,
    }
}

/// The company answers from 8 to 20.
fn next_service_time(at: Millis) -> Millis {
    let hour = hour_of(at);
    let day = at - (at + HOUR).rem_euclid(DAY);
    match hour {
        8..=19 => at,
        0..=7 => day + 8 * HOUR,
        _ => day + DAY + 8 * HOUR,
    }
}
