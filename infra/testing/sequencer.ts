import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

/** Projects whose files take long come first, so that the run does not end with one that waits alone. */
const order = ['nodes', 'checks', 'edge', 'unit'];

/** Within a project the order is vitest's: what failed last, what took longest, else the largest files. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = ({ project }: TestSpecification): number => {
      const at = order.indexOf(project.name);
      // The groups of browsers and of the long run come later in any case.
      return at < 0 ? order.length : at;
    };
    const groupOf = ({ project }: TestSpecification): number => project.config.sequence.groupOrder;
    return sorted.toSorted((a, b) => groupOf(a) - groupOf(b) || rank(a) - rank(b));
  }
}
