//! `/live`: what happens, as server-sent events. Nobody's queue grows: who lags behind is told to
//! reload. Each event is weighed against the scope at the moment of sending, and a right that ended
//! ends the stream.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use kulant_care::Care;
use kulant_care::followers::live::{self as care_live, Change, Heard};
use kulant_care::people::{Maker, find_person};
use kulant_care::presence::{self as care_presence, Changed, Present};
use kulant_model::event::EventKind;
use kulant_model::ids::{ConversationId, InboxId};
use kulant_model::role::{Permission, Person};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::failures::LineFailures;
use super::shapes::{Conversation, Message};
use crate::App;
use crate::input::Query;
use crate::limits::Line;
use crate::problem::Problem;
use crate::session::Identified;

/// How often the line says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a right that ended may go unnoticed.
const CHECK_EVERY: Duration = Duration::from_secs(4);
const LAST_EVENT_ID: &str = "last-event-id";
/// Keeps a proxy from holding events back.
const UNBUFFERED: (HeaderName, HeaderValue) = (
    HeaderName::from_static("x-accel-buffering"),
    HeaderValue::from_static("no"),
);

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(listen))
}

/// Where to go on.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct LiveQuery {
    /// The `id` of the last event seen, for those who cannot set `Last-Event-ID`.
    last_event_id: Option<String>,
}

/// The `data` of an event called `change`.
#[derive(Serialize, ToSchema)]
struct ChangeData<'c> {
    seq: String,
    #[schema(value_type = String, example = "message_received")]
    kind: EventKind,
    /// Which conversation, even where no more of it may be told.
    #[schema(value_type = Option<String>)]
    conversation_id: Option<ConversationId>,
    conversation: Option<&'c Conversation>,
    message: Option<&'c Message>,
    #[schema(value_type = Option<String>)]
    inbox_id: Option<InboxId>,
}

/// Follows what happens: `hello`, then `change`, `presence`, `here` and `reload` as they come.
#[utoipa::path(get, path = "/live", tag = "live",
    params(LiveQuery, ("Last-Event-ID" = Option<String>, Header)),
    responses((status = 200, content_type = "text/event-stream", body = String), LineFailures),
    security(("session" = []), ("bearer" = [])))]
async fn listen(
    State(app): State<App>,
    identified: Identified,
    Query(query): Query<LiveQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if !identified.known.person.may(Permission::ReadConversations) {
        return Err(Problem::forbidden());
    }
    let seen = headers
        .get(LAST_EVENT_ID)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned)
        .or(query.last_event_id)
        .filter(|seen| !seen.is_empty());
    let line = app.limits.lines.take(identified.known.person.agent)?;
    let listener = Listener::begin(app.care, (identified, line), seen.as_deref()).await?;
    // An event of its own and no comment, so that a desk notices when the line is dead.
    let beat = KeepAlive::new()
        .interval(HEARTBEAT)
        .event(Event::default().event("beat").data("{}"));
    let stream = Sse::new(listener.stream()).keep_alive(beat);
    Ok(([UNBUFFERED], stream).into_response())
}

/// One open line.
struct Listener {
    care: Care,
    identified: Identified,
    /// Counted as long as it is held.
    _line: Line,
    changes: Receiver<Arc<Change>>,
    presence: Receiver<Changed>,
    ended: watch::Receiver<bool>,
    check: Interval,
    /// What is to be said before anything new is listened for.
    waiting: VecDeque<Event>,
    /// Everything up to this place was said.
    last: i64,
    is_over: bool,
}

impl Listener {
    /// Subscribes first and looks back then, so that nothing falls in between.
    async fn begin(
        care: Care,
        (identified, line): (Identified, Line),
        seen: Option<&str>,
    ) -> Result<Self, Problem> {
        let mut check = tokio::time::interval(CHECK_EVERY);
        check.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut listener = Self {
            changes: care.live.subscribe(),
            presence: care.presence.subscribe(),
            ended: care.live.ended(),
            check,
            waiting: VecDeque::new(),
            last: 0,
            is_over: false,
            care,
            identified,
            _line: line,
        };
        // The first tick is at once, and the person was found a moment ago.
        listener.check.tick().await;
        listener.look_back(seen).await?;
        let now = listener.care.now();
        let here = Changed::Here(listener.care.presence.list(now));
        let conversations = listener.care.presence.list_conversations(now);
        for change in std::iter::once(here).chain(conversations) {
            listener.say_presence(&change);
        }
        Ok(listener)
    }

    async fn look_back(&mut self, seen: Option<&str>) -> Result<(), Problem> {
        let missed = match seen.map(str::parse::<i64>) {
            None => Some((care_live::newest(&self.care).await?, Vec::new())),
            Some(Err(_)) => None,
            Some(Ok(seen)) => care_live::missed(&self.care, seen)
                .await?
                .map(|missed| (seen, missed)),
        };
        if let Some((from, missed)) = missed {
            self.last = from;
            self.hello();
            for change in missed {
                self.say_change(&change);
            }
        } else {
            self.last = care_live::newest(&self.care).await?;
            self.hello();
            self.waiting.push_back(reload());
        }
        Ok(())
    }

