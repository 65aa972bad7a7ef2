//! Documented pairs: a query, a text, and whether the one finds the other.
//! A pair ending in a blank is a finished query; without it, the last word is still being typed.

use std::fmt::Write as _;

use kulant_insight::text::snippet::snippet;
use kulant_insight::text::tokens::{index_tokens, matches, query_tokens};

/// The query finds the text.
const FOUND: &[(&str, &str)] = &[
    // umlauts and ß in every spelling
    ("Zug ", "Heute fahren wieder keine Züge nach Seeburg."),
    ("Züge ", "Der Zug steht seit zehn Minuten."),
    ("zuege ", "Mit den Zügen war es noch nie so schlimm"),
    ("Zuege ", "welcher Zug faehrt jetzt"),
    ("Züge ", "alle zuege sind voll"),
    ("störung ", "Gibt es eine STÖRUNG in Altenau?"),
    ("Störung ", "schon wieder stoerung im netz"),
    ("stoerung ", "Die Störungen häufen sich"),
    (
        "STÖRUNG ",
        "storung bei euch? meine tastatur hat keine umlaute",
    ),
    ("strasse ", "In unserer Straße liegt Glasfaser"),
    ("Straße ", "IN DER HAUPTSTRASSE STEHT DER TECHNIKER"),
    ("groesse ", "Welche Größe hat das Paket?"),
    ("Gebühr ", "diese Gebuehren sind eine Frechheit"),
    ("fährt ", "wann faehrt der naechste Bus"),
    ("Muell ", "Überall Müll auf dem Bahnsteig"),
    ("cafe ", "Im Café am Bahnsteig gibt es keinen Kaffee"),
    // German stems
    ("Verspätung ", "Die Verspätungen nehmen kein Ende"),
    ("Rechnungen ", "Meine Rechnung stimmt nicht"),
    ("Kunde ", "So geht man nicht mit Kunden um"),
    ("Busse ", "der bus kam nicht"),
    ("Vertrag ", "Ich will aus beiden Verträgen raus"),
    // compounds
    ("Störung ", "Großstörung im Raum Altenau"),
    ("Bahn ", "Am Bahnhof ist niemand"),
    ("Hof ", "Am Bahnhof ist niemand"),
    ("Bahnhof ", "Treffen wir uns am Hauptbahnhof"),
    ("Senderliste ", "Wo finde ich die Entertain-Senderliste?"),
    ("Liste ", "Wo finde ich die Entertain-Senderliste?"),
    (
        "Entertain-Senderliste ",
        "entertain senderliste bitte als PDF",
    ),
    ("Alarm ", "Euer Verspätungsalarm geht nicht"),
    ("Verspätung ", "Euer Verspätungsalarm geht nicht"),
    ("Karte ", "Fahrkarten nur noch in der App?"),
    ("Faser ", "Wann kommt der Glasfaseranschluss?"),
    ("Anschluss ", "Wann kommt der Glasfaseranschluss?"),
    ("Rechnung ", "Die Lumenaurechnung ist falsch"),
    ("WLAN-Router ", "mein WLAN Router blinkt rot"),
    ("wlanrouter ", "mein WLAN-Router blinkt rot"),
    ("Koffer ", "Rollkoffer im Zug vergessen!"),
    ("maschine ", "Die Waschmaschinen sind unterwegs"),
    // English stems
    ("refund ", "I am still waiting for my refunds"),
    ("delay ", "Trains were delayed again"),
    ("delays ", "an hour of delay"),
    ("cancelled ", "they cancel everything"),
    ("train ", "TRAINS everywhere, none of them moving"),
    ("charges ", "I was charged twice"),
    ("customer ", "your customers' patience"),
    // English and German in one post
    ("ticket ", "Zwei Tickets storniert, kein Refund"),
    ("updates ", "Gibt es ein Update zur Störung?"),
    // hashtags, mentions, addresses, numbers
    ("#Störung ", "Danke für nichts #stoerung"),
    ("störung ", "Danke für nichts #Störung"),
    ("bahn ", "Tolle Leute bei #NordtalBahn"),
    ("@lumenau ", "Hallo @Lumenau, seid ihr wach?"),
    ("lumenau ", "Hallo @Lumenau, seid ihr wach?"),
    (
        "anna.berg@post.example ",
        "Schreibt mir an Anna.Berg@post.example, danke",
    ),
    ("berg ", "Schreibt mir an Anna.Berg@post.example, danke"),
    ("DE-4711/22 ", "Bestellung DE-4711/22 ist nicht da"),
    ("4711/22 ", "Bestellung DE-4711/22 ist nicht da"),
    ("4711 ", "Bestellung DE-4711/22 ist nicht da"),
    ("de471122 ", "Bestellung DE-4711/22 ist nicht da"),
    ("ICE 4711 ", "ICE4711 fällt aus"),
    ("ICE4711 ", "ICE 4711 fällt aus"),
    ("S3 ", "in der S 3 ist es heiß"),
    ("S 3 ", "in der S3 ist es heiß"),
    ("49,90 ", "ihr habt 49.90 EUR abgebucht"),
    (
        "nordtal-bahn.example ",
        "siehe https://www.nordtal-bahn.example/faq?x=1",
    ),
    ("email ", "Auf meine E-Mail kam nie eine Antwort"),
    ("e-mail ", "Auf meine Email kam nie eine Antwort"),
    ("gehts ", "So geht’s nicht weiter"),
    // phrases, exclusions, the word being typed
    ("\"kein Netz\" ", "Seit gestern kein Netz in Altenau"),
    ("„kein Netz“ ", "Seit gestern kein Netz in Altenau"),
    ("\"keine Zuege\" ", "Es fahren keine Züge"),
    ("Störung -Altenau ", "Störung in Seeburg"),
    ("-\"kein Netz\" Netz ", "Netz ist kein Thema"),
    ("vers", "Verspätung ohne Ende"),
    ("stoe", "Störung ohne Ende"),
    ("stör", "stoerung ohne ende"),
    ("Zuege", "Der Zug kommt"),
    ("#nord", "Tolle Leute bei #NordtalBahn"),
    ("störung alt", "Störung in Altenau"),
    ("anna.be", "Schreibt mir an Anna.Berg@post.example"),
    ("neue", "Neuer Tarif, neue Preise"),
    ("aktuell", "Aktuelle Lage bitte"),
    ("\"im Net", "Störung im Netz"),
];

