"""Puts squares of pictures beside each other, with OpenCV's peers after the first of each row. Arguments: folder, file to write."""

import json
import os
import sys

import cv2
import numpy as np

folder, target = sys.argv[1:3]
sheet = json.load(open(os.path.join(folder, "sheet.json"), encoding="utf8"))
side = sheet["side"]
lines = []
for index, row in enumerate(sheet["rows"]):
    names = row["names"]
    pictures = [
        np.fromfile(os.path.join(folder, f"{index}-{column}.raw"), np.uint8).reshape(side, side, 3)[:, :, ::-1].copy()
        for column in range(len(names))
    ]
    bilateral = (9, 35, 4) if row["fluoroscopy"] else (9, 100, 4)
    pictures += [cv2.medianBlur(pictures[0], 7), cv2.bilateralFilter(pictures[0], *bilateral)]
    for picture, name in zip(pictures, names + ["OpenCV median 7", f"OpenCV bilateral {bilateral[0]}"]):
        for width, colour in ((3, (0, 0, 0)), (1, (255, 255, 255))):
            cv2.putText(picture, name, (6, side - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, width, cv2.LINE_AA)
    lines.append(np.hstack(pictures))
cv2.imwrite(target, np.vstack(lines), [cv2.IMWRITE_JPEG_QUALITY, 82])
