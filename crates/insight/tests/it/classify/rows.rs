//! Files of rows: every form is read alike, and what is wrong is said in one line.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use kulant_insight::classify::{
    Form, Wish, evaluate, predict, read_rows, train_from, write_quality,
};

use super::{learned, messages};

fn rows(input: &[u8], form: Option<Form>) -> Result<Vec<String>, String> {
    let mut rows = Vec::new();
    let read = read_rows(input, form, &["text", "label"], |row, fields| {
        rows.push(format!("{row} {} = {}", fields[0], fields[1]));
        Ok(())
    });
    read.map(|()| rows).map_err(|error| error.to_string())
}

fn zipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn every_form_is_read_alike() {
    let json =
        "\u{feff}{\"label\": true, \"text\": \"a \\\"b\\\"\"}\n\n{\"text\":\"c\",\"label\":7}\r\n";
    let csv = "id,label,text\n1,true,\"a \"\"b\"\"\"\n2,7,c\n";
    let tsv = "label\tid\ttext\r\ntrue\t1\ta \"b\"\r\n7\t2\tc\r\n";
    for (file, form, numbers) in [
        (json, Form::JsonLines, [1, 3]),
        (csv, Form::Csv, [2, 3]),
        (tsv, Form::Tsv, [2, 3]),
    ] {
        let expected = vec![
            format!("{} a \"b\" = true", numbers[0]),
            format!("{} c = 7", numbers[1]),
        ];
        for form in [Some(form), None] {
            assert_eq!(rows(file.as_bytes(), form).unwrap(), expected, "{form:?}");
            assert_eq!(
                rows(&zipped(file.as_bytes()), form).unwrap(),
                expected,
                "{form:?} zipped"
            );
        }
    }
}

#[test]
fn the_form_is_told_by_the_name() {
    for (name, form) in [
        ("a.jsonl", Some(Form::JsonLines)),
        ("a.JSONL.gz", Some(Form::JsonLines)),
        ("b.csv.gz", Some(Form::Csv)),
        ("c.tsv", Some(Form::Tsv)),
        ("-", None),
        ("csv", None),
    ] {
        assert_eq!(Form::by_name(name), form, "{name}");
    }
}

#[test]
fn what_is_wrong_is_said_with_row_and_field() {
    for (file, form, expected) in [
        (
            "{\"text\":\"a\",\"label\":\"x\"}\n{\"text\":\"b\"}\n",
            Form::JsonLines,
            "row 2, field \"label\": is missing",
        ),
        (
            "{\"text\":null,\"label\":\"x\"}\n",
            Form::JsonLines,
            "row 1, field \"text\": is null",
        ),
        (
            "{\"text\":[],\"label\":\"x\"}\n",
            Form::JsonLines,
            "row 1, field \"text\": is neither a text nor a number nor true or false",
        ),
        (
            "text,kind\na,b\n",
            Form::Csv,
            "row 1, field \"label\": is not in the header",
        ),
        (
            "text,label\na,b\nc\n",
            Form::Csv,
            "row 3, field \"label\": is missing",
        ),
        (
            "label\ttext\na\n",
            Form::Tsv,
            "row 2, field \"text\": is missing",
        ),
    ] {
        assert_eq!(rows(file.as_bytes(), Some(form)).unwrap_err(), expected);
    }
    let broken = rows(b"{\"text\":\"a\",\"label\":1}\n{oops\n", None).unwrap_err();
    assert!(broken.starts_with("row 2: not a JSON object"), "{broken}");
    assert!(!broken.contains('\n'));
    let empty = train_from(
        &b"text,label\na, \n"[..],
        None,
        ("text", "label"),
        &Wish::default(),
        |_| {},
    )
    .unwrap_err();
    assert_eq!(empty.to_string(), "row 2, field \"label\": is empty");
}

