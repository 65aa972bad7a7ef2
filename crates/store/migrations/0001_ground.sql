-- oldest compatible schema: 1
-- Placeholders: @SERIAL@ (a growing key), @TEXT@ (text in the order of code points), @BYTES@.
-- Times are microseconds UTC, booleans 0 or 1, JSON is text.

CREATE TABLE actors (
  id BIGINT PRIMARY KEY,
  kind @TEXT@ NOT NULL,
  agent_id BIGINT
);
CREATE UNIQUE INDEX actors_agent ON actors (agent_id);

CREATE TABLE brands (
  id BIGINT PRIMARY KEY,
  version BIGINT NOT NULL,
  name @TEXT@ NOT NULL,
  slug @TEXT@ NOT NULL UNIQUE,
  details TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  archived_at BIGINT
);

CREATE TABLE teams (
  id BIGINT PRIMARY KEY,
  version BIGINT NOT NULL,
  name @TEXT@ NOT NULL UNIQUE,
  kind @TEXT@ NOT NULL,
  signature TEXT,
  created_at BIGINT NOT NULL,
  archived_at BIGINT
);

CREATE TABLE agents (
  id BIGINT PRIMARY KEY,
  version BIGINT NOT NULL,
  email @TEXT@ NOT NULL UNIQUE,
  name @TEXT@ NOT NULL,
  role @TEXT@ NOT NULL,
  password_hash TEXT,
  initials TEXT,
  initials_consented_at BIGINT,
  preferences TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  disabled_at BIGINT
);

CREATE TABLE team_members (
  team_id BIGINT NOT NULL REFERENCES teams (id),
  agent_id BIGINT NOT NULL REFERENCES agents (id),
  PRIMARY KEY (team_id, agent_id)
);
CREATE INDEX team_members_agent ON team_members (agent_id);

CREATE TABLE invitations (
  secret_hash @BYTES@ PRIMARY KEY,
  agent_id BIGINT NOT NULL REFERENCES agents (id),
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
);

CREATE TABLE sessions (
  secret_hash @BYTES@ PRIMARY KEY,
  agent_id BIGINT NOT NULL REFERENCES agents (id),
  csrf_token TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_agent ON sessions (agent_id);

-- Failed sign-ins by the digest of the address typed in, whether somebody has it or not.
CREATE TABLE sign_in_failures (
  address_hash @BYTES@ PRIMARY KEY,
  failures BIGINT NOT NULL,
  failed_at BIGINT NOT NULL,
  locked_until BIGINT
);
CREATE INDEX sign_in_failures_failed ON sign_in_failures (failed_at);

CREATE TABLE tokens (
  id BIGINT PRIMARY KEY,
  secret_hash @BYTES@ NOT NULL UNIQUE,
  agent_id BIGINT NOT NULL REFERENCES agents (id),
  name TEXT NOT NULL,
  scopes TEXT,
  created_at BIGINT NOT NULL,
  used_at BIGINT,
  revoked_at BIGINT
);

-- Answers to writes that were sent with an Idempotency-Key, kept for a day. An erasure empties
-- headers and body; the key stays taken.
CREATE TABLE idempotency_keys (
  agent_id BIGINT NOT NULL,
  idempotency_key @TEXT@ NOT NULL,
  request_hash @BYTES@ NOT NULL,
  message_id BIGINT,
  status BIGINT,
  headers TEXT,
  body TEXT,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (agent_id, idempotency_key)
);
CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);

CREATE TABLE settings (
  name @TEXT@ PRIMARY KEY,
  content TEXT NOT NULL
);

CREATE TABLE inboxes (
  id BIGINT PRIMARY KEY,
  version BIGINT NOT NULL,
  channel @TEXT@ NOT NULL,
  name @TEXT@ NOT NULL UNIQUE,
  brand_id BIGINT NOT NULL REFERENCES brands (id),
  team_id BIGINT NOT NULL REFERENCES teams (id),
  hook_key @TEXT@ NOT NULL UNIQUE,
  slug @TEXT@ NOT NULL UNIQUE,
  settings TEXT NOT NULL,
  secrets @BYTES@ NOT NULL,
  poll_cursor TEXT,
  trouble TEXT,
  checked_at BIGINT,
  last_received_at BIGINT,
  created_at BIGINT NOT NULL,
  paused_at BIGINT,
  archived_at BIGINT,
  -- Until when its network asked us to send nothing.
  quiet_until BIGINT,
  refused_at BIGINT,
  -- When a message last tried it although it was locked out.
  knocked_at BIGINT
);

