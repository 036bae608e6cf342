/** To which nodes each process was given for a room; those of processes that an earlier agent gave are not known. */
export class Holders {
  readonly #nodes = new Map<string, Set<string>>();

  give(erizoId: string, nodeId: string): void {
    this.#nodes.set(erizoId, (this.#nodes.get(erizoId) ?? new Set()).add(nodeId));
  }

  has(erizoId: string, nodeId: string): boolean {
    return this.#nodes.get(erizoId)?.has(nodeId) === true;
  }

  exited(erizoId: string): void {
    this.#nodes.delete(erizoId);
  }
}
