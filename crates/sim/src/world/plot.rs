//! What is planned for the past and for the present, and which hand each event goes to.

use crate::content::CONTENT;
use crate::item::Millis;
use crate::world::agenda::Event;
use crate::world::{DAY, HOUR, MINUTE, SECOND, World};

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
