//! CBOR (RFC 8949) as far as the RPC v2 protocol of AWS uses it, from and to JSON values. Foreign bytes end as a value or
//! as an error, never as a panic; moments are numbers of seconds under tag 1.

use serde_json::{Map, Number, Value};

/// Nothing that AWS sends is nested as deep.
const DEEPEST: usize = 64;
const BREAK: u8 = 0xff;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

/// The value that `bytes` are, and nothing behind it.
pub fn parse(bytes: &[u8]) -> Result<Value, Malformed> {
    let mut reader = Reader { bytes, depth: 0 };
    let value = reader.value()?;
    if reader.bytes.is_empty() {
        Ok(value)
    } else {
        Err(Malformed)
    }
}

/// The bytes of a value; numbers in or under a member that `is_moment` names are moments.
pub fn write(value: &Value, is_moment: &dyn Fn(&str) -> bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    put(&mut bytes, value, is_moment, false);
    bytes
}

struct Reader<'a> {
    bytes: &'a [u8],
    depth: usize,
}

impl Reader<'_> {
    fn byte(&mut self) -> Result<u8, Malformed> {
        let (first, rest) = self.bytes.split_first().ok_or(Malformed)?;
        self.bytes = rest;
        Ok(*first)
    }

    fn take(&mut self, count: u64) -> Result<&[u8], Malformed> {
        let count = usize::try_from(count).map_err(|_| Malformed)?;
        let (taken, rest) = self.bytes.split_at_checked(count).ok_or(Malformed)?;
        self.bytes = rest;
        Ok(taken)
    }

    /// The number in a head; `None` for an indefinite length.
    fn number(&mut self, info: u8) -> Result<Option<u64>, Malformed> {
        let width = match info {
            0..24 => return Ok(Some(u64::from(info))),
            24..28 => 1_u64 << (info - 24),
            31 => return Ok(None),
            _ => return Err(Malformed),
        };
        let digits = self.take(width)?.iter();
        Ok(Some(
            digits.fold(0, |number, byte| number << 8 | u64::from(*byte)),
        ))
    }

    fn value(&mut self) -> Result<Value, Malformed> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Malformed);
        }
        let head = self.byte()?;
        let value = self.tail(head)?;
        self.depth -= 1;
        Ok(value)
    }

    fn tail(&mut self, head: u8) -> Result<Value, Malformed> {
        let (major, info) = (head >> 5, head & 31);
        if major == 7 {
            return self.simple(info);
        }
        let number = self.number(info)?;
        Ok(match (major, number) {
            (0, Some(number)) => number.into(),
            (1, Some(number)) => i64::try_from(number)
                .map(|number| -1 - number)
                .map_err(|_| Malformed)?
                .into(),
            (2 | 3, Some(length)) => text(self.take(length)?)?.into(),
            (4, count) => Value::Array(self.items(count)?),
            (5, count) => self.members(count)?,
            (6, Some(_)) => self.value()?,
            _ => return Err(Malformed),
        })
    }

    fn simple(&mut self, info: u8) -> Result<Value, Malformed> {
        let float = |number: f64| Number::from_f64(number).map(Value::Number).ok_or(Malformed);
        match info {
            20 => Ok(Value::Bool(false)),
            21 => Ok(Value::Bool(true)),
            22 | 23 => Ok(Value::Null),
            26 => {
                let bits = <[u8; 4]>::try_from(self.take(4)?).map_err(|_| Malformed)?;
                float(f64::from(f32::from_be_bytes(bits)))
            }
            27 => {
                let bits = <[u8; 8]>::try_from(self.take(8)?).map_err(|_| Malformed)?;
                float(f64::from_be_bytes(bits))
            }
            _ => Err(Malformed),
        }
    }

    /// Whether a list goes on; an indefinite one ends with a break.
    fn more(&mut self, left: &mut Option<u64>) -> Result<bool, Malformed> {
        match left {
            Some(0) => Ok(false),
            Some(count) => {
                *count -= 1;
                Ok(true)
            }
            None if self.bytes.first() == Some(&BREAK) => self.byte().map(|_| false),
            None => Ok(true),
        }
    }

    fn items(&mut self, mut left: Option<u64>) -> Result<Vec<Value>, Malformed> {
        let mut items = Vec::new();
        while self.more(&mut left)? {
            items.push(self.value()?);
        }
        Ok(items)
    }

    fn members(&mut self, mut left: Option<u64>) -> Result<Value, Malformed> {
        let mut members = Map::new();
        while self.more(&mut left)? {
            let Value::String(key) = self.value()? else {
                return Err(Malformed);
            };
            members.insert(key, self.value()?);
        }
        Ok(Value::Object(members))
    }
}

fn text(bytes: &[u8]) -> Result<&str, Malformed> {
    std::str::from_utf8(bytes).map_err(|_| Malformed)
}

fn head(bytes: &mut Vec<u8>, major: u8, number: u64) {
    let major = major << 5;
    match number {
        0..24 => bytes.push(major | number as u8),
        24..=0xff => bytes.extend([major | 24, number as u8]),
        0x100..=0xffff => {
            bytes.push(major | 25);
            bytes.extend((number as u16).to_be_bytes());
        }
        0x1_0000..=0xffff_ffff => {
            bytes.push(major | 26);
            bytes.extend((number as u32).to_be_bytes());
        }
        _ => {
            bytes.push(major | 27);
            bytes.extend(number.to_be_bytes());
        }
    }
}

fn put(bytes: &mut Vec<u8>, value: &Value, is_moment: &dyn Fn(&str) -> bool, moment: bool) {
    match value {
        Value::Null => bytes.push(0xf6),
        Value::Bool(is) => bytes.push(0xf4 | u8::from(*is)),
        Value::Number(number) => {
            if moment {
                head(bytes, 6, 1);
            }
            match (number.as_u64(), number.as_i64()) {
                (Some(number), _) => head(bytes, 0, number),
                (_, Some(number)) => head(bytes, 1, !(number as u64)),
                _ => {
                    bytes.push(0xfb);
                    bytes.extend(number.as_f64().unwrap_or_default().to_be_bytes());
                }
            }
        }
        Value::String(text) => {
            head(bytes, 3, text.len() as u64);
            bytes.extend(text.as_bytes());
        }
        Value::Array(items) => {
            head(bytes, 4, items.len() as u64);
            for item in items {
                put(bytes, item, is_moment, moment);
            }
        }
        Value::Object(members) => {
            head(bytes, 5, members.len() as u64);
            for (key, member) in members {
                head(bytes, 3, key.len() as u64);
                bytes.extend(key.as_bytes());
                put(bytes, member, is_moment, is_moment(key));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn indefinite_lists_tags_and_floats_are_read() {
        let bytes = [
            0xbf, 0x61, b'a', 0x9f, 0x01, 0x20, 0xff, 0x61, b't', 0xc1, 0xfb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0,
            0xff,
        ];
        assert_eq!(parse(&bytes), Ok(json!({ "a": [1, -1], "t": 1.5 })));
    }

    #[test]
    fn a_moment_is_tagged() {
        let bytes = write(&json!({ "At": [7] }), &|key| key == "At");
        assert_eq!(bytes, [0xa1, 0x62, b'A', b't', 0x81, 0xc1, 0x07]);
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-1e9..1e9_f64).prop_map(Value::from),
            ".{0,40}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(".{0,6}", inner, 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(value in any_value()) {
            prop_assert_eq!(parse(&write(&value, &|_| false)), Ok(value));
        }

        #[test]
        fn any_bytes_end(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = parse(&bytes);
        }
    }
}
