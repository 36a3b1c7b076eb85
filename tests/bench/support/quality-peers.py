"""Denoisers of OpenCV and ffmpeg over a run of grey pictures, each with the settings that give the best PSNR on that very run.

Arguments: folder, width, height, frames, first frame that is measured. The folder holds noisy.raw, clean.raw and mask.raw, tight 8-bit
pictures; into it goes the best result of each peer, <peer>.raw, measured frames only. On standard output: one JSON list of
{peer, version, settings, ms, file}; ms is processor time a frame on one thread. A peer that is not there is not in the list.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import time

import numpy as np

folder = sys.argv[1]
width, height, frames, first = map(int, sys.argv[2:6])


def read(name, count):
    return np.fromfile(os.path.join(folder, name), np.uint8).reshape(count, height, width)


noisy, clean = read("noisy.raw", frames), read("clean.raw", frames)
mask = read("mask.raw", 1)[0] != 0


def psnr(result, reference):
    difference = result[:, mask].astype(np.float32) - reference[:, mask]
    return 10 * np.log10(255**2 / max(float((difference * difference).mean()), 1e-9))


def best_of(peer, version, grid, run, probe=None):
    """The grid is searched on the frames of `probe`; the best settings then run on all that are measured."""
    probe = probe if probe is not None else range(first, frames)
    tried = [(psnr(run(settings, probe)[0], clean[list(probe)]), settings) for settings in grid]
    _, settings = max(tried, key=lambda entry: entry[0])
    result, ms = run(settings, range(first, frames))
    file = peer.replace(" ", "-") + ".raw"
    result.tofile(os.path.join(folder, file))
    return {"peer": peer, "version": version, "settings": str(settings), "ms": ms, "file": file}


def frame_by_frame(work):
    def run(settings, wanted):
        results, start = [], time.process_time()
        for frame in wanted:
            results.append(work(noisy[frame], settings))
        return np.stack(results), (time.process_time() - start) * 1000 / len(results)

    return run


def opencv():
    import cv2

    cv2.setNumThreads(1)
    version = "OpenCV " + cv2.__version__
    middle = [(first + frames) // 2]
    yield best_of("opencv median", version, [3, 5, 7], frame_by_frame(lambda f, size: cv2.medianBlur(f, size)))
    bilateral = [(d, c, s) for d in (5, 9) for c in (20, 35, 50, 70, 100, 140) for s in (1, 2, 4)]
    yield best_of(
        "opencv bilateral", version, bilateral, frame_by_frame(lambda f, s: cv2.bilateralFilter(f, *s)), middle
    )
    means = [(h, t) for h in (6, 10, 16, 24, 36) for t in (3, 5)]
    yield best_of(
        "opencv fastNlMeans",
        version,
        means,
        frame_by_frame(lambda f, s: cv2.fastNlMeansDenoising(f, None, s[0], s[1], 15)),
        middle,
    )


def cpu():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def through_ffmpeg(graph, count):
    command = ["ffmpeg", "-v", "error", "-threads", "1", "-filter_threads", "1", "-f", "rawvideo", "-pix_fmt", "gray"]
    command += ["-s", f"{width}x{height}", "-r", "30", "-i", "-", "-vf", graph, "-f", "rawvideo", "-pix_fmt", "gray", "-"]
    before = cpu()
    done = subprocess.run(command, input=noisy[:count].tobytes(), stdout=subprocess.PIPE, check=True, timeout=600)
    return np.frombuffer(done.stdout, np.uint8).reshape(-1, height, width), (cpu() - before) * 1000 / count


def ffmpeg():
    text = subprocess.run(["ffmpeg", "-version"], stdout=subprocess.PIPE, text=True, check=True, timeout=60).stdout
    version = "ffmpeg " + text.split()[2]
    _, idle = through_ffmpeg("null", frames)

    def filtered(name):
        def run(settings, wanted):
            pictures, ms = through_ffmpeg(f"{name}={settings}", max(wanted) + 1)
            return pictures[list(wanted)], max(ms - idle, 0.01)

        return run

    hqdn3d = [f"{s}:{s}:{t}:{t}" for s in (0, 4, 10, 20, 40) for t in (4, 10, 20, 40)]
    yield best_of("ffmpeg hqdn3d", version, hqdn3d, filtered("hqdn3d"))
    atadenoise = [f"0a={a}:0b={b}:s={s}" for a, b in ((0.02, 0.04), (0.05, 0.1), (0.1, 0.3), (0.2, 0.8), (0.3, 2)) for s in (5, 9)]
    yield best_of("ffmpeg atadenoise", version, atadenoise, filtered("atadenoise"))
    # One frame at a time, hundreds of milliseconds for each: the settings are sought on the first two.
    yield best_of("ffmpeg nlmeans", version, [f"s={s}:p=5:r=9" for s in (2, 4, 8, 14, 22)], filtered("nlmeans"), range(1, 2))


found = []
for peers, present in ((opencv, None), (ffmpeg, shutil.which("ffmpeg"))):
    try:
        if peers is opencv or present:
            found += list(peers())
    except ImportError:
        pass
print(json.dumps(found))
