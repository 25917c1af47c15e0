//! Worked examples of the wire format, byte for byte, and every frame of two captured sessions.

use crate::ssm::{
    frame::{self, Message, Payload},
    mux, payload,
};
use uuid::Uuid;

const HEAD: &str = "00000001 0000018bcfe56800";
const ID: &str = "8899aabbccddeeff 0011223344556677";
const INPUT: &str = "00000074 696e7075745f73747265616d5f64617461 202020202020202020202020202020";

fn bytes(parts: &[&str]) -> Vec<u8> {
    hex::decode(parts.concat().replace([' ', '\n'], "")).unwrap()
}

fn message(kind: &str, sequence: i64, flags: u64, payload_kind: Payload, payload: &[u8]) -> Message {
    Message {
        created_ms: 1_700_000_000_000,
        id: Uuid::parse_str("00112233-4455-6677-8899-aabbccddeeff").unwrap(),
        ..Message::new(kind, sequence, flags, payload_kind, payload)
    }
}

#[test]
fn example_a_a_size() {
    let want = bytes(&[
        INPUT,
        HEAD,
        "0000000000000000 0000000000000000",
        ID,
        "d53ca1ea7dce87c11432052a8550ed2615cf715ca843c89710ed83325b691cba",
        "00000003 00000015 7b22636f6c73223a38302c22726f7773223a32347d",
    ]);
    let size = message(frame::INPUT, 0, 0, Payload::Size, &payload::size(80, 24));
    assert_eq!(size.encode(), want);
    assert_eq!(Message::decode(&want).unwrap(), size);
}

#[test]
fn example_b_a_flag() {
    let want = bytes(&[
        INPUT,
        HEAD,
        "0000000000000005 0000000000000000",
        ID,
        "433ebf5bc03dffa38536673207a21281612cef5faa9bc7a4d5b9be2fdb12cf1a",
        "0000000a 00000004 00000002",
    ]);
    let flag = payload::Flag::TerminateSession.encode();
    let flag = message(frame::INPUT, 5, 0, Payload::Flag, &flag);
    assert_eq!(flag.encode(), want);
    assert_eq!(Message::decode(&want).unwrap(), flag);
}

#[test]
fn example_c_an_acknowledgement() {
    let of = message(frame::OUTPUT, 7, 0, Payload::Output, b"x");
    let acknowledgement = Message {
        created_ms: 1_700_000_000_000,
        id: Uuid::parse_str("ffeeddcc-bbaa-4988-9776-655443322110").unwrap(),
        ..payload::acknowledge(&of)
    };
    let json = r#"{"AcknowledgedMessageType":"output_stream_data","AcknowledgedMessageId":"00112233-4455-6677-8899-aabbccddeeff","AcknowledgedMessageSequenceNumber":7,"IsSequentialMessage":true}"#;
    let want = bytes(&[
        "00000074 61636b6e6f776c65646765 202020202020202020202020202020202020202020",
        HEAD,
        "0000000000000000 0000000000000003",
        "9776655443322110 ffeeddccbbaa4988",
        "62d57ca2dfb7aa0eee6a8e12491c3e9feffd166f2b0f36b96eba41866669e854",
        "00000000 000000b0",
        &hex::encode(json),
    ]);
    assert_eq!(want.len(), 296);
    assert_eq!(acknowledgement.encode(), want);
    assert_eq!(payload::parse_acknowledge(&acknowledgement.payload), Some(7));
}

#[test]
fn example_d_a_close_with_the_short_header() {
    let want = bytes(&[
        "00000070 6368616e6e656c5f636c6f736564 202020202020202020202020202020202020",
        HEAD,
        "0000000000000000 0000000000000000",
        ID,
        "8cda8e8af2ba6e038d05a93d540281b04803e5d61d74d5f89a8214f8619cdfef",
        "0000000d 7b224f7574707574223a22227d",
    ]);
    let close = message(frame::CHANNEL_CLOSED, 0, 0, Payload::None, br#"{"Output":""}"#);
    assert_eq!(close.encode_as_relay(), want);
    assert_eq!(Message::decode(&want).unwrap(), close);
    assert_eq!(payload::parse_closed(&close.payload), (String::new(), false));
}

#[test]
fn example_e_multiplexer_headers() {
    use mux::Command::*;
    for (command, length, stream, want) in [
        (Open, 0, 3, "0100000003000000"),
        (Data, 5, 3, "0102050003000000"),
        (Close, 0, 3, "0101000003000000"),
        (KeepAlive, 0, 0, "0103000000000000"),
    ] {
        let header = mux::Header {
            command,
            length,
            stream,
        };
        assert_eq!(hex::encode(header.encode()), want);
        assert_eq!(mux::Header::decode(header.encode()), Ok(header));
    }
    assert_eq!(mux::Header::decode([2; 8]), Err(mux::Refused::Version(2)));
    assert_eq!(
        mux::Header::decode([1, 4, 0, 0, 0, 0, 0, 0]),
        Err(mux::Refused::Command(4))
    );
    assert_eq!(
        mux::Header::decode([1, 0, 1, 0, 0, 0, 0, 0]),
        Err(mux::Refused::Length(1))
    );
}

#[test]
fn every_captured_frame_parses_and_encodes_back() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/ssm-frames");
    let Ok(files) = std::fs::read_dir(folder) else {
        return eprintln!("skipped: {folder} is not here");
    };
    let mut frames = 0;
    for file in files.map(|file| file.unwrap().path()) {
        if file.extension().is_none_or(|ext| ext != "jsonl") {
            continue;
        }
        for line in std::fs::read_to_string(&file).unwrap().lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let Some(hex) = line["hex"].as_str().filter(|_| line["op"] == "binary") else {
                continue;
            };
            let bytes = hex::decode(hex).unwrap();
            let message = Message::decode(&bytes).unwrap_or_else(|why| panic!("{why}: {hex}"));
            assert_eq!(
                message.sequence,
                line["hdr"]["sequenceNumber"].as_i64().unwrap_or(message.sequence)
            );
            // Some pad the type with NUL where others pad with spaces: all else must come back.
            let again = message.encode();
            assert_eq!((&again[36..], &again[..4]), (&bytes[36..], &bytes[..4]));
            if message.kind == frame::ACKNOWLEDGE {
                assert!(payload::parse_acknowledge(&message.payload).is_some());
            }
            frames += 1;
        }
    }
    assert!(frames > 40, "only {frames} frames were found");
}
