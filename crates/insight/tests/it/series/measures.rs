//! The measures of a forecast, by the worked example of the definitions.

use kulant_insight::series::measures::{accuracy, coverage, mase, pinball, winkler};

const ACTUAL: [f64; 6] = [100.0, 120.0, 80.0, 0.0, 140.0, 160.0];
const FORECAST: [f64; 6] = [110.0, 115.0, 90.0, 5.0, 120.0, 150.0];
const TRAINING: [f64; 12] = [
    90.0, 100.0, 70.0, 10.0, 130.0, 150.0, 95.0, 110.0, 75.0, 5.0, 135.0, 155.0,
];

fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}

fn assert_digits(value: f64, expected: f64, digits: i32) {
    let rounded = rounded(value, digits);
    assert!(
        (rounded - expected).abs() < 1e-12,
        "{value} is not {expected}"
    );
}

#[test]
fn errors_come_out_as_defined() {
    let all = accuracy(&ACTUAL, &FORECAST).unwrap();
    assert_digits(all.wape, 0.1, 9);
    assert_digits(all.bias, -0.016_667, 6);
    assert_digits(all.mae, 10.0, 9);
    assert_digits(all.rmse, 11.180_34, 5);
    assert_digits(
        mase(&ACTUAL, &FORECAST, &TRAINING, 6).unwrap(),
        1.714_286,
        6,
    );
}

#[test]
fn quantiles_and_intervals_come_out_as_defined() {
    let shifted = |by: f64| FORECAST.map(|y| y + by);
    assert_digits(pinball(&ACTUAL, &shifted(20.0), 0.9).unwrap(), 1.833_333, 6);
    assert_digits(pinball(&ACTUAL, &FORECAST, 0.5).unwrap(), 5.0, 9);
    let (low, high) = (shifted(-15.0), shifted(15.0));
    assert_digits(coverage(&ACTUAL, &low, &high).unwrap(), 0.833_333, 6);
    assert_digits(winkler(&ACTUAL, &low, &high, 0.8).unwrap(), 38.333_333, 6);
}

#[test]
fn what_is_missing_is_left_out() {
    assert_eq!(accuracy(&[], &[]), None);
    assert_eq!(mase(&ACTUAL, &FORECAST, &TRAINING, 13), None);
    let gap = [100.0, f64::NAN, 80.0];
    assert_digits(accuracy(&gap, &[110.0, 1.0, 90.0]).unwrap().mae, 10.0, 9);
}
