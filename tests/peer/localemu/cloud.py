"""As much of AWS as opening a session takes, on loopback, around LocalEmu's agent: STS and EC2 in XML, Systems
Manager in JSON 1.1. The first line of output is the endpoint; GET /calls tells what was asked for.
"""
import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import agent

CALLS = []
PORT = agent.serve()
IDENTITY = f"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::{agent.ACCOUNT}:user/watch</Arn><UserId>AIDAWATCH</UserId><Account>{agent.ACCOUNT}</Account>
</GetCallerIdentityResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetCallerIdentityResponse>"""
INSTANCES = f"""<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>1</requestId>
<reservationSet><item><reservationId>r-1</reservationId><ownerId>{agent.ACCOUNT}</ownerId><instancesSet><item>
<instanceId>{agent.INSTANCE}</instanceId><instanceState><code>16</code><name>running</name></instanceState>
<instanceType>t3.micro</instanceType><placement><availabilityZone>{agent.REGION}a</availabilityZone></placement>
<privateIpAddress>10.0.0.1</privateIpAddress><tagSet><item><key>Name</key><value>web-1</value></item></tagSet>
</item></instancesSet></item></reservationSet></DescribeInstancesResponse>"""


class Refusal(Exception):
    pass


def stream_url(session, port):
    return f"ws://127.0.0.1:{port}/v1/data-channel/{session.session_id}?role=publish_subscribe"


def ticket(session, port=PORT):
    return {"SessionId": session.session_id, "TokenValue": session.token_value, "StreamUrl": stream_url(session, port)}


def start_session(body):
    if body["Target"] != agent.INSTANCE:
        raise Refusal("TargetNotConnected", f"{body['Target']} is not connected.")
    # Port 9 is where nobody listens: a session that is granted but cannot be reached.
    unreachable = body.get("Reason", "").startswith("unreachable")
    return ticket(agent.start_session(body), 9 if unreachable else PORT)


def resume_session(body):
    session = agent.find_session(body["SessionId"])
    if not session:
        raise Refusal("DoesNotExistException", f"Session {body['SessionId']} is over.")
    return ticket(session)


def terminate_session(body):
    agent.end_session(body["SessionId"])
    return {"SessionId": body["SessionId"]}


def describe_instance_information(_body):
    return {"InstanceInformationList": [{"InstanceId": agent.INSTANCE, "PingStatus": "Online", "AgentVersion": "3.3.0.0",
                                         "PlatformType": "Linux", "ResourceType": "EC2Instance"}]}


SSM = {
    "StartSession": start_session,
    "ResumeSession": resume_session,
    "TerminateSession": terminate_session,
    "DescribeSessions": lambda _body: {"Sessions": []},
    "DescribeInstanceInformation": describe_instance_information,
    "GetConnectionStatus": lambda body: {"Target": body["Target"], "Status": "connected"},
}
QUERY = {"GetCallerIdentity": IDENTITY, "DescribeInstances": INSTANCES}


class Cloud(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self._answer(200, "application/json", json.dumps(CALLS))

    def do_POST(self):
        text = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        target = re.fullmatch(r"AmazonSSM\.(\w+)", self.headers.get("X-Amz-Target", ""))
        name = target[1] if target else parse_qs(text).get("Action", [""])[0]
        signed = self.headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256 ")
        CALLS.append({"name": name, "signed": signed, "body": json.loads(text) if target else {}})
        if not target:
            return self._query(name)
        try:
            if name not in SSM:
                raise Refusal("UnknownOperationException", name)
            self._answer(200, "application/x-amz-json-1.1", json.dumps(SSM[name](CALLS[-1]["body"])))
        except Refusal as refusal:
            code, says = refusal.args
            self._answer(400, "application/x-amz-json-1.1", json.dumps({"__type": code, "message": says}))

    def _query(self, name):
        unknown = f"<Response><Errors><Error><Code>InvalidAction</Code><Message>{name}</Message></Error></Errors></Response>"
        self._answer(200 if name in QUERY else 400, "text/xml", QUERY.get(name, unknown))

    def _answer(self, status, kind, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle(self):
        try:
            super().handle()
        except ConnectionError:
            pass  # the client did not wait for the answer

    def log_message(self, *_args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Cloud)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
sys.stdin.read()  # lives as long as whoever started it
