//! Values that go into statements and come out of rows, the same for both databases.

use std::error::Error;

use postgres::types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};

use crate::error::StoreError;

/// A parameter of a statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Integer(number as i64)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Integer(i64::from(truth))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        // PostgreSQL cannot keep a NUL in a text; both databases get the same text.
        if text.contains('\0') {
            Self::Text(text.replace('\0', "\u{fffd}"))
        } else {
            Self::Text(text.to_owned())
        }
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        if text.contains('\0') {
            Self::Text(text.replace('\0', "\u{fffd}"))
        } else {
            Self::Text(text)
        }
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<kulant_model::time::Timestamp> for Value {
    fn from(time: kulant_model::time::Timestamp) -> Self {
        Self::Integer(time.0)
    }
}

impl From<&serde_json::Value> for Value {
    fn from(json: &serde_json::Value) -> Self {
        // JSON writes a NUL as an escape, which both databases keep.
        Self::Text(json.to_string())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

macro_rules! ids {
    ($($name:ident),+) => {$(
        impl From<kulant_model::ids::$name> for Value {
            fn from(id: kulant_model::ids::$name) -> Self {
                Self::Integer(id.0)
            }
        }

        impl FromColumn for kulant_model::ids::$name {
            fn from_column(row: &Row<'_>, index: usize) -> Result<Self, StoreError> {
                i64::from_column(row, index).map(Self)
            }
        }

        impl FromColumn for Option<kulant_model::ids::$name> {
            fn from_column(row: &Row<'_>, index: usize) -> Result<Self, StoreError> {
                Ok(Option::<i64>::from_column(row, index)?.map(kulant_model::ids::$name))
            }
        }
    )+};
}

ids!(
    BrandId,
    TeamId,
    AgentId,
    ActorId,
    InboxId,
    IntakeId,
    ContactId,
    IdentityId,
    ConversationId,
    MessageId,
    AttachmentId,
    TagId,
    ViewId,
    JobId,
    TokenId,
    AlertId,
    AnnouncementId,
    SearchId
);

macro_rules! word_lists {
    ($($name:path),+ $(,)?) => {$(
        impl From<$name> for Value {
            fn from(word: $name) -> Self {
                Self::Text(word.word().to_owned())
            }
        }

        impl FromColumn for $name {
            fn from_column(row: &Row<'_>, index: usize) -> Result<Self, StoreError> {
                let word = String::from_column(row, index)?;
                Self::from_word(&word).ok_or_else(|| StoreError::unreadable(index, &word))
            }
        }

        impl FromColumn for Option<$name> {
            fn from_column(row: &Row<'_>, index: usize) -> Result<Self, StoreError> {
                let Some(word) = Option::<String>::from_column(row, index)? else {
                    return Ok(None);
                };
                <$name>::from_word(&word)
                    .map(Some)
                    .ok_or_else(|| StoreError::unreadable(index, &word))
            }
        }
    )+};
}

word_lists!(
    kulant_model::message::Direction,
    kulant_model::message::Visibility,
    kulant_model::message::Kind,
    kulant_model::message::DeliveryState,
    kulant_model::conversation::Status,
    kulant_model::conversation::Priority,
    kulant_model::role::Role,
    kulant_model::team::TeamKind,
    kulant_model::event::EventKind,
    kulant_model::listening::SearchState,
);

/// One row of an answer, while it is being read.
pub enum Row<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r postgres::Row),
}

impl Row<'_> {
    /// Reads a column by its place.
    pub fn get<T: FromColumn>(&self, index: usize) -> Result<T, StoreError> {
        T::from_column(self, index)
    }
}

/// A type that a column can be read as.
pub trait FromColumn: Sized {
    fn from_column(row: &Row<'_>, index: usize) -> Result<Self, StoreError>;
}

impl FromColumn for i64 {
    fn from_column(row: &Row<'_>, index: usize) -> Result<Self, StoreError> {
        Option::<i64>::from_column(row, index)?.ok_or_else(|| StoreError::unreadable(index, "null"))
    }
}

impl FromColumn for Option<i64> {
    fn from_column(row: &Row<'_>, index: usize) -> Result<Self, StoreError> {
        match row {
            Row::Sqlite(row) => Ok(row.get(index)?),
            Row::Postgres(row) if *row.columns()[index].type_() == Type::INT4 => {
                Ok(row.try_get::<_, Option<i32>>(index)?.map(i64::from))
            }
            Row::Postgres(row) if *row.columns()[index].type_() == Type::BOOL => {
                Ok(row.try_get::<_, Option<bool>>(index)?.map(i64::from))
            }
            Row::Postgres(row) => Ok(row.try_get(index)?),
        }
    }
}

impl FromColumn for bool {
    fn from_column(row: &Row<'_>, index: usize) -> Result<Self, StoreError> {
        Ok(Option::<i64>::from_column(row, index)?.unwrap_or(0) != 0)
    }
}

macro_rules! plain {
    ($($name:ty),+) => {$(
        impl FromColumn for $name {
            fn from_column(row: &Row<'_>, index: usize) -> Result<Self, StoreError> {
                match row {
                    Row::Sqlite(row) => Ok(row.get(index)?),
                    Row::Postgres(row) => Ok(row.try_get(index)?),
                }
            }
        }
    )+};
}

plain!(String, Option<String>, Vec<u8>, Option<Vec<u8>>);

impl FromColumn for kulant_model::time::Timestamp {
    fn from_column(row: &Row<'_>, index: usize) -> Result<Self, StoreError> {
        i64::from_column(row, index).map(Self)
    }
}

impl FromColumn for Option<kulant_model::time::Timestamp> {
    fn from_column(row: &Row<'_>, index: usize) -> Result<Self, StoreError> {
        Ok(Option::<i64>::from_column(row, index)?.map(kulant_model::time::Timestamp))
    }
}

impl FromColumn for serde_json::Value {
    fn from_column(row: &Row<'_>, index: usize) -> Result<Self, StoreError> {
        let Some(text) = Option::<String>::from_column(row, index)? else {
            return Ok(Self::Null);
        };
        serde_json::from_str(&text).map_err(|_| StoreError::unreadable(index, "json"))
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, ValueRef};
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Integer(number) if *kind == Type::INT4 => {
                i32::try_from(*number)?.to_sql(kind, out)
            }
            Self::Integer(number) => number.to_sql(kind, out),
            Self::Text(text) => text.to_sql(kind, out),
            Self::Bytes(bytes) => bytes.to_sql(kind, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// Lists the parameters of a statement.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        [$($crate::sql::value::Value::from($value)),*]
    };
}
