//! What many people do at once: comments under posts and launches, the rage of a disturbance.

use crate::content::{CONTENT, Choir, Language};
use crate::item::Millis;
use crate::world::agenda::Event;
use crate::world::cast::author_of;
use crate::world::phrase::{self, Blanks};
use crate::world::tale::mention;
use crate::world::{HOUR, MINUTE, SECOND, World};

/// How many comments are remembered so as not to be repeated.
const MOST_SAID: usize = 4_000;
/// How many comments the launch in the past draws.
const LAUNCH_COMMENTS: usize = 265;

impl World {
    pub(super) fn post_as_company(&mut self, brand: usize, at: Millis) {
        let wait = if self.past { 13 * HOUR } else { 30 * MINUTE };
        let next = at + wait + self.chance.between(0, HOUR / 4);
        let texts = &CONTENT.brands[brand].posts;
        let number = self.counter as usize + self.chance.below(texts.len());
        let Some(text) = texts.get(number % texts.len().max(1)) else {
            return;
        };
        let author = Self::own_author(brand);
        let filled = phrase::fill(
            text,
            &CONTENT.brands[brand],
            Language::De,
            &mut Blanks::new(),
            &mut self.chance,
        );
        let item = self.new_item(brand, author, filled, at);
        let id = self.publish(item);

        let comments = self.chance.between(3, 8);
        for _ in 0..comments {
            let later = at
                + self.chance.wait(if self.past {
                    2.0 * HOUR as f64
                } else {
                    5.0 * MINUTE as f64
                });
            self.agenda.plan(
                later,
                Event::Comment {
                    post: id.clone(),
                    launch: None,
                },
            );
        }
        self.newest_post[brand] = Some(id);
        if !self.past || next < self.start {
            self.agenda.plan(next, Event::CompanyPost { brand });
        }
    }

    pub(super) fn launch(&mut self, launch: usize, at: Millis) {
        let content = &CONTENT.launches[launch];
        let Some(brand) = CONTENT
            .brands
            .iter()
            .position(|brand| brand.slug == content.brand)
        else {
            return;
        };
        let author = Self::own_author(brand);
        let mut item = self.new_item(brand, author, content.text.clone(), at);
        item.title = Some(content.title.clone());
        let id = self.publish(item);
        self.launch_posts[launch] = Some(id.clone());

        let comments = if launch == 0 {
            LAUNCH_COMMENTS
        } else {
            LAUNCH_COMMENTS / 6
        };
        for _ in 0..comments {
            let later = at + MINUTE + self.chance.wait(7.0 * HOUR as f64);
            let event = Event::Comment {
                post: id.clone(),
                launch: Some(launch),
            };
            self.agenda.plan(later, event);
        }
    }

    pub(super) fn trickle(&mut self, launch: usize, at: Millis) {
        if let Some(post) = self.launch_posts[launch].clone() {
            self.comment(&post, Some(launch), at);
        }
        let wait = 20 * SECOND + self.chance.wait(100.0 * SECOND as f64);
        self.agenda.plan(at + wait, Event::LaunchTrickle { launch });
    }

    pub(super) fn comment(&mut self, post: &str, launch: Option<usize>, at: Millis) {
        let Some(brand) = self.network.find(post).map(|standing| standing.item.brand) else {
            return;
        };
        let choir = launch.map_or(&CONTENT.moods.daily, |launch| {
            &CONTENT.launches[launch].comments
        });
        let lang = if self.chance.chance(0.84) {
            Language::De
        } else {
            Language::En
        };
        let person = if self.chance.chance(0.3) {
            self.draw_person(lang, None)
        } else {
            self.draw_passer_by(lang)
        };
        let matter = self.open_matter(brand, None, &person);
        let text = self.sing_anew(matter, choir);
        let mut item = self.new_item(brand, author_of(&person), text, at);
        item.parent = Some(post.to_owned());
        let id = self.publish_for(matter, item);
        self.plan_after_opening(matter, at);

        let dice = &mut self.matters[matter].dice;
        if dice.chance(0.12) {
            let wait = dice.between(MINUTE, 25 * MINUTE);
            self.agenda
                .plan(at + wait, Event::Aside { parent: id.clone() });
        }
        if self.matters[matter].dice.chance(0.12) {
            let other = author_of(&self.draw_passer_by(lang));
            self.react(other, post, "like", at + SECOND);
        }
    }

