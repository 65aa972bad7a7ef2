//! Reads the settings once: flag, then variable, then `kulant.toml` in the data folder, then default.
//! The only place that reads the environment and the file; everybody else is handed values.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use kulant_care::DatabaseUrl;

use crate::logging;
use crate::settings::{self, Form, SETTINGS, Setting};

/// The folder used when nothing names one.
pub const DEFAULT_FOLDER: &str = "./kulant-data";
/// The variable that names the data folder.
pub const FOLDER_VARIABLE: &str = "KULANT_DATA_DIR";
/// The file in the data folder.
pub const FILE: &str = "kulant.toml";

/// What the command line and the environment gave, before the file is looked at.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// `--data`.
    pub data: Option<PathBuf>,
    /// Flags by the name of their setting.
    pub flags: BTreeMap<&'static str, String>,
    /// Variables that begin with `KULANT_`.
    pub variables: BTreeMap<String, String>,
}

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    All,
    Web,
    Worker,
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Plain,
    Json,
}

/// Every setting, read and checked.
#[derive(Debug, Clone)]
pub struct Config {
    pub data: PathBuf,
    pub database: DatabaseUrl,
    pub listen: SocketAddr,
    /// Whether somebody chose that address; else another port does as well.
    pub listen_is_named: bool,
    /// Absent means that it follows from the address listened on.
    pub public_url: Option<String>,
    pub behind_proxy: bool,
    pub most_connections: usize,
    pub role: Role,
    pub keep_deliveries_days: i64,
    pub keep_found_days: i64,
    pub longest_delivery_bytes: usize,
    pub largest_file_bytes: u64,
    pub allow_private_networks: bool,
    pub allowed_hosts: Vec<String>,
    pub secret_key: Option<SecretText>,
    pub log_format: LogFormat,
    pub log_level: String,
    pub shutdown_seconds: u64,
}

/// A text that must not be printed.
#[derive(Clone)]
pub struct SecretText(pub String);

impl std::fmt::Debug for SecretText {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SecretText")
    }
}

/// Reads the variables that are ours.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the place that reads the environment for everybody"
)]
pub fn variables() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name.starts_with("KULANT_"))
        .collect()
}

/// Why a command line cannot be followed, although its words are known.
#[derive(Debug)]
pub struct NotUnderstood(pub String);

