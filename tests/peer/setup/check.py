"""Every variant of `qd setup iam`, `session-document` and `terraform`: the three must parse and say the same."""
import json
import subprocess
import sys
import tempfile

import hcl2
import parliament

QD = sys.argv[1]
KEY = "arn:aws:kms:eu-west-1:613489207754:key/0f3a"
GRANTS = [[], ["--tag", "team=pay"], ["--document", "Ops-Shell", "--kms-key", KEY, "--run", "--costs"]]
LIMITS = [
    [],
    ["--s3-bucket", "logs", "--s3-prefix", "a/${b}", "--log-group", "/ssm", "--session-key", KEY, "--idle-minutes", "60"],
    ["--max-minutes", "1440", "--run-as", "ops", "--shell-profile", 'echo "%{x}"; PS1=\\w\nexec bash'],
]
# Session document schema 1.0, as the User Guide of Systems Manager lists it.
INPUTS = {
    "s3BucketName": str, "s3KeyPrefix": str, "s3EncryptionEnabled": bool, "cloudWatchLogGroupName": str,
    "cloudWatchEncryptionEnabled": bool, "cloudWatchStreamingEnabled": bool, "kmsKeyId": str, "idleSessionTimeout": str,
    "maxSessionDuration": str, "runAsEnabled": bool, "runAsDefaultUser": str, "shellProfile": dict,
}
# The key is in the User Guide ("Enforce a session document permission check") and not in parliament's tables; instances and
# documents of SendCommand stand in two statements, because a condition holds for the first alone.
EXPLAINED = (
    "Unknown condition ssm:SessionDocumentAccessCheck",
    "{'action': 'ssm:SendCommand', 'required_format'",
    # Younger than its list of actions.
    "Unknown action cloudwatch:ListAlarmMuteRules",
    "Unknown action cloudwatch:GetAlarmMuteRule",
)
passed, failed = 0, 0


def check(says, holds, detail=""):
    global passed, failed
    passed, failed = passed + bool(holds), failed + (not holds)
    if not holds:
        print(f"not ok: {says} {detail}")


def qd(*args):
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run([QD, "setup", *args], env={"HOME": home}, capture_output=True, text=True, timeout=60)
    check(f"setup {' '.join(args)} ends well", done.returncode == 0, done.stderr)
    return done.stdout


def bare(text):
    return text[1:-1] if isinstance(text, str) and len(text) > 1 and text[0] == text[-1] == '"' else text


def resources(text):
    """Names of the resources that the file declares."""
    found = set()
    for block in hcl2.loads(text)["resource"]:
        for kind, named in block.items():
            for name, body in named.items():
                if isinstance(body, dict):
                    found.add((bare(kind), bare(name)))
    return found


def policy(text, says):
    check(f"{says} fits what IAM takes", len(json.dumps(json.loads(text), separators=(",", ":"))) <= 6144)
    found = [str(one) for one in parliament.analyze_policy_string(text).findings if one.issue != "RESOURCE_STAR"]
    wrong = [one for one in found if not any(known in one for known in EXPLAINED)]
    check(f"{says} is what AWS knows", not wrong, wrong)
    sending = [one["Resource"] for one in json.loads(text)["Statement"]
               if one["Effect"] == "Allow" and "ssm:SendCommand" in one["Action"]]
    both = "document/" in str(sending) and "instance/" in str(sending)
    check(f"{says} sends to instances with documents", both or not sending, sending)


for grant in GRANTS:
    policy(qd("iam", *grant), f"iam {grant}")
    policy(qd("iam", "--enforce", *grant), f"iam --enforce {grant}")
    for limit in LIMITS:
        text = qd("terraform", *grant, *limit)
        try:
            found = resources(text)
        except Exception as error:
            check(f"terraform {grant + limit} parses", False, error)
            continue
        wanted = {("aws_ssm_document", "session_preferences"), ("aws_iam_policy", "quarterdeck"),
                  ("aws_iam_policy", "quarterdeck_enforce")}
        check(f"terraform {grant + limit} declares the three", found == wanted, found)
for limit in LIMITS:
    document = json.loads(qd("session-document", *limit))
    inputs = document.get("inputs", {})
    known = all(isinstance(value, INPUTS.get(name, type(None))) for name, value in inputs.items())
    check("the session document has the fields that AWS lists", known and set(inputs) == set(INPUTS), inputs)
    check("and its head", (document["schemaVersion"], document["sessionType"]) == ("1.0", "Standard_Stream"))
    check("and shells by platform", set(inputs["shellProfile"]) <= {"linux", "windows"})

print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
