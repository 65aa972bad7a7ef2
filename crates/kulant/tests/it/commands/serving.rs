//! What serves: `kulant serve` and the benches as real processes.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::driver::{PATIENCE, Place, wait_until};

#[test]
fn an_empty_folder_becomes_a_running_desk() {
    let place = Place::new();
    let server = place.serve();
    eprintln!("ready after {} ms", server.begun.elapsed().as_millis());
    let mut client = server.client();
    assert_eq!(client.get("/healthz", None).unwrap().status, 200);
    assert_eq!(
        client.get("/api/v1/conversations", None).unwrap().status,
        401
    );

    let (code, rest) = server.stop();
    assert_eq!(code, Some(0));
    let link = rest
        .iter()
        .find(|line| line.starts_with("http://"))
        .expect("the first administrator's link");
    assert!(link.contains("/desk/invitation/"), "{link}");

    // Nobody used the link, so the next start gives another; then one administers and it is over.
    let (_, rest) = place.serve().stop();
    assert!(rest.iter().any(|line| line.contains("/desk/invitation/")));
}

#[test]
fn the_numbers_tell_of_every_inbox_follower_and_queue() {
    let place = Place::new();
    let server = place.serve();
    place.webhook("Zahlen");
    let answer = server.client().get("/metrics", None).unwrap();
    assert_eq!(answer.status, 200);
    let text = String::from_utf8(answer.body).unwrap();
    for number in [
        "kulant_inbox_lag_seconds{inbox=\"Zahlen\",channel=\"webhook\"} 0",
        "kulant_quarantined{inbox=\"Zahlen\"} 0",
        "kulant_outgoing{inbox=\"Zahlen\",state=\"failed\"} 0",
        "kulant_follower_lag_events{follower=\"search\"} ",
        "kulant_queue_oldest_waiting_seconds{team=\"Service\"} 0",
    ] {
        assert!(text.contains(number), "{number} is not in\n{text}");
    }
}

/// A desk hears of what happens whichever part of kulant answers it, and keeps no server from ending.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "how long a stop takes is measured by the wall clock"
)]
fn a_live_desk_hears_of_everything_and_holds_no_stop_up() {
    for role in ["all", "web"] {
        let place = Place::new().with("KULANT_ROLE", role);
        let token = place.token();
        let server = place.serve();
        let mut stream = TcpStream::connect(&server.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let request = format!(
            "GET /api/v1/live HTTP/1.1\r\nhost: kulant\r\nauthorization: Bearer {token}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
        assert!(lines.any(|line| line == "event: hello"), "{role}");
        place.lines(&[
            "agent",
            "add",
            "--email",
            "neu@example.org",
            "--name",
            "Neu",
            "--role",
            "agent",
        ]);
        assert!(lines.any(|line| line.contains("agent_changed")), "{role}");

        let told = Instant::now();
        let (code, _) = server.stop();
        assert_eq!(code, Some(0));
        let took = told.elapsed();
        assert!(took < Duration::from_secs(3), "{role} took {took:?}");
    }
}

/// Whoever says nothing, or never ends saying it, holds no place for ever.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "how long a connection is held is measured by the wall clock"
)]
fn half_a_request_is_not_waited_for() {
    let place = Place::new();
    let server = place.serve();
    let begun = Instant::now();
    let connect = |said: &str| {
        let mut stream = TcpStream::connect(&server.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(said.as_bytes()).unwrap();
        stream
    };
    let half = "GET /healthz HTTP/1.1\r\nhost: kulant\r\nx-slow: ";
    let mut streams = vec![connect(""), connect("G"), connect(half)];
    let mut idle = connect("GET /healthz HTTP/1.1\r\nhost: kulant\r\n\r\n");
    // A word now and then buys no more time.
    let mut drip = connect(half);
    let drips = std::thread::spawn(move || {
        while drip.write_all(b"x").is_ok() && begun.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(500));
        }
        begun.elapsed()
    });
    for stream in &mut streams {
        let mut heard = Vec::new();
        stream
            .read_to_end(&mut heard)
            .expect("closed by the server");
        assert!(!heard.starts_with(b"HTTP/1.1 200"), "nothing was asked");
    }
    let mut heard = Vec::new();
    idle.read_to_end(&mut heard).expect("closed by the server");
    assert!(heard.starts_with(b"HTTP/1.1 200"), "answered, then ended");
    let took = begun.elapsed();
    assert!(
        took > Duration::from_secs(5),
        "a slow line has time: {took:?}"
    );
    assert!(took < Duration::from_secs(20), "{took:?}");
    let took = drips.join().unwrap();
    assert!(took < Duration::from_secs(20), "{took:?}");
}

