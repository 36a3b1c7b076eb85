import { type Pose, PoseHistory } from '../../src/frame/pose.ts';
import type { ToolPose } from '../../src/openigtlink/pose-messages.ts';

/** More names than any tracker has tools: what comes beyond is another thing that sends. */
const mostTools = 16;

interface Tool {
  readonly history: PoseHistory;
  /** Its last measurement had the stamp of the image before it: this sender writes image, then poses. */
  follows: boolean;
}

/** The tracked tools of one sender, and which of their poses are still to come for an image. Times are of the sender's clock: images and poses are compared where they were stamped. */
export class Tools {
  readonly #tools = new Map<string, Tool>();
  readonly #awaited = new Set<Tool>();
  #imageNs: bigint | undefined;

  /** Takes a pose; false: there are too many tools already. */
  add({ tool: name, matrix }: ToolPose, atNs: bigint): boolean {
    const known = this.#tools.get(name);
    if (known === undefined && this.#tools.size >= mostTools) return false;
    const tool = known ?? { history: new PoseHistory(name), follows: false };
    this.#tools.set(name, tool);
    tool.history.add(atNs, matrix);
    tool.follows = atNs === this.#imageNs;
    if (tool.follows) this.#awaited.delete(tool);
    return true;
  }

  /** An image came: true when poses of the same moment are on their way behind it, as they were behind the image before. */
  imageCame(atNs: bigint): boolean {
    this.#awaited.clear();
    for (const tool of this.#tools.values()) {
      if (tool.follows) this.#awaited.add(tool);
      tool.follows = false;
    }
    this.#imageNs = atNs;
    return this.awaiting;
  }

  get awaiting(): boolean {
    return this.#awaited.size > 0;
  }

  /** Where all tools were at a time; undefined where there are none. */
  at(atNs: bigint, mostAgeMs: number): readonly Pose[] | undefined {
    if (this.#tools.size === 0) return undefined;
    const poses: Pose[] = [];
    for (const { history } of this.#tools.values()) poses.push(history.at(atNs, mostAgeMs));
    return poses;
  }
}
