//! The fields of a message that columns of a file can be mapped to, and the rows as they are kept.

use std::collections::BTreeMap;

use super::reader::ImportError;

/// The fields a column can be mapped to, in the order of the help text.
pub const FIELDS: [&str; 10] = [
    "id",
    "text",
    "author",
    "time",
    "parent",
    "url",
    "visibility",
    "title",
    "thread",
    "own",
];

/// The field of a kept row that holds its number in the file, from one.
pub(super) const ROW: &str = "row";
/// The field of a kept row that holds a line which could not be taken apart.
pub(super) const UNREAD: &str = "unread";
/// The field of a kept row that says why.
pub(super) const REASON: &str = "reason";

/// Which column of the file holds which field; what is not mapped is looked for by its own name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapping {
    pub(super) columns: BTreeMap<&'static str, Column>,
}

/// A column, or a path of names in a line of JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    /// Whether the column says the opposite, as `own=!inbound`.
    pub(super) negated: bool,
}

impl Mapping {
    /// Reads pairs like `text=body`, `author=user.name` and `own=!inbound`.
    pub fn parse<S: AsRef<str>>(pairs: &[S]) -> Result<Self, ImportError> {
        let mut columns = BTreeMap::new();
        for pair in pairs.iter().map(AsRef::as_ref) {
            let bad = || ImportError::BadMapping(pair.to_owned());
            let (field, column) = pair.split_once('=').ok_or_else(bad)?;
            let field = FIELDS
                .into_iter()
                .find(|known| *known == field.trim())
                .ok_or_else(bad)?;
            let column = column.trim();
            let negated = field == "own" && column.starts_with('!');
            let name = if negated { &column[1..] } else { column };
            if name.is_empty() {
                return Err(bad());
            }
            let name = name.to_owned();
            columns.insert(field, Column { name, negated });
        }
        Ok(Self { columns })
    }

    /// Returns the column of a field: the mapped one, or the one of the same name.
    pub(super) fn column<'a>(&'a self, field: &'a str) -> &'a str {
        self.columns
            .get(field)
            .map_or(field, |column| column.name.as_str())
    }

    pub(super) fn is_negated(&self, field: &str) -> bool {
        self.columns.get(field).is_some_and(|column| column.negated)
    }
}
