import type { Server, Socket } from 'node:net';

const nameOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

/**
 * Ends connections together with what waits in the kernel to be sent: closing one in order would deliver megabytes of old pictures
 * first. Works on the TCP connection below, which TLS wraps.
 */
export class CutOff {
  readonly #connections = new Map<string, Socket>();

  /** `server`: its `connection` event tells of TCP connections, with TLS too. */
  constructor(server: Pick<Server, 'on'>) {
    server.on('connection', (socket: Socket) => {
      const name = nameOf(socket);
      this.#connections.set(name, socket);
      socket.on('close', () => this.#connections.delete(name));
    });
  }

  /** `socket`: of the request that the connection began with. */
  end(socket: Socket): void {
    const connection = this.#connections.get(nameOf(socket));
    if (connection === undefined || connection.destroyed) socket.destroy();
    else connection.resetAndDestroy();
  }
}
