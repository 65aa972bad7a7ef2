//! The laws of the tree that no compiler holds: where SQL stands, who grants a scope, who compares
//! channels, that named paths exist, that every text has both languages, and which words are used.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use kulant_model::role::Permission;
use serde_json::Value;

/// Words of the glossary's list "not used", in the form in which they stand in names.
const NOT_USED: [&str; 17] = [
    "ticket",
    "customer",
    "user",
    "thread",
    "post",
    "case",
    "notification",
    "manager",
    "handler",
    "helper",
    "util",
    "utils",
    "service",
    "processor",
    "engine",
    "data",
    "info",
];

/// Names that are right all the same, each with its reason.
const RIGHT_ALL_THE_SAME: [(&str, &str); 11] = [
    (
        "crates/sim/src/page.rs: Thread",
        "a private thread of the simulated network",
    ),
    (
        "crates/web/src/api/live.rs: ChangeData",
        "the data field of a server-sent event, as the standard calls it",
    ),
    (
        "desk/src/lib/shortcuts/use-shortcut.ts: Handler",
        "what the browser calls a function for an event",
    ),
    (
        "crates/channels/src/inbound.rs: Post",
        "what a network brings, before it is a message of ours",
    ),
    (
        "crates/channels/src/fixture.rs: Case",
        "a case of a table of tests",
    ),
    (
        "crates/channels/tests/conformance/cases/mod.rs: Case",
        "a case of a table of tests",
    ),
    (
        "crates/store/migrations/0001_ground.sql: threads",
        "private threads of networks: threads belong to the machine",
    ),
    (
        "crates/care/src/customer.rs: customer",
        "the customer's own page, seen from outside",
    ),
    (
        "crates/care/src/customer.rs: Thread",
        "a private thread of a form's inbox",
    ),
    (
        "desk/src/features/conversations/components/shared-post.tsx: shared-post",
        "our own post above a comment, shown once",
    ),
    (
        "desk/src/features/conversations/api/post-presence.ts: post-presence",
        "the verb of the request",
    ),
];

#[test]
fn sql_stands_in_the_store_alone() {
    let mut found = Vec::new();
    for file in rust_files() {
        if file.name.starts_with("crates/store/") || file.is_test() {
            continue;
        }
        for (number, line) in file.code() {
            if speaks_sql(line) {
                found.push(format!("{}:{number}: {}", file.name, line.trim()));
            }
        }
    }
    assert_none("SQL outside the store", &found);
}

#[test]
fn a_scope_is_granted_in_one_place() {
    let granting = [
        // Where it is defined, where it is granted.
        "crates/model/src/role.rs",
        "crates/care/src/access.rs",
        // Cuts one scope into its teams, which grants nothing that was not there.
        "crates/store/src/reading.rs",
    ];
    let mut found = Vec::new();
    for file in rust_files() {
        if granting.contains(&file.name.as_str()) || file.is_test() {
            continue;
        }
        for (number, line) in file.code() {
            if grants(line) {
                found.push(format!("{}:{number}: {}", file.name, line.trim()));
            }
        }
    }
    assert_none("scopes granted outside care/access.rs", &found);
}

#[test]
fn only_channels_compare_channels() {
    let names: Vec<String> = channels();
    assert!(names.len() >= 4, "the channels are folders: {names:?}");
    let mut found = Vec::new();
    for file in source_files(&["crates", "desk/src"], &["rs", "ts", "tsx"]) {
        let may = file.name.starts_with("crates/channels/") || file.stands_for_a_network();
        if may || file.is_test() {
            continue;
        }
        for (number, line) in file.code() {
            let compared = names
                .iter()
                .filter(|name| !is_field(&file.name, name))
                .any(|name| compares(line, name));
            if compared {
                found.push(format!("{}:{number}: {}", file.name, line.trim()));
            }
        }
    }
    assert_none("channels compared outside crates/channels", &found);
}

/// The public pages have fields that are called like channels: whoever writes there gives an address.
fn is_field(file: &str, name: &str) -> bool {
    file.starts_with("crates/web/src/site/") && name == "email"
}

