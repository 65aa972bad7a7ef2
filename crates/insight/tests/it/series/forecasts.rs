//! Parts of the forecast by the worked examples of the definitions, and the whole on invented series.

use kulant_insight::series::buffer::Scenario;
use kulant_insight::series::civil::{DAY, Day};
use kulant_insight::series::conformal::{conformal_quantile, interval, scaled};
use kulant_insight::series::forecast::{Asked, Grid, SpecialDays, forecast};
use kulant_insight::series::hierarchy::reconcile;
use kulant_insight::series::holidays::Region;
use kulant_insight::series::seasonal::{HoltWinters, Smoothing, seasonal_mean, seasonal_median};
use kulant_insight::series::uplift::Uplift;

const TRAINING: [f64; 12] = [
    90.0, 100.0, 70.0, 10.0, 130.0, 150.0, 95.0, 110.0, 75.0, 5.0, 135.0, 155.0,
];
const ACTUAL: [f64; 6] = [100.0, 120.0, 80.0, 0.0, 140.0, 160.0];

fn assert_close(value: f64, expected: f64, half_a_digit: f64) {
    assert!(
        (value - expected).abs() <= half_a_digit,
        "{value} is not {expected}"
    );
}

#[test]
fn the_seasonal_median() {
    let two = seasonal_median(&TRAINING, 6, 2, 6);
    assert_eq!(two, [92.5, 105.0, 72.5, 7.5, 132.5, 152.5]);
    let mut longer = TRAINING.to_vec();
    longer.extend(ACTUAL);
    let three = seasonal_median(&longer, 6, 3, 6);
    assert_eq!(three, [95.0, 110.0, 75.0, 5.0, 135.0, 155.0]);
    // One season is the naive forecast, and the season goes on beyond its end.
    assert_eq!(seasonal_mean(&TRAINING, 6, 1, 7)[5..], [155.0, 95.0]);
}

#[test]
fn holt_winters() {
    let smoothing = Smoothing {
        level: 0.3,
        trend: 0.05,
        season: 0.2,
    };
    let model = HoltWinters::run(&TRAINING, 6, smoothing).unwrap();
    assert_close(model.level, 96.550_38, 5e-6);
    assert_close(model.trend, 0.560_098, 5e-7);
    let expected = [95.7999, 106.7809, 76.2209, 15.2998, 137.6487, 158.0603];
    for (value, expected) in model.forecast(6).into_iter().zip(expected) {
        assert_close(value, expected, 5e-5);
    }
    assert!(HoltWinters::run(&TRAINING[..11], 6, smoothing).is_none());
}

#[test]
fn uplift_of_a_launch() {
    let launches = [(600.0, 420.0), (630.0, 420.0), (588.0, 420.0)];
    let uplift = Uplift::of(&launches).unwrap();
    assert_close(uplift.factor, 1.428_571, 5e-7);
    assert_close(uplift.low, 1.4, 1e-12);
    assert_close(uplift.high, 1.5, 1e-12);
    assert!(uplift.is_sure());
    assert!(!Uplift::of(&launches[..2]).unwrap().is_sure());
    assert_eq!(Uplift::of(&[(5.0, 0.0)]), None);
}

#[test]
fn conformal_ranks() {
    let residuals = [0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.55, 0.6, 0.8, 1.2];
    assert_eq!(conformal_quantile(&residuals, 0.80), Some(0.8));
    assert_eq!(conformal_quantile(&residuals, 0.90), Some(1.2));
    assert_eq!(conformal_quantile(&residuals, 0.95), None);
    assert_close(scaled(12.0, 8.0), 4.0 / 3.0, 1e-12);
    assert_eq!(interval(8.0, 4.0), (0.0, 20.0));
}

#[test]
fn a_total_and_its_channels_agree() {
    let parts = [50.0, 30.0, 25.0];
    let equal = reconcile(100.0, &parts, &[1.0; 4]);
    assert_eq!(equal, [48.75, 28.75, 23.75]);
    assert_close(equal.iter().sum(), 101.25, 1e-12);
    let by_size = reconcile(100.0, &parts, &[100.0, 50.0, 30.0, 25.0]);
    for (value, expected) in by_size.iter().zip([48.7805, 29.2683, 24.3902]) {
        assert_close(*value, expected, 5e-5);
    }
    assert_close(by_size.iter().sum(), 102.439, 5e-4);
}

