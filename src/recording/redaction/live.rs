//! Covering before writing: what a live session brings is held for a moment where it may be the beginning of a secret,
//! and what was covered leaves a marker with the rule, the length and a keyed digest. Who has the device's key and a
//! secret can tell that it was shown; nobody can tell the secret.

use super::{HOLD_FOR, Redactor, Rules};
use crate::recording::{DeviceKey, Error, Marker};
use aws_lc_rs::hmac;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

const DOMAIN: &[u8] = b"quarterdeck redaction 1\n";
/// Digests that one marker lists.
const MOST_DIGESTS: usize = 16;

/// The streams of one recording; numbers are those of the container's sides.
pub(in crate::recording) struct Live {
    streams: [Stream; 3],
    key: hmac::Key,
}

struct Stream {
    redactor: Redactor,
    held_since: Option<Instant>,
    /// Released, and not yet fetched by whoever shows it.
    shown: Vec<u8>,
}

impl Live {
    pub fn new(rules: Arc<Rules>, device: &DeviceKey) -> Result<Live, Error> {
        let stream = || Stream {
            redactor: Redactor::new(rules.clone()),
            held_since: None,
            shown: Vec::new(),
        };
        // An Ed25519 signature is the same each time and nobody else can make it, wherever the key is kept.
        let secret = device.sign(DOMAIN)?;
        Ok(Live {
            streams: [stream(), stream(), stream()],
            key: hmac::Key::new(hmac::HMAC_SHA256, &secret),
        })
    }

    /// Takes bytes in, and gives what may be written now.
    pub fn pass(&mut self, stream: usize, bytes: &[u8]) -> Vec<u8> {
        let it = &mut self.streams[stream];
        it.redactor.feed(bytes);
        if it.redactor.holds_too_much() {
            it.redactor.let_go();
        }
        it.release()
    }

    /// The first moment at which something must be let go, and the stream that it is in.
    pub fn held_until(&self) -> Option<(Instant, usize)> {
        let held = (0..).zip(&self.streams);
        let held = held.filter_map(|(number, it)| Some((it.held_since? + HOLD_FOR, number)));
        held.min()
    }

    /// Its time is up.
    pub fn let_go(&mut self, stream: usize) -> Vec<u8> {
        let it = &mut self.streams[stream];
        it.redactor.let_go();
        it.release()
    }

    /// The session is over.
    pub fn finish(&mut self, stream: usize) -> Vec<u8> {
        let it = &mut self.streams[stream];
        it.redactor.let_go();
        it.redactor.finish();
        it.release()
    }

    /// What was released since the last time, as it may be shown.
    pub fn take_shown(&mut self, stream: usize) -> Vec<u8> {
        std::mem::take(&mut self.streams[stream].shown)
    }

    /// One marker for each rule that found something since the last time.
    pub fn take_markers(&mut self) -> Vec<Marker> {
        let mut by_rule: BTreeMap<String, Vec<(usize, String)>> = BTreeMap::new();
        for it in &mut self.streams {
            for found in it.redactor.take_found() {
                let digest = hmac::sign(&self.key, &found.secret);
                let digest = hex::encode(&digest.as_ref()[..16]);
                let rule = it.redactor.rules().name(found.rule).to_owned();
                by_rule.entry(rule).or_default().push((found.len, digest));
            }
        }
        let marker = |(rule, found): (String, Vec<(usize, String)>)| {
            let list = |part: &dyn Fn(&(usize, String)) -> String| {
                found
                    .iter()
                    .take(MOST_DIGESTS)
                    .map(part)
                    .collect::<Vec<_>>()
                    .join(",")
            };
            let fields = [
                ("count", found.len().to_string()),
                ("lengths", list(&|(len, _)| len.to_string())),
                ("digests", list(&|(_, digest)| digest.clone())),
            ];
            Marker {
                kind: "redacted".into(),
                label: rule,
                fields: fields.map(|(name, value)| (name.to_owned(), value)).into(),
            }
        };
        by_rule.into_iter().map(marker).collect()
    }

    pub fn cover_marker(&self, marker: &mut Marker) {
        let rules = self.streams[0].redactor.shared_rules();
        marker.label = rules.redact(&marker.label);
        for value in marker.fields.values_mut() {
            *value = rules.redact(value);
        }
    }
}

impl Stream {
    fn release(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.redactor.take_ready(&mut bytes);
        self.held_since = match self.redactor.held() {
            0 => None,
            _ => self.held_since.or_else(|| Some(Instant::now())),
        };
        self.shown.extend_from_slice(&bytes);
        bytes
    }
}
