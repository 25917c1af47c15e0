//! Pages by hand, the same way for every list: a token that comes twice is a failure, not an end.
//! The SDK's paginators stop silently there, and some lists have none.

use std::collections::HashSet;
use std::future::Future;

use futures_util::stream::{self, Stream};

use super::failure::{At, Failure};

/// Calls `fetch` with the token of the page before until a page brings none. Ends after a failure.
pub fn pages<T, F, Fut>(at: At, fetch: F) -> impl Stream<Item = Result<T, Failure>> + Send
where
    T: Send,
    F: FnMut(Option<String>) -> Fut + Send,
    Fut: Future<Output = Result<(T, Option<String>), Failure>> + Send,
{
    struct Walk<F> {
        fetch: F,
        at: At,
        token: Option<String>,
        seen: HashSet<String>,
        over: bool,
    }
    let walk = Walk {
        fetch,
        at,
        token: None,
        seen: HashSet::new(),
        over: false,
    };
    stream::unfold(walk, |mut walk| async move {
        if walk.over {
            return None;
        }
        if walk
            .token
            .as_ref()
            .is_some_and(|token| !walk.seen.insert(token.clone()))
        {
            walk.over = true;
            return Some((Err(Failure::looping(&walk.at)), walk));
        }
        match (walk.fetch)(walk.token.take()).await {
            Ok((page, next)) => {
                walk.token = next.filter(|token| !token.is_empty());
                walk.over = walk.token.is_none();
                Some((Ok(page), walk))
            }
            Err(failure) => {
                walk.over = true;
                Some((Err(failure), walk))
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt;

    fn at() -> At {
        At {
            account: "1".into(),
            profile: "p".into(),
            region: "eu-west-1".into(),
            service: "ec2",
            operation: "DescribeInstances",
        }
    }

    async fn walk(next: fn(Option<&str>) -> Option<&'static str>) -> Vec<Result<String, Failure>> {
        pages(at(), |token| async move {
            let page = token.clone().unwrap_or_default();
            Ok((page, next(token.as_deref()).map(str::to_owned)))
        })
        .collect()
        .await
    }

    #[tokio::test]
    async fn pages_follow_tokens_until_none_comes() {
        let seen = walk(|token| match token {
            None => Some("a"),
            Some("a") => Some("b"),
            _ => None,
        })
        .await;
        assert_eq!(
            seen.into_iter().map(Result::unwrap).collect::<Vec<_>>(),
            ["", "a", "b"]
        );
    }

    #[tokio::test]
    async fn a_token_that_comes_twice_is_a_failure() {
        let seen = walk(|token| if token == Some("a") { Some("b") } else { Some("a") }).await;
        assert_eq!(seen.len(), 4);
        assert!(seen[3].as_ref().unwrap_err().cause.contains("same page"));
    }

    #[tokio::test]
    async fn an_empty_token_ends_the_list() {
        assert_eq!(walk(|_| Some("")).await.len(), 1);
    }
}
