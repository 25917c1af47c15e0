//! Our codec against messages that `aws-ssm-bridge` 0.6.0 encoded; `tests/peer/bridge` writes them and keeps them true.

use quarterdeck::ssm::frame::Message;

const FRAMES: &str = include_str!("peer/bridge/frames.txt");

#[test]
fn every_message_of_the_other_codec_reads_as_it_was_meant_and_encodes_to_the_same_bytes() {
    let mut count = 0;
    for line in FRAMES.lines() {
        let fields: Vec<&str> = line.split(' ').collect();
        let frame = hex::decode(fields[8]).unwrap();
        let message = Message::decode(&frame).unwrap();
        assert_eq!(message.kind, fields[0], "{line}");
        assert_eq!(message.schema.to_string(), fields[1], "{line}");
        assert_eq!(message.created_ms.to_string(), fields[2], "{line}");
        assert_eq!(message.sequence.to_string(), fields[3], "{line}");
        assert_eq!(message.flags.to_string(), fields[4], "{line}");
        assert_eq!(message.id.to_string(), fields[5], "{line}");
        assert_eq!(u32::from(message.payload_kind).to_string(), fields[6], "{line}");
        assert_eq!(hex::encode(&message.payload), fields[7], "{line}");
        assert!(message.encode() == frame, "{line}");
        count += 1;
    }
    assert_eq!(count, 200);
}
