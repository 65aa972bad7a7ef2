//! Closed lists of words, as the specification says them: the words themselves stand in `model`.

use kulant_care::people::preferences::{Language, Theme};
use kulant_care::presence::Activity;
use kulant_model::brand::Voice;
use kulant_model::conversation::{Priority, Status};
use kulant_model::message::{Kind, Visibility};
use kulant_model::role::Role;
use kulant_model::team::TeamKind;
use utoipa::openapi::schema::{Object, ObjectBuilder, SchemaType, Type};

pub fn status() -> Object {
    one_of(Status::ALL.iter().map(|status| status.word()))
}

pub fn priority() -> Object {
    one_of(Priority::ALL.iter().map(|priority| priority.word()))
}

pub fn visibility() -> Object {
    one_of(Visibility::ALL.iter().map(|visibility| visibility.word()))
}

pub fn activity() -> Object {
    one_of(Activity::ALL.iter().map(|activity| activity.word()))
}

pub fn reaction() -> Object {
    one_of(super::messages::REACTIONS.into_iter())
}

/// A kind, or null to take it away.
pub fn kind() -> Object {
    or_null(Kind::ALL.iter().map(|kind| kind.word()))
}

pub fn role() -> Object {
    or_null(Role::ALL.iter().map(|role| role.word()))
}

pub fn team_kind() -> Object {
    or_null(TeamKind::ALL.iter().map(|kind| kind.word()))
}

pub fn voice() -> Object {
    or_null(Voice::ALL.iter().map(|voice| voice.word()))
}

pub fn language() -> Object {
    or_null(Language::ALL.iter().map(|language| language.word()))
}

pub fn theme() -> Object {
    or_null(Theme::ALL.iter().map(|theme| theme.word()))
}

fn one_of(words: impl Iterator<Item = &'static str>) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words))
        .build()
}

fn or_null(words: impl Iterator<Item = &'static str>) -> Object {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .enum_values(Some(words.map(Some).chain([None])))
        .build()
}
