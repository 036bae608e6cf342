/** What a role may do (Licode: `erizoController.roles`). */
export const permissions = ['publish', 'subscribe', 'record', 'stats', 'controlhandlers'] as const;
export type Permission = (typeof permissions)[number];

/** `true` grants all of it; an object denies what it lists as false and the request asks for. */
export type Grant = boolean | Readonly<Record<string, boolean>>;
export type Role = Partial<Record<Permission, Grant>>;

/** The roles that Licode ships. */
export const roles: Readonly<Record<string, Role>> = {
  presenter: { publish: true, subscribe: true, record: true, stats: true, controlhandlers: true },
  viewer: { subscribe: true },
  viewerWithData: {
    subscribe: true,
    publish: { audio: false, video: false, screen: false, data: true },
  },
};

/** Whether `roleName` may do `permission` with what the request asks for. Unknown roles may nothing. */
export function mayDo(
  roleName: string,
  permission: Permission,
  asked: Readonly<Record<string, unknown>> = {},
): boolean {
  const role = Object.hasOwn(roles, roleName) ? roles[roleName] : undefined;
  const grant = role?.[permission] ?? false;
  if (typeof grant === 'boolean') {
    return grant;
  }
  return Object.entries(grant).every(([what, allowed]) => allowed || !asks(asked[what]));
}

/** Licode's clients ask with `true` or with an object of constraints; `false` and absence ask nothing. */
function asks(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false;
}
