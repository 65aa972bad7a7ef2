//! Public holidays of the German states, reckoned for any year.
//! 24 and 31 December are none: they are exceptions of a calendar, as is anything a feed proposes.

use super::civil::Day;

/// A German state, or a place in it whose holidays differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Region {
    pub state: State,
    pub place: Place,
}

/// What a municipality adds to the holidays of its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Place {
    /// Nothing.
    #[default]
    Anywhere,
    /// A municipality that keeps a Catholic feast: Assumption in BY, Corpus Christi in SN and TH.
    Catholic,
    /// The city of Augsburg: a Catholic municipality with a feast of its own.
    Augsburg,
}

/// The sixteen states by the letters of ISO 3166-2:DE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[rustfmt::skip]
pub enum State { BW, BY, BE, BB, HB, HH, HE, MV, NI, NW, RP, SL, SN, ST, SH, TH }

/// Every state with its letters.
#[rustfmt::skip]
pub const STATES: [(State, &str); 16] = [
    (State::BW, "BW"), (State::BY, "BY"), (State::BE, "BE"), (State::BB, "BB"),
    (State::HB, "HB"), (State::HH, "HH"), (State::HE, "HE"), (State::MV, "MV"),
    (State::NI, "NI"), (State::NW, "NW"), (State::RP, "RP"), (State::SL, "SL"),
    (State::SN, "SN"), (State::ST, "ST"), (State::SH, "SH"), (State::TH, "TH"),
];

/// A public holiday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Holiday {
    NewYear,
    Epiphany,
    WomensDay,
    GoodFriday,
    EasterSunday,
    EasterMonday,
    LabourDay,
    LiberationDay,
    Ascension,
    WhitSunday,
    WhitMonday,
    CorpusChristi,
    UprisingDay,
    PeaceFeast,
    Assumption,
    ChildrensDay,
    UnityDay,
    ReformationDay,
    AllSaints,
    RepentanceDay,
    ChristmasDay,
    BoxingDay,
}

impl Holiday {
    /// Returns the name that tells one kind of special day from another.
    pub fn name(self) -> &'static str {
        match self {
            Self::NewYear => "new_year",
            Self::Epiphany => "epiphany",
            Self::WomensDay => "womens_day",
            Self::GoodFriday => "good_friday",
            Self::EasterSunday => "easter_sunday",
            Self::EasterMonday => "easter_monday",
            Self::LabourDay => "labour_day",
            Self::LiberationDay => "liberation_day",
            Self::Ascension => "ascension",
            Self::WhitSunday => "whit_sunday",
            Self::WhitMonday => "whit_monday",
            Self::CorpusChristi => "corpus_christi",
            Self::UprisingDay => "uprising_day",
            Self::PeaceFeast => "peace_feast",
            Self::Assumption => "assumption",
            Self::ChildrensDay => "childrens_day",
            Self::UnityDay => "unity_day",
            Self::ReformationDay => "reformation_day",
            Self::AllSaints => "all_saints",
            Self::RepentanceDay => "repentance_day",
            Self::ChristmasDay => "christmas_day",
            Self::BoxingDay => "boxing_day",
        }
    }
}

impl Region {
    /// Reads `DE-NW`, `NW`, `DE-BY-catholic` or `DE-BY-augsburg`, in any case of letters.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_uppercase();
        let rest = text.strip_prefix("DE-").unwrap_or(&text);
        let (letters, place) = rest.split_once('-').unwrap_or((rest, ""));
        let (state, _) = STATES.into_iter().find(|(_, name)| *name == letters)?;
        let place = match (place, state) {
            ("", _) => Place::Anywhere,
            ("CATHOLIC", State::BY | State::SN | State::TH) => Place::Catholic,
            ("AUGSBURG", State::BY) => Place::Augsburg,
            _ => return None,
        };
        Some(Self { state, place })
    }
}

/// Returns Easter Sunday of a year of the Gregorian calendar.
#[expect(
    clippy::many_single_char_names,
    reason = "the letters of the published method"
)]
pub fn easter(year: i64) -> Option<Day> {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (b - (b + 8) / 25 + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let sum = h + l - 7 * m + 114;
    Day::of(year, sum / 31, sum % 31 + 1)
}

/// Lists the public holidays of a region in a year by date.
pub fn holidays(region: Region, year: i64) -> Vec<(Day, Holiday)> {
    use Holiday as H;
    use State::{BB, BE, BW, BY, HB, HE, HH, MV, NI, NW, RP, SH, SL, SN, ST, TH};
    let Some(easter) = easter(year) else {
        return Vec::new();
    };
    let Region { state, place } = region;
    let is = |states: &[State]| states.contains(&state);
    let catholic = place != Place::Anywhere;
    let augsburg = place == Place::Augsburg;
    let since = |states: &[State], first: i64| is(states) && year >= first;
    let reformation = is(&[BB, MV, SN, ST, TH]) || since(&[HB, HH, NI, SH], 2018) || year == 2017;
    let corpus = is(&[BW, BY, HE, NW, RP, SL]) || (catholic && is(&[SN, TH]));
    // Berlin remembers the end of the war, and once the rising of 1953.
    let liberation = state == BE && (year == 2020 || year == 2025);
    let uprising = state == BE && year == 2028;

    let moving = [
        (true, -2, H::GoodFriday),
        (state == BB, 0, H::EasterSunday),
        (true, 1, H::EasterMonday),
        (true, 39, H::Ascension),
        (state == BB, 49, H::WhitSunday),
        (true, 50, H::WhitMonday),
        (corpus, 60, H::CorpusChristi),
    ];
    let fixed = [
        (true, 1, 1, H::NewYear),
        (is(&[BW, BY, ST]), 1, 6, H::Epiphany),
        (since(&[BE], 2019) || since(&[MV], 2023), 3, 8, H::WomensDay),
        (true, 5, 1, H::LabourDay),
        (liberation, 5, 8, H::LiberationDay),
        (uprising, 6, 17, H::UprisingDay),
        (augsburg, 8, 8, H::PeaceFeast),
        (
            state == SL || (catholic && state == BY),
            8,
            15,
            H::Assumption,
        ),
        (since(&[TH], 2019), 9, 20, H::ChildrensDay),
        (true, 10, 3, H::UnityDay),
        (reformation, 10, 31, H::ReformationDay),
        (is(&[BW, BY, NW, RP, SL]), 11, 1, H::AllSaints),
        (true, 12, 25, H::ChristmasDay),
        (true, 12, 26, H::BoxingDay),
    ];
    let mut days: Vec<(Day, Holiday)> = moving
        .into_iter()
        .filter(|(kept, ..)| *kept)
        .map(|(_, offset, holiday)| (easter.plus(offset), holiday))
        .collect();
    days.extend(
        fixed
            .into_iter()
            .filter(|(kept, ..)| *kept)
            .filter_map(|(_, month, day, holiday)| Some((Day::of(year, month, day)?, holiday))),
    );
    if state == SN {
        days.extend(repentance_day(year).map(|day| (day, H::RepentanceDay)));
    }
    days.sort_unstable();
    days
}

/// Returns the Wednesday before 23 November.
fn repentance_day(year: i64) -> Option<Day> {
    let last = Day::of(year, 11, 22)?;
    Some(last.plus(-((last.weekday() - 3).rem_euclid(7))))
}
