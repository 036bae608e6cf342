import type { Context } from 'hono';
import type { MAuth } from '../protocol/mauth.ts';
import type { Config } from './config.ts';
import type { Bindings } from './objects/stubs.ts';

/** What a handler of the Worker finds in its context. */
export interface EdgeEnv {
  Bindings: Bindings;
  Variables: {
    config: Config;
    requestId: string;
    /** Of a request that is signed; the signature was checked. */
    mauth: MAuth;
    /** Whether the room in the path is one of the service that signed. */
    roomIsOurs: boolean;
  };
}

export type EdgeContext = Context<EdgeEnv>;