#[test]
fn every_channel_has_fixtures_and_a_page() {
    let mut missing = Vec::new();
    for name in channels() {
        let fixtures = root().join(format!("crates/channels/src/{name}/fixtures"));
        let has_fixtures = fs::read_dir(&fixtures).is_ok_and(|mut files| files.next().is_some());
        if !has_fixtures {
            missing.push(format!("{name} has no fixtures"));
        }
        let page = format!("docs/handbook/channels/{name}.md");
        if !root().join(&page).exists() {
            missing.push(format!("{page} is not there"));
        }
    }
    assert_none("channels without what belongs to them", &missing);
}

#[test]
fn the_channel_shown_to_contributors_is_the_real_one() {
    let text = read("CONTRIBUTING.md");
    let (_, section) = text
        .split_once("## A channel in two lines\n")
        .expect("the section is there");
    let (section, _) = section.split_once("\n## ").expect("another follows");
    let real: BTreeSet<String> = ["phone/mod.rs", "lib.rs"]
        .iter()
        .flat_map(|name| {
            let code = read(&format!("crates/channels/src/{name}"));
            code.lines().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    let blocks = section.split("```rust\n").skip(1);
    let lines: Vec<&str> = blocks
        .filter_map(|block| block.split_once("```"))
        .flat_map(|(code, _)| code.lines())
        .collect();
    assert!(lines.len() > 20, "{lines:?}");
    let missing: Vec<String> = lines
        .into_iter()
        .filter(|line| !real.contains(*line))
        .map(str::to_owned)
        .collect();
    assert_none(
        "lines shown to contributors that are not in the code",
        &missing,
    );
}

#[test]
fn every_path_named_in_the_architecture_exists() {
    let text = read("ARCHITECTURE.md");
    let named: BTreeSet<&str> = text
        .split('`')
        .skip(1)
        .step_by(2)
        .chain(
            text.split("](")
                .skip(1)
                .filter_map(|rest| rest.split(')').next()),
        )
        .filter(|name| name.contains('/') || ["md", "toml"].contains(&ending_of(name)))
        .filter(|name| {
            !name.contains("://") && !name.starts_with('/') && !name.contains([' ', '{'])
        })
        .collect();
    assert!(named.len() > 20, "the page names paths: {named:?}");
    let missing: Vec<String> = named
        .into_iter()
        .filter(|name| !root().join(name).exists())
        .map(str::to_owned)
        .collect();
    assert_none("paths that are not there", &missing);
}

#[test]
fn every_text_stands_in_both_languages() {
    let (german, english) = (keys_of("locales/de.json"), keys_of("locales/en.json"));
    assert!(german.len() > 100, "the catalogue is read");
    // German may say a text twice, as Sie and as Du, where English has one.
    let plain = |key: &String| {
        let plain = key.strip_suffix("_sie").or_else(|| key.strip_suffix("_du"));
        plain
            .filter(|_| !english.contains(key))
            .unwrap_or(key)
            .to_owned()
    };
    let lonely: Vec<String> = german
        .iter()
        .filter_map(|key| Some((key, key.strip_suffix("_sie")?)))
        .filter(|(_, plain)| !german.contains(&format!("{plain}_du")))
        .map(|(key, _)| format!("{key} has no _du beside it"))
        .collect();
    assert_none("texts", &lonely);
    let german: BTreeSet<String> = german.iter().map(plain).collect();
    let alone: Vec<String> = german
        .symmetric_difference(&english)
        .map(|key| format!("{key} stands in one language alone"))
        .collect();
    assert_none("texts", &alone);
}

#[test]
fn every_permission_has_words_that_people_read() {
    let texts = keys_of("locales/en.json");
    let mute: Vec<String> = Permission::ALL
        .iter()
        .map(|permission| format!("desk.scope.{}", permission.word().replace(':', "_")))
        .filter(|key| !texts.contains(key))
        .collect();
    assert_none("permissions without words", &mute);
}

#[test]
fn every_file_says_what_it_is_for() {
    let mut wrong = Vec::new();
    for file in source_files(&["crates"], &["rs"]) {
        let opening = file
            .text
            .lines()
            .take_while(|line| line.starts_with("//!"))
            .count();
        if !(1..=5).contains(&opening) {
            wrong.push(format!("{} opens with {opening} lines of //!", file.name));
        }
    }
    assert_none("files without an opening of one to five lines", &wrong);
}

#[test]
fn names_use_the_words_of_the_glossary() {
    let mut found = Vec::new();
    for file in source_files(&["crates", "desk/src"], &["rs", "ts", "tsx", "sql"]) {
        let path = Path::new(&file.name);
        let stem = path.file_stem().unwrap().to_str().unwrap();
        if stem == "wire" || file.stands_for_a_network() {
            continue;
        }
        if has_unused_word(stem) {
            found.push(format!("{}: {stem}", file.name));
        }
        for name in types_and_tables(&file) {
            if has_unused_word(&name) {
                found.push(format!("{}: {name}", file.name));
            }
        }
    }
    found.retain(|name| {
        !RIGHT_ALL_THE_SAME.iter().any(|(right, _)| {
            name.strip_suffix('s').unwrap_or(name) == right.strip_suffix('s').unwrap_or(right)
        })
    });
    assert_none("names with words that the glossary does not use", &found);
}

/// A file of the tree.
struct SourceFile {
    /// Its path from the root.
    name: String,
    text: String,
}

impl SourceFile {
    fn is_test(&self) -> bool {
        let name = &self.name;
        name.contains("/tests/")
            || name.contains("/examples/")
            || name.ends_with("/tests.rs")
            || name.ends_with("fixture.rs")
            || name.contains(".test.")
            || name.starts_with("desk/src/test")
    }

    /// Whether it plays a network of the world outside, in whose words it speaks.
    fn stands_for_a_network(&self) -> bool {
        self.name.starts_with("crates/sim/src/networks/")
    }

    /// Returns the lines with their numbers, without comments and without the tests at the end.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .take_while(|(_, line)| line.trim() != "mod tests {")
            .map(|(index, line)| (index + 1, line))
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

fn ending_of(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, ending)| ending)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn rust_files() -> Vec<SourceFile> {
    source_files(&["crates"], &["rs"])
}

fn source_files(folders: &[&str], endings: &[&str]) -> Vec<SourceFile> {
    let mut files = Vec::new();
    let mut waiting: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let hidden = path.file_name().unwrap().to_str().unwrap().starts_with('.');
            if hidden || path.ends_with("node_modules") || path.ends_with("target") {
                continue;
            }
            if path.is_dir() {
                waiting.push(path);
                continue;
            }
            let ending = path.extension().and_then(|ending| ending.to_str());
            if ending.is_some_and(|ending| endings.contains(&ending)) {
                files.push(SourceFile {
                    name: path
                        .strip_prefix(root())
                        .unwrap()
                        .to_str()
                        .unwrap()
                        .to_owned(),
                    text: fs::read_to_string(&path).unwrap(),
                });
            }
        }
    }
    files.sort_by(|one, other| one.name.cmp(&other.name));
    assert!(!files.is_empty());
    files
}

