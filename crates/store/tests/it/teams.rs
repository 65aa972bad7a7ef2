//! Teams: members from both sides, names, archival.

use kulant_model::ids::{AgentId, TeamId};
use kulant_store::versions::Versioned;
use kulant_store::{agents, teams};

use crate::{NOW, agent, databases, keep_agent, team};

#[tokio::test]
async fn members_are_replaced_from_both_sides_and_the_disabled_left_out() {
    for database in databases().await {
        let (of_teams, of_agent, without) = database
            .write(|tx| {
                for (id, name) in [(1, "A"), (2, "B")] {
                    assert!(teams::insert(tx, &team(id, name))?);
                }
                for id in 1..=3 {
                    keep_agent(tx, id, &format!("{id}@example.org"))?;
                }
                teams::replace_members(tx, TeamId(1), &[AgentId(1), AgentId(2), AgentId(1)])?;
                teams::replace_of_agent(tx, AgentId(3), &[TeamId(1), TeamId(2)])?;
                teams::replace_of_agent(tx, AgentId(1), &[TeamId(2)])?;
                let both = [TeamId(1), TeamId(2)];
                let of_teams = teams::list_members(tx, &both)?;
                let of_agent = teams::list_of_agents(tx, &[AgentId(3)])?;
                let mut gone = agent(2, "2@example.org");
                gone.disabled_at = Some(NOW);
                agents::update(tx, &gone)?;
                Ok((of_teams, of_agent, teams::list_members(tx, &both)?))
            })
            .await;
        let mut pairs: Vec<(i64, i64)> = of_teams.iter().map(|(t, a)| (t.0, a.0)).collect();
        pairs.sort_unstable();
        assert_eq!(pairs, [(1, 2), (1, 3), (2, 1), (2, 3)]);
        assert_eq!(
            of_agent,
            [
                (AgentId(3), TeamId(1), "A".to_owned()),
                (AgentId(3), TeamId(2), "B".to_owned())
            ]
        );
        assert_eq!(without.len(), 3);
    }
}

#[tokio::test]
async fn names_are_unique_and_the_archived_leave_every_list() {
    for database in databases().await {
        database
            .write(|tx| {
                assert!(teams::insert(tx, &team(1, "A"))?);
                assert!(!teams::insert(tx, &team(2, "A"))?);
                assert!(teams::insert(tx, &team(2, "B"))?);
                keep_agent(tx, 1, "1@example.org")?;
                teams::replace_of_agent(tx, AgentId(1), &[TeamId(1), TeamId(2)])?;
                let mut gone = team(1, "A");
                gone.archived_at = Some(NOW);
                assert_eq!(teams::update(tx, &gone)?, Versioned::Done { version: 2 });
                assert_eq!(teams::update(tx, &gone)?, Versioned::Lost { current: 2 });
                assert_eq!(teams::list(tx, 0, 10)?, [team(2, "B")]);
                assert_eq!(
                    teams::list_in_use(tx, &[TeamId(1), TeamId(2), TeamId(3)])?,
                    [TeamId(2)]
                );
                assert_eq!(teams::list_of_agents(tx, &[AgentId(1)])?.len(), 1);
                assert_eq!(
                    teams::find_by_name(tx, "A")?.map(|team| team.id),
                    Some(TeamId(1))
                );
                assert!(!teams::has_inboxes(tx, TeamId(2))?);
                assert!(!teams::has_open_conversations(tx, TeamId(2))?);
                Ok(())
            })
            .await;
    }
}
