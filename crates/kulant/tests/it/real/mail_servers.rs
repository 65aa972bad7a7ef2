//! Dovecot and OpenSMTPD on free ports and in a folder of their own, and a customer with an ordinary
//! mail program: who writes by SMTP, reads their mailbox, and has it sorted into threads by IMAP.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::super::driver::{PATIENCE, wait_until};
use super::super::skipped;

const DOVECOT: &str = "/usr/sbin/dovecot";
const SMTPD: &str = "/usr/sbin/smtpd";
/// The user and group "nobody", in whose name mail is kept.
const NOBODY: u32 = 65_534;

/// Both servers, stopped and swept away at the end.
pub struct MailServers {
    folder: tempfile::TempDir,
    imap: u16,
    smtp: u16,
    running: Vec<Child>,
}

impl MailServers {
    /// Starts both; none, with a line that says why, where that cannot be.
    pub fn start(test: &str) -> Option<Self> {
        let missing = [DOVECOT, SMTPD]
            .into_iter()
            .find(|program| !Path::new(program).exists());
        if let Some(program) = missing {
            skipped(test, &format!("{program} is missing"));
            return None;
        }
        let user = Command::new("id").arg("-u").output().unwrap();
        if user.stdout != b"0\n" {
            skipped(test, "the mail servers want to be started by root");
            return None;
        }
        // There can be only one OpenSMTPD on a machine: another test's ends soon.
        wait_until("no other OpenSMTPD is running", || {
            UnixStream::connect("/var/run/smtpd.sock").is_err()
        });

        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let mail = folder.path().join("mail");
        fs::create_dir(&mail).unwrap();
        chown(&mail, Some(NOBODY), Some(NOBODY)).unwrap();
        let mut servers = Self {
            folder,
            imap: free_port(),
            smtp: free_port(),
            running: Vec::new(),
        };
        let configurations = [servers.configure_dovecot(), servers.configure_smtpd()];
        servers.run(Command::new(DOVECOT).args(["-F", "-c", &configurations[0]]));
        servers.run(Command::new(SMTPD).args(["-d", "-f", &configurations[1]]));
        for port in [servers.imap, servers.smtp] {
            wait_until("the mail servers are up", || {
                TcpStream::connect(("127.0.0.1", port)).is_ok()
            });
        }
        Some(servers)
    }

    /// Returns the settings of the service's mailbox. That connections are sealed is the channel's own
    /// test: Debian's OpenSMTPD cannot, without more configuration than the test is about.
    pub fn settings(&self) -> Value {
        json!({
            "address": "service@nordbahn.test",
            "name": "Nordbahn Service",
            "imap_host": "localhost",
            "imap_port": self.imap,
            "imap_security": "none",
            "username": "service",
            "password": "geheim",
            "smtp_host": "localhost",
            "smtp_port": self.smtp,
            "smtp_security": "none",
            "sent_folder": "Sent",
            "reply_pattern": "service+{token}@nordbahn.test",
        })
    }

    /// Writes as the customer's mail program does: to the service, and a copy to their own mailbox.
    pub fn customer_writes(&self, to: &str, mail: &str) {
        let date = Command::new("date").arg("-R").output().unwrap();
        let date = String::from_utf8(date.stdout).unwrap();
        let mail = format!("Date: {date}{mail}");
        let mut line = Line::open(self.smtp);
        line.hear("220");
        for (said, answer) in [
            ("HELO mail.test", "250"),
            ("MAIL FROM:<kunde@mail.test>", "250"),
            (&format!("RCPT TO:<{to}>"), "250"),
            ("RCPT TO:<kunde@mail.test>", "250"),
            ("DATA", "354"),
            (&format!("{}\r\n.", mail.replace('\n', "\r\n")), "250"),
            ("QUIT", "221"),
        ] {
            line.say(said);
            line.hear(answer);
        }
    }

    /// Waits until so many mails are in the customer's mailbox, and returns them with `\n` alone.
    pub fn customer_reads(&self, count: usize) -> Vec<String> {
        let folder = self.folder.path().join("mail/kunde");
        let mut mails = Vec::new();
        wait_until("the mail is in the customer's mailbox", || {
            mails = ["new", "cur"]
                .iter()
                .filter_map(|part| fs::read_dir(folder.join(part)).ok())
                .flatten()
                .filter_map(|file| fs::read_to_string(file.ok()?.path()).ok())
                .map(|mail| mail.replace("\r\n", "\n"))
                .collect();
            mails.len() >= count
        });
        assert_eq!(mails.len(), count, "{mails:?}");
        mails
    }

