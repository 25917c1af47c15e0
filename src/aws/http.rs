//! The SDK's HTTP client over our own network: proxies, trusted certificates and the words of a failed connection
//! are those of the data channel. One pool of connections for all clients that may wait equally long.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::ErrorKind;
use hyper::http::Uri;
use hyper_util::client::legacy::{self, Client};

use crate::net::{self, Network};

/// Where the SDK sets no bound, as for some providers of credentials.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// One client for every service: the SDK would open a pool, and read the system's certificates, for each.
pub fn shared(network: Network) -> SharedHttpClient {
    SharedHttpClient::new(Pools {
        network,
        pools: Mutex::default(),
    })
}

struct Pools {
    network: Network,
    pools: Mutex<HashMap<Duration, Client<net::Connector, SdkBody>>>,
}

impl fmt::Debug for Pools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pools").finish_non_exhaustive()
    }
}

impl HttpClient for Pools {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        let within = settings.connect_timeout().unwrap_or(CONNECT_WITHIN);
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        let client = pools
            .entry(within)
            .or_insert_with(|| self.network.client(within))
            .clone();
        SharedHttpConnector::new(Pool {
            client,
            network: self.network.clone(),
            read_within: settings.read_timeout(),
        })
    }
}

struct Pool {
    client: Client<net::Connector, SdkBody>,
    network: Network,
    read_within: Option<Duration>,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}

impl HttpConnector for Pool {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(cause) => return HttpConnectorFuture::ready(Err(ConnectorError::user(cause.into()))),
        };
        let uri = request.uri().clone();
        self.network.authorize(&uri, request.headers_mut());
        let (answer, read_within) = (self.client.request(request), self.read_within);
        HttpConnectorFuture::new(async move {
            let answer = match read_within {
                None => answer.await,
                Some(within) => match tokio::time::timeout(within, answer).await {
                    Ok(answer) => answer,
                    Err(late) => return Err(ConnectorError::timeout(late.into())),
                },
            };
            match answer {
                Ok(response) => HttpResponse::try_from(response.map(SdkBody::from_body_1_x))
                    .map_err(|cause| ConnectorError::other(cause.into(), None)),
                Err(cause) => Err(classify(cause, &uri)),
            }
        })
    }
}

/// What the SDK may try again: all but what a proxy or a certificate said for good.
fn classify(cause: legacy::Error, uri: &Uri) -> ConnectorError {
    if let Some(failed) = find(&cause) {
        return match failed.kind {
            net::Kind::Slow => ConnectorError::timeout(failed.clone().into()),
            _ if failed.is_final() => ConnectorError::user(failed.clone().into()),
            _ => ConnectorError::io(failed.clone().into()),
        };
    }
    let is_http = !causes(&cause)
        .filter_map(|cause| cause.downcast_ref::<hyper::Error>())
        .any(hyper::Error::is_parse);
    if !is_http {
        let foreign = net::Error::foreign(uri.host().unwrap_or_default());
        return ConnectorError::other(foreign.into(), None);
    }
    // Most often a kept connection that the service closed just then.
    ConnectorError::other(cause.into(), Some(ErrorKind::TransientError))
}

/// Our own words somewhere in the chain of an error.
pub fn find<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a net::Error> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |cause| (*cause).source())
}
