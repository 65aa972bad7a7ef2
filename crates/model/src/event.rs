//! Everything that can stand in the log. Events carry ids and facts, never text, names or addresses.

use serde_json::Value;

use crate::ids::{ActorId, BrandId, ConversationId, InboxId, MessageId, TeamId};
use crate::time::Timestamp;
use crate::words;

words! {
    /// What happened.
    EventKind {
        MessageReceived => "message_received",
        MessageEdited => "message_edited",
        MessageDeleted => "message_deleted",
        MessageHidden => "message_hidden",
        MessageQueued => "message_queued",
        MessageSending => "message_sending",
        MessageSent => "message_sent",
        MessageFailed => "message_failed",
        MessageUncertain => "message_uncertain",
        MessageCancelled => "message_cancelled",
        ReactionChanged => "reaction_changed",
        NoteAdded => "note_added",
        ConversationOpened => "conversation_opened",
        ConversationJoined => "conversation_joined",
        ConversationUnjoined => "conversation_unjoined",
        ConversationSplit => "conversation_split",
        StatusChanged => "status_changed",
        Assigned => "assigned",
        TeamChanged => "team_changed",
        TagsChanged => "tags_changed",
        PriorityChanged => "priority_changed",
        KindChanged => "kind_changed",
        SubjectChanged => "subject_changed",
        AnswerNotNeeded => "answer_not_needed",
        ReadChanged => "read_changed",
        ContactChanged => "contact_changed",
        ContactErased => "contact_erased",
        DeliveryQuarantined => "delivery_quarantined",
        DeliveryRetaken => "delivery_retaken",
        DeliveryDiscarded => "delivery_discarded",
        InboxChanged => "inbox_changed",
        BrandChanged => "brand_changed",
        TeamSettingsChanged => "team_settings_changed",
        AgentChanged => "agent_changed",
        SignedIn => "signed_in",
        SignInFailed => "sign_in_failed",
        TokenChanged => "token_changed",
        TagChanged => "tag_changed",
        ViewChanged => "view_changed",
        SearchChanged => "search_changed",
        MessageFound => "message_found",
        HitDismissed => "hit_dismissed",
        AlertRaised => "alert_raised",
        AlertCleared => "alert_cleared",
    }
}

/// An event about to be written; its place in the log is given when the transaction commits.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    pub kind: EventKind,
    pub at: Timestamp,
    pub actor: ActorId,
    pub conversation: Option<ConversationId>,
    pub message: Option<MessageId>,
    pub inbox: Option<InboxId>,
    pub team: Option<TeamId>,
    pub brand: Option<BrandId>,
    pub facts: Value,
}

impl NewEvent {
    pub fn new(kind: EventKind, at: Timestamp, actor: ActorId) -> Self {
        Self {
            kind,
            at,
            actor,
            conversation: None,
            message: None,
            inbox: None,
            team: None,
            brand: None,
            facts: Value::Null,
        }
    }

    #[must_use]
    pub fn by(mut self, actor: ActorId) -> Self {
        self.actor = actor;
        self
    }

    #[must_use]
    pub fn conversation(mut self, id: ConversationId) -> Self {
        self.conversation = Some(id);
        self
    }

    #[must_use]
    pub fn message(mut self, id: MessageId) -> Self {
        self.message = Some(id);
        self
    }

    #[must_use]
    pub fn inbox(mut self, id: InboxId) -> Self {
        self.inbox = Some(id);
        self
    }

    #[must_use]
    pub fn team(mut self, id: Option<TeamId>) -> Self {
        self.team = id;
        self
    }

    #[must_use]
    pub fn brand(mut self, id: BrandId) -> Self {
        self.brand = Some(id);
        self
    }

    #[must_use]
    pub fn facts(mut self, facts: Value) -> Self {
        self.facts = facts;
        self
    }
}

/// An event as it stands in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its place in the log; grows in the order of commits.
    pub sequence: i64,
    pub event: NewEvent,
}
