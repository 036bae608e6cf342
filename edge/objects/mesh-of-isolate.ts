import { waitUntil } from 'cloudflare:workers';
import { workerClock } from '../worker-clock.ts';
import { keptMesh, MeshPictures } from './mesh-pictures.ts';
import type { Bindings } from './stubs.ts';
import { meshOf } from './stubs.ts';

const known = new WeakMap<object, MeshPictures>();

/** Pictures of the mesh for all requests that this isolate of the Worker answers. */
export function meshPicturesOf(env: Bindings): MeshPictures {
  const pictures =
    known.get(env) ??
    new MeshPictures({
      mesh: () => ({ snapshot: () => outliving(meshOf(env).snapshot()) }),
      clock: workerClock,
      kept: keptMesh,
    });
  known.set(env, pictures);
  return pictures;
}

/** A call that goes on though the client hangs up for whom it is made: others wait for its answer too. */
export function outliving<T>(call: Promise<T>): Promise<T> {
  waitUntil(call.catch(() => undefined));
  return call;
}
