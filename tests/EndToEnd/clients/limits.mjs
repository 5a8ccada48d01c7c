// What the official clients of both protocols make of rate limits, against a server that SocketIO.Tests has started (RateLimitClientTests.cs): two calls of
// "say" of one connection, and two connections of one address.
//   node limits.mjs <url>
import assert from "node:assert/strict";
import { HubConnectionBuilder, HttpTransportType, LogLevel } from "@microsoft/signalr";
import { io } from "socket.io-client";

const [url] = process.argv.slice(2);
const from = (address) => ({ "x-forwarded-for": address });

const connect = (address, transport) =>
  new Promise((resolve) => {
    const socket = io(url, { transports: [transport], forceNew: true, reconnection: false, extraHeaders: from(address) });
    socket.on("connect", () => resolve({ socket }));
    socket.on("connect_error", (error) => resolve({ socket, error }));
  });

for (const [transport, address] of [["polling", "203.0.113.1"], ["websocket", "203.0.113.2"]]) {
  const first = await connect(address, transport);
  const second = await connect(address, transport);
  assert.equal(first.error, undefined);
  assert.equal(second.error, undefined);
  for (let i = 0; i < 2; i++) assert.equal(await first.socket.emitWithAck("say"), "heard");
  const refused = await first.socket.emitWithAck("say");
  assert.match(refused.error, /^Too many messages of this kind: try again in [0-9.]+ s\.$/);
  assert.ok(refused.retryAfter > 3600);
  assert.equal(await second.socket.emitWithAck("say"), "heard");

  const third = await connect(address, transport);
  assert.equal(third.error?.message, transport === "polling" ? "xhr poll error" : "websocket error");
  if (transport === "polling") assert.equal(third.error.description, 429);
  for (const { socket } of [first, second, third]) socket.close();
}

const hub = async (address) => {
  const connection = new HubConnectionBuilder()
    .withUrl(`${url}/hub`, { transport: HttpTransportType.WebSockets, headers: from(address) })
    .configureLogging(LogLevel.None)
    .build();
  await connection.start();
  return connection;
};

const first = await hub("203.0.113.3");
const second = await hub("203.0.113.3");
for (let i = 0; i < 2; i++) assert.equal(await first.invoke("Say"), "heard");
await assert.rejects(first.invoke("Say"), /HubException: Too many messages of this kind: try again in [0-9.]+ s\.$/);
assert.equal(await second.invoke("Say"), "heard");
await assert.rejects(hub("203.0.113.3"), /429/);
await first.stop();
await second.stop();
