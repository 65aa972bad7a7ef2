//! Finds personal data in what people write in public: bank accounts, cards, tax ids, telephone numbers and the like.
//! Definitions: formulas.md 10. What neither a checksum nor a word beside it confirms is only a hint and is never masked by itself.

mod checksum;
mod context;
mod glyphs;
mod mail;
mod numbers;
mod own;
mod phone;
mod place;

pub use own::{Check, OwnPattern, OwnPatterns, PatternError};

use glyphs::Glyphs;

/// What kind of personal data stands somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PersonalKind {
    /// A bank account by its IBAN.
    Iban,
    /// The number of a payment card.
    Card,
    /// A German tax id.
    TaxId,
    /// A telephone number.
    Phone,
    /// An e-mail address.
    Email,
    /// An address in the internet.
    IpAddress,
    /// A date of birth.
    DateOfBirth,
    /// A postal address.
    Address,
    /// A German licence plate.
    LicencePlate,
    /// A number of the operator's own, by the name of its pattern.
    Own(String),
}

impl PersonalKind {
    /// Returns the name as the API and the command line write it.
    pub fn name(&self) -> &str {
        match self {
            Self::Iban => "iban",
            Self::Card => "card",
            Self::TaxId => "tax_id",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::IpAddress => "ip_address",
            Self::DateOfBirth => "date_of_birth",
            Self::Address => "address",
            Self::LicencePlate => "licence_plate",
            Self::Own(name) => name,
        }
    }

    /// Returns the mark that stands in its place where it is masked.
    pub fn mark(&self) -> String {
        let name = match self {
            Self::Iban => "IBAN",
            Self::Card => "card",
            Self::TaxId => "tax id",
            Self::Phone => "phone",
            Self::Email => "e-mail",
            Self::IpAddress => "IP address",
            Self::DateOfBirth => "date of birth",
            Self::Address => "address",
            Self::LicencePlate => "licence plate",
            Self::Own(name) => name,
        };
        format!("[{name}]")
    }
}

/// Personal data at a place of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Personal {
    /// What it is.
    pub kind: PersonalKind,
    /// Where it begins, in bytes.
    pub from: usize,
    /// Where it ends, in bytes.
    pub to: usize,
    /// True where a checksum, a numbering plan or a word beside it confirms it; else it is a hint.
    pub sure: bool,
}

/// Finds all personal data of a text in its order; no two overlap.
pub fn find(text: &str, own: &OwnPatterns) -> Vec<Personal> {
    let mut found = Vec::new();
    own.find(text, &mut found);
    if text.contains(['@', '＠']) {
        mail::find(text, &mut found);
    }
    if may_hold_digits(text) {
        let glyphs = Glyphs::of(text);
        numbers::find(text, &glyphs, &mut found);
        phone::find(text, &glyphs, &mut found);
        place::find(text, &glyphs, &mut found);
    }
    untangle(found)
}

/// Returns the text with a mark in place of everything that is sure.
pub fn mask(text: &str, found: &[Personal]) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    for personal in found.iter().filter(|personal| personal.sure) {
        masked.push_str(&text[at..personal.from]);
        masked.push_str(&personal.kind.mark());
        at = personal.to;
    }
    masked.push_str(&text[at..]);
    masked
}

/// Full-width and other digits begin with bytes beyond ASCII, so any of those may hide one.
fn may_hold_digits(text: &str) -> bool {
    text.bytes()
        .any(|byte| byte.is_ascii_digit() || byte >= 0xe2)
}

/// Of overlapping finds the sure one stays, then the one that was looked for first.
fn untangle(mut found: Vec<Personal>) -> Vec<Personal> {
    let mut kept: Vec<Personal> = Vec::with_capacity(found.len());
    // The sort is stable: the order of looking decides among equals.
    found.sort_by_key(|personal| !personal.sure);
    for personal in found {
        let overlaps = kept
            .iter()
            .any(|other| personal.from < other.to && other.from < personal.to);
        if !overlaps {
            kept.push(personal);
        }
    }
    kept.sort_by_key(|personal| personal.from);
    kept
}
