//! Words that stand alone as an argument and can only stand for another: `PID`, `--zone=ZONE`, `[namespace]`, and an option's
//! own name behind it, the way AWS's pages write it. Names of columns, of variables and of files are passed over.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::word::{NAMERS, SPEAKERS, is_of, line, program};
use super::{Form, Placeholder, name, pattern};
use crate::runbook::shell::bare_name;

/// Things that are called so in capitals where somebody is to say which.
const NOUNS: &str = "
    PID PPID NAME POD PODNAME NODE NODENAME HOST HOSTNAME IP IPADDR IPADDRESS PORT USER USERNAME PASSWORD PASSWD DATABASE
    DBNAME DB KEY KEYFILE KEY_FILE INSTANCE ZONE REGION CLUSTER CONTAINER SERVICE DEPLOYMENT NAMESPACE RELEASE REVISION COMMIT COMMIT_SHA
    COMMIT_HASH GIT_SHA TOKEN API_KEY API_TOKEN ACCESS_TOKEN ACCESS_KEY DB_PASSWORD DB_USER SECRET BUCKET BUCKETNAME VOLUME
    SNAPSHOT PROJECT ACCOUNT FILENAME FILE DIRECTORY DEVICE INTERFACE MOUNTPOINT TIMESTAMP DOMAIN URL CHART RESOURCE VALUE
    IMAGE TAG ID ARN JOB QUEUE TOPIC STACK BRANCH APPLICATION SERVER ROLE GROUP POLICY PACKAGE VERSION MODULE COUNT NUMBER SIZE
    SUBNET VPC ENDPOINT CONTEXT WORKSPACE PROFILE PARTITION OFFSET EMAIL REPOSITORY PEER VM
";
/// Those that an address holds.
const PLACES: &str = "HOST HOSTNAME IP PORT USER USERNAME PASSWORD BUCKET REGION ACCOUNT DOMAIN NAMESPACE TOKEN API_KEY \
    API_TOKEN ACCESS_TOKEN";
/// Those that are as often what a variable or a kept secret is called.
const SECRETS: &str =
    "KEY TOKEN API_KEY API_TOKEN ACCESS_TOKEN ACCESS_KEY PASSWORD PASSWD DB_PASSWORD DB_USER SECRET DATABASE";
/// Those that a file may really be called.
const FILES: &str = "FILE FILENAME DIRECTORY URL MOUNTPOINT DEVICE";

/// Those that git knows nothing else under: a file may be called `VERSION`, and none `BRANCH`.
const POINTS: &str = "BRANCH COMMIT COMMIT_SHA COMMIT_HASH GIT_SHA REVISION TAG";

/// Programs that keep keys in files, and what such files are called.
const LOCKS: &str = "chmod chown ssh-keygen ssh-add";
const KEYS: &str = "KEY KEYFILE KEY_FILE TOKEN SECRET PASSWORD";

/// More that a word in capitals belongs to.
const KNOWERS: &str = "
    function case alias type which insert update delete drop create alter show grant use trap cmake make expr
";
/// Programs to which a bare word is a file.
const READERS: &str = "
    cat less more head tail cp mv rm ls vi vim nano emacs code source . tee touch chmod chown wc diff sort uniq cut file
    stat open tar zip unzip mkdir rmdir ln basename dirname md5sum sha256sum
";
/// Ends of options whose value names a column, a kind or a sentence.
const KEPT: &str = "
    o output column columns field fields by sort order query filter filters format attribute attributes dimension
    dimensions type types scope level mode state status kind expression expressions label labels l selector metric metrics
    grep pattern f m message title body comment description subject k e env arg test dir directory file path config features
";
/// What a cloud gives an id or a name to.
const KINDS: &str = "
    pod container node namespace deployment service instance image volume snapshot cluster bucket role user group secret
    network release configmap job statefulset daemonset ingress pvc pv
