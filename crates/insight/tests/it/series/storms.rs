//! The storm detector on invented streams: it finds what is a storm, rests after it, and never looks ahead.

use kulant_insight::series::storm::{Detector, Signal, THRESHOLD};

/// A number that only looks like chance, between 0 and 1.
fn chance(seed: i64) -> f64 {
    let mixed = (seed as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((mixed >> 11) as f64) / (1_u64 << 53) as f64
}

/// Five-minute counts with a day's curve.
fn stream(days: i64, level: f64) -> Vec<f64> {
    (0..days * 288)
        .map(|slot| {
            let of_day = (slot % 288) as f64 / 288.0;
            let curve = 1.0 + 0.6 * (std::f64::consts::TAU * (of_day - 0.3)).sin();
            let mean = level * curve;
            // About as wide as counts around their mean are.
            let spread: f64 = (0..12).map(|part| chance(slot * 12 + part)).sum::<f64>() - 6.0;
            (mean + spread * mean.sqrt()).round().max(0.0)
        })
        .collect()
}

fn watch(counts: &[f64]) -> Vec<Signal> {
    let mut detector = Detector::new(300);
    counts
        .iter()
        .enumerate()
        .map(|(slot, count)| detector.push(slot as i64 * 300, *count))
        .collect()
}

fn alarms(signals: &[Signal]) -> Vec<usize> {
    (0..signals.len())
        .filter(|slot| signals[*slot].is_alarm())
        .collect()
}

#[test]
fn a_storm_is_found_soon_and_told_once() {
    for level in [2.0, 20.0, 400.0] {
        let mut counts = stream(21, level);
        let begin = 18 * 288 + 100;
        for (hour, count) in counts[begin..begin + 72].iter_mut().enumerate() {
            *count += 12.0 * (level + 3.0) * (hour as f64 / 12.0).min(1.0);
        }
        let signals = watch(&counts);
        let found = alarms(&signals);
        assert_eq!(found.len(), 1, "{level}: {found:?}");
        assert!(
            (begin..begin + 18).contains(&found[0]),
            "{level}: {}",
            found[0] - begin
        );
        let signal = signals[found[0]];
        assert!(signal.factor().unwrap() > 1.5, "{level}: {signal:?}");
    }
}

#[test]
fn a_calm_stream_stays_calm() {
    for level in [0.2, 2.0, 20.0, 400.0] {
        let signals = watch(&stream(28, level));
        assert_eq!(alarms(&signals), [0; 0], "{level}");
    }
}

#[test]
fn the_score_knows_nothing_of_what_comes() {
    let calm = stream(10, 20.0);
    let mut other = calm.clone();
    for count in &mut other[2_000..] {
        *count *= 40.0;
    }
    assert_eq!(watch(&calm)[..2_000], watch(&other)[..2_000]);
}

#[test]
fn the_scale_is_the_same_for_every_size_of_stream() {
    // The same storm, ten times the usual, on a stream and on one five times as busy.
    let highest = |level: f64| {
        let mut counts = stream(16, level);
        for count in &mut counts[15 * 288 + 150..15 * 288 + 174] {
            *count *= 10.0;
        }
        watch(&counts)
            .iter()
            .map(|signal| signal.score)
            .fold(0.0, f64::max)
    };
    let (small, large) = (highest(60.0), highest(300.0));
    assert!(
        small >= THRESHOLD && (small - large).abs() < 0.1,
        "{small} {large}"
    );
}

#[test]
fn odd_slots_do_not_break_it() {
    let mut detector = Detector::new(300);
    let odd = [
        (0, f64::NAN),
        (0, f64::INFINITY),
        (300, -5.0),
        (200, 7.0),
        (i64::MAX / 4, 1e14),
        (-9, 3.0),
    ];
    for (at, count) in odd {
        let signal = detector.push(at, count);
        assert!((0.0..=1.0).contains(&signal.score), "{signal:?}");
    }
    for slot in [0, 1, 86_400, 604_800, i64::MAX] {
        let mut detector = Detector::new(slot);
        for index in 0..3_000 {
            let signal = detector.push(index * slot.min(1 << 30), chance(index) * 9.0);
            assert!((0.0..=1.0).contains(&signal.score));
        }
    }
}
