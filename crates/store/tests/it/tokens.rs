//! Tokens: found by secret while they are in force, listed and revoked by their owner alone.

use kulant_model::ids::{ActorId, AgentId, TokenId};
use kulant_store::tokens::{self, Token};

use crate::{NOW, databases, keep_agent};

fn token(id: i64, agent: i64) -> Token {
    Token {
        id: TokenId(id),
        agent: AgentId(agent),
        name: "Bericht".to_owned(),
        scopes: Some("conversations:read export".to_owned()),
        created_at: NOW,
        used_at: None,
        revoked_at: None,
    }
}

#[tokio::test]
async fn a_token_is_its_owners_until_it_is_revoked() {
    for database in databases().await {
        database
            .write(|tx| {
                keep_agent(tx, 1, "a@example.org")?;
                keep_agent(tx, 2, "b@example.org")?;
                tokens::insert(tx, b"one", &token(1, 1))?;
                tokens::insert(tx, b"two", &token(2, 1))?;
                tokens::insert(tx, b"three", &token(3, 2))?;
                let (found, access) = tokens::find_by_secret(tx, b"one")?.expect("found");
                assert_eq!(found, token(1, 1));
                assert_eq!(access.actor, ActorId(101));

                assert!(
                    !tokens::revoke(tx, AgentId(2), TokenId(1), NOW)?,
                    "not theirs"
                );
                assert!(tokens::revoke(tx, AgentId(1), TokenId(1), NOW)?);
                assert!(!tokens::revoke(tx, AgentId(1), TokenId(1), NOW)?);
                assert!(tokens::find_by_secret(tx, b"one")?.is_none());
                let ids: Vec<i64> = tokens::list_of_agent(tx, AgentId(1), 0, 10)?
                    .iter()
                    .map(|token| token.id.0)
                    .collect();
                assert_eq!(ids, [2]);

                tokens::touch(tx, TokenId(2), NOW)?;
                let (used, _) = tokens::find_by_secret(tx, b"two")?.expect("found");
                assert_eq!(used.used_at, Some(NOW));
                assert_eq!(tokens::revoke_of_agent(tx, AgentId(1), NOW)?, 1);
                assert!(tokens::find_by_secret(tx, b"three")?.is_some());
                Ok(())
            })
            .await;
    }
}
