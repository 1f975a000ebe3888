#!/usr/bin/python3
"""Cameras over HTTP for tests: serves a folder below /files and the paths below until it is killed; prints its port.

/mjpeg/KIND   the JPEGs of the folder's jpg/ again and again, in one of several ways of motion JPEG
/ts           the folder's live.ts once, then the end
/auth/...     as /..., with user "viewer" and password "s3cret"
/to?URL       redirects to URL
With --forward PORT it is no web server but passes everything on to that port: what makes RTSPS of RTSP.

/growing.m3u8 a playlist that lists one more of the folder's seg*.ts every half second
"""
import argparse
import base64
import hashlib
import http.server
import os
import socket
import ssl
import threading
import time

parser = argparse.ArgumentParser()
parser.add_argument("folder")
parser.add_argument("--certificate", help="PEM file of certificate and key; then everything is encrypted")
parser.add_argument("--forward", type=int)
arguments = parser.parse_args()
START = time.monotonic()


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def jpegs(self):
        folder = os.path.join(arguments.folder, "jpg")
        return [open(os.path.join(folder, name), "rb").read() for name in sorted(os.listdir(folder))]

    def do_GET(self):
        path = self.path
        if path.startswith("/auth"):
            if not self.is_authorised():
                return
            path = self.path[5:]
        if path.startswith("/to?"):
            self.send_response(302)
            self.send_header("Location", path[4:])
            self.end_headers()
        elif path.startswith("/mjpeg/"):
            self.motion_jpeg(path[7:])
        elif path == "/ts":
            self.answer("video/mp2t", open(os.path.join(arguments.folder, "live.ts"), "rb").read())
        elif path == "/growing.m3u8":
            self.playlist()
        elif path.startswith("/files/") and ".." not in path:
            try:
                kind = "application/vnd.apple.mpegurl" if path.endswith("m3u8") else "application/octet-stream"
                self.answer(kind, open(os.path.join(arguments.folder, path[7:]), "rb").read())
            except OSError:
                self.send_error(404)
        elif path == "/text":
            self.answer("text/html", b"<html>Please log in</html>" * 500)
        elif path == "/mute":
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=x")
            self.end_headers()
            time.sleep(60)
        else:
            self.send_error(404)

    def is_authorised(self):
        given = self.headers.get("Authorization", "")
        if self.path.startswith("/auth/digest/"):
            self.path = self.path.replace("/auth/digest/", "/auth/")
            if given.startswith("Digest "):
                fields = dict(f.strip().split("=", 1) for f in given[7:].split(","))
                fields = {key: value.strip('"') for key, value in fields.items()}
                md5 = lambda text: hashlib.md5(text.encode()).hexdigest()
                middle = [fields["nonce"]]
                if "qop" in fields:
                    middle += [fields["nc"], fields["cnonce"], fields["qop"]]
                wanted = md5(":".join([md5("viewer:cam:s3cret")] + middle + [md5("GET:" + fields["uri"])]))
                if fields["response"] == wanted:
                    return True
            challenge = 'Digest realm="cam", nonce="abc", qop="auth"'
        else:
            if given == "Basic " + base64.b64encode(b"viewer:s3cret").decode():
                return True
            challenge = 'Basic realm="cam"'
        self.send_response(401)
        self.send_header("WWW-Authenticate", challenge)
        self.send_header("Content-Length", "0")
        self.end_headers()
        return False

    def answer(self, kind, body):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def motion_jpeg(self, kind):
        self.send_response(200)
        boundary = '"--frame"' if kind == "quoted" else "frame"
        self.send_header("Content-Type", "multipart/x-mixed-replace;boundary=" + boundary)
        self.end_headers()
        pictures = self.jpegs()
        try:
            for number in range(10_000):
                if kind == "ends" and number == 20:
                    return
                picture = pictures[number % len(pictures)]
                if kind == "broken" and number % 3 == 1:
                    picture = picture[: len(picture) // 2]
                head = {"nodashes": b"frame\r\n", "bare": b"", "newlines": b"--frame\n"}.get(kind, b"--frame\r\n")
                if kind not in ("bare", "nolength"):
                    head += b"Content-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(picture)
                elif kind == "nolength":
                    head += b"Content-type: image/jpeg\r\n\r\n"
                self.wfile.write(head + picture + (b"" if kind == "bare" else b"\r\n"))
                self.wfile.flush()
                time.sleep(0.05)
        except OSError:
            pass

    def playlist(self):
        names = sorted(n for n in os.listdir(arguments.folder) if n.startswith("seg") and n.endswith(".ts"))
        last = min(len(names), 3 + int((time.monotonic() - START) * 2))
        first = max(0, last - 4)
        lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:1", "#EXT-X-MEDIA-SEQUENCE:%d" % first]
        for name in names[first:last]:
            lines += ["#EXTINF:0.5,", "/files/" + name]
        self.answer("application/vnd.apple.mpegurl", ("\n".join(lines) + "\n").encode())


def forward(near):
    far = socket.create_connection(("127.0.0.1", arguments.forward))

    def pump(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    threading.Thread(target=pump, args=(near, far), daemon=True).start()
    pump(far, near)


if arguments.forward:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(arguments.certificate)
    door = socket.create_server(("127.0.0.1", 0))
    print(door.getsockname()[1], flush=True)
    while True:
        try:
            visitor = context.wrap_socket(door.accept()[0], server_side=True)
        except OSError:
            continue
        threading.Thread(target=forward, args=(visitor,), daemon=True).start()

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
if arguments.certificate:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(arguments.certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
