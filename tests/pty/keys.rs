//! Keys as a test writes them, to the bytes that a terminal sends for them.

/// `2jj<enter>`: plain characters as they are, named keys and `C-x` in angle brackets; `<lt>` is a bracket.
pub fn bytes(keys: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = keys;
    while let Some(first) = rest.chars().next() {
        let named = rest.strip_prefix('<').and_then(|rest| rest.split_once('>'));
        match named {
            Some((name, after)) => {
                bytes.extend(named_key(name));
                rest = after;
            }
            None => {
                let mut utf8 = [0; 4];
                bytes.extend(first.encode_utf8(&mut utf8).bytes());
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    bytes
}

fn named_key(name: &str) -> Vec<u8> {
    match name {
        "enter" => b"\r".to_vec(),
        "esc" => b"\x1b".to_vec(),
        "tab" => b"\t".to_vec(),
        "s-tab" => b"\x1b[Z".to_vec(),
        "space" => b" ".to_vec(),
        "backspace" => b"\x7f".to_vec(),
        "up" => b"\x1b[A".to_vec(),
        "down" => b"\x1b[B".to_vec(),
        "right" => b"\x1b[C".to_vec(),
        "left" => b"\x1b[D".to_vec(),
        "f9" => b"\x1b[20~".to_vec(),
        "lt" => b"<".to_vec(),
        _ => match name.strip_prefix("C-").map(str::as_bytes) {
            Some([letter @ b'a'..=b'z']) => vec![letter - b'a' + 1],
            _ => panic!("no key is named {name}"),
        },
    }
}
