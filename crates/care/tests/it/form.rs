//! The contact form and the private page behind it: one filling is one conversation, and the holder
//! of the link sees their own thread and nothing else.

use std::time::Duration;

use kulant_care::admin::inboxes::NewInbox;
use kulant_care::customer::{self, Standing, Thread};
use kulant_care::form::{self, Filled, Form, FormToken, KeptFile, TokenFault, TokenPlace};
use kulant_care::reply::{NewReply, reply};
use kulant_care::{CareError, admin, conversations, jobs};
use kulant_model::conversation::Status;
use kulant_model::ids::ConversationId;
use kulant_model::message::Visibility;
use kulant_model::role::Scope;
use kulant_store::reading::{self, Filter, Sort, Summary};
use serde_json::{Value as Json, json};

use crate::{House, houses};

async fn form(house: &House, name: &str, settings: Json) -> Form {
    let new = NewInbox {
        name: name.to_owned(),
        channel: "form".to_owned(),
        brand: None,
        team: None,
        settings: Some(settings),
    };
    let inbox = admin::inboxes::create(&house.care, &house.operator(), new)
        .await
        .expect("an inbox")
        .0;
    let path = inbox.public_path.expect("a public page");
    let slug = path.rsplit('/').next().expect("a slug").to_owned();
    form::find(&house.care, &slug).await.expect("a form")
}

fn token(house: &House, form: &Form) -> FormToken {
    let place = TokenPlace::Form(form.inbox);
    let text = form::issue_token(&house.care, &place).expect("a token");
    form::open_token(&house.care, &place, &text).expect("our own")
}

fn filled(text: &str) -> Filled {
    Filled {
        name: "Jörg Öhlmann".to_owned(),
        email: "joerg@example.org".to_owned(),
        subject: "Rechnung".to_owned(),
        text: text.to_owned(),
        ..Filled::default()
    }
}

async fn file(house: &House, name: &str) -> KeptFile {
    let file_name = house.care.secret();
    let mut draft = house.care.files.begin(&file_name).await.expect("begun");
    draft.write(b"bytes").await.expect("written");
    draft.finish().await.expect("finished");
    KeptFile {
        file_name,
        name: name.to_owned(),
        media_type: "text/plain".to_owned(),
        size: 5,
    }
}

async fn at_desk(house: &House) -> Vec<Summary> {
    house
        .care
        .store
        .read(|read| {
            let filter = Filter::default();
            let places =
                reading::list_ids(read, &Scope::Everything, &filter, Sort::Oldest, None, 50)?;
            let ids: Vec<ConversationId> = places.iter().map(|(_, id)| *id).collect();
            reading::list_summaries(read, &Scope::Everything, &ids)
        })
        .await
        .expect("read")
}

async fn answer(house: &House, conversation: ConversationId, visibility: Visibility, body: &str) {
    let new = NewReply {
        conversation,
        body: body.to_owned(),
        visibility,
        in_reply_to: None,
        send_at: None,
        mentions: Vec::new(),
        attachments: Vec::new(),
        template: None,
        resolve: false,
    };
    reply(&house.care, &house.operator(), new)
        .await
        .expect("kept");
    jobs::run_due(&house.care).await.expect("delivered");
}

fn texts(thread: &Thread) -> Vec<(bool, &str)> {
    thread
        .lines
        .iter()
        .map(|line| (line.ours, line.text.as_str()))
        .collect()
}

