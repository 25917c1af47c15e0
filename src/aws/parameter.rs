//! One parameter of Parameter Store: decrypted for secrets that a runbook names, whose value never reaches a log; plain
//! for what is no secret.

use aws_sdk_ssm::types::{Parameter, ParameterType};
use zeroize::Zeroizing;

use super::{Cloud, Failure, Place};

impl Cloud {
    /// The value of a parameter. Needs `ssm:GetParameter`, and `kms:Decrypt` for the key of a SecureString.
    pub async fn fetch_parameter(&self, place: &Place, name: &str) -> Result<Zeroizing<String>, Failure> {
        let at = self.at(place, "ssm", "GetParameter").await;
        let clients = self.clients(place).await;
        let call = clients
            .ssm
            .get_parameter()
            .name(name)
            .with_decryption(true)
            .send();
        let answer = self.call(&at, call).await?;
        let value = answer.parameter.and_then(|parameter| parameter.value);
        value
            .map(Zeroizing::new)
            .ok_or_else(|| Failure::faulty(&at, "a parameter without a value"))
    }

    /// The value of a parameter that is no secret; `None` for a SecureString. Needs `ssm:GetParameter`.
    pub async fn fetch_plain_parameter(&self, place: &Place, name: &str) -> Result<Option<String>, Failure> {
        let at = self.at(place, "ssm", "GetParameter").await;
        let clients = self.clients(place).await;
        let call = clients
            .ssm
            .get_parameter()
            .name(name)
            .with_decryption(false)
            .send();
        let answer = self.call(&at, call).await?;
        let is_plain = |parameter: &Parameter| parameter.r#type != Some(ParameterType::SecureString);
        let parameter = answer
            .parameter
            .ok_or_else(|| Failure::faulty(&at, "no parameter in the answer"))?;
        Ok(Some(parameter)
            .filter(is_plain)
            .and_then(|parameter| parameter.value))
    }
}
