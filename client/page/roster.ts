import { make } from './element.ts';

export interface Participant {
  readonly name: string;
  readonly region: string;
}

/** Names by region, the regions in the order of the alphabet. */
export function byRegion(participants: readonly Participant[]): [string, string[]][] {
  const groups = Map.groupBy(participants, ({ region }) => region);
  return [...groups]
    .map(([region, group]): [string, string[]] => [region, group.map(({ name }) => name)])
    .sort(([left], [right]) => left.localeCompare(right));
}

/** Shows who is in which region. */
export function showRoster(list: HTMLElement, participants: readonly Participant[]): void {
  list.replaceChildren(
    ...byRegion(participants).map(([region, names]) =>
      make('div', 'roster-region', make('dt', '', region), make('dd', '', names.join(', '))),
    ),
  );
}
