import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Connections } from '../access/connections.ts';
import type { RollingStore } from '../past/rolling-store.ts';
import type { Stream } from '../stream/stream.ts';
import { childCpuSeconds } from './child-cpu.ts';
import type { Viewer } from './viewer.ts';

/** What `/metrics` shows; everything is read at the moment of the scrape. */
export function metricsOf(
  streams: readonly Stream[],
  viewers: ReadonlyMap<number, Viewer>,
  connections: Pick<Connections, 'strangers' | 'dropped'>,
  past?: RollingStore,
): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const perStream = ['stream'] as const;

  new Counter({
    name: 'lumencast_child_cpu_seconds_total',
    help: 'CPU time of processes beside the server, by program; video-process encodes H.264, ended: those that are no more; Linux only',
    labelNames: ['program'],
    registers,
    async collect() {
      const seconds = await childCpuSeconds();
      this.reset();
      for (const [program, used] of seconds ?? []) this.inc({ program }, used);
    },
  });
  new Counter({
    name: 'lumencast_frames_captured_total',
    help: 'Frames captured',
    labelNames: perStream,
    registers,
    collect() {
      this.reset();
      for (const { name, counts } of streams) this.inc({ stream: name }, counts.captured);
    },
  });
  new Counter({
    name: 'lumencast_lost_total',
    help: 'Frames or inputs lost, by the name of the place',
    labelNames: ['stream', 'place'],
    registers,
    collect() {
      this.reset();
      for (const { name, counts } of streams) {
        for (const [place, lost] of Object.entries(counts.lost)) this.inc({ stream: name, place }, lost);
      }
    },
  });
  new Gauge({
    name: 'lumencast_frames_per_second',
    help: 'Frames captured in the last second',
    labelNames: perStream,
    registers,
    collect() {
      for (const { name, counts } of streams) this.set({ stream: name }, counts.fps);
    },
  });
  new Gauge({
    name: 'lumencast_announced_frames_per_second',
    help: 'Rate that the source announced; absent where it told none',
    labelNames: perStream,
    registers,
    collect() {
      this.reset();
      for (const stream of streams) {
        const { frameIntervalMs } = stream.describe();
        if (frameIntervalMs !== undefined) this.set({ stream: stream.name }, 1000 / frameIntervalMs);
      }
    },
  });
  new Gauge({
    name: 'lumencast_processing_seconds',
    help: 'Capture to encoded, mean of the last second',
    labelNames: perStream,
    registers,
    collect() {
      for (const { name, counts } of streams) this.set({ stream: name }, counts.processingMs / 1000);
    },
  });
  new Gauge({
    name: 'lumencast_clock_residual_seconds',
    help: "Jitter taken off the times of a device's own clock, worst of the last second; absent where it has none",
    labelNames: perStream,
    registers,
    collect() {
      this.reset();
      for (const { name, counts } of streams) {
        if (counts.clockResidualMs !== undefined) this.set({ stream: name }, counts.clockResidualMs / 1000);
      }
    },
  });
  new Gauge({
    name: 'lumencast_clock_drift_ppm',
    help: "How much too slow a device's own clock runs; absent until it has been watched for a minute",
    labelNames: perStream,
    registers,
    collect() {
      this.reset();
      for (const { name, counts } of streams) if (counts.clockDriftPpm !== undefined) this.set({ stream: name }, counts.clockDriftPpm);
    },
  });
  new Gauge({
    name: 'lumencast_stage_cores',
    help: 'Cores that work on a picture',
    labelNames: perStream,
    registers,
    collect() {
      for (const { name, counts } of streams) this.set({ stream: name }, counts.cores);
    },
  });
  new Gauge({
    name: 'lumencast_frame_age_seconds',
    help: 'Age of the newest frame; absent before the first',
    labelNames: perStream,
    registers,
    collect() {
      this.reset();
      for (const { name, ageMs } of streams) if (ageMs !== undefined) this.set({ stream: name }, ageMs / 1000);
    },
  });
  new Gauge({
    name: 'lumencast_source_state',
    help: '1 for the state that the source of a stream is in',
    labelNames: ['stream', 'state'],
    registers,
    collect() {
      this.reset();
      for (const { name, status } of streams) this.set({ stream: name, state: status.state }, 1);
    },
  });
  new Gauge({
    name: 'lumencast_viewers',
    help: 'Connected viewers',
    registers,
    collect() {
      this.set(viewers.size);
    },
  });
  new Gauge({
    name: 'lumencast_strangers',
    help: 'Connections of which nobody knows yet who is behind them',
    registers,
    collect() {
      this.set(connections.strangers);
    },
  });
  new Counter({
    name: 'lumencast_strangers_dropped_total',
    help: 'Such connections that were ended because too many had come',
    registers,
    collect() {
      this.reset();
      this.inc(connections.dropped);
    },
  });
  new Gauge({
    name: 'lumencast_drawn_age_seconds',
    help: 'Age at drawing of the frame acknowledged last, of the viewer that is worst off; absent where none tells it',
    labelNames: ['stream', 'view'],
    registers,
    collect() {
      this.reset();
      const worst = new Map<string, { labels: { stream: string; view: string }; ageMs: number }>();
      for (const { stream, view, drawnAgeMs = 0 } of [...viewers.values()].flatMap((viewer) => [...viewer.deliveries])) {
        const key = `${stream.id}/${view}`;
        if (drawnAgeMs > (worst.get(key)?.ageMs ?? 0)) worst.set(key, { labels: { stream: stream.name, view }, ageMs: drawnAgeMs });
      }
      for (const { labels, ageMs } of worst.values()) this.set(labels, ageMs / 1000);
    },
  });
  for (const [what, help] of [
    ['sent', 'Frames sent to viewers that are connected now'],
    ['skipped', 'Frames that connected viewers were not sent because a newer one had come'],
  ] as const) {
    new Gauge({
      name: `lumencast_viewer_frames_${what}`,
      help,
      labelNames: ['stream', 'view'],
      registers,
      collect() {
        this.reset();
        for (const viewer of viewers.values()) {
          for (const delivery of viewer.deliveries) this.inc({ stream: delivery.stream.name, view: delivery.view }, delivery[what]);
        }
      },
    });
  }
  for (const [what, help] of [
    ['sent', 'Frames sent to clients of another protocol that are connected now'],
    ['skipped', 'Frames that such clients were not sent because a newer one had come'],
  ] as const) {
    new Gauge({
      name: `lumencast_outlet_frames_${what}`,
      help,
      labelNames: ['stream', 'kind'],
      registers,
      collect() {
        this.reset();
        for (const { name, outlets } of streams) for (const outlet of outlets) this.inc({ stream: name, kind: outlet.kind }, outlet[what]);
      },
    });
  }
  for (const [what, help] of [
    ['frames', 'Frames written to the record of the last minutes'],
    ['bytes', 'Bytes written to it'],
  ] as const) {
    new Counter({
      name: `lumencast_recorded_${what}_total`,
      help,
      labelNames: perStream,
      registers,
      collect() {
        this.reset();
        for (const recorder of past?.recorders ?? []) this.inc({ stream: recorder.stream.name }, recorder.past.recorded[what]);
      },
    });
  }
  new Gauge({
    name: 'lumencast_past_bytes',
    help: 'What the record of the last minutes takes on disk',
    labelNames: perStream,
    registers,
    collect() {
      this.reset();
      for (const recorder of past?.recorders ?? []) this.set({ stream: recorder.stream.name }, recorder.past.bytes);
    },
  });
  return registry;
}