    fn stream(self) -> impl Stream<Item = Result<Event, Infallible>> {
        futures::stream::unfold(self, |mut listener| async move {
            let event = listener.next().await?;
            Some((Ok(event), listener))
        })
    }

    /// Waits for the next thing to say; none when the line ends.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            if self.is_over || *self.ended.borrow() {
                return None;
            }
            tokio::select! {
                change = self.changes.recv() => match change {
                    Ok(change) => {
                        let touches_rights = touches_rights(&change);
                        self.say_change(&change);
                        if touches_rights {
                            self.check_rights().await;
                        }
                    }
                    Err(RecvError::Lagged(_)) => self.start_over().await,
                    Err(RecvError::Closed) => return None,
                },
                change = self.presence.recv() => match change {
                    Ok(change) => self.say_presence(&change),
                    Err(RecvError::Lagged(_)) => self.start_over().await,
                    Err(RecvError::Closed) => return None,
                },
                _ = self.check.tick() => self.check_rights().await,
                _ = self.ended.changed() => return None,
            }
        }
    }

    /// Ends the line where the right to it ended; with another right it begins anew.
    async fn check_rights(&mut self) {
        match find_person(&self.care, &self.identified.credential, Maker::Desk).await {
            // An answer that cannot be had is asked for again.
            Err(_) => {}
            Ok(Some(known)) if same_rights(&known.person, &self.identified.known.person) => {}
            Ok(Some(_)) => {
                self.waiting.clear();
                self.waiting.push_back(reload());
                self.is_over = true;
            }
            Ok(None) => {
                self.waiting.clear();
                self.is_over = true;
            }
        }
    }

    /// After lagging too far behind: the client reads everything anew, from here on it hears.
    async fn start_over(&mut self) {
        self.changes = self.care.live.subscribe();
        self.presence = self.care.presence.subscribe();
        match care_live::newest(&self.care).await {
            Ok(newest) => {
                self.last = newest;
                self.hello();
                self.waiting.push_back(reload());
            }
            Err(_) => self.is_over = true,
        }
    }

    fn hello(&mut self) {
        let seq = self.last.to_string();
        let data = json!({ "seq": seq }).to_string();
        self.waiting
            .push_back(Event::default().event("hello").id(seq).data(data));
    }

    fn say_change(&mut self, change: &Change) {
        let sequence = change.event.sequence;
        if sequence <= self.last {
            return;
        }
        self.last = sequence;
        let data = match care_live::may_hear(&self.identified.known.person, change) {
            Heard::Nothing => return,
            Heard::Whole => change.told.get_or_init(|| whole(change)).clone(),
            Heard::Bare => bare(change),
        };
        self.waiting.push_back(
            Event::default()
                .event("change")
                .id(sequence.to_string())
                .data(data),
        );
    }

    fn say_presence(&mut self, change: &Changed) {
        if !care_presence::may_hear(&self.identified.known.person, change) {
            return;
        }
        let (name, data) = match change {
            Changed::Here(agents) => ("here", json!({ "agents": told(agents) })),
            Changed::Conversation { id, agents, .. } => (
                "presence",
                json!({ "conversation_id": id, "agents": told(agents) }),
            ),
        };
        self.waiting
            .push_back(Event::default().event(name).data(data.to_string()));
    }
}

/// Writes a change for those who may hear everything of it.
fn whole(change: &Change) -> String {
    let conversation = change.conversation.clone().map(Conversation::from);
    let message = change.message.clone().map(Message::from);
    write(change, conversation.as_ref(), message.as_ref())
}

/// Writes that something happened, without a word of it.
fn bare(change: &Change) -> String {
    write(change, None, None)
}

fn write(
    change: &Change,
    conversation: Option<&Conversation>,
    message: Option<&Message>,
) -> String {
    let event = &change.event.event;
    let data = ChangeData {
        seq: change.event.sequence.to_string(),
        kind: event.kind,
        conversation_id: event.conversation,
        conversation,
        message,
        inbox_id: event.inbox,
    };
    serde_json::to_string(&data).expect("a change is JSON")
}

fn reload() -> Event {
    Event::default().event("reload").data("{}")
}

fn told(agents: &[Present]) -> serde_json::Value {
    agents
        .iter()
        .map(|present| {
            json!({
                "id": present.agent,
                "name": present.name,
                "activity": present.activity,
            })
        })
        .collect()
}

/// Returns whether a change may have taken a right from whoever listens.
fn touches_rights(change: &Change) -> bool {
    matches!(
        change.event.event.kind,
        EventKind::AgentChanged | EventKind::TokenChanged | EventKind::TeamSettingsChanged
    )
}

fn same_rights(now: &Person, before: &Person) -> bool {
    now.agent == before.agent
        && now.role == before.role
        && now.scope == before.scope
        && now.token_scopes == before.token_scopes
}
