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
      <dl className="tracked" data-testid="tools">
        {tools.map((tool) => (
          <ToolRow key={tool} tool={tool} pose={picture?.poses?.find((pose) => pose.tool === tool)} />
        ))}
      </dl>
    </section>
  );
}

function ToolRow({ tool, pose }: { tool: string; pose: WirePose | undefined }) {
  if (pose?.matrix === undefined) {
    return (
      <>
        <dt>{tool}</dt>
        <dd className="lost">lost</dd>
      </>
    );
  }
  return (
    <>
      <dt>{tool}</dt>
      <dd title="Between the picture and the measurement next to it">{milliseconds(pose.ageMs)}</dd>
      <dd className="place">{placeText(placeOf(pose.matrix))}</dd>
    </>
  );
}

/** The last column of the matrix. */
const placeOf = (matrix: readonly number[]): readonly number[] => [3, 7, 11].map((at) => matrix[at] ?? Number.NaN);