/// The query does not find the text.
const MISSED: &[(&str, &str)] = &[
    ("Bahnhof ", "Die Bahn kommt"),
    ("Großstörung ", "Eine Störung im Netz"),
    ("Pot ", "Der Poet schreibt an die Bahn"),
    ("Zeit ", "Alles Gute zur Hochzeit"),
    ("Zug ", "Auf dem Rückzug"),
    ("Zug ", "Nach dem Umzug kein Internet"),
    ("Zeit ", "Das stand in der Zeitung"),
    ("Ei ", "Drei Leute in der Reihe"),
    ("Art ", "Please restart the router"),
    ("Netz", "Wir haben uns verletzt"),
    ("Bahnsteig ", "Bahn und Steig sind zwei Worte"),
    ("neu ", "neun Leute warten"),
    ("\"Netz kein\" ", "Seit gestern kein Netz in Altenau"),
    ("\"kein Netz\" ", "kein schnelles Netz"),
    ("Störung -Altenau ", "Störung in Altenau"),
    ("Zug -Züge ", "Der Zug kommt nicht"),
    ("#störung ", "Eine Störung ohne Zeichen"),
    ("@lumenau ", "Lumenau antwortet nicht"),
    ("4712 ", "Bestellung DE-4711/22 ist nicht da"),
    ("471 ", "Bestellung DE-4711/22 ist nicht da"),
    ("4711/23 ", "Bestellung DE-4711/22 ist nicht da"),
    ("vers ", "Verspätung ohne Ende"),
    ("faq ", "siehe https://www.nordtal-bahn.example/faq?x=1"),
    ("Störung Seeburg ", "Störung in Altenau"),
    ("refund ", "This is fun"),
    ("train ", "It rains in the station"),
    ("spät", "Das war ein Spaß"),
    ("Rate ", "Ein Brief aus dem Rathaus liegt hier"),
    ("Tor ", "Der Motor ist laut"),
];

