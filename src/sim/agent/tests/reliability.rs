//! Acknowledgements, resends, order, reconnects, lossy weather and hostile frames.

use super::*;

#[tokio::test]
async fn output_is_sent_again_with_the_same_bytes_until_acknowledged() {
    let mut client = Client::open(options(), start("", &[])).await;
    client.acknowledges = false;
    let copies = |client: &Client| {
        client
            .log
            .iter()
            .filter(|each| each.kind == frame::OUTPUT && each.sequence == 0)
            .count()
    };
    client.until("three copies", |client| copies(client) >= 3).await;
    let mut sent: Vec<&Message> = client
        .log
        .iter()
        .filter(|each| each.sequence == 0 && each.kind == frame::OUTPUT)
        .collect();
    sent.dedup();
    assert_eq!(sent.len(), 1, "same id, date and payload");
    client.acknowledge(0).await;
    client.acknowledges = true;
    client.keys("echo a''b\r").await;
    client.until_text("ab").await;
}

#[tokio::test]
async fn input_is_put_in_order_and_duplicates_are_acknowledged_again() {
    let mut client = Client::open(options(), start("", &[])).await;
    client.until_text("$ ").await;
    for sequence in [3, 1, 2, 2] {
        client
            .send_as(
                sequence,
                Payload::Output,
                &[
                    b"echo "[..].to_vec(),
                    b"o''r".to_vec(),
                    b"de''r".to_vec(),
                    b"ed\r".to_vec(),
                ][sequence as usize]
                    .clone(),
            )
            .await;
    }
    client
        .until("acknowledged before they are in order", |client| {
            client.acks_of(2) == 2
        })
        .await;
    client.send_as(0, Payload::Output, b"echo ").await;
    client.until_text("ordered").await;
    client.send_as(0, Payload::Output, b"echo again\r").await;
    client
        .until("acknowledged again", |client| client.acks_of(0) == 2)
        .await;
    client.send_as(4, Payload::Output, b"echo l''ast\r").await;
    client.until_text("last").await;
    assert!(!client.text().contains("again"));
    assert_eq!(client.text().matches("ordered").count(), 1);
}

#[tokio::test]
async fn a_refused_message_is_neither_acknowledged_nor_skipped() {
    let mut client = Client::open(faults("refuse=2"), start("", &[])).await;
    client.until_text("$ ").await;
    for _ in 0..2 {
        client.send_as(0, Payload::Output, b"echo fi''rst\r").await;
    }
    client.send_as(1, Payload::Output, b"echo se''cond\r").await;
    client
        .until("the one ahead is taken", |client| client.acks_of(1) == 1)
        .await;
    assert_eq!(client.acks_of(0), 0);
    client.send_as(0, Payload::Output, b"echo fi''rst\r").await;
    client.until_text("second").await;
    assert!(client.text().contains("first"));
}

#[tokio::test]
async fn output_is_exact_over_drops_of_the_web_socket() {
    let command = "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo line $i; done; read end";
    let mut client = Client::open(
        options(),
        start("AWS-StartInteractiveCommand", &[("command", command)]),
    )
    .await;
    for mark in ["line 100\r", "line 900\r", "line 2000\r"] {
        client.until_text(mark).await;
        // What was sent meanwhile and not acknowledged is lost with the web socket.
        client.rejoin().await;
        assert_eq!(client.session.status(), Status::Connected);
    }
    client.until_text("line 3000\r\n").await;
    let whole: String = (1..=3000).map(|i| format!("line {i}\r\n")).collect();
    assert_eq!(client.text(), whole);
}

