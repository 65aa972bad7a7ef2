//! Against real servers: Dovecot and OpenSMTPD, as Debian packs them, on free ports and in a folder of
//! their own. A customer writes, is answered, and reads the answer in the right thread.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures::StreamExt as _;
use kulant_model::message::Visibility;
use mail_parser::{Message, MessageParser};

use super::super::setup::Setup;
use super::super::smtp;
use super::*;
use crate::fixture::NOW;
use crate::inbound::{Inbound, Post};
use crate::outbound::Action;

const DOVECOT: &str = "/usr/sbin/dovecot";
const SMTPD: &str = "/usr/sbin/smtpd";
/// The user and group "nobody", in whose name mail is kept.
const NOBODY: u32 = 65_534;
const PATIENCE: Duration = Duration::from_secs(20);

/// Both servers, stopped and swept away at the end.
struct Servers {
    folder: PathBuf,
    ports: [u16; 3],
    running: Vec<Child>,
}

impl Servers {
    /// Starts both; none, with a line that says why, where that cannot be.
    fn start() -> Option<Self> {
        let missing = [DOVECOT, SMTPD]
            .into_iter()
            .find(|program| !Path::new(program).exists());
        if let Some(program) = missing {
            return skipped(&format!("{program} is missing"));
        }
        if UnixStream::connect("/var/run/smtpd.sock").is_ok() {
            return skipped("an OpenSMTPD is running here already, and there can be only one");
        }
        let user = Command::new("id").arg("-u").output().expect("it runs");
        if user.stdout != b"0\n" {
            return skipped("the mail servers want to be started by root");
        }
        let folder = std::env::temp_dir().join(format!("kulant-mail-{}", std::process::id()));
        fs::create_dir_all(folder.join("mail")).expect("a temporary folder can be made");
        let open = fs::Permissions::from_mode(0o755);
        fs::set_permissions(&folder, open).expect("the folder is ours");
        chown(folder.join("mail"), Some(NOBODY), Some(NOBODY)).expect("root may give it away");
        let mut servers = Self {
            ports: free_ports(),
            folder,
            running: Vec::new(),
        };
        servers.configure();
        let dovecot = servers.path("dovecot.conf");
        servers.run(Command::new(DOVECOT).args(["-F", "-c", &dovecot]));
        let smtpd = servers.path("smtpd.conf");
        servers.run(Command::new(SMTPD).args(["-d", "-f", &smtpd]));
        for port in servers.ports {
            let up = (0..100).any(|_| {
                std::thread::sleep(Duration::from_millis(100));
                std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
            });
            assert!(up, "no server came up on port {port}");
        }
        Some(servers)
    }

    fn configure(&self) {
        let folder = self.folder.display();
        let [imap, imaps, smtp] = self.ports;
        let (key, certificate) = (self.path("key.pem"), self.path("cert.pem"));
        self.write("cert.pem", CERTIFICATE);
        self.write("key.pem", KEY);
        let secret = fs::Permissions::from_mode(0o600);
        fs::set_permissions(&key, secret).expect("the key is ours");

        let users = format!("service {NOBODY}:{NOBODY}:/\nkunde {NOBODY}:{NOBODY}:/\n");
        self.write("users", &users);
        self.write(
            "smtpd.conf",
            &format!(
                "table users file:{folder}/users\nlisten on 127.0.0.1 port {smtp}\n\
                 action \"in\" maildir \"{folder}/mail/%{{user.username}}\" userbase <users>\n\
                 match from any for any action \"in\"\n"
            ),
        );
        self.write(
            "dovecot.conf",
            &format!(
                "protocols = imap\nlisten = 127.0.0.1\nbase_dir = {folder}/run\n\
                 state_dir = {folder}/run\nlog_path = {folder}/dovecot.log\n\
                 ssl = yes\nssl_cert = <{certificate}\nssl_key = <{key}\n\
                 disable_plaintext_auth = yes\nmail_location = maildir:{folder}/mail/%n\n\
                 passdb {{\n driver = static\n args = password=geheim\n}}\n\
                 userdb {{\n driver = static\n args = uid={NOBODY} gid={NOBODY} home={folder}/mail/%n\n}}\n\
                 namespace inbox {{\n inbox = yes\n mailbox Sent {{\n auto = create\n }}\n}}\n\
                 service imap-login {{\n inet_listener imap {{\n port = {imap}\n }}\n\
                 inet_listener imaps {{\n port = {imaps}\n ssl = yes\n }}\n}}\n"
            ),
        );
    }

