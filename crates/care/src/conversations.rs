//! What people decide about a conversation: status, owner, team, tags, priority, kind, subject. What is put
//! together or apart is in `joining`.

mod joining;

use kulant_model::conversation::{self, Priority, Status};
use kulant_model::event::EventKind;
use kulant_model::ids::{AgentId, ConversationId, MessageId, TagId, TeamId};
use kulant_model::message::Kind;
use kulant_model::role::{Permission, Person};
use kulant_model::time::Timestamp;
use kulant_store::conversations::Conversation;
use kulant_store::{Tx, agents, conversations as rows, mentions, messages, parties, tags, teams};
use serde_json::json;

use crate::change::{self, Changing, change};
use crate::error::CareError;
use crate::{Care, access, holding};

pub use joining::{join, split, unjoin};

/// Who is responsible from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assignment {
    Agent(AgentId),
    /// A team's queue: nobody of it yet.
    Team(TeamId),
    Nobody,
}

/// Moves a conversation's status.
pub async fn set_status(
    care: &Care,
    person: &Person,
    id: ConversationId,
    version: i64,
    status: Status,
    until: Option<Timestamp>,
) -> Result<(), CareError> {
    conversation::check_status(status, until, care.now())?;
    change(care, person, id, version, move |tx, row, changing| {
        apply_status(tx, row, changing, status, until)
    })
    .await
}

pub(crate) fn apply_status(
    tx: &mut Tx<'_>,
    row: &mut Conversation,
    changing: &Changing,
    status: Status,
    until: Option<Timestamp>,
) -> Result<(), CareError> {
    let before = row.status;
    row.status = status;
    row.snoozed_until = until;
    row.resolved_at = (status == Status::Resolved).then_some(changing.now);
    if status == Status::Resolved {
        // What was there is settled; what arrives later is not, though it was written before.
        row.settled_at = row.settled_at.max(parties::find_newest_words(tx, row.id)?);
        row.unread = false;
        holding::promised::take_back(tx, row, (changing.person.actor, changing.now))?;
        row.next_word_at = None;
    } else if before == Status::Resolved {
        // Taken up again: whoever waited before the resolution waits again.
        row.settled_at = None;
    }
    rows::set_settled(tx, row.id, row.settled_at)?;
    change::add_up(tx, row)?;
    tx.append(
        changing
            .event(EventKind::StatusChanged, row)
            .facts(json!({"from": before, "to": status, "until": until})),
    );
    Ok(())
}

/// Gives a conversation to somebody, to a team, or to nobody.
pub async fn assign(
    care: &Care,
    person: &Person,
    id: ConversationId,
    version: i64,
    to: Assignment,
) -> Result<(), CareError> {
    change(care, person, id, version, move |tx, row, changing| {
        let (agent_before, team_before) = (row.agent, row.team);
        match to {
            Assignment::Nobody => row.agent = None,
            Assignment::Agent(agent) => {
                agents::find(tx, agent)?
                    .filter(|agent| agent.disabled_at.is_none())
                    .ok_or_else(|| CareError::invalid("agent", "unknown", "no such agent"))?;
                row.agent = Some(agent);
            }
            Assignment::Team(team) => {
                teams::find(tx, team)?
                    .filter(|team| team.archived_at.is_none())
                    .ok_or_else(|| CareError::invalid("team", "unknown", "no such team"))?;
                row.team = Some(team);
                if team_before != Some(team) {
                    row.agent = None;
                }
            }
        }
        if row.team != team_before {
            // Whoever may see only the team it left hears of its going as well.
            tx.append(
                changing
                    .event(EventKind::TeamChanged, row)
                    .team(team_before)
                    .facts(json!({"from": team_before, "to": row.team})),
            );
        }
        tx.append(
            changing
                .event(EventKind::Assigned, row)
                .facts(json!({"from": agent_before, "to": row.agent, "team": row.team})),
        );
        Ok(())
    })
    .await
}

