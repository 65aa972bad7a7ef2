//! The rows of the table. A case says what it needs of a network, and is left out only where that does
//! not hold; it never asks which network it is.

mod access;
mod asked;
mod coming;
mod failing;
mod going;
mod lost;
mod odd;
mod pushed;

use futures::future::BoxFuture;

use crate::facts::*;
use crate::stand::{Stand, Told};

/// One row.
pub struct Case {
    pub name: &'static str,
    pub needs: &'static [&'static Fact],
    /// Whether the inbox is to be connected by its hook, where it could also ask.
    pub by_hook: bool,
    pub run: for<'a, 'b> fn(&'a mut Stand<'b>) -> BoxFuture<'a, Told>,
}

macro_rules! cases {
    ($($name:literal, [$($need:ident),*], $by_hook:literal, $run:path;)+) => {
        &[$(Case {
            name: $name,
            needs: &[$($need),*],
            by_hook: $by_hook,
            run: |stand| Box::pin($run(stand)),
        },)+]
    };
}

pub static CASES: &[Case] = cases! {
    "in: public words", [PUBLIC], false, coming::public_words;
    "in: private words", [PRIVATE], false, coming::private_words;
    "in: strange signs", [], false, coming::strange_signs;
    "in: time of posting", [], false, coming::time_of_posting;
    "in: an answer names its parent", [PUBLIC_SEND], false, coming::answer_names_parent;
    "in: one person is one person", [], false, coming::same_person;
    "in: one private thread a person", [PRIVATE_SEND], false, coming::same_thread;
    "in: public edit", [TELLS_PUBLIC_EDITS], false, coming::public_edit;
    "in: private edit", [TELLS_PRIVATE_EDITS], false, coming::private_edit;
    "in: public delete", [TELLS_PUBLIC_DELETES], false, coming::public_delete;
    "in: private delete", [TELLS_PRIVATE_DELETES], false, coming::private_delete;
    "in: public reaction", [TELLS_PUBLIC_REACTIONS], false, coming::public_reaction;
    "in: private reaction", [TELLS_PRIVATE_REACTIONS], false, coming::private_reaction;
    "in: public file", [TELLS_PUBLIC_FILES], false, coming::public_file;
    "in: private file", [TELLS_PRIVATE_FILES], false, coming::private_file;
    "in: public echo", [TELLS_PUBLIC_ECHOES], false, coming::public_echo;
    "in: private echo", [TELLS_PRIVATE_ECHOES], false, coming::private_echo;
    "in: answer from the native app", [TELLS_NATIVE], false, coming::native_answer;
    "in: ours arrived", [TELLS_ARRIVALS], false, coming::arrival;
    "in: a person leaves", [DEPARTURES], false, coming::departure;
    "hook: is known to the network", [PUSHED], true, pushed::hook_is_known;
    "hook: a stranger's handshake", [PUSHED], true, pushed::wrong_handshake;
    "hook: wrong signature", [PUSHED], true, pushed::forged;
    "hook: changed on the way", [PUSHED], true, pushed::tampered;
    "hook: no signature", [PUSHED], true, pushed::unsigned;
    "hook: no secret of ours", [PUSHED], true, pushed::without_secret;
    "hook: duplicate", [PUSHED], true, pushed::doubled;
    "hook: replay", [PUSHED], true, pushed::replayed;
    "hook: shuffle", [PUSHED], true, pushed::shuffled;
    "hook: late", [PUSHED], true, pushed::late;
    "hook: refused by us once", [PUSHED], true, pushed::refused_by_us;
    "hook: the network is away", [PUSHED], true, pushed::network_away;
    "ask: history", [FILLS_GAPS], false, asked::history;
    "ask: gap fill", [FILLS_GAPS], false, asked::gap;
    "ask: the same way twice", [FILLS_GAPS], false, asked::asked_twice;
    "ask: known from the hook", [FILLS_GAPS], false, asked::pushed_and_asked;
    "ask: more than a page", [], false, asked::pages;
    "ask: 500", [FILLS_GAPS], false, asked::asked_in_a_crash;
    "ask: 503 in HTML", [FILLS_GAPS], false, asked::asked_while_away;
    "ask: 429", [FILLS_GAPS], false, asked::asked_too_often;
    "ask: cut off", [FILLS_GAPS], false, asked::asked_and_cut_off;
    "ask: half an answer", [FILLS_GAPS], false, asked::half_an_answer;
    "ask: nonsense", [FILLS_GAPS], false, asked::nonsense_answer;
    "stream: goes on after a drop", [STREAMS], false, asked::stream_goes_on;
    "search: finds and leaves out", [SEARCH], false, asked::search;
    "out: public answer", [PUBLIC_SEND], false, going::public_answer;
    "out: private answer", [REMOTE, PRIVATE_SEND], false, going::private_answer;
    "out: post of our own", [OWN_POSTS], false, going::own_post;
    "out: public edit", [PUBLIC_EDIT], false, going::public_edit;
    "out: private edit", [REMOTE, PRIVATE_EDIT], false, going::private_edit;
    "out: public delete, twice", [PUBLIC_DELETE], false, going::public_delete;
    "out: private delete, twice", [PRIVATE_DELETE], false, going::private_delete;
    "out: hide and show", [PUBLIC_HIDE], false, going::hide;
    "out: public reaction", [PUBLIC_REACTIONS], false, going::public_reaction;
    "out: private reaction", [PRIVATE_REACTIONS], false, going::private_reaction;
    "out: public file", [PUBLIC_FILES], false, going::public_file;
    "out: private file", [PRIVATE_FILES], false, going::private_file;
    "out: a public file too large", [PUBLIC_FILES], false, going::public_file_too_large;
    "out: a private file too large", [PRIVATE_FILES], false, going::private_file_too_large;
    "out: a file as large as allowed", [FILES], false, going::file_as_large_as_allowed;
    "out: a file too large for the network", [REMOTE, FILES], false, going::file_too_large_there;
    "out: too many files", [PUBLIC_FILES], false, going::too_many_files;
    "out: public, too long", [PUBLIC_LENGTH], false, going::public_too_long;
    "out: private, too long", [PRIVATE_LENGTH], false, going::private_too_long;
    "out: public, as long as allowed", [PUBLIC_LENGTH], false, going::public_longest;
    "out: private, as long as allowed", [PRIVATE_LENGTH], false, going::private_longest;
    "out: too many bytes", [PUBLIC_BYTES], false, going::too_many_bytes;
    "out: links, names and signs", [SENDS], false, going::links_and_names;
    "out: what is not offered", [], false, going::not_offered;
    "out: from public to private", [HAND_OVER], false, going::hand_over;
    "out: to private only once", [HAND_OVER_ONCE], false, going::hand_over_once;
    "out: to private too late", [HAND_OVER_IN_TIME], false, going::hand_over_late;
    "fail: 401", [REMOTE, SENDS], false, failing::unauthorised;
    "fail: 403", [REMOTE, SENDS], false, failing::forbidden;
    "fail: 404", [REMOTE, SENDS], false, failing::not_found;
    "fail: 409", [REMOTE, SENDS], false, failing::conflict;
    "fail: 422", [REMOTE, SENDS], false, failing::bad_request;
    "fail: 429", [REMOTE, SENDS], false, failing::too_fast;
    "fail: 500", [REMOTE, SENDS], false, failing::crash;
    "fail: 502", [REMOTE, SENDS], false, failing::bad_gateway;
    "fail: 503 in HTML", [REMOTE, SENDS], false, failing::away;
    "fail: the network is away", [REMOTE, SENDS], false, failing::down;
    "fail: the network's own limit", [REMOTE, SENDS], false, failing::limited;
    "lost: cut off after the effect", [REMOTE, SENDS], false, failing::cut_off_after_effect;
    "lost: time-out after the effect", [REMOTE, SENDS], false, failing::silence_after_effect;
    "lost: half an answer", [REMOTE, SENDS], false, failing::half_an_answer;
    "lost: a success in nonsense", [REMOTE, SENDS], false, failing::strange_success;
    "lost: cut off before the effect", [REMOTE, SENDS], false, failing::cut_off_before;
    "lost: looked for", [REMOTE, SENDS, LOOK_UP], false, failing::looked_for;
    "lost: the same words before", [REMOTE, SENDS, LOOK_UP], false, failing::same_words_before;
    "lost: found two hours later", [REMOTE, SENDS, LOOK_UP], false, lost::two_hours_later;
    "lost: an answer below an answer", [REMOTE, PUBLIC_SEND, LOOK_UP], false, lost::below_an_answer;
    "lost: written otherwise", [REMOTE, SENDS, LOOK_UP], false, lost::written_otherwise;
    "lost: among many", [REMOTE, SENDS, LOOK_UP], false, lost::among_many;
    "lost: shown late", [REMOTE, SENDS, LOOK_UP], false, lost::shown_late;
    "lost: the same words of another matter", [REMOTE, SENDS, LOOK_UP], false, lost::words_of_another_matter;
    "lost: never found", [REMOTE, SENDS, LOOK_UP], false, lost::never_found;
    "lost: text refused after its file", [REMOTE, PRIVATE_FILES], false, lost::text_refused;
    "lost: text put off after its file", [REMOTE, PRIVATE_FILES], false, lost::text_put_off;
    "lost: a file and its words", [REMOTE, PRIVATE_FILES, LOOK_UP], false, lost::file_and_words;
    "lost: from public to private", [REMOTE, HAND_OVER, LOOK_UP], false, lost::hand_over;
    "fail: a storm, said once", [REMOTE, SENDS], false, failing::stormy;
    "fail: the customer is gone", [REMOTE, SENDS], false, failing::customer_gone;
    "fail: no secret in errors", [REMOTE, SENDS], false, failing::nothing_secret_in_errors;
    "access: healthy", [], false, access::healthy;
    "access: probe, token taken back", [TOKENS], false, access::probe_when_revoked;
    "access: probe, network away", [REMOTE], false, access::probe_when_down;
    "access: send, token taken back", [REMOTE, SENDS], false, access::sending_when_revoked;
    "access: ask, token taken back", [FILLS_GAPS, TOKENS], false, access::asking_when_revoked;
    "access: connected anew", [REMOTE, SENDS], false, access::connected_anew;
    "access: token expires in the middle", [RENEWED], false, access::expired_in_the_middle;
    "access: renewed in time", [RENEWED], false, access::renewed_in_time;
    "window: closes", [PRIVATE_WINDOW], false, access::window_closes;
    "window: opens again", [PRIVATE_WINDOW], false, access::window_opens_again;
    "window: approved text after it", [TEMPLATES], false, access::template;
    "odd: read again", [], false, odd::read_again;
    "odd: unknown fields", [], false, odd::unknown_fields;
    "odd: other types", [], false, odd::other_types;
    "odd: broken, huge, deep, other code", [], false, odd::broken_bytes;
};
