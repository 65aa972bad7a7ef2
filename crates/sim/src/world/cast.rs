//! Who writes next, and what about: people drawn by language and temper, stories from a shuffled deck.

use crate::content::{CONTENT, Language, Person, Story, Temper};
use crate::dice::Dice;
use crate::item::{Author, Visibility};
use crate::world::phrase::Blanks;
use crate::world::{Matter, World};

impl World {
    /// Stories come from a shuffled deck, so that none comes twice before all came once.
    pub(super) fn draw_story(&mut self, brand: usize) -> &'static Story {
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

    pub(super) fn draw_person(&mut self, lang: Language, temper: Option<Temper>) -> Person {
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
    pub(super) fn draw_passer_by(&mut self, lang: Language) -> Person {
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

    pub(super) fn draw_other(&mut self, index: usize, lang: Language) -> Person {
        let person = self.draw_person(lang, None);
        if author_of(&person).id == self.matters[index].party.id {
            return self.draw_passer_by(lang);
        }
        person
    }

    pub(super) fn open_matter(
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
}

pub(super) fn author_of(person: &Person) -> Author {
    Author {
        id: format!("p-{}", person.id),
        name: person.name.clone(),
        handle: person.handle.clone(),
        own: false,
    }
}
