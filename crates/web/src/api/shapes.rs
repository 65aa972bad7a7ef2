//! Conversations, messages and contacts as clients read them: one shape each, for lists, for single
//! reads, for answers to writes and for the live stream alike.

use kulant_care::contacts::{ContactView, IdentityView};
use kulant_care::overview::Count as CareCount;
use kulant_care::view::{self, MessageView, SideCapabilities};
use kulant_model::conversation::{Priority, Status};
use kulant_model::ids::{AgentId, AttachmentId, ContactId, ConversationId, IdentityId, MessageId};
use kulant_model::message::{DeliveryState, Direction, Kind, Visibility};
use kulant_model::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::Named;

/// One connected account, with its kind of network.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InboxMark {
    pub id: String,
    pub name: String,
    #[schema(example = "webhook")]
    pub channel: String,
}

/// A tag on a conversation.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TagMark {
    id: String,
    name: String,
    colour: String,
}

/// Whose matter a conversation is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Party {
    #[schema(value_type = String)]
    id: ContactId,
    name: Option<String>,
    handle: Option<String>,
}

/// One matter of one party, as a list and a header show it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Conversation {
    #[schema(value_type = String)]
    pub id: ConversationId,
    /// For `If-Match` on the next write.
    pub version: i64,
    pub subject: Option<String>,
    #[schema(value_type = String, example = "open")]
    status: Status,
    #[schema(value_type = Option<String>, format = DateTime)]
    snoozed_until: Option<Timestamp>,
    #[schema(value_type = String, example = "normal")]
    priority: Priority,
    #[schema(value_type = Option<String>, example = "question")]
    kind: Option<Kind>,
    #[schema(example = "public")]
    visibility: String,
    unread: bool,
    brand: Named,
    inbox: InboxMark,
    team: Option<Named>,
    assignee: Option<Named>,
    contact: Option<Party>,
    tags: Vec<TagMark>,
    /// The beginning of the newest message.
    preview: String,
    #[schema(value_type = String, example = "in")]
    preview_direction: Direction,
    message_count: i64,
    /// How many different people wrote.
    voices: i64,
    #[schema(value_type = String, format = DateTime)]
    opened_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    last_message_at: Timestamp,
    /// By what lists are sorted: when something was said last, or when it came back after its snooze.
    #[schema(value_type = String, format = DateTime)]
    surfaced_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    waiting_since: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    first_response_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    resolved_at: Option<Timestamp>,
    #[schema(value_type = Option<String>)]
    joined_into: Option<ConversationId>,
    #[schema(value_type = Option<String>)]
    linked_to: Option<ConversationId>,
    /// When we promised to say more, by a holding reply; null once a real answer went out.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_word_at: Option<Timestamp>,
    /// With a search: the words found, in their surroundings.
    #[serde(rename = "match", skip_serializing_if = "Option::is_none")]
    found: Option<String>,
}

/// A conversation opened: the same, with what is needed to answer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConversationDetail {
    #[serde(flatten)]
    pub conversation: Conversation,
    /// Our own post above the party's comment, as shared context.
    post: Option<Message>,
    capabilities: Capabilities,
    /// Under which words an answer would leave.
    signature: Option<String>,
    #[schema(example = "sie")]
    voice: String,
    reply_target: ReplyTargets,
    /// The first message that came since the conversation was read; null where nothing is unread.
    #[schema(value_type = Option<String>)]
    first_unread_id: Option<MessageId>,
}

/// What the network can do on each side; null where it has no such side.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct Capabilities {
    public: Option<Capability>,
    private: Option<Capability>,
}

/// From where and to whom an answer goes on each side; null where the network has no such side.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct ReplyTargets {
    public: Option<ReplyTarget>,
    private: Option<ReplyTarget>,
}

