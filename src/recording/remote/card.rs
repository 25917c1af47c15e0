//! The devices that the store knows: each introduces itself with a card before it stores anything. A card proves no more
//! than that somebody who may write there put it; a recording of a device without one is nobody's that the team knows.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Bucket, Error};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    pub v: u32,
    /// Ed25519, hexadecimal.
    pub device_key: String,
    pub user: Option<String>,
    pub host: Option<String>,
    /// RFC 3339 in UTC, by the device's clock.
    pub first_seen_at: String,
}

impl Card {
    /// Whose it is, for a person.
    pub fn words(&self) -> String {
        let word = |text: &Option<String>| text.clone().unwrap_or_else(|| "?".into());
        format!("{} on {}", word(&self.user), word(&self.host))
    }
}

fn key_of(bucket: &Bucket, device: &[u8; 32]) -> String {
    format!("{}dev/{}.json", bucket.prefix, hex::encode(device))
}

impl Bucket {
    /// Introduces a device of this machine to the store: its card is written once. That it can be written, or was,
    /// proves that the bucket is there and takes what this device writes.
    pub async fn introduce(&self, device: &[u8; 32]) -> Result<(), Error> {
        let card = Card {
            v: 1,
            device_key: hex::encode(device),
            user: crate::audit::Actor::local().user,
            host: nix::unistd::gethostname()
                .ok()
                .and_then(|host| host.into_string().ok()),
            first_seen_at: Timestamp::now().to_string(),
        };
        let json = serde_json::to_vec(&card).unwrap_or_default();
        let retain = self.retention.general_lock(Timestamp::now());
        self.put(&key_of(self, device), json.into(), retain).await?;
        Ok(())
    }

    /// The card of a device; `None` where there is none that can be read as its.
    pub async fn card(&self, device: &[u8; 32]) -> Result<Option<Card>, Error> {
        match self.fetch(&key_of(self, device)).await {
            Ok(bytes) => {
                let card = serde_json::from_slice::<Card>(&bytes).ok();
                Ok(card.filter(|card| card.device_key == hex::encode(device)))
            }
            Err(failure) if Error::is_no_object(&failure) => Ok(None),
            Err(failure) => Err(failure.into()),
        }
    }
}
