import type { ServerMessage, ViewerMessage } from '../src/protocol/messages.ts';
import { type StageWish, wishKey } from './monitor-state.ts';
import type { WireError } from './worker-messages.ts';

interface Order {
  readonly stream: number;
  readonly stage: string;
  /** Number of the request under way. */
  request: number;
  /** What was asked for since. */
  next: StageWish | undefined;
  askedMs: number;
  waiting: ReturnType<typeof setTimeout> | undefined;
}

/** Each change is a description of the stream to everybody who watches it, also over a thin line. */
const shortestMs = 66;

/** Sends settings of stages, one request per stage at a time: a slider that is dragged sends as fast as the server answers, within reason. */
export class StageSetter {
  readonly #send: (message: ViewerMessage) => void;
  readonly #settled: (stream: number, stage: string, error?: WireError) => void;
  readonly #orders = new Map<string, Order>();
  #nextRequest = 1;

  constructor(send: (message: ViewerMessage) => void, settled: (stream: number, stage: string, error?: WireError) => void) {
    this.#send = send;
    this.#settled = settled;
  }

  set(stream: number, stage: string, wish: StageWish): void {
    const key = wishKey(stream, stage);
    const underWay = this.#orders.get(key);
    if (underWay !== undefined) {
      underWay.next = { ...underWay.next, ...wish, options: { ...underWay.next?.options, ...wish.options } };
      return;
    }
    const order: Order = { stream, stage, request: 0, next: undefined, askedMs: 0, waiting: undefined };
    this.#orders.set(key, order);
    this.#ask(order, wish);
  }

  hear(message: ServerMessage): void {
    if (message.type !== 'stage-set' && message.type !== 'error') return;
    const found = [...this.#orders].find(([, { request }]) => request === message.request);
    if (found === undefined) return;
    const [key, order] = found;
    if (message.type === 'stage-set') {
      order.waiting = setTimeout(() => this.#goOn(key, order), order.askedMs + shortestMs - performance.now());
      return;
    }
    this.#orders.delete(key);
    this.#settled(order.stream, order.stage, message.error);
  }

  /** The line is gone, and with it every answer. */
  forget(): void {
    const orders = [...this.#orders.values()];
    this.#orders.clear();
    for (const { waiting } of orders) clearTimeout(waiting);
    for (const { stream, stage } of orders) this.#settled(stream, stage);
  }

  #goOn(key: string, order: Order): void {
    const { next } = order;
    order.next = undefined;
    if (next !== undefined) {
      this.#ask(order, next);
      return;
    }
    this.#orders.delete(key);
    this.#settled(order.stream, order.stage);
  }

  #ask(order: Order, { enabled, options }: StageWish): void {
    order.askedMs = performance.now();
    order.request = this.#nextRequest++;
    const { request, stream, stage } = order;
    const some = options !== undefined && Object.keys(options).length > 0;
    this.#send({
      type: 'set-stage',
      request,
      stream,
      stage,
      ...(enabled !== undefined && { enabled }),
      ...(some && { options: { ...options } }),
    });
  }
}
