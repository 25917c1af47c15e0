//! Systems Manager documents: those that an account owns, that are shared with it or that AWS gives, and their text as it
//! was written.

use aws_sdk_ssm::types::DocumentKeyValuesFilter;
use futures_util::stream::{Stream, StreamExt, TryStreamExt};
use jiff::Timestamp;

use super::automation::time;
use super::paging::pages;
use super::{Cloud, Failure, Place};

/// One document of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentRow {
    pub name: String,
    /// `Automation`, `Command`, `Session`, `Policy`…
    pub kind: String,
    pub version: Option<String>,
    /// An account's id, or `Amazon`.
    pub owner: String,
    /// `Linux`, `Windows`, `MacOS`.
    pub platforms: Vec<String>,
    /// What it may be run on, as CloudFormation calls it.
    pub target_type: Option<String>,
    pub created_at: Option<Timestamp>,
}

/// Which documents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentQuery {
    /// `Self`, `Amazon`, `Public`, `Private`, `ThirdParty`; `None`: all.
    pub owner: Option<String>,
    /// AWS's name of the kind; `None`: all.
    pub kind: Option<String>,
    /// How the name begins.
    pub prefix: Option<String>,
}

/// A version of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentText {
    pub name: String,
    pub kind: String,
    pub version: String,
    /// As it was written: JSON, YAML or plain text.
    pub text: String,
}

impl Cloud {
    /// The account's own documents, of every type. Needs ssm:ListDocuments.
    pub async fn fetch_documents(&self, place: &Place) -> Result<Vec<DocumentRow>, Failure> {
        let own = DocumentQuery {
            owner: Some("Self".into()),
            ..DocumentQuery::default()
        };
        self.list_documents(place, &own).await.try_concat().await
    }

    /// Documents page by page. Needs ssm:ListDocuments.
    pub async fn list_documents(
        &self,
        place: &Place,
        query: &DocumentQuery,
    ) -> impl Stream<Item = Result<Vec<DocumentRow>, Failure>> + Send + Unpin + use<> {
        let (cloud, at) = (self.clone(), self.at(place, "ssm", "ListDocuments").await);
        let client = self.clients(place).await.ssm;
        let said = [
            ("Owner", &query.owner),
            ("DocumentType", &query.kind),
            ("Name", &query.prefix),
        ];
        let filters: Vec<_> = said
            .into_iter()
            .filter_map(|(key, value)| {
                let value = value.as_ref()?;
                Some(DocumentKeyValuesFilter::builder().key(key).values(value).build())
            })
            .collect();
        pages(at.clone(), move |token| {
            let (cloud, at) = (cloud.clone(), at.clone());
            let call = client
                .list_documents()
                .set_filters(Some(filters.clone()).filter(|filters| !filters.is_empty()))
                .max_results(50)
                .set_next_token(token);
            async move {
                let answer = cloud.call(&at, call.send()).await?;
                let rows = answer.document_identifiers.unwrap_or_default();
                let rows = rows.into_iter().filter_map(|row| {
                    Some(DocumentRow {
                        name: row.name?,
                        kind: row
                            .document_type
                            .map(|kind| kind.as_str().to_owned())
                            .unwrap_or_default(),
                        version: row.document_version,
                        owner: row.owner.unwrap_or_default(),
                        platforms: row
                            .platform_types
                            .unwrap_or_default()
                            .into_iter()
                            .map(|platform| platform.as_str().to_owned())
                            .collect(),
                        target_type: row.target_type.filter(|target| !target.is_empty()),
                        created_at: time(row.created_date),
                    })
                });
                Ok((rows.collect(), answer.next_token))
            }
        })
        .boxed()
    }

    /// The text of a document's default version, JSON or YAML as it was written. Needs ssm:GetDocument.
    pub async fn fetch_document(&self, place: &Place, name: &str) -> Result<String, Failure> {
        Ok(self.fetch_document_version(place, name, None).await?.text)
    }

    /// A version of a document; without one the default. Needs ssm:GetDocument.
    pub async fn fetch_document_version(
        &self,
        place: &Place,
        name: &str,
        version: Option<&str>,
    ) -> Result<DocumentText, Failure> {
        let at = self.at(place, "ssm", "GetDocument").await;
        let call = self
            .clients(place)
            .await
            .ssm
            .get_document()
            .name(name)
            .set_document_version(version.map(str::to_owned))
            .send();
        let answer = self.call(&at, call).await?;
        Ok(DocumentText {
            name: answer.name.unwrap_or_else(|| name.to_owned()),
            kind: answer
                .document_type
                .map(|kind| kind.as_str().to_owned())
                .unwrap_or_default(),
            version: answer.document_version.unwrap_or_default(),
            text: answer
                .content
                .ok_or_else(|| Failure::faulty(&at, "a document without content"))?,
        })
    }
}
