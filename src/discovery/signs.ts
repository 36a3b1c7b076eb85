import { readdirSync, statSync } from 'node:fs';

/** Where Linux shows that something was plugged in or pulled out. */
export interface Places {
  readonly sys: string;
  readonly dev: string;
}

export const systemPlaces: Places = { sys: '/sys', dev: '/dev' };

const attachedNode = /^(video\d+|ttyACM\d+|ttyUSB\d+)$/;

/**
 * Changes whenever a device comes, goes, comes back under the same name or gets other rights; undefined where there is
 * nothing to look at. A few names and a stat of each node: cheap enough for several times a second, and opens nothing.
 */
export function signsOf({ sys, dev }: Places): string | undefined {
  const busses = [`${sys}/bus/usb/devices`, `${sys}/class/video4linux`, `${sys}/class/tty`].map(namesIn);
  if (busses.every((names) => names === undefined)) return undefined;
  const [usb = [], video = [], tty = []] = busses;
  const nodes = [
    ...(namesIn(dev) ?? []).filter((name) => attachedNode.test(name)).map((name) => `${dev}/${name}`),
    ...(namesIn(`${dev}/bus/usb`) ?? []).flatMap((bus) =>
      (namesIn(`${dev}/bus/usb/${bus}`) ?? []).map((node) => `${dev}/bus/usb/${bus}/${node}`),
    ),
  ];
  return [...usb, ...video, ...tty.filter((name) => attachedNode.test(name)), ...nodes.map(nodeSign)].join(' ');
}

function namesIn(folder: string): string[] | undefined {
  try {
    return readdirSync(folder).sort();
  } catch {
    return undefined;
  }
}

/** A node that was made anew has another number, one that was given other rights another mode or owner. Empty: it cannot be looked at. */
function nodeSign(node: string): string {
  try {
    const { ino, mode, uid, gid } = statSync(node);
    return `${node}:${ino}:${mode}:${uid}:${gid}`;
  } catch {
    return '';
  }
}