    /// Asks the customer's IMAP server for the threads of their mailbox, by the rule that ordinary mail
    /// programs follow (RFC 5256, REFERENCES), and tells them by the mails' ids: the numbers of two that
    /// arrive in the same second say nothing.
    pub fn threads(&self) -> String {
        let mut line = Line::open(self.imap);
        line.hear("* OK");
        line.say("a LOGIN kunde geheim");
        line.hear("a OK");
        line.say("b EXAMINE INBOX");
        line.hear("b OK");
        line.say("c THREAD REFERENCES UTF-8 ALL");
        let heard = line.hear("c OK");
        let threads = heard
            .iter()
            .find_map(|line| line.strip_prefix("* THREAD "))
            .unwrap_or_else(|| panic!("no threads: {heard:?}"));
        line.say("d FETCH 1:* (BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])");
        let mut number = "";
        let mut ids = HashMap::new();
        let heard = line.hear("d OK");
        for line in &heard {
            if let Some((found, _)) = line
                .strip_prefix("* ")
                .and_then(|line| line.split_once(" FETCH"))
            {
                number = found;
            } else if let Some((_, id)) = line.split_once('<') {
                ids.insert(number, id.trim_end_matches('>'));
            }
        }
        // Mails in threads of their own, or beside each other, have no blank alone between them.
        let numbers = threads.trim_matches(['(', ')']).split(' ');
        let told: Vec<&str> = numbers
            .map(|number| {
                *ids.get(number)
                    .unwrap_or_else(|| panic!("several threads: {threads}"))
            })
            .collect();
        told.join(" ")
    }

    fn configure_smtpd(&self) -> String {
        let (folder, port) = (self.folder.path().display(), self.smtp);
        self.write(
            "users",
            &format!("service {NOBODY}:{NOBODY}:/\nkunde {NOBODY}:{NOBODY}:/\n"),
        );
        self.write(
            "smtpd.conf",
            &format!(
                "table users file:{folder}/users\nlisten on 127.0.0.1 port {port}\n\
                 action \"in\" maildir \"{folder}/mail/%{{user.username}}\" userbase <users>\n\
                 match from any for any action \"in\"\n"
            ),
        )
    }

    fn configure_dovecot(&self) -> String {
        let (folder, port) = (self.folder.path().display(), self.imap);
        self.write(
            "dovecot.conf",
            &format!(
                "protocols = imap\nlisten = 127.0.0.1\nbase_dir = {folder}/run\n\
                 state_dir = {folder}/run\nlog_path = {folder}/dovecot.log\nssl = no\n\
                 disable_plaintext_auth = no\nmail_location = maildir:{folder}/mail/%n\n\
                 passdb {{\n driver = static\n args = password=geheim\n}}\n\
                 userdb {{\n driver = static\n args = uid={NOBODY} gid={NOBODY} home={folder}/mail/%n\n}}\n\
                 namespace inbox {{\n inbox = yes\n mailbox Sent {{\n auto = create\n }}\n}}\n\
                 service imap-login {{\n inet_listener imap {{\n port = {port}\n }}\n\
                 inet_listener imaps {{\n port = 0\n }}\n}}\n"
            ),
        )
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    fn run(&mut self, command: &mut Command) {
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        self.running.push(child.unwrap());
    }
}

impl Drop for MailServers {
    fn drop(&mut self) {
        for child in &mut self.running {
            // Both are told to end, so that they end their own children.
            drop(Command::new("kill").arg(child.id().to_string()).status());
            drop(child.wait());
        }
    }
}

/// A conversation line by line.
struct Line(BufReader<TcpStream>);

impl Line {
    fn open(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(BufReader::new(stream))
    }

    fn say(&mut self, line: &str) {
        let line = format!("{line}\r\n");
        self.0.get_mut().write_all(line.as_bytes()).unwrap();
    }

    /// Reads up to a line that begins so, and returns what was read.
    fn hear(&mut self, end: &str) -> Vec<String> {
        let mut heard = Vec::new();
        loop {
            let mut line = String::new();
            let count = self.0.read_line(&mut line).unwrap();
            let refused = line.starts_with(['4', '5']) || count == 0;
            heard.push(line.trim_end().to_owned());
            assert!(!refused, "expected {end}: {heard:?}");
            if line.starts_with(end) {
                return heard;
            }
        }
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
