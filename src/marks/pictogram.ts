import type { Path, Step } from './drawing.ts';
import type { BodyPart } from './label.ts';

/** Outlines of the body for body markers, in a square from 0 to 1. The patient faces the reader, so its left is on the right. */

const curve = (...numbers: readonly [number, number, number, number, number, number]): Step => ['C', ...numbers];

const chest: Path = [
  ['M', 0.38, 0.02],
  curve(0.38, 0.1, 0.36, 0.13, 0.24, 0.16),
  curve(0.12, 0.19, 0.07, 0.24, 0.05, 0.4),
  ['M', 0.62, 0.02],
  curve(0.62, 0.1, 0.64, 0.13, 0.76, 0.16),
  curve(0.88, 0.19, 0.93, 0.24, 0.95, 0.4),
  ['M', 0.22, 0.36],
  curve(0.25, 0.6, 0.24, 0.8, 0.22, 0.97),
  ['M', 0.78, 0.36],
  curve(0.75, 0.6, 0.76, 0.8, 0.78, 0.97),
];

const chestFront: Path = [
  ...chest,
  ['M', 0.5, 0.18],
  ['L', 0.5, 0.58],
  ['M', 0.3, 0.78],
  curve(0.38, 0.74, 0.45, 0.68, 0.5, 0.58),
  curve(0.55, 0.68, 0.62, 0.74, 0.7, 0.78),
];

const chestBack: Path = [
  ...chest,
  ['M', 0.5, 0.1],
  ['L', 0.5, 0.95],
  ['M', 0.28, 0.28],
  ['L', 0.42, 0.3],
  ['L', 0.36, 0.54],
  ['Z'],
  ['M', 0.72, 0.28],
  ['L', 0.58, 0.3],
  ['L', 0.64, 0.54],
  ['Z'],
];

/** From its left side: the breast is on the left. */
const chestLeft: Path = [
  ['M', 0.42, 0.02],
  curve(0.42, 0.12, 0.34, 0.16, 0.28, 0.24),
  curve(0.18, 0.38, 0.2, 0.52, 0.24, 0.62),
  curve(0.27, 0.75, 0.26, 0.86, 0.26, 0.97),
  ['M', 0.58, 0.02],
  curve(0.6, 0.14, 0.7, 0.18, 0.74, 0.32),
  curve(0.78, 0.5, 0.72, 0.66, 0.7, 0.76),
  curve(0.69, 0.86, 0.7, 0.92, 0.71, 0.97),
  ['M', 0.44, 0.26],
  curve(0.4, 0.4, 0.42, 0.52, 0.46, 0.6),
  ['M', 0.58, 0.26],
  curve(0.62, 0.4, 0.6, 0.52, 0.56, 0.6),
];

const neckLeft: Path = [
  ['M', 0.3, 0.03],
  curve(0.26, 0.14, 0.28, 0.22, 0.36, 0.27),
  curve(0.44, 0.31, 0.5, 0.3, 0.52, 0.36),
  curve(0.53, 0.55, 0.48, 0.68, 0.28, 0.78),
  curve(0.18, 0.82, 0.1, 0.84, 0.05, 0.92),
  ['M', 0.8, 0.03],
  curve(0.82, 0.3, 0.78, 0.5, 0.8, 0.62),
  curve(0.82, 0.74, 0.9, 0.78, 0.95, 0.84),
  ['M', 0.7, 0.2],
  curve(0.66, 0.45, 0.54, 0.66, 0.4, 0.78),
];

const abdomen: Path = [
  ['M', 0.2, 0.03],
  curve(0.24, 0.3, 0.26, 0.4, 0.22, 0.55),
  curve(0.17, 0.72, 0.14, 0.85, 0.14, 0.97),
  ['M', 0.8, 0.03],
  curve(0.76, 0.3, 0.74, 0.4, 0.78, 0.55),
  curve(0.83, 0.72, 0.86, 0.85, 0.86, 0.97),
  ['M', 0.26, 0.24],
  curve(0.38, 0.2, 0.46, 0.12, 0.5, 0.03),
  curve(0.54, 0.12, 0.62, 0.2, 0.74, 0.24),
  ['M', 0.5, 0.56],
  ['L', 0.5, 0.6],
  ['M', 0.22, 0.8],
  curve(0.32, 0.88, 0.42, 0.94, 0.5, 0.97),
  curve(0.58, 0.94, 0.68, 0.88, 0.78, 0.8),
];

