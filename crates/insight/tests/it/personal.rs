//! Personal data: the vectors of formulas.md 10, numbers as people write them, and what must be left alone.

use kulant_insight::text::personal::{self, Check, OwnPattern, OwnPatterns, PersonalKind};

fn kinds(text: &str) -> Vec<(String, String, bool)> {
    personal::find(text, &OwnPatterns::default())
        .into_iter()
        .map(|found| {
            (
                found.kind.name().to_owned(),
                text[found.from..found.to].to_owned(),
                found.sure,
            )
        })
        .collect()
}

/// Tells whether the whole number was found, surely, and nothing else surely.
fn is_found(text: &str, kind: &str, number: &str) -> bool {
    let sure: Vec<_> = kinds(text).into_iter().filter(|found| found.2).collect();
    sure == [(kind.to_owned(), number.to_owned(), true)]
}

#[test]
fn the_vectors_are_found() {
    for (text, kind, number) in [
        (
            "Bitte auf DE89 3704 0044 0532 0130 00 überweisen",
            "iban",
            "DE89 3704 0044 0532 0130 00",
        ),
        (
            "AT61 1904 3002 3457 3201",
            "iban",
            "AT61 1904 3002 3457 3201",
        ),
        (
            "iban:CH93 0076 2011 6238 5295 7.",
            "iban",
            "CH93 0076 2011 6238 5295 7",
        ),
        (
            "GB82 WEST 1234 5698 7654 32",
            "iban",
            "GB82 WEST 1234 5698 7654 32",
        ),
        (
            "meine Karte 4111 1111 1111 1111 geht nicht",
            "card",
            "4111 1111 1111 1111",
        ),
        ("Steuer-ID 86095742719", "tax_id", "86095742719"),
        ("47036892816", "tax_id", "47036892816"),
        ("65929970489", "tax_id", "65929970489"),
        ("Ruft mich an: +49 170 1234567", "phone", "+49 170 1234567"),
        ("0171/1234567 danke", "phone", "0171/1234567"),
        ("Tel. (030) 901820", "phone", "(030) 901820"),
        ("0800 3301000", "phone", "0800 3301000"),
        ("0041 44 668 18 00", "phone", "0041 44 668 18 00"),
    ] {
        assert!(is_found(text, kind, number), "{text}: {:?}", kinds(text));
    }
}

#[test]
fn numbers_are_found_as_people_write_them() {
    for (text, kind, number) in [
        ("DE89370400440532013000", "iban", "DE89370400440532013000"),
        (
            "de89 3704 0044 0532 0130 00",
            "iban",
            "de89 3704 0044 0532 0130 00",
        ),
        (
            "DE89-3704-0044-0532-0130-00",
            "iban",
            "DE89-3704-0044-0532-0130-00",
        ),
        (
            "IBAN DE89 3704\n0044 0532\r\n 0130 00 bei der Bank",
            "iban",
            "DE89 3704\n0044 0532\r\n 0130 00",
        ),
        (
            "ＤＥ８９３７０４００４４０５３２０１３０００",
            "iban",
            "ＤＥ８９３７０４００４４０５３２０１３０００",
        ),
        (
            "DE89\u{a0}3704\u{202f}0044 0532 0130 00",
            "iban",
            "DE89\u{a0}3704\u{202f}0044 0532 0130 00",
        ),
        (
            "IBANDE89370400440532013000",
            "iban",
            "DE89370400440532013000",
        ),
        (
            "D E 8 9 3 7 0 4 0 0 4 4 0 5 3 2 0 1 3 0 0 0",
            "iban",
            "D E 8 9 3 7 0 4 0 0 4 4 0 5 3 2 0 1 3 0 0 0",
        ),
        ("4111-1111-1111-1111", "card", "4111-1111-1111-1111"),
        ("4111111111111111", "card", "4111111111111111"),
        (
            "４１１１ １１１１ １１１１ １１１１",
            "card",
            "４１１１ １１１１ １１１１ １１１１",
        ),
        ("3782 822463 10005", "card", "3782 822463 10005"),
        (
            "5555 5555 5555 4444 12/27 CVC 123",
            "card",
            "5555 5555 5555 4444",
        ),
        (
            "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
            "card",
            "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
        ),
        ("Idnr 86 095 742 719", "tax_id", "86 095 742 719"),
        ("+49 (0) 170 1234567", "phone", "+49 (0) 170 1234567"),
        ("+491701234567", "phone", "+491701234567"),
        ("call me +44 20 7946 0958", "phone", "+44 20 7946 0958"),
        (
            "anna.becker+shop@mail.example",
            "email",
            "anna.becker+shop@mail.example",
        ),
        (
            "schreib an jörg@post.example.",
            "email",
            "jörg@post.example",
        ),
        ("Meine IP ist 192.0.2.17", "ip_address", "192.0.2.17"),
        ("geboren am 3.4.1985 in Köln", "date_of_birth", "3.4.1985"),
        ("DOB 04/03/1985", "date_of_birth", "04/03/1985"),
        (
            "Geburtsdatum: 3. April 1985",
            "date_of_birth",
            "3. April 1985",
        ),
        (
            "Lindenstr. 12a, 50667 Köln",
            "address",
            "Lindenstr. 12a, 50667 Köln",
        ),
        ("ich wohne Kölner Straße 5", "address", "Kölner Straße 5"),
        (
            "221B Baker Street, London NW1 6XE",
            "address",
            "221B Baker Street, London NW1 6XE",
        ),
        (
            "12 Main St, Springfield, IL 62704",
            "address",
            "12 Main St, Springfield, IL 62704",
        ),
        ("mein Kennzeichen K-AB 1234", "licence_plate", "K-AB 1234"),
    ] {
        assert!(is_found(text, kind, number), "{text}: {:?}", kinds(text));
    }
}