";
/// What some of these are called in short.
const SHORT: [(&str, &str); 9] = [
    ("po", "pod"),
    ("no", "node"),
    ("ns", "namespace"),
    ("deploy", "deployment"),
    ("svc", "service"),
    ("cm", "configmap"),
    ("sts", "statefulset"),
    ("ds", "daemonset"),
    ("ing", "ingress"),
];

/// Programs that show objects of many kinds by their names.
const KUBERNETES: &str = "kubectl oc docker podman nerdctl crictl";

/// Kinds of which nothing else is called after one of them.
const PODS: &str = "pod container deployment statefulset daemonset job";
/// More things that a page leaves to be named.
const THINGS: &str = "
    id arn address uri email value number path branch table image tag version folder dir repo repository registry server vm
    machine vpc subnet queue topic stream function stack schema index record group policy partition disk label package
    module date string text message query command title description ticket channel code profile environment env endpoint
    alias task certificate cert mount organization org team application process identifier resource parameter hash digest
";

/// `PID`, and `APPNAME` whatever the thing is.
fn is_noun(word: &str) -> bool {
    let is_named = || word.strip_suffix("NAME").is_some_and(|thing| thing.len() > 1);
    let is_capital = || word.bytes().all(|byte| byte.is_ascii_uppercase());
    is_of(NOUNS, word) || is_named() && is_capital()
}

/// Whether a word, in small letters, is what such a thing is called.
pub(super) fn is_thing(word: &str) -> bool {
    is_of(KINDS, word) || is_of(THINGS, word) || is_of(NOUNS, &word.to_uppercase())
}

static ID: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(r"^(?:[a-z]+[-_])+(?:ids?|arns?|identifier)$|^(?:aws-)?region(?:-code|-name|_code|_name)$")
});
static KIND: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"^([a-z]+)[-_](?:name|id)$"));
static SQUARE: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"^\[(?:[a-z]{3,}|[A-Z]{3,})\]$"));
/// `'pod name'` as one argument.
static PHRASE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(r#"\s(?:'([a-z]+ (?:name|id|ip|arn))'|"([a-z]+ (?:name|id|ip|arn))")(?:[\s;|&)]|$)"#)
});

fn finds(regex: &LazyLock<Option<Regex>>, text: &str) -> bool {
    regex.as_ref().is_some_and(|regex| regex.is_match(text))
}

/// A command up to the next, as far as signs tell; quotes are asked for afterwards.
struct Simple<'t> {
    words: Vec<(usize, &'t str)>,
    program: &'t str,
    /// `xargs -I POD … POD`
    replaces: bool,
    /// It looks for a word.
    looks: bool,
    /// It speaks of secrets and variables, by their names.
    names: bool,
    /// `git add NAME`
    adds: bool,
}

/// One of its arguments.
struct Argument<'t> {
    at: usize,
    text: &'t str,
    /// Without dashes; empty for none.
    option: &'t str,
    /// The word before it, an option or not.
    before: &'t str,
}

/// Those of a command in their order.
pub(in crate::runbook) fn arguments(text: &str) -> Vec<Placeholder> {
    let mut found = Vec::new();
    for simple in simples(text) {
        if simple.has_own_words() || !simple.program.contains(|c: char| c.is_lowercase()) {
            continue;
        }
        for argument in simple.arguments() {
            for at in simple.holes(&argument) {
                let text = &text[at.clone()];
                found.push(Placeholder {
                    form: Form::Loose,
                    text: text.to_owned(),
                    name: name(text),
                    at,
                });
            }
        }
    }
    found.extend(phrases(text));
    found
}

fn phrases(text: &str) -> impl Iterator<Item = Placeholder> {
    let all = PHRASE.iter().flat_map(|regex| regex.captures_iter(text));
    all.filter_map(move |found| {
        let inner = found.get(1).or(found.get(2))?;
        let simple = simples(line(text, &(inner.start() - 1..inner.start()))).pop()?;
        let option = simple.words.last()?.1.trim_start_matches('-');
        let is_meant = !simple.has_own_words() && !is_kept(option);
        is_meant.then(|| Placeholder::of(Form::Loose, inner, inner.as_str()))
    })
}

