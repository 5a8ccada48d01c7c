// The clients of the support desk in samples/ported/from-node, before and after it was ported: node ported-desk.mjs SERVER
import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { io } from "socket.io-client";

const server = process.argv[2];
const patience = 20_000; // only what fails takes so long
const sockets = [];
const [ada, ben, cid, dot, eve, desk] = [
  person("ada", { transports: ["polling", "websocket"] }),
  person("ben", { transports: ["polling"] }),
  person("cid", { transports: ["websocket"] }),
  person("dot", { transports: ["websocket"] }),
  person("eve", { transports: ["websocket"] }),
  person("eve", { transports: ["websocket"] }, "/supervisors"),
];

function person(name, options, namespace = "/") {
  const socket = io(server + namespace, { auth: { token: `token-${name}` }, forceNew: true, autoConnect: false, reconnection: false, ...options });
  sockets.push(socket);
  socket.heard = [];
  socket.waiting = new Set();
  socket.on("close?", (id, answer) => answer(socket.agrees)); // may the ticket be closed?
  socket.onAny((event, ...args) => {
    socket.heard.push([event, ...args]);
    socket.waiting.forEach(look => look());
  });
  return socket;
}

/** The next event of that name that the socket has heard and not been asked for. */
function hears(socket, event) {
  return within(`${event}, of ${JSON.stringify(socket.heard)}`, done => {
    const look = () => {
      const place = socket.heard.findIndex(([name]) => name === event);
      if (place >= 0) {
        socket.waiting.delete(look);
        done(socket.heard.splice(place, 1)[0].slice(1));
      }
    };
    socket.waiting.add(look);
    look();
  });
}

function within(what, begin) {
  return new Promise((done, failed) => {
    const limit = setTimeout(() => failed(new Error(`waited for ${what}`)), patience);
    begin(value => (clearTimeout(limit), done(value)), error => (clearTimeout(limit), failed(error)));
  });
}

const asks = (socket, event, ...args) => socket.timeout(patience).emitWithAck(event, ...args);
const has = (socket, event) => socket.heard.some(([name]) => name === event);

/** Asks until the answer is this one: Node.js does not say when what concerns other workers holds there. */
async function becomes(expected, ask) {
  const begin = Date.now();
  for (let answer; JSON.stringify(answer) !== JSON.stringify(expected); answer = await ask()) {
    assert.ok(Date.now() - begin < patience, `${JSON.stringify(answer)} does not become ${JSON.stringify(expected)}`);
  }
}

function connects(socket) {
  return within("the connection", (done, failed) => socket.once("connect", done).once("connect_error", failed).connect());
}

async function enters(socket) {
  await connects(socket);
  return (await hears(socket, "welcome"))[0];
}

/** Opens a ticket that Cid takes; both agents have heard of it then. */
async function ticketOf(customer, subject) {
  const { id } = await asks(customer, "open", subject);
  for (const agent of [cid, dot]) {
    const [ticket] = await hears(agent, "ticket");
    assert.deepEqual({ ...ticket, from: undefined }, { id, subject, from: undefined });
  }
  const { customer: whose } = await asks(cid, "take", id);
  assert.deepEqual(await hears(customer, "taken"), [{ id, by: "Cid" }]);
  assert.deepEqual(await hears(dot, "gone"), [id]);
  return { id, whose };
}

before(async () => {
  for (const [socket, name] of [[cid, "Cid"], [dot, "Dot"], [eve, "Eve"], [ada, "Ada"], [ben, "Ben"]]) {
    const welcome = await enters(socket);
    assert.deepEqual([welcome.name, welcome.open], [name, true]);
  }
  await connects(desk);
});

after(() => sockets.forEach(socket => socket.close()));

test("clients are on three workers", async () => {
  const workers = new Set();
  while (workers.size < 3) {
    assert.ok(sockets.length < 40, `none is on a third worker: ${[...workers]}`);
    workers.add((await enters(person("ada", { transports: ["websocket"] }))).worker);
  }
});

test("nobody gets in without a token, and no agent among the supervisors", async () => {
  for (const auth of [undefined, {}, { token: "forged" }, { token: 7 }]) {
    await assert.rejects(connects(person("", { auth })), { message: "who are you?" });
  }
  await assert.rejects(connects(person("cid", {}, "/supervisors")), { message: "supervisors only", data: { role: "agent" } });
});