/// What the network can do on one side.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Capability {
    /// The longest text; null where there is no limit.
    length: Option<usize>,
    #[schema(value_type = String, example = "graphemes")]
    counts: serde_json::Value,
    /// A second limit in UTF-8 bytes, where the network has one.
    bytes: Option<usize>,
    edit: bool,
    delete: bool,
    /// Whether somebody else's message can be hidden from the public.
    hide: bool,
    reactions: bool,
    send: bool,
    /// Why nothing can be sent, as a key of the locale files.
    reason: Option<String>,
    /// Whether approved texts may go out where the time for answers is over.
    templates: bool,
    /// Until when the network lets us answer; null where it has no such rule.
    #[schema(format = DateTime)]
    until: Option<String>,
    /// How the private side is reached from the public one, where it was not reached yet: `message`,
    /// `one_message` or `link`.
    #[schema(value_type = Option<String>)]
    hand_over: Option<serde_json::Value>,
}

/// From where an answer goes, and to whom.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct ReplyTarget {
    account: String,
    to: Option<String>,
}

/// Who said something.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct Author {
    /// The contact; null for our own people.
    #[schema(value_type = Option<String>)]
    id: Option<ContactId>,
    name: Option<String>,
    handle: Option<String>,
    /// Whether this is whose matter it is.
    is_party: bool,
    is_agent: bool,
    /// Which colleague; never shown outside.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_name: Option<String>,
}

/// Why a delivery did not succeed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Reason {
    #[schema(example = "content_rejected")]
    pub class: String,
    pub detail: Option<String>,
}

/// How far an outgoing message has come.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct Delivery {
    #[schema(value_type = String, example = "sent")]
    state: DeliveryState,
    #[schema(value_type = Option<String>, format = DateTime)]
    send_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    sent_at: Option<Timestamp>,
    attempts: i64,
    #[schema(value_type = Option<String>, format = DateTime)]
    next_attempt_at: Option<Timestamp>,
    reason: Option<Reason>,
    /// Whether the network can be asked what became of it; only where nobody knows.
    can_check: bool,
}

/// A file of a message.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Attachment {
    #[schema(value_type = String)]
    id: AttachmentId,
    name: String,
    media_type: String,
    size: Option<i64>,
    url: String,
    /// What it shows, for those who do not see it.
    alt: Option<String>,
    /// Why it could not be fetched from its network: `gone`, `forbidden`, `too_large` or `unreachable`;
    /// null for one that is here or will be fetched.
    missing: Option<String>,
}

/// How many people reacted in one way.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct Reactions {
    #[schema(example = "like")]
    kind: String,
    count: i64,
    /// Whether we are one of them.
    ours: bool,
}

/// How a message is doing at its network; null for what the network does not tell.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct Figures {
    views: Option<i64>,
    likes: Option<i64>,
    replies: Option<i64>,
    #[schema(value_type = String, format = DateTime)]
    told_at: Timestamp,
}

/// One thing said: in or out, in public, in private or among colleagues.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Message {
    #[schema(value_type = String)]
    id: MessageId,
    #[schema(value_type = Option<String>)]
    conversation_id: Option<ConversationId>,
    #[schema(value_type = String, example = "in")]
    direction: Direction,
    #[schema(value_type = String, example = "public")]
    visibility: Visibility,
    title: Option<String>,
    body: String,
    #[schema(value_type = Option<String>)]
    kind: Option<Kind>,
    author: Author,
    #[schema(value_type = Option<String>)]
    in_reply_to: Option<MessageId>,
    depth: i64,
    network_id: Option<String>,
    /// Where it stands at the network; none but addresses of the web.
    url: Option<String>,
    inbox: InboxMark,
    #[schema(value_type = String, format = DateTime)]
    platform_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    received_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    stored_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    edited_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    deleted_at: Option<Timestamp>,
    signature: Option<String>,
    delivery: Option<Delivery>,
    attachments: Vec<Attachment>,
    reactions: Vec<Reactions>,
    #[schema(value_type = Vec<String>)]
    mentions: Vec<AgentId>,
    /// Whether a search of the listening post found it.
    found: bool,
    /// Since when it is hidden from the public, by us.
    #[schema(value_type = Option<String>, format = DateTime)]
    hidden_at: Option<Timestamp>,
    /// How it is doing at its network, where the network tells.
    figures: Option<Figures>,
}

/// A customer, known or not.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Contact {
    #[schema(value_type = String)]
    id: ContactId,
    pub version: i64,
    /// The name given by colleagues, else the one that a network told.
    name: Option<String>,
    note: Option<String>,
    identities: Vec<Identity>,
    /// The newest of those that you may see; left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    conversations: Option<Vec<Conversation>>,
    #[schema(value_type = String, format = DateTime)]
    first_seen_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    last_seen_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    erased_at: Option<Timestamp>,
}

