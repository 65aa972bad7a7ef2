//! Prints how well the classifier does on the public sets, by cross-validation over the parts in the folder `KULANT_DATA`.
//! `cargo run --release -p kulant-insight --example bars [set ...]`; figures to read, not a gate.

#![expect(
    clippy::disallowed_methods,
    reason = "an example that measures reads the clock and where its texts are"
)]

use std::io::Read;
use std::time::SystemTime;

use kulant_insight::classify::{Desk, Example, Wish, train};

type Pairs = Vec<(String, String)>;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let folds = wanted
        .iter()
        .find_map(|word| word.strip_prefix("folds=")?.parse().ok())
        .unwrap_or(5_usize);
    let names: Vec<&String> = wanted.iter().filter(|word| !word.contains('=')).collect();
    println!(
        "{:<18} {:>6} {:>4} {:>8} {:>8} {:>7} {:>6} {:>8} {:>8} {:>9}",
        "set",
        "texts",
        "k",
        "accuracy",
        "macro-F1",
        "ece",
        "sure",
        "sure-acc",
        "train s",
        "posts/s"
    );
    for (name, file, text, label) in SETS {
        if !names.is_empty() && !names.iter().any(|wanted| name.contains(wanted.as_str())) {
            continue;
        }
        let mut pairs = Vec::new();
        for file in file.split(' ') {
            pairs.extend(read(file, text, label));
        }
        validate(name, &pairs, folds);
    }
}

const SETS: &[(&str, &str, &str, &str)] = &[
    (
        "relevance",
        "germeval2017/train.jsonl.gz",
        "text",
        "relevant",
    ),
    (
        "sentiment",
        "germeval2017/train.jsonl.gz",
        "text",
        "sentiment",
    ),
    (
        "airline",
        "airline/train.csv.gz",
        "text",
        "airline_sentiment",
    ),
    ("banking77", "banking77/train.csv.gz", "text", "category"),
    (
        "massive",
        "massive_de/train.tsv.gz massive_de/dev.tsv.gz",
        "text",
        "label",
    ),
    (
        "clinc",
        "clinc150/train.jsonl.gz clinc150/val.jsonl.gz",
        "text",
        "intent",
    ),
    (
        "sb10k",
        "german_tweets/sb10k_train.tsv.gz german_tweets/sb10k_dev.tsv.gz",
        "text",
        "label",
    ),
    (
        "ge2018",
        "germeval_offensive/ge2018_train.tsv.gz",
        "text",
        "coarse",
    ),
    (
        "x-potts",
        "german_tweets/potts_train.tsv.gz german_tweets/potts_dev.tsv.gz",
        "text",
        "label",
    ),
    (
        "x-toxic",
        "germeval_offensive/ge2021_train.csv.gz",
        "comment_text",
        "Sub1_Toxic",
    ),
];

