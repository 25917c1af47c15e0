//! Every place at once: each is read by a task of its own, and what it tells comes out of one stream. Dropping the stream
//! cancels every call that is still under way.

use std::future::Future;

use futures_util::stream::{self, Stream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::{Cloud, Failure, Place};

/// Batches that wait for whoever reads the stream.
const WAITING: usize = 64;

/// Reads all places; `failed` tells of one that cannot be found out. Needs a tokio runtime.
pub fn everywhere<B, R, F>(
    cloud: &Cloud,
    failed: fn(Failure) -> B,
    read: R,
) -> impl Stream<Item = B> + Send + Unpin + use<B, R, F>
where
    B: Send + 'static,
    R: Fn(Place, mpsc::Sender<B>) -> F + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let (sender, receiver) = mpsc::channel(WAITING);
    let cloud = cloud.clone();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let places = cloud.places().await;
        for failure in places.failed {
            let _ = sender.send(failed(failure)).await;
        }
        let mut reading = JoinSet::new();
        for place in places.found {
            reading.spawn(read(place, sender.clone()));
        }
        drop(sender);
        while reading.join_next().await.is_some() {}
    });
    Box::pin(stream::unfold(
        (receiver, tasks),
        |(mut receiver, tasks)| async move {
            let batch = receiver.recv().await?;
            Some((batch, (receiver, tasks)))
        },
    ))
}
