//! What the intake knows while it takes a batch in: rows loaded before, rows made on the way.
//! Nothing here reads or writes; `load` fills it and `keep` writes what changed.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use kulant_model::ids::{
    AttachmentId, BrandId, ContactId, ConversationId, IdMaker, IdentityId, InboxId, IntakeId,
    MessageId, SearchId, TeamId,
};
use kulant_model::time::Timestamp;
use kulant_store::contacts::Identity;
use kulant_store::conversations::Conversation;
use kulant_store::hits::Hit;
use kulant_store::messages::{Attachment, Known, Message};
use kulant_store::pieces::Piece;
use kulant_store::reactions::Reaction;

use kulant_channels::inbound::{Inbound, Renaming};

use crate::accounts::Opened;

/// Where the messages of an inbox go.
#[derive(Debug, Clone)]
pub(crate) struct Destination {
    pub inbox: InboxId,
    pub brand: BrandId,
    pub team: TeamId,
    /// Within which the network's ids of people are unique.
    pub realm: String,
    /// What was said before is history that came with the account: nobody waits for an answer to it.
    pub history_until: Option<Timestamp>,
    /// Whether its network no longer gives what was hidden there.
    pub hidden_goes_missing: bool,
    /// Whether a new reaction of somebody takes the place of theirs.
    pub one_reaction_each: bool,
}

/// How long before an account was connected people still wait for its answers.
const YESTERDAY: Duration = Duration::from_hours(24);

impl Destination {
    pub(crate) fn of(opened: &Opened) -> Self {
        let inbox = &opened.inbox;
        Self {
            inbox: inbox.id,
            brand: inbox.brand,
            team: inbox.team,
            realm: opened.realm(),
            history_until: opened
                .fills_history()
                .then(|| inbox.created_at.before(YESTERDAY)),
            hidden_goes_missing: opened.channel.hidden_goes_missing(),
            one_reaction_each: opened.channel.one_reaction_each(),
        }
    }
}

/// One thing that happened at a network, from a stored delivery.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub intake: IntakeId,
    pub received_at: Timestamp,
    pub inbound: Inbound,
    /// The searches of the listening post that found it.
    pub sought: Vec<Sought>,
}

/// That a search found something, and what becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sought {
    pub search: SearchId,
    pub becomes: Become,
    /// Whether people hear of it.
    pub tells: bool,
}

/// What becomes of something found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Become {
    /// It came in by itself, and is what it would be without any search.
    Ordinary,
    /// A message of no conversation.
    Found,
    /// A conversation at once, by the rule of its search.
    TakenUp,
}

/// A message of the world and what of it must be written.
#[derive(Debug)]
pub(crate) struct Line {
    pub known: Known,
    /// The whole row, where it is new or a placeholder that is filled now.
    pub whole: Option<Message>,
    pub moved: bool,
    pub edited: bool,
    pub deleted: bool,
    /// Whether more words came with a later piece of it.
    pub grown: bool,
}

/// A conversation of the world and why it is looked at again.
#[derive(Debug)]
pub(crate) struct Matter {
    pub row: Conversation,
    pub is_new: bool,
    pub touched: bool,
    /// More than a bystander's word happened: the status follows what the messages add up to.
    pub turns: bool,
    /// The party wrote something new.
    pub party_wrote: bool,
    /// The party is another person than before, so that every message is marked anew.
    pub party_changed: bool,
}

/// A message of ours that the network confirms.
#[derive(Debug)]
pub(crate) struct Confirmation {
    pub message: MessageId,
    /// None where another message has the id that the network named.
    pub network_id: Option<String>,
    pub url: Option<String>,
    pub at: Timestamp,
    /// A row that stood for the same message before we knew.
    pub replaces: Option<MessageId>,
}

/// The network's word that a message of ours did not arrive.
#[derive(Debug)]
pub(crate) struct Refused {
    pub message: MessageId,
    pub class: String,
    pub detail: String,
}

/// A person's word whether they want to hear from us.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stated {
    pub identity: IdentityId,
    pub contact: ContactId,
    pub refuses: bool,
    pub at: Timestamp,
}

/// What happened, for the log; written with the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Happening {
    Received(MessageId),
    AnsweredNatively(MessageId),
    Edited(MessageId),
    /// A further piece of it came, or one was taken back.
    Completed(MessageId),
    Deleted(MessageId),
    Reacted(MessageId),
    Failed(MessageId),
    Opened(ConversationId),
    Joined(ConversationId, ConversationId),
}

