//! Handing over by SMTP: sealed, signed in, and every failure by the step in which it comes.

use super::server::{Server, Step, account, say, talk};
use super::*;
use crate::outbound::{Action, OutboundAttachment};

fn answer() -> Outbound {
    Outbound {
        recipient: Some("anna@mail.example".to_owned()),
        in_reply_to: Some("m1@mail.example".to_owned()),
        ..fixture::reply("Guten Tag\n.\nEnde")
    }
}

/// A server up to where the mail's content comes, with sealed signing in.
fn submitted(end: &[Step]) -> Vec<Step> {
    let mut steps = vec![say("220-mx.example\n220 ready")];
    steps.extend(talk("EHLO", "250-mx.example\n250-SIZE 9\n250 STARTTLS"));
    steps.extend(talk("STARTTLS", "220 go"));
    steps.push(Step::Seal);
    steps.extend(talk("EHLO", "250-mx.example\n250 AUTH PLAIN LOGIN"));
    steps.extend_from_slice(end);
    steps
}

fn transaction() -> Vec<Step> {
    let mut steps = Vec::from(talk("AUTH PLAIN AHNlcnZpY2UAZ2VoZWlt", "235 in"));
    steps.extend(talk("MAIL FROM:<service@nordbahn.example>", "250 ok"));
    steps.extend(talk("RCPT TO:<anna@mail.example>", "250 ok"));
    steps.extend(talk("DATA", "354 go"));
    steps.push(Step::HearMail);
    steps
}

async fn send(steps: Vec<Step>) -> (Result<Receipt, SendError>, String) {
    let server = Server::start(vec![steps]).await;
    let account = account(1, server.port, "starttls");
    let sent = Email.send(&account, &answer(), &fixture::http()).await;
    (sent, server.heard())
}

#[tokio::test]
async fn an_answer_is_sealed_signed_in_and_handed_over() {
    let mut steps = submitted(&transaction());
    steps.push(say("250 2.0.0 taken"));
    let (sent, heard) = send(steps).await;
    let receipt = sent.unwrap_or_else(|error| panic!("{error}\n{heard}"));
    assert!(
        receipt.network_id.starts_with("kulant.9001."),
        "{receipt:?}"
    );
    assert!(
        heard.contains(&format!("Message-ID: <{}>", receipt.network_id)),
        "{heard}"
    );
    assert!(heard.contains("\nGuten Tag\n..\nEnde\n"), "{heard}");
}

#[tokio::test]
async fn every_failure_has_its_class_by_its_step() {
    let up_to = |count: usize, answer: &str| {
        let mut steps = submitted(&transaction()[..=count * 2]);
        steps.push(say(answer));
        steps
    };
    let cut = |count: usize| submitted(&transaction()[..count]);
    let content = |answer: &str| {
        let mut steps = submitted(&transaction());
        steps.push(say(answer));
        steps
    };
    let mut unsealed = vec![say("220 ready")];
    unsealed.extend(talk("EHLO", "250-mx.example\n250 AUTH PLAIN"));
    let cases = [
        (vec![], "retry_backoff"),
        (vec![say("554 go away")], "retry_backoff"),
        (unsealed, "forbidden"),
        (up_to(0, "535 5.7.8 wrong"), "auth_broken"),
        (up_to(0, "454 4.7.0 later"), "retry_backoff"),
        (up_to(1, "530 5.7.0 sign in"), "auth_broken"),
        (up_to(1, "553 5.7.1 not yours"), "forbidden"),
        (up_to(2, "450 4.2.0 greylisted"), "retry_after"),
        (up_to(2, "550 5.1.1 nobody"), "recipient_gone"),
        (up_to(2, "550 5.7.1 no relay"), "forbidden"),
        (up_to(3, "452 4.3.1 full"), "retry_after"),
        (cut(5), "retry_backoff"),
        (cut(7), "retry_backoff"),
        (content("554 5.7.1 spam"), "content_rejected"),
        (content("451 4.3.0 later"), "retry_after"),
        // The content went, the word about it did not come.
        (submitted(&transaction()), "uncertain"),
        (content("nonsense"), "uncertain"),
    ];
    for (index, (steps, class)) in cases.into_iter().enumerate() {
        let (sent, heard) = send(steps).await;
        let error = sent.unwrap_err();
        assert_eq!(error.class(), class, "case {index}: {error}\n{heard}");
        assert!(!heard.contains("geheim") && !error.to_string().contains("geheim"));
    }
}

#[tokio::test]
async fn what_cannot_leave_is_refused_before_anybody_is_asked() {
    let (http, account) = (fixture::http(), account(1, 1, "none"));
    let mut large = answer();
    large.action = Action::Reply {
        body: "Hier".to_owned(),
        attachments: vec![OutboundAttachment {
            name: "film.mp4".to_owned(),
            media_type: "video/mp4".to_owned(),
            bytes: vec![0; (10 << 20) + 1],
            alt: None,
        }],
    };
    let mut nobody = answer();
    nobody.recipient = None;
    let mut edit = answer();
    edit.action = Action::Delete {
        network_id: "m1@mail.example".to_owned(),
    };
    for (outbound, class) in [
        (large, "content_rejected"),
        (nobody, "recipient_gone"),
        (edit, "forbidden"),
    ] {
        let error = Email.send(&account, &outbound, &http).await.unwrap_err();
        assert_eq!(error.class(), class, "{error}");
    }
}
