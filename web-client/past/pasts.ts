import { Company } from './company.ts';
import { followPast } from './past-follower.ts';
import type { PastAct, PastOf, PastTruth, Timeline } from './past-messages.ts';
import { type PastHost, PastPlayer, type PlayerHost } from './past-player.ts';
import { keptPast, type PastSource, streamPast } from './past-source.ts';

/** Says what there is to go back to in a stream; undefined: nothing. */
type TellTimeline = (stream: number, timeline: Timeline | undefined) => void;

/** The players of the past of all tiles, by the stream whose tile each fills. */
export class Pasts {
  readonly #host: PastHost;
  readonly #base: string;
  readonly #tell: TellTimeline;
  readonly #players = new Map<number, PastPlayer>();
  readonly #company = new Company();
  readonly #canvases = new Map<number, OffscreenCanvas>();
  #following: AbortController | undefined;
  #followed: number | undefined;
  #hidden = false;

  /** `address`: of the server's WebSocket. */
  constructor(host: PastHost, address: string, tell: TellTimeline) {
    this.#host = host;
    this.#tell = tell;
    const base = new URL('.', address);
    base.protocol = base.protocol === 'wss:' ? 'https:' : 'http:';
    this.#base = base.href;
  }

  setCanvas(stream: number, canvas: OffscreenCanvas): void {
    this.#canvases.set(stream, canvas);
    this.#players.get(stream)?.setCanvas(canvas);
  }

  obey(stream: number, act: PastAct): void {
    if (act.act === 'open') this.#open(stream, act.past, act.atUs, act.playing, true);
    else if (act.act === 'open-in-step') this.#openInStep(stream);
    else if (act.act === 'close') this.#close(stream);
    else {
      this.#company.touch(stream);
      this.#players.get(stream)?.obey(act);
    }
  }

  /** Pictures of several streams show the same moment, or each its own. */
  set inStep(inStep: boolean) {
    this.#company.enabled = inStep;
    this.#host.changed();
  }

  truth(stream: number): PastTruth | undefined {
    return this.#players.get(stream)?.truth();
  }

  redraw(): void {
    for (const player of this.#players.values()) player.redraw();
  }

  follow(stream: number | undefined): void {
    this.#followed = stream;
    this.#following?.abort();
    this.#following = undefined;
    if (stream === undefined || this.#hidden) return;
    this.#following = new AbortController();
    void followPast(this.#base, stream, (timeline) => this.#tell(stream, timeline), this.#following.signal);
  }

  /** Nobody sees the page. */
  setHidden(hidden: boolean): void {
    if (hidden === this.#hidden) return;
    this.#hidden = hidden;
    this.follow(this.#followed);
    if (hidden) for (const player of this.#players.values()) player.obey({ act: 'play', playing: false });
  }

  #openInStep(stream: number): void {
    const { lead } = this.#company;
    if (lead !== undefined && !this.#players.has(stream)) this.#open(stream, { of: 'stream' }, lead.atUs, false, false);
  }

  #open(stream: number, past: PastOf, atUs: number | undefined, playing: boolean, leads: boolean): void {
    this.#close(stream);
    const player = new PastPlayer(this.#hostOf(stream), past, this.#sourceOf(stream, past), atUs, playing);
    this.#players.set(stream, player);
    // What was kept has a time of its own.
    if (past.of === 'stream') this.#company.join(stream, player, leads);
    const canvas = this.#canvases.get(stream);
    if (canvas !== undefined) player.setCanvas(canvas);
    this.#host.changed();
  }

  #close(stream: number): void {
    this.#players.get(stream)?.close();
    this.#players.delete(stream);
    this.#company.forget(stream);
    this.#host.changed();
  }

  #hostOf(stream: number): PlayerHost {
    return {
      ...this.#host,
      changed: () => {
        this.#host.changed();
        this.#company.changed(stream);
      },
      othersHave: (us) => this.#company.othersHave(stream, us),
      apartMs: () => this.#company.apartMs(stream),
    };
  }

  #sourceOf(stream: number, past: PastOf): PastSource {
    return past.of === 'kept' ? keptPast(this.#base, past.kept.kept) : streamPast(this.#base, stream);
  }
}