/// The channels by name, in order: the folders that have a `mod.rs` and answer to the trait.
pub fn channels() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(root().join("crates/channels/src"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            fs::read_to_string(path.join("mod.rs"))
                .is_ok_and(|text| text.contains("impl Channel for"))
        })
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

fn speaks_sql(line: &str) -> bool {
    let begins = |word: &str| {
        line.match_indices(word).any(|(place, _)| {
            let before = line[..place].chars().next_back();
            before.is_none_or(|before| !before.is_alphanumeric() && before != '_')
        })
    };
    begins("SELECT ")
        || begins("INSERT INTO ")
        || begins("DELETE FROM ")
        || begins("CREATE TABLE ")
        || begins("ALTER TABLE ")
        || (begins("UPDATE ") && line.contains(" SET "))
}

fn grants(line: &str) -> bool {
    ["Scope::Everything", "Scope::Teams("]
        .iter()
        .any(|granted| {
            line.match_indices(granted).any(|(place, _)| {
                let (before, after) = (line[..place].trim_end(), &line[place..]);
                let compared = before.ends_with("==") || before.ends_with("!=");
                // A pattern takes apart what somebody granted.
                let pattern = after.contains(" =>")
                    || after.contains(") = ")
                    || before.ends_with("matches!(");
                !compared && !pattern
            })
        })
}

