//! The one table of settings: name, form, default and one line why. The command line of `serve`,
//! the variables, the file `kulant.toml` and the example of it are all made from this table.

use std::fmt::Write as _;

/// What form a setting's value has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Text,
    Number,
    Switch,
    /// Texts; separated by commas on the command line and in a variable.
    List,
}

/// One setting of the process.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Its name in `kulant.toml`; flag and variable follow from it.
    pub name: &'static str,
    pub form: Form,
    /// The default as the file would say it.
    pub default: &'static str,
    /// What stands for the value in the help of the command line.
    pub value: &'static str,
    /// One line: what it is and why one would change it.
    pub why: &'static str,
    /// False for what must not be seen in the list of processes.
    pub flag: bool,
}

/// Every setting there is.
pub const SETTINGS: &[Setting] = &[
    Setting {
        name: "database",
        form: Form::Text,
        default: "\"\"",
        value: "URL",
        why: "where the database is: postgres://... or sqlite:FILE; empty is kulant.db in the data folder",
        flag: true,
    },
    Setting {
        name: "listen",
        form: Form::Text,
        default: "\"127.0.0.1:8080\"",
        value: "ADDRESS",
        why: "address and port on which kulant speaks HTTP; port 0 takes a free one",
        flag: true,
    },
    Setting {
        name: "public_url",
        form: Form::Text,
        default: "\"\"",
        value: "URL",
        why: "the address people type, used in links and for secure cookies; empty is http:// and the address listened on",
        flag: true,
    },
    Setting {
        name: "behind_proxy",
        form: Form::Switch,
        default: "false",
        value: "BOOL",
        why: "whether a web server before kulant tells in X-Forwarded-For who asks; else limits by address count that server as one",
        flag: true,
    },
    Setting {
        name: "most_connections",
        form: Form::Number,
        default: "4096",
        value: "NUMBER",
        why: "how many connections are open at once; more wait until one ends, and without behind_proxy one address has at most a quarter of them",
        flag: true,
    },
    Setting {
        name: "role",
        form: Form::Text,
        default: "\"all\"",
        value: "ROLE",
        why: "what this process does: web (answers requests), worker (takes in, sends, follows the log) or all",
        flag: true,
    },
    Setting {
        name: "keep_deliveries_days",
        form: Form::Number,
        default: "30",
        value: "DAYS",
        why: "how long raw deliveries keep their bodies after they came; longer helps reading again, shorter keeps less of people",
        flag: true,
    },
    Setting {
        name: "keep_found_days",
        form: Form::Number,
        default: "30",
        value: "DAYS",
        why: "how long what a search found is kept where nobody takes it up",
        flag: true,
    },
    Setting {
        name: "longest_delivery_bytes",
        form: Form::Number,
        default: "10485760",
        value: "BYTES",
        why: "the longest body that a hook accepts",
        flag: true,
    },
    Setting {
        name: "largest_file_bytes",
        form: Form::Number,
        default: "26214400",
        value: "BYTES",
        why: "the largest file that an agent may attach",
        flag: true,
    },
    Setting {
        name: "allow_private_networks",
        form: Form::Switch,
        default: "false",
        value: "BOOL",
        why: "whether feeds and webhooks may stand in your own network or on this machine; else such addresses are refused",
        flag: true,
    },
    Setting {
        name: "allowed_hosts",
        form: Form::List,
        default: "[]",
        value: "HOSTS",
        why: "hosts that may be reached wherever they stand, where the whole inner network would be too much",
        flag: true,
    },
    Setting {
        name: "secret_key",
        form: Form::Text,
        default: "\"\"",
        value: "KEY",
        why: "the key that seals secrets in the database: 32 bytes in base64url; empty is the file secret.key in the data folder, made at the first start",
        flag: false,
    },
    Setting {
        name: "log_format",
        form: Form::Text,
        default: "\"plain\"",
        value: "FORMAT",
        why: "plain for people, json for programs that collect logs",
        flag: true,
    },
    Setting {
        name: "log_level",
        form: Form::Text,
        default: "\"info\"",
        value: "LEVEL",
        why: "error, warn, info, debug or trace; parts can differ: \"info,kulant_care=debug\"",
        flag: true,
    },
    Setting {
        name: "shutdown_seconds",
        form: Form::Number,
        default: "20",
        value: "SECONDS",
        why: "how long a stop waits for what was begun; what is cut off then is done at the next start",
        flag: true,
    },
];

impl Setting {
    /// Returns the variable of the environment, `KULANT_LISTEN` for `listen`.
    pub fn variable(&self) -> String {
        format!("KULANT_{}", self.name.to_ascii_uppercase())
    }

    /// Returns the flag of the command line, `public-url` for `public_url`.
    pub fn flag(&self) -> String {
        self.name.replace('_', "-")
    }

    /// Returns the default as the command line would say it.
    pub fn plain_default(&self) -> &'static str {
        match self.form {
            Form::List => self.default.trim_matches(['[', ']']),
            _ => self.default.trim_matches('"'),
        }
    }
}

/// Finds a setting by its name.
pub fn find(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}

/// Writes `kulant.example.toml`: every setting with its default and one line why.
pub fn example() -> String {
    let mut text = String::from(
        "# Every setting of kulant with its default. Copy what you change to kulant.toml in the data folder.\n\
         # A flag of the command line wins over a variable, a variable over this file.\n\
         # This file is generated: `make docs` writes it.\n",
    );
    for setting in SETTINGS {
        let flag = if setting.flag {
            format!("--{}, ", setting.flag())
        } else {
            String::new()
        };
        let _ = write!(
            text,
            "\n# {}.\n# ({flag}{})\n# {} = {}\n",
            setting.why,
            setting.variable(),
            setting.name,
            setting.default
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_read_back_as_the_defaults() {
        let uncommented: Vec<String> = example()
            .lines()
            .filter_map(|line| line.strip_prefix("# "))
            .filter(|line| {
                line.split_once(" = ")
                    .is_some_and(|(name, _)| find(name).is_some())
            })
            .map(str::to_owned)
            .collect();
        let table: toml::Table = uncommented.join("\n").parse().expect("the example is TOML");
        assert_eq!(table.len(), SETTINGS.len());
    }
}