impl std::fmt::Display for NotUnderstood {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for NotUnderstood {}

/// Lists what is said in variables that nobody reads, one sentence each.
pub fn unknown(variables: &BTreeMap<String, String>) -> Vec<String> {
    // What development and its tests read, and what Kubernetes sets for a service of our name.
    const OTHERS: [&str; 8] = [
        "KULANT_TEST_",
        "KULANT_BINARY",
        "KULANT_CHROMIUM",
        "KULANT_DESK",
        "KULANT_UPDATE",
        "KULANT_URL",
        "KULANT_SERVICE_",
        "KULANT_PORT",
    ];
    variables
        .keys()
        .filter(|name| *name != FOLDER_VARIABLE)
        .filter(|name| !SETTINGS.iter().any(|setting| setting.variable() == **name))
        .filter(|name| !OTHERS.iter().any(|other| name.starts_with(other)))
        .map(|name| {
            let meant = match name.strip_prefix("KULANT_").unwrap_or_default() {
                "DATA" | "DATA_FOLDER" | "DATADIR" => Some(FOLDER_VARIABLE.to_owned()),
                rest => near(rest).and_then(settings::find).map(Setting::variable),
            };
            let meant = meant.map_or(String::new(), |name| format!("; did you mean {name}?"));
            format!("nothing reads the variable {name}{meant}")
        })
        .collect()
}

impl Config {
    /// Reads every setting from what was given and from the file in the data folder.
    pub fn read(given: &Given) -> Result<Self> {
        let data = given
            .data
            .clone()
            .or_else(|| {
                let named = given.variables.get(FOLDER_VARIABLE)?;
                (!named.is_empty()).then(|| PathBuf::from(named))
            })
            .unwrap_or_else(|| PathBuf::from(DEFAULT_FOLDER));
        let file = read_file(&data.join(FILE))?;
        let values = Values { given, file };
        Ok(Self {
            database: match values.text("database").as_str() {
                "" => DatabaseUrl::Sqlite(data.join("kulant.db")),
                url => url
                    .parse()
                    .map_err(|error| values.wrong("database", &error))?,
            },
            listen: values.parsed("listen", "an address and a port like 127.0.0.1:8080")?,
            listen_is_named: values.find("listen").1 != DEFAULT,
            public_url: public_url(&values)?,
            behind_proxy: values.switch("behind_proxy")?,
            most_connections: most_connections(&values)?,
            role: values.choice(
                "role",
                &[
                    ("all", Role::All),
                    ("web", Role::Web),
                    ("worker", Role::Worker),
                ],
            )?,
            keep_deliveries_days: values.parsed("keep_deliveries_days", "a number of days")?,
            keep_found_days: values.parsed("keep_found_days", "a number of days")?,
            longest_delivery_bytes: values.parsed("longest_delivery_bytes", "a number of bytes")?,
            largest_file_bytes: values.parsed("largest_file_bytes", "a number of bytes")?,
            allow_private_networks: values.switch("allow_private_networks")?,
            allowed_hosts: values
                .text("allowed_hosts")
                .split(',')
                .map(str::trim)
                .filter(|host| !host.is_empty())
                .map(str::to_owned)
                .collect(),
            secret_key: Some(values.text("secret_key"))
                .filter(|key| !key.is_empty())
                .map(SecretText),
            log_format: values.choice(
                "log_format",
                &[("plain", LogFormat::Plain), ("json", LogFormat::Json)],
            )?,
            log_level: log_level(&values)?,
            shutdown_seconds: values.parsed("shutdown_seconds", "a number of seconds")?,
            data,
        })
    }

    /// Returns the address for links: the one set, else the one listened on.
    pub fn link_address(&self, listening: SocketAddr) -> String {
        self.public_url.clone().unwrap_or_else(|| {
            let host = if listening.ip().is_unspecified() {
                "127.0.0.1".to_owned()
            } else if listening.is_ipv6() {
                format!("[{}]", listening.ip())
            } else {
                listening.ip().to_string()
            };
            format!("http://{host}:{}", listening.port())
        })
    }
}

fn log_level(values: &Values<'_>) -> Result<String> {
    let level = values.text("log_level");
    match logging::check(&level) {
        Ok(()) => Ok(level),
        Err(error) => Err(values.wrong("log_level", &error)),
    }
}

fn most_connections(values: &Values<'_>) -> Result<usize> {
    let wanted = "a number from 1 to 1000000";
    let most: usize = values.parsed("most_connections", wanted)?;
    if (1..=1_000_000).contains(&most) {
        Ok(most)
    } else {
        Err(values.wrong("most_connections", &format!("it has to be {wanted}")))
    }
}

fn public_url(values: &Values<'_>) -> Result<Option<String>> {
    let text = values.text("public_url");
    let url = text.trim_end_matches('/');
    if url.is_empty() {
        return Ok(None);
    }
    let host = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    if host.is_none_or(|host| host.is_empty() || host.contains(['/', ' ', '?', '#'])) {
        return Err(values.wrong(
            "public_url",
            &"it has to be http:// or https:// and a host, without a path",
        ));
    }
    Ok(Some(url.to_owned()))
}

/// Where a value came from that nobody chose.
const DEFAULT: &str = "the default";

/// Where values come from, first to last.
struct Values<'g> {
    given: &'g Given,
    file: BTreeMap<&'static str, String>,
}

