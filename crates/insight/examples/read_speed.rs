//! Measures how long one reading takes on average: texts one a line on standard input.

#![expect(
    clippy::disallowed_methods,
    reason = "an example that measures reads the clock"
)]

use std::io::Read;
use std::time::Instant;

use kulant_insight::text::reading::read;

fn main() {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .expect("the texts can be read");
    let lines: Vec<&str> = text.lines().collect();
    read("warm").to_json("warm");
    let begun = Instant::now();
    let bytes: usize = lines
        .iter()
        .map(|line| read(line).to_json(line).len())
        .sum();
    let micros = begun.elapsed().as_secs_f64() * 1e6;
    let count = lines.len().max(1);
    #[expect(clippy::cast_precision_loss, reason = "a count of lines")]
    let average = micros / count as f64;
    println!("{count} texts, {average:.1} µs each, {bytes} bytes of answers");
}
