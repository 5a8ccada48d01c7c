// Official Socket.IO clients of several versions that lose their connection and come back, driven by a test over lines of JSON:
//   { id, do: "open", client, version, url, transport, namespace, with, room, retries }
//       version: "4.6", "4.7", "4.8", "msgpack" (4.8 with that parser); transport as in socketio.mjs; with: another client, whose connection it shares;
//       room: what it joins as soon as it can, and again whenever it begins anew; it tries to connect until it is in
//       retries: how often it repeats what is not acknowledged in time
//   { id, do: "call", client, method, args }
//   { id, do: "request", client, method, args }    the same, for a client that repeats: until it is acknowledged
//   { id, do: "close", client }
// Each line is answered by { id, result } or { id, error }. Besides, these are told as they happen:
//   { client, connected, recovered }   it is in, with this id
//   { client, joined }                 it has joined its room as a socket with this id
//   { client, closed }                 its connection ended, for this reason
//   { client, said }                   what it heard, without its place in the order
import { createInterface } from "node:readline";
import { io as io46 } from "socket.io-client-4.6";
import { io as io47 } from "socket.io-client-4.7";
import { io as io48 } from "socket.io-client";
import parser from "socket.io-msgpack-parser";

const msgpack = (url, options) => io48(url, { ...options, path: "/socket.io-msgpack", parser });
const versions = { "4.6": io46, "4.7": io47, "4.8": io48, msgpack };
const transports = { polling: ["polling"], websocket: ["websocket"], upgrade: ["polling", "websocket"] };
const clients = new Map();
const tell = message => process.stdout.write(JSON.stringify(message) + "\n");
const plain = value => (value instanceof ArrayBuffer || ArrayBuffer.isView(value) ? { bytes: Buffer.from(value).toString("base64") } : value);

const commands = {
  async open({ client, version, url, transport, namespace, with: other, room, retries }) {
    const socket = other
      ? clients.get(other).io.socket(namespace, {})
      : versions[version](url + namespace, {
          transports: transports[transport], forceNew: true, reconnectionDelay: 20, reconnectionDelayMax: 200, randomizationFactor: 0.5, timeout: 10_000,
          ...(retries ? { retries, ackTimeout: 300 } : {}),
        });
    clients.set(client, socket);
    let joined;
    socket.on("connect", () => {
      tell({ client, connected: socket.id, recovered: socket.recovered });
      const id = socket.id;
      if (room && id !== joined) {
        socket.emit("join", room, () => {
          joined = id;
          tell({ client, joined: id });
        });
      }
    });
    if (room) {
      // An official client tries by itself until its connection is there, but not again where it then was refused ("Service unavailable").
      socket.on("connect_error", () => setTimeout(() => !socket.active && clients.get(client) === socket && socket.connect(), 100));
    }
    socket.on("disconnect", reason => {
      tell({ client, closed: reason });
      if (room && reason === "io server disconnect") {
        socket.connect(); // as that says, its session is over, and it does not try by itself
      }
    });
    socket.on("said", payload => tell({ client, said: plain(payload) }));
    if (!socket.connected) {
      await new Promise((resolve, reject) => {
        socket.once("connect", resolve);
        if (!room) {
          socket.once("connect_error", reject);
        }
        if (!socket.active) {
          socket.connect(); // one that connects already would ask twice to be let in
        }
      });
    }
    return socket.id;
  },
  async call({ client, method, args }) {
    const bytes = args.map(argument => (argument?.base64 ? Buffer.from(argument.base64, "base64") : argument));
    return clients.get(client).timeout(20_000).emitWithAck(method, ...bytes);
  },
  request({ client, method, args }) {
    return new Promise((resolve, reject) => clients.get(client).emit(method, ...args, (error, answer) => (error ? reject(error) : resolve(answer))));
  },
  close({ client }) {
    clients.get(client).close();
    clients.delete(client);
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  Promise.resolve()
    .then(() => commands[command.do](command))
    .then(result => tell({ id: command.id, result: result ?? null }), error => tell({ id: command.id, error: String(error?.message ?? error) }));
}
process.exit(0);