const pelvis: Path = [
  ['M', 0.2, 0.03],
  curve(0.14, 0.2, 0.1, 0.4, 0.1, 0.6),
  curve(0.1, 0.78, 0.13, 0.9, 0.15, 0.97),
  ['M', 0.8, 0.03],
  curve(0.86, 0.2, 0.9, 0.4, 0.9, 0.6),
  curve(0.9, 0.78, 0.87, 0.9, 0.85, 0.97),
  ['M', 0.17, 0.34],
  curve(0.28, 0.48, 0.4, 0.6, 0.5, 0.66),
  curve(0.6, 0.6, 0.72, 0.48, 0.83, 0.34),
  ['M', 0.5, 0.66],
  ['L', 0.5, 0.97],
];

const breastLeft: Path = [
  ['M', 0.12, 0.5],
  curve(0.12, 0.24, 0.3, 0.12, 0.5, 0.12),
  curve(0.72, 0.12, 0.9, 0.28, 0.9, 0.5),
  curve(0.9, 0.74, 0.72, 0.9, 0.5, 0.9),
  curve(0.28, 0.9, 0.12, 0.74, 0.12, 0.5),
  ['Z'],
  ['M', 0.42, 0.5],
  curve(0.42, 0.38, 0.58, 0.38, 0.58, 0.5),
  curve(0.58, 0.62, 0.42, 0.62, 0.42, 0.5),
  ['Z'],
  ['M', 0.8, 0.22],
  curve(0.88, 0.14, 0.94, 0.1, 0.98, 0.04),
];

const armLeft: Path = [
  ['M', 0.26, 0.03],
  curve(0.24, 0.25, 0.34, 0.35, 0.36, 0.48),
  curve(0.4, 0.62, 0.5, 0.72, 0.56, 0.84),
  ['L', 0.62, 0.97],
  ['M', 0.52, 0.03],
  curve(0.58, 0.15, 0.56, 0.3, 0.58, 0.42),
  curve(0.64, 0.56, 0.7, 0.66, 0.74, 0.8),
  ['L', 0.8, 0.95],
  ['M', 0.38, 0.49],
  curve(0.46, 0.5, 0.52, 0.47, 0.58, 0.43),
];

const legLeft: Path = [
  ['M', 0.2, 0.06],
  curve(0.24, 0.28, 0.32, 0.4, 0.34, 0.52),
  curve(0.34, 0.68, 0.4, 0.78, 0.42, 0.97),
  ['M', 0.74, 0.03],
  curve(0.76, 0.22, 0.66, 0.38, 0.64, 0.5),
  curve(0.7, 0.64, 0.62, 0.8, 0.58, 0.97),
  ['M', 0.42, 0.5],
  curve(0.42, 0.44, 0.57, 0.44, 0.57, 0.5),
  curve(0.57, 0.57, 0.42, 0.57, 0.42, 0.5),
  ['Z'],
];

const mirrored = (path: Path): Path =>
  path.map((step): Step => {
    if (step[0] === 'Z') return step;
    if (step[0] !== 'C') return [step[0], 1 - step[1], step[2]];
    return ['C', 1 - step[1], step[2], 1 - step[3], step[4], 1 - step[5], step[6]];
  });

export const pictograms: { readonly [Part in BodyPart]: Path } = {
  'chest-front': chestFront,
  'chest-left': chestLeft,
  'chest-back': chestBack,
  'neck-left': neckLeft,
  'neck-right': mirrored(neckLeft),
  abdomen,
  pelvis,
  'breast-left': breastLeft,
  'breast-right': mirrored(breastLeft),
  'arm-left': armLeft,
  'arm-right': mirrored(armLeft),
  'leg-left': legLeft,
  'leg-right': mirrored(legLeft),
};