fn compares(line: &str, name: &str) -> bool {
    ["\"", "'"].iter().any(|quote| {
        let quoted = format!("{quote}{name}{quote}");
        line.match_indices(&quoted).any(|(place, _)| {
            if line[..place].ends_with('b') {
                // A byte, which is no channel even where it is called like one.
                return false;
            }
            let before = line[..place].trim_end();
            let after = line[place + quoted.len()..].trim_start();
            let operators = ["==", "!=", "===", "!=="];
            operators.iter().any(|operator| before.ends_with(operator))
                || operators.iter().any(|operator| after.starts_with(operator))
                || after.starts_with("=>")
                || before.ends_with("case")
                || after.starts_with('|') && !after.starts_with("||")
        })
    })
}

fn keys_of(name: &str) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let catalogue: Value = serde_json::from_str(&read(name)).unwrap();
    collect(&catalogue, "", &mut keys);
    keys
}

fn collect(value: &Value, place: &str, keys: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let below = if place.is_empty() {
                    name.clone()
                } else {
                    format!("{place}.{name}")
                };
                collect(value, &below, keys);
            }
        }
        Value::String(text) => {
            assert!(!text.trim().is_empty(), "{place} is empty");
            keys.insert(place.to_owned());
        }
        other => panic!("{place} is no text: {other}"),
    }
}

/// Returns the names of types, and of tables in a migration.
fn types_and_tables(file: &SourceFile) -> Vec<String> {
    let openings: &[&str] = if ending_of(&file.name) == "sql" {
        &["CREATE TABLE "]
    } else if ending_of(&file.name) == "rs" {
        &["struct ", "enum ", "trait ", "type "]
    } else {
        &["interface ", "type ", "class "]
    };
    let mut names = Vec::new();
    for (_, line) in file.code() {
        let mut line = line.trim_start();
        for prefix in ["pub(crate) ", "pub(super) ", "pub ", "export "] {
            line = line.strip_prefix(prefix).unwrap_or(line);
        }
        let named = openings
            .iter()
            .find_map(|opening| line.strip_prefix(opening));
        if let Some(rest) = named {
            let name: String = rest
                .chars()
                .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
                .collect();
            names.push(name);
        }
    }
    names
}

fn has_unused_word(name: &str) -> bool {
    words(name).iter().any(|word| {
        let single = word.strip_suffix('s').unwrap_or(word);
        NOT_USED.contains(&word.as_str()) || NOT_USED.contains(&single)
    })
}

/// Cuts `SnoozeTimer`, `snooze_timer` and `snooze-timer` into their words.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for letter in name.chars() {
        if letter.is_uppercase() || !letter.is_alphanumeric() {
            words.push(String::new());
        }
        if letter.is_alphanumeric() {
            words.last_mut().unwrap().extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn assert_none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

#[test]
fn the_laws_can_be_broken() {
    assert!(speaks_sql("    \"SELECT id FROM messages\""));
    assert!(speaks_sql("tx.execute(\"UPDATE messages SET x = 1\")"));
    assert!(!speaks_sql("// the UPDATE of a row"));
    assert!(grants("let scope = Scope::Everything;"));
    assert!(grants("scope: Scope::Teams(teams),"));
    assert!(!grants("if scope == Scope::Everything {"));
    assert!(!grants("Scope::Teams(teams) => teams.len(),"));
    assert!(compares("if inbox.channel == \"webhook\" {", "webhook"));
    assert!(compares("\"webhook\" => 1,", "webhook"));
    assert!(compares("if (inbox.channel === 'webhook') {", "webhook"));
    assert!(!compares("channel: \"webhook\".to_owned(),", "webhook"));
    assert!(!compares("matches!(sign, b'x' | b'y')", "x"));
    assert!(
        has_unused_word("UserInfo") && has_unused_word("user-list") && has_unused_word("tickets")
    );
    assert!(!has_unused_word("DatabaseUrl") && !has_unused_word("Postgres"));
}