    fn run(&mut self, command: &mut Command) {
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        self.running.push(child.expect("the server starts"));
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.join(name), text).expect("the folder is ours");
    }

    /// Returns the settings of the service's mailbox. Debian's OpenSMTPD cannot seal connections and
    /// lets nobody sign in without; the servers by script stand in for both.
    fn service(&self, starttls: bool) -> Account {
        let [imap, imaps, smtp] = self.ports;
        let mut account = fixture::account(json!({
            "address": "service@nordbahn.test",
            "name": "Nordbahn Service",
            "imap_host": "localhost",
            "imap_port": if starttls { imap } else { imaps },
            "imap_security": if starttls { "starttls" } else { "tls" },
            "username": "service",
            "smtp_host": "localhost",
            "smtp_port": smtp,
            "smtp_security": "none",
            "sent_folder": "Sent",
            "reply_pattern": "service+{token}@nordbahn.test",
            "certificate": CERTIFICATE,
        }));
        account.secrets["password"] = json!("geheim");
        account
    }

    /// Writes as the customer does, from elsewhere.
    async fn customer_writes(&self, to: &str, mail: &str) {
        let mut account = self.service(false);
        account.settings["address"] = json!("kunde@mail.test");
        let setup = Setup::read(&account).expect("the settings are good");
        let to = to.parse().expect("an address");
        let mail = mail.replace('\n', "\r\n");
        smtp::deliver(&setup, &fixture::http(), &to, mail.as_bytes())
            .await
            .expect("the server takes the mail");
    }

    /// Waits for the answer in the customer's mailbox.
    async fn customer_reads(&self) -> Vec<u8> {
        let folder = self.folder.join("mail/kunde/new");
        let end = tokio::time::Instant::now() + PATIENCE;
        while tokio::time::Instant::now() < end {
            let found = fs::read_dir(&folder)
                .ok()
                .and_then(|mut files| files.next());
            if let Some(Ok(file)) = found {
                return fs::read(file.path()).expect("the mail is readable");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("no answer arrived in {}", folder.display());
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for child in &mut self.running {
            let _ = Command::new("kill").arg(child.id().to_string()).status();
            let _ = child.wait();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn free_ports() -> [u16; 3] {
    let listeners = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port is free"));
    listeners.map(|listener| listener.local_addr().expect("it is bound").port())
}

/// Says that there are no servers, past the capture of the test runner.
fn skipped<T>(why: &str) -> Option<T> {
    use std::io::Write as _;
    let line = format!("skipped: email against real servers: {why}\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
    None
}

fn post(account: &Account, polled: &Polled) -> Post {
    assert_eq!(polled.deliveries.len(), 1, "{polled:?}");
    let translation = Email.translate(account, &polled.deliveries[0]);
    match translation.expect("it is readable").taken.pop() {
        Some(Inbound::Post(post)) => post,
        other => panic!("a mail is a post: {other:?}"),
    }
}

fn header<'a>(mail: &'a Message<'_>, name: &'a str) -> &'a str {
    mail.header_raw(name).unwrap_or_default().trim()
}

#[tokio::test]
async fn a_customer_writes_is_answered_and_reads_it_in_the_thread() {
    let Some(servers) = Servers::start() else {
        return;
    };
    let http = fixture::http();
    let account = servers.service(false);
    let mut told = Email
        .listen(&account, None, &http)
        .expect("mail is listened to");
    let mut next = async || {
        let told = tokio::time::timeout(PATIENCE, told.next()).await;
        told.expect("the server tells in time")
            .expect("the stream goes on")
            .expect("the mailbox is good")
    };
    assert_eq!(next().await.deliveries, []);

    servers
        .customer_writes(
            "service@nordbahn.test",
            "From: Anna <kunde@mail.test>\nTo: service@nordbahn.test\nSubject: =?utf-8?Q?Versp=C3=A4tung?=\n\
             Message-ID: <erste@mail.test>\nDate: Sun, 22 Nov 2026 04:59:00 +0000\n\nWann geht es weiter?\n",
        )
        .await;
    let first = post(&account, &next().await);
    assert_eq!(first.network_id, "erste@mail.test");
    assert_eq!(first.text, "Wann geht es weiter?");
    assert_eq!(first.title.as_deref(), Some("Verspätung"));

    let mut answer = fixture::reply("Um 8 Uhr.\n\nViele Grüße");
    answer.visibility = Visibility::Private;
    answer.in_reply_to = Some(first.network_id.clone());
    answer.thread = first.thread.clone();
    answer.recipient = Some(first.author.network_id.clone());
    answer.subject.clone_from(&first.title);
    let receipt = Email
        .send(&account, &answer, &http)
        .await
        .expect("it is taken");

    let raw = servers.customer_reads().await;
    let mail = MessageParser::default().parse(&raw).expect("it is a mail");
    assert_eq!(mail.message_id(), Some(receipt.network_id.as_str()));
    assert_eq!(header(&mail, "In-Reply-To"), "<erste@mail.test>");
    assert_eq!(header(&mail, "References"), "<erste@mail.test>");
    assert_eq!(mail.subject(), Some("Re: Verspätung"));
    assert_eq!(
        header(&mail, "From"),
        "\"Nordbahn Service\" <service@nordbahn.test>"
    );
    assert_eq!(mail.header_raw("Auto-Submitted"), None);
    let text = mail.body_text(0).expect("there is a text");
    assert_eq!(
        text.trim_end(),
        "Um 8 Uhr.\n\nViele Grüße\n\n-- \nTeam Bahnsteig"
    );

    // The copy that we filed is found again, and is known as ours when it is read.
    let found = Email.look_up(&account, "9001", &http).await;
    let found = found
        .expect("the folder answers")
        .map(|found| found.network_id);
    assert_eq!(found.as_deref(), Some(receipt.network_id.as_str()));
    assert_eq!(
        Email
            .look_up(&account, "9002", &http)
            .await
            .unwrap_err()
            .class(),
        "uncertain"
    );

    // A mail program that keeps nothing of the thread, but answers where it is asked to.
    let reply_to = mail
        .reply_to()
        .and_then(|to| to.first())
        .and_then(|to| to.address.clone());
    let reply_to = reply_to.expect("there is an address for answers");
    servers
        .customer_writes(
            &reply_to,
            &format!(
                "From: kunde@mail.test\nTo: {reply_to}\nMessage-ID: <zweite@mail.test>\n\nDanke!\n"
            ),
        )
        .await;
    let polled = next().await;
    let (echoes, news): (Vec<_>, Vec<_>) = polled
        .deliveries
        .iter()
        .partition(|delivery| delivery.header("folder") == Some("Sent"));
    let echo = Email
        .translate(&account, echoes[0])
        .expect("it is readable");
    assert!(
        matches!(&echo.taken[0], Inbound::Post(post) if post.author.own && post.echo_of.as_deref() == Some("9001"))
    );
    let second = post(
        &account,
        &Polled {
            deliveries: news.into_iter().cloned().collect(),
            ..polled.clone()
        },
    );
    assert_eq!(
        (second.text.as_str(), &second.thread),
        ("Danke!", &first.thread)
    );

    // The other way of sealing, what is new since a cursor, and what goes wrong.
    let other_way = servers.service(true);
    let cursor = Some(polled.cursor.as_str());
    let polled = Email
        .poll(&other_way, cursor, &http)
        .await
        .expect("it answers");
    assert_eq!(polled.deliveries, []);
    let all = Email
        .poll(&other_way, None, &http)
        .await
        .expect("it answers");
    assert_eq!(all.deliveries.len(), 3);
    assert_eq!(all.cursor, polled.cursor);
    assert_eq!(Email.probe(&other_way, &http).await, Ok(Vec::new()));
    answer.recipient = Some("niemand@mail.test".to_owned());
    let refused = Email.send(&other_way, &answer, &http).await.unwrap_err();
    assert_eq!(refused.class(), "recipient_gone", "{refused}");

    let mut stranger = servers.service(true);
    stranger.secrets["password"] = json!("falsch");
    let findings = Email.probe(&stranger, &http).await.expect("they answer");
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].class, FindingClass::Token);
    stranger.settings["certificate"] = json!("");
    let unbelieved = Email.poll(&stranger, None, &http).await.unwrap_err();
    assert_eq!(unbelieved.class(), "forbidden", "{unbelieved}");
    assert_eq!(receipt.at, NOW);
    assert!(matches!(answer.action, Action::Reply { .. }));
}
