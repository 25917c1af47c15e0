//! One parameter of Parameter Store, decrypted: for secrets that a runbook names. The value never reaches a log.

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
}