impl Values<'_> {
    fn text(&self, name: &'static str) -> String {
        self.find(name).0
    }

    /// Returns a value and, for a complaint about it, where it came from.
    fn find(&self, name: &'static str) -> (String, String) {
        let setting = settings::find(name).expect("every setting that is read is in the table");
        let variable = setting.variable();
        if let Some(value) = self.given.flags.get(name) {
            return (value.trim().to_owned(), format!("--{}", setting.flag()));
        }
        if let Some(value) = self.given.variables.get(&variable) {
            return (value.trim().to_owned(), variable);
        }
        if let Some(value) = self.file.get(name) {
            return (value.clone(), format!("{name} in {FILE}"));
        }
        (setting.plain_default().to_owned(), DEFAULT.to_owned())
    }

    fn parsed<T: std::str::FromStr>(&self, name: &'static str, wanted: &str) -> Result<T> {
        self.text(name)
            .parse()
            .map_err(|_| self.wrong(name, &format!("it has to be {wanted}")))
    }

    fn switch(&self, name: &'static str) -> Result<bool> {
        self.choice(
            name,
            &[("true", true), ("1", true), ("false", false), ("0", false)],
        )
    }

    fn choice<T: Copy>(&self, name: &'static str, choices: &[(&str, T)]) -> Result<T> {
        let text = self.text(name).to_ascii_lowercase();
        choices
            .iter()
            .find(|(word, _)| *word == text)
            .map(|(_, value)| *value)
            .ok_or_else(|| {
                let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
                self.wrong(name, &format!("it has to be one of {}", words.join(", ")))
            })
    }

    fn wrong(&self, name: &'static str, why: &dyn std::fmt::Display) -> anyhow::Error {
        let (value, place) = self.find(name);
        // An address of a database holds a password.
        let words = if name == "database" {
            format!("{place} cannot be used: {why}")
        } else {
            format!("{place} cannot be `{value}`: {why}")
        };
        if self.given.flags.contains_key(name) {
            return NotUnderstood(words).into();
        }
        anyhow::anyhow!(words)
    }
}

/// Reads the file, if it is there, and complains about keys that nobody knows.
fn read_file(path: &Path) -> Result<BTreeMap<&'static str, String>> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => {
            return Err(error).with_context(|| format!("{} cannot be read", path.display()));
        }
    };
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        // The line itself may hold a password or the secret key.
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.map_or(0, |before| before.matches('\n').count()) + 1;
        anyhow::anyhow!(
            "{} cannot be read: line {line}: {}",
            path.display(),
            error.message().replace('\n', ", ")
        )
    })?;
    let mut values = BTreeMap::new();
    for (key, value) in table {
        let Some(setting) = settings::find(&key) else {
            bail!(
                "{} says `{key}`, which is no setting of kulant{}",
                path.display(),
                near(&key).map_or(String::new(), |name| format!("; did you mean `{name}`?"))
            );
        };
        let value = as_text(setting, &value).with_context(|| {
            format!(
                "{} says `{key}` in a form that does not fit",
                path.display()
            )
        })?;
        values.insert(setting.name, value);
    }
    Ok(values)
}

fn as_text(setting: &Setting, value: &toml::Value) -> Result<String> {
    Ok(match (setting.form, value) {
        (Form::Text, toml::Value::String(text)) => text.trim().to_owned(),
        (Form::Number, toml::Value::Integer(number)) => number.to_string(),
        (Form::Switch, toml::Value::Boolean(switch)) => switch.to_string(),
        (Form::List, toml::Value::Array(list)) => {
            let texts: Option<Vec<&str>> = list.iter().map(toml::Value::as_str).collect();
            texts.context("it has to be a list of texts")?.join(",")
        }
        (Form::Text, _) => bail!("it has to be a text in quotes"),
        (Form::Number, _) => bail!("it has to be a whole number"),
        (Form::Switch, _) => bail!("it has to be true or false"),
        (Form::List, _) => bail!("it has to be a list like [\"a\", \"b\"]"),
    })
}

/// Finds the setting that a misspelt key most likely means.
fn near(key: &str) -> Option<&'static str> {
    let simple = |text: &str| text.to_ascii_lowercase().replace(['-', '_', '.'], "");
    let wanted = simple(key);
    SETTINGS
        .iter()
        .map(|setting| (distance(&simple(setting.name), &wanted), setting.name))
        .min()
        .filter(|(distance, _)| *distance <= 3)
        .map(|(_, name)| name)
}

