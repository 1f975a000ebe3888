"""A web server that answers as a script file says, one line for each request, and notes what it got.

A line is a status, with what more there is after it: `200`, `429 2` (Retry-After), `302 URL`, `hang`, `drop` (reads the
request and closes), `long` (an endless answer). Without lines left it answers 204. Usage: web_server.py FOLDER KEY; the
port is in FOLDER/port, requests are lines of JSON in FOLDER/requests, the script is FOLDER/script.
"""
import hashlib
import hmac
import http.server
import json
import os
import sys
import threading
import time

folder, key = sys.argv[1], sys.argv[2].encode()
lock = threading.Lock()


def place(name):
    return os.path.join(folder, name)


def next_step():
    with lock:
        try:
            with open(place("script")) as file:
                lines = file.read().splitlines()
        except FileNotFoundError:
            return ["204"]
        if not lines:
            return ["204"]
        with open(place("script"), "w") as file:
            file.write("\n".join(lines[1:]))
        return lines[0].split()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.do_POST()

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        if len(body) < length:
            # Whoever sent it died: it has not arrived.
            self.close_connection = True
            return
        stamp = self.headers.get("X-Monitor-Timestamp", "")
        digest = hmac.new(key, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        given = self.headers.get("X-Monitor-Signature")
        step = next_step()
        with lock, open(place("requests"), "a") as file:
            note = {
                "method": self.command, "path": self.path, "port": self.client_address[1],
                "headers": dict(self.headers), "body": body.decode(), "step": step,
                "signed": given is not None and hmac.compare_digest(given, "sha256=" + digest),
            }
            file.write(json.dumps(note) + "\n")
        if step[0] == "hang":
            time.sleep(3600)
        if step[0] == "drop":
            self.close_connection = True
            self.connection.close()
            return
        if step[0] == "long":
            self.send_response(200)
            self.send_header("Content-Length", str(1 << 40))
            self.end_headers()
            while True:
                self.wfile.write(b"x" * 65536)
        self.send_response(int(step[0]))
        if step[0] == "429":
            self.send_header("Retry-After", step[1])
        if step[0].startswith("3"):
            self.send_header("Location", step[1])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *arguments):
        pass


server = Server(("127.0.0.1", int(sys.argv[3]) if len(sys.argv) > 3 else 0), Handler)
with open(place("port.new"), "w") as file:
    file.write(str(server.server_address[1]))
os.rename(place("port.new"), place("port"))
server.serve_forever()
