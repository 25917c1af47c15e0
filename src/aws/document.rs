//! Systems Manager documents: those that an account owns or that are shared with it, and their text as it was written.

use aws_sdk_ssm::types::DocumentKeyValuesFilter;

use super::{Cloud, Failure, Place};

/// One document of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentRow {
    pub name: String,
    /// `Automation`, `Command`, `Session`, `Policy`…
    pub kind: String,
    pub version: Option<String>,
}

impl Cloud {
    /// The account's own documents, of every type. Needs ssm:ListDocuments.
    pub async fn fetch_documents(&self, place: &Place) -> Result<Vec<DocumentRow>, Failure> {
        let at = self.at(place, "ssm", "ListDocuments").await;
        let own = DocumentKeyValuesFilter::builder()
            .key("Owner")
            .values("Self")
            .build();
        let (mut rows, mut token) = (Vec::new(), None);
        loop {
            let call = self
                .clients(place)
                .await
                .ssm
                .list_documents()
                .filters(own.clone())
                .max_results(50)
                .set_next_token(token)
                .send();
            let answer = self.call(&at, call).await?;
            rows.extend(
                answer
                    .document_identifiers
                    .unwrap_or_default()
                    .into_iter()
                    .filter_map(|row| {
                        Some(DocumentRow {
                            name: row.name?,
                            kind: row
                                .document_type
                                .map(|kind| kind.as_str().to_owned())
                                .unwrap_or_default(),
                            version: row.document_version,
                        })
                    }),
            );
            token = answer.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(rows);
            }
        }
    }

    /// The text of a document's default version, JSON or YAML as it was written. Needs ssm:GetDocument.
    pub async fn fetch_document(&self, place: &Place, name: &str) -> Result<String, Failure> {
        let at = self.at(place, "ssm", "GetDocument").await;
        let call = self.clients(place).await.ssm.get_document().name(name).send();
        let answer = self.call(&at, call).await?;
        answer
            .content
            .ok_or_else(|| Failure::faulty(&at, "a document without content"))
    }
}
