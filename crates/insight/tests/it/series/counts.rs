//! Counting by the clock on the wall, over both nights on which it is changed.

use kulant_insight::series::civil;
use kulant_insight::series::counts::count_by_slot;

const HOUR: i64 = 3_600;

fn counted(first_utc: &str, hours: i64) -> Vec<(String, f64)> {
    let (first, writing) = civil::read(first_utc).unwrap();
    let instants = [first, first + 60, first + (hours - 1) * HOUR];
    count_by_slot(&instants, "Europe/Berlin", HOUR)
        .unwrap()
        .into_iter()
        .map(|(wall, count)| (civil::write(wall, writing), count))
        .collect()
}

fn slots(expected: &[(&str, f64)]) -> Vec<(String, f64)> {
    expected
        .iter()
        .map(|(at, count)| ((*at).to_owned(), *count))
        .collect()
}

#[test]
fn the_hour_that_is_left_out_has_no_slot() {
    assert_eq!(
        counted("2026-03-29T00:00", 3),
        slots(&[
            ("2026-03-29T01:00", 2.0),
            ("2026-03-29T03:00", 0.0),
            ("2026-03-29T04:00", 1.0)
        ])
    );
}

#[test]
fn the_hour_that_comes_twice_has_two_slots() {
    assert_eq!(
        counted("2026-10-25T00:00", 3),
        slots(&[
            ("2026-10-25T02:00", 2.0),
            ("2026-10-25T02:00", 0.0),
            ("2026-10-25T03:00", 1.0)
        ])
    );
}

#[test]
fn what_makes_no_sense_is_not_counted() {
    assert_eq!(count_by_slot(&[0], "Europe/Atlantis", HOUR), None);
    assert_eq!(count_by_slot(&[0], "Europe/Berlin", 7 * 60 + 1), None);
    assert_eq!(count_by_slot(&[], "Europe/Berlin", HOUR), None);
    assert_eq!(count_by_slot(&[i64::MAX], "Europe/Berlin", HOUR), None);
}
