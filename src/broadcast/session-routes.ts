import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import type { Access } from '../access/access.ts';
import type { Door } from '../access/door.ts';
import type { Places } from '../access/places.ts';
import { AppError, printable } from '../app-error.ts';
import { schemaFault } from '../config/schema-fault.ts';
import type { Stream } from '../stream/stream.ts';

const Redemption = Type.Object(
  {
    invitation: Type.String({ minLength: 1, maxLength: 128, description: 'what stands behind #invite= in the link' }),
    name: Type.Optional(Type.String({ maxLength: 80, description: 'what the others are told; no patient data' })),
    /** For programs: the session in the answer, for `Authorization`, instead of a cookie. */
    bearer: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);

/** `/session`: POST turns an invitation into a session, GET says what a session may, DELETE ends it. */
export function serveSessions(http: FastifyInstance, door: Door, places: Places, streams: readonly Stream[]): void {
  const described = (access: Access): object => {
    const untilMs = door.untilMs(access);
    return {
      role: access.role,
      name: access.name,
      invited: door.invited,
      streams: streams.filter(({ id }) => access.may(id)).map(({ id, name }) => ({ id, name })),
      ...(untilMs !== undefined && { untilMs }),
    };
  };

  http.get('/session', async (request, reply) => {
    reply.header('cache-control', 'no-store');
    const access = door.admit(request.raw);
    // A browser does not tell its page why a WebSocket was refused.
    const lack = places.lack(access);
    return { ...described(access), ...(lack && { lack: lack.toJSON() }) };
  });

  http.post('/session', async (request, reply) => {
    const { invitation, name = '', bearer = false } = redemptionOf(request);
    const { access, token, cookie } = await door.redeem(request.raw, invitation, printable(name.trim(), 79));
    reply.header('cache-control', 'no-store');
    if (bearer) return { ...described(access), session: token };
    reply.header('set-cookie', cookie);
    return described(access);
  });

  http.delete('/session', async (request, reply) => {
    const { session } = door.admit(request.raw);
    if (session !== undefined) await door.endSession(session, 'access/no-session');
    reply.header('set-cookie', door.cookie(request.raw, '', undefined)).header('cache-control', 'no-store');
    return reply.code(204).send();
  });
}

function redemptionOf(request: FastifyRequest): Static<typeof Redemption> {
  const { body } = request;
  const fault = schemaFault(Redemption, body);
  if (fault === undefined) return body as Static<typeof Redemption>;
  // The value may be an invitation: it is not repeated.
  throw new AppError('protocol/bad-message', { where: fault.key || 'session', reason: `${fault.kind}, allowed: ${fault.allowed}` });
}
