//! Shells: prompt, echo, size, end; limits; the refusal of bad tokens.

use super::*;

#[tokio::test]
async fn a_shell_prompts_echoes_resizes_and_ends() {
    let mut client = Client::open(options(), start("", &[])).await;
    client.until_text("$ ").await;
    let first = &client.seen[&0];
    assert_eq!(
        (first.flags, first.payload_kind),
        (1, Payload::Output),
        "no handshake, SYN on the first"
    );
    client.keys("stty size\r").await;
    client.until_text("\r\n0 0\r\n").await;
    client.send(Payload::Size, br#"{"cols":132,"rows":43}"#).await;
    client.keys("stty size; echo $TERM $LANG\r").await;
    client.until_text("43 132\r\nxterm-256color C.UTF-8\r\n").await;
    client.keys("exit\r").await;
    assert_eq!(client.until_closed().await, "");
    let closed = client.log.last().unwrap();
    assert_eq!(
        closed.payload_kind,
        Payload::None,
        "the header of 112 bytes has no payload type"
    );
    assert!(client.session.is_over());
    assert_eq!(client.session.status(), Status::Terminated);
    assert_eq!(client.sessions.resume(&client.session.id), None);
}

#[tokio::test]
async fn publication_starts_before_anything_else() {
    let mut client = Client::open(options(), start("", &[])).await;
    assert_eq!(client.next().await.unwrap().kind, frame::START_PUBLICATION);
}

#[tokio::test]
async fn an_interactive_command_runs_on_a_terminal() {
    let start = start(
        "AWS-StartInteractiveCommand",
        &[("command", "test -t 0 && echo is a tty | tr a-z A-Z")],
    );
    let mut client = Client::open(options(), start).await;
    assert_eq!(client.until_closed().await, "");
    assert_eq!(client.text(), "IS A TTY\r\n");
}

#[tokio::test]
async fn a_shell_ignores_the_terminate_flag_and_obeys_the_service() {
    let mut client = Client::open(options(), start("", &[])).await;
    client.until_text("$ ").await;
    client.send(Payload::Flag, &2u32.to_be_bytes()).await;
    client.keys("echo st''ill\r").await;
    client.until_text("still").await;
    assert!(client.sessions.terminate(&client.session.id));
    assert_eq!(client.until_closed().await, "");
}

#[tokio::test]
async fn what_a_shell_left_behind_is_killed_with_it() {
    let mut client = Client::open(options(), start("", &[])).await;
    client.until_text("$ ").await;
    client.keys("sleep 4242 & echo pid''=$!.\r").await;
    let pid_of = |text: &str| text.split("pid=").nth(1)?.split_once('.')?.0.parse::<i32>().ok();
    client
        .until("a process id", |client| pid_of(&client.text()).is_some())
        .await;
    let pid = pid_of(&client.text()).unwrap();
    assert!(std::path::Path::new(&format!("/proc/{pid}")).exists());
    client.sessions.terminate(&client.session.id);
    client.until_closed().await;
    for _ in 0..100 {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        if stat.is_empty() || stat.contains(") Z") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("process {pid} is still there");
}

#[tokio::test]
async fn a_shell_that_cannot_start_says_why() {
    let options = Options {
        shell: Some("exec /nonexistent/shell".to_owned()),
        ..options()
    };
    let mut client = Client::open(options, start("", &[])).await;
    client.until_closed().await;
    assert!(client.text().contains("/nonexistent/shell"), "{}", client.text());
}

#[tokio::test]
async fn a_wrong_or_expired_token_is_refused() {
    for (options, token) in [(options(), Some("wrong")), (faults("token=0s"), None)] {
        let sessions = Sessions::new(options);
        let opened = sessions.create(start("", &[])).unwrap();
        let session = sessions.find(&opened.session_id).unwrap();
        let mut socket = socket(&session).await;
        let token = token.unwrap_or(&opened.token);
        socket
            .send(Frame::text(json!({"TokenValue": token}).to_string()))
            .await
            .unwrap();
        let answer = socket.next().await.unwrap().unwrap();
        assert!(matches!(answer, Frame::Close(Some(close)) if close.reason.contains("token")));
        assert_eq!(session.status(), Status::Connecting);
    }
}

#[tokio::test]
async fn an_idle_session_is_ended_with_the_services_words() {
    let options = Options {
        faults: Faults {
            idle_for: Some(Duration::from_millis(300)),
            ..Faults::default()
        },
        ..options()
    };
    let mut client = Client::open(options, start("", &[])).await;
    assert!(client.until_closed().await.contains("inactivity"));
    let options = Options {
        lasts_for: Some(Duration::from_millis(200)),
        ..super::options()
    };
    let mut client = Client::open(options, start("", &[])).await;
    assert!(client.until_closed().await.contains("maximum duration"));
}

#[tokio::test]
async fn a_shell_shakes_hands_when_asked_and_drops_what_comes_too_early() {
    let mut client = Client::open(faults("handshake=1"), start("", &[])).await;
    client
        .until("the request", |client| !client.seen.is_empty())
        .await;
    client.keys("echo ear''ly\r").await;
    client.send(Payload::Size, br#"{"cols":10,"rows":10}"#).await;
    client
        .until("both acknowledged", |client| {
            client.acks_of(0) == 1 && client.acks_of(1) == 1
        })
        .await;
    client.shake_hands("1.2.700.0").await;
    client.keys("stty size; echo do''ne; exit\r").await;
    client.until_closed().await;
    assert!(client.text().contains("0 0\r\ndone"), "{}", client.text());
    assert!(!client.text().contains("early"));
}

#[tokio::test]
async fn a_handshake_that_nobody_answers_fails_the_session() {
    let options = Options {
        handshake_for: Duration::from_millis(100),
        ..options()
    };
    let mut client = Client::open(options, start("AWS-StartSSHSession", &[])).await;
    assert!(client.until_closed().await.contains("Handshake timed out"));
    assert_eq!(client.session.status(), Status::Failed);
}

fn isolated() -> Options {
    Options {
        shell: None,
        isolate: true,
        ..options()
    }
}

#[tokio::test]
async fn an_isolated_shell_is_on_the_instance_and_not_on_this_machine() {
    let sessions = Sessions::new(isolated());
    if *sessions.isolation().await == Isolation::None {
        eprintln!("skipped: no bwrap that works");
        return;
    }
    let start = Start {
        hostname: Some("ip-10-0-1-23".to_owned()),
        ..start("", &[])
    };
    let mut client = Client::join(sessions, start).await;
    client.until_text("[ssm-user@ip-10-0-1-23").await;
    client
        .keys("cd; head -1 README.txt; touch /usr/x; hostname\r")
        .await;
    client.until_text("Read-only file system").await;
    client.until_text("\r\nip-10-0-1-23\r\n").await;
    assert!(client.text().contains("front end"));
    client.keys("exit\r").await;
    client.until_closed().await;
}

#[tokio::test]
async fn a_shell_that_cannot_be_isolated_says_so_before_its_prompt() {
    let sessions = Sessions::new(Options {
        shell: options().shell,
        ..isolated()
    });
    sessions.options.isolation.set(Isolation::None).unwrap();
    let mut client = Client::join(sessions, start("", &[])).await;
    client.until_text("$ ").await;
    let text = client.text();
    let (notice, _) = text.split_once("$ ").unwrap();
    assert!(notice.contains("this very machine"), "{text}");
}
