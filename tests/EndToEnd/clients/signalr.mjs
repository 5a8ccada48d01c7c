// Official SignalR clients, driven by JSON lines: a command on standard input, its answer and all that clients see on standard output.
//   { id, do: "open", client, url, transport, resume, stateful, token, offsets }   → { id, result: connectionId }
//       resume: it connects again by itself, and comes back with its resume token; stateful: with stateful reconnect; token: a resume token to begin with;
//       offsets: it asks for the place of each invocation, and comes back with what it missed
//   { id, do: "call", client, method, args }        → { id, result } or { id, error }
//   { id, do: "load", client, room, every }         → says { from: client, n } to the room, n = 1, 2, …, each when the one before has ended
//   { id, do: "rest", client }                      → ends the load; { id, result: the last n }
//   { id, do: "close", client }                     → { id }
// Clients answer what they are asked (ask), unless it is "silence" and their name: { client, asked: question }.
// Besides: { client, connected: id, recovered, token } when a hub that says so has let it in,
// { client, said: payload }, { client, acked: n }, { client, failed: n, error }, { client, closed: error or null }.
// It ends with its standard input.
import { createInterface } from "node:readline";
import { HttpTransportType, HubConnectionBuilder, LogLevel } from "@microsoft/signalr";

const clients = new Map();
const tell = message => process.stdout.write(JSON.stringify(message) + "\n");

const commands = {
  async open({ client, url, transport, resume, stateful, token, offsets }) {
    let newest = token;
    let last = "";
    const address = () => {
      const query = new URLSearchParams({ ...(newest ? { resumeToken: newest } : {}), ...(offsets ? { resumeOffset: last } : {}) });
      return query.size ? `${url}?${query}` : url;
    };
    const builder = new HubConnectionBuilder()
      .withUrl(address(), HttpTransportType[transport])
      .configureLogging(LogLevel.None);
    if (resume) {
      builder.withAutomaticReconnect({ nextRetryDelayInMilliseconds: () => 100 });
    }
    if (stateful) {
      builder.withStatefulReconnect();
    }
    const connection = builder.build();
    connection.onreconnecting(() => {
      connection.baseUrl = address();
    });
    connection.on("entered", (id, recovery, token, offset) => {
      newest = token;
      last = offset ?? last;
      tell({ client, connected: id, recovered: recovery !== "None", token });
    });
    connection.on("said", (payload, offset) => {
      last = offset ?? last;
      tell({ client, said: payload });
    });
    connection.on("ask", question => {
      tell({ client, asked: question });
      return question === `silence ${client}` ? new Promise(() => {}) : { question, of: client };
    });
    connection.onclose(error => tell({ client, closed: error ? error.message : null }));
    await connection.start();
    clients.set(client, { connection });
    return connection.connectionId;
  },
  call({ client, method, args }) {
    return clients.get(client).connection.invoke(method, ...args);
  },
  load({ client, room, every }) {
    clients.get(client).load = load(client, room, every);
  },
  rest({ client }) {
    const state = clients.get(client);
    state.resting = true;
    return state.load;
  },
  close({ client }) {
    return clients.get(client).connection.stop();
  },
};

async function load(client, room, every) {
  const state = clients.get(client);
  let n = 0;
  while (!state.resting) {
    n++;
    try {
      await state.connection.invoke("say", room, { from: client, n });
      tell({ client, acked: n });
    } catch (error) {
      tell({ client, failed: n, error: error.message ?? String(error) });   // a transport that is closed rejects with a text
      if (state.connection.state !== "Connected") {
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
