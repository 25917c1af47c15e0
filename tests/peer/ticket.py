"""Opens a session on a running simulator and prints its ticket as one line of JSON.

Usage: ticket.py FIRST_LINE [DOCUMENT [NAME=VALUE ...]], FIRST_LINE a file with the first line of `qd sim`. The target is
the first Linux node that is online; `--target` instead of a document prints its id alone. Signs by itself, so that a peer needs nothing but Python.
"""

import datetime
import hashlib
import hmac
import json
import sys
import urllib.request
from urllib.parse import urlsplit


def signature_key(secret, *scope):
    key = ("AWS4" + secret).encode()
    for part in scope:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def call(sim, operation, request):
    body = json.dumps(request).encode()
    at = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "host": urlsplit(sim["endpoint_url"]).netloc,
        "x-amz-date": at,
        "x-amz-target": "AmazonSSM." + operation,
    }
    signed = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    canonical = f"POST\n/\n\n{lines}\n{signed}\n{hashlib.sha256(body).hexdigest()}"
    scope = [at[:8], sim["region"], "ssm", "aws4_request"]
    to_sign = f"AWS4-HMAC-SHA256\n{at}\n{'/'.join(scope)}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    seal = hmac.new(signature_key(sim["secret_access_key"], *scope), to_sign.encode(), hashlib.sha256).hexdigest()
    credential = f"{sim['access_key_id']}/{'/'.join(scope)}"
    headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={signed}, Signature={seal}"
    with urllib.request.urlopen(urllib.request.Request(sim["endpoint_url"] + "/", body, headers), timeout=20) as reply:
        return json.load(reply)


def main(first_line, document=None, *parameters):
    with open(first_line) as file:
        sim = json.loads(file.readline())
    nodes = call(sim, "DescribeInstanceInformation", {"MaxResults": 50})["InstanceInformationList"]
    target = next(
        node["InstanceId"] for node in nodes if node["PingStatus"] == "Online" and node["PlatformType"] == "Linux"
    )
    if document == "--target":
        print(target)
        return
    request = {"Target": target}
    if document:
        request["DocumentName"] = document
        request["Parameters"] = {name: [value] for name, value in (each.split("=", 1) for each in parameters)}
    print(json.dumps(call(sim, "StartSession", request)))


main(*sys.argv[1:])
