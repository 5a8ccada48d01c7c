// Official clients on two workers, of both kinds on each: what one says in a room, all hear once and in one order. Ends with 0 when all was heard, else says
// what was missing: node two-workers.mjs URL1 URL2
import { io } from "socket.io-client";
import { HubConnectionBuilder, LogLevel } from "@microsoft/signalr";

const limit = 50_000;
const [first, second] = process.argv.slice(2);

async function socketIO(url, heard) {
  const socket = io(url, { forceNew: true, reconnection: false });
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("connect_error", reject));
  socket.on("said", heard);
  return {
    join: room => socket.emitWithAck("join", room),
    say: (room, text) => socket.emit("say", room, text),
    end: () => socket.close(),
  };
}

async function signalR(url, heard) {
  const connection = new HubConnectionBuilder().withUrl(`${url}/hub`).configureLogging(LogLevel.Error).build();
  connection.on("said", heard);
  await connection.start();
  return {
    join: room => connection.invoke("join", room),
    say: (room, text) => connection.invoke("say", room, text),
    end: () => connection.stop(),
  };
}

async function talk(opens) {
  const room = `room ${Math.random()}`;
  const heard = opens.map(() => []);
  let allHeard;
  const all = new Promise(resolve => (allHeard = resolve));
  const expected = opens.map((_, index) => `I am ${index}`);
  const clients = await Promise.all(
    opens.map(([open, url], index) =>
      open(url, text => {
        heard[index].push(text);
        if (heard.every(texts => texts.length >= expected.length)) {
          allHeard();
        }
      })));
  await Promise.all(clients.map(client => client.join(room)));
  await Promise.all(clients.map((client, index) => client.say(room, expected[index])));
  await all;
  await Promise.all(clients.map(client => client.end()));
  for (const [index, texts] of heard.entries()) {
    if ([...texts].sort().join() !== expected.join() || texts.join() !== heard[0].join()) {
      throw new Error(`client ${index} heard ${JSON.stringify(texts)}, client 0 heard ${JSON.stringify(heard[0])}, and ${JSON.stringify(expected)} was said`);
    }
  }
}

setTimeout(() => {
  console.error(`two-workers: clients at ${first} and ${second} did not all hear each other within ${limit / 1000} s`);
  process.exit(1);
}, limit).unref();
await talk([[socketIO, first], [signalR, second], [signalR, first], [socketIO, second]]);
