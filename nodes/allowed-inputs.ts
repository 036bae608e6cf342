import * as v from 'valibot';

/** `scheme://host` or `scheme://host:port` of what may be played, with commas between. */
export const AllowedInputs = v.pipe(
  v.string(),
  v.transform((list) => list.split(',').map((one) => one.trim())),
  v.array(
    v.pipe(v.string(), v.regex(/^(?:rtsp|https?):\/\/[0-9a-z.-]+(?::\d{1,5})?$/, 'scheme://host')),
  ),
);