test("a ticket is opened, taken and talked about by those whose it is, and nobody hears himself", async () => {
  const { id, whose } = await ticketOf(ada, "my printer");
  assert.equal(whose, "Ada");
  assert.deepEqual(await asks(ada, "say", id, "it burns 🔥"), {});
  assert.deepEqual(await hears(cid, "said"), [{ id, from: "Ada", text: "it burns 🔥" }]);
  assert.deepEqual(await asks(cid, "say", id, "use water"), {});
  assert.deepEqual(await hears(ada, "said"), [{ id, from: "Cid", text: "use water" }]);
  assert.deepEqual(await asks(dot, "say", id, "no!"), { error: "not your ticket" });
  assert.deepEqual(await asks(ben, "take", id), { error: "agents only" });
  assert.deepEqual(await asks(dot, "take", "no such ticket"), { error: "nobody is there" });
  assert.ok(![ada, cid, dot, ben].some(socket => has(socket, "said")) && !has(cid, "taken") && !has(cid, "gone"));
});

test("a file goes to the others, as bytes, from a client that polls", async () => {
  const { id } = await ticketOf(ben, "a picture");
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i * 7));
  assert.deepEqual(await asks(ben, "attach", id, { name: "fire.png", bytes }), { size: bytes.length });
  const [attached] = await hears(cid, "attached");
  assert.deepEqual([attached.id, attached.from, attached.file.name], [id, "Ben", "fire.png"]);
  assert.ok(bytes.equals(attached.file.bytes));
  cid.emit("typing", id);
  assert.deepEqual(await hears(ben, "typing"), [{ id, from: "Cid" }]);
});

test("a ticket is closed when its customer agrees, and nobody is in its room then", async () => {
  const { id } = await ticketOf(ada, "again");
  assert.deepEqual(await asks(dot, "close", id), { error: "not your ticket" });
  ada.agrees = false;
  assert.deepEqual(await asks(cid, "close", id), { closed: false });
  ada.agrees = true;
  assert.deepEqual(await asks(cid, "close", id), { closed: true });
  assert.deepEqual(await hears(ada, "closed"), [id]);
  assert.deepEqual(await hears(cid, "closed"), [id]);
  await becomes([], () => asks(desk, "who", `ticket:${id}`));
  assert.deepEqual(await asks(ada, "say", id, "hello?"), { error: "not your ticket" });
});

test("a supervisor closes the desk on all workers", async () => {
  for (const open of [false, true]) {
    assert.deepEqual(await asks(desk, "hours", open), { others: 2 });
    for (const socket of [ada, ben, cid, dot, eve]) {
      assert.deepEqual(await hears(socket, "hours"), [open]);
    }
    for (const customer of [ada, ben]) {
      const { id, error } = await asks(customer, "open", "late");
      assert.deepEqual([typeof id, error], open ? ["string", undefined] : ["undefined", "closed"]);
    }
  }
  for (const agent of [cid, dot]) {
    await hears(agent, "ticket");
    await hears(agent, "ticket");
  }
});

test("a supervisor sees who is where, and puts an agent into a ticket", async () => {
  assert.deepEqual(await asks(desk, "who", "agents"), ["Cid", "Dot"]);
  const { id } = await ticketOf(ada, "difficult");
  await asks(desk, "assign", id, "Dot");
  assert.deepEqual(await hears(dot, "assigned"), [id]);
  await becomes(["Ada", "Cid", "Dot"], () => asks(desk, "who", `ticket:${id}`));
  assert.deepEqual(await asks(dot, "say", id, "let me see"), {});
  for (const socket of [ada, cid]) {
    assert.deepEqual(await hears(socket, "said"), [{ id, from: "Dot", text: "let me see" }]);
  }
});

test("who is banned is cut off on whatever worker, and who leaves is missed", async () => {
  const gone = within("the end", done => ben.once("disconnect", done));
  await asks(desk, "ban", "Ben");
  assert.equal(await gone, "io server disconnect");
  await becomes([], () => asks(desk, "who", "person:Ben"));
  dot.close();
  assert.deepEqual(await hears(cid, "away"), [{ name: "Dot", reason: "client namespace disconnect" }]);
  assert.ok(ada.connected && cid.connected && !has(cid, "closed"));
});

test("a worker serves HTTP as well", async () => {
  const { worker, clients } = await (await fetch(server)).json();
  assert.ok(worker > 0 && clients >= 0);
});
