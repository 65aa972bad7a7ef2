//! The files of `storms` and `forecast`: what comes out, and how bad input is refused in one line.

use std::fmt::Write as _;

use kulant_insight::series::files::{
    Wanted, read_future, read_history, read_special_days, storms, write_forecasts,
};
use kulant_insight::series::forecast::SpecialDays;
use kulant_insight::series::rows::Trouble;

fn scored(input: &str, slot: Option<i64>) -> Result<String, String> {
    let mut output = Vec::new();
    storms(input.as_bytes(), &mut output, slot)
        .map(|()| String::from_utf8(output).unwrap())
        .map_err(|trouble| trouble.to_string())
}

fn refused<T>(outcome: Result<T, Trouble>) -> String {
    let line = outcome.err().expect("this is refused").to_string();
    assert!(!line.contains('\n'));
    line
}

#[test]
fn storms_writes_one_row_for_each() {
    let mut input = String::from("timestamp,value\n");
    for minute in 0..2_000 {
        writeln!(
            input,
            "2026-03-{:02} {:02}:{:02}:00,{}",
            1 + minute / 1_440,
            minute / 60 % 24,
            minute % 60,
            minute % 7
        )
        .unwrap();
    }
    for slot in [None, Some(60)] {
        let output = scored(&input, slot).unwrap();
        assert_eq!(output.lines().count(), 2_001);
        for (before, after) in input.lines().zip(output.lines()).skip(1) {
            let (at, score) = after.split_once(',').unwrap();
            assert!(before.starts_with(at));
            assert!((0.0..=1.0).contains(&score.parse::<f64>().unwrap()));
        }
    }
    assert_eq!(scored(&input, None), scored(&input, Some(60)));
    assert_eq!(
        scored("timestamp,value\n", None).unwrap(),
        "timestamp,score\n"
    );
    let few = "value,timestamp\r\n,2026-03-01T10:00Z\r\nNaN,2026-03-01T09:00+01:00\r\n\r\n5,2026-03-01T09:00\r\n";
    assert_eq!(scored(few, None).unwrap().lines().count(), 4);
}

#[test]
fn storms_says_in_one_line_what_is_wrong() {
    for (input, words) in [
        (
            "",
            "row 1: the file is empty; a header timestamp,value is needed",
        ),
        (
            "time,value\n",
            "row 1, field timestamp: the header has no such column; needed are timestamp,value",
        ),
        (
            "timestamp,value\n2026-02-30 10:00,4\n",
            "row 2, field timestamp: \"2026-02-30 10:00\" is no time such as 2026-04-03 17:30:00",
        ),
        (
            "timestamp,value\n2026-02-20 10:00,4\n2026-02-20 10:05,many\n",
            "row 3, field value: \"many\" is no number",
        ),
        (
            "timestamp,value\n2026-02-20 10:00,inf\n",
            "row 2, field value: \"inf\" is no number",
        ),
        (
            "timestamp,value\n\"2026-02-20 10:00,4\n",
            "row 2: a quoted field has no end",
        ),
    ] {
        assert_eq!(scored(input, None), Err(words.to_owned()));
    }
    let bytes = refused(storms(
        &b"timestamp,value\n\xff\xfe,3\n"[..],
        Vec::new(),
        None,
    ));
    assert_eq!(bytes, "row 2: is no valid UTF-8");
    let long = format!("timestamp,value\n{}\n", "9".repeat(2 << 20));
    assert_eq!(
        scored(&long, None),
        Err("row 2: is longer than a mebibyte".to_owned())
    );
}

/// Four weeks of hours for two series.
fn history() -> String {
    let mut text = String::from("unique_id,ds,y\n");
    for id in ["\"a, b\"", "c"] {
        for hour in 0..28 * 24 {
            let day = 1 + hour / 24;
            let y = 10 + (hour % 24) * 3 + hour / 24 % 7;
            writeln!(text, "{id},2026-06-{day:02} {:02}:00:00,{y}", hour % 24).unwrap();
        }
    }
    text
}

fn forecasts(
    history: &str,
    wanted: &dyn Fn(&[kulant_insight::series::files::Series]) -> Wanted,
) -> String {
    let history = read_history(history.as_bytes()).unwrap();
    let mut output = Vec::new();
    let wanted = wanted(&history);
    write_forecasts(
        &history,
        &wanted,
        &SpecialDays::default(),
        &mut output,
        |_, _| {},
    )
    .unwrap();
    String::from_utf8(output).unwrap()
}

