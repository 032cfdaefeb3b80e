"""A receiver of OTLP over HTTP that decodes with the official library.

It writes its port to the first line of standard output, and each request as a line of JSON: path, status of the answer, and
the message as the official library writes it. Answers follow a plan: a list of words, the last of which holds from then on.

    receiver.py PORT ok | 429:1 (status, seconds of Retry-After) | reject:N (of partial success) | hang ...
"""

import gzip
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from google.protobuf.json_format import MessageToDict
from google.protobuf.unknown_fields import UnknownFieldSet
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as traces

KINDS = {
    "/v1/metrics": (metrics.ExportMetricsServiceRequest, metrics.ExportMetricsServiceResponse, "rejected_data_points"),
    "/v1/traces": (traces.ExportTraceServiceRequest, traces.ExportTraceServiceResponse, "rejected_spans"),
}
plan = sys.argv[2:] or ["ok"]
# Metrics and spans come at the same time.
output = threading.Lock()


def unknown(message):
    """Whether the message, or one inside it, has fields that the official definitions do not have."""
    if len(UnknownFieldSet(message)) > 0:
        return True
    for field, value in message.ListFields():
        if field.message_type is not None:
            values = [value] if hasattr(value, "ListFields") else value
            if any(unknown(inner) for inner in values):
                return True
    return False


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        kind, answer, rejected = KINDS[self.path]
        word = plan.pop(0) if len(plan) > 1 else plan[0]
        status, reply, headers = 200, answer(), {}
        if word == "hang":
            time.sleep(3600)
        elif word.startswith("reject:"):
            setattr(reply.partial_success, rejected, int(word[7:]))
            reply.partial_success.error_message = "too old"
        elif word != "ok":
            code, _, seconds = word.partition(":")
            status = int(code)
            if seconds:
                headers["retry-after"] = seconds
        assert self.headers["content-type"] == "application/x-protobuf", self.headers
        assert self.headers["content-encoding"] == "gzip", self.headers
        message = kind()
        message.ParseFromString(gzip.decompress(body))
        assert not unknown(message), message
        line = json.dumps({
            "path": self.path,
            "status": status,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "message": MessageToDict(message),
        })
        with output:
            print(line, flush=True)
        data = reply.SerializeToString()
        self.send_response(status)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver)
server.daemon_threads = True
print(server.server_port, flush=True)
server.serve_forever()
