import type { Context } from 'hono';
import type { Changed } from './audit-line.ts';
import type { Config } from './config.ts';
import type { Fields } from './log.ts';
import type { Signer } from './objects/api.ts';
import type { Bindings } from './objects/stubs.ts';

/** What a handler of the Worker finds in its context. */
export interface EdgeEnv {
  Bindings: Bindings;
  Variables: {
    config: Config;
    /** When the request came. The platform's clock stands still until there is news from outside, and is dear to ask. */
    began_ms: number;
    requestId: string;
    /** The pattern of the route that was found, if one was. */
    route: string | undefined;
    /** The answer, where it was made with the headers that all answers have. */
    whole: Response | undefined;
    /** What the line of the request says of it besides. */
    happened: Fields | undefined;
    /** Of the service that signed the request, once that was checked. */
    serviceId: string | undefined;
    /** What the request made, which no path names. */
    made: Changed | undefined;
    /** Who signed the request; the signature was checked. */
    signer: Signer;
    /** Whether the room in the path is one of the service that signed. */
    roomIsOurs: boolean;
    /** That room as JSON, if its service could tell. */
    room: string | undefined;
  };
}

export type EdgeContext = Context<EdgeEnv>;
