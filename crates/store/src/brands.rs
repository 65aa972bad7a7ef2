//! Brands: under whose name we speak.

use kulant_model::ids::BrandId;
use kulant_model::time::Timestamp;
use serde_json::Value as Json;

use crate::error::StoreError;
use crate::params;
use crate::sql::value::Row;
use crate::sql::{Read, Tx};
use crate::versions::{self, Versioned};

const COLUMNS: &str = "id, version, name, slug, details, created_at, archived_at";

/// A brand as it is kept; everything but name and slug stands in `details`.
#[derive(Debug, Clone, PartialEq)]
pub struct Brand {
    pub id: BrandId,
    pub version: i64,
    pub name: String,
    pub slug: String,
    pub details: Json,
    pub created_at: Timestamp,
    pub archived_at: Option<Timestamp>,
}

/// Keeps a new brand; returns whether its slug was free.
pub fn insert(tx: &mut Tx<'_>, brand: &Brand) -> Result<bool, StoreError> {
    let kept = tx.execute(
        &format!("INSERT INTO brands ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING"),
        &params![
            brand.id,
            brand.version,
            &brand.name,
            &brand.slug,
            &brand.details,
            brand.created_at,
            brand.archived_at,
        ],
    )?;
    Ok(kept == 1)
}

/// Changes name, slug, details and archival, if the brand still has the version it carries.
pub fn update(tx: &mut Tx<'_>, brand: &Brand) -> Result<Versioned, StoreError> {
    versions::update(
        tx,
        "UPDATE brands
         SET version = version + 1, name = $3, slug = $4, details = $5, archived_at = $6
         WHERE id = $1 AND version = $2
         RETURNING version",
        &params![
            brand.id,
            brand.version,
            &brand.name,
            &brand.slug,
            &brand.details,
            brand.archived_at,
        ],
        "SELECT version FROM brands WHERE id = $1",
        brand.id,
    )
}

/// Finds a brand, archived ones included.
pub fn find(read: &mut Read<'_>, id: BrandId) -> Result<Option<Brand>, StoreError> {
    read.query_one(
        &format!("SELECT {COLUMNS} FROM brands WHERE id = $1"),
        &params![id],
        brand,
    )
}

/// Finds the brand that a slug or a name stands for, archived ones included.
pub fn find_by_word(read: &mut Read<'_>, word: &str) -> Result<Option<Brand>, StoreError> {
    read.query_one(
        &format!(
            "SELECT {COLUMNS} FROM brands
             WHERE slug = $1 OR name = $1
             ORDER BY id LIMIT 1"
        ),
        &params![word],
        brand,
    )
}

/// Lists the brands in use after an id, oldest first.
pub fn list(read: &mut Read<'_>, after: i64, limit: i64) -> Result<Vec<Brand>, StoreError> {
    read.query(
        &format!(
            "SELECT {COLUMNS} FROM brands
             WHERE archived_at IS NULL AND id > $1
             ORDER BY id LIMIT $2"
        ),
        &params![after, limit],
        brand,
    )
}

/// Returns whether any inbox in use belongs to the brand.
pub fn has_inboxes(read: &mut Read<'_>, id: BrandId) -> Result<bool, StoreError> {
    let found = read.query_one(
        "SELECT 1 FROM inboxes WHERE brand_id = $1 AND archived_at IS NULL LIMIT 1",
        &params![id],
        |row| row.get::<i64>(0),
    )?;
    Ok(found.is_some())
}

/// Returns whether an archived inbox or a conversation still speaks of the brand.
pub fn is_referred_to(read: &mut Read<'_>, id: BrandId) -> Result<bool, StoreError> {
    let found = read.query_one(
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM inboxes WHERE brand_id = $1)
            OR EXISTS (SELECT 1 FROM conversations WHERE brand_id = $1)
            OR EXISTS (SELECT 1 FROM announcements WHERE brand_id = $1)
            OR EXISTS (SELECT 1 FROM searches WHERE brand_id = $1)",
        &params![id],
        |row| row.get::<i64>(0),
    )?;
    Ok(found.is_some())
}

/// Removes a brand that nothing refers to.
pub fn remove(tx: &mut Tx<'_>, id: BrandId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM brands WHERE id = $1", &params![id])?;
    Ok(())
}

fn brand(row: &Row<'_>) -> Result<Brand, StoreError> {
    Ok(Brand {
        id: row.get(0)?,
        version: row.get(1)?,
        name: row.get(2)?,
        slug: row.get(3)?,
        details: row.get(4)?,
        created_at: row.get(5)?,
        archived_at: row.get(6)?,
    })
}