/// How many letters must change to make one word of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (place, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = place + 1;
        for (column, wanted) in other.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *wanted);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(folder: &Path, file: &str) -> Given {
        std::fs::write(folder.join(FILE), file).expect("a file");
        Given {
            data: Some(folder.to_owned()),
            ..Given::default()
        }
    }

    #[test]
    fn a_flag_wins_over_a_variable_over_the_file_over_the_default() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut given = given(folder.path(), "listen = \"127.0.0.1:3\"\nrole = \"web\"");
        let port = |given: &Given| Config::read(given).expect("read").listen.port();
        assert_eq!(port(&given), 3);
        given
            .variables
            .insert("KULANT_LISTEN".to_owned(), "127.0.0.1:2".to_owned());
        assert_eq!(port(&given), 2);
        given.flags.insert("listen", "127.0.0.1:1".to_owned());
        assert_eq!(port(&given), 1);
        let config = Config::read(&given).expect("read");
        assert_eq!(config.role, Role::Web);
        assert_eq!(config.keep_deliveries_days, 30);
        assert_eq!(
            config.database,
            DatabaseUrl::Sqlite(folder.path().join("kulant.db"))
        );
    }

    #[test]
    fn what_is_wrong_is_said_in_a_sentence() {
        let folder = tempfile::tempdir().expect("a folder");
        let cases = [
            ("lisen = \"x\"", "did you mean `listen`?"),
            ("colour = 1", "no setting of kulant"),
            ("listen = 1", "a text in quotes"),
            ("listen = \"here\"", "cannot be `here`"),
            ("role = \"king\"", "one of all, web, worker"),
            ("allowed_hosts = \"x\"", "a list like"),
            ("public_url = \"care.example.org\"", "http:// or https://"),
            ("database = \"mysql://u:hush@h/d\"", "postgres://"),
            ("most_connections = 0", "from 1 to"),
            ("keep_deliveries_days = ", "cannot be read"),
        ];
        for (file, expected) in cases {
            let error = Config::read(&given(folder.path(), file)).expect_err(file);
            let words = format!("{error:#}");
            assert!(words.contains(expected), "{file}: {words}");
            assert!(!words.contains("hush"), "{words}");
        }
    }

    #[test]
    fn a_variable_that_nobody_reads_is_told() {
        let told = |name: &str| unknown(&[(name.to_owned(), String::new())].into()).pop();
        let cases = [
            ("KULANT_LISTN", "did you mean KULANT_LISTEN?"),
            ("KULANT_DATA", "did you mean KULANT_DATA_DIR?"),
            (
                "KULANT_SOMETHING_ELSE",
                "the variable KULANT_SOMETHING_ELSE",
            ),
        ];
        for (name, expected) in cases {
            let words = told(name).expect(name);
            assert!(words.ends_with(expected), "{words}");
        }
        for name in ["KULANT_LISTEN", "KULANT_DATA_DIR", "KULANT_SERVICE_HOST"] {
            assert_eq!(told(name), None);
        }
    }

    #[test]
    fn lists_and_switches_are_read_from_everywhere() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut given = given(
            folder.path(),
            "allowed_hosts = [\"a.example\", \"b.example\"]\nallow_private_networks = true\npublic_url = \"https://care.example.org/\"",
        );
        let config = Config::read(&given).expect("read");
        assert_eq!(config.allowed_hosts, ["a.example", "b.example"]);
        assert!(config.allow_private_networks);
        assert_eq!(
            config.link_address(config.listen),
            "https://care.example.org"
        );
        given
            .variables
            .insert("KULANT_ALLOWED_HOSTS".to_owned(), "c.example".to_owned());
        assert_eq!(
            Config::read(&given).expect("read").allowed_hosts,
            ["c.example"]
        );
    }
}