#[test]
fn other_numbers_are_left_alone() {
    for text in [
        "DE89 3704 0044 0532 0130 01",
        "4111 1111 1111 1112",
        "86095742718",
        "Rechnung 2023/12345678",
        "24.12.2026 um 10:30",
        "Kundennr. 1234567890",
        "von 08.30 - 17.00 Uhr",
        "am 01.02.2026 10.00 - 12.00",
        "Sendung 00340434161094021501 ist weg",
        "Tracking 4111111111111111",
        "IMEI 490154203237518",
        "https://shop.example/order/4111111111111111?x=DE89370400440532013000",
        "@anna@town.example hallo",
        "service@lumenau.example",
        "RE 5 nach Platz 5, Gleis 3, 12 Uhr",
        "ICE 1234 um 10.15 Uhr",
        "Version 10.0.0.1 installiert",
        "das war 1985",
        "100.000 Euro und 1.000.000 mehr",
        "Im Weg 3 Leute",
    ] {
        let sure: Vec<_> = kinds(text).into_iter().filter(|found| found.2).collect();
        assert!(sure.is_empty(), "{text}: {sure:?}");
    }
}

#[test]
fn a_masked_text_keeps_the_rest() {
    let text = "Hallo, IBAN DE89 3704 0044 0532 0130 00, Tel. 0171/1234567 😀 danke";
    let found = personal::find(text, &OwnPatterns::default());
    assert_eq!(
        personal::mask(text, &found),
        "Hallo, IBAN [IBAN], Tel. [phone] 😀 danke"
    );
}

#[test]
fn numbers_of_the_operator_want_a_check_or_a_word() {
    let own = OwnPatterns::new(vec![
        OwnPattern {
            name: "customer number".to_owned(),
            pattern: r"\d{10}".to_owned(),
            words: vec!["Kundennr".to_owned(), "Kundennummer".to_owned()],
            check: Check::None,
        },
        OwnPattern {
            name: "contract".to_owned(),
            pattern: r"V-\d{8}".to_owned(),
            words: Vec::new(),
            check: Check::Luhn,
        },
    ])
    .unwrap();
    let found = |text: &str| -> Vec<(PersonalKind, bool)> {
        personal::find(text, &own)
            .into_iter()
            .map(|found| (found.kind, found.sure))
            .collect()
    };
    let customer = || PersonalKind::Own("customer number".to_owned());
    assert_eq!(found("Kundennr. 1234567890"), [(customer(), true)]);
    assert_eq!(found("1234567890 mal"), [(customer(), false)]);
    assert_eq!(
        found("V-12345674"),
        [(PersonalKind::Own("contract".to_owned()), true)]
    );
    assert_eq!(found("V-12345675"), []);

    let refuse = |pattern: &str| {
        OwnPatterns::new(vec![OwnPattern {
            name: "x".to_owned(),
            pattern: pattern.to_owned(),
            words: Vec::new(),
            check: Check::None,
        }])
        .unwrap_err()
        .to_string()
    };
    assert!(refuse("(").contains("cannot be used"));
    assert!(refuse(r"\d*").contains("empty text"));
    assert!(refuse(r"(\w{1000}){1000}").contains("cannot be used"));
}

