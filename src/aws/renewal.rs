//! What a data channel needs from AWS while it lives: a new token after a drop, an end, signed headers.
//! Each goes through the whole credential chain again, since a session may outlive the keys it began with.

use std::sync::Arc;
use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;

use super::failure::Failure;
use super::{Cloud, Place};
use crate::ssm::{DataKey, KeyRequest, Later, Renewal, Ticket};

struct Chain {
    cloud: Cloud,
    place: Place,
}

impl Cloud {
    /// What keeps the sessions of a place alive.
    pub fn renewal(&self, place: &Place) -> Arc<dyn Renewal> {
        Arc::new(Chain {
            cloud: self.clone(),
            place: place.clone(),
        })
    }

    /// ResumeSession with fresh credentials; `None` when the session is over.
    pub async fn resume_session(&self, place: &Place, session_id: &str) -> Result<Option<Ticket>, Failure> {
        self.forget(&place.profile);
        let at = self.at(place, "ssm", "ResumeSession").await;
        let call = self
            .clients(place)
            .await
            .ssm
            .resume_session()
            .session_id(session_id)
            .send();
        let answer = match self.call(&at, call).await {
            Err(failure) if failure.cause.contains("DoesNotExistException") => return Ok(None),
            answer => answer?,
        };
        let (Some(token), Some(stream_url)) = (answer.token_value, answer.stream_url) else {
            return Ok(None);
        };
        let session_id = answer.session_id.unwrap_or_else(|| session_id.to_owned());
        Ok(Some(Ticket {
            session_id,
            token,
            stream_url: self.endpoints().stream(&place.region, stream_url),
        }))
    }

    async fn sign_channel(&self, place: &Place, url: &str) -> Result<Vec<(String, String)>, Failure> {
        let account = self.account(&place.profile).await;
        signed(&account.config, &place.region, url)
            .await
            .map_err(|cause| {
                let hint = format!("renew the sign-in of profile {}", place.profile);
                let at = super::failure::At {
                    account: place.profile.clone(),
                    profile: place.profile.clone(),
                    region: place.region.clone(),
                    service: "ssmmessages",
                    operation: "OpenDataChannel",
                };
                Failure::refused(&at, &cause, &hint)
            })
    }
}

impl Renewal for Chain {
    fn resume(&self, session_id: &str) -> Later<Result<Option<Ticket>, String>> {
        let (cloud, place, id) = (self.cloud.clone(), self.place.clone(), session_id.to_owned());
        Box::pin(async move { cloud.resume_session(&place, &id).await.map_err(sentence) })
    }

    fn terminate(&self, session_id: &str) -> Later<Result<(), String>> {
        let (cloud, place, id) = (self.cloud.clone(), self.place.clone(), session_id.to_owned());
        Box::pin(async move { cloud.terminate_session(&place, &id).await.map_err(sentence) })
    }

    fn signed_headers(&self, url: &str) -> Later<Result<Vec<(String, String)>, String>> {
        let (cloud, place, url) = (self.cloud.clone(), self.place.clone(), url.to_owned());
        Box::pin(async move { cloud.sign_channel(&place, &url).await.map_err(sentence) })
    }

    fn data_key(&self, request: KeyRequest) -> Later<Result<DataKey, String>> {
        let (cloud, place) = (self.cloud.clone(), self.place.clone());
        Box::pin(async move { cloud.generate_data_key(&place, request).await.map_err(sentence) })
    }
}

fn sentence(failure: Failure) -> String {
    format!("{}; {}", failure.cause, failure.hint)
}

/// Headers that sign a GET of `url`; none when the address is signed already.
async fn signed(config: &SdkConfig, region: &str, url: &str) -> Result<Vec<(String, String)>, String> {
    if url.contains("X-Amz-Signature=") {
        return Ok(Vec::new());
    }
    let provider = config
        .credentials_provider()
        .ok_or("no credentials are configured")?;
    let credentials = provider
        .provide_credentials()
        .await
        .map_err(|_| "the credentials cannot be read")?;
    let identity = credentials.into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("ssmmessages")
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .map_err(|_| "the address cannot be signed")?
        .into();
    let request = SignableRequest::new("GET", url, std::iter::empty(), SignableBody::Bytes(&[]))
        .map_err(|_| "the address of the data channel is no URL")?;
    let (instructions, _) = sign(request, &params)
        .map_err(|_| "the address cannot be signed")?
        .into_parts();
    Ok(instructions
        .headers()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Settings, StaticAccount};

    fn cloud() -> Cloud {
        let account = StaticAccount {
            name: "prod".into(),
            id: "111122223333".into(),
            access_key_id: "AKIDEXAMPLE".into(),
            secret_access_key: "secret".into(),
            session_token: Some("token".into()),
            regions: vec!["eu-west-1".into()],
        };
        Cloud::connect(Settings {
            accounts: vec![account],
            ..Settings::default()
        })
    }

    #[tokio::test]
    async fn the_data_channel_is_signed_for_ssmmessages_with_the_session_token() {
        let place = Place {
            profile: "prod".into(),
            region: "eu-west-1".into(),
        };
        let url = "wss://ssmmessages.eu-west-1.amazonaws.com/v1/data-channel/s-1?role=publish_subscribe";
        let headers = cloud().renewal(&place).signed_headers(url).await.unwrap();
        let value = |wanted: &str| {
            let found = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            found.map(|(_, value)| value.as_str()).unwrap_or_default()
        };
        assert!(value("authorization").contains("/eu-west-1/ssmmessages/aws4_request"));
        assert!(value("authorization").contains("SignedHeaders=host;x-amz-date;x-amz-security-token"));
        assert_eq!(value("x-amz-security-token"), "token");
    }

    #[tokio::test]
    async fn an_address_that_is_signed_already_stays_as_it_is() {
        let place = Place {
            profile: "prod".into(),
            region: "eu-west-1".into(),
        };
        let headers = cloud()
            .renewal(&place)
            .signed_headers("wss://h/x?X-Amz-Signature=1")
            .await
            .unwrap();
        assert!(headers.is_empty());
    }
}
