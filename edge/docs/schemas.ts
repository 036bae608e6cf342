import { toJsonSchemaDefs } from '@valibot/to-json-schema';
import type * as v from 'valibot';
import { NodeLoad } from '../../protocol/contracts/node-edge.ts';
import * as nodes from '../../protocol/contracts/nodes.ts';
import * as placements from '../../protocol/contracts/placements.ts';
import * as rest from '../../protocol/contracts/rest.ts';
import type { HttpApi } from '../../protocol/http-contract.ts';
import { routesOf } from '../../protocol/http-contract.ts';
import { Place } from '../../protocol/place.ts';
import { RegionPin } from '../../protocol/token.ts';

export type JsonSchema = ReturnType<typeof toJsonSchemaDefs>[string];

/** JSON Schema of all that an API takes and answers. */
export interface ApiSchemas {
  /** Those with a name, which others refer to. */
  readonly named: Readonly<Record<string, JsonSchema>>;
  /** The schema of a value, or a reference to it where it has a name. */
  readonly of: (schema: v.GenericSchema) => JsonSchema;
}

export const schemaPath = '#/components/schemas/';

/**
 * The schemas of bodies, answers and parameters. The input side of each: what a caller may leave out,
 * and what is sent before it is transformed. What only code can check has no equivalent and is left out.
 */
export function schemasOf(api: HttpApi, parameters: readonly v.GenericSchema[]): ApiSchemas {
  const names = new Map<v.GenericSchema, string>();
  for (const [name, value] of Object.entries({
    ...rest,
    ...placements,
    ...nodes,
    Place,
    RegionPin,
    NodeLoad,
  })) {
    if (isSchema(value) && !names.has(value)) {
      names.set(value, name);
    }
  }
  const named = [...names].map(([schema, name]): [string, v.GenericSchema] => [name, schema]);
  const nameless = new Map(
    [...parameters, ...schemasIn(api)]
      .filter((schema) => !names.has(schema))
      .map((schema, index) => [schema, `nameless-${index}`]),
  );
  const all = toJsonSchemaDefs(
    // Copies of those without a name, so that a schema which has one of them within does not refer to it.
    Object.fromEntries([...named, ...[...nameless].map(([schema, name]) => [name, { ...schema }])]),
    {
      target: 'draft-2020-12',
      typeMode: 'input',
      errorMode: 'ignore',
      overrideRef: ({ referenceId }) => `${schemaPath}${referenceId}`,
    },
  );
  return {
    named: Object.fromEntries(named.map(([name]) => [name, all[name] ?? {}])),
    of: (schema) => {
      const name = names.get(schema);
      return name === undefined
        ? (all[nameless.get(schema) ?? ''] ?? {})
        : { $ref: `${schemaPath}${name}` };
    },
  };
}

function schemasIn(api: HttpApi): v.GenericSchema[] {
  return routesOf(api).flatMap(({ row: { body, answer, query = {} } }) => [
    ...(body === undefined ? [] : [body]),
    ...(answer.json === undefined ? [] : [answer.json]),
    ...Object.values(query).map(({ schema }) => schema),
  ]);
}

function isSchema(value: unknown): value is v.GenericSchema {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'schema';
}
