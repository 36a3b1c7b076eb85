"""OpenCV's nearest counterparts of the kernels, one thread, milliseconds a frame as JSON. Arguments: width, height, frames."""

import json
import sys
import time

import cv2
import numpy as np

width, height, frames = map(int, sys.argv[1:4])
cv2.setNumThreads(1)
random = np.random.default_rng(1)
grey = random.integers(0, 256, (height, width), np.uint8)
deep = random.integers(0, 1024, (height, width), np.uint16)
colour = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
out = np.empty_like(grey)
out_colour = np.empty_like(colour)
history = grey.astype(np.float32)
table = np.arange(255, -1, -1, dtype=np.uint8)


def measured(work):
    for _ in range(3):
        work()
    times = []
    for _ in range(frames):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    times.sort()
    return {"medianMs": times[len(times) // 2], "minMs": times[0]}


results = {
    "window, Y16": ("convertScaleAbs of 16 bits", lambda: cv2.convertScaleAbs(deep, out, 0.249, 0)),
    "window, GREY": ("convertScaleAbs", lambda: cv2.convertScaleAbs(grey, out, 1.25, -30)),
    "persistence": ("accumulateWeighted, not adaptive", lambda: cv2.accumulateWeighted(grey, history, 0.4)),
    "median": ("medianBlur 3", lambda: cv2.medianBlur(grey, 3, out)),
    "colour-map": ("applyColorMap", lambda: cv2.applyColorMap(grey, cv2.COLORMAP_HOT, out_colour)),
    "overlay on RGB24": ("addWeighted, one alpha for all", lambda: cv2.addWeighted(colour, 0.8, colour, 0.2, 0, out_colour)),
    "table": ("LUT", lambda: cv2.LUT(grey, table, out)),
}
print(
    json.dumps(
        {
            "version": cv2.__version__,
            "results": {name: {"what": what, **measured(work)} for name, (what, work) in results.items()},
        }
    )
)