#[tokio::test]
async fn a_detached_session_holds_its_output() {
    let command = "sleep 0.2; echo held; read answer; echo got $answer";
    let mut client = Client::open(
        options(),
        start("AWS-StartInteractiveCommand", &[("command", command)]),
    )
    .await;
    client.next().await;
    client.socket.close(None).await.unwrap();
    while client.next().await.is_some() {}
    for _ in 0..500 {
        if client.session.status() == Status::Disconnected {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(client.session.status(), Status::Disconnected);
    client.rejoin().await;
    client.until_text("held").await;
    client.keys("it\r").await;
    client.until_text("got it").await;
}

#[tokio::test]
async fn a_newer_web_socket_replaces_the_older_one() {
    let mut client = Client::open(options(), start("", &[])).await;
    client.until_text("$ ").await;
    let mut old = std::mem::replace(&mut client.socket, socket(&client.session).await);
    let token = client.sessions.resume(&client.session.id).unwrap();
    client.say_token(&token).await;
    client.keys("echo n''ew\r").await;
    client.until_text("new").await;
    let close = loop {
        match old.next().await {
            Some(Ok(Frame::Close(close))) => break close,
            Some(Ok(_)) => {}
            _ => panic!("the older one should say goodbye"),
        }
    };
    assert_eq!(close.unwrap().reason.as_str(), "replaced");
}

#[tokio::test]
async fn the_relay_says_bye_and_goes_silent_on_demand() {
    let mut client = Client::open(faults("bye=100ms"), start("", &[])).await;
    while client.next().await.is_some() {}
    let close = client.close.clone().unwrap();
    assert_eq!((u16::from(close.code), close.reason.as_str()), (1000, "Bye"));
    assert!(!client.session.is_over());

    let mut client = Client::open(faults("stall=300ms"), start("", &[])).await;
    client.until_text("$ ").await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    client.keys("echo x\r").await;
    let silence = timeout(Duration::from_millis(300), client.socket.next()).await;
    assert!(silence.is_err(), "neither an answer nor a close: {silence:?}");
}

#[tokio::test]
async fn a_pause_holds_output_until_the_client_is_heard() {
    let mut client = Client::open(
        faults("pause=10ms"),
        start(
            "AWS-StartInteractiveCommand",
            &[("command", "sleep 0.3; echo late; read x")],
        ),
    )
    .await;
    client
        .until("the pause", |client| {
            client
                .log
                .iter()
                .any(|each| each.kind == frame::PAUSE_PUBLICATION)
        })
        .await;
    assert!(
        timeout(Duration::from_millis(600), client.next()).await.is_err(),
        "nothing is sent while paused"
    );
    client.send(Payload::Size, br#"{"cols":80,"rows":24}"#).await;
    client.until_text("late").await;
}

#[tokio::test]
async fn a_wrong_digest_is_on_the_wire_and_the_resend_is_right() {
    let parameters = [(
        "command",
        "for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.01; done; read end",
    )];
    let start = start("AWS-StartInteractiveCommand", &parameters);
    let mut client = Client::open(faults("digest=2"), start).await;
    client.until_text("8\r\n").await;
    assert_eq!(
        client.text(),
        (1..=8).map(|i| format!("{i}\r\n")).collect::<String>()
    );
    assert!(client.refused > 0);
}

#[tokio::test]
async fn everything_arrives_once_through_bad_weather() {
    let options = faults("seed=5,drop=0.1,duplicate=0.1,reorder=0.2,delay=3ms");
    let command = "i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo line $i; done; read x; echo sum-$x";
    let mut client = Client::open(
        options,
        start("AWS-StartInteractiveCommand", &[("command", command)]),
    )
    .await;
    client.until_text("line 400\r").await;
    let whole: String = (1..=400).map(|i| format!("line {i}\r\n")).collect();
    assert_eq!(client.text(), whole);
    while !client.text().contains("sum-42") {
        client.send_as(0, Payload::Output, b"42\r").await;
        // Resent as a client would, without waiting for ever for one of them.
        let _ = timeout(Duration::from_millis(100), client.next()).await;
    }
}

/// The habits of an old npm package: MessageType padded with NUL on the left, a digest of hex characters,
/// acknowledgements of acknowledgements with the payload type of a size.
#[tokio::test]
async fn odd_clients_get_one_acknowledgement_for_a_message_and_none_for_an_acknowledgement() {
    let mut client = Client::open(options(), start("", &[])).await;
    client.until_text("$ ").await;
    let odd = |message: &Message| {
        let mut bytes = message.encode();
        let kind = message.kind.as_bytes();
        bytes[4..36].fill(0);
        bytes[36 - kind.len()..36].copy_from_slice(kind);
        bytes[80..112].copy_from_slice(b"0123456789abcdef0123456789abcdef");
        bytes
    };
    let keys = Message::new(frame::INPUT, 0, 1, Payload::Output, "echo o''dd\r");
    client.raw(Frame::binary(odd(&keys))).await;
    client.until_text("odd").await;
    client.log.clear();
    for sequence in 0..500 {
        let payload = json!({"AcknowledgedMessageType": "acknowledge", "AcknowledgedMessageId": "x", "AcknowledgedMessageSequenceNumber": sequence, "IsSequentialMessage": true});
        let ack = Message::new(
            frame::ACKNOWLEDGE,
            sequence,
            3,
            Payload::Size,
            payload.to_string(),
        );
        client.raw(Frame::binary(odd(&ack))).await;
    }
    client.send_as(1, Payload::Output, b"echo e''nd\r").await;
    client.until_text("end").await;
    let acks = client
        .log
        .iter()
        .filter(|each| each.kind == frame::ACKNOWLEDGE)
        .count();
    assert_eq!(acks, 1, "only the keys");
}

#[tokio::test]
async fn hostile_frames_change_nothing() {
    let mut client = Client::open(options(), start("", &[])).await;
    client.until_text("$ ").await;
    let mut huge_header = Message::new(frame::INPUT, 9, 0, Payload::Output, "x").encode();
    huge_header[..4].copy_from_slice(&u32::MAX.to_be_bytes());
    let far = Message::new(frame::INPUT, i64::MAX, 0, Payload::Output, "x").encode();
    let before = Message::new(frame::INPUT, i64::MIN, 0, Payload::Output, "x").encode();
    let unknown = Message::new("interactive_shell", 0, 0, Payload::Unknown(77), "{}").encode();
    let bad_ack = Message::new(frame::ACKNOWLEDGE, 0, 3, Payload::None, "{not json").encode();
    for bytes in [
        vec![],
        vec![0; 119],
        vec![255; 4000],
        huge_header,
        far,
        before,
        unknown,
        bad_ack,
    ] {
        client.raw(Frame::binary(bytes)).await;
    }
    client.raw(Frame::text("text after the opening")).await;
    client.raw(Frame::Ping(b"keepalive".to_vec().into())).await;
    client.send(Payload::Size, b"{\"cols\":-1}").await;
    client.send(Payload::Flag, b"123").await;
    client.send(Payload::Unknown(99), b"?").await;
    client.send(Payload::HandshakeResponse, b"?").await;
    client.keys("echo u''p\r").await;
    client.until_text("up").await;
    for sequence in 0..5 {
        assert_eq!(client.acks_of(sequence), 1, "message {sequence}");
    }
}
