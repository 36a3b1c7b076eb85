import { usePictureTruth } from '../hooks.ts';
import { milliseconds, placeText } from '../texts.ts';
import type { WirePose } from '../worker-messages.ts';

/** Where the tracked tools were when the picture on the screen was captured. */
export function ToolsSection({ stream, tools }: { stream: number; tools: readonly string[] }) {
  const { picture } = usePictureTruth(stream);
  return (
    <section aria-label="Tools">
      <header>
        <h3>Tools</h3>
      </header>
      <dl className="facts" data-testid="tools">
        {tools.map((tool) => (
          <ToolRow key={tool} tool={tool} pose={picture?.poses?.find((pose) => pose.tool === tool)} />
        ))}
      </dl>
    </section>
  );
}

function ToolRow({ tool, pose }: { tool: string; pose: WirePose | undefined }) {
  return (
    <>
      <dt>{tool}</dt>
      <dd className={pose?.matrix === undefined ? 'lost' : 'place'}>
        {pose?.matrix === undefined ? 'lost' : `${placeText(placeOf(pose.matrix))}, ${milliseconds(pose.ageMs)}`}
      </dd>
    </>
  );
}

/** The last column of the matrix. */
const placeOf = (matrix: readonly number[]): readonly number[] => [3, 7, 11].map((at) => matrix[at] ?? Number.NaN);