fn simples(text: &str) -> Vec<Simple<'_>> {
    let mut simples = Vec::new();
    let mut from = 0;
    let ends = text
        .char_indices()
        .filter(|(at, c)| ";|&()`".contains(*c) || (*c == '\n' && !text[..*at].ends_with('\\')));
    for end in ends.map(|(at, _)| at).chain([text.len()]) {
        let whole = &text[from..end];
        let place = |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
        let words = whole.split_whitespace().filter(|word| *word != "\\");
        let first = program(whole);
        // What stands before the program is none of its arguments.
        let words = words.skip_while(|word| word.as_ptr() != first.as_ptr());
        let words: Vec<(usize, &str)> = words.map(|word| (place(word), word)).collect();
        let any = |is: &dyn Fn(&str) -> bool| words.iter().any(|(_, word)| is(word));
        let program = bare_name(first);
        simples.push(Simple {
            replaces: any(&|word| matches!(word, "xargs" | "parallel")),
            looks: any(&|word| word.ends_with("grep")),
            names: any(&|word| {
                ["secret", "env", "config", "var"]
                    .iter()
                    .any(|what| word.contains(what))
            }),
            adds: program == "git" && any(&|word| matches!(word, "add" | "rm" | "mv" | "checkout")),
            words,
            program,
        });
        from = end + 1;
    }
    simples
}

impl<'t> Simple<'t> {
    /// Whether its words are texts, patterns or names that its program knows.
    fn has_own_words(&self) -> bool {
        let lists = [SPEAKERS, NAMERS, KNOWERS];
        lists.iter().any(|list| is_of(list, self.program))
    }

