// The official engine.io-client against an Engine.IO server of an application's own (EngineIOServerTests.cs), which sends back what it gets.
//   node engine.mjs <transport> <url>      transport: "polling", "websocket", "upgrade", or "fetch"
// Ends with code 1 where something is not as it should be.
import assert from "node:assert/strict";
import { Fetch, Socket } from "engine.io-client";

const [transport, url] = process.argv.slice(2);
const transports = { polling: ["polling"], websocket: ["websocket"], upgrade: ["polling", "websocket"], fetch: [Fetch] }[transport];

const open = async () => {
  const heard = [];
  const waiting = [];
  const engine = new Socket(url, { transports });
  engine.on("message", message => (waiting.shift() ?? heard.push.bind(heard))(message));
  const next = () => (heard.length > 0 ? heard.shift() : new Promise(resolve => waiting.push(resolve)));
  const upgraded = transport === "upgrade" && new Promise(resolve => engine.once("upgrade", resolve));
  await new Promise(resolve => engine.once("open", resolve));
  assert.equal(await next(), "welcome");
  await upgraded;
  return { engine, next };
};

const timer = setTimeout(() => {
  console.error("It hangs.");
  process.exit(1);
}, 20_000);

const first = await open();
const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => i);
first.engine.send("grüß 房间 🙂");
first.engine.send(bytes);
first.engine.send(new Uint8Array(0));
first.engine.send("x".repeat(300_000));
assert.equal(await first.next(), "grüß 房间 🙂");
assert.deepEqual(new Uint8Array(await first.next()), bytes);
assert.equal((await first.next()).byteLength, 0);
assert.equal((await first.next()).length, 300_000);
assert.equal(first.engine.transport.name, transport === "polling" || transport === "fetch" ? "polling" : "websocket");
first.engine.close();

const second = await open();
const closed = new Promise(resolve => second.engine.once("close", resolve));
second.engine.send("close me");
assert.equal(await second.next(), "farewell");
assert.equal(await closed, "transport close");
clearTimeout(timer);