/// More than the settings allow wait in the queue, are not refused, and are served once others end.
#[test]
fn no_more_connections_are_open_than_there_are_places() {
    for (behind_proxy, most, share) in [("true", "3", 3), ("false", "12", 3)] {
        let place = Place::new()
            .with("KULANT_MOST_CONNECTIONS", most)
            .with("KULANT_BEHIND_PROXY", behind_proxy);
        let server = place.serve();
        let ask = |stream: &mut TcpStream| {
            let request = "GET /healthz HTTP/1.1\r\nhost: kulant\r\n\r\n";
            // Whoever was turned away hears it when reading.
            let _ = stream.write_all(request.as_bytes());
        };
        let connect = || {
            let stream = TcpStream::connect(&server.address).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            stream
        };
        let hears = |stream: &mut TcpStream| {
            let mut start = [0; 12];
            stream
                .read_exact(&mut start)
                .map(|()| start == *b"HTTP/1.1 200")
        };
        let mut open = Vec::new();
        // The one that asked whether the server is ready may still be on its way out.
        wait_until("every place is taken", || {
            let mut stream = connect();
            ask(&mut stream);
            if hears(&mut stream).unwrap_or(false) {
                open.push(stream);
            }
            open.len() == share
        });
        let mut late = connect();
        if behind_proxy == "true" {
            ask(&mut late);
            late.set_read_timeout(Some(Duration::from_millis(700)))
                .unwrap();
            let waits = hears(&mut late).unwrap_err().kind();
            assert!(matches!(waits, ErrorKind::WouldBlock | ErrorKind::TimedOut));
            open.pop();
            late.set_read_timeout(Some(PATIENCE)).unwrap();
            assert!(hears(&mut late).unwrap(), "served once another ended");
        } else {
            // Places are free, but this address has its share of them.
            assert!(hears(&mut late).is_err());
            open.pop();
            wait_until("the address has a place again", || {
                let mut stream = connect();
                ask(&mut stream);
                hears(&mut stream).unwrap_or(false)
            });
        }
    }
}

#[test]
fn whoever_serves_has_the_folder_for_itself() {
    let place = Place::new();
    let server = place.serve();
    let backup = place.file("copy");
    let backup = backup.to_str().unwrap();
    assert_eq!(place.run(&["backup", backup]).code, 0);
    for arguments in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["migrate"],
        &["restore", backup],
        &["demo", "--listen", "127.0.0.1:0"],
    ] {
        let said = place.run(arguments);
        assert_eq!(said.code, 1, "{arguments:?}: {}", said.err);
        assert!(said.err.contains("kulant serve (process "), "{}", said.err);
        assert!(said.err.contains("stop it first"), "{}", said.err);
    }

    // A server that died without a word left its file, and is no obstacle.
    server.kill();
    assert!(place.file("lock").metadata().unwrap().len() > 0);
    assert_eq!(place.run(&["migrate"]).code, 0);
}

#[test]
fn benches_tell_what_they_measured() {
    let place = Place::new();
    let intake = place.lines(&[
        "bench",
        "intake",
        "--seconds",
        "1",
        "--rate-seconds",
        "1",
        "--rate",
        "20",
        "--desk-rate",
        "20",
        "--connections",
        "4",
        "--json",
    ]);
    let intake: Value = serde_json::from_str(&intake[0]).unwrap();
    assert!(
        intake["searchable_per_second"].as_f64().unwrap() > 0.0,
        "{intake}"
    );
    assert_eq!(intake["to_the_desk"]["count"], 20, "{intake}");

    let desk = place.lines(&[
        "bench",
        "desk",
        "--sizes",
        "300",
        "--seconds",
        "3",
        "--agents",
        "3",
        "--desks",
        "3",
        "--json",
    ]);
    let desk: Value = serde_json::from_str(&desk[0]).unwrap();
    assert!(desk["list_300"]["count"].as_u64().unwrap() >= 3, "{desk}");
    assert_eq!(desk["search_300"]["count"], 100, "{desk}");
}
