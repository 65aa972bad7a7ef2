//! What a case needs of a network, each a fact of its capability table or an answer of its connector.
//! A case is left out only where one of its facts does not hold, and the table says which.

use kulant_channels::Channel;
use kulant_channels::capability::{Capabilities, HandOverWay, IntakeWay, SideCapabilities, Tells};
use kulant_channels::delivery::{Account, RawDelivery, VerifyError};
use kulant_channels::http::Http;
use kulant_model::message::Visibility;
use kulant_model::time::Timestamp;

/// Whose facts they are.
pub struct Given<'a> {
    pub channel: &'static dyn Channel,
    pub account: &'a Account,
    pub http: &'a Http,
}

/// One thing that is so at a network, or is not.
pub struct Fact {
    /// The way to it in the capability table, or the question of the connector that answers it.
    pub name: &'static str,
    holds: fn(&Given<'_>) -> bool,
}

impl Fact {
    pub fn holds(&self, given: &Given<'_>) -> bool {
        (self.holds)(given)
    }
}

impl Given<'_> {
    fn table(&self) -> &'static Capabilities {
        self.channel.capabilities()
    }

    fn public(&self, fact: fn(&SideCapabilities) -> bool) -> bool {
        self.table().public.as_ref().is_some_and(fact)
    }

    fn private(&self, fact: fn(&SideCapabilities) -> bool) -> bool {
        self.table().private.as_ref().is_some_and(fact)
    }

    fn any(&self, fact: fn(&Tells) -> bool) -> bool {
        let table = self.table();
        [&table.public, &table.private]
            .into_iter()
            .flatten()
            .any(|side| fact(&side.tells))
    }
}

macro_rules! facts {
    ($($name:ident = $words:literal, |$given:ident| $holds:expr;)+) => {
        $(pub const $name: &Fact = &Fact { name: $words, holds: |$given| $holds };)+
    };
}

facts! {
    PUBLIC = "public", |given| given.table().public.is_some();
    PRIVATE = "private", |given| given.table().private.is_some();
    REMOTE = "intake: a network lies between",
        |given| given.table().intake != IntakeWay::Local;
    SENDS = "send on any side", |given| {
        let table = given.table();
        [&table.public, &table.private].into_iter().flatten().any(|side| side.send)
    };
    TOKENS = "settings_schema: a secret of the network's own", |given| {
        let schema = given.channel.settings_schema();
        let fields = schema["properties"].as_object();
        fields.is_some_and(|fields| fields.values().any(|field| field["secret"] == true))
    };
    PUBLIC_SEND = "public.send", |given| given.public(|side| side.send);
    PRIVATE_SEND = "private.send", |given| given.private(|side| side.send)
        && given.channel.send_refusal(given.account, Visibility::Private).is_none();
    PUBLIC_EDIT = "public.edit", |given| given.public(|side| side.edit);
    PRIVATE_EDIT = "private.edit", |given| given.private(|side| side.edit);
    PUBLIC_DELETE = "public.delete", |given| given.public(|side| side.delete);
    PRIVATE_DELETE = "private.delete", |given| given.private(|side| side.delete);
    PUBLIC_HIDE = "public.hide", |given| given.public(|side| side.hide);
    PUBLIC_REACTIONS = "public.reactions", |given| given.public(|side| side.reactions);
    PRIVATE_REACTIONS = "private.reactions", |given| given.private(|side| side.reactions);
    PUBLIC_LENGTH = "public.length", |given| given.public(|side| side.length.is_some());
    PRIVATE_LENGTH = "private.length", |given| given.private(|side| side.length.is_some());
    PUBLIC_BYTES = "public.bytes", |given| given.public(|side| side.bytes.is_some());
    FILES = "attachments on any side", |given| {
        given.public(|side| side.attachments.is_some())
            || given.private(|side| side.attachments.is_some())
    };
    PUBLIC_FILES = "public.attachments", |given| given.public(|side| side.attachments.is_some());
    PRIVATE_FILES = "private.attachments", |given| given.private(|side| side.attachments.is_some());
    PRIVATE_WINDOW = "private.reply_window_seconds",
        |given| given.private(|side| side.reply_window_seconds.is_some());
    TEMPLATES = "private.templates", |given| given.private(|side| side.templates);
    TELLS_PUBLIC_EDITS = "public.tells.edits", |given| given.public(|side| side.tells.edits);
    TELLS_PRIVATE_EDITS = "private.tells.edits", |given| given.private(|side| side.tells.edits);
    TELLS_PUBLIC_DELETES = "public.tells.deletes", |given| given.public(|side| side.tells.deletes);
    TELLS_PRIVATE_DELETES = "private.tells.deletes",
        |given| given.private(|side| side.tells.deletes);
    TELLS_PUBLIC_REACTIONS = "public.tells.reactions",
        |given| given.public(|side| side.tells.reactions);
    TELLS_PRIVATE_REACTIONS = "private.tells.reactions",
        |given| given.private(|side| side.tells.reactions);
    TELLS_PUBLIC_FILES = "public.tells.attachments",
        |given| given.public(|side| side.tells.attachments);
    TELLS_PRIVATE_FILES = "private.tells.attachments",
        |given| given.private(|side| side.tells.attachments);
    TELLS_PUBLIC_ECHOES = "public.tells.echoes", |given| given.public(|side| side.tells.echoes);
    TELLS_PRIVATE_ECHOES = "private.tells.echoes", |given| given.private(|side| side.tells.echoes);
    TELLS_NATIVE = "tells.native", |given| given.any(|tells| tells.native);
    TELLS_ARRIVALS = "tells.arrivals", |given| given.any(|tells| tells.arrivals);
    DEPARTURES = "departures", |given| given.table().departures;
    LOOK_UP = "look_up", |given| given.channel.can_look_up(given.account);
    FILLS_GAPS = "fills_gaps",
        |given| given.table().fills_gaps || given.table().intake == IntakeWay::Poll;
    OWN_POSTS = "own_posts", |given| given.table().own_posts;
    SEARCH = "search", |given| given.table().search;
    HAND_OVER = "hand_over.way is a message", |given| {
        given.table().hand_over.is_some_and(|rule| rule.way != HandOverWay::Link)
    };
    HAND_OVER_ONCE = "hand_over.way is one message", |given| {
        given.table().hand_over.is_some_and(|rule| rule.way == HandOverWay::OneMessage)
    };
    HAND_OVER_IN_TIME = "hand_over.within_seconds", |given| {
        given.table().hand_over.is_some_and(|rule| rule.within_seconds.is_some())
    };
    PUSHED = "verify: a hook is offered", |given| {
        let raw = RawDelivery {
            kind: String::new(),
            key: String::new(),
            headers: Vec::new(),
            body: Vec::new(),
            received_at: Timestamp(0),
        };
        given.channel.verify(given.account, &raw) != Err(VerifyError::NotOffered)
    };
    STREAMS = "listen: a stream is offered", |given| {
        given.channel.listen(given.account, None, given.http).is_some()
    };
    RENEWED = "renew_at: the secrets run out",
        |given| given.channel.renew_at(given.account).is_some();
}
