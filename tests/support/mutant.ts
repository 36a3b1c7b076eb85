/** Numbers below a bound, the same for the same seed (Numerical Recipes' linear congruence, high bits). */
export type Random = (below: number) => number;

export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

type Mutation = (bytes: Buffer, random: Random, other: Buffer) => Buffer;

/** Half of all damage goes to the first kilobytes, where the header stands: pixels alone would hardly try a parser. */
const place = (bytes: Buffer, random: Random): number => random(random(2) === 0 ? Math.min(bytes.length, 6000) : Math.max(1, bytes.length));

const mutations: readonly Mutation[] = [
  function flip(bytes, random) {
    for (let change = random(12); change >= 0; change--) bytes[place(bytes, random)] = random(256);
    return bytes;
  },
  function zero(bytes, random) {
    const at = place(bytes, random);
    return bytes.fill(random(2) === 0 ? 0 : 0xff, at, Math.min(bytes.length, at + 1 + random(400)));
  },
  function cut(bytes, random) {
    return bytes.subarray(0, place(bytes, random));
  },
  function blowUp(bytes, random) {
    const at = Math.max(0, place(bytes, random) - 4);
    const value = [0xffffffff, 0xfffffffe, 0x7fffffff, bytes.length, 0, random(2 ** 31)][random(6)] as number;
    if (at + 4 <= bytes.length) bytes.writeUInt32LE(value, at);
    return bytes;
  },
  function swapTags(bytes, random) {
    const [from, to] = [place(bytes, random) & ~1, place(bytes, random) & ~1];
    if (Math.max(from, to) + 4 > bytes.length) return bytes;
    const tag = bytes.readUInt32LE(from);
    bytes.writeUInt32LE(bytes.readUInt32LE(to), from);
    bytes.writeUInt32LE(tag, to);
    return bytes;
  },
  function duplicate(bytes, random) {
    const [from, to] = [place(bytes, random), place(bytes, random)];
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from, from + 2 + random(2000)), bytes.subarray(to)]);
  },
  function remove(bytes, random) {
    const at = place(bytes, random);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random(300))]);
  },
  function splice(bytes, random, other) {
    const [from, to] = [place(other, random), place(bytes, random)];
    const chunk = other.subarray(from, from + 2 + random(4000));
    return Buffer.concat([bytes.subarray(0, to), chunk, bytes.subarray(to + (random(2) === 0 ? chunk.length : 0))]);
  },
  function digits(bytes, random) {
    // Numbers written as text: sizes and counts of MetaImage, IS and DS of DICOM.
    for (let tries = 0, at = place(bytes, random); tries < 4000 && at < bytes.length; tries++, at++) {
      const byte = bytes[at] as number;
      if (byte >= 0x30 && byte <= 0x39) return bytes.fill(0x30 + random(10), at, Math.min(bytes.length, at + 1 + random(2)));
    }
    return bytes;
  },
];

/** A damaged copy: one to three mutations, chunks of `other` among them. */
export function mutantOf(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  let mutant = Buffer.from(bytes);
  for (let round = random(3); round >= 0; round--) {
    mutant = (mutations[random(mutations.length)] as Mutation)(mutant, random, Buffer.from(other)) as Buffer<ArrayBuffer>;
  }
  return mutant;
}