#[test]
fn where_a_packed_file_breaks_off_is_said() {
    let lines: Vec<String> = (0..2_000)
        .map(|number| format!("{{\"text\":\"{}\",\"label\":1}}", number * 7_919))
        .collect();
    let packed = zipped(lines.join("\n").as_bytes());
    let cut = &packed[..packed.len() / 2];
    let why = rows(cut, Some(Form::JsonLines)).unwrap_err();
    assert!(why.starts_with("row "), "{why}");
    assert!(why.contains("cannot be read"), "{why}");
}

#[test]
fn empty_files_hold_no_rows() {
    for form in [
        None,
        Some(Form::JsonLines),
        Some(Form::Csv),
        Some(Form::Tsv),
    ] {
        assert_eq!(rows(b"", form), Ok(Vec::new()), "{form:?}");
        assert_eq!(rows(&zipped(b""), form), Ok(Vec::new()), "{form:?}");
    }
    let error =
        train_from(&b""[..], None, ("text", "label"), &Wish::default(), |_| {}).unwrap_err();
    assert_eq!(error.to_string(), "there are no examples to learn from");
    let error = evaluate(&learned(), &b""[..], None, ("text", "label"), |_| {}).unwrap_err();
    assert_eq!(error.to_string(), "there are no rows to evaluate");
}

#[test]
fn arbitrary_bytes_are_rows_or_refused() {
    let mut state = 11_u64;
    for length in 0..300_usize {
        let bytes: Vec<u8> = (0..length)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                b"{}\"\\,\t\n\r :textlabl\x1f\x8b\xff\xf0"[(state >> 40) as usize % 22]
            })
            .collect();
        for form in [
            None,
            Some(Form::JsonLines),
            Some(Form::Csv),
            Some(Form::Tsv),
        ] {
            if let Err(error) = rows(&bytes, form) {
                assert!(!error.contains('\n'), "{error}");
            }
            let headed = [&b"text,label\n"[..], &bytes].concat();
            drop(rows(&headed, Some(Form::Csv)));
        }
    }
}

#[test]
fn predictions_are_lines_of_json_in_the_order_of_the_rows() {
    let messages = messages();
    let lines = messages
        .iter()
        .map(|(text, label)| format!("{text}\t{label}"));
    let file = lines.collect::<Vec<_>>().join("\n");
    let file = format!("text\tlabel\n{file}");
    let model = train_from(
        file.as_bytes(),
        Some(Form::Tsv),
        ("text", "label"),
        &Wish::default(),
        |_| {},
    )
    .unwrap();
    let mut out = Vec::new();
    predict(&model, file.as_bytes(), None, "text", &mut out, |_| {}).unwrap();
    let lines: Vec<serde_json::Value> = String::from_utf8(out)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), messages.len());
    let mut right = 0;
    for (line, (_, label)) in lines.iter().zip(&messages) {
        let best = line["label"].as_str().unwrap();
        right += usize::from(best == *label);
        assert!(line["sure"].is_boolean());
        assert_eq!(line["score"], line["scores"][best]);
        assert_eq!(line["scores"].as_object().unwrap().len(), 3);
    }
    assert!(right * 100 >= messages.len() * 97, "{right}");

    let quality = evaluate(&model, file.as_bytes(), None, ("text", "label"), |_| {}).unwrap();
    assert_eq!(quality.examples, messages.len());
    assert!((quality.accuracy - right as f64 / messages.len() as f64).abs() < 1e-9);
    let mut table = Vec::new();
    write_quality(&quality, &mut table).unwrap();
    let table = String::from_utf8(table).unwrap();
    assert!(
        table.contains("macro-F1") && table.contains("praise"),
        "{table}"
    );
}

#[test]
fn rows_before_a_bad_one_are_answered() {
    let mut out = Vec::new();
    let file = b"{\"text\":\"Danke!\"}\n{\"text\":\"Wann?\"}\n{\"other\":1}\n";
    let error = predict(&learned(), &file[..], None, "text", &mut out, |_| {}).unwrap_err();
    assert_eq!(error.to_string(), "row 3, field \"text\": is missing");
    assert_eq!(out.split(|byte| *byte == b'\n').count() - 1, 2);
}
