// What the admin UI's page is told and asks for, by the official client: node admin-wire.mjs SERVER USERNAME PASSWORD WORKER1 WORKER2.
import assert from "node:assert/strict";
import { io } from "socket.io-client";

const [server, username, password, first, second] = process.argv.slice(2);
const connected = socket => new Promise((done, failed) => socket.once("connect", done).once("connect_error", failed));
const hears = (socket, event, match = () => true) => new Promise(done => socket.on(event, (...args) => match(...args) && done(args)));

for (const auth of [undefined, { username, password: "" }, { sessionId: "forged" }]) {
  await assert.rejects(connected(io(`${server}/admin`, { auth, forceNew: true, reconnection: false })), { message: "invalid credentials" });
}

// From long-polling to WebSocket, as the page does.
const admin = io(`${first}/admin`, { auth: { username, password }, forceNew: true });
const [session, config, all] = [hears(admin, "session"), hears(admin, "config"), hears(admin, "all_sockets")];
const stats = Promise.all(["worker-1", "worker-2", "worker-3"].map(name => hears(admin, "server_stats", told => told.serverId === name)));
await connected(admin);
assert.ok((await config)[0].supportedFeatures.includes("ALL_EVENTS"));
assert.ok(Array.isArray((await all)[0]));
for (const [told] of await stats) {
  assert.ok(told.pid > 0 && told.uptime >= 0 && told.clientsCount >= 0 && told.pollingClientsCount >= 0);
  assert.ok(Array.isArray(told.aggregatedEvents) && told.namespaces.some(({ name }) => name === "/admin"));
}

// By the session, on another worker.
const [sessionId] = await session;
const again = io(`${second}/admin`, { auth: { sessionId }, forceNew: true, transports: ["websocket"] });
const known = hears(again, "all_sockets");
await connected(again);
assert.ok((await known)[0].some(({ id, nsp }) => id === admin.id && nsp === "/admin"));

// A client of one worker, seen and steered from another one.
const arrives = hears(admin, "socket_connected", ({ nsp }) => nsp === "/");
const client = io(second, { forceNew: true, auth: { secret: "s3cr3t" } });
await connected(client);
const { id } = client; // it has none once it is disconnected
const [socket, at] = await arrives;
assert.equal(socket.id, id);
assert.ok(new Date(at).getTime() > 0 && socket.handshake.issued > 0 && socket.rooms.includes(id) && !JSON.stringify(socket).includes("s3cr3t"));
if (client.io.engine.transport.name !== "websocket") {
  await new Promise(done => client.io.engine.once("upgrade", done));
}
const joins = hears(admin, "room_joined", (nsp, room, whose) => nsp === "/" && room === "r" && whose === id);
const leaves = hears(admin, "room_left", (nsp, room, whose) => nsp === "/" && room === "r" && whose === id);
const emitted = hears(client, "greet");
const received = hears(admin, "event_received", (nsp, whose, args) => whose === id && args[0] === "whoami");
const sent = hears(admin, "event_sent", (nsp, whose, args) => whose === id && args[0] === "greet");
const goes = hears(admin, "socket_disconnected", (nsp, whose) => whose === id);
const gone = hears(client, "disconnect");
await client.emitWithAck("whoami");
await admin.emitWithAck("join", "/", "r", id);
await admin.emitWithAck("emit", "/", "r", "greet", { n: 1 }, Buffer.from([1, 2]));
await admin.emitWithAck("leave", "/", "r", id);
await admin.emitWithAck("_disconnect", "/", false, id);
await Promise.all([joins, leaves, received]);
assert.deepEqual(await emitted, [{ n: 1 }, Buffer.from([1, 2])]);
assert.deepEqual((await sent)[2].slice(0, 2), ["greet", { n: 1 }]);
assert.equal((await gone)[0], "io server disconnect");
assert.equal((await goes)[2], "server namespace disconnect");
[admin, again, client].forEach(one => one.close());
process.exit(0);