/// Everything known while a batch is taken in.
pub(crate) struct World<'a> {
    pub destination: &'a Destination,
    pub ids: &'a IdMaker,
    pub now: Timestamp,
    pub lines: HashMap<MessageId, Line>,
    pub by_network: HashMap<String, MessageId>,
    /// Network ids of messages that were erased and are spoken of once more.
    pub erased: BTreeSet<String>,
    /// Messages that we have hidden at a network that gives none such: missing there, they are there.
    pub hidden: BTreeSet<MessageId>,
    pub identities: HashMap<String, Identity>,
    pub contacts: HashMap<IdentityId, ContactId>,
    pub new_identities: BTreeSet<String>,
    pub renamed_identities: BTreeSet<String>,
    /// To which albums the messages of these network ids belong.
    pub albums_of: HashMap<String, String>,
    /// Which messages albums are here.
    pub albums: HashMap<String, MessageId>,
    /// Albums that were erased and of which something comes once more.
    pub erased_albums: BTreeSet<String>,
    pub pieces: HashMap<String, Piece>,
    pub changed_pieces: BTreeSet<String>,
    /// Rows that stood for a piece before it came: old → the message that it is a piece of.
    pub replaced: Vec<(MessageId, MessageId)>,
    /// Files that were taken back while their message stays.
    pub files_gone: Vec<AttachmentId>,
    pub renamings: Vec<Renaming>,
    pub threads: HashMap<String, ConversationId>,
    pub changed_threads: BTreeSet<String>,
    pub matters: HashMap<ConversationId, Matter>,
    pub joins: Vec<(Conversation, ConversationId)>,
    pub reactions: HashMap<(MessageId, IdentityId, String), Reaction>,
    pub attachments: Vec<Attachment>,
    pub tied_uploads: Vec<(String, MessageId)>,
    /// Messages that were found before, and whose files are wanted now.
    pub files_wanted: Vec<MessageId>,
    pub confirmations: Vec<Confirmation>,
    pub refused: Vec<Refused>,
    pub preferences: Vec<Stated>,
    /// Messages of ours of which we learn now into which private thread they went.
    pub learnt_threads: Vec<(MessageId, String)>,
    /// People who left their network.
    pub departed: BTreeSet<ContactId>,
    /// Wishes to be erased, by their codes, of people whom nobody here is known to be.
    pub unmatched_wishes: BTreeSet<String>,
    /// Messages that the listening post brought.
    pub found: Vec<MessageId>,
    /// What searches found, and whether people hear of it.
    pub hits: Vec<(Hit, bool)>,
    pub happenings: Vec<Happening>,
}

impl<'a> World<'a> {
    pub(crate) fn new(destination: &'a Destination, ids: &'a IdMaker, now: Timestamp) -> Self {
        Self {
            destination,
            ids,
            now,
            lines: HashMap::new(),
            by_network: HashMap::new(),
            erased: BTreeSet::new(),
            hidden: BTreeSet::new(),
            identities: HashMap::new(),
            contacts: HashMap::new(),
            new_identities: BTreeSet::new(),
            renamed_identities: BTreeSet::new(),
            albums_of: HashMap::new(),
            albums: HashMap::new(),
            erased_albums: BTreeSet::new(),
            pieces: HashMap::new(),
            changed_pieces: BTreeSet::new(),
            replaced: Vec::new(),
            files_gone: Vec::new(),
            renamings: Vec::new(),
            threads: HashMap::new(),
            changed_threads: BTreeSet::new(),
            matters: HashMap::new(),
            joins: Vec::new(),
            reactions: HashMap::new(),
            attachments: Vec::new(),
            tied_uploads: Vec::new(),
            files_wanted: Vec::new(),
            confirmations: Vec::new(),
            refused: Vec::new(),
            preferences: Vec::new(),
            learnt_threads: Vec::new(),
            departed: BTreeSet::new(),
            unmatched_wishes: BTreeSet::new(),
            found: Vec::new(),
            hits: Vec::new(),
            happenings: Vec::new(),
        }
    }

    pub(crate) fn next_id(&self) -> i64 {
        self.ids.next(self.now)
    }

    pub(crate) fn learn(&mut self, known: Known) {
        if let Some(network_id) = &known.network_id {
            self.by_network.insert(network_id.clone(), known.id);
        }
        self.lines.entry(known.id).or_insert(Line {
            known,
            whole: None,
            moved: false,
            edited: false,
            deleted: false,
            grown: false,
        });
    }

    pub(crate) fn learn_identity(&mut self, identity: Identity) {
        self.contacts.insert(identity.id, identity.contact);
        self.identities
            .insert(identity.network_id.clone(), identity);
    }

    pub(crate) fn learn_matter(&mut self, row: Conversation) {
        self.matters.entry(row.id).or_insert(Matter {
            row,
            is_new: false,
            touched: false,
            turns: false,
            party_wrote: false,
            party_changed: false,
        });
    }

    pub(crate) fn line(&self, id: MessageId) -> &Line {
        self.lines
            .get(&id)
            .expect("every id in the world has its line")
    }

    pub(crate) fn line_mut(&mut self, id: MessageId) -> &mut Line {
        self.lines
            .get_mut(&id)
            .expect("every id in the world has its line")
    }

    /// Marks a conversation to be added up again, if there is one.
    pub(crate) fn touch(&mut self, conversation: Option<ConversationId>) -> Option<&mut Matter> {
        let matter = self.matters.get_mut(&conversation?)?;
        matter.touched = true;
        matter.turns = true;
        Some(matter)
    }
}
