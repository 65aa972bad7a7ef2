//! How the world goes on: who writes next, what follows by itself, what a disturbance or a launch draws.

use crate::content::{Act, By, CONTENT, Choir, Language, Person, Place, Story, Temper};
use crate::dice::Dice;
use crate::item::{Author, Item, ItemType, Millis, Visibility};
use crate::world::agenda::{Event, Mood};
use crate::world::phrase::{self, Blanks};
use crate::world::{DAY, HOUR, MINUTE, Matter, SECOND, World, answers, private_thread};

/// How many comments are remembered so as not to be repeated.
const MOST_SAID: usize = 4_000;
/// How many comments the launch in the past draws.
const LAUNCH_COMMENTS: usize = 265;

impl World {
    pub(super) fn plan_past(&mut self, days: u32) {
        if days == 0 {
            return;
        }
        let begin = self.start - i64::from(days) * DAY;
        for brand in 0..CONTENT.brands.len() {
            self.agenda.plan(begin, Event::CompanyPost { brand });
            self.agenda.plan(begin + 2 * MINUTE, Event::Story { brand });
        }
        for launch in 0..CONTENT.launches.len() {
            let ago = (2 * DAY).min(i64::from(days) * DAY - HOUR) - launch as i64 * 7 * HOUR;
            self.agenda.plan(self.start - ago, Event::Launch { launch });
        }
        // Last night and the night before: disturbances that are over, with their notices.
        for outage in 0..CONTENT.outages.len() {
            let began = evening_before(self.start) - outage as i64 * DAY;
            if began > begin {
                self.plan_outage(outage, began);
                for (notice, (minute, _)) in CONTENT.outages[outage].notices.iter().enumerate() {
                    self.agenda
                        .plan(began + minute * MINUTE, Event::Notice { outage, notice });
                }
            }
        }
    }

    pub(super) fn plan_present(&mut self) {
        for brand in 0..CONTENT.brands.len() {
            let offset = brand as i64 * 3 * SECOND;
            // Without a past there is no post yet under which anybody could write.
            let first_post = if self.newest_post[brand].is_none() {
                SECOND / 2
            } else {
                6 * MINUTE
            };
            self.agenda
                .plan(self.start + first_post, Event::CompanyPost { brand });
            self.agenda
                .plan(self.start + 2 * SECOND + offset, Event::Story { brand });
        }
        for launch in 0..CONTENT.launches.len() {
            self.agenda
                .plan(self.start + 20 * SECOND, Event::LaunchTrickle { launch });
        }
        for outage in 0..CONTENT.outages.len() {
            self.plan_outage(
                outage,
                self.start + 9 * MINUTE + outage as i64 * 38 * MINUTE,
            );
        }
    }

    pub(super) fn happen(&mut self, at: Millis, event: Event) {
        match event {
            Event::Story { brand } => self.tell_story(brand, at),
            Event::Beat { matter, beat } => self.tell_beat(matter, beat, at),
            Event::Silence { matter } => self.break_silence(matter, at),
            Event::OwnAnswer { matter } => self.answer_in_the_past(matter, at),
            Event::Take {
                matter,
                answer,
                mood,
            } => self.take_answer(matter, &answer, mood, at),
            Event::Promise { matter, round } => self.ask_for_promise(matter, round, at),
            Event::CompanyPost { brand } => self.post_as_company(brand, at),
            Event::Comment { post, launch } => self.comment(&post, launch, at),
            Event::Aside { parent } => self.speak_aside(&parent, at),
            Event::Launch { launch } => self.launch(launch, at),
            Event::LaunchTrickle { launch } => self.trickle(launch, at),
            Event::Outage {
                outage,
                stage,
                ends_at,
            } => self.rage(outage, stage, ends_at, at),
            Event::Notice { outage, notice } => self.give_notice(outage, notice, at),
        }
    }

