import type { PlacementCandidate } from '../../protocol/contracts/placements.ts';
import { compareLoad } from './load.ts';
import type { Region, Scene } from './scene.ts';
import { holdsRoom } from './scene.ts';
import type { Entrance } from './snapshot.ts';

/** Why a node was taken or refused, in words and as the number that decided it. */
export type Reason = Pick<PlacementCandidate, 'why' | 'number' | 'unit'>;

const ms = (value: number): string => `${value.toFixed(1)} ms`;
const percent = (cpu: number): string => `${Math.round(cpu * 100)} %`;

function loadOf({ load }: Entrance): string {
  return `${load.state}, CPU ${percent(load.cpu)}, ${load.clients} clients`;
}

export function delayOf({ regions }: Scene, { card }: Entrance): number {
  return regions.find(({ name }) => name === card.region)?.delay_ms ?? 0;
}

export function fullRegion({ name, entrances }: Region): string {
  const cpu = Math.min(...entrances.map(({ load }) => load.cpu));
  return `${name} is full: CPU ${percent(cpu)} or more on all of ${entrances.length}`;
}

export function full(entrance: Entrance): Reason {
  return { why: loadOf(entrance), number: entrance.load.cpu, unit: 'cpu' };
}

/** Of two nodes whose load decides; where that does not tell, the lot or the place did. */
export function busier(_: Scene, taken: Entrance, other: Entrance): Reason {
  const order = compareLoad(other, taken);
  const but = order < 0 ? 'less busy but not drawn, as two at random are compared' : 'as busy';
  const why = `${order > 0 ? 'busier' : but}: ${loadOf(other)}; ${taken.card.nodeId}: ${loadOf(taken)}`;
  return { why, number: other.load.cpu, unit: 'cpu' };
}

/** Of two nodes of one region: the one that holds the room is taken before others. */
export function sameRegion(scene: Scene, taken: Entrance, other: Entrance): Reason {
  if (!holdsRoom(scene, taken)) {
    return busier(scene, taken, other);
  }
  return holdsRoom(scene, other) ? laterHolder(scene, taken, other) : noHolder(scene);
}

export function further(scene: Scene, taken: Entrance, other: Entrance): Reason {
  return other.card.region === taken.card.region
    ? sameRegion(scene, taken, other)
    : away(scene, taken, other);
}

function away(scene: Scene, taken: Entrance, other: Entrance): Reason {
  const number = delayOf(scene, other);
  const why = `${ms(number)} away; ${taken.card.region}: ${ms(delayOf(scene, taken))}`;
  return { why, number, unit: 'ms' };
}

export function lessPreferred({ wish }: Scene, { card }: Entrance): Reason {
  const prefer = wish.pin.prefer ?? [];
  const position = 1 + prefer.indexOf(card.region);
  return position === 0
    ? { why: `not among the ${prefer.length} preferred`, number: prefer.length, unit: 'regions' }
    : { why: `number ${position} of what is preferred`, number: position, unit: 'position' };
}

export function noHolder({ holders }: Scene): Reason {
  const why = `does not hold the room, which ${holders.length} others do`;
  return { why, number: holders.length, unit: 'controllers' };
}

export function laterHolder(scene: Scene, taken: Entrance, other: Entrance): Reason {
  const position = ({ card }: Entrance): number => 1 + (scene.positions.get(card.nodeId) ?? -1);
  const number = position(other);
  return number > position(taken)
    ? { why: `came to the room as number ${number}`, number, unit: 'position' }
    : away(scene, taken, other);
}

export function elsewhere({ holders }: Scene, taken: Entrance): Reason {
  const why = `the room began in ${taken.card.region}`;
  return { why, number: holders.length, unit: 'controllers' };
}

/** Of a node that was taken, or is offered behind it. */
export function offered(scene: Scene, entrance: Entrance, number: number): Reason {
  const delay = scene.wish.place === undefined ? '' : `${ms(delayOf(scene, entrance))} away, `;
  return { why: `number ${number}: ${delay}${loadOf(entrance)}`, number, unit: 'position' };
}
