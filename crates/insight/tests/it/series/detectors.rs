//! Surprise, control charts, robust scores and bursts of words, by the tables of the definitions.

use kulant_insight::series::charts::{Cusum, Ewma, cusum_run_length, mad_z};
use kulant_insight::series::judge::{
    FEW_FALSE_ALARMS, STANDARD, Window, judge, probation, sigmoid,
};
use kulant_insight::series::kleinberg::{burst_rates, bursts};
use kulant_insight::series::surprise::{Spread, ln_tail, moments, surprise};

const Z: [f64; 8] = [0.2, -0.5, 0.1, 1.5, 2.5, 3.0, 4.0, 0.5];

fn assert_close(value: f64, expected: f64, half_a_digit: f64) {
    assert!(
        (value - expected).abs() <= half_a_digit,
        "{value} is not {expected}"
    );
}

#[test]
fn surprise_of_the_negative_binomial() {
    let table = [
        (20.0, 9.0, 8.0, 0.020_693_910_1, 5e-11, 1.6842),
        (40.0, 9.0, 8.0, 3.5304e-6, 5e-11, 5.4522),
        (60.0, 9.0, 8.0, 1.36e-10, 5e-13, 9.8659),
        (5.0, 1.0, 2.0, 0.017_832_647_5, 5e-11, 1.7488),
        (100.0, 35.0, 20.0, 7.618e-7, 5e-11, 6.1181),
        (0.0, 3.0, 5.0, 1.0, 0.0, 0.0),
    ];
    for (x, mean, r, p, within, s) in table {
        assert_close(ln_tail(x, mean, Spread::Wide(r)).exp(), p, within);
        assert_close(surprise(x, mean, Spread::Wide(r)), s, 5e-5);
    }
}

#[test]
fn surprise_of_the_poisson_distribution() {
    let p = ln_tail(20.0, 9.0, Spread::Poisson).exp();
    assert_close(p, 0.001_055_953_684, 5e-13);
    let p = ln_tail(3.0, 0.4, Spread::Poisson).exp();
    assert_close(p, 0.007_926_331_867, 5e-13);
    // A very wide spread's opposite: the two must meet.
    let wide = surprise(20.0, 9.0, Spread::Wide(1e9));
    assert_close(wide, surprise(20.0, 9.0, Spread::Poisson), 1e-5);
}

#[test]
fn surprise_grows_with_the_count_and_never_breaks() {
    for mean in [0.001, 0.5, 7.0, 900.0, 1e6] {
        for spread in [
            Spread::Poisson,
            Spread::Wide(0.05),
            Spread::Wide(8.0),
            Spread::Wide(5e4),
        ] {
            let mut before = 0.0;
            for step in 0..60 {
                let s = surprise(mean * f64::from(step) / 7.0, mean, spread);
                assert!(
                    s.is_finite() && s >= before - 1e-6,
                    "{mean} {spread:?} {step}: {s} < {before}"
                );
                before = s;
            }
        }
    }
}

#[test]
fn spread_by_the_method_of_moments() {
    let (mean, variance, spread) = moments(&[3.0, 5.0, 4.0, 12.0, 6.0, 2.0, 9.0, 7.0]).unwrap();
    assert_close(mean, 6.0, 1e-12);
    assert_close(variance, 10.857_143, 5e-7);
    let Spread::Wide(r) = spread else {
        panic!("these spread")
    };
    assert_close(r, 7.411_765, 5e-7);
    assert_eq!(moments(&[4.0, 4.0, 5.0]).unwrap().2, Spread::Poisson);
    assert_eq!(moments(&[4.0]), None);
}

#[test]
fn running_mean_and_running_sum() {
    let mut ewma = Ewma::new(0.2);
    let levels = [0.12, -0.204, -0.1032, 0.8174, 2.154, 3.5232, 5.2185, 4.4748];
    for (z, expected) in Z.into_iter().zip(levels) {
        ewma.push(z);
        assert_close(ewma.statistic(), expected, 5e-5);
    }
    let mut cusum = Cusum::new(0.5);
    let sums = [0.0, 0.0, 0.0, 1.0, 3.0, 5.5, 9.0, 9.0];
    for (z, expected) in Z.into_iter().zip(sums) {
        assert_close(cusum.push(z), expected, 1e-12);
    }
    assert_close(cusum_run_length(0.5, 4.0, 0.0), 338.1, 0.05);
    assert_close(cusum_run_length(0.5, 5.0, 0.0), 938.2, 0.05);
    assert_close(cusum_run_length(0.5, 4.0, 1.0), 8.34, 0.005);
}

#[test]
fn robust_score_against_the_past() {
    let past = [12.0, 15.0, 11.0, 14.0, 13.0];
    assert_close(mad_z(&past, 90.0).unwrap(), 51.9365, 1e-9);
    assert_eq!(mad_z(&[3.0, 3.0, 3.0], 9.0), None);
    assert_eq!(mad_z(&[], 9.0), None);
}

#[test]
fn bursts_of_a_word() {
    let relevant = [
        5.0, 6.0, 4.0, 5.0, 14.0, 18.0, 16.0, 13.0, 5.0, 4.0, 6.0, 5.0,
    ];
    let total = [100.0; 12];
    let (base, high) = burst_rates(&relevant, &total, 2.0);
    assert_close(base, 0.084_167, 5e-7);
    assert_close(high, 0.168_333, 5e-7);
    let states: Vec<u8> = bursts(&relevant, &total, 2.0, 1.0)
        .into_iter()
        .map(u8::from)
        .collect();
    assert_eq!(states, [0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0]);
    assert_eq!(bursts(&[0.0, 0.0], &[9.0, 9.0], 2.0, 1.0), [false, false]);
    assert!(bursts(&[], &[], 2.0, 1.0).is_empty());
}

#[test]
fn the_judge_follows_the_benchmark() {
    let windows = [
        Window {
            first: 200,
            last: 299,
        },
        Window {
            first: 600,
            last: 699,
        },
    ];
    let perfect = judge(&[200, 600], &windows, 1_000, STANDARD);
    assert_close(perfect.normalised(STANDARD), 100.0, 1e-12);
    let nothing = judge(&[], &windows, 1_000, STANDARD);
    assert_close(nothing.normalised(STANDARD), 0.0, 1e-12);
    assert_close(sigmoid(-1.0), 0.986_614_298, 5e-10);
    assert_close(sigmoid(0.0), 0.0, 1e-12);

    // Rows of the probation say nothing, a second find adds nothing, the last row of a window is worth little.
    assert_eq!(probation(1_000), 150);
    assert_eq!(probation(15_902), 750);
    let one = judge(&[10, 250, 260], &windows, 1_000, STANDARD);
    assert_eq!((one.found, one.false_alarms), (1, 0));
    assert_close(one.score, 0.848_283_64 / 0.986_614_298 - 1.0, 1e-8);
    let late = judge(&[299], &windows, 1_000, STANDARD);
    assert_close(late.score, 0.024_994_793 / 0.986_614_298 - 1.0, 1e-8);

    // A false alarm costs more the further it lies behind a window, and in full before the first.
    let early = judge(&[160], &windows, 1_000, STANDARD);
    assert_close(early.score, -2.0 - 0.11, 1e-12);
    let near = judge(&[309], &windows, 1_000, STANDARD);
    let place: f64 = 10.0 / 99.0;
    assert_close(near.score, -2.0 - 0.11 * sigmoid(place).abs(), 1e-12);
    let far = judge(&[599], &windows, 1_000, FEW_FALSE_ALARMS);
    assert_close(far.score, -2.0 - 0.22, 1e-12);
}