#[test]
fn an_outage_in_the_buffer() {
    let outage = Scenario {
        probability: 0.1,
        affected: 20_000.0,
        contact_rate: 0.02,
        half_life_slots: 2.0,
    };
    assert_close(outage.extra(), 400.0, 1e-9);
    let spread = outage.profile(40);
    assert_close(spread.iter().sum(), 400.0, 0.01);
    assert_close(spread[0] + spread[1], 200.0, 1e-9);
}

/// Ten weeks of hours: a day's curve, Sundays a third, and a little that only looks like chance.
fn hours(weeks: i64, level: f64) -> Vec<(i64, f64)> {
    let first = Day::of(2026, 1, 5).unwrap().0 * DAY;
    (0..weeks * 168)
        .map(|hour| {
            let at = first + hour * 3_600;
            let of_day = hour % 24;
            let curve = (1.0 - ((of_day - 13) as f64 / 12.0).powi(2)).max(0.05);
            let sunday = if hour / 24 % 7 == 6 { 1.0 / 3.0 } else { 1.0 };
            let chance = ((hour * 7_919) % 101) as f64 / 101.0 - 0.5;
            (at, (level * curve * sunday * (1.0 + 0.2 * chance)).round())
        })
        .collect()
}

#[test]
fn a_steady_series_is_forecast_well_and_its_intervals_hold() {
    let all = hours(12, 200.0);
    let (past, future) = all.split_at(10 * 168);
    let times: Vec<i64> = future.iter().map(|(at, _)| *at).collect();
    let made = forecast(past, &SpecialDays::default(), Asked::At(&times)).unwrap();
    let error: f64 = made
        .slots
        .iter()
        .zip(future)
        .map(|(slot, (_, y))| (slot.y - y).abs())
        .sum();
    let sum: f64 = future.iter().map(|(_, y)| y).sum();
    assert!(error / sum < 0.06, "{}", error / sum);
    let held = made
        .slots
        .iter()
        .zip(future)
        .filter(|(slot, (_, y))| slot.ranges[0].is_some_and(|(low, high)| low <= *y && *y <= high))
        .count() as f64
        / future.len() as f64;
    assert!((0.7..0.95).contains(&held), "{held}");
    assert!(made.backtest.origins >= 4);
    assert!(made.backtest.wape <= made.backtest.default_wape);

    let next = forecast(past, &SpecialDays::default(), Asked::Next(3)).unwrap();
    assert_eq!(
        next.slots.iter().map(|slot| slot.at).collect::<Vec<_>>(),
        times[..3]
    );
}

#[test]
fn a_holiday_is_lower_as_the_last_ones_were() {
    let holidays = [(2026, 4, 3), (2026, 4, 6), (2026, 5, 1)];
    let quiet = |date: Day| {
        holidays
            .iter()
            .any(|(y, m, d)| Day::of(*y, *m, *d) == Some(date))
    };
    let past: Vec<(i64, f64)> = hours(18, 200.0)
        .into_iter()
        .map(|(at, y)| (at, if quiet(Day(at / DAY)) { y / 4.0 } else { y }))
        .collect();
    let ascension = Day::of(2026, 5, 14).unwrap();
    let noon = ascension.0 * DAY + 13 * 3_600;
    let mut special = SpecialDays::default();
    special.add_holidays(Region::read("DE-NW").unwrap(), 2026, 2026);
    let asked = [noon - 7 * DAY, noon];
    let made = forecast(&past, &special, Asked::At(&asked)).unwrap();
    assert_close(made.slots[1].y / made.slots[0].y, 0.25, 0.03);
    let unaware = forecast(&past, &SpecialDays::default(), Asked::At(&asked)).unwrap();
    assert!(unaware.slots[1].y / unaware.slots[0].y > 0.9);
}