/// Adds and removes tags by their names; a name that is new becomes a tag.
pub async fn change_tags(
    care: &Care,
    person: &Person,
    id: ConversationId,
    version: i64,
    add: Vec<String>,
    remove: Vec<String>,
) -> Result<(), CareError> {
    access::require(person, Permission::WriteConversations)?;
    let add = tag_names(add, "add")?;
    let remove = tag_names(remove, "remove")?;
    change(care, person, id, version, move |tx, row, changing| {
        let mut added = Vec::new();
        for name in add {
            let tag = match tags::find_by_name(tx, &name)? {
                Some(tag) => tag.id,
                None => new_tag(tx, changing, &name)?,
            };
            if rows::add_tag(tx, row.id, tag)? {
                added.push(tag);
            }
        }
        let mut removed = Vec::new();
        for name in remove {
            if let Some(tag) = tags::find_by_name(tx, &name)?
                && rows::remove_tag(tx, row.id, tag.id)?
            {
                removed.push(tag.id);
            }
        }
        tx.append(
            changing
                .event(EventKind::TagsChanged, row)
                .facts(json!({"added": added, "removed": removed})),
        );
        Ok(())
    })
    .await
}

fn new_tag(tx: &mut Tx<'_>, changing: &Changing, name: &str) -> Result<TagId, CareError> {
    const COLOURS: [&str; 8] = [
        "#6f675b", "#0f6570", "#2b6cb0", "#5f41a8", "#b83280", "#c05621", "#4d7c0f", "#0e7490",
    ];
    let id = TagId(changing.next_id());
    let colour = COLOURS[name.bytes().map(usize::from).sum::<usize>() % COLOURS.len()];
    let tag = tags::Tag {
        id,
        name: name.to_owned(),
        colour: colour.to_owned(),
        created_at: changing.now,
    };
    if tags::insert(tx, &tag)? {
        return Ok(id);
    }
    // Somebody else made it since it was looked for.
    let made = tags::find_by_name(tx, name)?;
    made.map(|tag| tag.id)
        .ok_or_else(|| CareError::Unavailable("the tag went as it came".to_owned()))
}

fn tag_names(names: Vec<String>, field: &str) -> Result<Vec<String>, CareError> {
    let mut good = Vec::with_capacity(names.len());
    for name in names {
        let name = name.trim().to_owned();
        let is_odd = |one: char| one == ',' || one.is_control();
        if name.is_empty() || name.chars().count() > 60 || name.contains(is_odd) {
            return Err(CareError::invalid(
                field,
                "tag_name",
                "a tag has 1 to 60 characters, no comma and no control characters",
            ));
        }
        if !good.contains(&name) {
            good.push(name);
        }
    }
    Ok(good)
}

pub async fn set_priority(
    care: &Care,
    person: &Person,
    id: ConversationId,
    version: i64,
    priority: Priority,
) -> Result<(), CareError> {
    change(care, person, id, version, move |tx, row, changing| {
        let before = row.priority;
        row.priority = priority;
        tx.append(
            changing
                .event(EventKind::PriorityChanged, row)
                .facts(json!({"from": before, "to": priority})),
        );
        Ok(())
    })
    .await
}

/// Sets what a conversation is about, by hand.
pub async fn set_kind(
    care: &Care,
    person: &Person,
    id: ConversationId,
    version: i64,
    kind: Option<Kind>,
) -> Result<(), CareError> {
    change(care, person, id, version, move |tx, row, changing| {
        let before = row.kind;
        row.kind = kind;
        if let Some(root) = row.root {
            messages::set_kind(tx, root, kind)?;
            change::add_up(tx, row)?;
        }
        tx.append(
            changing
                .event(EventKind::KindChanged, row)
                .facts(json!({"from": before, "to": kind})),
        );
        Ok(())
    })
    .await
}

