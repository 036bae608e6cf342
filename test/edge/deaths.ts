import * as v from 'valibot';
import { clock } from './support.ts';

/** A class of objects, as the Worker exports it. */
interface ObjectClass {
  readonly name: string;
  readonly prototype: object;
}

/** What an object has that can end it, whatever it is doing. */
const Mortal = v.looseObject({
  ctx: v.custom<DurableObjectState>((ctx) => typeof ctx === 'object'),
});
const Method = v.custom<(...args: unknown[]) => Promise<unknown>>(
  (method) => typeof method === 'function',
);

type Body = (self: object, serve: () => Promise<unknown>) => Promise<unknown>;

/** The next call of the method runs this instead, of whichever object of the class. */
function replaceOnce(of: ObjectClass, method: string, body: Body): void {
  const original = v.parse(Method, Reflect.get(of.prototype, method));
  const restore = (): boolean => Reflect.set(of.prototype, method, original);
  const replacement = function (this: object, ...args: unknown[]): Promise<unknown> {
    restore();
    return body(this, () => Reflect.apply(original, this, args));
  };
  Reflect.set(of.prototype, method, replacement);
}

async function die(self: object): Promise<never> {
  const { ctx } = v.parse(Mortal, self);
  await ctx.storage.sync();
  // No object is back at once, and none takes what was signed in the moment of its end.
  clock.pass(1_000);
  ctx.abort('ended on purpose, by a test');
  return await new Promise<never>(() => undefined);
}

/** How an object dies in the middle of a flow. */
export interface Death {
  readonly what: string;
  /** Makes the next call of the method end so. */
  readonly strike: () => void;
}

/** The object dies before it has done anything. */
export function dyingBefore(of: ObjectClass, method: string): Death {
  const strike = (): void => replaceOnce(of, method, die);
  return { what: `${of.name} dying before ${method}`, strike };
}

/** The object dies when all is done and stored, and its answer is lost. */
export function dyingAfter(of: ObjectClass, method: string): Death {
  const strike = (): void =>
    replaceOnce(of, method, async (self, serve) => {
      await serve();
      return await die(self);
    });
  return { what: `${of.name} dying after ${method}`, strike };
}

/** The object dies while it waits for another one, which has done its part. */
export function dyingMeanwhile(
  of: ObjectClass,
  method: string,
  other: ObjectClass,
  call: string,
): Death {
  const strike = (): void => {
    const served = Promise.withResolvers<void>();
    replaceOnce(other, call, async (_, serve) => {
      await serve();
      served.resolve();
      return await new Promise(() => undefined);
    });
    replaceOnce(of, method, async (self, serve) => {
      void serve();
      await served.promise;
      return await die(self);
    });
  };
  return { what: `${of.name} dying in ${method} after ${other.name}'s ${call}`, strike };
}
