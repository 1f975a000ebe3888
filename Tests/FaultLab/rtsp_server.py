#!/usr/bin/python3
"""A camera for tests: serves rtsp://127.0.0.1:PORT/cam until it is killed.

Without --file it is live: frame n shows n as 16 black (0) or white (1) bars, lowest bit first. With --size WxH there is
rtsp://127.0.0.1:PORT/main, too, with the same numbers at the same times in pictures of that size. With --file it plays
an H.264 MPEG-TS file again and again. Port 0 takes a free one. Prints "ready" and its
port once it accepts connections.
"""
import argparse
import time

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer

WIDTH, HEIGHT, BITS = 320, 192, 16


class Factory(GstRtspServer.RTSPMediaFactory):
    def __init__(self, arguments, size=(WIDTH, HEIGHT)):
        super().__init__()
        self.rate = arguments.rate
        self.width, self.height = size
        self.set_shared(True)
        if arguments.file:
            self.set_launch(
                f'( multifilesrc location="{arguments.file}" loop=true caps=video/mpegts,systemstream=true,packetsize=188 ! tsparse set-timestamps=true ! tsdemux ! h264parse config-interval=1 '
                "! rtph264pay name=pay0 pt=96 )")
            return
        encoder = (
            f"x264enc tune=zerolatency speed-preset=ultrafast bitrate=1500 key-int-max={arguments.group}"
            if Gst.ElementFactory.find("x264enc") else f"avenc_mpeg4 gop-size={arguments.group}")
        payloader = "rtph264pay config-interval=1" if encoder.startswith("x264") else "rtpmp4vpay config-interval=1"
        self.set_launch(
            f"( appsrc name=bars is-live=true format=time caps=video/x-raw,format=GRAY8,width={self.width},height={self.height},"
            f"framerate={self.rate}/1 ! videoconvert ! video/x-raw,format=I420 ! {encoder} ! {payloader} name=pay0 pt=96 )")
        self.connect("media-configure", self.configure)

    def configure(self, _factory, media):
        source = media.get_element().get_by_name_recurse_up("bars")
        first = last = int((time.monotonic() - started) * self.rate)

        def tick():
            nonlocal last
            number = int((time.monotonic() - started) * self.rate)
            if number == last:
                return True
            last = number
            bars = b"".join((b"\xff" if number >> bit & 1 else b"\0") * (self.width // BITS) for bit in range(BITS))
            buffer = Gst.Buffer.new_wrapped(bars * self.height)
            buffer.pts = (number - first - 1) * Gst.SECOND // self.rate
            buffer.duration = Gst.SECOND // self.rate
            return source.emit("push-buffer", buffer) == Gst.FlowReturn.OK

        # Twice a frame, so that none is missed.
        GLib.timeout_add(500 // self.rate, tick)


parser = argparse.ArgumentParser()
parser.add_argument("--port", required=True)
parser.add_argument("--rate", type=int, default=20)
parser.add_argument("--group", type=int, default=10, help="frames from one that stands alone to the next")
parser.add_argument("--size", type=lambda text: tuple(map(int, text.split("x"))), help="of the stream at /main, WxH")
parser.add_argument("--file")
parser.add_argument("--udp", action="store_true", help="refuses to send within the connection")
parser.add_argument("--password", help="of the user 'viewer'; without it everybody may watch")
arguments = parser.parse_args()
Gst.init(None)
server = GstRtspServer.RTSPServer.new()
server.set_address("127.0.0.1")
server.set_service(arguments.port)
factories = {"/cam": Factory(arguments)}
if arguments.size:
    factories["/main"] = Factory(arguments, arguments.size)
if arguments.udp:
    gi.require_version("GstRtsp", "1.0")
    from gi.repository import GstRtsp

    for factory in factories.values():
        factory.set_protocols(GstRtsp.RTSPLowerTrans.UDP)
if arguments.password:
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic("viewer", arguments.password), token)
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_role("viewer")
    permissions.add_permission_for_role("viewer", "media.factory.access", True)
    permissions.add_permission_for_role("viewer", "media.factory.construct", True)
    for factory in factories.values():
        factory.set_permissions(permissions)
for path, factory in factories.items():
    server.get_mount_points().add_factory(path, factory)
if server.attach(None) == 0:
    raise SystemExit(f"port {arguments.port} is taken")
started = time.monotonic()
print("ready", server.get_bound_port(), flush=True)
GLib.MainLoop().run()