#[test]
fn forecast_goes_on_where_each_series_ends() {
    let output = forecasts(&history(), &|_| Wanted::Horizon(24));
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines[0], "unique_id,ds,yhat,lo80,hi80,lo95,hi95");
    assert_eq!(lines.len(), 49);
    assert!(
        lines[1].starts_with("\"a, b\",2026-06-29 00:00:00,1"),
        "{}",
        lines[1]
    );
    assert!(lines[48].starts_with("c,2026-06-29 23:00:00,"));
    for line in &lines[25..] {
        let numbers: Vec<f64> = line
            .split(',')
            .skip(2)
            .map(|field| field.parse().unwrap())
            .collect();
        let [y, low80, high80, low95, high95] = numbers[..] else {
            panic!("{line}")
        };
        assert!(
            low95 <= low80 && low80 <= y && y <= high80 && high80 <= high95,
            "{line}"
        );
    }
}

#[test]
fn forecast_answers_the_slots_it_is_asked_in_their_order() {
    let future =
        "ds,unique_id\n2026-06-30T12:00,c\n2026-06-29T00:00,\"a, b\"\n2026-06-29T12:00,c\n";
    let output = forecasts(&history(), &|history| {
        Wanted::Slots(read_future(future.as_bytes(), history).unwrap())
    });
    let lines: Vec<&str> = output.lines().collect();
    assert!(lines[1].starts_with("c,2026-06-30T12:00,"));
    assert!(lines[2].starts_with("\"a, b\",2026-06-29T00:00,"));
    assert!(lines[3].starts_with("c,2026-06-29T12:00,"));
    let y = |line: &str| line.split(',').nth(2).unwrap().parse::<f64>().unwrap();
    assert!((y(lines[1]) - 47.0).abs() < 2.0, "{}", lines[1]);
}

#[test]
fn forecast_takes_numbers_for_hours_and_days_for_days() {
    let mut text = String::from("unique_id,ds,y\n");
    for hour in 1..=700 {
        writeln!(text, "H1,{hour},{}", 5 + hour % 24).unwrap();
    }
    let output = forecasts(&text, &|_| Wanted::Horizon(2));
    let lines: Vec<&str> = output.lines().collect();
    assert!(lines[1].starts_with("H1,701,10.0"), "{}", lines[1]);
    let days = "unique_id,ds,y\nd,2026-01-01,4\nd,2026-01-02,6\nd,2026-01-03,5\n";
    let output = forecasts(days, &|_| Wanted::Horizon(1));
    assert!(output.lines().nth(1).unwrap().starts_with("d,2026-01-04,"));
}

#[test]
fn too_short_a_past_promises_no_interval() {
    let output = forecasts("unique_id,ds,y\nd,2026-01-01 10:00,4\n", &|_| {
        Wanted::Horizon(1)
    });
    assert_eq!(
        output.lines().nth(1).unwrap(),
        "d,2026-01-02 10:00,4.0000,,,,"
    );
}

#[test]
fn forecast_says_in_one_line_what_is_wrong() {
    let bad = |text: &str| refused(read_history(text.as_bytes()));
    assert_eq!(
        bad("unique_id,ds\n"),
        "row 1, field y: the header has no such column; needed are unique_id,ds,y"
    );
    assert_eq!(
        bad("unique_id,ds,y\na,soon,1\n"),
        "row 2, field ds: \"soon\" is no time such as 2026-04-03 17:30:00"
    );
    assert_eq!(
        bad("unique_id,ds,y\na,5,1\na,2026-01-01,1\n"),
        "row 3, field ds: numbers and dates are mixed in one series"
    );
    let history = read_history("unique_id,ds,y\na,2026-01-01,1\n".as_bytes()).unwrap();
    let bad = |text: &str| refused(read_future(text.as_bytes(), &history));
    assert_eq!(
        bad("unique_id,ds\nb,2026-01-02\n"),
        "row 2, field unique_id: the history has no such series"
    );
    let mut special = SpecialDays::default();
    let trouble = refused(read_special_days(
        "date,kind\nEaster,launch\n".as_bytes(),
        &mut special,
    ));
    assert_eq!(
        trouble,
        "row 2, field date: \"Easter\" is no time such as 2026-04-03 17:30:00"
    );
    read_special_days(
        "ds,kind\n2026-05-05,launch\n2026-06-05,\n".as_bytes(),
        &mut special,
    )
    .unwrap();
    assert_ne!(special, SpecialDays::default());
}
