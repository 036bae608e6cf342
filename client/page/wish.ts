import * as v from 'valibot';
import { Few } from '../../protocol/contracts/last-n.ts';
import { limits } from '../../protocol/limits.ts';
import { friendlyName } from './friendly-name.ts';

/** What the page's address asks for. */
export interface Wish {
  readonly room: string;
  readonly name: string;
  /** Where to be served from; otherwise by place. */
  readonly region: string | undefined;
  /** Of how many of those who spoke last the picture is wanted; otherwise of all. */
  readonly videos: number | undefined;
}

const defaultRoom = 'demo';

/** `?room=demo&name=ann&region=eu-west&videos=4`; what is missing, empty or no number gets a default. */
export function readWish(search: string, random: () => number): Wish {
  const query = new URLSearchParams(search);
  const said = (key: string) => query.get(key)?.trim().slice(0, limits.name_chars) || undefined;
  return {
    room: said('room') ?? defaultRoom,
    name: said('name') ?? friendlyName(random),
    region: said('region'),
    videos: numberOf(said('videos')),
  };
}

function numberOf(text: string | undefined): number | undefined {
  const { success, output } = v.safeParse(Few, Number(text ?? Number.NaN));
  return success ? output : undefined;
}

/** The address that leads to the same wish again. */
export function wishAddress(wish: Wish): string {
  const query = new URLSearchParams({ room: wish.room, name: wish.name });
  if (wish.region !== undefined) {
    query.set('region', wish.region);
  }
  if (wish.videos !== undefined) {
    query.set('videos', String(wish.videos));
  }
  return `/?${query.toString()}`;
}

/** What others open: the room alone, as they have their own name and place. */
export function inviteLink(origin: string, wish: Wish): string {
  return `${origin}/?${new URLSearchParams({ room: wish.room }).toString()}`;
}