    fn arguments(&self) -> Vec<Argument<'t>> {
        let pairs = self.words.windows(2);
        let given = pairs.map(|pair| {
            let ((_, before), (at, word)) = (pair[0], pair[1]);
            let (option, at, text) = match word.split_once('=') {
                Some((option, value)) if word.starts_with('-') => (option, at + option.len() + 1, value),
                _ if word.starts_with("-p") && is_of(NOUNS, &word[2..]) => ("p", at + 2, &word[2..]),
                _ if before.starts_with('-') && !before.contains('=') => (before, at, word),
                _ => ("", at, word),
            };
            let quotes = text.len() - text.trim_start_matches(['"', '\'']).len();
            Argument {
                at: at + quotes,
                text: text.trim_matches(['"', '\'']),
                option: option.trim_start_matches('-'),
                before,
            }
        });
        given.filter(|argument| !argument.text.is_empty()).collect()
    }

    /// What of an argument stands for something else.
    fn holes(&self, argument: &Argument<'_>) -> Vec<Range<usize>> {
        let Argument { at, text, option, .. } = *argument;
        let whole = at..at + text.len();
        // `-f FILENAME` is a file, `-f NAME` a column.
        let is_file = matches!(option, "f" | "o") && is_of(FILES, text);
        let is_file = is_file || option == "f" && self.is_key(text);
        if (is_kept(option) && !is_file) || (self.replaces && text.chars().all(char::is_uppercase)) {
            return Vec::new();
        }
        let is_hole = is_noun(text) && self.takes(argument)
            || self.is_to_do(argument)
            || self.is_own_name(argument)
            || self.is_kind(argument)
            || self.is_thing(argument)
            || is_square(argument);
        if is_hole {
            return vec![whole];
        }
        if let Some(parts) = self.parts(argument) {
            return parts;
        }
        // `kubectl logs po/pod-name`
        if let Some((kind, own)) = text.split_once('/')
            && self.names_kind(own).is_some_and(|named| is_called(kind, named))
        {
            return std::iter::once(whole.end - own.len()..whole.end).collect();
        }
        if !text.contains('@') && !text.contains("://") {
            return Vec::new();
        }
        let is_hole = |piece: &&str| is_of(PLACES, piece) || is_bucket(text, piece);
        let pieces = text.split(['/', ':', '@']).filter(is_hole);
        pieces.map(|piece| place(at, text, piece)).collect()
    }

    /// Of `PACKAGE=VERSION`, `app:TAG`, `deployment/NAME` and `origin/branch-name`, what stands for something else.
    fn parts(&self, argument: &Argument<'_>) -> Option<Vec<Range<usize>>> {
        let Argument { at, text, .. } = *argument;
        let is_address = text.contains("://") || text.contains('@');
        if is_address || text.starts_with('-') {
            return None;
        }
        let is_free = is_noun;
        let is_pair = |(one, other): (&str, &str)| is_free(one) && is_free(other);
        let pairs = ["==", "=", ":"].into_iter();
        if let Some((one, other)) = pairs
            .filter_map(|sign| text.split_once(sign))
            .find(|pair| is_pair(*pair))
        {
            return Some(vec![place(at, text, one), place(at, text, other)]);
        }
        let last = text.rsplit([':', '/']).next().unwrap_or(text);
        let lead = text[..text.len() - last.len()].strip_suffix([':', '/'])?;
        let is_tag = matches!(last, "TAG" | "VERSION" | "PORT") && text.ends_with(&format!(":{last}"));
        let is_kind = KINDS.split_whitespace().any(|kind| is_called(lead, kind));
        let is_object = is_of(KUBERNETES, self.program) && is_kind && is_free(last);
        let is_point = self.program == "git" && is_thing_name(last);
        (is_tag || is_object || is_point).then(|| vec![place(at, text, last)])
    }

    /// `git checkout branch-name`, `systemctl restart service_name`: of the objects of a cluster [`Simple::is_kind`] knows more.
    fn is_thing(&self, argument: &Argument<'_>) -> bool {
        let may_be_own = is_of(KUBERNETES, self.program) || self.program.ends_with("-cli");
        is_thing_name(argument.text) && !may_be_own
    }

    /// Whether a noun here is no name that the program knows.
    fn takes(&self, argument: &Argument<'_>) -> bool {
        // `git config --get KEY`
        let is_verb = is_of("get get-all add unset unset-all replace-all", argument.option);
        let is_free = argument.option.is_empty() || is_verb;
        let is_name = is_of(SECRETS, argument.text) && self.names;
        let is_file = is_of(READERS, self.program) && !is_of(FILES, argument.text);
        let is_file = is_file && !self.is_key(argument.text);
        // `redis-cli CLUSTER INFO`, but `redis-cli SET KEY VALUE`
        let is_word = self.program.ends_with("-cli") && !matches!(argument.text, "KEY" | "VALUE");
        // `rpm --import KEY`, `apt-key add KEY`
        let is_imported =
            argument.option == "import" || (argument.before == "add" && self.program == "apt-key");
        let is_asked = matches!(argument.before, "printenv" | "echo" | "unset" | "export");
        let is_found = self.program == "find" && !is_free;
        let is_added = self.adds && !is_of(POINTS, argument.text);
        let is_known = is_name || is_file || is_added || is_word;
        let is_given = is_imported && is_of(KEYS, argument.text);
        !(is_asked || is_found || is_given || is_free && is_known)
    }

    fn is_key(&self, text: &str) -> bool {
        is_of(LOCKS, self.program) && is_of(KEYS, text)
    }

    fn is_to_do(&self, argument: &Argument<'_>) -> bool {
        matches!(argument.text, "TODO" | "FIXME" | "TBD") && !self.looks && !is_of(READERS, self.program)
    }

    /// `--role-name role-name`, and the ids that AWS's pages have in its place.
    fn is_own_name(&self, argument: &Argument<'_>) -> bool {
        let Argument { text, option, .. } = *argument;
        if option.len() < 2 || !text.chars().all(|c| c.is_ascii_lowercase() || "-_".contains(c)) {
            return false;
        }
        let (wanted, given) = (name(option), name(text));
        let is_own = wanted.trim_end_matches('s') == given.trim_end_matches('s');
        let is_aws = self.program == "aws";
        (is_own && (is_aws || wanted.contains('_'))) || (is_aws && finds(&ID, text))
    }

    /// `kubectl delete pod pod-name`
    fn is_kind(&self, argument: &Argument<'_>) -> bool {
        self.names_kind(argument.text)
            .is_some_and(|kind| !self.shows_other(kind, argument))
    }

    /// The kind of things that a word such as `pod-name` stands for one of.
    fn names_kind<'w>(&self, word: &'w str) -> Option<&'w str> {
        let found = KIND.as_ref()?.captures(word)?;
        let kind = found.get(1)?.as_str();
        (is_of(KUBERNETES, self.program) && is_of(KINDS, kind)).then_some(kind)
    }

    /// `kubectl get cm cluster-name`: what is called after another kind of thing than is looked at has that name.
    fn shows_other(&self, kind: &str, argument: &Argument<'_>) -> bool {
        let mut words = self.words.iter().copied();
        words.find(|(_, word)| matches!(*word, "get" | "describe"));
        let shown = words
            .next()
            .filter(|(at, word)| *at != argument.at && !word.starts_with('-'));
        let may_be = argument.option.is_empty() && !is_of(PODS, kind);
        may_be && shown.is_some_and(|(_, shown)| !is_called(shown, kind))
    }
}