/// One account of a contact on one network.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct Identity {
    #[schema(value_type = String)]
    id: IdentityId,
    inbox: InboxMark,
    channel: String,
    handle: Option<String>,
    name: Option<String>,
    network_id: String,
    /// Since when the person wants nothing from us there: nothing leaves until they say otherwise.
    #[schema(value_type = Option<String>, format = DateTime)]
    refuses_since: Option<Timestamp>,
}

/// A number that may be more than it says.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Count {
    count: i64,
    /// Whether counting ended at this number.
    capped: bool,
}

impl From<CareCount> for Count {
    fn from(count: CareCount) -> Self {
        Self {
            count: count.count,
            capped: count.capped,
        }
    }
}

impl From<view::Summary> for Conversation {
    fn from(summary: view::Summary) -> Self {
        let row = summary.row;
        let named = |id: Option<String>, name: Option<String>| {
            id.map(|id| Named::new(&id, name.unwrap_or_default()))
        };
        Self {
            id: row.id,
            version: row.version,
            subject: row.subject.or(summary.opening),
            status: row.status,
            snoozed_until: row.snoozed_until,
            priority: row.priority,
            kind: row.kind,
            visibility: row.visibility,
            unread: row.unread,
            brand: Named::new(&row.brand, summary.brand_name),
            inbox: InboxMark {
                id: row.inbox.to_string(),
                name: summary.inbox_name,
                channel: summary.channel,
            },
            team: named(row.team.map(|id| id.to_string()), summary.team_name),
            assignee: named(row.agent.map(|id| id.to_string()), summary.agent_name),
            contact: row.contact.map(|id| Party {
                id,
                name: summary.contact_name,
                handle: summary.handle,
            }),
            tags: summary
                .tags
                .into_iter()
                .map(|(id, name, colour)| TagMark {
                    id: id.to_string(),
                    name,
                    colour,
                })
                .collect(),
            preview: summary.preview,
            preview_direction: summary.preview_direction,
            message_count: row.message_count,
            voices: row.voices,
            opened_at: row.opened_at,
            last_message_at: row.last_message_at,
            surfaced_at: row.surfaced_at,
            waiting_since: row.waiting_since,
            first_response_at: row.first_response_at,
            resolved_at: row.resolved_at,
            joined_into: row.joined_into,
            linked_to: row.linked_to,
            next_word_at: row.next_word_at,
            found: None,
        }
    }
}

impl From<view::Found> for Conversation {
    fn from(found: view::Found) -> Self {
        Self {
            found: Some(found.snippet),
            ..found.summary.into()
        }
    }
}

impl From<view::Opened> for ConversationDetail {
    fn from(opened: view::Opened) -> Self {
        let target = |side: &Option<view::Side>| {
            side.as_ref().map(|side| ReplyTarget {
                account: side.account.clone(),
                to: side.to.clone(),
            })
        };
        Self {
            post: opened.post.map(Message::from),
            reply_target: ReplyTargets {
                public: target(&opened.public),
                private: target(&opened.private),
            },
            capabilities: Capabilities {
                public: opened.public.map(Capability::from),
                private: opened.private.map(Capability::from),
            },
            signature: opened.signature,
            voice: opened.voice,
            first_unread_id: opened.first_unread,
            conversation: opened.summary.into(),
        }
    }
}

impl Capability {
    /// What a network can do on one side, unless there is a reason why not now.
    pub(super) fn of(can: &SideCapabilities, reason: Option<String>) -> Self {
        Self {
            length: can.length,
            counts: serde_json::to_value(can.counts).unwrap_or_default(),
            bytes: can.bytes,
            edit: can.edit,
            delete: can.delete,
            hide: can.hide,
            reactions: can.reactions,
            send: can.send && reason.is_none(),
            reason,
            templates: can.templates,
            until: None,
            hand_over: None,
        }
    }
}

