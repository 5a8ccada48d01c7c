// What applications do with the official socket.io-client and engine.io-client, against servers that SocketIO.Tests has started (ClientTests.cs).
//   node features.mjs <transport> <url> <url> [client]
//       transport: "polling", "websocket", or "upgrade"; client: "3.1", "4.0", "4.4", "4.8" (which it is without one), or "msgpack", 4.8 with that parser
// Prints a line for each step that went well; ends with code 1 at the first that did not.
import assert from "node:assert/strict";
import { Fetch, NodeWebSocket, NodeXHR, Socket as Engine } from "engine.io-client";
import { io as io31 } from "socket.io-client-3.1";
import { io as io40 } from "socket.io-client-4.0";
import { io as io44 } from "socket.io-client-4.4";
import { io as io48 } from "socket.io-client";
import msgpack from "socket.io-msgpack-parser";

const [transport, one, two, client = "4.8"] = process.argv.slice(2);
const [io, more] = {
  "3.1": [io31], "4.0": [io40], "4.4": [io44], "4.8": [io48], msgpack: [io48, { path: "/msgpack", parser: msgpack }],
}[client];
const transports = transport === "upgrade" ? ["polling", "websocket"] : [transport];
const limit = 15_000;
const open = [];

const connect = (url, options = {}) => {
  const socket = io(url, { transports, forceNew: true, reconnectionDelay: 10, reconnectionDelayMax: 50, ...more, ...options });
  open.push(socket);
  return withPromises(socket);
};

// Clients before 4.6 have callbacks only.
const withPromises = socket => {
  socket.emitWithAck ??= (name, ...args) => new Promise(resolve => socket.emit(name, ...args, resolve));
  return socket;
};

const event = (emitter, name) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      emitter.off(name, heard);
      reject(new Error(`"${name}" did not come.`));
    }, limit);
    const heard = (...args) => {
      clearTimeout(timer);
      resolve(args);
    };
    emitter.once(name, heard);
  });

