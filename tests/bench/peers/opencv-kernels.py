"""OpenCV's counterparts of the kernels, one thread. Arguments: width, height, folder with the bench's pictures. For each line `name times` on
standard input it answers a line of JSON with that many milliseconds; the first line it writes is its version and the names it knows."""

import json
import sys
import time
from pathlib import Path

import cv2
import numpy as np

width, height = int(sys.argv[1]), int(sys.argv[2])
folder = Path(sys.argv[3])
cv2.setNumThreads(1)


def picture(name, shape, kind=np.uint8):
    return np.fromfile(folder / name, kind, int(np.prod(shape))).reshape(shape)


grey = picture("grey", (height, width))
deep = picture("deep", (height, width), np.uint16)
rgb = picture("noise", (height, width, 3))
rgba = picture("noise", (height, width, 4))
packed = picture("noise", (height, width, 2))
planar = picture("noise", (height * 3 // 2, width))
lines = picture("noise", (256, 1024))
map_x = picture("map-x", (height, width), np.float32)
map_y = picture("map-y", (height, width), np.float32)
fixed_maps = cv2.convertMaps(map_x, map_y, cv2.CV_16SC2)
table = np.arange(255, -1, -1, dtype=np.uint8)
out = np.empty_like(grey)
out3 = np.empty_like(rgb)
out4 = np.empty_like(rgba)
turned = np.empty((width, height), np.uint8)
plane3 = rgb.copy()
history = grey.astype(np.float32)
equalizer = cv2.createCLAHE(2.0, (8, 8))


def guided():
    """He 2010 with the picture as its own guide: four box filters and what lies between."""
    box = (7, 7)
    levels = grey.astype(np.float32)
    mean = cv2.boxFilter(levels, -1, box)
    variance = cv2.subtract(cv2.boxFilter(cv2.multiply(levels, levels), -1, box), cv2.multiply(mean, mean))
    a = cv2.divide(variance, cv2.add(variance, 100.0))
    b = cv2.subtract(mean, cv2.multiply(a, mean))
    return cv2.add(cv2.multiply(cv2.boxFilter(a, -1, box), levels), cv2.boxFilter(b, -1, box), dtype=cv2.CV_8U)


def unsharp():
    soft = cv2.GaussianBlur(grey, (7, 7), 1.5)
    return cv2.addWeighted(grey, 1.5, soft, -0.5, 0, out)


def table_and_colours():
    return cv2.applyColorMap(cv2.LUT(grey, table, out), cv2.COLORMAP_HOT, out3)


works = {
    "median 3x3": lambda: cv2.medianBlur(grey, 3, out),
    "median 5x5": lambda: cv2.medianBlur(grey, 5, out),
    "gaussian 7x7": lambda: cv2.GaussianBlur(grey, (7, 7), 1.5, out, 1.5, cv2.BORDER_REPLICATE),
    "bilateral 13 taps": lambda: cv2.bilateralFilter(grey, 5, 20, 2, out, cv2.BORDER_REPLICATE),
    "guided 7x7": guided,
    "unsharp 7x7": unsharp,
    "persistence adaptive": lambda: cv2.accumulateWeighted(grey, history, 0.4),
    "yuyv grey": lambda: cv2.cvtColor(packed, cv2.COLOR_YUV2GRAY_YUYV, out),
    "yuyv rgba": lambda: cv2.cvtColor(packed, cv2.COLOR_YUV2RGBA_YUYV, out4),
    "yuyv rgb": lambda: cv2.cvtColor(packed, cv2.COLOR_YUV2RGB_YUYV, out3),
    "uyvy rgba": lambda: cv2.cvtColor(packed, cv2.COLOR_YUV2RGBA_UYVY, out4),
    "nv12 rgba": lambda: cv2.cvtColor(planar, cv2.COLOR_YUV2RGBA_NV12, out4),
    "nv12 rgb": lambda: cv2.cvtColor(planar, cv2.COLOR_YUV2RGB_NV12, out3),
    "i420 rgba": lambda: cv2.cvtColor(planar, cv2.COLOR_YUV2RGBA_I420, out4),
    "rgb grey": lambda: cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY, out),
    "bgra grey": lambda: cv2.cvtColor(rgba, cv2.COLOR_BGRA2GRAY, out),
    "bgra rgb": lambda: cv2.cvtColor(rgba, cv2.COLOR_BGRA2RGB, out3),
    "grey rgba": lambda: cv2.cvtColor(grey, cv2.COLOR_GRAY2RGBA, out4),
    "window 8 bits": lambda: cv2.convertScaleAbs(grey, out, 1.25, -30),
    "window 16 bits": lambda: cv2.convertScaleAbs(deep, out, 0.249, 0),
    "table 8 bits": lambda: cv2.LUT(grey, table, out),
    "table and colour map rgba": table_and_colours,
    "colour map rgb": lambda: cv2.applyColorMap(grey, cv2.COLORMAP_HOT, out3),
    "clahe 8x8": lambda: equalizer.apply(grey, out),
    "scan conversion sector": lambda: cv2.remap(lines, fixed_maps[0], fixed_maps[1], cv2.INTER_LINEAR, out),
    "mirror grey": lambda: cv2.flip(grey, 1, out),
    "quarter turn grey": lambda: cv2.rotate(grey, cv2.ROTATE_90_CLOCKWISE, turned),
    "scale 1280x720": lambda: cv2.resize(grey, (1280, 720), interpolation=cv2.INTER_AREA),
    "overlay sparse": lambda: cv2.addWeighted(rgb, 0.8, plane3, 0.2, 0, out3),
}

print(json.dumps({"version": cv2.__version__, "names": list(works)}), flush=True)
for line in sys.stdin:
    name, times = line.rstrip("\n").rsplit(" ", 1)
    work = works[name]
    taken = []
    for _ in range(int(times)):
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1000)
    print(json.dumps(taken), flush=True)