#[test]
fn closed_hours_are_passed_over() {
    // Weekdays from 7 to 20, as a call centre has them.
    let open: Vec<(i64, f64)> = hours(8, 100.0)
        .into_iter()
        .filter(|(at, _)| Day(at / DAY).weekday() <= 5 && (7..20).contains(&(at / 3_600 % 24)))
        .collect();
    let grid = Grid::of(&open).unwrap();
    assert_eq!(grid.next(14).len(), 14);
    let made = forecast(&open, &SpecialDays::default(), Asked::Next(66)).unwrap();
    for slot in &made.slots {
        assert!(Day(slot.at / DAY).weekday() <= 5 && (7..20).contains(&(slot.at / 3_600 % 24)));
    }
    let monday = Day::of(2026, 3, 2).unwrap();
    assert_eq!(made.slots[0].at, monday.0 * DAY + 7 * 3_600);
    assert_eq!(made.slots[65].at, (monday.0 + 7) * DAY + 7 * 3_600);
}

#[test]
fn odd_series_do_not_break_it() {
    let none = SpecialDays::default();
    assert!(forecast(&[], &none, Asked::Next(3)).is_none());
    assert!(forecast(&[(0, f64::NAN)], &none, Asked::Next(3)).is_none());
    let odd: [&[(i64, f64)]; 6] = [
        &[(0, 5.0)],
        &[(0, 5.0), (0, 7.0)],
        &[(7_200, 5.0), (3_600, f64::NAN), (0, 3.0)],
        &[(0, 0.0), (1, 0.0), (2, 0.0), (1_000_000_000, 0.0)],
        &[(0, -3.0), (400 * DAY, 8.0), (801 * DAY, 1e14)],
        &[(-5_000_000_000, 1.0), (5_000_000_000, 2.0)],
    ];
    for points in odd {
        for asked in [Asked::Next(40), Asked::At(&[-99, 0, 3_600, 90 * DAY])] {
            let made = forecast(points, &none, asked).unwrap();
            assert!(
                made.slots.iter().all(|slot| slot.y.is_finite()),
                "{points:?}"
            );
        }
    }
    // A long silence in the middle.
    let mut gap = hours(10, 50.0);
    gap.drain(500..1_100);
    let made = forecast(&gap, &none, Asked::Next(200)).unwrap();
    assert!(
        made.slots
            .iter()
            .all(|slot| slot.y.is_finite() && slot.y >= 0.0)
    );
}

#[test]
fn the_first_days_of_a_month_are_busier_as_they_were() {
    let day_of_month = |at: i64| Day(at.div_euclid(DAY)).date().2;
    let busier = |at: i64| if day_of_month(at) <= 4 { 1.3 } else { 1.0 };
    let past: Vec<(i64, f64)> = hours(25, 200.0)
        .into_iter()
        .map(|(at, y)| (at, y * busier(at)))
        .collect();
    // The last hour of the past is that of Sunday, 28 June 2026.
    let noon = |day: i64| Day::of(2026, 7, day).unwrap().0 * DAY + 12 * 3_600;
    let times = [noon(2), noon(16)];
    let made = forecast(&past, &SpecialDays::default(), Asked::At(&times)).unwrap();
    let ratio = made.slots[0].y / made.slots[1].y;
    assert!((1.18..1.4).contains(&ratio), "{ratio}");
}

#[test]
fn the_day_after_a_closed_one_is_busier_as_it_was() {
    // Mondays on which nobody answered, and what was left over for the Tuesday.
    let closed = [(2, 9), (3, 16), (4, 20), (5, 18)];
    let is = |at: i64, (month, day): (i64, i64), later: i64| {
        Day::of(2026, month, day).unwrap().0 + later == at.div_euclid(DAY)
    };
    let past: Vec<(i64, f64)> = hours(24, 200.0)
        .into_iter()
        .filter(|(at, _)| !closed.iter().any(|date| is(*at, *date, 0)))
        .map(|(at, y)| {
            let after = closed.iter().any(|date| is(at, *date, 1));
            (at, if after { y * 1.3 } else { y })
        })
        .collect();
    let noon = |day: i64| Day::of(2026, 6, day).unwrap().0 * DAY + 12 * 3_600;
    // Tuesday 23 June, with and without a slot asked of the Monday.
    let tuesday = |times: &[i64]| {
        let made = forecast(&past, &SpecialDays::default(), Asked::At(times)).unwrap();
        made.slots.last().unwrap().y
    };
    let ratio = tuesday(&[noon(23)]) / tuesday(&[noon(22), noon(23)]);
    assert!((1.15..1.35).contains(&ratio), "{ratio}");
}
