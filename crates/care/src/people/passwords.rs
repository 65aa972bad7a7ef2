//! Passwords: argon2id, off the runtime's threads, a few at a time so that memory stays bounded.

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use tokio::sync::Semaphore;

use crate::Care;
use crate::error::CareError;

const SHORTEST: usize = 10;
const LONGEST_BYTES: usize = 1_024;

/// Each hash takes 19 MiB while it is made.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// How many blocks of 1 KiB are asked for, though fewer are touched: glibc takes a piece of up to
/// 32 MiB that is given back for a sign to keep that much of everything freed later.
const ROOM: usize = 33 * 1_024;

/// The digest of nobody's password, made with the same cost as everybody's.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$\
     AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Says what is wrong with a new password; people's own words are no secret.
pub(super) fn check_new(password: &str, email: &str, name: &str) -> Result<(), CareError> {
    let fault = |code, detail: String| Err(CareError::invalid("password", code, detail));
    let lower = password.to_lowercase();
    if password.chars().count() < SHORTEST {
        return fault("too_short", format!("at least {SHORTEST} characters"));
    }
    if password.len() > LONGEST_BYTES {
        return fault("too_long", format!("at most {LONGEST_BYTES} bytes"));
    }
    let repeated = password.chars().all(|one| password.starts_with(one));
    if repeated || lower == email || lower == name.to_lowercase() {
        return fault("too_easy", "too easy to guess".to_owned());
    }
    Ok(())
}

/// Makes the digest that is kept of a password.
pub(super) async fn hash(care: &Care, password: String) -> Result<String, CareError> {
    let salt: [u8; 16] = care.random_bytes();
    let _turn = AT_ONCE.acquire().await.map_err(internal)?;
    tokio::task::spawn_blocking(move || {
        let params = Params::default();
        let salt = Salt::new(&salt).map_err(internal)?;
        let hash = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params).map_err(internal)?,
            salt: Some(salt),
            hash: Some(digest(&password, &salt, params)?),
        };
        Ok(hash.to_string())
    })
    .await
    .map_err(internal)?
}

/// Compares a password with a digest; where there is none, takes as long and says no.
pub(super) async fn verify(password: String, hash: Option<String>) -> Result<bool, CareError> {
    if password.len() > LONGEST_BYTES {
        return Ok(false);
    }
    let _turn = AT_ONCE.acquire().await.map_err(internal)?;
    tokio::task::spawn_blocking(move || {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
        let hash = PasswordHash::new(&hash).map_err(internal)?;
        let params = Params::try_from(&hash).map_err(internal)?;
        let salt = hash.salt.ok_or_else(|| internal("a digest has no salt"))?;
        // The comparison takes the same time wherever the two differ.
        let equal = hash.hash == Some(digest(&password, &salt, params)?);
        Ok(known && equal)
    })
    .await
    .map_err(internal)?
}

fn digest(password: &str, salt: &Salt, params: Params) -> Result<Output, CareError> {
    let mut memory = Vec::with_capacity(ROOM.max(params.block_count()));
    memory.resize(params.block_count(), Block::default());
    let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(password.as_bytes(), salt, &mut output, &mut memory)
        .map_err(internal)?;
    Output::new(&output).map_err(internal)
}

fn internal(error: impl std::fmt::Display) -> CareError {
    CareError::Internal(format!("a password could not be hashed: {error}"))
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::PasswordHasher;

    use super::*;

    /// As the library makes it by itself, so that ours stay digests that every other program reads.
    fn somebody(password: &str) -> PasswordHash {
        Argon2::default()
            .hash_password_with_salt(password.as_bytes(), &[7; 16])
            .expect("hashed")
    }

    #[test]
    fn nobodys_digest_costs_as_much_as_anybodys() {
        let nobody = PasswordHash::new(NOBODY).expect("a digest");
        let somebody = somebody("a password");
        assert_eq!(nobody.algorithm, somebody.algorithm);
        assert_eq!(nobody.version, somebody.version);
        assert_eq!(nobody.params.to_string(), somebody.params.to_string());
        assert_eq!(
            nobody.hash.expect("an output").len(),
            somebody.hash.expect("an output").len()
        );
    }

    #[tokio::test]
    async fn only_the_password_itself_is_taken() {
        let hash = Some(somebody("Käse und Brot").to_string());
        let verdict = |password: &str, hash| verify(password.to_owned(), hash);
        assert!(
            verdict("Käse und Brot", hash.clone())
                .await
                .expect("compared")
        );
        assert!(
            !verdict("Käse und brot", hash.clone())
                .await
                .expect("compared")
        );
        assert!(!verdict("", hash).await.expect("compared"));
        assert!(!verdict("Käse und Brot", None).await.expect("compared"));
    }

    #[test]
    fn easy_passwords_are_refused_with_a_word() {
        for (password, code) in [
            ("short", "too_short"),
            ("zzzzzzzzzzzz", "too_easy"),
            ("Anna@Example.org", "too_easy"),
            ("anna Amsel-Berg", "too_easy"),
        ] {
            match check_new(password, "anna@example.org", "Anna Amsel-Berg") {
                Err(CareError::Invalid(faults)) => assert_eq!(faults[0].code, code, "{password}"),
                other => panic!("{password}: {other:?}"),
            }
        }
        assert!(check_new("drei kleine Züge", "a@b.de", "A").is_ok());
        assert!(check_new(&"ab".repeat(600), "a@b.de", "A").is_err());
    }
}
