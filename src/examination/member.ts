import { createHash } from 'node:crypto';
import type { Access } from '../access/access.ts';
import type { Author } from '../protocol/examination-messages.ts';

/** Somebody who is connected, as far as an examination has to do with it. */
export interface Member {
  readonly id: number;
  readonly access: Access;
  tellText(text: string): void;
  /** What it was sent has not arrived yet: what is soon outdated is better left out. */
  isBehind(): boolean;
}

const longestName = 80;

/** Who a member is for the record. Of a session only a hash is told; without one everybody at this machine is the same person. */
export function authorOf({ name, session }: Access): Author {
  const key = createHash('sha256')
    .update(session ?? `here ${name}`)
    .digest('hex')
    .slice(0, 16);
  return { name: name.slice(0, longestName), key };
}
