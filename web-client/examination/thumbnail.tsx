import { Film, Image, TriangleAlert } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { Kept } from '../../src/protocol/examination-messages.ts';
import { frameHeaderBytes } from '../../src/protocol/frame-header.ts';

/** A picture of what was kept, small: the frame of that time, else the first; a sign where there is none yet. */
export function Thumbnail({ kept, atUs }: { kept: Kept; atUs?: number }) {
  const { kept: id, kind, state } = kept;
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    if (state !== 'kept') return;
    const ending = new AbortController();
    let made: string | undefined;
    smallPicture(id, atUs, ending.signal).then(
      (picture) => {
        if (picture === undefined || ending.signal.aborted) return;
        made = URL.createObjectURL(picture);
        setUrl(made);
      },
      () => undefined,
    );
    return () => {
      ending.abort();
      if (made !== undefined) URL.revokeObjectURL(made);
      // A picture of another time is none.
      setUrl(undefined);
    };
  }, [id, state, atUs]);
  const Shape = state === 'failed' ? TriangleAlert : kind === 'still' ? Image : Film;
  return (
    <span className={`thumbnail ${state}`} aria-hidden="true">
      {url === undefined ? <Shape /> : <img src={url} alt="" />}
    </span>
  );
}

/** Undefined where the server gives none. */
async function smallPicture(kept: string, atUs: number | undefined, signal: AbortSignal): Promise<Blob | undefined> {
  const frame = atUs === undefined ? 'first=0' : `fromUs=${atUs}`;
  const address = new URL(`kept/${kept}/frames?${frame}&count=1&quality=still`, document.baseURI);
  const answer = await fetch(address, { signal });
  if (!answer.ok) return undefined;
  const message = await answer.arrayBuffer();
  return message.byteLength > frameHeaderBytes ? new Blob([message.slice(frameHeaderBytes)], { type: 'image/jpeg' }) : undefined;
}