/// Where a piece of an argument stands in the command.
fn place(at: usize, text: &str, piece: &str) -> Range<usize> {
    let from = at + piece.as_ptr() as usize - text.as_ptr() as usize;
    from..from + piece.len()
}

/// `bucket-name`, `branch_name`: a thing and that it has a name.
fn is_thing_name(word: &str) -> bool {
    let thing = word.strip_suffix("-name").or_else(|| word.strip_suffix("_name"));
    thing.is_some_and(|thing| {
        let last = thing.rsplit(['-', '_']).next().unwrap_or(thing);
        let is_word = thing.starts_with(char::is_alphabetic);
        is_word && thing.chars().all(|c| c.is_ascii_lowercase() || "-_".contains(c)) && is_thing(last)
    })
}

/// Where an address has a host, and any part of one that is no web page's: those are called so.
fn is_bucket(address: &str, piece: &str) -> bool {
    let scheme = address.split("://").next().unwrap_or("");
    let before = &address[..piece.as_ptr() as usize - address.as_ptr() as usize];
    is_thing_name(piece) && (before.ends_with("://") || matches!(scheme, "s3" | "gs"))
}

/// Whether a kind of things has this name, or its plural or short one; `deployments.apps` and `pods,services` among them.
fn is_called(name: &str, kind: &str) -> bool {
    let one = |name: &str| {
        let plural = name.strip_prefix(kind);
        matches!(plural, Some("" | "s" | "es")) || SHORT.contains(&(name, kind))
    };
    name.split(',')
        .any(|name| one(name.split(['.', '/']).next().unwrap_or(name)))
}

/// Whether the value of an option is a name, a kind or a sentence that the program knows.
pub(super) fn is_kept(option: &str) -> bool {
    // `-no NAME` of `lsblk` is `-n -o`.
    let is_cluster = option.len() < 4 && option.ends_with('o');
    let last = option.rsplit(['-', '_']).next().unwrap_or(option);
    is_cluster || is_of(KEPT, last) || option.contains("attribute")
}

/// `[namespace]`; `[abc]` is any of these letters, and what stands behind a colon a list.
fn is_square(argument: &Argument<'_>) -> bool {
    let letters = argument.text.trim_matches(['[', ']']).as_bytes();
    let is_row = letters.windows(2).all(|pair| pair[1] == pair[0].wrapping_add(1));
    finds(&SQUARE, argument.text) && !is_row && !argument.before.ends_with(':')
}
