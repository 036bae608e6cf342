import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { openApiOf } from '../../../edge/docs/openapi.ts';
import { httpApi } from '../../../protocol/contracts/http-api/index.ts';
import { routesOf } from '../../../protocol/http-contract.ts';

const text = JSON.stringify(openApiOf(httpApi));

const validate = async (document: string): Promise<unknown> => {
  const parsed: Record<string, unknown> = JSON.parse(document);
  return await new Validator().validate(parsed);
};

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1, its references all meeting something', async () => {
    expect(await validate(text)).toEqual({ valid: true });
  });

  it('is refused by the validator with a reference that leads nowhere', async () => {
    const broken = text.replace('"RoomAnswer":', '"Elsewhere":');
    expect(await validate(broken)).toMatchObject({ valid: false });
  });

  it('has an operation for each route, each with its own id', () => {
    const ids = text.match(/"operationId":"[^"]+"/g) ?? [];
    expect(ids).toHaveLength(routesOf(httpApi).length);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('says what a body may leave out, and what is sent before it is read', () => {
    expect(openApiOf(httpApi)).toMatchObject({
      components: {
        schemas: {
          CreateRoomRequest: { required: ['name'] },
          CreateTokenRequest: { properties: { regions: { default: {} } } },
        },
      },
    });
  });
});