/// Sets what one message is about, by hand; thanks and praise await no answer.
pub async fn set_message_kind(
    care: &Care,
    person: &Person,
    id: MessageId,
    kind: Option<Kind>,
) -> Result<(), CareError> {
    access::require(person, Permission::WriteConversations)?;
    let changing = Changing::new(care, person);
    care.store
        .write(move |tx| {
            let message = messages::find(tx, id)?.ok_or(CareError::NotFound)?;
            let conversation = message.conversation.ok_or(CareError::NotFound)?;
            let mut row = change::load(tx, &changing.person, conversation)?;
            messages::set_kind(tx, id, kind)?;
            change::add_up(tx, &mut row)?;
            tx.append(
                changing
                    .event(EventKind::KindChanged, &row)
                    .message(id)
                    .facts(json!({"from": message.kind, "to": kind})),
            );
            Ok(rows::save(tx, &[row])?)
        })
        .await
}

pub async fn set_subject(
    care: &Care,
    person: &Person,
    id: ConversationId,
    version: i64,
    subject: String,
) -> Result<(), CareError> {
    let subject = subject.trim().to_owned();
    if subject.chars().count() > 200 {
        return Err(CareError::invalid(
            "subject",
            "too_long",
            "a subject has 200 characters at most",
        ));
    }
    if subject.contains(char::is_control) {
        return Err(CareError::invalid(
            "subject",
            "not_one_line",
            "one line without control characters",
        ));
    }
    change(care, person, id, version, move |tx, row, changing| {
        row.subject = Some(subject).filter(|subject| !subject.is_empty());
        tx.append(changing.event(EventKind::SubjectChanged, row));
        Ok(())
    })
    .await
}

/// Says that what was written needs no answer: the clock stops without a breach.
pub async fn need_no_answer(
    care: &Care,
    person: &Person,
    id: ConversationId,
    version: i64,
) -> Result<(), CareError> {
    change(care, person, id, version, move |tx, row, changing| {
        row.settled_at = row.settled_at.max(parties::find_newest_words(tx, id)?);
        row.waiting_since = None;
        row.unread = false;
        tx.append(changing.event(EventKind::AnswerNotNeeded, row));
        Ok(())
    })
    .await
}

/// Marks a conversation read or unread, for everybody who sees it: nobody's reading is recorded.
pub async fn set_unread(
    care: &Care,
    person: &Person,
    id: ConversationId,
    unread: bool,
) -> Result<(), CareError> {
    access::require(person, Permission::WriteConversations)?;
    let changing = Changing::new(care, person);
    care.store
        .write(move |tx| {
            let row = change::load(tx, &changing.person, id)?;
            if !unread {
                mentions::mark_read(tx, id, changing.person.agent, changing.now)?;
            }
            if row.unread == unread {
                return Ok::<_, CareError>(());
            }
            rows::set_unread(tx, id, unread)?;
            // Named by nobody: who reads when is not kept.
            tx.append(
                changing
                    .event(EventKind::ReadChanged, &row)
                    .by(crate::SYSTEM)
                    .facts(json!({"unread": unread})),
            );
            Ok(())
        })
        .await
}

/// Wakes conversations whose snooze is over; returns how many.
pub async fn wake(care: &Care) -> Result<usize, CareError> {
    let now = care.now();
    let due: Vec<ConversationId> = care
        .store
        .read(move |read| rows::list_waking(read, now, 200).map_err(CareError::from))
        .await?;
    if due.is_empty() {
        return Ok(0);
    }
    let changing = Changing {
        now,
        person: access::operator(),
        ids: care.ids(),
    };
    care.store
        .write(move |tx| {
            let mut woken = Vec::new();
            for mut row in rows::list_locked(tx, &due)? {
                if row.snoozed_until.is_some_and(|until| until <= now) {
                    row.status = Status::Open;
                    row.snoozed_until = None;
                    // Back on top of the list: somebody is waited for, or was promised something.
                    row.surfaced_at = row.surfaced_at.max(now);
                    tx.append(changing.event(EventKind::StatusChanged, &row).facts(
                        json!({"from": Status::Snoozed, "to": Status::Open, "why": "snooze_over"}),
                    ));
                    woken.push(row);
                }
            }
            rows::save(tx, &woken)?;
            Ok(woken.len())
        })
        .await
}
