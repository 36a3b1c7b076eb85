import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

/*
 * node opencv-js.ts WIDTH HEIGHT PICTURES FOLDER: counterparts of the kernels in @techstark/opencv-js, which lies below FOLDER. Speaks like
 * opencv-kernels.py.
 */

/** What is used of the package, which declares no types of its own that a script without it could read. */
interface OpenCv {
  readonly Mat: new (rows?: number, columns?: number, type?: number) => Mat;
  readonly Size: new (width: number, height: number) => object;
  readonly [name: string]: unknown;
}
interface Mat {
  readonly data: Uint8Array;
}
type Operation = (...args: unknown[]) => void;

const [widthText, heightText, pictures = '', folder = ''] = process.argv.slice(2);
const [width, height] = [Number(widthText), Number(heightText)];
const require = createRequire(join(resolve(folder), 'package.json'));
const { version } = require('@techstark/opencv-js/package.json') as { version: string };
const cv = await loaded(require('@techstark/opencv-js') as OpenCv);

const constant = (name: string): number => cv[name] as number;
const call = (name: string, ...args: unknown[]): void => (cv[name] as Operation)(...args);
const [u8, u8x2, u8x3, u8x4] = ['CV_8UC1', 'CV_8UC2', 'CV_8UC3', 'CV_8UC4'].map(constant) as [number, number, number, number];
const filled = (name: string, rows: number, columns: number, type: number): Mat => {
  const mat = new cv.Mat(rows, columns, type);
  mat.data.set(readFileSync(join(pictures, name)).subarray(0, mat.data.length));
  return mat;
};

const grey = filled('grey', height, width, u8);
const rgb = filled('noise', height, width, u8x3);
const rgba = filled('noise', height, width, u8x4);
const packed = filled('noise', height, width, u8x2);
const planar = filled('noise', (height * 3) / 2, width, u8);
const lines = filled('noise', 256, 1024, u8);
const mapX = filled('map-x', height, width, constant('CV_32FC1'));
const mapY = filled('map-y', height, width, constant('CV_32FC1'));
const [out, out3, out4] = [new cv.Mat(), new cv.Mat(), new cv.Mat()];
const [seven, hd] = [new cv.Size(7, 7), new cv.Size(1280, 720)];
const colour = (source: Mat, target: Mat, code: string): void => call('cvtColor', source, target, constant(code));

const works: Readonly<Record<string, () => void>> = {
  'median 3x3': () => call('medianBlur', grey, out, 3),
  'median 5x5': () => call('medianBlur', grey, out, 5),
  'gaussian 7x7': () => call('GaussianBlur', grey, out, seven, 1.5, 1.5, constant('BORDER_REPLICATE')),
  'bilateral 13 taps': () => call('bilateralFilter', grey, out, 5, 20, 2, constant('BORDER_REPLICATE')),
  'yuyv grey': () => colour(packed, out, 'COLOR_YUV2GRAY_YUYV'),
  'yuyv rgba': () => colour(packed, out4, 'COLOR_YUV2RGBA_YUYV'),
  'yuyv rgb': () => colour(packed, out3, 'COLOR_YUV2RGB_YUYV'),
  'uyvy rgba': () => colour(packed, out4, 'COLOR_YUV2RGBA_UYVY'),
  'nv12 rgba': () => colour(planar, out4, 'COLOR_YUV2RGBA_NV12'),
  'nv12 rgb': () => colour(planar, out3, 'COLOR_YUV2RGB_NV12'),
  'i420 rgba': () => colour(planar, out4, 'COLOR_YUV2RGBA_I420'),
  'rgb grey': () => colour(rgb, out, 'COLOR_RGB2GRAY'),
  'bgra grey': () => colour(rgba, out, 'COLOR_BGRA2GRAY'),
  'bgra rgb': () => colour(rgba, out3, 'COLOR_BGRA2RGB'),
  'grey rgba': () => colour(grey, out4, 'COLOR_GRAY2RGBA'),
  'window 8 bits': () => call('convertScaleAbs', grey, out, 1.25, -30),
  'scan conversion sector': () => call('remap', lines, out, mapX, mapY, constant('INTER_LINEAR')),
  'mirror grey': () => call('flip', grey, out, 1),
  'quarter turn grey': () => call('rotate', grey, out, constant('ROTATE_90_CLOCKWISE')),
  'scale 1280x720': () => call('resize', grey, out, hd, 0, 0, constant('INTER_AREA')),
  'overlay sparse': () => call('addWeighted', rgb, 0.8, rgb, 0.2, 0, out3),
};

process.stdout.write(`${JSON.stringify({ version, names: Object.keys(works) })}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  const space = line.lastIndexOf(' ');
  const work = works[line.slice(0, space)];
  const taken: number[] = [];
  for (let time = 0; time < Number(line.slice(space + 1)); time++) {
    const start = performance.now();
    work?.();
    taken.push(performance.now() - start);
  }
  process.stdout.write(`${JSON.stringify(taken)}\n`);
}

/**
 * The package is ready when its runtime says so; the newest versions hand out a promise instead. The module of the old ones has a `then`
 * that answers with itself, so that waiting for it would never end.
 */
async function loaded(given: OpenCv | Promise<OpenCv>): Promise<OpenCv> {
  if (given instanceof Promise) return given;
  const module = given as OpenCv & { then?: unknown; onRuntimeInitialized?: () => void };
  delete module.then;
  if (module.Mat !== undefined) return module;
  await new Promise<void>((ready) => {
    module.onRuntimeInitialized = ready;
  });
  return module;
}
