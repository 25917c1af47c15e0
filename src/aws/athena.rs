//! Athena, one call a step: start a statement, ask how it stands, read its rows page by page, stop it. What is waited
//! for and for how long is the caller's choice.

use aws_sdk_athena::types::{QueryExecutionContext, QueryExecutionState, ResultConfiguration};
use futures_util::TryStreamExt;

use super::paging::pages;
use super::{Cloud, Failure, Place};

/// Where statements run and where their results go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Athena {
    pub place: Place,
    pub database: String,
    /// `primary` where absent.
    pub workgroup: Option<String>,
    /// An `s3://` address; the workgroup's own where absent.
    pub output: Option<String>,
}

/// How a statement stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Queued or running.
    Open,
    /// It ended well, having read so many bytes.
    Done {
        scanned: u64,
    },
    Failed {
        says: String,
    },
    Cancelled,
}

/// Texts, one a column.
pub type QueryRow = Vec<Option<String>>;

impl Cloud {
    /// Starts a statement and tells its id.
    pub async fn start_query(&self, athena: &Athena, sql: &str) -> Result<String, Failure> {
        let at = self.at(&athena.place, "athena", "StartQueryExecution").await;
        let context = QueryExecutionContext::builder()
            .database(&athena.database)
            .build();
        let output = athena
            .output
            .as_ref()
            .map(|output| ResultConfiguration::builder().output_location(output).build());
        let client = self.clients(&athena.place).await.athena;
        let call = client
            .start_query_execution()
            .query_string(sql)
            .query_execution_context(context)
            .set_work_group(athena.workgroup.clone())
            .set_result_configuration(output);
        let answer = self.call(&at, call.send()).await?;
        answer
            .query_execution_id
            .ok_or_else(|| Failure::faulty(&at, "a query without an id"))
    }

    pub async fn fetch_query_progress(&self, athena: &Athena, id: &str) -> Result<Progress, Failure> {
        let at = self.at(&athena.place, "athena", "GetQueryExecution").await;
        let client = self.clients(&athena.place).await.athena;
        let call = client.get_query_execution().query_execution_id(id);
        let answer = self.call(&at, call.send()).await?;
        let query = answer
            .query_execution
            .ok_or_else(|| Failure::faulty(&at, "nothing about the query"))?;
        let scanned = query
            .statistics
            .and_then(|statistics| statistics.data_scanned_in_bytes);
        let status = query.status;
        let says = status
            .as_ref()
            .and_then(|status| status.state_change_reason.clone());
        Ok(match status.and_then(|status| status.state) {
            Some(QueryExecutionState::Succeeded) => Progress::Done {
                scanned: scanned
                    .and_then(|bytes| u64::try_from(bytes).ok())
                    .unwrap_or_default(),
            },
            Some(QueryExecutionState::Failed) => Progress::Failed {
                says: says.unwrap_or_else(|| "no reason was given".into()),
            },
            Some(QueryExecutionState::Cancelled) => Progress::Cancelled,
            Some(QueryExecutionState::Queued | QueryExecutionState::Running) => Progress::Open,
            _ => return Err(Failure::faulty(&at, "a state that is not known")),
        })
    }

    /// Every row of an answer, page by page; the first holds the names of the columns.
    pub async fn fetch_query_rows(&self, athena: &Athena, id: &str) -> Result<Vec<QueryRow>, Failure> {
        let at = self.at(&athena.place, "athena", "GetQueryResults").await;
        let client = self.clients(&athena.place).await.athena;
        let all = pages(at.clone(), |token| {
            let call = client
                .get_query_results()
                .query_execution_id(id)
                .set_next_token(token);
            let at = &at;
            async move {
                let answer = self.call(at, call.send()).await?;
                let rows = answer.result_set.and_then(|set| set.rows).unwrap_or_default();
                let rows = rows.into_iter().map(|row| {
                    let cells = row.data.unwrap_or_default().into_iter();
                    cells.map(|cell| cell.var_char_value).collect()
                });
                Ok((rows.collect::<Vec<QueryRow>>(), answer.next_token))
            }
        });
        all.try_concat().await
    }

    pub async fn stop_query(&self, athena: &Athena, id: &str) -> Result<(), Failure> {
        let at = self.at(&athena.place, "athena", "StopQueryExecution").await;
        let client = self.clients(&athena.place).await.athena;
        self.call(&at, client.stop_query_execution().query_execution_id(id).send())
            .await?;
        Ok(())
    }
}
