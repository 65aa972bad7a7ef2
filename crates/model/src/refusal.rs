//! Why a rule said no: a stable code that the interface translates. Not an error.

use std::fmt;

use serde::Serialize;

/// A rule's no, with what it speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    pub code: &'static str,
    /// What the words in the person's language are filled with.
    pub facts: Vec<(&'static str, String)>,
}

impl Refusal {
    pub const fn new(code: &'static str) -> Self {
        Self {
            code,
            facts: Vec::new(),
        }
    }

    #[must_use]
    pub fn with(mut self, name: &'static str, value: &dyn fmt::Display) -> Self {
        self.facts.push((name, value.to_string()));
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code)?;
        for (name, value) in &self.facts {
            write!(formatter, " {name}={value}")?;
        }
        Ok(())
    }
}
