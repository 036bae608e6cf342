/** On whose behalf something is done, for the log: the id of the request. */
export interface Trace {
  readonly requestId: string;
}

export type Fields = Record<string, string | number | boolean | undefined>;

export interface EdgeLog {
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  /** With the text and the stack of what was thrown. */
  error(message: string, thrown: unknown, fields?: Fields): void;
  /** The same with a request in every line, if there is one. */
  of(trace: Trace | undefined): EdgeLog;
}

/** One JSON line an event on the console, which is what the Workers runtime collects as logs. */
export function createLog(context: Fields): EdgeLog {
  const line = (level: string, message: string, fields: Fields): string =>
    JSON.stringify({ level, message, ...context, ...fields });
  return {
    info: (message, fields = {}) => console.log(line('info', message, fields)),
    warn: (message, fields = {}) => console.warn(line('warn', message, fields)),
    error: (message, thrown, fields = {}) =>
      console.error(line('error', message, { ...fields, cause: textOf(thrown) })),
    of: (trace) => createLog({ ...context, ...trace }),
  };
}

function textOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) {
    return String(thrown);
  }
  const cause = thrown.cause === undefined ? '' : `; caused by ${textOf(thrown.cause)}`;
  return `${thrown.stack ?? thrown.message}${cause}`;
}