const steps = {
  async "connects, with the id that the server knows"() {
    const socket = connect(one);
    await event(socket, "connect");
    assert.match(socket.id, /^[A-Za-z0-9_-]{20}$/);
    assert.equal(await socket.emitWithAck("id"), socket.id);
    if (transport === "upgrade" && socket.io.engine.transport.name === "polling") {
      await event(socket.io.engine, "upgrade");
    }
    assert.equal(socket.io.engine.transport.name, transports.at(-1));
  },

  async "acknowledges, with every kind of argument"() {
    const socket = connect(one);
    const args = [1, 1.5, "grüß 房间 🙂\u001e", null, true, [1, [2]], { a: { b: [] } }, "x".repeat(300_000)];
    assert.deepEqual(await socket.emitWithAck("echo", ...args), args);
  },

  async "sends and gets bytes"() {
    const socket = connect(one);
    const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => i);
    const three = bytes.slice(0, 3); // of a view, MessagePack's client would send all that is behind it
    const [first, second] = await socket.emitWithAck("echo", bytes, { deep: [three] });
    assert.deepEqual(new Uint8Array(first), bytes);
    assert.deepEqual(new Uint8Array(second.deep[0]), three);
    assert.deepEqual(new Uint8Array(await socket.emitWithAck("bytes", 100_000)), new Uint8Array(100_000).fill(7));
    assert.deepEqual(await socket.emitWithAck("echo", new Uint8Array(0)), [Buffer.alloc(0)]);
  },

  async "answers when the server asks"() {
    const socket = connect(two);
    socket.on("question", (a, b, callback) => callback(a + b));
    assert.equal(await socket.emitWithAck("ask me", 20, 22), 42);
  },

  async "joins namespaces on one connection"() {
    const socket = connect(one);
    const custom = withPromises(socket.io.socket("/custom"));
    custom.connect();
    open.push(custom);
    assert.equal(await custom.emitWithAck("namespace"), "/custom");
    assert.equal(await socket.emitWithAck("namespace"), "/");
    custom.disconnect();
    assert.equal(await socket.emitWithAck("namespace"), "/");
    assert.equal(await connect(one + "/dynamic-7").emitWithAck("namespace"), "/dynamic-7");
    const [error] = await event(connect(one + "/nowhere"), "connect_error");
    assert.equal(error.message, "Invalid namespace");
  },

  async "is let in with the right token only"() {
    const socket = connect(one + "/auth", { auth: { token: "wrong" } });
    const [error] = await event(socket, "connect_error");
    assert.equal(error.message, "not authorized");
    assert.deepEqual(error.data, { hint: "try another" });
    assert.equal(socket.active, io === io31); // which thinks that it will come back
    socket.auth = { token: "right" };
    socket.connect();
    await event(socket, "connect");
    assert.equal(await socket.emitWithAck("namespace"), "/auth");
  },

  async "hears rooms across servers, once each, in order, also by onAny"() {
    const room = `room-${Math.random()}`;
    const [a, b, c] = [connect(one), connect(two), connect(two)];
    const heard = new Map([a, b, c].map(socket => [socket, []]));
    for (const socket of heard.keys()) {
      socket.onAny((name, n) => name === "said" && heard.get(socket).push(n));
    }
    await Promise.all([a.emitWithAck("join", room), b.emitWithAck("join", room), c.emitWithAck("join", room)]);
    await c.emitWithAck("leave", room);
    for (let n = 0; n < 200; n++) {
      (n % 2 ? a : b).emit("say", room, n);
    }
    await Promise.all([a.emitWithAck("say", room, "end"), b.emitWithAck("say", room, "end")]);
    while (heard.get(a).length < 202 || heard.get(b).length < 202) {
      await Promise.race([event(a, "said"), event(b, "said")]);
    }
    assert.deepEqual(heard.get(a), heard.get(b));
    for (const half of [0, 1]) {
      const numbers = heard.get(a).filter(n => n !== "end" && n % 2 === half);
      assert.deepEqual(numbers, numbers.toSorted((x, y) => x - y));
      assert.equal(numbers.length, 100);
    }
    assert.deepEqual(heard.get(c), []);
  },

  async "is disconnected by the server"() {
    const socket = connect(one);
    await event(socket, "connect");
    socket.emit("kick me", false);
    assert.equal((await event(socket, "disconnect"))[0], "io server disconnect");
    socket.connect();
    await event(socket, "connect");
    socket.emit("kick me", true);
    assert.equal((await event(socket, "disconnect"))[0], "io server disconnect");
  },

  async "reconnects when the connection is lost, and sends what it has kept"() {
    const socket = connect(one);
    await event(socket, "connect");
    const before = socket.id;
    const lost = event(socket, "disconnect");
    socket.io.engine.close();
    await lost;
    const kept = socket.emitWithAck("echo", "kept");
    await event(socket, "connect");
    assert.notEqual(socket.id, before);
    assert.deepEqual(await kept, ["kept"]);
  },

  async "sends again what was not acknowledged, where it can"() {
    if (io !== io48) {
      return;
    }
    const socket = connect(one, { retries: 3, ackTimeout: 5_000 });
    const answers = await Promise.all([1, 2, 3].map(n => new Promise((resolve, reject) => socket.emit("echo", n, (error, args) => (error ? reject(error)
        : resolve(args))))));
    assert.deepEqual(answers, [[1], [2], [3]]);
  },

  async "survives volatile floods"() {
    const socket = connect(one);
    await event(socket, "connect");
    let heard = 0;
    socket.on("flood", () => heard++);
    await socket.emitWithAck("flood me", 2_000);
    assert.equal(await socket.emitWithAck("namespace"), "/");
    assert.ok(heard <= 2_000);
  },

  async "speaks Engine.IO, by each of its implementations of a transport"() {
    for (const used of [transports, ...(transport === "upgrade" ? [[Fetch], [NodeXHR], [NodeWebSocket], [Fetch, NodeWebSocket]] : [])]) {
      const engine = new Engine(one, { path: "/socket.io/", transports: used });
      await event(engine, "open");
      engine.send("0");
      const [text] = await event(engine, "message");
      assert.match(text, /^0\{"sid":"[A-Za-z0-9_-]{20}"\}$/);
      engine.send("not a packet");
      await event(engine, "close");
    }
  },
};

try {
  for (const [name, step] of Object.entries(steps)) {
    const timer = setTimeout(() => {
      console.error(`FAILED: ${name}: it hangs.`);
      process.exit(1);
    }, 2 * limit);
    await step().catch(error => {
      console.error(`FAILED: ${name}: ${error.stack}`);
      process.exit(1);
    });
    clearTimeout(timer);
    console.log(`ok: ${name}`);
    open.splice(0).forEach(socket => socket.disconnect());
  }
  process.exit(0);
} catch (error) {
  console.error(`FAILED: ${error.stack}`);
  process.exit(1);
}