    fn tell_story(&mut self, brand: usize, at: Millis) {
        let wait = if self.past {
            self.chance.wait(150.0 * MINUTE as f64) * night_factor(at)
        } else {
            SECOND + self.chance.wait(60.0 * SECOND as f64)
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

    /// Stories come from a shuffled deck, so that none comes twice before all came once.
    fn draw_story(&mut self, brand: usize) -> &'static Story {
        if self.decks[brand].is_empty() {
            let slug = &CONTENT.brands[brand].slug;
            let mut deck: Vec<usize> = (0..CONTENT.stories.len())
                .filter(|index| &CONTENT.stories[*index].brand == slug)
                .collect();
            for last in (1..deck.len()).rev() {
                deck.swap(last, self.chance.below(last + 1));
            }
            self.decks[brand] = deck;
        }
        let index = self.decks[brand]
            .pop()
            .expect("every brand has stories; a test counts them");
        &CONTENT.stories[index]
    }

    fn draw_person(&mut self, lang: Language, temper: Option<Temper>) -> Person {
        let fits = |person: &&Person| {
            person.lang == lang && temper.is_none_or(|temper| person.temper == temper)
        };
        let persons: Vec<&Person> = CONTENT.people.persons.iter().filter(fits).collect();
        match self.chance.pick(&persons) {
            Some(person) => (*person).clone(),
            None => self.draw_passer_by(lang),
        }
    }

    /// One of the many who write once.
    fn draw_passer_by(&mut self, lang: Language) -> Person {
        let people = &CONTENT.people;
        let first = self
            .chance
            .pick(&people.first)
            .map_or("Alex", String::as_str);
        let last = self
            .chance
            .pick(&people.last)
            .map_or("Berg", String::as_str);
        let handle: String = format!("{first}{last}")
            .to_lowercase()
            .replace('ä', "ae")
            .replace('ö', "oe")
            .replace('ü', "ue")
            .replace('ß', "ss");
        let tempers = [
            Temper::Warm,
            Temper::Calm,
            Temper::Brisk,
            Temper::Ironic,
            Temper::Angry,
        ];
        Person {
            id: format!("x-{handle}"),
            name: format!("{first} {last}"),
            handle,
            lang,
            temper: *self.chance.pick(&tempers).unwrap_or(&Temper::Calm),
        }
    }

    fn open_matter(
        &mut self,
        brand: usize,
        story: Option<&'static Story>,
        person: &Person,
    ) -> usize {
        let index = self.matters.len();
        self.matters.push(Matter {
            brand,
            story,
            lang: person.lang,
            temper: person.temper,
            party: author_of(person),
            visibility: Visibility::Public,
            thread: None,
            first: String::new(),
            last: String::new(),
            rounds: 0,
            blanks: Blanks::new(),
            dice: Dice::from_parts(&[self.seed, 1 + index as u64]),
        });
        index
    }

    fn tell_opening(&mut self, index: usize, story: &'static Story, at: Millis) {
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
    fn publish_for(&mut self, index: usize, item: Item) -> String {
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

    fn plan_after_opening(&mut self, index: usize, at: Millis) {
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

    fn tell_beat(&mut self, index: usize, number: usize, at: Millis) {
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

    fn draw_other(&mut self, index: usize, lang: Language) -> Person {
        let person = self.draw_person(lang, None);
        if author_of(&person).id == self.matters[index].party.id {
            return self.draw_passer_by(lang);
        }
        person
    }

    /// Says something in a matter: under its newest item, or in its private thread.
    fn speak_in(
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

    fn break_silence(&mut self, index: usize, at: Millis) {
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

    fn answer_in_the_past(&mut self, index: usize, at: Millis) {
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

    fn take_answer(&mut self, index: usize, answer: &str, mood: Mood, at: Millis) {
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

    fn ask_for_promise(&mut self, index: usize, round: u8, at: Millis) {
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

    fn post_as_company(&mut self, brand: usize, at: Millis) {
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

    fn launch(&mut self, launch: usize, at: Millis) {
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

    fn trickle(&mut self, launch: usize, at: Millis) {
        if let Some(post) = self.launch_posts[launch].clone() {
            self.comment(&post, Some(launch), at);
        }
        let wait = 20 * SECOND + self.chance.wait(100.0 * SECOND as f64);
        self.agenda.plan(at + wait, Event::LaunchTrickle { launch });
    }

    fn comment(&mut self, post: &str, launch: Option<usize>, at: Millis) {
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

    fn speak_aside(&mut self, parent: &str, at: Millis) {
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

    fn plan_outage(&mut self, outage: usize, began: Millis) {
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

    fn rage(&mut self, outage: usize, stage: usize, ends_at: Millis, at: Millis) {
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

    fn give_notice(&mut self, outage: usize, notice: usize, at: Millis) {
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

    fn say(&mut self, index: usize, texts: &[String]) -> String {
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

    /// Says what nobody has said lately, as far as the phrases allow.
    fn sing_anew(&mut self, index: usize, choir: &'static Choir) -> String {
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

    fn sing(&mut self, index: usize, choir: &'static Choir) -> String {
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

fn author_of(person: &Person) -> Author {
    Author {
        id: format!("p-{}", person.id),
        name: person.name.clone(),
        handle: person.handle.clone(),
        own: false,
    }
}

fn mention(item: &mut Item, handle: &str) {
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

/// 19:40 of the evening before a time.
fn evening_before(at: Millis) -> Millis {
    let day = at - (at + HOUR).rem_euclid(DAY);
    let evening = day + 19 * HOUR + 40 * MINUTE;
    if evening + 4 * HOUR < at {
        evening
    } else {
        evening - DAY
    }
}
