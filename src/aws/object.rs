//! Objects of S3: what Run Command left in a bucket because it was too long to be shown.

use super::{Cloud, Failure, Place};

/// More of an output than this is not taken into memory.
const MOST: usize = 64 << 20;

impl Cloud {
    /// The keys below a prefix; at most 1,000.
    pub async fn fetch_keys(
        &self,
        place: &Place,
        bucket: &str,
        prefix: &str,
    ) -> Result<Vec<String>, Failure> {
        let at = self.at(place, "s3", "ListBucket").await;
        let call = self
            .clients(place)
            .await
            .s3
            .list_objects_v2()
            .bucket(bucket)
            .prefix(prefix)
            .send();
        let answer = self.call(&at, call).await?;
        let objects = answer.contents.unwrap_or_default();
        Ok(objects.into_iter().filter_map(|object| object.key).collect())
    }

    /// One object, whole.
    pub async fn fetch_object(&self, place: &Place, bucket: &str, key: &str) -> Result<Vec<u8>, Failure> {
        let at = self.at(place, "s3", "GetObject").await;
        let call = self
            .clients(place)
            .await
            .s3
            .get_object()
            .bucket(bucket)
            .key(key)
            .send();
        let mut body = self.call(&at, call).await?.body;
        let mut bytes = Vec::new();
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|_| Failure::faulty(&at, "an object that broke off"))?;
            if bytes.len() + chunk.len() > MOST {
                let says = format!("{key} is larger than {} MiB", MOST >> 20);
                return Err(Failure::refused(
                    &at,
                    &says,
                    "fetch it from the bucket with another tool",
                ));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}
