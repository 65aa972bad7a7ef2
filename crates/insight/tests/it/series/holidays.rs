//! Easter, the holidays of sixteen states, and how they are asked for.

use kulant_insight::series::civil::Day;
use kulant_insight::series::holidays::{Holiday, Region, STATES, easter, holidays};

fn day(year: i64, month: i64, day: i64) -> Day {
    Day::of(year, month, day).unwrap()
}

fn of(region: &str, year: i64) -> Vec<(Day, Holiday)> {
    holidays(Region::read(region).unwrap(), year)
}

fn keeps(region: &str, date: Day) -> bool {
    of(region, date.date().0)
        .iter()
        .any(|(day, _)| *day == date)
}

#[test]
fn easter_falls_on_its_day() {
    for (year, month, of_month) in [
        (2024, 3, 31),
        (2025, 4, 20),
        (2026, 4, 5),
        (2027, 3, 28),
        (2028, 4, 16),
        (2029, 4, 1),
        (2030, 4, 21),
        (2031, 4, 13),
        (2032, 3, 28),
        (2033, 4, 17),
        (2034, 4, 9),
        (2035, 3, 25),
        (2038, 4, 25),
        (2285, 3, 22),
    ] {
        assert_eq!(easter(year), Some(day(year, month, of_month)), "{year}");
    }
}

#[test]
fn every_state_has_its_number_of_holidays() {
    let counts = [
        ("BW", 12),
        ("BY", 12),
        ("BE", 10),
        ("BB", 12),
        ("HB", 10),
        ("HH", 10),
        ("HE", 10),
        ("MV", 11),
        ("NI", 10),
        ("NW", 11),
        ("RP", 11),
        ("SL", 12),
        ("SN", 11),
        ("ST", 11),
        ("SH", 10),
        ("TH", 11),
    ];
    assert_eq!(counts.len(), STATES.len());
    for (state, count) in counts {
        assert_eq!(of(state, 2026).len(), count, "{state} 2026");
        let more = usize::from(state == "BE");
        assert_eq!(of(state, 2025).len(), count + more, "{state} 2025");
    }
    assert_eq!(of("DE-BY-catholic", 2026).len(), 13);
    assert_eq!(of("de-by-augsburg", 2026).len(), 14);
    assert_eq!(of("SN-catholic", 2026).len(), 12);
    assert_eq!(of("TH-catholic", 2026).len(), 12);
}

#[test]
fn the_moving_days_of_2026_stand_where_they_should() {
    let named = |region: &str, wanted: Holiday| {
        of(region, 2026)
            .into_iter()
            .find(|(_, holiday)| *holiday == wanted)
            .map(|(day, _)| day)
    };
    assert_eq!(named("NW", Holiday::GoodFriday), Some(day(2026, 4, 3)));
    assert_eq!(named("NW", Holiday::EasterMonday), Some(day(2026, 4, 6)));
    assert_eq!(named("NW", Holiday::Ascension), Some(day(2026, 5, 14)));
    assert_eq!(named("NW", Holiday::WhitMonday), Some(day(2026, 5, 25)));
    assert_eq!(named("NW", Holiday::CorpusChristi), Some(day(2026, 6, 4)));
    assert_eq!(named("SN", Holiday::RepentanceDay), Some(day(2026, 11, 18)));
    assert_eq!(named("NW", Holiday::RepentanceDay), None);
    assert_eq!(named("BB", Holiday::EasterSunday), Some(day(2026, 4, 5)));
    assert_eq!(named("HE", Holiday::EasterSunday), None);
}

#[test]
fn a_holiday_begins_and_ends_with_its_law() {
    assert!(!keeps("BE", day(2018, 3, 8)) && keeps("BE", day(2019, 3, 8)));
    assert!(!keeps("MV", day(2022, 3, 8)) && keeps("MV", day(2023, 3, 8)));
    assert!(!keeps("TH", day(2018, 9, 20)) && keeps("TH", day(2019, 9, 20)));
    for north in ["HB", "HH", "NI", "SH"] {
        assert!(!keeps(north, day(2016, 10, 31)), "{north}");
        assert!(keeps(north, day(2018, 10, 31)), "{north}");
    }
    for (state, _) in STATES {
        let region = Region {
            state,
            place: kulant_insight::series::holidays::Place::Anywhere,
        };
        let all = holidays(region, 2017);
        assert!(
            all.contains(&(day(2017, 10, 31), Holiday::ReformationDay)),
            "{state:?}"
        );
        assert!(
            !all.iter()
                .any(|(date, _)| *date == day(2017, 12, 24) || *date == day(2017, 12, 31))
        );
    }
    for once in [day(2020, 5, 8), day(2025, 5, 8), day(2028, 6, 17)] {
        assert!(keeps("BE", once) && !keeps("BB", once), "{once}");
    }
    assert!(!keeps("BE", day(2024, 5, 8)));
    assert!(!keeps("BY", day(2026, 8, 15)) && keeps("BY-catholic", day(2026, 8, 15)));
}

#[test]
fn the_wednesday_before_the_23rd_of_november_never_is_the_23rd() {
    for year in 2000..2100 {
        let all = of("SN", year);
        let (date, _) = all
            .iter()
            .find(|(_, holiday)| *holiday == Holiday::RepentanceDay)
            .unwrap();
        assert_eq!(date.weekday(), 3);
        let (_, month, of_month) = date.date();
        assert!(month == 11 && (16..=22).contains(&of_month), "{date}");
    }
}

#[test]
fn an_unknown_region_is_refused() {
    for wrong in ["", "DE", "DE-XX", "NW-catholic", "HE-augsburg", "FR-IDF"] {
        assert_eq!(Region::read(wrong), None, "{wrong}");
    }
}
