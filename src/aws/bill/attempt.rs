//! How often a paid request is made: again only when the service said that it did not answer, never when nobody knows.
//! Two requests at most are under way.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::super::failure::{At, Why};
use super::super::{Cloud, http};
use super::Unanswered;

/// How long to wait after each throttled or failed attempt before the next.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(250),
    Duration::from_millis(750),
    Duration::from_millis(2250),
];

impl Cloud {
    /// Sends until there is an answer or no sense in asking again; none of the repeated attempts was paid for.
    pub(in crate::aws) async fn attempts<O, E, Sent>(
        &self,
        at: &At,
        send: impl Fn() -> Sent,
    ) -> Result<O, Unanswered>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        Sent: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
    {
        let _slot = self.cost_slots().acquire().await;
        let mut pauses = PAUSES.into_iter();
        loop {
            let error = match send().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let (may_be_paid, failed) = (is_lost(&error), is_server_error(&error));
            let Err(failure) = self.call(at, async { Err::<O, _>(error) }).await else {
                continue;
            };
            match pauses.next() {
                Some(pause) if failed || failure.why == Why::Throttled => tokio::time::sleep(pause).await,
                _ => return Err(Unanswered { failure, may_be_paid }),
            }
        }
    }
}

fn is_server_error<E>(error: &SdkError<E, HttpResponse>) -> bool {
    error
        .raw_response()
        .is_some_and(|response| response.status().is_server_error())
}

/// Whether the request went out and nobody knows what became of it.
fn is_lost<E: std::error::Error + 'static>(error: &SdkError<E, HttpResponse>) -> bool {
    match error {
        SdkError::TimeoutError(_) => true,
        SdkError::ResponseError(response) => response.raw().status().is_success(),
        SdkError::DispatchFailure(failure) => failure.is_io() && http::find(error).is_none(),
        _ => false,
    }
}

/// Keeps the body of an answer as it came.
#[derive(Clone, Debug, Default)]
pub struct Body(Arc<Mutex<Vec<u8>>>);

impl Body {
    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Intercept for Body {
    fn name(&self) -> &'static str {
        "Body"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(bytes) = context.response().body().bytes() {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = bytes.to_vec();
        }
        Ok(())
    }
}
