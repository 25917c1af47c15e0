//! Queries of Prometheus in blocks that say they are a shell's: told by how they begin, which no command of a shell does.

use std::sync::LazyLock;

use regex::Regex;

/// A known function or aggregation before something in brackets, a metric before its labels, or one before a span of time. A
/// shell takes `name(` for nothing but the head of a function, whose brackets are empty.
static QUERY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?x)^\s*(?:
            (?:sum|avg|min|max|count|count_values|group|stddev|stdvar|topk|bottomk|quantile|rate|irate|increase|i?delta
               |deriv|predict_linear|histogram_quantile|absent|changes|resets|clamp|clamp_min|clamp_max|ceil|floor|round
               |abs|sort|sort_desc|scalar|vector|label_replace|label_join|\w+_over_time)
            \s*(?:(?:by|without)\s*\([^()]*\)\s*)?\(\s*[^)\s]
          | [A-Za-z_:][\w:]*\{\s*\w+\s*(?:=~|!~|!=|=)\s*"
          | [A-Za-z_:][\w:]*\[\d+(?:ms|[smhdwy])
        )"#,
    )
    .ok()
});

/// Whether a command reads as a query.
pub(super) fn is_query(command: &str) -> bool {
    QUERY.as_ref().is_some_and(|query| query.is_match(command))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_told_from_commands() {
        for query in [
            "topk(5,\n  sum by (pod) (\n    irate (cpu_seconds_total{node=\"X\"}[4m])\n  )\n)",
            "sum by (node) (\n  irate (cpu{container!=\"\"}[4m])\n)",
            "rate(http_requests_total[5m]) > 0",
            "max_over_time(up[1h])",
            "up{job=~\"a|b\"} == 0",
            "etcd_disk_wal_fsync_duration_seconds_bucket[5m]",
        ] {
            assert!(is_query(query), "{query}");
        }
        for command in [
            "sum() {\n  echo 1\n}",
            "count ( ) { wc -l; }",
            "sort -u x",
            "kubectl get node <node>",
            "oc adm node-logs -l node-role.kubernetes.io/master",
            "curl -G h --data-urlencode 'query=sum(up)'",
            "echo {a,b}",
            "max=$(wc -l < x)",
            "a[5]=b",
        ] {
            assert!(!is_query(command), "{command}");
        }
    }
}
