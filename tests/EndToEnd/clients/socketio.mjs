// Official Socket.IO clients, driven like those of signalr.mjs, which see. Differences:
//   { id, do: "open", client, url, transport, room, kind, auth }
//       transport: "polling", "websocket", "fetch" (long-polling by it), or "upgrade" for both, which reconnects; with a room it joins that each time it
//       connects, which is told as { client, joined: id }; kind: its version, "4.8" without one, or "msgpack", which is 4.8 with that parser
//   { id, do: "load", client, room, every, go }     with go it goes on when it is connected again
// Arguments may be bytes: { bytes: base64 }.
// A call sends an event and waits for its acknowledgement; { error } in it is an error. What is heard as bytes is told as { bytes: base64 }, wherever it is.
import { createInterface } from "node:readline";
import { Fetch } from "engine.io-client";
import { io as io31 } from "socket.io-client-3.1";
import { io as io40 } from "socket.io-client-4.0";
import { io as io44 } from "socket.io-client-4.4";
import { io as io48 } from "socket.io-client";
import parser from "socket.io-msgpack-parser";

const clients = new Map();
const tell = message => process.stdout.write(JSON.stringify(message) + "\n");
const transports = { polling: ["polling"], websocket: ["websocket"], fetch: [Fetch], upgrade: ["polling", "websocket"] };
const msgpack = (url, options) => io48(url, { ...options, path: "/socket.io-msgpack", parser });
const kinds = { "3.1": io31, "4.0": io40, "4.4": io44, "4.8": io48, msgpack };
const plain = value =>
  value instanceof ArrayBuffer || ArrayBuffer.isView(value) ? { bytes: Buffer.from(value).toString("base64") }
  : Array.isArray(value) ? value.map(plain)
  : value && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]))
  : value;

const live = value =>
  typeof value?.bytes === "string" ? Buffer.from(value.bytes, "base64")
  : Array.isArray(value) ? value.map(live)
  : value && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name, live(member)]))
  : value;

const commands = {
  async open({ client, url, transport, room, kind = "4.8", auth }) {
    const socket = kinds[kind](url, { transports: transports[transport], forceNew: true, reconnection: transport === "upgrade", reconnectionDelay: 200,
        reconnectionDelayMax: 1000, auth });
    const upgraded = transport !== "upgrade" || new Promise(resolve => socket.io.engine.once("upgrade", resolve));
    socket.on("said", payload => tell({ client, said: plain(payload) }));
    socket.on("ask", (question, answer) => {
      tell({ client, asked: question });
      if (question !== `silence ${client}`) {
        answer({ question, of: client });
      }
    });
    if (room !== undefined) {
      socket.on("connect", () => call(socket, "join", [room]).then(() => tell({ client, joined: socket.id }), () => {}));
    }
    socket.on("disconnect", reason => tell({ client, closed: reason }));
    await new Promise((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("connect_error", reject);
    });
    await upgraded;
    clients.set(client, { socket });
    return socket.id;
  },
  async call({ client, method, args }) {
    return plain(await call(clients.get(client).socket, method, args.map(live)));
  },
  bytes({ client, room, base64 }) {
    return call(clients.get(client).socket, "say", [room, Buffer.from(base64, "base64")]);
  },
  nested({ client, room, base64 }) {
    const bytes = Buffer.from(base64, "base64");
    return call(clients.get(client).socket, "say", [room, { text: "grüß 🙂", of: [1.0, { file: bytes }, bytes.subarray(0, 3)], none: null }]);
  },
  transport({ client }) {
    return clients.get(client).socket.io.engine.transport.name;
  },
  async reconnected({ client }) {
    const { socket } = clients.get(client);
    if (!socket.connected) {
      await new Promise(resolve => socket.once("connect", resolve));
    }
    return socket.id;
  },
  load({ client, room, every, go }) {
    clients.get(client).load = load(client, room, every, go);
  },
  rest({ client }) {
    const state = clients.get(client);
    state.resting = true;
    return state.load;
  },
  close({ client }) {
    clients.get(client).socket.close();
  },
};

async function call(socket, method, args) {
  // Clients before 4.6 have callbacks only.
  const answer = await (socket.emitWithAck
    ? socket.timeout(20_000).emitWithAck(method, ...args)
    : new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error("operation has timed out")), 20_000);
        socket.emit(method, ...args, result => {
          clearTimeout(timer);
          resolve(result);
        });
      }));
  if (answer?.error) {
    throw new Error(answer.error);
  }
  return answer;
}

async function load(client, room, every, go) {
  const state = clients.get(client);
  let n = 0;
  while (!state.resting) {
    n++;
    try {
      await call(state.socket, "say", [room, { from: client, n }]);
      tell({ client, acked: n });
    } catch (error) {
      tell({ client, failed: n, error: error.message });
      if (go) {
        await commands.reconnected({ client });
      } else if (!state.socket.connected) {
        break;
      }
    }
    await new Promise(resolve => setTimeout(resolve, every));
  }
  return n;
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  Promise.resolve()
    .then(() => commands[command.do](command))
    .then(result => tell({ id: command.id, result: result ?? null }), error => tell({ id: command.id, error: error.message }));
}
process.exit(0);