-- Attempts to connect an inbox at its network's own page: begun by one session, over after minutes.
CREATE TABLE connection_attempts (
  id BIGINT PRIMARY KEY,
  inbox_id BIGINT NOT NULL REFERENCES inboxes (id) ON DELETE CASCADE,
  session_hash @BYTES@ NOT NULL REFERENCES sessions (secret_hash) ON DELETE CASCADE,
  -- What the network's page must bring back; none once it did and an account is to be chosen.
  state_hash @BYTES@,
  -- Sealed: what the exchange or the choice needs.
  kept @BYTES@ NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX connection_attempts_session ON connection_attempts (session_hash, inbox_id);
CREATE INDEX connection_attempts_inbox ON connection_attempts (inbox_id);
CREATE INDEX connection_attempts_expires ON connection_attempts (expires_at);

-- Raw deliveries. Their bodies go after the time that the settings say; the rows stay as proof
-- that a delivery was seen.
CREATE TABLE intakes (
  id BIGINT PRIMARY KEY,
  inbox_id BIGINT NOT NULL,
  kind @TEXT@ NOT NULL,
  delivery_key @TEXT@ NOT NULL,
  headers TEXT NOT NULL,
  body @BYTES@,
  received_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX intakes_key ON intakes (inbox_id, kind, delivery_key);
CREATE INDEX intakes_bodies ON intakes (received_at) WHERE body IS NOT NULL;

-- The work that a delivery still needs, written in the transaction that stores it.
CREATE TABLE intake_jobs (
  intake_id BIGINT PRIMARY KEY,
  inbox_id BIGINT NOT NULL,
  run_at BIGINT NOT NULL,
  attempts BIGINT NOT NULL
);
CREATE INDEX intake_jobs_inbox ON intake_jobs (inbox_id, intake_id);

CREATE TABLE quarantine (
  id BIGINT PRIMARY KEY,
  intake_id BIGINT NOT NULL,
  inbox_id BIGINT NOT NULL,
  item BIGINT NOT NULL,
  reason TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE UNIQUE INDEX quarantine_intake ON quarantine (intake_id, item);

CREATE TABLE leases (
  name @TEXT@ PRIMARY KEY,
  holder @TEXT@ NOT NULL,
  held_until BIGINT NOT NULL
);

CREATE TABLE jobs (
  id BIGINT PRIMARY KEY,
  kind @TEXT@ NOT NULL,
  job_key @TEXT@,
  -- The inbox whose network it speaks to, where that may take long.
  inbox_id BIGINT,
  run_at BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  claimed_until BIGINT,
  payload TEXT NOT NULL,
  last_error TEXT
);
CREATE UNIQUE INDEX jobs_key ON jobs (kind, job_key);
CREATE INDEX jobs_due ON jobs (run_at, id);
CREATE INDEX jobs_inbox ON jobs (inbox_id, run_at, id);
CREATE INDEX jobs_claimed ON jobs (inbox_id, claimed_until) WHERE claimed_until IS NOT NULL;

CREATE TABLE contacts (
  id BIGINT PRIMARY KEY,
  version BIGINT NOT NULL,
  name @TEXT@,
  note TEXT,
  created_at BIGINT NOT NULL,
  erased_at BIGINT
);
-- The beginnings of names, by which people are searched for; whole ones could be too long for an index.
CREATE INDEX contacts_name ON contacts (lower(substr(name, 1, 60))) WHERE name IS NOT NULL;

CREATE TABLE identities (
  id BIGINT PRIMARY KEY,
  contact_id BIGINT NOT NULL,
  inbox_id BIGINT NOT NULL,
  realm @TEXT@ NOT NULL,
  network_id @TEXT@ NOT NULL,
  name @TEXT@,
  handle @TEXT@,
  named_at BIGINT NOT NULL,
  -- Since when the person wants nothing from us there, and when they said last whether they do.
  refuses_since BIGINT,
  preference_at BIGINT
);
CREATE UNIQUE INDEX identities_network ON identities (realm, network_id);
CREATE INDEX identities_contact ON identities (contact_id);
CREATE INDEX identities_name ON identities (lower(substr(name, 1, 60))) WHERE name IS NOT NULL;
CREATE INDEX identities_handle ON identities (lower(substr(handle, 1, 60))) WHERE handle IS NOT NULL;

CREATE TABLE conversations (
  id BIGINT PRIMARY KEY,
  version BIGINT NOT NULL,
  brand_id BIGINT NOT NULL,
  inbox_id BIGINT NOT NULL,
  team_id BIGINT,
  agent_id BIGINT,
  contact_id BIGINT,
  identity_id BIGINT,
  root_message_id BIGINT,
  post_id BIGINT,
  subject TEXT,
  status @TEXT@ NOT NULL,
  snoozed_until BIGINT,
  priority @TEXT@ NOT NULL,
  kind @TEXT@,
  visibility @TEXT@ NOT NULL,
  unread BIGINT NOT NULL,
  opened_at BIGINT NOT NULL,
  last_message_at BIGINT NOT NULL,
  -- By what lists are sorted: when something was said last, or when it came back after its snooze.
  surfaced_at BIGINT NOT NULL,
  last_message_id BIGINT NOT NULL,
  message_count BIGINT NOT NULL,
  voices BIGINT NOT NULL,
  waiting_since BIGINT,
  settled_at BIGINT,
  first_response_at BIGINT,
  resolved_at BIGINT,
  joined_into BIGINT,
  linked_to BIGINT,
  -- When we promised to say more, by a holding reply.
  next_word_at BIGINT
);
-- A conversation that was joined into another leaves every list: its place is that one.
CREATE INDEX conversations_status ON conversations (status, surfaced_at, id) WHERE joined_into IS NULL;
CREATE INDEX conversations_newest ON conversations (surfaced_at, id) WHERE joined_into IS NULL;
CREATE INDEX conversations_team ON conversations (team_id, status, surfaced_at, id) WHERE joined_into IS NULL;
CREATE INDEX conversations_agent ON conversations (agent_id, status, surfaced_at, id) WHERE joined_into IS NULL AND agent_id IS NOT NULL;
CREATE INDEX conversations_unassigned ON conversations (team_id, status, surfaced_at, id) WHERE joined_into IS NULL AND agent_id IS NULL;
CREATE INDEX conversations_inbox ON conversations (inbox_id, status, surfaced_at, id) WHERE joined_into IS NULL;
CREATE INDEX conversations_waiting ON conversations (status, waiting_since, id) WHERE joined_into IS NULL AND waiting_since IS NOT NULL;
CREATE INDEX conversations_team_waiting ON conversations (team_id, status, waiting_since, id) WHERE joined_into IS NULL AND waiting_since IS NOT NULL;
CREATE INDEX conversations_contact ON conversations (contact_id, surfaced_at);
CREATE INDEX conversations_team_contact ON conversations (team_id, contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX conversations_root ON conversations (root_message_id);
CREATE INDEX conversations_post ON conversations (post_id) WHERE post_id IS NOT NULL;
CREATE INDEX conversations_joined ON conversations (joined_into) WHERE joined_into IS NOT NULL;
CREATE INDEX conversations_snoozed ON conversations (snoozed_until) WHERE snoozed_until IS NOT NULL;

-- Inboxes other than its own from which a conversation has messages.
CREATE TABLE conversation_inboxes (
  inbox_id BIGINT NOT NULL,
  conversation_id BIGINT NOT NULL,
  PRIMARY KEY (inbox_id, conversation_id)
);

-- Which conversation a private thread belongs to now.
CREATE TABLE threads (
  inbox_id BIGINT NOT NULL,
  thread_key @TEXT@ NOT NULL,
  conversation_id BIGINT NOT NULL,
  PRIMARY KEY (inbox_id, thread_key)
);
CREATE INDEX threads_conversation ON threads (conversation_id);

CREATE TABLE messages (
  id BIGINT PRIMARY KEY,
  inbox_id BIGINT NOT NULL,
  conversation_id BIGINT,
  network_id @TEXT@,
  direction @TEXT@ NOT NULL,
  visibility @TEXT@ NOT NULL,
  identity_id BIGINT,
  agent_id BIGINT,
  is_party BIGINT NOT NULL,
  kind @TEXT@,
  title TEXT,
  body TEXT NOT NULL,
  url TEXT,
  parent_id BIGINT,
  root_id BIGINT,
  top_id BIGINT,
  thread_key @TEXT@,
  seen_at BIGINT,
  platform_at BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  stored_at BIGINT NOT NULL,
  edited_at BIGINT,
  deleted_at BIGINT,
  signature TEXT,
  -- JSON: the approved text that is sent in the place of the body, where the time for answers is over.
  template TEXT,
  -- The party's words up to this time are answered once this message is sent.
  answers_until BIGINT,
  -- Of one that answers nothing: until when it promises to say more.
  next_word_at BIGINT,
  delivery_state @TEXT@,
  send_at BIGINT,
  sent_at BIGINT,
  attempts BIGINT NOT NULL,
  next_attempt_at BIGINT,
  failure_class @TEXT@,
  failure_detail TEXT,
  -- Since when a try of it may have arrived whose answer was lost; how often it was looked for since
  -- the last one, and how often it was sent again after that.
  first_tried_at BIGINT,
  looks BIGINT NOT NULL DEFAULT 0,
  second_tries BIGINT NOT NULL DEFAULT 0,
  -- When the listening post found it; without a conversation it is nobody's matter yet.
  found_at BIGINT,
  -- Since when it is hidden from the public, by us.
  hidden_at BIGINT
);
CREATE UNIQUE INDEX messages_network ON messages (inbox_id, network_id) WHERE network_id IS NOT NULL;
CREATE INDEX messages_conversation ON messages (conversation_id, platform_at, id);
CREATE INDEX messages_parent ON messages (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX messages_top ON messages (top_id) WHERE top_id IS NOT NULL;
CREATE INDEX messages_identity ON messages (identity_id) WHERE identity_id IS NOT NULL;
CREATE INDEX messages_thread ON messages (inbox_id, thread_key, platform_at, id) WHERE thread_key IS NOT NULL;
CREATE INDEX messages_found ON messages (found_at) WHERE found_at IS NOT NULL AND conversation_id IS NULL AND seen_at IS NULL;
CREATE INDEX messages_delivery ON messages (delivery_state, inbox_id) WHERE delivery_state IN ('queued', 'sending', 'failed', 'uncertain');

-- Messages of a network that are one here: the pieces of an album. Erasing puts marks in the place of
-- the network's id and of the album's key.
CREATE TABLE pieces (
  inbox_id BIGINT NOT NULL,
  network_id @TEXT@ NOT NULL,
  album_key @TEXT@ NOT NULL,
  message_id BIGINT NOT NULL,
  -- Whether the words came with it, and its file.
  has_words BIGINT NOT NULL,
  attachment_id BIGINT,
  deleted_at BIGINT,
  PRIMARY KEY (inbox_id, network_id)
);
CREATE INDEX pieces_album ON pieces (inbox_id, album_key);
CREATE INDEX pieces_message ON pieces (message_id);

-- What we say of ourselves: one message of no conversation for each account.
CREATE TABLE announcements (
  id BIGINT PRIMARY KEY,
  brand_id BIGINT NOT NULL REFERENCES brands (id),
  agent_id BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX announcements_brand ON announcements (brand_id, id);

CREATE TABLE announcement_messages (
  announcement_id BIGINT NOT NULL REFERENCES announcements (id),
  message_id BIGINT NOT NULL,
  PRIMARY KEY (announcement_id, message_id)
);
CREATE UNIQUE INDEX announcement_messages_message ON announcement_messages (message_id);

-- The listening post: what is looked for, where, how far each look has come, and what was found.
CREATE TABLE searches (
  id BIGINT PRIMARY KEY,
  version BIGINT NOT NULL,
  brand_id BIGINT NOT NULL REFERENCES brands (id),
  name TEXT NOT NULL,
  terms TEXT NOT NULL,
  -- JSON: which hits become conversations by themselves; none do without it.
  take_up TEXT,
  state @TEXT@ NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX searches_brand ON searches (brand_id);

CREATE TABLE search_inboxes (
  search_id BIGINT NOT NULL REFERENCES searches (id),
  inbox_id BIGINT NOT NULL REFERENCES inboxes (id),
  -- How many posts a day it may fetch there, and how many it fetched on the day since 1970.
  budget BIGINT NOT NULL,
  used BIGINT NOT NULL,
  used_on BIGINT NOT NULL,
  cursor_text TEXT,
  asked_at BIGINT,
  next_at BIGINT,
  trouble TEXT,
  PRIMARY KEY (search_id, inbox_id)
);
CREATE INDEX search_inboxes_inbox ON search_inboxes (inbox_id);

CREATE TABLE hits (
  search_id BIGINT NOT NULL REFERENCES searches (id),
  message_id BIGINT NOT NULL,
  inbox_id BIGINT NOT NULL,
  found_at BIGINT NOT NULL,
  dismissed_at BIGINT,
  -- Whether its message belongs to a conversation: those are not walked through for what waits.
  taken_up BIGINT NOT NULL,
  PRIMARY KEY (search_id, message_id)
);
CREATE INDEX hits_message ON hits (message_id);
CREATE INDEX hits_open ON hits (search_id, message_id) WHERE dismissed_at IS NULL AND taken_up = 0;

-- What searches that were only tried fetched from the network of an inbox.
CREATE TABLE search_trials (
  inbox_id BIGINT PRIMARY KEY REFERENCES inboxes (id),
  -- How many posts on the day since 1970, and until when one is under way.
  used BIGINT NOT NULL,
  used_on BIGINT NOT NULL,
  busy_until BIGINT NOT NULL,
  -- What the network's meter says, as its channel keeps it.
  cursor_text TEXT
);

CREATE TABLE attachments (
  id BIGINT PRIMARY KEY,
  message_id BIGINT,
  inbox_id BIGINT,
  agent_id BIGINT,
  name TEXT NOT NULL,
  media_type @TEXT@ NOT NULL,
  size BIGINT,
  source_url TEXT,
  file_name TEXT,
  alt TEXT,
  created_at BIGINT NOT NULL,
  -- When it is to be fetched from its network; none once it is here, or was given up.
  fetch_at BIGINT,
  fetches BIGINT NOT NULL,
  -- Why it was given up: the class of what its network said.
  missing @TEXT@
);
CREATE INDEX attachments_fetch ON attachments (inbox_id, fetch_at) WHERE fetch_at IS NOT NULL;
CREATE INDEX attachments_message ON attachments (message_id);
CREATE INDEX attachments_file ON attachments (file_name) WHERE file_name IS NOT NULL;

CREATE TABLE reactions (
  message_id BIGINT NOT NULL,
  identity_id BIGINT NOT NULL,
  kind @TEXT@ NOT NULL,
  changed_at BIGINT NOT NULL,
  removed_at BIGINT,
  PRIMARY KEY (message_id, identity_id, kind)
);
CREATE INDEX reactions_identity ON reactions (identity_id);

-- Reactions of ours that stand at the network.
CREATE TABLE own_reactions (
  message_id BIGINT NOT NULL,
  kind @TEXT@ NOT NULL,
  given_at BIGINT NOT NULL,
  PRIMARY KEY (message_id, kind)
);

-- How messages are doing at their network, as it told last.
CREATE TABLE figures (
  message_id BIGINT PRIMARY KEY,
  views BIGINT,
  likes BIGINT,
  replies BIGINT,
  told_at BIGINT NOT NULL
);

CREATE TABLE mentions (
  message_id BIGINT NOT NULL,
  agent_id BIGINT NOT NULL,
  conversation_id BIGINT NOT NULL,
  read_at BIGINT,
  PRIMARY KEY (message_id, agent_id)
);
CREATE INDEX mentions_agent ON mentions (agent_id, conversation_id);

CREATE TABLE tags (
  id BIGINT PRIMARY KEY,
  name @TEXT@ NOT NULL UNIQUE,
  colour @TEXT@ NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE conversation_tags (
  tag_id BIGINT NOT NULL,
  conversation_id BIGINT NOT NULL,
  PRIMARY KEY (tag_id, conversation_id)
);
CREATE INDEX conversation_tags_conversation ON conversation_tags (conversation_id);

CREATE TABLE views (
  id BIGINT PRIMARY KEY,
  agent_id BIGINT,
  name TEXT NOT NULL,
  filter TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE events (
  sequence @SERIAL@,
  at BIGINT NOT NULL,
  kind @TEXT@ NOT NULL,
  actor_id BIGINT NOT NULL,
  conversation_id BIGINT,
  message_id BIGINT,
  inbox_id BIGINT,
  team_id BIGINT,
  brand_id BIGINT,
  facts TEXT
);
CREATE INDEX events_conversation ON events (conversation_id, sequence) WHERE conversation_id IS NOT NULL;

CREATE TABLE followers (
  name @TEXT@ PRIMARY KEY,
  sequence BIGINT NOT NULL,
  followed_at BIGINT NOT NULL
);

CREATE TABLE alerts (
  id BIGINT PRIMARY KEY,
  kind @TEXT@ NOT NULL,
  alert_key @TEXT@ NOT NULL,
  inbox_id BIGINT,
  conversation_id BIGINT,
  message_id BIGINT,
  facts TEXT NOT NULL,
  raised_at BIGINT NOT NULL,
  cleared_at BIGINT
);
CREATE UNIQUE INDEX alerts_open ON alerts (alert_key) WHERE cleared_at IS NULL;
CREATE INDEX alerts_cleared ON alerts (cleared_at) WHERE cleared_at IS NOT NULL;

-- Private links of contact-form conversations: the secret itself is never stored.
CREATE TABLE conversation_links (
  secret_hash @BYTES@ PRIMARY KEY,
  inbox_id BIGINT NOT NULL,
  thread_key @TEXT@ NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX conversation_links_thread ON conversation_links (inbox_id, thread_key);

@SEARCH@
