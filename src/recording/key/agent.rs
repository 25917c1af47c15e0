//! A client of ssh-agent's protocol (draft-ietf-sshm-ssh-agent): it lists keys and has one sign. An agent is another
//! program, so every answer is bounded in time and size, and a signature is checked before it is believed.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::is_signed;
use crate::recording::wire::Cut;

/// A person may have to confirm the use of a key.
const PATIENCE: Duration = Duration::from_secs(15);
const MAX_ANSWER: u32 = 256 << 10;
const MOST_KEYS: u32 = 1_000;
const LIST: u8 = 11;
const LISTED: u8 = 12;
const SIGN: u8 = 13;
const SIGNED: u8 = 14;
const FAILURE: u8 = 5;
const ALGORITHM: &[u8] = b"ssh-ed25519";

/// A key that an agent keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub public: [u8; 32],
    pub comment: String,
}

impl Held {
    /// As OpenSSH prints it: `SHA256:` and base64 without padding.
    pub fn fingerprint(&self) -> String {
        use base64::Engine;
        use sha2::{Digest, Sha256};
        let hash = Sha256::digest(blob(&self.public));
        format!(
            "SHA256:{}",
            base64::engine::general_purpose::STANDARD_NO_PAD.encode(hash)
        )
    }
}

#[derive(Clone, Debug)]
pub struct Agent {
    socket: PathBuf,
    patience: Duration,
}

/// What an agent did wrong: lower case, completes "ssh-agent …".
pub type Failure = String;

impl Agent {
    pub fn at(socket: PathBuf) -> Agent {
        Agent {
            socket,
            patience: PATIENCE,
        }
    }

    #[cfg(test)]
    pub fn with_patience(self, patience: Duration) -> Agent {
        Agent { patience, ..self }
    }

    /// Its Ed25519 keys.
    pub fn list(&self) -> Result<Vec<Held>, Failure> {
        let (kind, answer) = self.ask(&[LIST])?;
        if kind != LISTED {
            return Err("does not list its keys".into());
        }
        parse_list(&answer).ok_or_else(|| "answered with a list that cannot be read".into())
    }

    /// Plain Ed25519 over `message`, checked.
    pub fn sign(&self, public: &[u8; 32], message: &[u8]) -> Result<[u8; 64], Failure> {
        let mut request = vec![SIGN];
        put(&mut request, &blob(public));
        put(&mut request, message);
        request.extend(0u32.to_be_bytes());
        let (kind, answer) = self.ask(&request)?;
        match kind {
            SIGNED => {}
            FAILURE => return Err("refuses to sign with the device key".into()),
            _ => return Err("answered with something that is no signature".into()),
        }
        let signature =
            parse_signature(&answer).ok_or("answered with something that is no Ed25519 signature")?;
        match is_signed(public, message, &signature) {
            true => Ok(signature),
            false => Err("answered with a signature that does not hold".into()),
        }
    }

    fn ask(&self, request: &[u8]) -> Result<(u8, Vec<u8>), Failure> {
        let until = Instant::now() + self.patience;
        let failed = |cause: std::io::Error| match cause.kind() {
            std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut => self.silent(),
            std::io::ErrorKind::UnexpectedEof => "hung up without an answer".into(),
            _ => format!("at {} cannot be asked: {cause}", self.socket.display()),
        };
        let mut stream = self.dial(until).map_err(failed)?;
        let mut message = Vec::new();
        put(&mut message, request);
        stream.write_all(&message).map_err(failed)?;
        let mut len = [0; 4];
        self.read(&mut stream, &mut len, until).map_err(failed)?;
        let len = u32::from_be_bytes(len);
        if len == 0 || len > MAX_ANSWER {
            return Err("answered with an impossible length".into());
        }
        let mut answer = vec![0; len as usize];
        self.read(&mut stream, &mut answer, until).map_err(failed)?;
        let kind = answer.remove(0);
        Ok((kind, answer))
    }

    /// A full queue of callers must not hold anyone up either, which the plain connect would.
    fn dial(&self, until: Instant) -> std::io::Result<UnixStream> {
        let socket = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None)?;
        socket.connect_timeout(&socket2::SockAddr::unix(&self.socket)?, self.patience)?;
        let left = until.saturating_duration_since(Instant::now());
        socket.set_write_timeout(Some(left.max(Duration::from_millis(1))))?;
        Ok(UnixStream::from(std::os::fd::OwnedFd::from(socket)))
    }

    /// Fills `bytes` before `until`, however slowly they trickle.
    fn read(&self, stream: &mut UnixStream, mut bytes: &mut [u8], until: Instant) -> std::io::Result<()> {
        while !bytes.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(std::io::ErrorKind::TimedOut.into());
            }
            stream.set_read_timeout(Some(left))?;
            match stream.read(bytes) {
                Ok(0) => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => bytes = &mut std::mem::take(&mut bytes)[read..],
                Err(cause) if cause.kind() == std::io::ErrorKind::Interrupted => {}
                Err(cause) => return Err(cause),
            }
        }
        Ok(())
    }

    fn silent(&self) -> Failure {
        format!("did not answer within {} s", self.patience.as_secs_f32())
    }
}

fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend(bytes);
}

/// A public key as SSH writes it.
fn blob(public: &[u8; 32]) -> Vec<u8> {
    let mut blob = Vec::new();
    put(&mut blob, ALGORITHM);
    put(&mut blob, public);
    blob
}

fn string<'b>(cut: &mut Cut<'b>) -> Option<&'b [u8]> {
    let len = u32::from_be_bytes(cut.array()?);
    cut.bytes(len as usize)
}

fn parse_list(answer: &[u8]) -> Option<Vec<Held>> {
    let mut cut = Cut(answer);
    let count = u32::from_be_bytes(cut.array()?);
    let mut held = Vec::new();
    for _ in 0..count.min(MOST_KEYS) {
        let (blob, comment) = (string(&mut cut)?, string(&mut cut)?);
        // Certificates and keys of other kinds, those on security tokens too, are passed over.
        if let Some(public) = parse_blob(blob) {
            held.push(Held {
                public,
                comment: String::from_utf8_lossy(comment).into_owned(),
            });
        }
    }
    Some(held)
}

fn parse_blob(blob: &[u8]) -> Option<[u8; 32]> {
    let mut cut = Cut(blob);
    let (algorithm, key) = (string(&mut cut)?, string(&mut cut)?);
    (algorithm == ALGORITHM && cut.rest().is_empty()).then(|| key.try_into().ok())?
}

fn parse_signature(answer: &[u8]) -> Option<[u8; 64]> {
    let mut cut = Cut(string(&mut Cut(answer))?);
    let (algorithm, signature) = (string(&mut cut)?, string(&mut cut)?);
    (algorithm == ALGORITHM).then(|| signature.try_into().ok())?
}

#[cfg(test)]
mod tests;