/// Makes numbers with right check digits and writes them in the ways that the bar names.
#[test]
fn checksum_kinds_are_found_in_every_way_of_writing() {
    let mut seed = 7_u64;
    let mut next = move |below: u32| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(seed >> 33).unwrap() % below
    };
    let (mut made, mut hits) = (0, 0);
    for _ in 0..1_000 {
        for kind in ["iban", "card", "tax_id"] {
            let number = match kind {
                "iban" => make_iban(&mut next),
                "card" => make_card(&mut next),
                _ => make_tax_id(&mut next),
            };
            let written: String = number
                .chars()
                .enumerate()
                .flat_map(|(at, c)| {
                    let gap = match (at > 0 && at % 4 == 0, next(6)) {
                        (true, 0) => "\n",
                        (true, 1) => "\u{a0}",
                        (true, 2) => "-",
                        (true, _) => " ",
                        _ => "",
                    };
                    gap.chars().chain(std::iter::once(c)).collect::<Vec<_>>()
                })
                .map(|c| match c {
                    '!'..='~' if made % 5 == 0 => char::from_u32(u32::from(c) + 0xfee0).unwrap(),
                    _ => c,
                })
                .collect();
            made += 1;
            let text = format!("Hallo, hier: {written} danke");
            hits += usize::from(is_found(&text, kind, &written));
        }
    }
    assert!(hits * 1_000 >= made * 995, "{hits} of {made}");
}

fn make_iban(next: &mut impl FnMut(u32) -> u32) -> String {
    let account: String = (0..18)
        .map(|_| char::from_digit(next(10), 10).unwrap())
        .collect();
    let rest = format!("{account}131400")
        .chars()
        .fold(0, |rest, c| (rest * 10 + c.to_digit(10).unwrap()) % 97);
    format!("DE{:02}{account}", 98 - rest)
}

fn make_card(next: &mut impl FnMut(u32) -> u32) -> String {
    let mut digits: Vec<u32> = std::iter::once(4)
        .chain((0..14).map(|_| next(10)))
        .collect();
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            if place % 2 == 1 {
                *digit
            } else {
                digit * 2 / 10 + digit * 2 % 10
            }
        })
        .sum();
    digits.push((10 - sum % 10) % 10);
    digits
        .iter()
        .map(|digit| char::from_digit(*digit, 10).unwrap())
        .collect()
}

fn make_tax_id(next: &mut impl FnMut(u32) -> u32) -> String {
    let digits: Vec<u32> = std::iter::once(next(9) + 1)
        .chain((0..9).map(|_| next(10)))
        .collect();
    let product = digits.iter().fold(10, |product, digit| {
        let sum = (digit + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    let check = (11 - product) % 10;
    digits
        .iter()
        .chain([&check])
        .map(|digit| char::from_digit(*digit, 10).unwrap())
        .collect()
}

/// Ordinary posts must keep their words. What is masked in them is printed, so that it can be looked at.
#[test]
fn ordinary_posts_are_hardly_ever_masked() {
    let Some(data) = crate::recorded::folder() else {
        return;
    };
    let own = OwnPatterns::default();
    let (mut posts, mut masked) = (0, 0);
    for (file, field) in [
        ("twcs/twcs_first5k.csv.gz", "text"),
        ("twcs/spotify_inbound.csv.gz", "text"),
        ("german_tweets/sb10k_train.tsv.gz", "text"),
        ("mobasa/dev.jsonl.gz", "text"),
    ] {
        for text in crate::recorded::texts(&data.join(file), field) {
            posts += 1;
            let found = personal::find(&text, &own);
            if found.iter().any(|found| found.sure) {
                masked += 1;
                println!("{}", personal::mask(&text, &found));
            }
        }
    }
    println!("{masked} of {posts} posts masked");
    assert!(posts > 20_000);
    assert!(masked * 1_000 <= posts, "{masked} of {posts}");
}
