//! Messages as that client encodes them, for our codec to read: always the same ones, from a small generator.
//!
//! The test `tests/bridge_frames.rs` of the project reads the file; `run` makes sure that the file is still what
//! the client says.

use aws_ssm_bridge::binary_protocol::{ClientMessage, MessageType, PayloadType};
use bytes::Bytes;
use uuid::Uuid;

use crate::Outcome;

const COUNT: usize = 200;

/// A splitmix generator: the file must not change with a library's.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

/// One line a message: type, schema, date, sequence, flags, id, payload type, payload in hex, frame in hex.
pub fn write(file: &str) -> Outcome<()> {
    let mut dice = Dice(20_260_101);
    let mut lines = String::new();
    for _ in 0..COUNT {
        let message = message(&mut dice)?;
        let frame = message.serialize();
        let again = ClientMessage::deserialize(frame.clone())?;
        assert_eq!(again.serialize(), frame);
        lines += &format!(
            "{} {} {} {} {} {} {} {} {}\n",
            message.message_type,
            message.schema_version,
            message.created_date,
            message.sequence_number,
            message.flags,
            message.message_id,
            message.payload_type as u32,
            hex(&message.payload),
            hex(&frame),
        );
    }
    std::fs::write(file, lines)?;
    println!("frames: {COUNT} messages");
    Ok(())
}

fn message(dice: &mut Dice) -> Outcome<ClientMessage> {
    const KINDS: [MessageType; 4] = [
        MessageType::InputStreamData,
        MessageType::OutputStreamData,
        MessageType::Acknowledge,
        MessageType::ChannelClosed,
    ];
    let kind = KINDS[(dice.roll() % 4) as usize];
    let length = 1 + dice.roll() % 96;
    let payload: Vec<u8> = (0..length).map(|_| dice.roll() as u8).collect();
    let payload_type = PayloadType::from_u32((dice.roll() % 13) as u32)?;
    let sequence = (dice.roll() >> (1 + dice.roll() % 62)) as i64;
    let mut message = ClientMessage::new(kind, sequence, payload_type, Bytes::from(payload));
    message.created_date = 1 + (dice.roll() >> (dice.roll() % 63));
    message.flags = dice.roll() >> (dice.roll() % 64);
    message.schema_version = dice.roll() as u32;
    message.message_id = Uuid::from_u64_pair(dice.roll(), dice.roll());
    Ok(message)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
