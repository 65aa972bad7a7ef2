//! PostgreSQL: a connection on a thread of its own, with its prepared statements.

use std::collections::HashMap;
use std::time::Duration;

use postgres::{Client, Config, Statement};

use super::value::{Row, Value};
use super::{Purpose, tls};
use crate::error::StoreError;

/// A connection that remembers what it prepared and connects again after it was lost.
pub(crate) struct Session {
    url: String,
    purpose: Purpose,
    client: Option<Client>,
    statements: HashMap<String, Statement>,
    /// Whether a statement of the running transaction failed, so that it cannot be committed.
    failed: bool,
}

impl Session {
    pub(crate) fn new(url: &str, purpose: Purpose) -> Self {
        Self {
            url: url.to_owned(),
            purpose,
            client: None,
            statements: HashMap::new(),
            failed: false,
        }
    }

    pub(crate) fn query<'p, T>(
        &mut self,
        sql: &str,
        params: impl IntoIterator<Item = &'p Value>,
        map: &mut dyn FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let statement = self.statement(sql)?;
        let outcome = self.client()?.query(&statement, &references(params));
        self.failed |= outcome.is_err();
        let rows = outcome?;
        rows.iter().map(|row| map(&Row::Postgres(row))).collect()
    }

    pub(crate) fn execute<'p>(
        &mut self,
        sql: &str,
        params: impl IntoIterator<Item = &'p Value>,
    ) -> Result<u64, StoreError> {
        let statement = self.statement(sql)?;
        let outcome = self.client()?.execute(&statement, &references(params));
        self.failed |= outcome.is_err();
        Ok(outcome?)
    }

    pub(crate) fn execute_batch(&mut self, sql: &str) -> Result<(), StoreError> {
        Ok(self.client()?.batch_execute(sql)?)
    }

    pub(crate) fn begin(&mut self) -> Result<(), StoreError> {
        self.failed = false;
        self.execute_batch("BEGIN")
    }

    /// Ends the transaction. PostgreSQL answers a commit after a failed statement with a quiet
    /// roll-back, which must not look like a success.
    pub(crate) fn end(&mut self, end: &str) -> Result<(), StoreError> {
        if end == "COMMIT" && self.failed {
            self.execute_batch("ROLLBACK")?;
            return Err(StoreError::Broken(
                "a failed statement was overlooked before the commit".to_owned(),
            ));
        }
        self.execute_batch(end)
    }

    /// Forgets a connection that was lost, so that the next call makes a new one.
    pub(crate) fn mend(&mut self) {
        if self.client.as_ref().is_some_and(Client::is_closed) {
            self.client = None;
            self.statements.clear();
        }
    }

    pub(crate) fn client(&mut self) -> Result<&mut Client, StoreError> {
        if self.client.is_none() {
            let address = tls::address(&self.url)?;
            let mut client = tls::connect(&config(&address.url)?, address.roots.as_deref())?;
            client.batch_execute(
                "SET synchronous_commit = on;
                 SET TIME ZONE 'UTC';
                 SET application_name = 'kulant';
                 SET jit = off;
                 SET random_page_cost = 1.1;
                 -- Every statement of ours goes by keys along an index. A plan made while a table
                 -- was small would read the whole of it, and go on doing so when it has grown.
                 SET enable_seqscan = off;
                 SET enable_hashjoin = off;
                 SET enable_mergejoin = off;
                 -- Of a node that lost its power the server hears nothing more; until it looks, the
                 -- locks of that node stand in everybody's way.
                 SET tcp_keepalives_idle = 30;
                 SET tcp_keepalives_interval = 10;
                 SET tcp_keepalives_count = 3",
            )?;
            if self.purpose == Purpose::Write {
                client.batch_execute(
                    "-- Sets of rows are planned once, not at every call.
                     SET plan_cache_mode = force_generic_plan;
                     -- Within a transaction nothing happens but SQL: a longer pause is a node that
                     -- stands still, and it may hold the lock of the log.
                     SET idle_in_transaction_session_timeout = '60s'",
                )?;
            }
            self.client = Some(client);
        }
        Ok(self.client.as_mut().expect("the client was just made"))
    }

    fn statement(&mut self, sql: &str) -> Result<Statement, StoreError> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let prepared = self.client()?.prepare(sql);
        self.failed |= prepared.is_err();
        let statement = prepared.map_err(|error| {
            let start: String = sql
                .split_whitespace()
                .take(12)
                .collect::<Vec<_>>()
                .join(" ");
            match StoreError::from(error) {
                StoreError::Broken(words) => StoreError::Broken(format!("{words} in «{start}»")),
                other => other,
            }
        })?;
        if self.statements.len() > 1_000 {
            self.statements.clear();
        }
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

/// Reads the address of a server, and adds time-outs where it names none: a server that went without
/// a word is missed within a minute, not within hours.
fn config(url: &str) -> Result<Config, StoreError> {
    const UNSET_IDLE: Duration = Duration::from_hours(2);
    let mut config: Config = url.parse()?;
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_secs(10));
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(Duration::from_secs(45));
    }
    if config.get_keepalives_idle() == UNSET_IDLE {
        config.keepalives_idle(Duration::from_secs(30));
    }
    if config.get_keepalives_interval().is_none() {
        config.keepalives_interval(Duration::from_secs(10));
    }
    if config.get_keepalives_retries().is_none() {
        config.keepalives_retries(3);
    }
    Ok(config)
}

fn references<'p>(
    params: impl IntoIterator<Item = &'p Value>,
) -> Vec<&'p (dyn postgres::types::ToSql + Sync)> {
    params
        .into_iter()
        .map(|value| value as &(dyn postgres::types::ToSql + Sync))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_gone_is_missed_within_a_minute() {
        let config_of = |url: &str| config(url).expect("an address");
        let plain = config_of("postgres://kulant@db/kulant");
        assert_eq!(plain.get_connect_timeout(), Some(&Duration::from_secs(10)));
        assert_eq!(plain.get_tcp_user_timeout(), Some(&Duration::from_secs(45)));
        assert_eq!(plain.get_keepalives_idle(), Duration::from_secs(30));
        let own = config_of("postgres://kulant@db/kulant?connect_timeout=3&keepalives_idle=90");
        assert_eq!(own.get_connect_timeout(), Some(&Duration::from_secs(3)));
        assert_eq!(own.get_keepalives_idle(), Duration::from_secs(90));
    }
}