#[tokio::test]
async fn one_filling_is_one_conversation_that_both_sides_go_on_with() {
    for house in houses().await {
        let form = form(&house, "Kontakt", json!({})).await;
        let token = token(&house, &form);
        let secret = form::submit(&house.care, &form, &token, filled("Sie stimmt nicht."))
            .await
            .expect("kept");
        let again = form::submit(&house.care, &form, &token, filled("Sie stimmt nicht."))
            .await
            .expect("kept before");
        assert_eq!(secret, again, "a double click leads to the same page");

        let thread = customer::open(&house.care, &secret).await.expect("open");
        assert_eq!(
            texts(&thread),
            [(false, "Sie stimmt nicht.")],
            "before it is taken in"
        );
        assert_eq!(thread.standing, Standing::WaitsForUs);
        house.take_in().await;
        let thread = customer::open(&house.care, &secret).await.expect("open");
        assert_eq!(texts(&thread), [(false, "Sie stimmt nicht.")]);
        assert_eq!(thread.subject.as_deref(), Some("Rechnung"));

        let desk = at_desk(&house).await;
        assert_eq!(desk.len(), 1);
        assert_eq!(desk[0].contact_name.as_deref(), Some("Jörg Öhlmann"));
        let id = desk[0].row.id;
        answer(&house, id, Visibility::Note, "Der ruft oft an.").await;
        answer(&house, id, Visibility::Private, "Wir prüfen das.").await;
        let thread = customer::open(&house.care, &secret).await.expect("open");
        assert_eq!(
            texts(&thread),
            [(false, "Sie stimmt nicht."), (true, "Wir prüfen das.")],
            "no note is shown"
        );
        assert_eq!(thread.standing, Standing::Answered);

        house.clock.pass(Duration::from_mins(1));
        let place = TokenPlace::Thread(&thread.key);
        let more = form::issue_token(&house.care, &place).expect("a token");
        let more = form::open_token(&house.care, &place, &more).expect("our own");
        for _ in 0..2 {
            customer::write(
                &house.care,
                &secret,
                &more,
                Filled {
                    text: "Danke.".to_owned(),
                    ..Filled::default()
                },
            )
            .await
            .expect("kept");
        }
        house.take_in().await;
        let desk = at_desk(&house).await;
        assert_eq!(desk.len(), 1, "it is the same conversation");
        assert_eq!(
            desk[0].contact_name.as_deref(),
            Some("Jörg Öhlmann"),
            "the name stays"
        );
        let thread = customer::open(&house.care, &secret).await.expect("open");
        assert_eq!(thread.lines.len(), 3);
        assert_eq!(thread.standing, Standing::WaitsForUs);

        let seen = desk[0].row.version;
        conversations::set_status(
            &house.care,
            &house.operator(),
            id,
            seen,
            Status::Resolved,
            None,
        )
        .await
        .expect("resolved");
        let thread = customer::open(&house.care, &secret).await.expect("open");
        assert_eq!(thread.standing, Standing::Resolved);
    }
}

#[tokio::test]
async fn other_words_on_the_same_page_are_kept_too() {
    for house in houses().await {
        let form = form(&house, "Kontakt", json!({})).await;
        let token = token(&house, &form);
        let submit = |filled| form::submit(&house.care, &form, &token, filled);
        let secret = submit(filled("Sie stimmt nicht.")).await.expect("kept");
        // Back, something else, and sent twice; then the first words once more.
        for text in [
            "Und sie ist doppelt.",
            "Und sie ist doppelt.",
            "Sie stimmt nicht.",
        ] {
            house.clock.pass(Duration::from_secs(20));
            assert_eq!(submit(filled(text)).await.expect("kept"), secret);
        }
        let mut with_file = filled("Sie stimmt nicht.");
        with_file.files = vec![file(&house, "rechnung.txt").await];
        house.clock.pass(Duration::from_secs(20));
        submit(with_file).await.expect("kept");
        house.take_in().await;
        let thread = customer::open(&house.care, &secret).await.expect("open");
        assert_eq!(
            texts(&thread),
            [
                (false, "Sie stimmt nicht."),
                (false, "Und sie ist doppelt."),
                (false, "Sie stimmt nicht."),
            ]
        );
        assert_eq!(thread.lines[2].files.len(), 1);
        assert_eq!(at_desk(&house).await.len(), 1, "one page, one conversation");

        let place = TokenPlace::Thread(&thread.key);
        let more = form::issue_token(&house.care, &place).expect("a token");
        let more = form::open_token(&house.care, &place, &more).expect("our own");
        for text in ["Danke.", "Danke!", "Danke."] {
            let filled = Filled {
                text: text.to_owned(),
                ..Filled::default()
            };
            customer::write(&house.care, &secret, &more, filled)
                .await
                .expect("kept");
        }
        house.take_in().await;
        let thread = customer::open(&house.care, &secret).await.expect("open");
        assert_eq!(thread.lines.len(), 5);
    }
}