fn validate(name: &str, pairs: &Pairs, folds: usize) {
    // Every fifth text by its place, after an order that depends on the texts alone.
    let mut order: Vec<usize> = (0..pairs.len()).collect();
    order.sort_by_key(|place| {
        pairs[*place]
            .0
            .bytes()
            .fold(7_u64, |sum, byte| {
                (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            })
            .rotate_left(17)
    });
    let mut truths = Vec::new();
    let mut founds = Vec::new();
    let (mut train_s, mut judge_s) = (0.0, 0.0);
    let mut bands = vec![(0.0_f64, 0.0_f64, 0_usize); 10];
    let (mut sure, mut sure_right) = (0_usize, 0_usize);
    for fold in 0..folds {
        let learned: Vec<Example<'_>> = order
            .iter()
            .enumerate()
            .filter(|(turn, _)| turn % 5 != fold)
            .map(|(_, place)| Example {
                text: &pairs[*place].0,
                label: &pairs[*place].1,
            })
            .collect();
        let started = seconds();
        let model = train(&learned, &Wish::default(), |_| {}).expect("sets have two labels");
        train_s += seconds() - started;
        let held: Vec<usize> = order
            .iter()
            .enumerate()
            .filter(|(turn, _)| turn % 5 == fold)
            .map(|(_, place)| *place)
            .collect();
        let mut desk = Desk::default();
        let started = seconds();
        let verdicts: Vec<_> = held
            .iter()
            .map(|place| model.judge(&mut desk, &pairs[*place].0))
            .collect();
        judge_s += seconds() - started;
        for (place, verdict) in held.iter().zip(verdicts) {
            let truth = pairs[*place].1.clone();
            let found = model.labels()[verdict.best].clone();
            let hit = truth == found;
            let band = &mut bands[((verdict.score * 10.0) as usize).min(9)];
            band.0 += f64::from(verdict.score);
            band.1 += f64::from(u8::from(hit));
            band.2 += 1;
            sure += usize::from(verdict.sure);
            sure_right += usize::from(verdict.sure && hit);
            truths.push(truth);
            founds.push(found);
        }
    }
    let mut labels: Vec<&String> = truths.iter().collect();
    labels.sort();
    labels.dedup();
    let mut f1 = 0.0;
    for label in &labels {
        let hits = truths
            .iter()
            .zip(&founds)
            .filter(|(truth, found)| truth == label && truth == found)
            .count();
        let both = truths.iter().filter(|truth| truth == label).count()
            + founds.iter().filter(|found| found == label).count();
        f1 += 2.0 * hits as f64 / both as f64;
    }
    let n = truths.len() as f64;
    let accuracy = truths
        .iter()
        .zip(&founds)
        .filter(|(truth, found)| truth == found)
        .count() as f64
        / n;
    let ece: f64 = bands.iter().map(|band| (band.0 - band.1).abs() / n).sum();
    println!(
        "{name:<18} {:>6} {:>4} {accuracy:>8.4} {:>8.4} {ece:>7.4} {:>6.3} {:>8.4} {:>8.2} {:>9.0}",
        pairs.len(),
        labels.len(),
        f1 / labels.len() as f64,
        sure as f64 / n,
        sure_right as f64 / sure.max(1) as f64,
        train_s / folds as f64,
        n / judge_s
    );
}

/// Seconds that this thread was at work, so that a busy machine does not count; of the clock where that is not to be had.
fn seconds() -> f64 {
    let at_work = std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|line| line.split(' ').next()?.parse::<f64>().ok());
    at_work.map_or_else(
        || {
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            since.expect("a clock after 1970").as_secs_f64()
        },
        |nanoseconds| nanoseconds / 1e9,
    )
}

fn read(file: &str, text: &str, label: &str) -> Pairs {
    let folder = std::env::var("KULANT_DATA").expect("KULANT_DATA names the folder of the sets");
    let bytes = std::fs::read(format!("{folder}/{file}")).expect("the file can be read");
    let mut all = String::new();
    flate2::read::MultiGzDecoder::new(&bytes[..])
        .read_to_string(&mut all)
        .expect("the file is gzip of UTF-8");
    if file.contains(".jsonl") {
        return all
            .lines()
            .map(|line| {
                let row: serde_json::Value = serde_json::from_str(line).expect("a row is JSON");
                let label = match &row[label] {
                    serde_json::Value::String(label) => label.clone(),
                    other => other.to_string(),
                };
                (row[text].as_str().expect("a text").to_owned(), label)
            })
            .collect();
    }
    let tabs = file.contains(".tsv");
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(if tabs { b'\t' } else { b',' })
        .quoting(!tabs)
        .from_reader(all.as_bytes());
    let header = reader.headers().expect("a header").clone();
    let place = |name: &str| {
        header
            .iter()
            .position(|field| field == name)
            .expect("the field")
    };
    let (text, label) = (place(text), place(label));
    reader
        .records()
        .map(|row| {
            let row = row.expect("a row");
            (row[text].to_owned(), row[label].to_owned())
        })
        .collect()
}
