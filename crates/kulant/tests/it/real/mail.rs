//! A customer writes by mail, is answered by the interface, and reads the answer in the thread of an
//! ordinary mail program; what they write below it comes back into the same conversation.

use serde_json::Value;

use super::super::driver::Place;
use super::mail_servers::MailServers;
use super::{Desk, text};

#[test]
fn mail_comes_in_is_answered_and_stays_one_thread_on_both_sides() {
    let name = "mail_comes_in_is_answered_and_stays_one_thread_on_both_sides";
    let Some(servers) = MailServers::start(name) else {
        return;
    };
    let place = Place::new().with("KULANT_ALLOWED_HOSTS", "localhost");
    let token = place.token();
    let server = place.serve();
    let mut desk = Desk::new(&server, &token);
    let inbox = desk.connect("email", &servers.settings());
    desk.wait_until_healthy(&inbox);

    servers.customer_writes(
        "service@nordbahn.test",
        "From: Anna Beispiel <kunde@mail.test>\nTo: service@nordbahn.test\nCc: kunde@mail.test\n\
         Subject: =?utf-8?Q?Versp=C3=A4tung?=\nMessage-ID: <erste@mail.test>\n\
         MIME-Version: 1.0\n\
         Content-Type: text/plain; charset=utf-8\n\nWann geht es weiter?\n",
    );
    let conversation = desk.wait_for_conversations(1).remove(0);
    let id = text(&conversation["id"]).to_owned();
    assert_eq!(conversation["visibility"], "private");
    assert_eq!(conversation["contact"]["name"], "Anna Beispiel");
    assert_eq!(conversation["preview"], "Wann geht es weiter?");

    desk.reply(&id, "private", "Um 8 Uhr.\n\nViele Grüße");
    let messages = desk.wait_for_messages(&id, 2);
    assert_eq!(messages[1]["direction"], "out", "{messages:?}");
    let own_id = text(&messages[1]["network_id"]).to_owned();

    let mails = servers.customer_reads(2);
    let answer = mails
        .iter()
        .find(|mail| header(mail, "Message-ID") == Some(format!("<{own_id}>")))
        .unwrap_or_else(|| panic!("no mail <{own_id}>: {mails:?}"));
    let read = |name: &str| header(answer, name);
    assert_eq!(read("In-Reply-To").as_deref(), Some("<erste@mail.test>"));
    assert_eq!(read("References").as_deref(), Some("<erste@mail.test>"));
    assert_eq!(
        read("Subject").as_deref(),
        Some("Re: =?utf-8?b?VmVyc3DDpHR1bmc=?=")
    );
    let from = read("From").expect("a sender");
    assert!(from.ends_with("<service@nordbahn.test>"), "{from}");
    assert_eq!(read("Auto-Submitted"), None);
    assert_eq!(servers.threads(), format!("erste@mail.test {own_id}"));

    // The customer answers as mail programs do: to the address for answers, with the whole chain.
    let reply_to = read("Reply-To").expect("an address for answers");
    let (_, address) = reply_to.rsplit_once('<').expect("a name before it");
    let address = address.trim_end_matches('>');
    servers.customer_writes(
        address,
        &format!(
            "From: Anna Beispiel <kunde@mail.test>\nTo: {address}\nCc: kunde@mail.test\n\
             Subject: Re: =?utf-8?Q?Versp=C3=A4tung?=\nMessage-ID: <zweite@mail.test>\n\
             In-Reply-To: <{own_id}>\nReferences: <erste@mail.test> <{own_id}>\n\nDanke!\n"
        ),
    );
    let messages = desk.wait_for_messages(&id, 3);
    // Mails tell their time in whole seconds: which of two of the same second comes first is open.
    let told = |id: &str| messages.iter().find(|message| message["network_id"] == id);
    let second = told("zweite@mail.test").expect("the second mail");
    assert_eq!(second["body"], "Danke!");
    assert_eq!(second["direction"], "in");
    assert_eq!(
        desk.wait_for_conversations(1)[0]["id"],
        Value::from(id.as_str())
    );

    // And what is answered to that names the whole chain.
    desk.reply(&id, "private", "Gern geschehen.");
    let messages = desk.wait_for_messages(&id, 4);
    let last = messages
        .iter()
        .find(|message| message["body"] == "Gern geschehen.");
    let last_id = text(&last.expect("the second answer")["network_id"]).to_owned();
    let mails = servers.customer_reads(4);
    let last = mails
        .iter()
        .find(|mail| header(mail, "Message-ID") == Some(format!("<{last_id}>")))
        .expect("the second answer");
    assert_eq!(
        header(last, "In-Reply-To").as_deref(),
        Some("<zweite@mail.test>")
    );
    assert_eq!(
        header(last, "References"),
        Some(format!("<erste@mail.test> <{own_id}> <zweite@mail.test>"))
    );
    let chain = format!("erste@mail.test {own_id} zweite@mail.test {last_id}");
    assert_eq!(servers.threads(), chain);

    let (code, _) = server.stop();
    assert_eq!(code, Some(0));
}

/// Returns a header's value, its lines joined.
fn header(mail: &str, name: &str) -> Option<String> {
    let (head, _) = mail.split_once("\n\n")?;
    let head = head.replace("\n ", " ").replace("\n\t", " ");
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        found.eq_ignore_ascii_case(name).then_some(value)
    })
}