#[tokio::test]
async fn a_link_opens_its_own_thread_and_its_own_files() {
    for house in houses().await {
        let form = form(&house, "Kontakt", json!({})).await;
        let mut secrets = Vec::new();
        for name in ["eins.txt", "zwei.txt"] {
            let mut filled = filled(name);
            filled.files = vec![file(&house, name).await];
            let token = token(&house, &form);
            secrets.push(
                form::submit(&house.care, &form, &token, filled)
                    .await
                    .expect("kept"),
            );
        }
        house.take_in().await;
        let mut ids = Vec::new();
        for (secret, name) in secrets.iter().zip(["eins.txt", "zwei.txt"]) {
            let thread = customer::open(&house.care, secret).await.expect("open");
            assert_eq!(texts(&thread), [(false, name)]);
            ids.push(thread.lines[0].files[0].id.expect("taken in"));
        }
        for (index, secret) in secrets.iter().enumerate() {
            let own = customer::find_file(&house.care, secret, ids[index])
                .await
                .expect("own");
            let bytes = house.care.files.read(&own.file_name.expect("a file")).await;
            assert_eq!(bytes.expect("read"), b"bytes");
            let foreign = customer::find_file(&house.care, secret, ids[1 - index]).await;
            assert!(matches!(foreign, Err(CareError::NotFound)));
        }
        let guessed = customer::open(&house.care, "guessed").await;
        assert!(matches!(guessed, Err(CareError::NotFound)));
    }
}

#[tokio::test]
async fn tokens_count_for_their_own_form_and_their_own_time() {
    for house in houses().await {
        let one = form(&house, "Eins", json!({})).await;
        let other = form(&house, "Zwei", json!({})).await;
        let place = TokenPlace::Form(one.inbox);
        let text = form::issue_token(&house.care, &place).expect("a token");
        let open = |place: &TokenPlace<'_>, text: &str| {
            form::open_token(&house.care, place, text)
                .map(|token| token.check_age(house.care.now()))
        };
        assert_eq!(open(&place, &text), Ok(Err(TokenFault::TooQuick)));
        house.clock.pass(Duration::from_secs(3));
        assert_eq!(open(&place, &text), Ok(Ok(())));
        assert_eq!(
            open(&TokenPlace::Form(other.inbox), &text),
            Err(TokenFault::Unknown)
        );
        assert_eq!(open(&place, &text[1..]), Err(TokenFault::Unknown));
        assert_eq!(open(&place, ""), Err(TokenFault::Unknown));
        house.clock.pass(form::LONGEST_OPEN);
        assert_eq!(open(&place, &text), Ok(Err(TokenFault::Expired)));
    }
}

#[tokio::test]
async fn what_is_missing_is_said_at_once_and_its_files_go() {
    for house in houses().await {
        let form = form(&house, "Kontakt", json!({"attachments": false})).await;
        assert!(form.attachments.is_none());
        let token = token(&house, &form);
        let mut bad = filled("");
        bad.name = " ".to_owned();
        bad.email = "nobody".to_owned();
        let refused = form::submit(&house.care, &form, &token, bad).await;
        let Err(CareError::Invalid(faults)) = refused else {
            panic!("it lacks a lot");
        };
        let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["name", "email", "text"]);

        let mut twice = filled("Zwei Mal");
        twice.files = vec![file(&house, "spät.txt").await];
        form::submit(&house.care, &form, &token, twice.clone())
            .await
            .expect("kept");
        twice.files = vec![file(&house, "spät.txt").await];
        let late = twice.files[0].file_name.clone();
        form::submit(&house.care, &form, &token, twice)
            .await
            .expect("kept before");
        assert!(
            house.care.files.read(&late).await.is_err(),
            "nobody claims it"
        );
    }
}

#[tokio::test]
async fn how_soon_answers_come_is_said_only_where_it_is_known() {
    for house in houses().await {
        let form = form(&house, "Kontakt", json!({})).await;
        let usual = async || {
            form::usual_wait(&house.care, form.inbox)
                .await
                .expect("counted")
        };
        for number in 0..20 {
            assert_eq!(usual().await, None, "after {number}");
            let token = token(&house, &form);
            let text = format!("Frage {number}");
            form::submit(&house.care, &form, &token, filled(&text))
                .await
                .expect("kept");
            house.take_in().await;
            house.clock.pass(Duration::from_mins(10));
            // Every third one is not answered: half of all still are.
            if number % 3 != 0 {
                let newest = at_desk(&house).await.pop().expect("it is there");
                answer(&house, newest.row.id, Visibility::Private, "Antwort").await;
            }
        }
        assert_eq!(usual().await, Some(Duration::from_mins(10)));
        house.clock.pass(Duration::from_hours(29 * 24));
        assert_eq!(usual().await, None, "too long ago");
    }
}