#[test]
fn queries_find_what_they_should() {
    let missed: Vec<_> = FOUND
        .iter()
        .filter(|(query, text)| !finds(query, text))
        .collect();
    assert!(missed.is_empty(), "not found: {}", explain(&missed));
    assert!(FOUND.len() >= 40);
}

#[test]
fn queries_leave_out_near_misses() {
    let found: Vec<_> = MISSED
        .iter()
        .filter(|(query, text)| finds(query, text))
        .collect();
    assert!(found.is_empty(), "found by mistake: {}", explain(&found));
    assert!(MISSED.len() >= 20);
}

#[test]
fn every_post_finds_itself() {
    for (_, text) in FOUND.iter().chain(MISSED) {
        let query = format!("{} ", text.replace(['"', '„', '“'], " "));
        assert!(
            finds(&query, text),
            "{text}\n{:?}\n{}",
            query_tokens(&query),
            index_tokens(text)
        );
    }
}

#[test]
fn tokens_stay_few() {
    let text = "Großstörung am Hauptbahnhof: der Regionalexpress nach Seeburg fällt aus, die Anschlusszüge warten nicht, \
                der Verspätungsalarm schweigt und am Fahrkartenautomaten ist die Warteschlange endlos.";
    let count = index_tokens(text).split(' ').count();
    let words = text.split_whitespace().count();
    assert!(count <= words * 4, "{count} tokens for {words} words");
    let again = index_tokens(&[text; 20].join(" ")).split(' ').count();
    assert_eq!(
        again,
        count + 19 * words,
        "the rest stands once however long the text"
    );
}

#[test]
fn any_text_is_safe_and_finds_its_own_words() {
    let letters: Vec<char> = "abcdefghijklmnopqrstuvwxyzäöüßÄÖÜéñçøłﬁ½²Ω東京ßаяשم0123456789 \t\n-–/._@#&+,:'’\"„“?!🚆👍🏽\u{fe0f}\u{20e3}\u{308}\u{ad}\u{200d}"
        .chars()
        .collect();
    let mut state: u64 = 42;
    let mut next = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for _ in 0..4_000 {
        let len = next(90);
        let text: String = (0..len).map(|_| letters[next(letters.len())]).collect();
        let tokens = index_tokens(&text);
        assert!(
            tokens.chars().all(|c| c.is_alphanumeric() || c == ' '),
            "{text:?} {tokens:?}"
        );
        assert!(
            !tokens.contains("  ") && tokens.trim() == tokens,
            "{tokens:?}"
        );
        let terms = query_tokens(&text);
        let piece = snippet(&text, &terms, next(60));
        let count = piece.text.chars().count();
        assert!(
            piece
                .hits
                .iter()
                .all(|hit| hit.start < hit.end && hit.end <= count),
            "{text:?} {piece:?}"
        );
        for word in text
            .split(|c: char| !c.is_ascii_alphabetic())
            .filter(|word| word.len() > 2)
        {
            let alone = format!("\"{word}\" ");
            let whole = text
                .split(|c: char| c.is_whitespace())
                .any(|piece| piece == word);
            assert!(
                !whole || finds(&alone, &text),
                "{word:?} {text:?} {tokens:?}"
            );
        }
    }
    let long = "ü".repeat(500);
    assert!(finds(&long, &long) && finds(&format!("{long} "), &long));
}

fn finds(query: &str, text: &str) -> bool {
    matches(&query_tokens(query), &index_tokens(text))
}

fn explain(pairs: &[&(&str, &str)]) -> String {
    let mut lines = String::new();
    for (query, text) in pairs {
        let (terms, tokens) = (query_tokens(query), index_tokens(text));
        let _ = write!(lines, "\n  {query:?} {text:?}\n    {terms:?}\n    {tokens}");
    }
    lines
}
