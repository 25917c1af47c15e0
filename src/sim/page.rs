//! Page tokens: opaque, bound to the request they continue, and signed with a key of this run, so a token
//! that was made up or that belongs to other parameters is told apart from a good one.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::mac;

const TAG: usize = 16;

#[derive(Debug)]
pub struct Pager {
    key: [u8; 32],
}

#[derive(Debug, PartialEq, Eq)]
pub enum BadToken {
    /// Not a token of this run.
    Unknown,
    /// A good token of a request with other parameters.
    OtherRequest,
}

impl Default for Pager {
    fn default() -> Pager {
        Pager { key: rand::random() }
    }
}

impl Pager {
    /// The token that continues the request described by `request` at row `offset`.
    pub fn token(&self, request: &str, offset: usize) -> String {
        let mut bytes = (offset as u64).to_be_bytes().to_vec();
        bytes.extend_from_slice(&Sha256::digest(request.as_bytes())[..TAG]);
        bytes.extend_from_slice(&self.tag(&bytes));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The row to continue at; without a token the first.
    pub fn offset(&self, request: &str, token: Option<&str>) -> Result<usize, BadToken> {
        let Some(token) = token else { return Ok(0) };
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| BadToken::Unknown)?;
        let (said, tag) = bytes.split_at_checked(8 + TAG).ok_or(BadToken::Unknown)?;
        if !mac::same(&self.tag(said), tag) {
            return Err(BadToken::Unknown);
        }
        if said[8..] != Sha256::digest(request.as_bytes())[..TAG] {
            return Err(BadToken::OtherRequest);
        }
        let offset = <[u8; 8]>::try_from(&said[..8]).map_err(|_| BadToken::Unknown)?;
        Ok(u64::from_be_bytes(offset) as usize)
    }

    fn tag(&self, said: &[u8]) -> Vec<u8> {
        mac::hmac(&self.key, said)[..TAG].to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_back_only_to_its_own_request() {
        let pager = Pager::default();
        let token = pager.token("a=1", 40);
        assert_eq!(pager.offset("a=1", Some(&token)), Ok(40));
        assert_eq!(pager.offset("a=1", None), Ok(0));
        assert_eq!(pager.offset("a=2", Some(&token)), Err(BadToken::OtherRequest));
        assert_eq!(pager.offset("a=1", Some("garbage")), Err(BadToken::Unknown));
        assert_eq!(pager.offset("a=1", Some("")), Err(BadToken::Unknown));
        assert_eq!(
            Pager::default().offset("a=1", Some(&token)),
            Err(BadToken::Unknown)
        );
    }
}