impl From<view::Side> for Capability {
    fn from(side: view::Side) -> Self {
        Self {
            until: side.window.until.map(|until| until.to_string()),
            hand_over: side
                .window
                .hand_over
                .and_then(|way| serde_json::to_value(way).ok()),
            ..Self::of(side.capabilities, side.reason)
        }
    }
}

impl From<MessageView> for Message {
    fn from(view: MessageView) -> Self {
        let is_ours = view::is_ours(&view.message);
        let message = view.message;
        Self {
            id: message.id,
            conversation_id: message.conversation,
            direction: message.direction,
            visibility: message.visibility,
            title: message.title,
            body: message.body,
            kind: message.kind,
            author: Author {
                id: view.author.contact,
                name: if is_ours {
                    Some(view.inbox_name.clone())
                } else {
                    view.author.name
                },
                handle: view.author.handle,
                is_party: message.is_party,
                is_agent: is_ours,
                agent_name: view.author.agent_name,
            },
            in_reply_to: message.parent,
            depth: view.depth,
            found: view.found,
            hidden_at: view.hidden_at,
            figures: view.figures.map(|figures| Figures {
                views: figures.views,
                likes: figures.likes,
                replies: figures.replies,
                told_at: figures.told_at,
            }),
            network_id: message.network_id,
            url: message.url.filter(|url| is_of_the_web(url)),
            inbox: InboxMark {
                id: message.inbox.to_string(),
                name: view.inbox_name,
                channel: view.channel,
            },
            platform_at: message.platform_at,
            received_at: message.received_at,
            stored_at: message.stored_at,
            edited_at: message.edited_at,
            deleted_at: message.deleted_at,
            signature: message.signature,
            delivery: message.delivery.map(|delivery| Delivery {
                can_check: view.can_check,
                state: delivery.state,
                send_at: delivery.send_at,
                sent_at: delivery.sent_at,
                attempts: delivery.attempts,
                next_attempt_at: delivery.next_attempt_at,
                reason: delivery.failure.map(|failure| Reason {
                    class: failure.class,
                    detail: Some(failure.detail).filter(|detail| !detail.is_empty()),
                }),
            }),
            attachments: view
                .attachments
                .into_iter()
                .map(|file| Attachment {
                    id: file.id,
                    url: format!("/api/v1/attachments/{}", file.id),
                    name: file.name,
                    media_type: file.media_type,
                    size: file.size,
                    alt: file.alt,
                    missing: file.missing,
                })
                .collect(),
            reactions: view
                .reactions
                .into_iter()
                .map(|counted| Reactions {
                    kind: counted.kind,
                    count: counted.count,
                    ours: counted.ours,
                })
                .collect(),
            mentions: view.mentions,
        }
    }
}

impl Contact {
    /// As a list shows it: without conversations.
    pub fn in_list(view: ContactView) -> Self {
        Self {
            conversations: None,
            ..view.into()
        }
    }
}

impl From<ContactView> for Contact {
    fn from(view: ContactView) -> Self {
        let contact = view.contact;
        let told = view
            .identities
            .iter()
            .find_map(|known| known.identity.name.clone());
        Self {
            id: contact.id,
            version: contact.version,
            name: contact.name.or(told),
            note: contact.note,
            identities: view.identities.into_iter().map(Identity::from).collect(),
            conversations: Some(
                view.conversations
                    .into_iter()
                    .map(Conversation::from)
                    .collect(),
            ),
            first_seen_at: view.first_seen_at,
            last_seen_at: view.last_seen_at,
            erased_at: contact.erased_at,
        }
    }
}

impl From<IdentityView> for Identity {
    fn from(view: IdentityView) -> Self {
        let identity = view.identity;
        Self {
            id: identity.id,
            channel: view.channel.clone(),
            inbox: InboxMark {
                id: identity.inbox.to_string(),
                name: view.inbox_name,
                channel: view.channel,
            },
            handle: identity.handle,
            name: identity.name,
            network_id: identity.network_id,
            refuses_since: identity.refuses_since,
        }
    }
}

/// A network may call anything the place of a message, also a script; clients make links of it.
fn is_of_the_web(url: &str) -> bool {
    ["https://", "http://"].iter().any(|start| {
        url.get(..start.len())
            .is_some_and(|found| found.eq_ignore_ascii_case(start))
    })
}
