//! What is to be filled in before a block can run, and what only looks so.

use super::*;

fn open(text: &str) -> Vec<String> {
    blocks(&format!("```sh\n{text}\n```\n")).remove(0).placeholders
}

#[test]
fn where_one_bracketed_word_stands_for_another_every_one_does() {
    for (text, wanted) in [
        (
            "kubectl delete pod [pod-name] -n [namespace]",
            &["[pod-name]", "[namespace]"][..],
        ),
        ("kubectl delete pod [namespace]", &["[namespace]"]),
        ("kubectl drain [CLUSTER] && ls", &["[CLUSTER]"]),
        (
            "kubectl exec [pod-name] -c [Container 1] -- x/[n]",
            &["[pod-name]", "[Container 1]", "[n]"],
        ),
        ("kubectl delete pod <pod1> [<pod2> ...]", &["<pod1>", "<pod2>"]),
        ("kubectl delete pod <pod1> [<pod2>]", &["<pod1>", "<pod2>"]),
        (
            "kubectl logs <pod> [-c <container>] [--tail=<n>]",
            &["<pod>", "<container>", "<n>"],
        ),
        ("kubectl logs web [-c {{ c }}]", &["{{ c }}"]),
        ("git commit [--amend] [-m]", &["[--amend]", "[-m]"]),
        ("cat <<E\n- [<ip>]\nE", &["<ip>"]),
        ("echo \"select array [<ids>] ;\"", &["<ids>"]),
        ("cat <<E >x\nips: [<ip>]\nargs: [{{a}}]\nE", &["<ip>", "{{a}}"]),
        (
            "x {{ env }} {{version|default(\"1\")}} {{ a.b | upper }}",
            &["{{ env }}", "{{version|default(\"1\")}}", "{{ a.b | upper }}"],
        ),
    ] {
        assert_eq!(open(text), wanted, "{text}");
    }
    for text in [
        "ls [a-z] [abc] [xyz]* x[first] [0-9]",
        "tr [abc] [first] <x; grep [error] x; echo [done]",
        "[ x ] && [[ a =~ [first] ]]",
        "aws x --filters Values=[web]",
        "docker ps --format '{{json .}} {{.Names | printf}} {{range .x}}{{end}}'",
        "x \"a [first] b\" '[first]'",
    ] {
        assert_eq!(open(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_noun_in_capitals_that_stands_alone_as_an_argument_is_to_be_filled_in() {
    for (text, wanted) in [
        ("kill -9 PID", &["PID"][..]),
        ("helm rollback RELEASE REVISION", &["RELEASE", "REVISION"]),
        (
            "gcloud compute instances delete INSTANCE --zone=ZONE",
            &["INSTANCE", "ZONE"],
        ),
        (
            "psql -h HOSTNAME -U USERNAME -d DATABASE",
            &["HOSTNAME", "USERNAME", "DATABASE"],
        ),
        ("mysqladmin -pPASSWORD status", &["PASSWORD"]),
        ("git revert COMMIT_SHA", &["COMMIT_SHA"]),
        ("sudo kubectl delete pod \"NAME\"; ls", &["NAME"]),
        ("kubectl delete -f FILENAME", &["FILENAME"]),
        ("ssh USER@HOST", &["USER", "HOST"]),
        ("kubectl delete secret NAME", &["NAME"]),
        ("chmod 600 KEY; sudo chmod go-r TOKEN", &["KEY", "TOKEN"]),
        ("ssh-keygen -t ed25519 -f TOKEN", &["TOKEN"]),
        ("redis-cli GET KEY; gpg --recv-keys KEY", &["KEY"]),
        ("ssh -i KEY web-1; ssh-add KEYFILE", &["KEY", "KEYFILE"]),
        ("git checkout BRANCH; git switch BRANCH", &["BRANCH"]),
        ("aws iam get-role --role-name ROLE", &["ROLE"]),
        ("apt-get install PACKAGE=VERSION", &["PACKAGE", "VERSION"]),
        ("pip install PACKAGE==VERSION", &["PACKAGE", "VERSION"]),
        (
            "kubectl set image deploy/web CONTAINER=IMAGE",
            &["CONTAINER", "IMAGE"],
        ),
        ("kubectl rollout restart deployment/NAME", &["NAME"]),
        ("docker pull registry.local/web:TAG", &["TAG"]),
        ("nc -vz localhost:PORT", &["PORT"]),
        ("argocd app sync APPNAME", &["APPNAME"]),
        (
            "aws s3api get-object --bucket BUCKET --key KEY x",
            &["BUCKET", "KEY"],
        ),
    ] {
        assert_eq!(open(text), wanted, "{text}");
    }
    for text in [
        "lsblk -no NAME /dev/sda; ps -eo PID; ps --sort=PID",
        "kubectl get po -o custom-columns=NAME:.metadata.name --sort-by NAME",
        "export TOKEN; unset TOKEN; read -r NAME; docker run -e TOKEN x",
        "cat TOKEN; cp KEY x; git config --get KEY; sort -k KEY; chmod 600 RELEASE; git config KEY",
        "gh secret set TOKEN; vercel env add API_KEY; kubectl set env x TOKEN-",
        "NAME=x; TOKEN+=y; x --from-literal=PASSWORD=z",
        "echo NAME; grep PID x; select NAME from x",
        "SELECT NAME FROM x; INSERT INTO DATABASE",
        "mysql -e \"drop DATABASE x\"; psql -c 'drop DATABASE x'",
        "xargs -I POD kubectl logs POD; xargs -INAME rm NAME",
        "sudo apt-key add KEY; rpm --import KEY; gpg --import KEY",
        "redis-cli CLUSTER INFO; cat RELEASE; git add NAME; kill -HUP 1",
        "git add VERSION; git checkout VERSION; cat VERSION; docker build --build-arg VERSION x; redis-cli XREADGROUP GROUP g c",
        "make PACKAGE=VERSION; env KEY=VALUE x; curl -X DELETE http://localhost/x; kill -s TERM 1; x -H A:B",
        "aws ce x --dimension REGION --group-by Type=DIMENSION,Key=REGION",
        "x NAME.txt NAME-x /NAME/x x/NAME $NAME_X; NAME x",
        "kubectl exec web -- printenv HOSTNAME; find . -name PID; nmcli -f NAME con",
        "man 3 PASSWORD; x | while read NODE POD_NAME; do ls; done",
        "A=1 B=2; \\\n; if ! echo NAME; then :; fi",
    ] {
        let open: Vec<String> = open(text);
        let open: Vec<&String> = open.iter().filter(|one| !one.starts_with('$')).collect();
        assert!(open.is_empty(), "{text}: {open:?}");
    }
}

#[test]
fn what_an_option_or_a_page_names_instead_of_a_value_is_to_be_filled_in() {
    for (text, wanted) in [
        ("aws ec2 stop-instances --instance-ids instance_id", "instance_id"),
        ("aws ssm start-session --target instance-id", "instance-id"),
        ("aws ec2 delete-snapshot --snapshot-id snap-id", "snap-id"),
        ("aws iam delete-role --role-name role-name", "role-name"),
        ("aws ec2 describe-vpcs --region region-code", "region-code"),
        ("aws ec2 describe-vpcs --profile profile", "profile"),
        ("x --cluster-name=cluster_name", "cluster_name"),
        ("kubectl delete pod pod-name", "pod-name"),
        ("docker logs container_name_here", "container_name_here"),
        ("systemctl restart service_here", "service_here"),
        ("kubectl delete deployment deployment-here", "deployment-here"),
        ("aws s3 rm s3://x/file_here", "file_here"),
        ("curl -X DELETE https://x/y/instance-id-here", "instance-id-here"),
        ("x y-your-app-here", "y-your-app-here"),
        ("psql -d \"INSERT_DB_HERE\"", "INSERT_DB_HERE"),
        ("systemctl restart APP_HERE", "APP_HERE"),
        (
            "x insert_a_suppression_name_here",
            "insert_a_suppression_name_here",
        ),
        ("curl https://x/y?key=api_key_here", "api_key_here"),
        ("curl https://x/users/your-id-here", "your-id-here"),
        ("git clone https://TOKEN@github.com/x/y", "TOKEN"),
        ("kubectl get po pod-name", "pod-name"),
        ("kubectl describe secret pod-name", "pod-name"),
        (
            "kubectl describe deployments.apps deployment-name",
            "deployment-name",
        ),
        ("kubectl get cm -n namespace-name", "namespace-name"),
        ("kubectl get -n x cm cluster-name", "cluster-name"),
        ("kubectl delete cm cluster-name", "cluster-name"),
        ("systemctl restart TODO", "TODO"),
        ("ssh 10.x.x.x", "10.x.x.x"),
        ("ssh user@10.0.XXX.x", "10.0.XXX.x"),
        ("cat /var/log/app-YYYY-MM-DD.log", "YYYY-MM-DD"),
        ("journalctl --since 'YYYY-MM-DD HH:MM:SS'", "YYYY-MM-DD HH:MM:SS"),
        (
            "aws logs x --start \"YYYY-MM-DDTHH:MM:SSZ\"",
            "YYYY-MM-DDTHH:MM:SSZ",
        ),
        ("curl -X DELETE https://api/users/:user_id/keys", ":user_id"),
        ("kubectl delete pod 'pod name'", "pod name"),
        ("aws s3 ls s3://bucket-name/ --recursive", "bucket-name"),
        ("aws s3 cp x s3://web/folder-name/", "folder-name"),
        ("git checkout branch-name", "branch-name"),
        ("git reset --hard origin/branch_name", "branch_name"),
        ("git push origin :branch-name", "branch-name"),
        ("systemctl restart service-name", "service-name"),
        ("dropdb database_name", "database_name"),
        ("kubeadm upgrade v{{< skew latest >}}", "{{< skew latest >}}"),
    ] {
        assert_eq!(open(text), [wanted], "{text}");
    }
    let script = "```powershell\ncurl v{{< skew latest >}}\n```\n";
    assert_eq!(blocks(script)[0].placeholders, ["{{< skew latest >}}"]);
    for text in [
        "terraform output -raw instance_id; cloud-init query instance_id",
        "x --out-dir out-dir --config config --output output --sort-by node-name",
        "aws x --query instance_id --output output; aws x --attribute instance-id",
        "cargo test --test test; pip install x==1.2.x; curl http://169.254.169.254/x/instance-id",
        "grep TODO x; git grep TODO; git log --grep TODO; vim TODO; # TODO",
        "psql -c \"select to_char(now(), 'YYYY-MM-DD')\"; x --date-format YYYY-MM-DD",
        "git commit -m 'pod name'; git commit -m \"fix it here\"; cat start-here.md; echo got-here",
        "systemctl restart app-here; rm -rf /srv/uploads/put_files_here; find / -name app-here",
        "curl https://example.com/get-started-here https://example.com/sign-name-here",
        "kubectl get cm cluster-name -o yaml; kubectl describe sc volume-name",
        "curl http://x:8080/a:b/c::d; docker pull x/y:tag; kubectl get po -l app=pod-name,x=y",
        "mysql -e 'select LAST_INSERT_ID()'; INSERT_SIZE=1; rsync a host::node-name",
        "curl http://169.254.169.254/latest/meta-data/placement/group-name; x --user-name; git log --format=branch-name",
        "redis-cli get user_name; kubectl config use-context web; grep branch-name x; git commit -m branch-name",
    ] {
        assert_eq!(open(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn holes_of_other_scripts_are_holes() {
    for (text, wanted) in [
        (
            "aws ec2 reboot-instances --instance-ids [인스턴스 ID]",
            "[인스턴스 ID]",
        ),
        ("kubectl delete pod {파드이름}", "{파드이름}"),
        ("kubectl delete pod 【파드명】", "【파드명】"),
        (
            "aws ec2 reboot-instances --instance-ids 인스턴스_ID",
            "인스턴스_ID",
        ),
        ("find /var/log -mtime +＜日数＞", "＜日数＞"),
        ("ssh 〇〇", "〇〇"),
        ("systemctl restart ●●●●", "●●●●"),
        ("ping %HOST%", "%HOST%"),
        ("ping «host»", "«host»"),
        ("kubectl drain @node@", "@node@"),
        ("kubectl delete pod \"「파드 이름」\"", "「파드 이름」"),
        ("kubectl delete pod 파드이름", "파드이름"),
    ] {
        assert_eq!(open(text), [wanted], "{text}");
    }
    for text in [
        "echo 【알림】 [확인] {완료} ●● 〇〇; printf '%s' «x»",
        "git commit -m \"【수정】 고침\"; grep -c [가-힣] x; cat 보고서.txt; ls 문서",
        "date +%H%M%S; mysql -e \"select * from x where a like '%ERROR%'\"",
        "sed s@foo@bar@ x; ssh a@b@c; git log HEAD@{1}; ls x@node@y",
        "NAME=인스턴스_ID_목록; a=(가 나)",
    ] {
        assert_eq!(open(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_positional_parameter_that_nothing_sets_is_to_be_filled_in() {
    for (text, wanted) in [
        ("systemctl restart $1", &["$1"][..]),
        ("rm -rf /data/$1 \"${2}\"", &["$1", "${2}"]),
        ("rm -rf \"$@\" $*", &["$@", "$*"]),
        ("f() { rm $1; }; f $2", &["$2"]),
        ("x=$(rm $1)", &["$1"]),
        ("(set -- a; rm $1); rm $2", &["$2"]),
        ("rm \"${1%/}\"", &["${1%/}"]),
    ] {
        assert_eq!(open(text), wanted, "{text}");
    }
    for text in [
        "set -- a b\nrm $1 $2 \"$@\"",
        "set a; rm $1",
        "f() { rm $1; }\nfunction g { rm \"$2\"; }\nh() (\n  rm $1\n)",
        "f()\n{\n  if a; then { rm $1; }; fi\n  rm ${2}\n}\nf x",
        "awk '{print $1}' x; sh -c 'rm $1' _ x; x=`ps | awk '{print $2}'`",
        "cat >x.sh <<'E'\nrm $1\nE",
        "rm ${1:-x} ${2:?no} \\$1 $# $? $$ $! $0 $- # $1",
        "x=\"$(ps | awk '{print $2}')\"; kill $(ps | awk \"{print \\$2}\")",
        "perl -e $'print $1'",
    ] {
        assert_eq!(open(text), Vec::<String>::new(), "{text}");
    }
    let page = "```sh\nset -- a\n```\n\n```sh\nrm $1\n```\n";
    assert!(blocks(page)[1].placeholders.is_empty());
    let script = "```powershell\n$x -replace 'a','$1'; \"$1\"\n```\n";
    assert!(blocks(script)[0].placeholders.is_empty());
}
