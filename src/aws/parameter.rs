//! One parameter of Parameter Store: decrypted for secrets that a runbook names, whose value never reaches a log; plain
//! for what is no secret.

use aws_sdk_ssm::types::{Parameter, ParameterType};
use zeroize::Zeroizing;

use super::failure::At;
use super::{Cloud, Failure, Place};

impl Cloud {
    /// The value of a parameter. Needs `ssm:GetParameter`, and `kms:Decrypt` for the key of a SecureString.
    pub async fn fetch_parameter(&self, place: &Place, name: &str) -> Result<Zeroizing<String>, Failure> {
        let (at, parameter) = self.get_parameter(place, name, true).await?;
        let value = parameter.value.map(Zeroizing::new);
        value.ok_or_else(|| Failure::faulty(&at, "a parameter without a value"))
    }

    /// The value of a parameter that is no secret; `None` for a SecureString. Needs `ssm:GetParameter`.
    pub async fn fetch_plain_parameter(&self, place: &Place, name: &str) -> Result<Option<String>, Failure> {
        let (_, parameter) = self.get_parameter(place, name, false).await?;
        let is_plain = parameter.r#type != Some(ParameterType::SecureString);
        Ok(parameter.value.filter(|_| is_plain))
    }

    async fn get_parameter(
        &self,
        place: &Place,
        name: &str,
        decrypted: bool,
    ) -> Result<(At, Parameter), Failure> {
        let at = self.at(place, "ssm", "GetParameter").await;
        let clients = self.clients(place).await;
        let call = clients.ssm.get_parameter().name(name);
        let answer = self.call(&at, call.with_decryption(decrypted).send()).await?;
        let parameter = answer.parameter;
        let parameter = parameter.ok_or_else(|| Failure::faulty(&at, "no parameter in the answer"))?;
        Ok((at, parameter))
    }
}
