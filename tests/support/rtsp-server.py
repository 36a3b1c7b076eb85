"""An RTSP server that is not ours (gst-rtsp-server): plays one raw RGB picture as H.264 for ever.

rtsp-server.py FILE WIDTH HEIGHT [PORT]: prints the port, then serves rtsp://127.0.0.1:PORT/live until it is ended.
Debian: python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good gstreamer1.0-plugins-ugly.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

picture, width, height = sys.argv[1:4]
Gst.init(None)
missing = [name for name in ("x264enc", "rtph264pay", "imagefreeze", "rawvideoparse") if Gst.ElementFactory.find(name) is None]
if missing:
    sys.exit("missing " + " ".join(missing))
if picture == "-":
    sys.exit(0)

server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service(sys.argv[4] if len(sys.argv) > 4 else "0")
media = GstRtspServer.RTSPMediaFactory()
media.set_shared(True)
media.set_launch(
    f"( filesrc location={picture} ! rawvideoparse format=rgb width={width} height={height} framerate=25/1"
    " ! imagefreeze is-live=true ! videoconvert ! video/x-raw,format=I420"
    " ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=10 pass=qual quantizer=8"
    " ! rtph264pay name=pay0 pt=96 config-interval=1 )"
)
server.get_mount_points().add_factory("/live", media)
if server.attach(None) == 0:
    sys.exit("the port is taken")
print(server.get_bound_port(), flush=True)
GLib.MainLoop().run()