    pub(super) fn speak_aside(&mut self, parent: &str, at: Millis) {
        let Some(index) = self.matter_of.get(parent).copied() else {
            return;
        };
        let lang = self.matters[index].lang;
        let other = author_of(&self.draw_other(index, lang));
        let Some(texts) = CONTENT.moods.aside.get(&lang) else {
            return;
        };
        let text = self.say(index, texts);
        self.speak_in(index, other, text, at);
    }

    pub(super) fn plan_outage(&mut self, outage: usize, began: Millis) {
        if let Some(stage) = CONTENT.outages[outage].stages.first() {
            let ends_at = began + stage.minutes * MINUTE;
            self.agenda.plan(
                began,
                Event::Outage {
                    outage,
                    stage: 0,
                    ends_at,
                },
            );
        }
    }

    pub(super) fn rage(&mut self, outage: usize, stage: usize, ends_at: Millis, at: Millis) {
        let content = &CONTENT.outages[outage];
        if at >= ends_at {
            if let Some(next) = content.stages.get(stage + 1) {
                let ends_at = at + next.minutes * MINUTE;
                self.agenda.plan(
                    at,
                    Event::Outage {
                        outage,
                        stage: stage + 1,
                        ends_at,
                    },
                );
            } else if !self.past {
                // The next evening comes sooner in the demo than in life.
                self.plan_outage(outage, at + 90 * MINUTE);
            }
            return;
        }
        let stage_content = &content.stages[stage];
        let gap = SECOND
            + self
                .chance
                .wait((stage_content.gap_seconds * SECOND) as f64);
        self.agenda.plan(
            at + gap,
            Event::Outage {
                outage,
                stage,
                ends_at,
            },
        );

        let Some(brand) = CONTENT
            .brands
            .iter()
            .position(|brand| brand.slug == content.brand)
        else {
            return;
        };
        let lang = if self.chance.chance(0.86) {
            Language::De
        } else {
            Language::En
        };
        let person = if self.chance.chance(0.25) {
            self.draw_person(lang, None)
        } else {
            self.draw_passer_by(lang)
        };
        let matter = self.open_matter(brand, None, &person);
        let text = self.sing_anew(matter, &stage_content.say);
        let mut item = self.new_item(brand, author_of(&person), text, at);
        let under_post = self.newest_post[brand]
            .clone()
            .filter(|_| self.chance.chance(0.55));
        match under_post {
            Some(post) => item.parent = Some(post),
            None => mention(&mut item, &CONTENT.brands[brand].handle),
        }
        let id = self.publish_for(matter, item);
        self.plan_after_opening(matter, at);
        if self.chance.chance(0.2) {
            let other = author_of(&self.draw_passer_by(lang));
            self.react(
                other,
                &id,
                if stage > 1 { "angry" } else { "sad" },
                at + SECOND,
            );
        }
    }

    pub(super) fn give_notice(&mut self, outage: usize, notice: usize, at: Millis) {
        let content = &CONTENT.outages[outage];
        let Some(brand) = CONTENT
            .brands
            .iter()
            .position(|brand| brand.slug == content.brand)
        else {
            return;
        };
        let author = Self::own_author(brand);
        let item = self.new_item(brand, author, content.notices[notice].1.clone(), at);
        let id = self.publish(item);
        self.newest_post[brand] = Some(id);
    }

    /// Says what nobody has said lately, as far as the phrases allow.
    pub(super) fn sing_anew(&mut self, index: usize, choir: &'static Choir) -> String {
        if self.said.len() > MOST_SAID {
            self.said.clear();
        }
        let mut text = self.sing(index, choir);
        for _ in 0..5 {
            if self.said.insert(text.clone()) {
                break;
            }
            self.matters[index].blanks.clear();
            text = self.sing(index, choir);
        }
        text
    }

    pub(super) fn sing(&mut self, index: usize, choir: &'static Choir) -> String {
        let matter = &mut self.matters[index];
        let phrases = choir
            .get(&matter.lang)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let Some(chosen) = matter.dice.pick(phrases) else {
            return String::new();
        };
        let text = phrase::compose(chosen, &mut matter.dice);
        let brand = &CONTENT.brands[matter.brand];
        phrase::fill(
            &text,
            brand,
            matter.lang,
            &mut matter.blanks,
            &mut matter.dice,
        )
    }
}
